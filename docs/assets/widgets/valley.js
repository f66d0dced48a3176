// Six rules walk down the same valley, (x² + condition · y²) / 2, each from the same point.
//   start, steps, rate, condition, settings {rule: {momentum: …}}   of the chapter's optimizers

import { choice, controls, dial, drawn, label, stage } from "./parts.js";

// What the rate multiplies, for a slope g at step t; `kept` is what a rule keeps of one coordinate.
export const RULES = {
    SGD: (g) => g,
    Momentum: (g, kept, { momentum }) => (kept.v = momentum * kept.v + g),
    Nesterov: (g, kept, { momentum }) => g + momentum * (kept.v = momentum * kept.v + g),
    AdaGrad: (g, kept, { eps }) => g / (Math.sqrt(kept.s += g * g) + eps),
    RMSProp: (g, kept, { rho, eps }) => g / (Math.sqrt(kept.s = rho * kept.s + (1 - rho) * g * g) + eps),
    Adam(g, kept, { beta1, beta2, eps }, t) {
        kept.v = beta1 * kept.v + (1 - beta1) * g;
        kept.s = beta2 * kept.s + (1 - beta2) * g * g;
        return kept.v / (1 - beta1 ** t) / (Math.sqrt(kept.s / (1 - beta2 ** t)) + eps);
    },
};

export function descend(rule, settings, { start, steps, rate, condition }) {
    const kept = start.map(() => ({ v: 0, s: 0 })), path = [start];
    for (let t = 1; t <= steps; t += 1) {
        path.push(path[t - 1].map((p, axis) =>
            p - rate * RULES[rule](p * [1, condition][axis], kept[axis], settings[rule], t)));
    }
    return path;
}

const loss = ([x, y], condition) => (x * x + condition * y * y) / 2;
const grid = Array.from({ length: 91 }, (_, n) => 10 ** (n / 30 - 3));    // rates, from 0.001 to 1
const told = (height) => height <= 1e3 ? height.toPrecision(2) : "flies out";

export default function (place, { settings, ...now }) {
    const svg = stage(place, 460, 480), names = Object.keys(RULES);
    let best = false;

    function show() {
        const { start, condition } = now, parts = [], heights = {};
        names.forEach((name, n) => {
            const height = (rate) => loss(descend(name, settings, { ...now, rate }).at(-1), condition);
            const rate = best ? grid.reduce((a, b) => height(b) < height(a) ? b : a) : now.rate;
            const path = descend(name, settings, { ...now, rate });
            heights[name] = loss(path.at(-1), condition);
            const x = (p) => 165 + 17 * p, y = (p) => 60 + 24 * p, clip = (p) => Math.max(-999, Math.min(999, p));
            const points = path.map(([a, b]) => `${clip(x(a)).toFixed(1)} ${clip(y(b)).toFixed(1)}`);
            const rings = [.2, 1, 3, 8, 16, 32, 64].map((level) => drawn("ellipse", { class: "widget-ring",
                cx: x(0), cy: y(0), rx: 17 * Math.sqrt(2 * level), ry: 24 * Math.sqrt(2 * level / condition) }));
            const left = 5 + n % 2 * 230, top = 5 + Math.floor(n / 2) * 160;
            parts.push(label("left", left, top + 14, name),
                label("right", left + 220, top + 14, (best ? `rate ${rate.toPrecision(2)}: ` : "") + told(heights[name])),
                drawn("svg", { x: left, y: top + 22, width: 220, height: 120 }, ...rings,
                    drawn("path", { class: "widget-arc", d: `M${points.join("L")}` }),
                    drawn("path", { class: "widget-dots", d: points.map((point) => `M${point}h0`).join("") }),
                    drawn("circle", { cx: x(start[0]), cy: y(start[1]), r: 4 })));
        });
        svg.replaceChildren(...parts);
        const lost = names.filter((name) => !(heights[name] <= 1e3));
        const lowest = names.reduce((a, b) => heights[b] < heights[a] ? b : a);
        say(`After ${now.steps} steps ${lowest} is lowest, at a loss of ${told(heights[lowest])}.${
            lost.length ? ` Out of the valley: ${lost.join(", ")}.` : ""}`);
    }

    const rate = dial("Rate", { min: 0, max: 90, value: 30 * (Math.log10(now.rate) + 3) }, (n) => grid[n].toPrecision(2), (n) => {
        now.rate = grid[n];
        show();
    });
    const condition = dial("Condition number", { min: 1, max: 100, value: now.condition }, String, (n) => {
        now.condition = n;
        show();
    });
    now.rate = grid[rate.input.value];
    const say = controls(place, choice("Rates", ["the same for all", "each rule's best"], (_, n) => {
        best = n > 0;
        rate.input.disabled = best;
        show();
    }), rate.label, condition.label);
    show();
}
