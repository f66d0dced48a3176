// A text becomes bytes, and the bytes tokens, by the first so many merges of two vocabularies, one below the other.
//   vocabularies  [[name, pattern, merges], ...]
//   pattern       where a text is cut into pieces, as Python's regex reads it; "" if it is not cut
//   merges        [a, b, a, b, ...]: the pair of ids that became the id 256, the pair that became 257, ...
//   text          to begin with

import { controls, dial, make, number } from "./parts.js";

const bytes = (text) => [...new TextEncoder().encode(text)];

// What \s is to Python's regex; and not all browsers know (?i:).
const BLANK = String.raw`\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;
const read = (pattern) => new RegExp(pattern.replaceAll("[^\\s", `[^${BLANK}`).replaceAll("\\S", `[^${BLANK}]`).replaceAll("\\s", `[${BLANK}]`)
    .replace("(?i:[sdmt]|ll|ve|re)", "(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])"), "gu");

// The ids of a text: in each piece the pair that was learnt first is merged, until none is left.
export function encode(text, [, pattern, merges], count = merges.length / 2) {
    const ranks = new Map(Array.from({ length: Math.min(count, merges.length / 2) }, (_, n) => [`${merges[2 * n]} ${merges[2 * n + 1]}`, n]));
    return (pattern ? text.match(read(pattern)) ?? [] : [text]).flatMap((piece) => {
        for (let ids = bytes(piece); ;) {
            const found = ids.map((id, k) => ranks.get(`${id} ${ids[k + 1]}`) ?? Infinity), first = Math.min(...found);
            if (first === Infinity) return ids;
            const next = [];
            for (let k = 0; k < ids.length; k += 1) next.push(found[k] === first ? 256 + first : ids[k]), k += found[k] === first;
            ids = next;
        }
    });
}

export default function (place, { text: begin, vocabularies }) {
    const box = place.firstElementChild;

    function show() {
        const size = bytes(text.value).length, told = [];
        box.replaceChildren(...vocabularies.flatMap((vocabulary) => {
            const [name, , merges] = vocabulary, ids = encode(text.value, vocabulary, +count.input.value);
            const spelled = (id) => id < 256 ? [id] : merges.slice(2 * (id - 256), 2 * (id - 255)).flatMap(spelled);
            told.push(`${ids.length} tokens ${name}, ${number(size / ids.length || 0, 1)} bytes each`);
            const list = make("div", { role: "list", ariaLabel: name, className: "widget-tokens" }, ...ids.map((id) => {
                const part = new TextDecoder().decode(new Uint8Array(spelled(id)));
                const seen = part.includes("\ufffd") ? spelled(id).map((byte) => `\\x${byte.toString(16)}`).join("") : part;
                return make("div", { role: "listitem" }, make("code", {}, seen.replaceAll(" ", "␣").replaceAll("\n", "⏎")), make("small", {}, id));
            }));
            return [make("p", {}, told.at(-1)), list];
        }));
        say(`${size} bytes are ${told.join(", and ")}.`);
    }

    const text = make("input", { value: begin, maxLength: 200, size: 30, oninput: () => show() });
    const all = Math.max(...vocabularies.map(([, , merges]) => merges.length / 2));
    const count = dial("Merges", { min: 0, max: all, value: all }, String, () => show());
    const say = controls(place, make("label", {}, "Text", text), count.label), below = place.lastElementChild;
    const room = box.offsetHeight + below.offsetHeight;    // of which the controls get what they need, and a line
    box.style.height = "0";
    show();
    below.style.minHeight = "0";
    below.style.minHeight = `${below.offsetHeight + 20}px`;
    Object.assign(box.style, { height: "", minHeight: `${room - below.offsetHeight}px` });
}
