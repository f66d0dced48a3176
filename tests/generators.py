"""Pages of a built site, to compare; and the generators that build what is exported."""

import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import urljoin

GENERATORS = {"MkDocs": ["mkdocs", "build", "--strict"], "Zensical": ["zensical", "build", "--strict"]}
KINDS = ("svg.weave-svg", "img", "math, .weave-letter", ".highlight", ".weave-copy", "details", "code", "pre")
KIND_OF = {one: kind for kind in KINDS for one in kind.split(", ")}
ASIDE = {"headerlink", "md-content__button", "md-source-file", "md-tags"}    # a generator may add them or not
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def generated(folder, generator):
    """The site that a generator makes of an export, finished."""
    for command in (GENERATORS[generator], ["weave", "finish", "site"]):
        run = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
        assert run.returncode == 0, run.stdout + run.stderr
    return folder / "site"


def shown(site, path):
    """What a page shows: text, anchors, links, its table of contents, and how many things of each kind."""
    page = Shown(f"http://here/{path}")
    page.feed((site / path).read_text(encoding="utf-8"))
    page.close()
    return {"text": without_spaces(page.text), "anchors": [name for given in page.anchors for name in given],
            "links": [link for kind in page.links.values() for given in kind for link in given],
            "contents": [without_spaces(text) for text in page.contents], **page.counts}


def without_spaces(pieces):
    return "".join("".join(pieces).split())


class Shown(HTMLParser):
    """Reads a page in one pass: trees of a book's hundreds of pages, searched, would take minutes."""

    def __init__(self, address):
        super().__init__()
        self.address, self.found = address, False    # whether the article has begun
        self.open = [Element("", set())]             # the elements that it is in
        self.text, self.contents = [], []
        self.anchors, self.links = [], {"href": [], "src": []}    # each in a list, empty if it is taken back
        self.counts = dict.fromkeys(KINDS, 0)

    def handle_starttag(self, name, attributes):
        given, above = dict(attributes), self.open[-1]
        element = Element(name, {*(given.get("class") or "").split()}, above)
        if above.shown and not element.classes & ASIDE:
            element.shown = True
            if name == "code" and above.name == "a" and above.in_prose:
                for taken in above.marks:    # names of modules lead to them in HTML only
                    taken.clear()
            self.note(element, given)
        elif name == "article" and not self.found:
            element.shown = self.found = True
        if "md-nav__link" in element.classes and element.secondary:
            element.texts = [*element.texts, []]
            self.contents.append(element.texts[-1])
        if name not in VOID:
            self.open.append(element)

    def note(self, element, given):
        for kind, links in self.links.items():
            if kind in given:
                links.append([(kind, urljoin(self.address, given[kind]))])
                element.marks.append(links[-1])
        if not given.get("id", "__").startswith("__"):
            self.anchors.append([given["id"]])
            element.marks.append(self.anchors[-1])
        classes = [f".{each}" for each in element.classes]
        names = {element.name, *classes, *(element.name + each for each in classes)}
        for kind in {KIND_OF[name] for name in names & KIND_OF.keys()}:
            self.counts[kind] += 1

    def handle_endtag(self, name):
        if self.open[-1].name == name or any(element.name == name for element in self.open):
            while self.open.pop().name != name:
                pass

    def handle_data(self, text):
        here = self.open[-1]
        if here.name not in ("script", "style", "template"):
            for pieces in [self.text] * here.shown + here.texts:
                pieces.append(text)


class Element:
    """An element that is read: shown says whether its inside is part of what the page shows."""

    def __init__(self, name, classes, above=None):
        self.name, self.classes, self.shown = name, classes, False
        self.marks = []    # its anchor and its links
        self.in_prose = above is not None and (above.in_prose or above.name in ("p", "li"))
        self.secondary = above is not None and (above.secondary or "md-sidebar--secondary" in above.classes)
        self.texts = above.texts if above else []    # of the table of contents, where its text belongs
