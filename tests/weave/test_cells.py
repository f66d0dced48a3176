"""What runs the cells of a page (weave/assets/run/cells.py), here in Python as it is on this machine."""

import collections
import importlib.util
import sys
import types
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from IPython.lib.pretty import pretty as notebooks

import weave

PATH = Path(weave.__file__).parent / "assets/run/cells.py"


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    spec = importlib.util.spec_from_file_location("cells", PATH)
    cells = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cells)
    cells.BOOK = str(tmp_path_factory.mktemp("book"))
    cells.PATHS = []
    return cells


@pytest.fixture
def run(cells, monkeypatch):
    """run(code) -> what the cell told, as (kind, text), in a namespace that one test has for its cells."""
    monkeypatch.chdir(cells.BOOK)
    cells.begin()
    number = 0

    def run(code, check=False, alt=None):
        nonlocal number
        number += 1
        told = []

        def tell(kind, text):
            if told and told[-1][0] == kind in ("stdout", "stderr"):    # a stream comes in pieces
                text = told.pop()[1] + text
            told.append((kind, text))

        cells.run(code, f"cell {number}", check, alt, number, tell)
        return told

    return run


@pytest.fixture
def copying(cells, monkeypatch, tmp_path):
    """All that cells made is copied after each, as if it had taken long."""
    monkeypatch.setattr(cells, "LONG", -1.0)
    cells.kept.clear()
    yield
    cells.kept.clear()


def test_a_cell_that_changed_things_finds_them_as_they_were_when_it_runs_again(run, cells, copying):
    run("import random\nrandom.seed(1)\nlist_ = alias = [1]\nclass A:\n    pass\ndef f():\n    return list_")
    again = "list_.append(random.random())\nlist_ is alias and f() is list_, list_, A is type(A())"
    first = run(again)
    assert cells.begin(1) == 1 and run(again) == first
    assert first[0][1].startswith("(True, [1, 0.13436424411240122], True)")


def test_modules_of_the_book_are_as_they_were_too(run, cells, copying):
    module = "calls = []\ndef call():\n    calls.append(1)\n    return len(calls)\n"
    Path(cells.BOOK, "counted.py").write_text(module)
    run("import sys\nsys.path.insert(0, '.')\nimport counted\ncounted.call()")
    assert run("counted.call()") == [("result", "2")]
    assert cells.begin(1) == 1
    assert run("counted.call()") == [("result", "2")]
    assert cells.begin(0) == 0 and "counted" not in sys.modules


def test_what_cannot_be_copied_is_made_again(run, cells, copying):
    run("x = 1")
    run("y = (n for n in range(3))")
    run("del y")
    assert sorted(cells.kept) == [1, 3]
    assert cells.begin(2) == 1 and sorted(cells.kept) == [1]


def test_what_is_printed_is_told_by_its_stream_and_before_what_is_returned(run):
    told = run("import sys\nprint('a')\nprint('b', file=sys.stderr)\nprint('c')\n1 + 1")
    texts = {}
    for kind, text in told:
        texts[kind] = texts.get(kind, "") + text
    assert texts == {"stdout": "a\nc\n", "stderr": "b\n", "result": "2"}
    assert list(dict.fromkeys(kind for kind, _ in told)) == ["stdout", "stderr", "result"]


@pytest.mark.parametrize("code", ["1;", "None", "x = 1", "", "# a comment"])
def test_nothing_is_shown_where_a_notebook_shows_nothing(run, code):
    assert run(code) == []


def test_cells_share_their_names_until_they_begin_anew(run, cells):
    run("x = 3")
    assert run("x") == [("result", "3")]
    cells.begin()
    (kind, text), = run("x")
    assert kind == "error" and "NameError" in text


def test_an_error_names_the_line_of_the_cell_and_nothing_of_the_machinery(run):
    (kind, text), = run("def f(x):\n    return 1 / x\n\nf(0)")
    assert kind == "error"
    assert 'File "cell 1", line 4' in text and 'File "cell 1", line 2, in f' in text
    assert "return 1 / x" in text and text.endswith("ZeroDivisionError: division by zero")
    assert "cells.py" not in text and "exec" not in text


def test_an_error_while_another_is_handled_has_no_machinery_either(run):
    (_, text), = run("try:\n    1 / 0\nexcept Exception as error:\n    raise ValueError('b') from error")
    assert "direct cause" in text and "cells.py" not in text


def test_a_cell_that_is_not_python_says_where(run):
    (kind, text), = run("x = = 1")
    assert kind == "error" and "line 1" in text and "x = = 1" in text and "SyntaxError" in text


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "raise KeyboardInterrupt", "exit()"])
def test_a_cell_that_ends_python_ends_itself_only(run, code):
    assert [kind for kind, _ in run(code)] == ["error"]
    assert run("1") == [("result", "1")]


def test_claims_are_told_apart_and_one_that_fails_does_not_keep_the_next_from_being_checked(run):
    run("x = 2")
    told = run("assert x == 1, f'x is one, not {x}'\nfor n in (1, 2):\n    assert n < 3, f'{n} is small'\n"
               "assert x == 2, 'x is two'", check=True)
    assert told == [("broken", "x is one, not 2"), ("held", "1 is small"), ("held", "2 is small"),
                    ("held", "x is two")]


def test_claims_that_a_failing_check_does_not_come_to_are_told_as_lost(run):
    told = run("assert 1, 'one'\nmissing\nassert 2, 'two'", check=True)
    assert told == [("held", "one"), ("lost", "two (NameError: name 'missing' is not defined)")]


def test_what_a_figure_shows_is_said_of_the_figure_that_was_drawn(run):
    run("class Drawn:\n    def _repr_mimebundle_(self):\n        return {'text/vnd.graphviz': 'digraph {}'}")
    assert run("n = 4\nDrawn()", alt="rf'''{n} boxes'''") == [("dot", "digraph {}"), ("alt", "4 boxes")]


def test_a_cell_that_prints_without_end_is_cut_short(run, cells):
    told = run("for n in range(30_000):\n    print('line', n)")
    text = "".join(text for _, text in told)
    assert cells.MOST <= len(text) < cells.MOST + 200 and "left out" in text


def test_display_shows_in_the_middle_of_a_cell(run):
    assert [kind for kind, _ in run("print(1)\ndisplay([1])\nprint(2)")] == ["stdout", "result", "stdout"]
    assert run("print(end='')\ndisplay([1])") == [("result", "[1]")], "nothing is no output"


leaves = some.one_of(some.integers(), some.text("abc ", max_size=30), some.booleans(), some.none(),
                     some.floats(allow_nan=False))
nested = some.recursive(leaves, lambda inner: some.one_of(
    some.lists(inner, max_size=8), some.tuples(inner, inner),
    some.dictionaries(some.text("ab", max_size=20), inner),
    some.sets(some.integers(), max_size=30), some.frozensets(some.text("ab", max_size=12), max_size=9)))


@given(nested)
def test_a_value_is_written_as_a_notebook_writes_it(value):
    """Oracle: IPython's pretty printer, whose texts the built pages show."""
    spec = importlib.util.spec_from_file_location("cells", PATH)
    cells = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(cells)
    assert cells.pretty(value) == notebooks(value)


@pytest.mark.parametrize("value", [
    collections.Counter("abracadabra"), collections.Counter(), collections.defaultdict(int, {"a": 1}),
    collections.Counter({f"a long key {n}": n for n in range(20)}), int, collections.Counter, (1,), [],
    types.SimpleNamespace(a=1), ValueError("x"), range(3), b"bytes", "text", {1: {2: ["x" * 70, "y"]}},
    {"k": list(range(40))}, [list(range(12))] * 5, ("a" * 40, "b" * 40), 1.0, 1e-9, float("inf")], ids=repr)
def test_other_values_are_written_as_a_notebook_writes_them(cells, value):
    assert cells.pretty(value) == notebooks(value)
