// A text becomes bytes, and the bytes tokens, by the first so many merges of a vocabulary.
//   pattern   where a text is cut into pieces, as JavaScript reads it
//   merges    [a, b, a, b, ...]: the pair of ids that became the id 256, the pair that became 257, ...
//   text      to begin with

import { controls, dial, make, number } from "./parts.js";

const bytes = (text) => [...new TextEncoder().encode(text)];

// The ids of a text: in each piece the pair that was learnt first is merged, until none is left.
export function encode(text, { pattern, merges }, count = merges.length / 2) {
    const ranks = new Map(Array.from({ length: count }, (_, n) => [`${merges[2 * n]} ${merges[2 * n + 1]}`, n]));
    return (text.match(new RegExp(pattern, "gu")) ?? []).flatMap((piece) => {
        for (let ids = bytes(piece); ;) {
            const found = ids.map((id, k) => ranks.get(`${id} ${ids[k + 1]}`) ?? Infinity), first = Math.min(...found);
            if (first === Infinity) return ids;
            const next = [];
            for (let k = 0; k < ids.length; k += 1) next.push(found[k] === first ? 256 + first : ids[k]), k += found[k] === first;
            ids = next;
        }
    });
}

export default function (place, data) {
    const box = place.firstElementChild, list = make("div", { role: "list", className: "widget-tokens" });
    const spelled = (id) => id < 256 ? [id] : data.merges.slice(2 * (id - 256), 2 * (id - 255)).flatMap(spelled);
    box.style.height = `${box.offsetHeight}px`;
    box.replaceChildren(list);

    function show() {
        const ids = encode(text.value, data, +count.input.value), size = bytes(text.value).length;
        list.replaceChildren(...ids.map((id) => {
            const part = new TextDecoder().decode(new Uint8Array(spelled(id)));
            const seen = part.includes("\ufffd") ? spelled(id).map((byte) => `\\x${byte.toString(16)}`).join("") : part;
            return make("div", { role: "listitem" }, make("code", {}, seen.replaceAll(" ", "␣").replaceAll("\n", "⏎")), make("small", {}, id));
        }));
        say(`${size} bytes are ${ids.length} tokens, with ${number(size / ids.length || 0, 1)} bytes per token.`);
    }

    const text = make("input", { value: data.text, maxLength: 200, size: 30, oninput: () => show() });
    const count = dial("Merges", { min: 0, max: data.merges.length / 2, value: data.merges.length / 2 }, String, () => show());
    const say = controls(place, make("label", {}, "Text", text), count.label);
    show();
}
