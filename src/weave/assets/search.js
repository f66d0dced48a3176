// The worker of the search, in place of Material's: it takes the same messages and gives the same answers,
// so that the theme's dialog shows them. The index, search/book.json, is fetched once somebody types; the
// one that the theme loads on every page is empty (index.py).
//
// A page is worth as much as the words of the query are worth in it: BM25, where a word in the title, a tag
// or a heading counts as many words of the text. A word that occurs nowhere stands for those that are
// one letter away from it.

const SETUP = 0, READY = 1, QUERY = 2, RESULT = 3;    // the types of the theme's messages
const TAG = 40, TITLE = 30, HEADING = 10, TEXT = 1, CODE = 1;    // what a word counts, by where it stands
const SATURATION = 12;           // a word that counts so much is worth half of what it can be worth at most
const STEM = 0.8, PREFIX = 0.5, NEAR = 0.4;    // an occurrence of a word that is not quite the query's
const RARE = 2;                    // how telling a word can be at most: what one page alone has may be there by chance
const PHRASE = 0.2, EXACT = 2;    // a query's words side by side; a query that is a tag, a title or a name
const NEXT_TAG = 1 / 20;           // a page's first tags say best what it is about
const IN_ONE_PLACE = 1;            // the words of the best section, next to those of the whole page

const WORD = /[\p{L}\p{N}_]+(?:[-.'’][\p{L}\p{N}_]+)*/gu;
const PART = /\p{Lu}?\p{Ll}+|\p{Lu}+(?!\p{Ll})|\p{Lo}+|\p{N}+/gu;
const NAME = /[._]|\p{Ll}\p{Lu}|\p{L}\p{N}/u;    // a word that looks like a name in code
const IDLE = new Set(("a an and are as at be by can cannot cant could did do does dont explain explained for from get has have how i if in "
    + "into is it its just like make me my need needs of on or please same should simply so than that the their them then there this to use "
    + "used using vs was we what when where which who why will with without work working works would you your").split(" "));

const plain = (html) => html.replace(/<[^>]*>/g, "").replace(/&#?\w+;/g, " ");

/** What is left of an English word without its ending, in America's spelling: tokenisers -> token. */
function stem(word) {
    return word.length < 4 || /\d/.test(word) ? word : word
        .replace(/is(?=(e[dsr]?|ers|ing|ations?)$)/, "iz").replace(/our(?=s?$)/, "or")
        .replace(/^(.{4,}?)(iz(ations?|e[drs]?|ers|ing)|at(ions?|ed?|es|ing|ors?)|i(ons?|ves?|es|ed)|[yi]c?s?|al(ly)?)$/, "$1")
        .replace(/^(.{3,}?)(ings?|e[drs]?|ers|(?<!s)s|ly)$/, "$1")
        .replace(/([^aeiou])\1$/, "$1");
}

/** What one word of a text is found by: cross_entropy -> cross, entropy, crossentropy. */
function forms(word) {
    const names = word.split(/[-.'’]/), found = [];
    for (const name of names) {
        const parts = name.match(PART) ?? [];
        found.push(...parts);
        if (parts.length > 1) found.push(parts.join(""));
    }
    if (names.length > 1) found.push(names.join("").replace(/_/g, ""));
    return found.map((form) => form.toLowerCase());
}

/** The id that a title has: index.py leaves out those. */
const slug = (title) => plain(title).toLowerCase().replace(/[^a-z0-9_\s-]/g, "").trim().replace(/[-\s]+/g, "-");

const words = (text) => text.match(WORD) ?? [];
const parts = (text) => words(text).flatMap((word) => word.match(PART) ?? []).map((part) => part.toLowerCase());
const stems = (text) => ` ${parts(text).filter((word) => !IDLE.has(word)).map(stem).join(" ")} `;

/** Whether one letter too many, too few, wrong, or swapped with its neighbour makes one word the other. */
function near(a, b) {
    if (a.length > b.length) [a, b] = [b, a];
    if (b.length - a.length > 1) return false;
    let i = 0, end = 0;
    while (i < a.length && a[i] === b[i]) i++;
    while (end < a.length - i && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
    const left = a.length - i - end, right = b.length - i - end;
    return right <= 1 || (left === 2 && right === 2 && a[i] === b[i + 1] && a[i + 1] === b[i]);
}

class Index {
    constructor(pages) {
        this.pages = [];
        this.words = new Map();      // word -> { stem, places: Map(section -> count) }
        this.byStem = new Map();     // stem -> words
        for (const [address, boost, tags, sections] of pages) {
            const page = { address, boost, sections: [] }, name = sections[0][1];
            this.pages.push(page);
            for (const [short, title, text, code] of sections) {
                const id = short === "-" ? slug(title)
                    : short.startsWith(".") ? name + short : short;    // an object's, after its module
                const section = {
                    page, id, title, html: text.replace(/`(.*?)`/g, "<code>$1</code>"), location: id ? `${address}#${id}` : address, tags: id ? [] : tags,
                    heading: stems(plain(title)), text: stems(plain(text)), size: 0,
                };
                page.sections.push(section);
                this.add(section, plain(title), id ? HEADING : TITLE, true);
                this.add(section, plain(text), TEXT);
                this.add(section, code, CODE);
                for (const tag of section.tags) this.add(section, tag, TAG, true);
                section.called = section.tags.map((tag) => tag.split(/[()]/).map(stems));
            }
        }
        for (const page of this.pages) page.size = page.sections.reduce((sum, { size }) => sum + size, 0);
        this.size = this.pages.reduce((sum, { size }) => sum + size, 0) / this.pages.length;
    }

    /** Count the words of a text; of a name, also neighbours as one word: batch norm -> batchnorm. */
    add(section, text, count, isName) {
        const found = words(text).flatMap(forms);
        section.size += count === TEXT ? found.length : 0;
        if (isName) found.slice(1).forEach((word, i) => found.push(found[i] + word));
        for (const word of found) {
            let entry = this.words.get(word);
            if (!entry) {
                this.words.set(word, entry = { word, stem: stem(word), places: new Map() });
                this.byStem.set(entry.stem, [...this.byStem.get(entry.stem) ?? [], entry]);
            }
            entry.places.set(section, (entry.places.get(section) ?? 0) + count);
        }
    }

    /** The words that one word of a query stands for, each with what an occurrence of it is worth. */
    expand(word, joined, isLast) {
        const found = new Map();
        const put = (entry, worth) => entry && found.set(entry, Math.max(worth, found.get(entry) ?? 0));
        put(this.words.get(word), 1);
        for (const other of joined) put(this.words.get(other), 1);
        for (const entry of this.byStem.get(stem(word)) ?? []) put(entry, STEM);
        const known = found.size > 0;
        if (isLast || !known) {
            for (const entry of this.words.values()) {
                if (isLast && word.length > 1 && entry.word.startsWith(word)) {
                    put(entry, (known ? 0.5 : 1) * PREFIX * word.length / entry.word.length);
                } else if (!known && word.length > 3 && near(word, entry.word)) {
                    put(entry, NEAR);
                }
            }
        }
        return found;
    }

    /** What the query asks for: of each of its words, what it stands for and how telling it is. */
    read(query) {
        const all = parts(query), kept = all.filter((word) => !IDLE.has(word));
        const list = kept.some((word) => this.expand(word, [], true).size) ? kept : all, open = !/\s$/.test(query);
        const asked = list.map((word, i) => {
            const joined = [list[i - 1] + word, word + list[i + 1]];
            return { word, stands: this.expand(word, joined, open && i === list.length - 1) };
        });
        for (const name of words(query).filter((word) => NAME.test(word))) {    // also as a whole
            const entry = this.words.get((name.match(PART) ?? []).join("").toLowerCase());
            if (entry && !list.includes(entry.word)) asked.push({ word: entry.word, stands: new Map([[entry, 1]]), whole: true });
        }
        return asked.map(({ word, stands, whole }) => {
            const counts = new Map(), fits = new Map();    // of pages and of sections; of pages, how well
            for (const [{ places }, worth] of stands) {
                for (const [section, count] of places) {
                    for (const place of [section, section.page]) {
                        counts.set(place, (counts.get(place) ?? 0) + worth * count);
                    }
                    fits.set(section.page, Math.max(worth, fits.get(section.page) ?? 0));
                }
            }
            const pages = [...fits.values()].reduce((sum, fit) => sum + fit, 0);
            const best = [...stands].sort((a, b) => b[1] - a[1])[0]?.[0].word;
            const telling = Math.min(RARE, Math.log(1 + (this.pages.length - pages + 0.5) / (pages + 0.5)));
            return { word, best, stands, whole, counts, telling };
        });
    }

    /** The theme's items: of each page that fits, itself and its sections, best first. */
    find(query) {
        const needs = this.read(query), known = needs.filter(({ stands }) => stands.size);
        const total = known.reduce((sum, { telling }) => sum + telling, 0);
        const single = known.filter(({ whole }) => !whole).map(({ best }) => stem(best));
        const phrase = ` ${single.join(" ")} `, several = single.length > 1;
        const name = query.trim().replace(/\(.*$/, "");
        const worth = (place, long) => {
            let sum = 0, has = 0;
            for (const { counts, telling } of known) {
                const count = counts.get(place) ?? 0;
                sum += telling * count / (count + SATURATION * long);
                has += count ? telling : 0;
            }
            return sum * (has / total) ** 2;
        };
        const found = [];
        for (const page of this.pages) {
            if (!known.some(({ counts }) => counts.has(page))) continue;
            let boost = page.boost;
            for (const section of page.sections) {
                section.score = worth(section, 0.5);
                const named = `.${section.id}`.endsWith(`.${name}`);
                if (named && name.includes(".")) boost = 1;
                const tag = section.called.findIndex((names) => names.includes(phrase));
                if (named || tag >= 0 || section.heading === phrase) {
                    section.score += EXACT * total / (1 + NEXT_TAG * Math.max(tag, 0));
                } else if (several) {
                    const holds = section.heading.includes(phrase) || section.called.flat().some((name) => name.includes(phrase)) ? 2
                        : section.text.includes(phrase) ? 1 : 0;
                    section.score += PHRASE * holds * total;
                }
            }
            const best = Math.max(...page.sections.map(({ score }) => score));
            const score = (worth(page, 0.5 + 0.5 * page.size / this.size) + IN_ONE_PLACE * best) * boost;
            found.push({ page, score });
        }
        found.sort((a, b) => b.score - a.score);
        return found.filter(({ score }) => score > 0.03 * found[0].score).map((one) => this.item(one, needs));
    }

    item({ page, score }, needs) {
        const [top, ...rest] = page.sections;
        const best = rest.filter((section) => section.score > 0).sort((a, b) => b.score - a.score);
        const show = (section, score, within) => {
            const terms = {}, hits = new Set();
            for (const { word, stands } of needs) {
                const here = [...stands].filter(([{ places }]) => within.some((one) => places.has(one))).sort((a, b) => b[1] - a[1]);
                for (const [entry] of here) hits.add(entry.word);
                terms[here.length ? here[0][0].word : word] = here.length > 0;
            }
            const { location, title, html } = section;
            const tags = section.tags.map((tag) => mark(tag, hits)).filter((tag) => tag.includes("<mark>"));
            const first = tags.length ? `<p>${tags.join(", ")}</p>` : "";    // as text: of tags the theme would make a landmark each
            return { location, title: mark(title, hits), text: first + teaser(html, hits), score, terms };
        };
        return [show(top, score, page.sections), ...best.map((section) => show(section, score * 0.9, [section]))];
    }
}

/** HTML with the words that were found marked. */
function mark(html, hits) {
    const pattern = new RegExp(`<[^>]*>|&#?\\w+;|${WORD.source}`, "gu");
    return html.replace(pattern, (it) => /^[<&]/.test(it) || !forms(it).some((form) => hits.has(form)) ? it : `<mark>${it}</mark>`);
}

/** The first two paragraphs of a section that have a word that was found. */
function teaser(html, hits) {
    const blocks = html.split(/<\/?(?:p|li|ul|ol|pre)>/).map((block) => mark(block, hits));
    return blocks.filter((block) => block.includes("<mark>")).slice(0, 2).map((block) => `<p>${block}</p>`).join("");
}

let index;

async function load() {
    const answer = await fetch(new URL("../search/book.json", location));
    return new Index((await answer.json()).pages);
}

addEventListener("message", async ({ data: { type, data } }) => {
    if (type === SETUP) {
        postMessage({ type: READY });
    } else if (type === QUERY) {
        if (data.trim()) index ??= load().catch((error) => { index = undefined; throw error; });
        postMessage({ type: RESULT, data: { items: data.trim() ? (await index).find(data) : [] } });
    }
});
