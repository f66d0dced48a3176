// Which floats the 32 threads of a warp ask for at once, and what that costs.
//   kernels  [[name, [offset, stride, padding, length]]]: thread t has float offset + t · (stride + padding), if that
//            is below length
//   memory   "global" where banks are not spoken of, and so no padding

import { choice, controls, dial, drawn, label, stage } from "./parts.js";

const DIALS = { Offset: 1000, Stride: 33, Padding: 4, Length: 1200 };

const wanted = ([offset, stride, padding]) => Array.from({ length: 32 }, (_, t) => offset + t * (stride + padding));

// The float of each thread that the guard lets pass.
export const floats = (given) => wanted(given).filter((float) => float < given[3]);

// Of global memory: pieces of 32 bytes.
export const sectors = (all) => [...new Set(all.map((float) => float >> 3))];

// Of shared memory: how many floats the most wanted of 32 banks serves.
export const turns = (all) => Math.max(0, ...all.map((one) => new Set(all.filter((float) => float % 32 === one % 32)).size));

export const count = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;

export default function (place, { kernels, memory }) {
    const svg = stage(place, 470, 440), names = kernels.map(([name]) => name);
    const either = (sector, bank) => memory ? sector : `${sector}, or ${bank}`;
    let [[, now]] = kernels, t = 5;

    function show() {
        const [offset, stride, padding, length] = now, all = wanted(now), open = floats(now), mine = all[t], first = offset >> 5;
        const box = (kind, float, width) => drawn("rect", { class: kind, x: 48 + float % 32 * 13, y: 25 + ((float >> 5) - first) * 11, width, height: 10 });
        const parts = [0, 8, 16, 24].map((bank) => label("left", 48 + bank * 13, 16, bank));
        for (let row = 0; row <= (all[31] >> 5) - first; row += 4) parts.push(label("right", 42, 35 + row * 11, 32 * (first + row)));
        parts.push(...sectors(open).map((sector) => box("widget-box", 8 * sector, 103)), ...all.map((float) => box(
            float < length ? "widget-bar" : "widget-box", float, 12)), drawn("g", { class: "widget-now" }, box("widget-ring", mine, 12)));
        svg.replaceChildren(...parts);
        dials.forEach((each, n) => each.set(now[n]));
        say(`Thread ${t}: ${offset} + ${t} · ${stride + padding} = ${mine}. ${mine < length ? `Bytes ${4 * mine} to ${4 * mine + 3}; ${
            either(`sector ${mine >> 3} of global memory`, `bank ${mine % 32} of shared memory`)}` : `The guard keeps it out: ${mine} is not below ${length}`}. ${
            open.length} of 32 threads have access, ${
            either(`to ${count(sectors(open).length, "sector")}`, `in ${count(turns(open), "turn")}`)}.`);
    }

    const dials = Object.entries(DIALS).map(([name, max], n) => dial(name, { min: 0, max, value: now[n] }, String, (value) => {
        now = now.with(n, value);
        for (const one of place.querySelectorAll("[type=radio]")) one.checked = false;
        show();
    }));
    const thread = dial("Thread", { min: 0, max: 31, value: t }, String, (value) => { t = value; show(); });
    const say = controls(place, choice("Kernel", names, (_, n) => { [, now] = kernels[n]; show(); }), ...[...dials, thread].filter((_, n) => n !== 2 || !memory).map((each) => each.label));
    show();
}
