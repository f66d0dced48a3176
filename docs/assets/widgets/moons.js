// A network learns the moons in the page, step for step as the chapter's does.
//   points [[x, y]], signs [-1 or 1], seeds, rates, decays, widths to choose from, box [left, right, bottom, top]
// A network is, for each layer, a row for each neuron: its weights and its bias.

import { button, controls, dial, drawn, label, number, stage } from "./parts.js";
import { chances } from "./sampling.js";

// The first weights of scratch.micrograd.nn.MLP(2, [width, width, 1], rng=random.Random(seed)).
export function begin(seed, width) {
    const random = chances(seed), list = (count, make) => Array.from({ length: count }, make);
    return [[width, 2], [width, width], [1, width]].map(([nout, nin]) =>
        list(nout, () => [...list(nin, () => 2 * random.next().value - 1), 0]));
}

// What each layer is given for a point, with a 1 for the bias, and last the score.
const outputs = (net, point) => net.reduce((given, rows, layer) => {
    const sums = rows.map((row) => row.reduce((sum, w, i) => sum + w * given[layer][i], 0));
    return [...given, layer < 2 ? [...sums.map((sum) => Math.max(0, sum)), 1] : sums];
}, [[...point, 1]]);

// The mean hinge and the price on weights, how many points are right, and the slopes toward all weights.
export function measured(net, { points, signs }, decay) {
    let loss = 0, right = 0;
    const slopes = net.map((rows) => rows.map((row) => row.map((w) => {
        loss += decay * w * w;
        return 2 * decay * w;
    })));
    points.forEach((point, n) => {
        const given = outputs(net, point), [score] = given[3], hinge = Math.max(0, 1 - signs[n] * score);
        loss += hinge / points.length;
        right += score > 0 === signs[n] > 0;
        let back = [hinge && -signs[n] / points.length];
        for (let layer = 2; layer >= 0; layer -= 1) {
            const next = given[layer].map(() => 0);
            net[layer].forEach((row, k) => row.forEach((w, i) => {
                slopes[layer][k][i] += back[k] * given[layer][i];
                if (given[layer][i] > 0) next[i] += back[k] * w;
            }));
            back = next;
        }
    });
    return { loss, right, slopes };
}

export const moved = (net, slopes, rate) => net.map((rows, layer) => rows.map((row, k) =>
    row.map((w, i) => w - rate * slopes[layer][k][i])));

// What the rate is multiplied by: it falls to a tenth in a hundred steps.
export const falling = (step) => 1 - .9 * Math.min(step, 100) / 100;

// Where the score is above 0, and the border of it, cell by cell of a grid.
function map(score, across, down) {
    const scores = Array.from({ length: down + 1 }, (_, y) => Array.from({ length: across + 1 }, (_, x) => score(x, y)));
    let area = "", border = "";
    for (let y = 0; y < down; y += 1) {
        for (let x = 0; x < across; x += 1) {
            const corners = [[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]], cut = [], inside = [];
            corners.forEach(([a, b], k) => {
                const [c, d] = corners[(k + 1) % 4], s = scores[b][a], part = s / (s - scores[d][c]);
                const point = ([p, q]) => `${(10 * p).toFixed(1)} ${(10 * q).toFixed(1)}`;
                if (s > 0) inside.push(point([a, b]));
                if (s > 0 !== scores[d][c] > 0) {
                    cut.push(point([a + part * (c - a), b + part * (d - b)]));
                    inside.push(cut.at(-1));
                }
            });
            if (inside[0]) area += `M${inside.join("L")}Z`;
            if (cut[0]) border += `M${cut.join("L")}`;
        }
    }
    return [area, border];
}

export default function (place, data) {
    const svg = stage(place, 460, 440), [left, right, bottom, top] = data.box;
    const x = (a) => 460 * (a - left) / (right - left), y = (b) => 290 * (top - b) / (top - bottom);
    const now = { rate: data.rates.indexOf(1), decay: data.decays.indexOf(1e-4), width: data.widths.indexOf(16), seed: 0 };
    const chosen = (name) => data[`${name}s`][now[name]];
    let net, losses, state, running;

    function show(speak = true) {
        const [area, border] = map((p, q) => outputs(net, [left + (right - left) * p / 46, top - (top - bottom) * q / 29])[3][0], 46, 29);
        const across = (n) => 36 + 414 * n / Math.max(100, losses.length - 1);
        const high = (loss) => Math.min(435, Math.max(305, 340 - 40 * Math.log10(loss)));
        svg.replaceChildren(drawn("path", { class: "widget-side", d: area }), drawn("path", { class: "widget-edge", d: border }),
            ...data.points.map(([a, b], n) => data.signs[n] > 0
                ? drawn("rect", { x: x(a) - 4, y: y(b) - 4, width: 8, height: 8, class: "widget-square" })
                : drawn("circle", { cx: x(a), cy: y(b), r: 4.5, class: "widget-bar" })),
            ...[1, .1, .01].flatMap((loss) => [label("right", 32, high(loss) + 5, loss),
                drawn("path", { class: "widget-ring", d: `M36 ${high(loss)}h414` })]),
            drawn("path", { class: "widget-arc", d: `M${losses.map((loss, n) => `${across(n)} ${high(loss)}`).join("L")}` }),
            label("right", 450, 320, `step ${losses.length - 1}: loss ${state.loss.toFixed(3)}`));
        if (speak) say(`Step ${losses.length - 1}: the loss is ${state.loss.toFixed(6)}, and ${state.right} of ${
            data.points.length} points are right. The next step has the rate ${number(chosen("rate") * falling(losses.length - 1), 3)}.`);
    }

    function measure() {
        state = measured(net, data, chosen("decay"));
        losses.push(state.loss);
    }

    function step() {
        net = moved(net, state.slopes, chosen("rate") * falling(losses.length - 1));
        measure();
    }

    function stop() {
        clearInterval(running);
        running = 0;
        train.textContent = "Train";
    }

    function again() {
        stop();
        net = begin(chosen("seed"), chosen("width"));
        losses = [];
        measure();
        show();
    }

    const train = button("Train", () => {    // as far as the next hundred
        const ended = () => (losses.length - 1) % 100 === 0;
        if (running) {
            stop();
            show();
        } else if (matchMedia("(prefers-reduced-motion: reduce)").matches) {
            do step(); while (!ended());
            show();
        } else {
            train.textContent = "Stop";
            running = setInterval(() => {
                step();
                if (ended()) stop();
                show(!running);
            }, 50);
        }
    });
    const turn = (text, name, then) => dial(text, { min: 0, max: data[`${name}s`].length - 1, value: now[name] },
        (n) => String(data[`${name}s`][n]), (n) => { now[name] = n; then(); }).label;
    const other = () => {    // the same weights, at another price
        losses.pop();
        measure();
        show(!running);
    };
    const say = controls(place, train, button("Step", () => { stop(); step(); show(); }), button("Begin again", again),
        turn("Rate", "rate", other), turn("Decay", "decay", other), turn("Width", "width", again), turn("Seed", "seed", again));
    again();
}
