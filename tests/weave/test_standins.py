"""What stands in for packages in a page says what the packages say: graphviz, and regex on Python's re.

And of Python's library what is left out has what modules need to be imported.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import graphviz
import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as some

import weave
from scratch.bpe import split

FOLDER = Path(weave.__file__).parent / "assets/run/standins"
ROOT = Path(__file__).parents[2]


def standin(name):
    spec = importlib.util.spec_from_file_location(f"standin_{name}", FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ours, re_regex = standin("graphviz"), standin("regex")


def drawings(package):
    """The same graphs, told to either package."""
    graph = package.Digraph(
        "computation", format="svg", graph_attr={"rankdir": "LR", "bgcolor": "transparent"},
        node_attr={"fontname": "Helvetica,Arial,sans-serif", "fontsize": "12"})
    graph.node("n0", "x | data 2 | grad -3", shape="record")
    graph.node("n 1", r"{ a \| b | data -.5 }", shape="record")
    graph.node("op2", "*", width="0.5", height="0.4")
    graph.node("node", label='say "a"', shape="box")
    graph.edge("n0", "op2", label=" -3.5")
    graph.edge("op2:e", "n 1:w")
    graph.edges(["ab", ("c", "d e")])
    graph.attr("edge", color="gray")
    graph.attr(rank="same", label="<<b>bold</b>>")
    with graph.subgraph(name="cluster_a") as inner:
        inner.attr(label="inside")
        inner.node("i")
        inner.edge("i", "n0")
    yield graph
    plain = package.Graph(strict=True)
    plain.edge("a", "b", None, style="dotted")
    yield plain


@pytest.mark.parametrize("n", [0, 1])
def test_graphviz_describes_a_graph_as_the_package_does(n):
    assert list(drawings(ours))[n].source == list(drawings(graphviz))[n].source


@given(some.text())
def test_graphviz_quotes_as_the_package_does(text):
    made = [package.Digraph(body=[]) for package in (ours, graphviz)]
    for graph in made:
        graph.node("n", text)
    assert made[0].source == made[1].source


def test_graphviz_makes_no_file_and_says_so():
    with pytest.raises(ours.ExecutableNotFound, match="a page draws"):
        ours.Digraph().render("x")


@pytest.mark.parametrize("pattern", [
    *split.PATTERNS.values(), *split.SPELLINGS, r"\p{N}{1,3}(?=(?:\p{N}{3})*(?!\p{N}))|[^\p{N}]+", r"\S+",
    r"\P{L}", r"[\s\p{Lu}]", r"\p{^L}", r"\pL+", r"\\p{2}|[]x]"])
@settings(deadline=None)    # the first one reads the tables of Unicode
@given(text=some.text(some.characters(max_codepoint=0x2fff, exclude_categories=["Cs", "Cn"])))
def test_regex_splits_as_the_package_does(pattern, text):
    """Of characters that either's Unicode knows: theirs is newer than this Python's."""
    assert re_regex.findall(pattern, text) == regex.findall(pattern, text)


@pytest.mark.parametrize("name", split.PATTERNS)
def test_regex_splits_the_book_as_the_package_does(name):
    text = (ROOT / "data/book.txt").read_text(encoding="utf-8")[:200_000]
    text += " naïve Straße ½² ⅷ 一二三 안녕 'ſ ٣٤٥\x1c\x85"
    assert re_regex.findall(split.PATTERNS[name], text) == regex.findall(split.PATTERNS[name], text)


@pytest.mark.parametrize("pattern", [
    r"\X", r"\R", r"a\Kb", r"[a[b]]", r"(?e)a", r"[^\P{L}]", r"\p{Nonsense}"])
def test_regex_refuses_what_re_would_read_otherwise(pattern):
    with pytest.raises(re_regex.error, match="stand-in"):
        re_regex.compile(pattern)


def test_doctest_does_its_work_with_what_stands_in_for_pdb_and_unittest():
    code = """
import doctest, pdb, unittest
assert "standins" in pdb.__file__ and "standins" in unittest.__file__
test = doctest.DocTestParser().get_doctest(">>> 1 + 1\\n2\\n>>> 1 / 0\\n3\\n", {}, "name", "file", 0)
try:
    doctest.DebugRunner(verbose=False).run(test)
except doctest.UnexpectedException as failure:
    print(failure.example.source, failure.exc_info[0].__name__)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={"PYTHONPATH": str(FOLDER)})
    assert done.stdout == "1 / 0\n ZeroDivisionError\n", done.stderr


def test_what_imports_urllib_runs_in_a_page_and_is_told_that_it_fetches_nothing():
    code = "import urllib.request\nurllib.request.urlopen('https://example.org')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          env={"PYTHONPATH": str(FOLDER)})
    assert done.stderr.endswith("OSError: a page fetches nothing from other sites\n")
