// Cells that run in their page: weave.js loads this where an element [data-run] says which ones do (run.py).
//
// A run gives what the page would give from its top: the cells above run before, unless they have run and nothing has
// changed since; and if a cell was changed, the page runs on below. Each check that a run comes past is made again, and
// the sentences that are no longer true are told, and those that are true again. Python is fetched by the first run.
//
// What is exported is what labs.js needs, too: buttons, a place to edit, and the one Python that a page has.

const HERE = new URL(".", import.meta.url).href;
export const ROOT = new URL("../../", HERE).href;
const OUTPUT = ".weave-output, .weave-figure, .weave-ran";
const MORE = 3000;    // milliseconds for what stands below a cell that was run, where something has changed
const HINT = "Tab indents; Escape, then Tab, leaves. Shift+Enter runs.";
export const said = make("p", "md-visually-hidden");    // what a screen reader hears
said.setAttribute("role", "status");
export let booted;
let page, cells, all, worker, ran, valid, busy, false_, asked = new Map(), next = 0;

export function make(tag, name, text = "") {
    const element = document.createElement(tag);
    element.className = name;
    element.textContent = text;
    return element;
}

/** A button; what more it is about is for those alone who hear it. */
export function button(text, more, act) {
    const made = make("button", "", text);
    made.type = "button";
    made.append(make("span", "md-visually-hidden", ` ${more}`));
    made.onclick = act;
    return made;
}

export const name = (button, text) => { button.firstChild.data = text; };

function dress() {
    const told = document.querySelector("[data-run]");
    if (told === page) return;
    stop();
    [page, cells, all, false_] = [told, [], null, new Set()];
    if (!page) return;
    document.body.append(said);
    const marks = page.dataset.run, why = (page.dataset.why ?? "").split("|");
    const blocks = [...document.querySelectorAll("article div.highlight")].filter((block) => !block.previousElementSibling?.matches(".weave-source"));
    if (blocks.length !== marks.length) return;
    blocks.forEach((block, n) => {
        const needs = why[marks[n]], cell = { block, why: needs?.replace(/^\w+$/, "Needs $&, which does not run in a page."), quiet: marks[n] === "q", number: cells.length + 1 };
        if (marks[n] === "-") return;
        cells.push(cell);
        if (cell.quiet) cell.block = block.closest(".weave-code");
        else bar(cell);
    });
    const first = cells.find((cell) => cell.run);
    if (first) name(first.run, `Run (${page.dataset.size} of Python, once)`);
    if (first) first.above.remove();
}

function bar(cell) {
    cell.bar = make("div", "weave-run");
    cell.note = make("span", "", cell.why);
    cell.block.classList.add("weave-cell");
    cell.block.append(cell.bar);
    if (!cell.why) {
        const which = `cell ${cell.number}`;
        cell.run = button("Run", which, () => busy === cell ? stop("Stopped. The next run begins afresh.") : run(cell));
        cell.above = button("Run all above", `${which}, and it`, () => run(cell, true));
        cell.edit = button("Edit", which, () => edit(cell));
        cell.reset = button("Reset", which, () => reset(cell));
        cell.reset.hidden = true;
        cell.bar.append(cell.run, cell.above, cell.edit, cell.reset);
    }
    cell.bar.append(cell.note);
}

export function tell(cell, text, aloud = true) {
    cell.note.textContent = text;
    if (aloud) said.textContent = text;
}

// Editing

/** A place to edit a text, which is handed on at every change; Shift+Enter runs it. */
export function editor(text, label, change, run) {
    const area = make("textarea", "");
    area.value = text;
    area.spellcheck = false;
    area.setAttribute("aria-label", label);
    const fit = () => { area.rows = area.value.split("\n").length; };
    let leaving = false;
    area.oninput = () => {
        fit();
        change(area.value);
    };
    area.onkeydown = (event) => {
        if (event.key === "Enter" && (event.shiftKey || event.ctrlKey)) {
            event.preventDefault();
            run();
        } else if (event.key === "Tab" && !leaving && !event.shiftKey) {
            event.preventDefault();
            document.execCommand("insertText", false, "    ");
        } else if (event.key === "Enter") {
            event.preventDefault();
            const before = area.value.slice(0, area.selectionStart).split("\n").at(-1);
            document.execCommand("insertText", false, `\n${before.match(/^ */)[0]}${/:\s*$/.test(before) ? "    " : ""}`);
        }
        if (event.key !== "Shift") leaving = event.key === "Escape";
    };
    fit();
    return area;
}

function edit(cell) {
    const code = cell.block.querySelector("code");
    cell.colours = code.innerHTML;
    cell.area = editor(code.textContent.trimEnd(), `Code of cell ${cell.number}. ${HINT}`, (text) => {
        code.textContent = cell.code = text;    // which Copy copies
        change(cell);
    }, () => busy || run(cell));
    cell.block.querySelector("pre").hidden = cell.edit.hidden = true;
    cell.reset.hidden = false;
    cell.bar.before(cell.area);
    cell.area.focus();
    tell(cell, HINT, false);
}

function reset(cell) {
    if (busy) stop();
    if (cell.area) {
        cell.block.querySelector("code").innerHTML = cell.colours;
        cell.block.querySelector("pre").hidden = cell.edit.hidden = false;
        cell.area.remove();
    }
    cell.box?.replaceWith(...cell.built);
    cell.claims?.forEach((text) => false_.delete(text));
    cell.area = cell.code = cell.box = cell.claims = undefined;
    cell.reset.hidden = true;
    change(cell);
    cell.run.focus();
    tell(cell, "As the build made it.");
}

/** What has run from this cell on would give something else now. */
function change(cell) {
    if (all) valid = Math.min(valid, all.indexOf(cell));
}

// Python

export function ask(message, hear = () => {}) {
    return new Promise((done, failed) => {
        asked.set(++next, ({ kind, text }) => kind === "done" ? done() : kind === "fatal" ? failed(new Error(text)) : hear(kind, text));
        worker.postMessage({ id: next, ...message });
    });
}

/** Load Python for a page, of a size, with what its worker is given (run.py); cell has the note that tells of it. */
export async function boot(cell, size, given) {
    const progress = make("progress", "");
    progress.setAttribute("aria-label", "Python is loading");
    cell.note.before(progress);
    tell(cell, `Loading ${size} of Python, once …`);
    try {
        const pack = await given;
        worker = new Worker(`${HERE}worker.js`, { type: "module" });
        worker.onmessage = ({ data }) => { if (data.progress) progress.value = Math.min(1, data.progress); else asked.get(data.id)?.(data); };
        const broken = new Promise((_, failed) => { worker.onerror = (event) => failed(new Error(event.message || "the browser did not load it")); });
        await Promise.race([ask({ boot: { root: ROOT, ...pack } }), broken]);
        booted = true;
    } finally {
        progress.remove();
    }
}

async function fetched() {
    const answer = await fetch(document.querySelector(".weave-byline a[href$='.ipynb']").href.replace(/ipynb$/, "run.json"));
    const pack = await answer.json(), rest = [...cells];
    all ??= pack.cells.map((one) => one.role === "check" ? one : Object.assign(rest.shift(), { source: one.code, alt: one.alt, role: one.role, why: one.why }));
    return pack;
}

async function begin(cell) {
    await boot(cell, page.dataset.size, fetched());
    ran = valid = 0;
    for (const one of cells) if (one.run && one !== busy) name(one.run, "Run");
}

export function stop(why = "Stopped.") {
    worker?.terminate();
    worker = null;
    booted = false;
    asked.forEach((told) => told({ kind: "fatal", text: why }));
    asked.clear();
}

async function run(cell, anew = false) {
    if (busy) {
        tell(cell, "Another cell is running.");
        return;
    }
    const began = performance.now(), old = page;
    const clock = setInterval(() => tell(cell, cell.note.textContent.replace(/….*/, `… ${Math.round((performance.now() - began) / 1000)} s`), false), 1000);
    busy = cell;
    name(cell.run, "Stop");
    try {
        if (!worker) await begin(cell);
        const at = all.indexOf(cell);
        if (anew || Math.min(at, valid) < ran) {
            await ask({ begin: anew ? 0 : Math.min(at, valid) }, (kind, count) => { ran = count; }).catch((error) => {
                if (!worker) throw error;    // it was stopped
                stop();
                return begin(cell);    // what is in the way of a new beginning ends with its Python
            });
        }
        let end = at + 1;
        while (end < all.length && all[end].role !== "shown") end++;
        for (; ran < end; ran++) {
            if (!all[ran].why) tell(cell, ran < at ? `Running what stands above, ${ran + 1} of ${at} …` : "Running …", false);
            if (await step(ran)) throw new Error(ran < at ? "A cell above ended in an error." : "It ended in an error.");
        }
        const took = `Ran in this page in ${Math.round(performance.now() - began)} ms.`, until = performance.now() + MORE;
        if (false_.size || cells.some((one) => one.code !== undefined && one.code !== one.source)) {
            tell(cell, `${took} Checking the rest of the page …`, false);
            while (ran < all.length && performance.now() < until && !await step(ran)) ran++;
        }
        for (const one of cells.filter((one) => one.box && !one.quiet && all.indexOf(one) >= ran)) {
            tell(one, "Ran before what stands above ran last.", false);
        }
        const away = cells.flatMap((one) => one !== cell && one.claims || []).length;
        tell(cell, took + (away ? ` Under other cells, ${away} sentence${away > 1 ? "s are" : " is"} no longer true.` : ""), false);
        said.textContent = [cell.note.textContent, ...[...cell.box.querySelectorAll(".weave-claim")].map((one) => one.textContent)].join(" ");
    } catch (error) {
        let why = error.message;
        if (!/^Stopped|error\.$/.test(why)) {
            why = booted ? `Python ended: ${why}. The next run begins afresh.` : `Python could not be loaded: ${why}`;
            stop();
        }
        if (page === old) tell(cell, why);
    }
    clearInterval(clock);
    busy = null;
    name(cell.run, "Run");
}

/** Run one of the page's cells, or make one of its checks; whether a cell raised an error. */
async function step(n) {
    if (all[n].why) return false;
    valid = n;    // unless it ends well
    const raised = all[n].role === "check" ? await check(all[n], n) : await output(all[n], n);
    if (!raised) valid = n + 1;
    return raised;
}

// Output

/** Run a cell, and put what it tells in the place of what the build has; whether it raised an error. */
async function output(cell, n) {
    const box = make("div", "weave-ran");
    let raised = false;
    await ask({ code: cell.code ?? cell.source, name: `cell ${cell.number}`, alt: cell.alt, count: n + 1 }, (kind, text) => {
        raised ||= kind === "error";
        if (kind === "svg") box.append(figure(cell, text));
        else if (kind === "alt") box.querySelector("svg")?.setAttribute("aria-label", text);
        else print(box, kind, text);
        place(cell, box);
    });
    if (!cell.quiet) {
        place(cell, box);
        cell.claims = [];
        cell.reset.hidden = false;
        tell(cell, "Ran in this page.", false);
    }
    return raised;
}

/** What the build has as the output of a cell: what follows it, or the figure before its folded code. */
function outputs(cell) {
    const figured = (one) => cells.some(({ quiet, alt, block }) => quiet && alt && block === one.nextElementSibling);
    if (cell.quiet && cell.alt) return [cell.block.previousElementSibling];
    const found = [];
    for (let one = cell.block.nextElementSibling; one?.matches(OUTPUT) && !figured(one); one = one.nextElementSibling) found.push(one);
    return found;
}

function place(cell, box) {
    if (cell.box === box) return;
    if (!cell.box) {
        cell.built = outputs(cell);
        cell.box = make("div", "");
        if (cell.built[0] === cell.block.previousElementSibling) cell.block.before(cell.box);
        else cell.block.after(cell.box);
        cell.built.forEach((one) => one.remove());
    }
    cell.box.replaceWith(box);
    cell.box = box;
}

function print(box, kind, text) {
    const last = box.lastElementChild;
    if (last?.dataset.kind === kind && kind.startsWith("std")) {
        last.querySelector("code").append(text);
        return;
    }
    const one = make("div", `weave-output weave-${kind}`), pre = make("pre", ""), code = make("code", "", text);
    one.dataset.kind = kind;
    code.tabIndex = 0;    // which scrolls
    pre.append(code);
    one.append(pre);
    box.append(one);
}

/** Graphviz's SVG in the ink of the page, as the build has it. */
function figure(cell, text) {
    const made = make("figure", "weave-figure"), scroll = make("div", "weave-scroll");
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").querySelector("svg");
    if (!svg) return make("p", "weave-claim", text);
    for (const one of svg.querySelectorAll("title, script, style")) one.remove();
    for (const one of [svg, ...svg.querySelectorAll("*")]) {
        for (const name of ["id", "class", "font-family", "style"]) one.removeAttribute(name);
        for (const name of ["fill", "stroke"]) {
            if (one.getAttribute(name) === "black") one.setAttribute(name, "currentColor");
        }
    }
    for (const [name, value] of Object.entries({ class: "weave-svg", fill: "currentColor", role: "img", "aria-label": "A graph" })) svg.setAttribute(name, value);
    scroll.tabIndex = 0;
    scroll.append(document.importNode(svg, true));
    made.append(scroll);
    const caption = (cell.built ?? outputs(cell)).find((one) => one.matches(".weave-figure"))?.querySelector("figcaption");
    if (caption) made.append(caption.cloneNode(true));
    return made;
}

/** Make a check, and tell under the cell before it what is no longer true, and what is true again. */
async function check(cell, n) {
    const owner = all.slice(0, n).findLast((one) => one.role === "shown"), no = [], lost = [], again = [];
    await ask({ code: cell.code, name: `check ${n + 1}`, check: true, count: n + 1 }, (kind, text) => {
        text = text.replace(/[`$]/g, "");
        if (kind === "held" && false_.delete(text)) again.push(text);
        if (kind === "broken") no.push(text);
        if (kind === "lost") lost.push(text);
    });
    for (const text of [...no, ...lost]) false_.add(text);
    owner?.claims?.push(...no, ...lost);
    for (const [begin, texts, name] of [["No longer true: ", no, "weave-false"], ["No longer to be checked: ", lost, "weave-false"], ["True again: ", again, ""]]) {
        if (texts.length) owner?.box?.append(make("p", `weave-claim ${name}`, `${begin}${texts.join("; ")}.`));
    }
}

if (window.document$) document$.subscribe(dress);
else dress();
