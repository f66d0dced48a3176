// Temperature, top-k and top-p on a table of counted pairs, and the words that come of them.
//   characters  "." and the letters, counts [[how often one came after the other]], seed, top_k
// A seed gives the words of scratch.makemore.sample: the random numbers are Python's.

import { button, controls, dial, drawn, label, make, number, stage } from "./parts.js";

// Python's random.Random(seed).random(), without end: the Mersenne Twister, and 53 bits of it.
export function* chances(seed) {
    const mt = new Uint32Array(624), mixed = (i) => mt[i] ^ mt[i] >>> 30;
    let at = 1;
    const next = () => {
        if ((at += 1) > 623) [mt[0], at] = [mt[623], 1];
    };
    mt[0] = 19650218;
    for (let i = 1; i < 624; i += 1) mt[i] = Math.imul(1812433253, mixed(i - 1)) + i;
    for (let k = 0; k < 624; k += 1, next()) mt[at] = (mt[at] ^ Math.imul(mixed(at - 1), 1664525)) + seed;
    for (let k = 0; k < 623; k += 1, next()) mt[at] = (mt[at] ^ Math.imul(mixed(at - 1), 1566083941)) - at;
    mt[0] = 2 ** 31;
    const bits = [];
    for (;;) {
        for (let i = 0; i < 624; i += 1) {
            const y = mt[i] & 2 ** 31 | mt[(i + 1) % 624] & 2 ** 31 - 1;
            let x = mt[i] = mt[(i + 397) % 624] ^ y >>> 1 ^ (y & 1 ? 0x9908b0df : 0);
            x ^= x >>> 11;
            x ^= x << 7 & 0x9d2c5680;
            x ^= x << 15 & 0xefc60000;
            bits.push((x ^ x >>> 18) >>> 0);
        }
        while (bits.length > 1) yield ((bits.shift() >>> 5) * 2 ** 26 + (bits.shift() >>> 6)) / 2 ** 53;
    }
}

const total = (list) => list.reduce((a, b) => a + b, 0);
const shares = (list) => list.map((x) => x / total(list));

// Counts of what comes next -> probabilities: tempered, then cut; see scratch.makemore.sample.distribution.
export function distribution(counts, temperature, k, p) {
    const highest = Math.log(Math.max(...counts));
    const all = shares(counts.map((count) => Math.exp((Math.log(count) - highest) / temperature)));
    const order = all.map((_, id) => id).sort((a, b) => all[b] - all[a] || a - b);
    let kept = shares(all.map((each, id) => order.indexOf(id) < k ? each : 0)), before = 0;
    if (p < 1) {
        const nucleus = order.filter((id, n) => {
            const more = before < p || !n;
            before += kept[id];
            return more;
        });
        kept = shares(kept.map((each, id) => nucleus.includes(id) ? each : 0));
    }
    return { all, kept };
}

export function words({ characters, counts }, count, seed, settings, longest = 50) {
    const rows = counts.map((row) => distribution(row, ...settings).kept), random = chances(seed);
    return Array.from({ length: count }, () => {
        let word = "", last = 0, going = true;
        for (let t = 0; t < longest; t += 1) {    // a row of chances for each word, whether it needs them or not
            const chance = random.next().value;
            if (!going) continue;
            let sum = 0;
            const whole = total(rows[last]);
            last = rows[last].findIndex((p) => (sum += p) / whole > chance);
            going = last > 0;
            if (going) word += characters[last];
        }
        return word;
    });
}

export default function (place, data) {
    const { characters, counts } = data, svg = stage(place, 460, 190);
    let now = { temperature: 1, k: data.top_k, p: 1 }, after = characters.indexOf("a"), { seed } = data;

    function show() {
        const settings = Object.values(now), { all, kept } = distribution(counts[after], ...settings);
        const order = counts[after].map((_, id) => id).sort((a, b) => counts[after][b] - counts[after][a] || a - b);
        const top = Math.max(...kept), high = (p) => 140 * p / top, parts = [];
        order.forEach((id, n) => {
            const bar = (p, kind) => drawn("rect", { class: kind, x: 6 + n * 16.6, y: 165 - high(p), width: 13, height: high(p) });
            parts.push(bar(kept[id], "widget-bar"), bar(all[id], "widget-box"),
                label(kept[id] ? "middle" : "middle widget-off", 12.5 + n * 16.6, 184, characters[id]));
        });
        const likeliest = kept.indexOf(top);
        parts.push(label("left", 6 + order.indexOf(likeliest) * 16.6, 15, number(top)));
        svg.replaceChildren(...parts);
        const name = after ? characters[after] : "the beginning", open = kept.filter((p) => p > 0).length;
        say(`After ${name}, ${open} of ${kept.length} symbols can come; the likeliest is ${
            likeliest ? characters[likeliest] : "the end"}, with ${number(top)}. Words of seed ${seed}: ${
            words(data, 8, seed, settings, 12).map((word) => word || "(empty)").join(", ")}.`);
    }

    const turn = (name, mark, limits, told) => dial(name, { ...limits, value: now[mark] }, told, (value) => {
        now[mark] = value;
        show();
    }).label;
    const letters = make("select", { onchange: () => { after = +letters.value; show(); } },
        ...[...characters].map((letter, id) => new Option(id ? letter : "the beginning", id)));
    letters.value = after;
    const say = controls(place, make("label", {}, "After", letters),
        turn("Temperature", "temperature", { min: .1, max: 3, step: .1 }, (tau) => number(tau, 1)),
        turn("Top-k", "k", { min: 1, max: characters.length }, (k) => k < characters.length ? String(k) : "all"),
        turn("Top-p", "p", { min: .05, max: 1, step: .05 }, (p) => p < 1 ? number(p) : "all"),
        button("Other words", () => { seed += 1; show(); }));
    show();
}
