// Six rules walk down the same valley, (x² + condition · y²) / 2, each from the same point.
//   start, steps, rate, condition, settings {rule: {momentum: …}}   of the chapter's optimizers

import { choice, controls, dial, drawn, stage } from "./parts.js";

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
const told = (height) => height > 1e3 || Number.isNaN(height) ? "flies out" : height < 1e-3 ? height.toExponential(0).replace("-", "−") : height.toPrecision(2);

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
            parts.push(drawn("text", { x: left, y: top + 14, class: "widget-left" }, name),
                drawn("text", { x: left + 220, y: top + 14, class: "widget-right" },
                    `${best ? `rate ${rate.toPrecision(2)}: ` : ""}${told(heights[name])}`),
                drawn("svg", { x: left, y: top + 22, width: 220, height: 120 }, ...rings,
                    drawn("path", { class: "widget-arc", d: `M${points.join("L")}` }),
                    drawn("path", { class: "widget-dots", d: points.map((point) => `M${point}h0`).join("") }),
                    drawn("circle", { cx: x(start[0]), cy: y(start[1]), r: 4 })));
        });
        svg.replaceChildren(...parts);
        const order = names.toSorted((a, b) => (heights[a] || Infinity) - (heights[b] || Infinity)), lost = names.filter((name) => !(heights[name] <= 1e3));
        say(`After ${now.steps} steps, ${order[0]} is lowest, at a loss of ${told(heights[order[0]])}${
            lost.length ? `; ${lost.join(", ")} ${lost.length > 1 ? "fly" : "flies"} out` : `, and ${order.at(-1)} highest, at ${told(heights[order.at(-1)])}`}.`);
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
