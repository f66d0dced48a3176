// Forward and backward over a drawn graph, a number at a time. Python has done the arithmetic:
//   walks  {name: [{now: a node, with: [nodes], texts: {mark: text}, say: a sentence}]}
// The figure has marks: data-text="p.grad", data-node="p", data-edge="x1 p".

import { button, choice, controls, dial } from "./parts.js";

export default function (place, { walks }) {
    const [texts, nodes, edges] = ["text", "node", "edge"].map((mark) => [...place.querySelectorAll(`[data-${mark}]`)]);
    const names = Object.keys(walks);
    let walk = walks[names[0]], at = walk.length - 1;

    function go(to) {
        at = (to + walk.length) % walk.length;
        const step = walk[at], known = Object.assign({}, ...walk.slice(0, at + 1).map((each) => each.texts));
        for (const text of texts) text.textContent = known[text.dataset.text] ?? "";
        const mark = (node, now, near) => {
            node.classList.toggle("widget-now", now);
            node.classList.toggle("widget-near", near);
        };
        for (const node of nodes) mark(node, node.dataset.node === step.now, step.with.includes(node.dataset.node));
        for (const edge of edges) {
            const [from, into] = edge.dataset.edge.split(" ");
            mark(edge, into === step.now && step.with.includes(from), false);
        }
        steps.set(at + 1);
        say(step.say);
    }

    const steps = dial("Step", { min: 1, max: walk.length, value: at + 1 },
        (n) => `${n} of ${walk.length}`, (n) => go(n - 1));
    const orders = names.length > 1 ? [choice("Order", names, (name) => {
        walk = walks[name];
        steps.input.max = walk.length;
        go(walk.findIndex((step) => step.backward));
    })] : [];
    const say = controls(place, ...orders, button("Back", () => go(at - 1)), button("Next", () => go(at + 1)), steps.label);
    say("Next begins with the leaves, and goes forward to the result and back.");
}
