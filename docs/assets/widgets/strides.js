// A storage, and a view on it that the reader turns, cuts, repeats and folds anew.
//   storage, shape, stride, offset, name   of the tensor to begin with: one or two axes

import { button, controls, dial, drawn, label, stage } from "./parts.js";

// Ways to look at a view, each for those that it can be done to; -> another view.
export const WAYS = {
    ".T": (v) => v.shape.length > 1 && { ...v, shape: v.shape.toReversed(), stride: v.stride.toReversed() },
    "[1:]": (v) => v.shape[0] > 1 && { ...v, shape: [v.shape[0] - 1, ...v.shape.slice(1)], offset: v.offset + v.stride[0] },
    "[::2]": (v) => v.shape[0] > 1 && {
        ...v, shape: [Math.ceil(v.shape[0] / 2), ...v.shape.slice(1)], stride: [2 * v.stride[0], ...v.stride.slice(1)] },
    "[0]": (v) => v.shape.length > 1 && { ...v, shape: v.shape.slice(1), stride: v.stride.slice(1) },
    ".expand(3, -1)": (v) => v.shape.length < 2 && size(v) < 9 && { ...v, shape: [3, ...v.shape], stride: [0, ...v.stride] },
    ".reshape(-1)": (v) => v.shape.length > 1 && folded(v, [size(v)]),
    ".reshape(2, -1)": (v) => size(v) % 2 === 0 && folded(v, [2, size(v) / 2]),
};

const size = (v) => v.shape.reduce((a, b) => a * b);

export function places({ shape, stride, offset }) {    // in the order of reading
    return shape.reduce((found, count, axis) => found.flatMap((place) =>
        Array.from({ length: count }, (_, i) => place + i * stride[axis])), [offset]);
}

// Reshaped: a view if one step fits all of what is joined, else a copy.
function folded(v, shape) {
    const [r, c] = v.shape, [down, across] = v.stride;
    const step = v.shape.length < 2 || c === 1 ? down : r === 1 || down === c * across ? across : null;
    if (step !== null) return { ...v, shape, stride: shape.length > 1 ? [shape[1] * step, step] : [step] };
    if (shape[0] === r && shape[1] === c) return v;
    return { storage: places(v).map((place) => v.storage[place]), shape, offset: 0, copied: true,
        stride: shape.length > 1 ? [shape[1], 1] : [1] };
}

const tuple = (list) => `(${list.join(", ")}${list.length < 2 ? "," : ""})`;

export default function (place, { name, ...first }) {
    const svg = stage(place, 460, 330);
    let view, text, at;

    function begin() {
        [view, text, at] = [first, name, [1, 2]];
        show();
    }

    function show() {
        const { storage, shape, stride, offset } = view, [rows, columns] = shape.length > 1 ? shape : [1, shape[0]];
        at = shape.map((count, axis) => Math.min(at[axis] ?? 0, count - 1));
        const read = places(view), nth = at.reduce((n, i, axis) => n * shape[axis] + i, 0), chosen = read[nth];
        const width = Math.min(38, 440 / Math.max(storage.length, columns)), height = Math.min(30, 170 / rows);
        const cell = (x, y, high, n, kind) => drawn("g", { class: `widget-cell ${kind}`, "font-size": Math.min(15, width * .6) },
            drawn("rect", { x, y, width, height: high }), drawn("text", { x: x + width / 2, y: y + high / 2 + 5 }, n));
        const parts = [label("left", 10, 20, view.copied ? "storage: a new one" : "storage")];
        storage.forEach((n, k) => parts.push(cell(10 + k * width, 60, 30, n,
            k === chosen ? "widget-now" : read.includes(k) ? "" : "widget-off")));
        const row = read.slice(nth - nth % columns).slice(0, columns), x = (k) => 10 + (k + .5) * width;
        row.slice(1).forEach((b, n) => {
            const half = Math.abs(b - row[n]) * width / 2;
            if (half) parts.push(drawn("path", { class: "widget-arc",
                d: `M${x(row[n])} 60A${half} ${Math.min(30, 6 + half / 2)} 0 0 1 ${x(b)} 60` }));
        });
        parts.push(label("left", 10, 130, text));
        read.forEach((k, n) => parts.push(cell(10 + n % columns * width, 145 + Math.floor(n / columns) * height, height,
            storage[k], n === nth ? "widget-now" : "")));
        svg.replaceChildren(...parts);
        for (const [way, press] of presses) press.setAttribute("aria-disabled", !WAYS[way](view));
        indices.forEach((index, axis) => {
            index.input.disabled = axis >= shape.length;
            index.input.max = (shape[axis] ?? 1) - 1;
            index.set(at[axis] ?? 0);
        });
        say(`${text}: shape ${tuple(shape)}, stride ${tuple(stride)}, offset ${offset}. Element [${at.join(", ")}] is at place ${
            offset}${at.map((i, axis) => ` + ${i} · ${stride[axis]}`).join("")} = ${chosen}, which holds ${storage[chosen]}.${
            view.copied ? " No stride walks these numbers in this order: reshape copied them." : ""}`);
    }

    const presses = Object.keys(WAYS).map((way) => [way, button(way, () => {
        const made = WAYS[way](view);
        if (!made) return;
        [view, text] = [made, text + way];
        show();
    })]);
    const indices = [0, 1].map((axis) => dial(`index ${axis}`, { min: 0, max: 3, value: 0 }, String, (i) => {
        at[axis] = i;
        show();
    }));
    const say = controls(place, ...presses.map(([, press]) => press), button("From the start", begin),
        ...indices.map(({ label }) => label));
    begin();
}
