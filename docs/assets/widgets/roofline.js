// Under which roof the rungs of a ladder stand, for a product of n x n matrices on one of several cards.
//   cards  [[name, TFLOP/s, TB/s], ...]
//   rungs  [[name, rows, columns], ...]: the block of the product that is made of one reading

import { choice, controls, dial, drawn, label, stage } from "./parts.js";

// FLOPs per byte if no cache helps; a block ends where the matrix does.
export const intensity = (rows, columns, n) => n / 2 / (n / Math.min(rows, n) + n / Math.min(columns, n) + 1);

// The same if each of the three matrices is moved once.
export const once = (n) => n / 6;

// The share of a card's arithmetic that its memory allows.
export const share = ([, peak, bandwidth], flops) => Math.min(1, flops * bandwidth / peak);

const percent = (part) => `${+(100 * part).toPrecision(2)} %`;
const bound = (part) => part < 1 ? `memory, ${percent(part)}` : "arithmetic";

export default function (place, { cards, rungs }) {
    const svg = stage(place, 470, 338.4), x = (flops) => 45 + 91 * (Math.log10(flops) + 1);
    const y = (speed) => 296 - 74 * (Math.log10(speed) + 1.3), line = (kind, d) => drawn("path", { class: kind, d });
    let [card] = cards, n = 4096;

    function show() {
        const [name, peak, bandwidth] = card, right = x(once(n)), end = n > 200;
        const roof = ([, tera, wide]) => `M45 ${y(wide / 10)}L${x(tera / wide)} ${y(tera)}H465`;
        const parts = cards.filter((each) => each !== card).map((each) => line("widget-ring", roof(each)));
        for (const flops of [.1, 1, 10, 100, 1000]) parts.push(label("middle", x(flops), 314, flops));
        for (const speed of [.1, 1, 10, 100]) parts.push(label("right", 40, y(speed) + 5, speed));
        parts.push(line("widget-ring", "M45 10V296H465"), label("right", 465, 334, "FLOPs per byte"), label("left", 50, 20, "TFLOP/s"),
            line("widget-box", `M${right} 296V30`), label(end ? "right" : "left", right + (end ? -6 : 6), 42, "each matrix moved once"),
            line("widget-edge", roof(card)));
        rungs.forEach(([rung, ...block], k) => {
            const flops = intensity(...block, n), part = share(card, flops), foot = 286 - 22 * k;
            parts.push(line("widget-ring", `M${x(flops)} ${y(part * peak)}V${foot}`),
                drawn("circle", { class: "widget-square", cx: x(flops), cy: y(part * peak), r: 5 }),
                label("left widget-over", x(flops) + 6, foot, `${rung}: ${percent(part)}`));
        });
        svg.replaceChildren(...parts);
        say(`${name}, whose ridge is at ${(peak / bandwidth).toFixed(1)} FLOPs per byte, and n = ${n.toLocaleString("en")}. What bounds, and to which share of the peak, if no cache helps: ${
            rungs.map(([rung, ...block]) => `${rung}: ${bound(share(card, intensity(...block, n)))}`).join("; ")}. With each matrix moved once: ${
            bound(share(card, once(n)))}.`);
    }

    const size = dial("n", { min: 4, max: 14, value: 12 }, (power) => (2 ** power).toLocaleString("en"), (power) => { n = 2 ** power; show(); });
    const say = controls(place, choice("Card", cards.map(([name]) => name), (_, k) => { card = cards[k]; show(); }), size.label);
    show();
}
