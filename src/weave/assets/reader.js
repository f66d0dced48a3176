// Terms: what the glossary says of a term, beside its link (finish/terms.py). The page with the definition
// is fetched when somebody first asks. A tip can be pointed at, and Escape closes it.
// Progress: which chapters were read, as their addresses in this browser's storage, and nowhere else.

const tip = document.createElement("div"), glossaries = {};
tip.id = "weave-tip";
tip.setAttribute("role", "tooltip");
tip.className = "weave-tip md-typeset";
let asked, leaving;

async function define({ origin, pathname, hash }) {
    glossaries[pathname] ??= fetch(origin + pathname).then((answer) => answer.text())
        .then((text) => new DOMParser().parseFromString(text, "text/html"));
    const says = (await glossaries[pathname]).getElementById(hash.slice(1)).closest("dt").nextElementSibling.cloneNode(true);
    says.querySelector("a:last-of-type")?.remove();    // to where it is taught
    return says.textContent.trim();
}

async function open(link) {
    clearTimeout(leaving);
    if (asked === link) return;
    close();
    asked = link;
    const text = await define(link).catch(() => "");
    if (asked !== link || !text) return;
    tip.textContent = text;
    document.body.append(tip);
    const at = link.getClientRects()[0], room = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(at.left, room)) + scrollX}px`;
    const below = at.bottom + tip.offsetHeight + 4 < innerHeight;
    tip.style.top = `${(below ? at.bottom : at.top - tip.offsetHeight) + scrollY}px`;
    link.setAttribute("aria-describedby", tip.id);
}

function close() {
    clearTimeout(leaving);
    asked?.removeAttribute("aria-describedby");
    asked = undefined;
    tip.remove();
}

const term = (event) => event.target.closest?.(".weave-term");
let touched;
addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    if (term(event)) open(term(event));
    else if (event.target === tip) clearTimeout(leaving);
});
addEventListener("pointerout", (event) => {
    if (event.pointerType !== "touch" && (term(event) || event.target === tip)) leaving = setTimeout(close, 200);
});
addEventListener("focusin", (event) => { if (term(event)?.matches(":focus-visible")) open(term(event)); });
addEventListener("focusout", (event) => { if (term(event)) close(); });
addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
addEventListener("pointerdown", (event) => {
    touched = event.pointerType === "touch";
    if (asked && event.target !== tip && term(event) !== asked) close();
});
addEventListener("click", (event) => {    // the first touch shows, the second follows the link
    if (touched && term(event) && term(event) !== asked) {
        event.preventDefault();
        event.stopImmediatePropagation();
        open(term(event));
    }
}, true);

const PLACE = "weave-read";

function load() {
    try { return new Set(JSON.parse(localStorage.getItem(PLACE) ?? "[]")); } catch { return new Set(); }
}

function save(read) {
    try {
        if (read.size) localStorage.setItem(PLACE, JSON.stringify([...read]));
        else localStorage.removeItem(PLACE);
    } catch { /* a browser that keeps nothing */ }
    report();
}

function button(text, act) {
    const made = document.createElement("button");
    made.type = "button";
    made.textContent = text;
    made.addEventListener("click", act);
    return made;
}

function report() {
    const read = load();
    for (const link of document.querySelectorAll(".weave-nav a, .weave-path a")) {
        link.classList.toggle("weave-read", read.has(link.pathname));
    }
    const [mark, forget] = document.querySelectorAll(".weave-progress button");
    if (!mark) return;
    mark.setAttribute("aria-pressed", read.has(location.pathname));
    mark.textContent = read.has(location.pathname) ? "Read ✓" : "Mark as read";
    forget.hidden = !read.size;
}

function begin() {
    close();
    if (document.querySelector(".weave-byline") && !document.querySelector(".weave-progress")) {
        const place = document.createElement("p");
        place.className = "weave-progress";
        place.append(button("Mark as read", () => {
            const read = load();
            if (!read.delete(location.pathname)) read.add(location.pathname);
            save(read);
        }), button("Forget what I have read", () => {
            save(new Set());
            document.querySelector(".weave-progress button").focus();
        }));
        document.querySelector("article").append(place);
    }
    report();
}

if (window.document$) document$.subscribe(begin);
else begin();
