"""The reference has every module once, and its docstrings as they were written."""

import re
from pathlib import Path
from types import SimpleNamespace

import griffe
import pytest
from bs4 import BeautifulSoup
from mkdocstrings import CollectionError
from mkdocstrings_handlers.weave import get_handler, prose, signature

ROOT = Path(__file__).parents[1]
SCRATCH = ROOT / "src/scratch"
LEFT_OUT = ("scratch.makemore.cli", "scratch.cuda.cpu.translator")    # a program, and an engine room


@pytest.fixture
def reference(tmp_path):
    """A handler for sources in tmp_path/src; render(identifier, options) makes HTML."""
    config = SimpleNamespace(config_file_path=tmp_path / "mkdocs.yml")
    return get_handler({"paths": ["src"]}, config, theme="material", custom_templates=None,
                       mdx=[], mdx_config={})


def write(tmp_path, **modules):
    for name, text in modules.items():
        path = tmp_path / "src/unit" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def soup(page):
    return BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser")


def test_every_module_has_its_place_on_one_page_of_the_reference(site):
    headings = [heading["id"] for page in site.glob("reference/*/index.html")
                for heading in soup(page).select("h2[id^='scratch.']")]
    modules = [".".join(path.relative_to(SCRATCH.parent).with_suffix("").parts)
               for path in SCRATCH.rglob("*.py")]
    expected = [name for name in modules if "__" not in name and not name.startswith(LEFT_OUT)]
    found = [name for name in headings if (SCRATCH.parent / f"{name.replace('.', '/')}.py").exists()]
    assert sorted(found) == sorted(expected)


def test_captions_of_listings_lead_to_the_reference(site):
    found = {link["href"] for page in site.glob("*/*/index.html") if page.parent.parent.name != "reference"
             for link in soup(page).select(".weave-source > a[title='In the reference']")}
    assert "../../reference/micrograd/#scratch.micrograd.engine.Value.__mul__" in found
    places = {f"../../reference/{page.parent.name}/#{one['id']}"
              for page in site.glob("reference/*/index.html") for one in soup(page).select("[id]")}
    assert found <= places, found - places


def test_a_docstring_keeps_its_examples_and_the_alignment_of_its_legend():
    made = prose("a * b < c, see docs/u/v.md and `x`.\n\n    >>> f(1)\n    2\n\n"
                 "    B   examples\n\n    TT  two\n\nEnd.")
    assert made.startswith('<p>a * b &lt; c, see <a href="../../u/v/">u/v</a> and <code>x</code>.</p>')
    examples, legend = re.findall(r"<pre><code>(.*?)</code></pre>", made, re.DOTALL)
    assert re.sub("<[^>]+>", "", examples) == "&gt;&gt;&gt; f(1)\n2"
    assert legend == "B   examples\n\nTT  two"
    assert made.endswith("<p>End.</p>")


def test_an_example_at_the_margin_is_code():
    assert "<pre>" in prose("Text.\n\n>>> 1 + 1\n2")


@pytest.mark.parametrize("source, expected", [
    ("def f(a, *, b=1): 'x'", "f(a, *, b=1)"), ("def f(*a, b, **c): 'x'", "f(*a, b, **c)"),
    ("class f:\n def __init__(self, a=None): 'x'", "class f(a=None)"),
    ("class f(Exception): 'x'", "class f")])
def test_a_signature_is_that_of_the_source(source, expected):
    with griffe.temporary_visited_module(source) as module:
        assert signature(module["f"]) == expected


def test_what_is_public_is_shown_in_the_order_of_the_source(reference, tmp_path):
    write(tmp_path, __init__='"""Unit."""', b='"""B."""\nfrom .a import A\n\n'
          'def later():\n    "Two."\n\n'
          'class Earlier:\n    "One."\n\n    def method(self, x):\n        "M."\n\n'
          '    def _own(self):\n        "O."\n\n'
          'def bare(): pass\n', a='"""A."""', __main__='"""Program."""')
    text = reference.render("unit", {})
    assert re.findall(r'id="([^"]+)"', text) == [
        "unit.a", "unit.b", "unit.b.later", "unit.b.Earlier", "unit.b.Earlier.method"]
    assert [(one.tag, one.text) for one in reference.get_headings()] == [
        ("h2", "unit.a"), ("h2", "unit.b"), ("h4", "later"), ("h3", "Earlier"), ("h4", "method")]
    assert "<p>Unit.</p>" in text


def test_pages_divide_the_modules_of_a_package(reference, tmp_path):
    write(tmp_path, __init__="", a='"""A."""', b='"""B."""\nfrom . import a', c='"""C."""')
    assert re.findall("<p>(.)", reference.render("unit", {"modules": ["b"]})) == ["B"]
    assert re.findall("<p>(.)", reference.render("unit", {"except": ["b"]})) == ["A", "C"]
    with pytest.raises(CollectionError, match="unit has no module gone"):
        reference.render("unit", {"modules": ["gone"]})
    with pytest.raises(CollectionError, match="no module other"):
        reference.render("other", {})


def test_a_page_is_kept_until_a_source_changes(reference, tmp_path, monkeypatch):
    write(tmp_path, __init__="", a='"""A."""')
    first = reference.render("unit", {}), [one.text for one in reference.get_headings()]
    monkeypatch.setattr(reference, "load", None)    # reading the sources again is an error
    assert (reference.render("unit", {}), [one.text for one in reference.get_headings()]) == first
    write(tmp_path, a='"""Another."""')
    with pytest.raises(TypeError):
        reference.render("unit", {})
