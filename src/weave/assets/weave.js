// Copying: a button on every block of code, and whole modules where a download link stands.
// Without scripts the links download, and code is there to select.
// Widgets: a figure that comes near the screen is handed, with its data, to the book's script widgets/NAME.js.
// Navigation: the page's place in the book comes into view, and the contents mark the section being read.

const fromDisk = location.protocol === "file:";
const said = document.createElement("p");    // what a screen reader hears
said.setAttribute("role", "status");
said.className = "md-visually-hidden";

async function copy(text, button) {
    const before = button.textContent;
    await navigator.clipboard.writeText(text);
    button.textContent = said.textContent = "Copied";
    setTimeout(() => { button.textContent = before; said.textContent = ""; }, 2000);
}

function dress() {
    document.body.append(said);
    for (const block of document.querySelectorAll("article .highlight:not(:has(> .weave-button))")) {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "weave-button";
        button.textContent = "Copy";
        block.append(button);
    }
    for (const link of fromDisk ? [] : document.querySelectorAll(".weave-byline [href$='.md'], :is(.weave-take, .weave-facts) a[download]:not([href$='.zip'], .weave-copy, :has(+ .weave-copy))")) {
        const one = link.cloneNode();
        one.className = "weave-copy";
        one.textContent = "copy";
        link.after(" · ", one);
    }
    for (const link of fromDisk ? document.querySelectorAll("a[href], link[rel=prev]") : []) {
        link.href = link.href.replace(/^(file:[^#]*\/)(#.*)?$/, "$1index.html$2");    // not a listing of the folder
    }
    for (const one of fromDisk ? document.querySelectorAll(".md-search, .weave-find, .weave-lab, [data-labs]") : []) one.remove();    // they read files
    for (const one of fromDisk ? document.querySelectorAll("weave-widget") : []) one.replaceWith(...one.childNodes);    // so do they
    for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) table.tabIndex = 0;    // to scroll by keyboard
    for (const one of fromDisk ? [] : ["run", "labs"]) {    // cells that run in the page, and exercises
        if (document.querySelector(`[data-${one}]`)) import(`./run/${one}.js`);
    }
    show(document.querySelector(".weave-nav [aria-current]"), ".weave-nav");
    mark();
}

function show(link, inside) {
    const box = link?.closest(inside), { top, bottom } = link?.getBoundingClientRect() ?? {};
    const seen = box?.getBoundingClientRect();
    if (box && (top < seen.top || bottom > Math.min(seen.bottom, innerHeight))) {
        box.scrollTop += (top + bottom - seen.top - seen.bottom) / 2;
    }
}

function mark() {
    let now;
    for (const link of document.querySelectorAll(".weave-toc a")) {
        const heading = document.getElementById(decodeURIComponent(link.hash.slice(1)));
        if (heading?.getBoundingClientRect().top < innerHeight / 4) now = link;
    }
    const before = document.querySelector(".weave-toc [aria-current]");
    if (now === before) return;
    before?.removeAttribute("aria-current");
    now?.setAttribute("aria-current", "location");
    show(now, ".weave-toc");
}

let waiting = false;
addEventListener("scroll", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mark(); });
}, { passive: true });
addEventListener("toggle", (event) => {    // the drawer, once it is there to scroll
    if (event.target.matches?.(".weave-nav")) show(event.target.querySelector("[aria-current]"), ".weave-nav");
}, true);

document.addEventListener("click", async (event) => {
    const button = event.target.closest(".weave-button, .weave-copy");
    if (!button || !navigator.clipboard) return;
    if (button.matches(".weave-button")) {
        copy(button.parentElement.querySelector("code").textContent, button);
    } else {
        event.preventDefault();
        const answer = await fetch(button.href);
        copy(await answer.text(), button);
    }
});

let searching = false;    // which the theme's keys begin, and Escape ends
addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {    // as the theme's p and , for the page before
    searching = /^[/sf]$/.test(key) || searching && key !== "Escape";
    if (searching || !/^[n.]$/.test(key) || ctrlKey || metaKey || altKey) return;
    if (!document.activeElement.closest("input, select, textarea, .md-search")) document.querySelector("a[rel=next]")?.click();
});

addEventListener("beforeprint", () => {
    for (const fold of document.querySelectorAll("details")) fold.open = true;
});

const here = document.currentScript.src;    // beside which are the book's scripts for widgets, and their sheet
let styled;

function sheet() {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("widgets/widgets.css", here);
    document.body.append(link);    // in the head, instant navigation would take it away
    return new Promise((done) => { link.onload = done; });
}

const near = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
        if (isIntersecting) play(target);
    }
}, { rootMargin: "50%" });

async function play(place) {
    near.unobserve(place);
    const [{ default: widget }, answer] = await Promise.all([
        import(new URL(`widgets/${place.getAttribute("name")}.js`, here)), fetch(place.getAttribute("src")),
        styled ??= sheet()]);
    widget(place, await answer.json());
}

if (!fromDisk) {
    customElements.define("weave-widget", class extends HTMLElement {
        connectedCallback() { near.observe(this); }
        disconnectedCallback() { near.unobserve(this); }
    });
}

// Material's: now, and after each instant navigation, which it has not for files on a disk.
if (window.document$ && !fromDisk) document$.subscribe(dress);
else dress();
