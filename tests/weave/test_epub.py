"""The EPUB: one book of all chapters, made once, whose links lead to its own pages."""

import posixpath
import re
import xml.etree.ElementTree as ElementTree
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

import pytest

from weave import epub
from weave.card import card
from weave.epub import Epub, EpubError, anchored

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
ABOUT = {"title": "A small book", "lang": "en", "identifier": "urn:uuid:0", "description": "About numbers."}


def small(second="# Two\n\n$x^2$ and ![a line](line.svg)\n"):
    book = Epub(ABOUT, card("A small book", ""))
    book.add("Part", "one", "# One\n\nSee [two](two.md#top), [here](#in-between).\n\n## In between\n\n"
                            "```python\nx = 1 < 2\n```\n")
    book.add("Part", "two", second)
    book.save("line.svg", b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    return book


@pytest.fixture(scope="module")
def made():
    return ZipFile(BytesIO(small().make()))


def test_its_first_file_says_what_it_is_and_each_of_its_pages_is_xml(made):
    first = made.infolist()[0]
    assert (first.filename, first.compress_type) == ("mimetype", ZIP_STORED)
    assert made.read("mimetype") == b"application/epub+zip"
    pages = [ElementTree.fromstring(made.read(name)) for name in made.namelist() if name.endswith(".xhtml")]
    assert len(pages) > 4 and {page.tag for page in pages} == {f"{XHTML}html"}


def test_its_list_names_every_file_that_is_in_it(made):
    root = ElementTree.fromstring(made.read("EPUB/content.opf"))
    listed = {f"EPUB/{item.get('href')}" for item in root.iter(f"{OPF}item")}
    there = {name for name in made.namelist() if name.startswith("EPUB/")}
    assert listed == there - {"EPUB/content.opf"}
    assert root.findtext(".//{http://purl.org/dc/elements/1.1/}title") == "A small book"


def test_its_contents_are_parts_and_chapters(made):
    root = ElementTree.fromstring(made.read("EPUB/nav.xhtml"))
    assert [link.text for link in root.find(f".//{XHTML}ol").iter(f"{XHTML}a")] == ["Part", "One", "Two"]


def test_every_link_leads_to_an_anchor_and_formulas_are_mathml(made):
    pages = {name: made.read(name).decode() for name in made.namelist() if name.endswith(".xhtml")}
    links = [(name, link) for name, text in pages.items()
             for link in re.findall(r'<a href="([^"]*#[^"]+)"', text)]
    assert len(links) > 4
    for name, link in links:
        path, anchor = link.split("#")
        other = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
        assert f'id="{anchor}"' in pages[other], f"{name}: {link}"
    assert any("<msup><mi>x</mi><mn>2</mn></msup>" in text for text in pages.values())


def test_it_is_made_once_for_the_same_content_and_the_newest_are_kept(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(Epub, "make", lambda book: made.append(book) or f"book {len(made)}".encode())
    assert epub.newest(tmp_path / "kept") == b""
    assert small().made(tmp_path / "kept") == small().made(tmp_path / "kept") == b"book 1"
    for number in range(2, epub.KEPT + 3):
        assert small(f"# Two, again {number}").made(tmp_path / "kept") == f"book {number}".encode()
    assert len([*(tmp_path / "kept").iterdir()]) == epub.KEPT
    assert small().made(tmp_path / "kept") == epub.newest(tmp_path / "kept") == f"book {len(made)}".encode()
    changed = small()
    changed.save("line.svg", b"<svg/>")
    assert changed.made(tmp_path / "kept") == f"book {len(made)}".encode() and changed is made[-1]


def test_a_formula_that_pandoc_cannot_read_is_told():
    with pytest.raises(EpubError, match=r"\\nonsense"):
        small("# Two\n\n$\\nonsense{x}$\n").make()


def test_headings_have_the_anchors_of_the_site_and_code_is_left_alone():
    text = ("# `A` title\n\n## The *same*\n\n## The same\n\n## Asked? {#told}\n\n"
            "```python\n# no heading\n```\n")
    assert anchored(text, deeper=True) == (
        "## `A` title {#top}\n\n### The *same* {#the-same}\n\n### The same {#the-same_1}\n\n"
        "### Asked? {#told}\n\n```python\n# no heading\n```\n")
