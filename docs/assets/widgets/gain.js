// What the first weights do to the outputs of each layer, for gains that Python has tried.
//   gains [number], layers [for each gain: [for each layer: [std, share saturated, std of the slopes, ...bins]]]
// A bin is its height, 0 to 99; the bins lie evenly between -1 and 1.

import { controls, dial, drawn, label, number, stage } from "./parts.js";

export default function (place, { gains, layers, start }) {
    const svg = stage(place, 460, 460);

    function show(n) {
        const high = 440 / layers[n].length, parts = [];
        layers[n].forEach(([std, flat, slope, ...bins], layer) => {
            const top = 10 + layer * high, width = 290 / bins.length;
            bins.forEach((bin, k) => parts.push(drawn("rect", { class: "widget-bar", x: 5 + k * width, width: width - 1,
                y: top + (high - 16) * (1 - bin / 99), height: (high - 16) * bin / 99 })));
            parts.push(drawn("path", { class: "widget-ring", d: `M5 ${top + high - 16}h290` }));
            [`layer ${layer + 1}`, `std ${number(std)}`, `${number(100 * flat, 0)} % saturated`, `slopes ${slope.toExponential(1)}`].forEach((text, k) =>
                parts.push(label("left", 310, top + 14 + 17 * k, text)));
        });
        ["−1", "0", "1"].forEach((text, k) => parts.push(label("left", [5, 146, 285][k], 456, text)));
        svg.replaceChildren(...parts);
        const [first, last] = [layers[n][0], layers[n].at(-1)], grown = first[2] / last[2];
        say(`From the first layer to the last, outputs go from ${number(first[0])} to ${number(last[0])} in size, and ${
            number(100 * last[1], 0)} % of the last are saturated. On the way back, slopes are multiplied by ${number(grown)}.`);
    }

    const gain = dial("Gain", { min: 0, max: gains.length - 1, value: start }, (n) => number(gains[n]), show);
    const say = controls(place, gain.label);
    show(start);
}
