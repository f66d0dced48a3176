// Which threads of a block work in each round, on which floats of shared memory, and how long their warps wait for banks.
//   kernels  [[name, [for each round: [for each thread: its float, or null]]]], as memcheck has recorded them

import { count, turns } from "./kernel.js";
import { choice, controls, dial, drawn, label, stage } from "./parts.js";

// The floats of each warp's threads that have one.
export const warps = (round) => Array.from({ length: round.length / 32 }, (_, n) =>
    round.slice(32 * n).slice(0, 32).filter((float) => float !== null));

export default function (place, { kernels }) {
    const svg = stage(place, 470, 415);
    let [[, rounds]] = kernels, t = 36;

    function show() {
        const round = rounds[time.input.value - 1], mine = t >> 5, all = warps(round), busy = all.filter((floats) => floats[0] !== undefined);
        const box = (kind, x, y, width, height) => drawn("rect", { class: kind, x, y, width, height });
        const kind = (thread) => thread >> 5 === mine ? "widget-bar" : "widget-square", across = 416 / round.length;
        const parts = [label("right", 42, 15, "round"), label("right", 42, 232, "float")];
        for (let n = 0; n < 4; n += 1) {
            parts.push(label("left", 48 + n * 104, 15, n ? n * round.length / 4 : "thread 0"), label("left", 48 + n * 104, 232, n ? 8 * n : "bank 0"), label("right", 42, 255 + 42 * n, 64 * n));
        }
        for (let n = 1; n < all.length; n += 1) parts.push(drawn("path", { class: "widget-ring", d: `M${48 + 32 * n * across} 22v178` }));
        rounds.forEach((each, n) => {
            parts.push(label("right", 42, 37 + 22 * n, n + 1));
            each.forEach((float, thread) => float === null || parts.push(box(kind(thread), 48 + thread * across, 24 + 22 * n, across, 17)));
        });
        const now = [box("widget-ring", 46, 22 + 22 * rounds.indexOf(round), 420, 21)];
        round.forEach((float, thread) => {
            if (float === null) return;
            const cell = (kind) => box(kind, 48 + float % 32 * 13, 240 + (float >> 5) * 21, 12, 20);
            parts.push(cell(kind(thread)));
            if (thread === t) now.push(cell("widget-ring"));
        });
        svg.replaceChildren(...parts, drawn("g", { class: "widget-now" }, ...now));
        say(`Round ${time.input.value}: thread ${t} ${round[t] === null ? "has nothing to do" : `combines into float ${round[t]}, in bank ${round[t] % 32}`}. ${
            all[mine].length} of the 32 threads of its warp ${all[mine].length === 1 ? "works" : "work"}${all[mine][0] === undefined ? "" : `, in ${count(turns(all[mine]), "turn")}`}. In the block: ${
            count(busy.flat().length, "thread")} in ${count(busy.length, "warp")}, ${count(busy.reduce((sum, floats) => sum + turns(floats), 0), "turn")}.`);
    }

    const time = dial("Round", { min: 1, max: rounds.length, value: 1 }, String, show);
    const thread = dial("Thread", { min: 0, max: rounds[0].length - 1, value: t }, String, (value) => { t = value; show(); });
    const say = controls(place, choice("Kernel", kernels.map(([name]) => name), (_, n) => { [, rounds] = kernels[n]; show(); }), time.label, thread.label);
    show();
}
