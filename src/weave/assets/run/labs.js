// Exercises of labs, written and graded in the page of all labs: weave.js loads this where it has [data-labs] (graded.py).
//
// What is graded is the lab's file with the answer in the place of its stub, and with those answers to its other exercises
// that have passed. Answers are kept in this browser's storage, and nowhere else. Python is fetched by the first check.

import { ROOT, ask, boot, booted, button, editor, make, name, said, stop, tell } from "./run.js";

const HINT = "Tab indents; Escape, then Tab, leaves. Shift+Enter checks.", PLACE = "weave-labs", STOPPED = "Stopped. The next check begins afresh.";
const packs = {};
let page, open, busy, there;    // there: the labs whose files Python has

const address = (one) => `${one.parentElement.dataset.lab}::${one.textContent}`;

function load() {
    try { return JSON.parse(localStorage.getItem(PLACE)) ?? {}; } catch { return {}; }
}

/** Keep an answer, or forget what was kept; the button of its exercise shows whether it has passed. */
function keep(one, answer) {
    const kept = load();
    if (answer) kept[address(one)] = answer;
    else delete kept[address(one)];
    try { localStorage.setItem(PLACE, JSON.stringify(kept)); } catch { /* a browser that keeps nothing */ }
    one.classList.toggle("weave-passed", answer?.passed === true);
}

function dress() {
    const told = document.querySelector("[data-labs]"), kept = load();
    if (told === page) return;
    if (page) stop();
    [page, open] = [told];
    if (!page) return;
    document.body.append(said);
    for (const one of document.querySelectorAll(".weave-lab button")) {
        one.setAttribute("aria-expanded", false);
        one.classList.toggle("weave-passed", kept[address(one)]?.passed === true);
        one.onclick = () => show(one);
    }
}

function close() {
    if (busy) stop(STOPPED);
    open?.box.remove();
    open?.button.setAttribute("aria-expanded", false);
    open = undefined;
}

/** Open an exercise below its lab, or close it; there is one at a time. */
async function show(one) {
    const last = open?.button, lab = one.parentElement.dataset.lab, at = { button: one, lab, box: make("div", "weave-cell weave-answer"), note: make("span", "", "Loading …") };
    close();
    if (last === one) return;
    open = at;
    one.setAttribute("aria-expanded", true);
    at.box.append(at.note);
    one.closest("li").append(at.box);
    try {
        packs[lab] ??= await (await fetch(ROOT + lab.replace(/py$/, "run.json"))).json();
        if (open === at) fill(at, one.textContent, packs[lab]);
    } catch (error) {
        tell(at, `It could not be loaded: ${error.message}`);
    }
}

function fill(at, which, pack) {
    const rest = make("details", "weave-code"), code = make("pre", ""), bar = make("div", "weave-run"), stub = pack.stubs[which];
    const changed = (text) => {
        keep(at.button, text === stub ? undefined : { text });
        if (!busy) at.verdict.replaceChildren();
    };
    rest.append(make("summary", "", `The rest of ${at.lab.split("/").at(-1)}, with what you may use`), code);
    code.append(make("code", "", pack.rest));
    code.firstChild.tabIndex = 0;    // which scrolls
    at.which = which;
    at.area = editor(load()[address(at.button)]?.text ?? stub, `Your ${which}. ${HINT}`, changed, () => check(at, pack));
    at.verdict = make("div", "weave-verdict");
    at.run = button(booted ? "Check" : `Check (${page.dataset.size} of Python, once)`, which, () => busy ? stop(STOPPED) : check(at, pack));
    const again = button("Start again", which, () => {
        at.area.value = stub;
        at.area.oninput();
        begin(at.area);
        tell(at, "As the book has it.");
    });
    const shut = button("Close", which, () => { close(); at.button.focus(); });
    bar.append(at.run, again, shut, at.note);
    at.box.append(rest, at.area, bar, at.verdict);
    tell(at, HINT, false);
    begin(at.area);
}

/** Put the reader where there is something to write, so that it takes the place of the error. */
function begin(area) {
    const found = area.value.match(/raise NotImplementedError\(.*\)/);
    area.focus();
    if (found) area.setSelectionRange(found.index, found.index + found[0].length);
    area.scrollLeft = 0;    // the lines begin there
}

async function check(at, pack) {
    if (busy) return;
    const began = performance.now(), text = at.area.value, kept = load(), answers = {};
    const clock = setInterval(() => {
        const seconds = Math.round((performance.now() - began) / 1000);
        tell(at, at.note.textContent.replace(/….*/, `… ${seconds} s${booted && seconds > 9 ? ". Is there a loop that never ends?" : ""}`), false);
    }, 1000);
    for (const one of at.button.parentElement.querySelectorAll("button")) {
        if (kept[address(one)]?.passed) answers[one.textContent] = kept[address(one)].text;
    }
    answers[at.which] = text;
    busy = at;
    name(at.run, "Stop");
    at.verdict.replaceChildren();
    try {
        if (!booted) {
            await boot(at, page.dataset.size, pack);
            there = new Set();
        } else if (!there.has(at.lab)) await ask({ root: ROOT, files: pack.files });
        there.add(at.lab);
        tell(at, "Checking …");
        await ask({ begin: 0 });
        let verdict;
        const asked = JSON.stringify({ ...pack.ask, name: at.which, answers });
        await ask({ code: `import json, ${pack.grader}\n${pack.grader}.graded(**json.loads(${JSON.stringify(asked)}))`, name: "cell 1", count: 1 }, (kind, text) => {
            if (kind === "result") verdict = JSON.parse(text);
            if (kind === "error") verdict = ["ended in an error", text.split("\n").at(-1)];
        });
        explain(at, ...verdict);
        if (at.area.value === text && verdict[0] === "passes") keep(at.button, { text, passed: true });
    } catch (error) {
        const stopped = error.message === STOPPED, loaded = booted;
        if (!stopped) stop();
        tell(at, stopped ? STOPPED : loaded ? `Python ended: ${error.message}. The next check begins afresh.` : `Python could not be loaded: ${error.message}`);
    }
    clearInterval(clock);
    busy = undefined;
    name(at.run, booted ? "Check" : `Check (${page.dataset.size} of Python, once)`);
}

/** What lab says: the state and, of a mistake, the examples up to it, the chapter's takeaway and where that stands. */
function explain(at, state, why) {
    const passes = state === "passes", [, code, takeaway, title] = why.match(/^([^]*)\n\n(?:(.+)\n)?Read: \S+, (.*)$/) ?? ["", why];
    const parts = [make("p", `weave-claim${passes ? "" : " weave-false"}`, passes ? "✓ Passes all its examples." : `${state[0].toUpperCase()}${state.slice(1)}.`)];
    if (code) {
        const pre = make("pre", "");
        pre.append(make("code", "", code.replace(/^ {4}/gm, "")));
        pre.firstChild.tabIndex = 0;
        parts.push(pre);
    }
    if (takeaway) parts.push(prose(takeaway));
    if (title) {
        const read = make("p", "", "Read: "), link = prose(title, "a");
        link.href = `${at.button.closest("li").querySelector("a:not([download])").href}#${packs[at.lab].anchors[title] ?? ""}`;
        read.append(link);
        parts.push(read);
    }
    at.verdict.replaceChildren(...parts);
    tell(at, "", false);
    said.textContent = parts.map((part) => part.textContent).join(" ");
}

function prose(text, tag = "p") {
    const made = make(tag, "");
    text.split(/[`$]/).forEach((part, n) => made.append(n % 2 ? make("code", "", part) : part));
    return made;
}

if (window.document$) document$.subscribe(dress);
else dress();
