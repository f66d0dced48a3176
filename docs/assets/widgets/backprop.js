// Forward and backward over a drawn graph, a number at a time, by what Python has traced:
//   values  [name, number, formula or "", [[source, slope], ...]], each after its sources; the last is the result
//   walks   [[order, [[name, {source: its gradient now}], ...]], ...]: which value hands its gradient on, and when
// The numbers of tensors are texts, and a slope is the text of what a source gets.
// In the figure each value is data-title="p", whose two texts are the number and the gradient, and each edge
// data-title="x1->p".

import { button, choice, controls, dial } from "./parts.js";

const said = (x) => typeof x === "string" ? x : String(+x.toPrecision(6)).replace("-", "−");
const listed = (parts) => parts.join(", ").replace(/, ([^,]*)$/, " and $1");

// What is known after each step, and a sentence on it.
export function steps(values, walk) {
    const texts = Object.fromEntries(values.map(([name]) => [name, [name, ""]])), gradients = {}, done = [];
    const step = (now, sources, say, backward) => done.push({ now, sources, say, backward, texts: structuredClone(texts) });
    const set = (name, gradient) => { texts[name][1] = said(gradients[name] = gradient); };
    const leaves = values.filter(([, , formula]) => !formula).map(([name, number]) => {
        texts[name][0] = `${name} = ${said(number)}`;
        return name;
    });
    step("", leaves, `Given: ${listed(leaves.map((name) => texts[name][0]))}.`);
    for (const [name, number, formula, sources] of values) {
        texts[name][0] = `${name} = ${said(number)}`;
        if (formula) step(name, sources.map(([source]) => source), `${name} = ${formula} = ${said(number)}.`);
    }
    const [root] = values.at(-1), before = new Set();
    set(root, 1);
    step(root, [], `Now backward. ${root} moves as far as itself: its gradient is 1.`, true);
    for (const [name, then] of walk) {
        const mine = gradients[name], slopes = values.find((value) => value[0] === name)[3];
        const gets = Object.entries(then).map(([source, gradient]) => {
            set(source, gradient);
            return `${source} gets ${slopes.filter((each) => each[0] === source).map(([, slope]) =>
                typeof slope === "string" ? slope : `${said(slope)} · ${said(mine)}`).join(" + ")} and has ${said(gradient)}`;
        });
        step(name, Object.keys(then), `${name} hands on its gradient, ${said(mine)}${
            before.has(name) ? ", again" : ""}: ${gets.join("; ")}.`);
        before.add(name);
    }
    return done;
}

export default function (place, { values, walks }) {
    const marked = [...place.querySelectorAll("[data-title]")], names = walks.map(([name]) => name);
    let walk = steps(values, walks[0][1]), at = walk.length - 1;

    function go(to) {
        at = (to + walk.length) % walk.length;
        const { now, sources, say: sentence, texts } = walk[at];
        for (const node of marked) {
            const { title } = node.dataset, [from, into] = title.split("->");
            node.classList.toggle("widget-now", title === now || into === now && sources.includes(from));
            node.classList.toggle("widget-near", sources.includes(title));
            if (!into) node.querySelectorAll("text").forEach((text, n) => { text.textContent = texts[title][n]; });
        }
        step.set(at + 1);
        say(sentence);
    }

    const step = dial("Step", { min: 1, max: walk.length, value: at + 1 },
        (n) => `${n} of ${walk.length}`, (n) => go(n - 1));
    const orders = names.length > 1 ? [choice("Order", names, (name, n) => {
        walk = steps(values, walks[n][1]);
        step.input.max = walk.length;
        go(walk.findIndex(({ backward }) => backward));
    })] : [];
    const say = controls(place, ...orders, button("Back", () => go(at - 1)), button("Next", () => go(at + 1)), step.label);
    say(`Next begins with what is given, and goes forward to ${values.at(-1)[0]} and back.`, place.querySelector("svg").ariaLabel);
}
