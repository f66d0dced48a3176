// Where the heads of small models look in some names, from weights that Python has kept (scratch.makemore.maps).
//   heads   [name]
//   models  [name of a model, or of what it is asked]
//   names   [[name, for each of models: weights, or guesses]]
// Weights are per cent, for each head and symbol, of the symbols that it may see; guesses are [letter, per cent, ...]
// for each letter, if that is hidden.
//   longest  how many letters a name may have that the reader types; forward.js computes its weights

import { controls, dial, drawn, label, make, stage } from "./parts.js";

// What a symbol of a name looks at, in words; rows are the weights of one head.
export function told(name, rows, at) {
    const say = (k) => k > name.length ? "the end" : k ? `letter ${k}, ${name[k - 1]},` : "the beginning";
    const row = rows[at], most = row.indexOf(Math.max(...row)), unseen = rows.length - row.length;
    const behind = row.slice(at + 1).reduce((a, b) => a + b, 0);
    return `${say(at)} looks most at ${most === at ? "itself" : say(most).replace(/,$/, "")}: ${row[most]} %. ${
        rows[0].length > 1 ? `What follows it has about ${behind} %.` : `The mask hides ${unseen || "none"} of ${rows.length} symbols${unseen ? ", which follow" : ""}.`}`;
}

export default function (place, { heads, models, names, longest }) {
    const svg = stage(place, 460, 400);
    let own, look, wish = 3;    // the row that is shown of names that have it

    async function type() {
        const [other] = typed.value.match(/[^a-z]/iu) ?? [];
        if (other) return say(`Known are the letters a to z only, and no ${other}.`);
        try {
            if (!look) say("Loading …");
            own = typed.value && (await (look ??= load()))(typed.value.toLowerCase());
            word.selectedIndex = own ? -1 : Math.max(0, word.selectedIndex);
        } catch {
            look = undefined;
            return say("The weights could not be loaded. Is there a network?");
        }
        show();
    }

    async function load() {
        const [{ read, viewed }, answer] = await Promise.all([import("./forward.js"), fetch(place.dataset.later)]), kept = read(await answer.json());
        return (name) => viewed(name, kept);
    }

    function show() {
        const [name, ...kept] = own || names[word.value], asked = kept[model.value], hidden = !Array.isArray(asked[0][0]);
        const rows = hidden ? asked : asked[head.value], last = rows.length - 1, parts = [];
        at.input.max = last;
        at.set(Math.min(wish, last));
        const now = +at.input.value;
        head.disabled = hidden;
        if (hidden) {
            const guesses = rows[now], list = [];
            parts.push(label("left", 60, 40, `${name.slice(0, now)}?${name.slice(now + 1)}`));
            for (let k = 0; k < guesses.length; k += 2) {
                const [letter, share] = guesses.slice(k), y = 70 + 25 * k;
                list.push(`${letter} (${share} %)`);
                parts.push(label("right", 50, y + 20, letter), drawn("rect", { class: "widget-bar", x: 60, y, width: 3 * share, height: 28 }),
                    label("left", 68 + 3 * share, y + 20, `${share} %`));
            }
            say(`With letter ${now + 1} of ${name} hidden, BERT guesses ${list.join(", ")}. It was ${name[now]}.`);
        } else {
            const size = 360 / rows.length, place = (k) => 60 + (k + .5) * size;
            rows.forEach((row, r) => {
                const symbol = `.${name}.`[r], y = place(r) - 30;
                parts.push(label("middle", place(r), 20, symbol), label("right", 50, y + 5, symbol));
                rows.forEach((_, c) => {
                    const side = size * Math.sqrt((row[c] ?? 0) / 100);
                    parts.push(c in row ? drawn("rect", { class: "widget-bar", x: place(c) - side / 2, y: y - side / 2, width: side, height: side })
                        : label("middle widget-off", place(c), y + 5, "×"));
                });
            });
            parts.push(drawn("g", { class: "widget-now" }, drawn("rect", { class: "widget-box", x: 60, y: place(now) - 30 - size / 2, width: 360, height: size })));
            say(`${heads[head.value]}: ${told(name, rows, now)}`);
        }
        svg.replaceChildren(...parts);
    }

    const pick = (text, options, act = show) => {
        const select = make("select", { onchange: () => act() }, ...options.map((option, n) => new Option(option, n)));
        parts.push(make("label", {}, text, select));
        return select;
    };
    const parts = [], word = pick("Name", names.map(([name]) => name), () => { own = typed.value = ""; show(); });
    const typed = make("input", { size: longest, maxLength: longest, spellcheck: false, autocapitalize: "none", oninput: type });
    parts.push(make("label", {}, `Or type one (${place.dataset.kb} kB)`, typed));
    const model = pick("Model", models);
    if (models.length < 2) parts.pop();
    const head = pick("Head", heads);
    const at = dial("Row", { min: 0, max: 9, value: 3 }, (n) => String(n + 1), (n) => { wish = n; show(); });
    const say = controls(place, ...parts, at.label);
    show();
}
