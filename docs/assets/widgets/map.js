// Points of a plane, where they lay after some steps of a training, and which are nearest to one of them.
//   names [text], steps [number], places [for each step: [[x, y], ...]], marked: the names that get a disc

import { controls, dial, drawn, label, make, number, stage } from "./parts.js";

// The three points that are nearest to the point n: [[which, distance], ...]
export const nearest = (points, n) => points.map(([x, y], k) => [k, Math.hypot(x - points[n][0], y - points[n][1])])
    .filter(([k]) => k !== n).sort((a, b) => a[1] - b[1]).slice(0, 3);

// Points of a drawing as places for their names, which are pushed apart until all can be read.
function apart(points) {
    const moved = points.map((point) => [...point]);
    for (let round = 0; round < 50; round += 1) {
        for (const a of moved) for (const b of moved) {
            const way = [a[0] - b[0], a[1] - b[1]], far = Math.hypot(...way) || 99, push = Math.max(0, 18 / far - 1) / 2;
            way.forEach((each, axis) => { a[axis] += push * each; b[axis] -= push * each; });
        }
    }
    return moved;
}

export default function (place, { names, steps, places, marked }) {
    const svg = stage(place, 460, 460), name = (n) => names[n] === "·" ? "the boundary" : names[n];
    const [x, y] = [0, 1].map((axis) => {
        const all = places.flat().map((point) => point[axis]), low = Math.min(...all), high = Math.max(...all);
        return (each) => 20 + 420 * (each - low) / (high - low);
    });
    const at = (point) => [x(point[0]), 460 - y(point[1])], line = (kind, ...ends) => drawn("path", { class: kind, d: `M${ends.join("L")}` });

    function show() {
        const step = +time.input.value, n = +chosen.value, found = nearest(places[step], n);
        const dots = places[step].map(at), seen = apart(dots);
        const short = (a, b) => a.map((each, axis) => each + Math.min(.5, 10 / Math.hypot(a[0] - b[0], a[1] - b[1])) * (b[axis] - each));
        svg.replaceChildren(line("widget-box", ...places.slice(0, step + 1).map((each) => at(each[n]))),
            ...found.map(([k]) => line("widget-arc", short(seen[n], seen[k]), short(seen[k], seen[n]))),
            ...seen.map(([cx, cy], k) => {
                const one = drawn("g", { class: k === n ? "widget-now" : "" }, line("widget-ring", dots[k], [cx, cy]),
                    marked.includes(names[k]) ? drawn("circle", { class: "widget-side", cx, cy, r: 11 }) : "", label("middle", cx, cy + 5, names[k]));
                one.onclick = () => { chosen.value = k; show(); };
                return one;
            }));
        const near = found.map(([k, far]) => `${name(k)} (${number(far)})`);
        say(`After ${time.input.ariaValueText} steps, nearest to ${name(n)} are ${near[0]}, ${near[1]} and ${near[2]}.`);
    }

    const chosen = make("select", { onchange: show }, ...Array.from(names, (_, n) => new Option(name(n), n)));
    const time = dial("Steps", { min: 0, max: steps.length - 1, value: steps.length - 1 }, (n) => steps[n].toLocaleString("en"), show);
    const say = controls(place, make("label", {}, "Nearest to", chosen), time.label);
    chosen.value = 1;
    show();
}
