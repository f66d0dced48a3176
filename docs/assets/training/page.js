// A model in training, in a thread of its own (worker.js), on the book's names or on the reader's words.
//   kind  gpt, bert or mlp    steps  of one press    pattern  for bert
// Until then the figure stays, and nothing of Python is loaded.

import { button, controls, drawn, label, make, number, stage } from "../widgets/parts.js";

const MOST = 3.5;    // the highest loss that is drawn
const FIRST = "Train (Python: 6 MB, once)";

export default function (place, { kind, steps = 300, pattern }) {
    const asked = make("input", { value: pattern ?? "", size: 10 }), { ariaLabel: figure } = place.querySelector("svg");
    let svg, worker, losses = [], target = 0, guess, since, changed = true, ready = false;

    function draw() {
        save.ariaDisabled = String(!losses.length);
        if (!svg) return;
        const width = Math.max(target, losses.length, 1), x = (n) => 40 + 400 * n / width, y = (loss) => 175 - 160 * Math.min(loss, MOST) / MOST;
        let mean = losses[0];
        const means = losses.map((loss, n) => (mean += (loss - mean) / Math.min(n + 1, 20)));
        const line = means.flatMap((each, n) => n % Math.ceil(means.length / 400) ? [] : [`${x(n + 1).toFixed(1)} ${y(each).toFixed(1)}`]);
        svg.replaceChildren(...[0, 1, 2, 3].map((loss) => label("right", 32, y(loss) + 5, String(loss))),
            drawn("path", { class: "widget-ring", d: `M40 15V175H440` }), label("right", 440, 193, `${width} steps`),
            ...guess ? [drawn("path", { class: "widget-box", d: `M40 ${y(guess)}H440` }), label("right", 440, y(guess) - 5, "guessing")] : [],
            ...line.length ? [drawn("path", { class: "widget-arc", d: `M${line.join("L")}` })] : []);
    }

    function hear({ data }) {
        if (data.doing) say(`${data.doing} …`);
        if (data.ready) {
            ({ losses, guess } = data.ready);
            target = losses.length + (data.going ? steps : 0);
            ready = true;
            if (!data.going) idle(`${steps} steps more`);
            say(`${data.ready.words.toLocaleString("en")} words of ${data.ready.letters} letters; ${data.ready.parameters.toLocaleString("en")} parameters.`);
            since = performance.now();
        }
        if (data.losses) {
            losses.push(...data.losses);
            if (data.words) say(`Step ${losses.length}: loss ${number(recent())}.`);
        }
        if (data.words) words.textContent = data.words.map((word) => word || "(empty)").join(", ");
        if (data.done) {
            say(`${losses.length} steps, ${((performance.now() - since) / 1000).toFixed()} s: loss ${number(recent())}, and ${number(data.judged)} on words that it has not seen. Guessing has ${number(guess)}.`);
            idle(changed ? "Train" : `${steps} steps more`);
        }
        if (data.file) {
            const link = make("a", { href: URL.createObjectURL(new Blob([data.file])), download: `${kind}.safetensors` });
            link.click();
            say(`Saved as ${link.download}: python -m scratch.makemore ${kind === "bert" ? "fill" : "sample"} ${link.download}`);
        }
        if (data.failed) {
            say(`That did not work: ${data.failed}.`);
            idle("Train");
            changed = true;
        }
        draw();
    }

    const recent = () => losses.slice(-20).reduce((a, b) => a + b, 0) / Math.min(20, losses.length);
    const idle = (text) => { train.textContent = text; };
    const open = (text, accept, act) => {
        const input = make("input", { type: "file", accept, onchange: () => act(input) });
        return { input, label: make("label", {}, text, input) };
    };
    const bytes = async ({ files: [file] }) => file && new Uint8Array(await file.arrayBuffer());

    async function start(saved) {
        if (!worker) {
            worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
            worker.onmessage = hear;
            worker.onerror = () => hear({ data: { failed: "this copy of the site has no Python" } });
        }
        const asking = { look: asked.value, go: saved ? 0 : steps };
        if (changed || saved) {
            const [file] = list.input.files;
            ready = false;
            asking.begin = { kind, size: size.value, name: file?.name ?? "names.txt", words: await bytes(list.input), file: saved };
        }
        svg ??= stage(place, 460, 200);
        changed = false;
        since = performance.now();
        train.textContent = "Stop";
        target = losses.length + steps;
        worker.postMessage(asking);
    }

    function stop() {
        if (ready) worker.postMessage({ stop: true });
        else {    // it is still loading
            worker.terminate();
            worker = undefined;
            changed = true;
            idle(FIRST);
            say("Stopped.");
        }
    }

    const again = () => {
        if (train.textContent === "Stop") stop();
        changed = true;
        losses = [];
        idle(worker ? "Train" : FIRST);
        draw();
    };
    const list = open("Your words, one a line", ".txt,text/plain", again);
    const saved = open("A saved model", ".safetensors", async (input) => { start(await bytes(input)); });
    const size = make("select", { onchange: again }, ...["small", "default"].map((name) => new Option(name)));
    const train = button(FIRST, () => train.textContent === "Stop" ? stop() : start());
    const save = button("Save", () => losses.length ? worker.postMessage({ save: true }) : say("There is no model to save yet: train one."));
    const words = make("p", { className: "widget-words" });
    asked.onchange = () => worker?.postMessage({ look: asked.value });
    const row = make("div", { className: "widget-words" }, train, " ", save);    // whose texts change
    const tell = controls(place, row, ...kind === "mlp" ? [] : [make("label", {}, "Size", size)],
        ...kind === "bert" ? [make("label", {}, "Fill in", asked)] : [], list.label, saved.label, words);
    const say = (text) => tell(text, svg ? text : figure);
    draw();
    say("On the book's names, or on words of yours, which stay with you.");
}
