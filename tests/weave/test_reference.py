"""Which pages the reference has, and where an object, a caption or a word of code leads in it."""

import pytest

from weave import WeaveError
from weave.chapter import Chapter
from weave.listing import find
from weave.offer import Offers
from weave.reference import Reference

SOURCE = """'M.'

class C:
    'C.'

    def m(self):
        'M.'

    def bare(self): pass

    def _own(self):
        'O.'

TABLE = 1
"""
KERNEL = "// A kernel.\n\n#define T 8\n\n__device__ int plain() { return T; }\n\n__global__ void k() { }\n"
HEADER = "---\njupyter: {}\nmodules: [unit.inner]\n---\n\n# Title\n"


@pytest.fixture
def small(book):
    """A Reference for the package `unit`; a function, since tests write files first."""
    def made():
        for name in ("unit/__init__", "unit/inner/__init__", "unit/__main__", "other"):
            book.write(f"src/{name}.py", SOURCE)
        for name in ("unit/a", "unit/inner/b"):
            book.write(f"src/{name}.py", SOURCE.replace("M.", "M. `x` < y.\n\nTo copy: this file alone.", 1)
                       .replace("'", "'''", 2))
        book.write("src/unit/k.cu", KERNEL)
        book.write("src/unit/k.py", '"""K.\n\nTo copy: this file, k.cu and alone.cu.\n"""\nimport numpy\n')
        book.write("src/unit/alone.cu", KERNEL)
        book.write("tests/test_k.py", "")
        chapter = Chapter(book.write("docs/c.md", HEADER), book.root)
        reference = Reference(book.root, "src", "unit", "reference", "tests", Offers(book.root),
                              {"c.md": (chapter, "c/")})
        reference.urls = {uri: uri.replace(".md", "/") for uri in reference.pages}
        return reference

    return made


def test_every_file_of_the_package_is_on_one_page(small):
    reference = small()
    assert {entry.name: entry.uri for entry in reference.pages.values()} == {
        "unit": "reference/unit.md", "unit.a": "reference/a.md", "unit.inner": "reference/inner.md",
        "unit.inner.b": "reference/inner.b.md", "unit.k": "reference/k.md",
        "unit/alone.cu": "reference/alone.md"}
    assert [path.name for path in reference.pages["reference/k.md"].paths] == ["k.py", "k.cu"]


def test_without_a_package_there_is_no_reference(book):
    book.write("src/unit/a.py", SOURCE)
    reference = Reference(book.root, "src", None, "reference", "tests", Offers(book.root), {})
    assert reference.pages == {} and reference.place(find("unit.a.C", book.root)) is None
    assert reference.linked("<code>unit.a</code>", str) == "<code>unit.a</code>"


@pytest.mark.parametrize("name, address", [
    ("unit.a", "reference/a/"), ("unit.a.C", "reference/a/#unit.a.C"),
    ("unit.a.C.m", "reference/a/#unit.a.C.m"), ("unit.inner.b.C.m", "reference/inner.b/#unit.inner.b.C.m"),
    ("unit.a.C.bare", "reference/a/"), ("unit.a.C._own", "reference/a/"), ("unit.a.TABLE", "reference/a/"),
    ("unit.C", "reference/unit/#unit.C"), ("other.C", None),
    ("unit/k.cu", "reference/k/#cu"), ("unit/k.cu k", "reference/k/#cu.k"), ("unit/k.cu T", "reference/k/"),
    ("unit/k.cu plain", "reference/k/"), ("unit/alone.cu", "reference/alone/")])
def test_an_object_is_on_the_page_that_has_its_file(small, book, name, address):
    reference = small()
    assert reference.place(find(name, book.root)) == address


def test_code_that_names_something_leads_there_the_first_time(small):
    linked = small().linked("<code>unit.a.C</code> <code>unit.a.C</code> <code>unit.gone</code> "
                            "<code>alone.cu</code> <a href=x><code>unit.a</code></a> <code>a.py</code>",
                            lambda address: f"../{address}")
    assert linked == ('<a href="../reference/a/#unit.a.C"><code>unit.a.C</code></a> <code>unit.a.C</code> '
                      '<code>unit.gone</code> <a href="../reference/alone/"><code>alone.cu</code></a> '
                      "<a href=x><code>unit.a</code></a> <code>a.py</code>")


def test_a_page_says_what_is_known_and_shows_its_sources(small):
    reference = small()
    made = reference.markdown(reference.pages["reference/k.md"], str, str, highlight=lambda path: f"[{path}]")
    assert made.startswith("# unit.k { #unit.k }\n\n<p>K.</p>\n\n<dl")
    assert "<dt>Part of</dt><dd><a href=\"reference/unit/\">unit</a></dd>" in made
    assert "<code>pip install numpy</code> (tested with numpy " in made
    assert '<a href="reference/k/">k.cu</a>, <a href="reference/alone/">alone.cu</a>' in made
    assert "<dt>Test</dt><dd><code>tests/test_k.py</code></dd>" in made and "Chapter" not in made
    assert "::: unit.k\n    options: {root: /, show: rest, level: 2}" in made
    assert "## k.cu { #cu }\n\n::: unit/k.cu\n    options: {root: /, show: all, level: 3}" in made
    assert made.index("[src/unit/k.cu]") < made.index("[src/unit/k.py]")
    alone = reference.markdown(reference.pages["reference/alone.md"], str, str)
    assert '<dt>Launched by</dt><dd><a href="reference/k/">k.py</a></dd>' in alone
    inner = reference.markdown(reference.pages["reference/inner.b.md"], str, str)
    assert '<dt>Chapter</dt><dd><a href="c/">c.md</a></dd>' in inner    # of the package around it


def test_the_page_of_a_package_lists_what_is_in_it_in_a_sentence_each(small):
    reference = small()
    made = reference.markdown(reference.pages["reference/inner.md"], str, str)
    assert '<li id="unit.inner.b"><a href="reference/inner.b/">b.py</a>: M.<br>' in made
    assert 'id="unit.inner.b.C" href="reference/inner.b/#unit.inner.b.C"><code>C</code>' in made
    assert "## [unit.inner](inner.md) { #unit.inner }" in reference.markdown(
        reference.pages["reference/unit.md"], str, str)


def test_a_chapter_ends_with_what_is_known_and_only_that(small, book):
    book.write("labs/mine.py", '"""Exercises: f.\nChapter: docs/c.md.\n"""\n')
    book.write("results/r.json", '{"from": {"made by": "measure/r.py"}, "rows": [{"made by": "it"}]}')
    book.write("results/table.txt", '"made by": "no/json.py"')
    reference = small()
    chapter, read = reference.chapters["c.md"][0], ["results/r.json", "results/table.txt"]
    assert reference.end(chapter, read, str, lambda path: f"at/{path}") == (
        '<dl class="weave-facts" data-search-exclude>'
        '<dt>Code</dt><dd><a href="reference/inner/">inner/</a></dd>'
        '<dt>Lab</dt><dd><a href="labs/mine.py" download>mine.py</a></dd>'
        '<dt>Measured by</dt><dd><a href="at/measure/r.py">measure/r.py</a></dd></dl>')
    book.write("docs/c.md", HEADER.replace("unit.inner", "unit.k"))
    chapter = Chapter(book.root / "docs/c.md", book.root)
    assert "<dt>Tests</dt><dd><code>tests/test_k.py</code></dd>" in reference.end(chapter, (), str)
    book.write("docs/d.md", "# D\n")
    assert reference.end(Chapter(book.root / "docs/d.md", book.root), (), str) == ""


def test_packages_are_asked_for_by_the_names_that_pip_has(small, book):
    reference = small()
    book.write("src/unit/a.py", '"""A.\n\nTo copy: this file alone.\n"""\nimport yaml\nimport other_name\n'
                                "def f():\n    import seldom\n")
    reference.installs = {"other_name": "one two"}
    page = reference.pages["reference/a.md"]
    needs = reference.needs(page, reference.taken(page))
    assert needs.startswith("<code>pip install one two PyYAML</code> (tested with PyYAML ")
    assert needs.endswith("; for some of it seldom")


def test_a_companion_that_is_not_there_is_told_with_its_line(small, book):
    reference = small()
    book.write("src/unit/a.py", '"""A.\n\nTo copy: this file and gone.py.\n"""\n')
    with pytest.raises(WeaveError, match="src/unit/a.py:3: .* names gone.py, which is not there"):
        reference.files(reference.pages["reference/a.md"])
