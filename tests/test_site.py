"""The built site, file by file: every link leads somewhere, and nothing is loaded from elsewhere."""

import functools
import gzip
import json
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlparse

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup, SoupStrainer

from pages import written
from weave.site import Formulas, find_node
from weave.take import take

ROOT = Path(__file__).resolve().parents[1]
KB = 1000
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"), ("source", "src")}
HERE = "http://site/"
NO_PROSE = {"pre", "code", "script", "style", "svg", "math"}


class Page(HTMLParser):
    """What a page of HTML defines, points to, loads and offers, and what its prose says."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.links, self.loads, self.pictures = [], [], [], []
        self.downloads, self.inline = [], []    # and styles and handlers in attributes
        self.prose, self.aside = [], 0
        self.feed(text)

    def handle_data(self, text):
        if not self.aside:
            self.prose.append(text)

    def handle_endtag(self, tag):
        self.aside -= tag in NO_PROSE

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        self.aside += tag in NO_PROSE
        self.inline += [name for name in given if name == "style" or name.startswith("on")]
        if tag == "a" and "download" in given:
            self.downloads.append(given["href"])
        if "id" in given:
            self.ids.append(given["id"])
        if tag in ("a", "link") and given.get("href"):
            self.links.append(given["href"])
        self.loads += [given[name] for kind, name in LOADED if kind == tag and given.get(name)
                       and given.get("rel") not in ("canonical", "prev", "next", "alternate", "edit")]
        if tag == "img":
            self.pictures.append(given.get("alt"))
        if given.get("role") == "img":
            self.pictures.append(given.get("aria-label"))


@functools.cache
def page_at(path):
    return Page(path.read_text(encoding="utf-8"))


def problems(folder):
    """Everything that is wrong with links, ids and pictures of the site in folder."""
    pages = {str(path.relative_to(folder)): page_at(path) for path in sorted(folder.rglob("*.html"))}
    found = []
    for name, page in pages.items():
        found += [f"{name}: id {one} twice" for one in {i for i in page.ids if page.ids.count(i) > 1}]
        found += [f"{name}: loads {one}" for one in page.loads if urlparse(one).netloc]
        found += [f"{name}: a picture without a description" for alt in page.pictures
                  if not alt or alt.startswith("No description")]
        for link in page.links:
            target, anchor = urldefrag(urljoin(HERE + name, link))
            if not target.startswith(HERE):
                continue
            file = folder / unquote(target.removeprefix(HERE))
            file = file / "index.html" if file.is_dir() else file
            if not file.is_file():
                found.append(f"{name}: {link} leads nowhere")
            elif anchor and file.suffix == ".html" and anchor not in pages[str(file.relative_to(folder))].ids:
                found.append(f"{name}: {link} has no such anchor")
    return found


def part(path, name):
    """All elements of a name in a page, with what they have in them."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser", parse_only=SoupStrainer(name))


def test_links_ids_and_pictures_of_the_site_are_sound(site):
    assert problems(site) == []
    assert len(list(site.rglob("*.html"))) >= 3


@pytest.mark.parametrize("body, says", [
    ('<a href="nowhere/">x</a>', "nowhere/ leads nowhere"),
    ('<a href="#nowhere">x</a>', "no such anchor"),
    ('<p id="a"></p><p id="a"></p>', "id a twice"),
    ('<img src="a.png">', "without a description"),
    ('<svg role="img" aria-label=""></svg>', "without a description"),
    ('<script src="https://elsewhere.example/x.js"></script>', "loads https://elsewhere.example/x.js"),
])
def test_the_check_itself_finds_what_is_wrong(tmp_path, body, says):
    (tmp_path / "index.html").write_text(f"<html><body>{body}</body></html>")
    assert any(says in problem for problem in problems(tmp_path))


def test_no_page_uses_inline_styles_or_handlers_that_the_policy_would_refuse(site):
    for path in written(site):
        assert path.read_text(encoding="utf-8").count("Content-Security-Policy") == 1
        assert page_at(path).inline == [], path


def test_no_formula_and_no_number_is_read_as_something_else(site):
    """A formula with a blank before its last dollar would be shown raw, and an answer "64. ..." as item 1."""
    for path in site.rglob("*.html"):
        if "reference" not in path.relative_to(site).parts:
            assert not part(path, "details").select("details > ol"), path
            prose = "".join(page_at(path).prose)
            assert len(prose) > 100 and "$" not in prose, path


def test_every_chapter_page_is_light_without_its_figures(published):
    """DESIGN.md's budget: 60 kB of HTML without figures, and with many formulas as much again for them.

    What is weighed are the pages that readers get, at an address of ordinary length; without one they are
    lighter.  A page of the reference has a whole source, and the topics are a long list: 120 kB.
    """
    folder, address = published
    for path in folder.rglob("index.html"):
        text = path.read_text(encoding="utf-8").replace(address, "https://someone.github.io/book/")
        text = re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)
        total, formulas = len(text.encode()), Formulas(text).size
        own = 120 if path.parent.parent.name == "reference" or path.parent.name == "topics" else 60
        assert total - formulas <= own * KB, f"{path}: {total} bytes, {formulas} of formulas"
        assert total <= 120 * KB, f"{path}: {total} bytes"


def test_every_page_has_the_whole_book_and_marks_its_own_place(site):
    """Oracle: the nav of mkdocs.yml, whose titles are cut at a colon. Home and the page for lost addresses
    unfold every part."""
    parts = yaml.load((ROOT / "mkdocs.yml").read_text(), yaml.BaseLoader)["nav"]
    book = [title.partition(": ")[0] for part in parts for name, inside in part.items()
            for title in ([name] if isinstance(inside, str) else [next(iter(page)) for page in inside])]
    names = [name for part in parts for name, inside in part.items() if not isinstance(inside, str)]
    assert len(book) > 30 and len(names) > 3
    for path in written(site):
        nav = part(path, "nav").select_one(".weave-nav")
        assert [link.get_text() for link in nav.select("a")] == book, path
        assert [part.get_text() for part in nav.select("summary")] == names, path
        current = nav.select("[aria-current]")
        if path == site / "404.html":
            assert not current
        elif path.parent.parent.name == "reference" and path.parent.name != "scratch":
            assert [link.get_text() for link in current] == ["Modules and kernels"], path
        else:
            assert [link["href"].rstrip("/") for link in current] == ["."], path
        unfolded = [fold.summary.get_text() for fold in nav.select("details[open]")]
        if path in (site / "404.html", site / "index.html"):
            assert unfolded == names, path
        else:
            around = current[0].find_parent("details")    # none of a page that is in no part
            assert unfolded == ([around.summary.get_text()] if around else []), path


def test_a_page_has_its_contents_once(site):
    page = (site / "makemore/training/index.html").read_text(encoding="utf-8")
    assert len(re.findall(r'href="?#exercises[ >"]', page)) == 2    # the contents, and the heading's own


def test_the_books_own_styles_and_scripts_are_small(site):
    for name, limit in (("weave.css", 6), ("weave.js", 2), ("reader.js", 2), ("run/run.js", 6),
                        ("run/labs.js", 3)):
        assert len(gzip.compress((site / "assets" / name).read_bytes())) <= limit * KB


def test_html_is_valid(published):
    """Oracle: html-validate, preset standard, on the pages with all that an address adds."""
    tool = ROOT / "node_modules/html-validate/bin/html-validate.mjs"
    node = find_node()
    if not (tool.exists() and node):
        pytest.skip("html-validate is not installed; make test installs it")
    run = subprocess.run([node, tool, "--preset", "standard", *written(published[0])], cwd=ROOT,
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_nothing_that_needs_the_address_is_there_when_it_is_unknown(site):
    text = (site / "micrograd/autograd/index.html").read_text()
    assert "og:image" not in text and "canonical" not in text and not re.search('="?None', text)
    assert not (site / "feed.xml").exists()


def test_a_published_chapter_has_its_cards_feed_and_edit_links(published):
    folder, address = published
    page = BeautifulSoup((folder / "micrograd/autograd/index.html").read_text(), "html.parser")
    image = page.select_one("meta[property='og:image']")["content"]
    assert image.startswith(address) and (folder / image.removeprefix(address)).is_file()
    for part in ("meta[property='og:title']", "meta[property='og:description']", "meta[name=description]",
                 "link[rel=canonical]",
                 "a[href='https://github.com/someone/book/edit/main/docs/micrograd/autograd.md']"):
        assert page.select(part), part
    feed = ElementTree.parse(folder / "feed.xml").getroot()
    atom = "{http://www.w3.org/2005/Atom}"
    assert feed.tag == f"{atom}feed"
    entries = {entry.findtext(f"{atom}id"): entry for entry in feed.iter(f"{atom}entry")}
    autograd = entries[f"{address}micrograd/autograd/"]
    assert autograd.findtext(f"{atom}published") < autograd.findtext(f"{atom}updated")
    assert f"{address}micrograd/autograd/" in (folder / "sitemap.xml").read_text()


def test_every_page_leads_to_the_licence_the_citation_and_the_changes(site):
    chapter = BeautifulSoup((site / "micrograd/autograd/index.html").read_text(), "html.parser")
    about = chapter.select_one(".md-footer .md-copyright a")["href"]
    page = BeautifulSoup((site / "micrograd/autograd" / about / "index.html").read_text(), "html.parser")
    given = {link["href"].removeprefix("../") for link in page.select("article a[href]")}
    for name, address in {"LICENSE": "LICENSE.txt", "CITATION.cff": "CITATION.cff"}.items():
        assert address in given and (site / address).read_bytes() == (ROOT / name).read_bytes()
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    entry = page.select_one("article pre").get_text()
    for known in (citation["title"], citation["version"], citation["authors"][0]["name"],
                  citation["date-released"].strftime("year    = {%Y}")):
        assert known in entry
    units = [title.get_text().strip("¶") for title in page.select("article h3")]
    assert {"micrograd", "makemore", "bpe", "cuda", "docs"} <= set(units)
    assert len(page.select("article li")) > 50


def test_listings_link_to_their_lines_at_the_built_commit(published):
    folder, _ = published
    links = re.findall(r'href="?https://github.com/someone/book/blob/(\w+)/(src/[^#"]+)#L(\d+)-L(\d+)[ >"]',
                       (folder / "micrograd/autograd/index.html").read_text())
    assert len(links) >= 3
    for commit, path, first, last in links:
        assert len(commit) == 12 and int(first) < int(last)
        assert int(last) <= (ROOT / path).read_text().count("\n")


def test_downloads_are_the_chapter_as_it_was_executed(site):
    notebook = json.loads((site / "micrograd/autograd.ipynb").read_text())
    assert any(cell.get("outputs") for cell in notebook["cells"])
    assert "0x" not in json.dumps([cell.get("outputs") for cell in notebook["cells"]])
    nbformat.validate(nbformat.from_dict(notebook))


def test_every_module_of_a_chapter_is_on_the_site_with_its_companions_and_so_are_the_labs(site):
    """The files are those whose doctests test_modules runs where they are put."""
    offered = 0
    for path in sorted((ROOT / "docs").rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        header = yaml.safe_load(text.split("---")[1]) if text.startswith("---\n") else {}
        page = site / path.relative_to(ROOT / "docs").with_suffix("") / "index.html"
        links = page_at(page).downloads if header.get("modules") else []
        for name in header.get("modules") or []:
            stem = ROOT / "src" / name.replace(".", "/")
            taken = take(stem if stem.is_dir() else stem.with_suffix(".py"), ROOT / "src")
            name = taken.title if taken.is_file else taken.archive
            address = (taken.path.parent / name).relative_to(ROOT)
            assert (site / address).is_file()
            assert f"../../{address}" in links, f"{path} offers no {address}"
            offered += 1
    labs = [path.relative_to(ROOT) for path in ROOT.glob("labs/*/*.py")]
    assert offered > 30 and len(labs) > 30
    for lab in labs:
        assert (site / lab).read_bytes() == (ROOT / lab).read_bytes()
    kernels = [path.relative_to(ROOT) for path in (ROOT / "src/scratch/cuda/kernels").glob("*.cu")]
    assert kernels and all((site / path).read_bytes() == (ROOT / path).read_bytes() for path in kernels)


def test_the_home_page_lists_every_chapter_by_its_title_in_the_order_of_the_nav(site):
    home = BeautifulSoup((site / "index.html").read_text(encoding="utf-8"), "html.parser")
    titles = [link.text for link in home.select(".weave-path > ol li > a")]
    texts = {path: path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*/*.md")}
    chapters = {path for path, text in texts.items() if "\njupyter:" in text}
    nav = re.findall(r"(\w+/[\w-]+\.md)$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE)
    ordered = [ROOT / "docs" / address for address in nav if ROOT / "docs" / address in chapters]
    assert set(ordered) == chapters
    assert titles == [re.search("^# (.+)$", texts[path], re.MULTILINE)[1] for path in ordered]
