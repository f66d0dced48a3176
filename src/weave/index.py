"""What the search finds: the terms of a book as a page of their own, and the names in its code.

Chapters name their terms as `tags:` in their front matter. A line `::: topics` on any page stands for all
of them in alphabetical order, each with the chapters that explain it.
"""

import functools
import json
import re
from collections import Counter
from itertools import groupby
from os.path import relpath
from pathlib import PurePosixPath

from .files import Remembering
from .kept import sha256, tokens

TOPICS = re.compile(r"^::: topics$", re.MULTILINE)
HEADING = re.compile(r"^# (.+)$", re.MULTILINE)
QUOTE = "(?:&quot;|&#39;|')"
NAME = re.compile(    # in highlighted code, or a text of one word
    r'class="(?:n\w*|k[rp])">([^\W\d]\w+)<'
    rf'|class="s\d?">{QUOTE}([^\W\d][\w-]{{2,}}){QUOTE}<')
COMMON = 20    # pages that have a name in their code; with more, it tells none of them from the rest
entries = Remembering(None)    # of pages, as the search makes them: see take_over
MARKS = re.compile(r"</?(?:p|[uod]l|li|d[td]|t(?:able|head|body|r|h|d)|em|strong|pre|br)\b[^>]*>")
WORD = re.compile(r"\w+")
CODE = re.compile(r"<code>(.*?)</code>")
ARGUMENTS = re.compile(r"\(.*\)</code>")
FORMULA = re.compile(r"\\\[.*?\\\]", re.DOTALL)


def terms(chapters):
    """{address: Chapter} -> (term, [(title, address), ...]) in alphabetical order.

    A title is cut at its colon: what stands before it is enough beside a term.
    """
    found = {}
    for address, chapter in chapters.items():
        title = HEADING.search("\n".join(chapter.lines))
        for term in chapter.meta.get("tags") or ():
            place = title[1].partition(": ")[0] if title else address, address
            found.setdefault(str(term), []).append(place)
    return sorted(found.items(), key=lambda one: letters(one[0]))


def letters(term):
    return re.sub(r"\W|_", "", term).lower(), term


def topics(markdown, address, chapters):
    """A page's Markdown with its `::: topics` written out."""
    def page():
        for letter, group in groupby(terms(chapters), lambda one: letters(one[0])[0][:1].upper()):
            yield f"## {letter}\n"
            for term, places in group:
                links = ", ".join(f"[{title}]({relpath(there, PurePosixPath(address).parent)})"
                                  for title, there in places)
                yield f"- {escape(term)}: {links}"
            yield ""

    return TOPICS.sub(lambda _: "\n".join(page()), markdown)


def escape(term):
    """A name of code as code, and any other term as it is: a bracket at its beginning is no link's.

    >>> escape("masked_fill"), escape("[MASK]")
    ('`masked_fill`', '&#91;MASK]')
    """
    is_code = re.search(r"_|\w\.\w|\(\)|[a-z][A-Z]", term) and " " not in term
    return f"`{term}`" if is_code else term.replace("[", "&#91;")


@functools.lru_cache(8192)
def names(code):
    """The names in highlighted code, each once."""
    return dict.fromkeys(one or other for one, other in NAME.findall(code))


def take_over(plugins, page):
    """Have Material's search take a page apart only if it is another page than before; MkDocs' own search is
    left alone."""
    book = next((plugin.search_index for name, plugin in plugins.items() if name.endswith("search")), None)
    if not hasattr(book, "entries") or "add_entry_from_context" in vars(book):
        return

    def add(page):
        given = [sha256(page.content), tokens(page.toc), page.url, page.title, page.meta.get("title"),
                 page.meta.get("tags"), page.meta.get("search")]
        book.entries += json.loads(entries.known(given, lambda: made(page)))

    def made(page):
        before = len(book.entries)
        parse(page)
        found = book.entries[before:]
        del book.entries[before:]
        return json.dumps(found, default=str)

    parse, book.add_entry_from_context = book.add_entry_from_context, add


def write(folder, code, unsearched=(), reference="reference", internal=()):
    """Put the theme's index into a file of its own; the theme loads it on every page, and finds an empty one.

    code has the names in the code of each place, {address of the section: names}. Formulas that stand by
    themselves are left out, and the marks of paragraphs and lists. Of an object, whose title is its
    signature, the name is enough, and of a page of the reference the first paragraph. unsearched are the
    titles of sections that have the page's words once more. Pages of modules that begin as one of internal
    are left out, and so are names that the code of many pages has.
    """
    index = folder / "search_index.json"
    if not index.exists():
        return
    book = json.loads(index.read_text(encoding="utf-8"))
    left_out = tuple(f"{reference}/{module}" for module in internal)
    pages = [packed(address, list(entries), code, unsearched, address.startswith(f"{reference}/"))
             for address, entries in groupby(book["docs"], lambda entry: entry["location"].partition("#")[0])
             if not address.startswith(left_out)]
    spread = Counter(name for *_, own in pages for name in {name for section in own for name in section[3]})
    for *_, sections in pages:
        for section in sections:
            section[3] = " ".join(name for name in section[3] if spread[name] <= COMMON)
    text = json.dumps({"pages": pages}, ensure_ascii=False, separators=(",", ":"))
    (folder / "book.json").write_text(text, encoding="utf-8")
    index.write_text(json.dumps(book | {"docs": []}), encoding="utf-8")


def packed(address, entries, code, unsearched, short):
    """A page of the index: address, boost, tags, and of each section the id, title, text, and names in code.

    The id of an object that is named after its page, a module, has that name left out: ".with_tax"; the id
    of a section that is its title's is "-".
    """
    first, sections = entries[0], []
    for entry in entries:
        if entry["title"] in unsearched:
            continue
        title, text, id = entry["title"], entry["text"], entry["location"].partition("#")[2]
        if is_object(entry):
            title, text = ARGUMENTS.sub("()</code>", title), ""
            id = id.removeprefix(first["title"]) if id.startswith(f"{first['title']}.") else id
        elif short:
            text = text.partition("</p>")[0]
        text = " ".join(MARKS.sub(" ", FORMULA.sub("", text)).split())
        said = set(WORD.findall(text))
        text = CODE.sub(r"`\1`", text.replace("`", "&#96;"))    # as in Markdown, which is shorter
        names = [name for name in code.get(entry["location"], ()) if name not in said]
        sections.append(["-" if id == slug(title) else id, title, text, names])
    return [address, first.get("boost", 1), first.get("tags", []), sections]


def slug(title):
    """The id that a title has, as assets/search.js makes it too.

    >>> slug("What is <code>x</code> &amp; y?")
    'what-is-x-y'
    """
    plain = re.sub(r"&#?\w+;", " ", re.sub("<[^>]*>", "", title)).lower()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^a-z0-9_\s-]", "", plain).strip())


def is_object(entry):
    return "#" in entry["location"] and entry["title"].startswith("<code>")
