// Points of a plane, where they lay after some steps of a training, and which are nearest to one of them.
//   names [text], steps [number], places [for each step: [[x, y], ...]], marked: the names that get another colour
//   near    [for each step: [[which, which, which], ...]], if the names are words that have more than two numbers

import { controls, dial, drawn, label, make, number, stage } from "./parts.js";

// The three points that are nearest to the point n: [[which, distance], ...]
export const nearest = (points, n) => points.map(([x, y], k) => [k, Math.hypot(x - points[n][0], y - points[n][1])])
    .filter(([k]) => k !== n).sort((a, b) => a[1] - b[1]).slice(0, 3);

// Points of a drawing as places for their names, which are pushed apart until all can be read.
function apart(points, wide) {
    const moved = points.map((point) => [...point]);
    for (let round = 0; round < 50; round += 1) {
        for (const a of moved) for (const b of moved) {
            const way = [(a[0] - b[0]) / wide, a[1] - b[1]], far = Math.hypot(...way) || 99, push = Math.max(0, 18 / far - 1) / 2;
            [wide, 1].forEach((each, axis) => { a[axis] += push * each * way[axis]; b[axis] -= push * each * way[axis]; });
        }
    }
    return moved;
}

export default function (place, { names, steps, places, marked, near }) {
    const svg = stage(place, 460, 460), name = (n) => names[n] === "·" ? "the boundary" : names[n];
    const [x, y] = [0, 1].map((axis) => {
        const all = places.flat().map((point) => point[axis]), low = Math.min(...all), high = Math.max(...all);
        return (each) => 30 + 400 * (each - low) / (high - low);
    });
    const at = (point) => [x(point[0]), 460 - y(point[1])], line = (kind, ...ends) => drawn("path", { class: kind, d: `M${ends.join("L")}` });
    const three = (list) => `${list[0]}, ${list[1]} and ${list[2]}`;

    function show() {
        const step = +time.input.value, n = +chosen.value, found = nearest(places[step], n), which = near?.[step][n] ?? found.map(([k]) => k);
        const dots = places[step].map(at), told = near ? [n, ...which] : dots.map((_, k) => k);
        const texts = apart(told.map((k) => [dots[k][0], dots[k][1] - (near ? 14 : 0)]), near ? 4.5 : 1), ends = near ? dots : texts;
        texts.forEach((text, each) => {    // which the edge would cut
            const half = 5 * names[told[each]].length;
            text[0] = Math.max(half, Math.min(460 - half, text[0]));
        });
        const short = (a, b) => a.map((each, axis) => each + Math.min(.5, 10 / Math.hypot(a[0] - b[0], a[1] - b[1])) * (b[axis] - each));
        const disc = (kind, [cx, cy], r) => drawn("circle", { class: kind, cx, cy, r }), special = (k) => marked.includes(names[k]);
        const press = (k, one) => {
            one.onclick = () => { chosen.value = k; show(); };
            return one;
        };
        svg.replaceChildren(line("widget-box", ...places.slice(0, step + 1).map((each) => at(each[n]))),
            ...which.map((k) => line("widget-arc", short(ends[n], ends[k]), short(ends[k], ends[n]))),
            ...dots.map((dot, k) => near ? press(k, disc(special(k) ? "widget-square" : "widget-bar", dot, 5)) : ""),
            ...told.map((k, each) => press(k, drawn("g", { class: k === n ? "widget-now" : "" }, drawn("g", {}, line("widget-ring", dots[k], texts[each])),
                special(k) && !near ? disc("widget-side", texts[each], 11) : "", label(near ? "middle widget-over" : "middle", texts[each][0], texts[each][1] + 5, names[k])))));
        say(`After ${time.input.ariaValueText} steps, nearest to ${name(n)} are ${near ? `${three(which.map(name))}; on the map ${
            three(found.map(([k]) => name(k)))}` : three(found.map(([k, far]) => `${name(k)} (${number(far)})`))}.`);
    }

    const chosen = make("select", { onchange: show }, ...Array.from(names, (_, n) => new Option(name(n), n)));
    const time = dial("Steps", { min: 0, max: steps.length - 1, value: steps.length - 1 }, (n) => steps[n].toLocaleString("en"), show);
    const say = controls(place, make("label", {}, "Nearest to", chosen), time.label);
    chosen.value = 1;
    show();
}
