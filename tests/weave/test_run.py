"""Which cells run in their page, why others do not, and what a page is given for it."""

import gzip
import io
import json
import logging
import subprocess
import zipfile

import pytest

from weave import WeaveError, run
from weave.chapter import Chapter
from weave.site import find_node

from tests.weave.conftest import HEADER

needs_pyodide = pytest.mark.skipif(not (run.PYODIDE.is_dir() and find_node()),
                                   reason="node_modules has no pyodide, or there is no node: run `make env`")
MODULES = {
    "pack/__init__.py": "",
    "pack/plain.py": "import math\n\nfrom . import other\n\ndef f():\n    import torch\n",
    "pack/other.py": "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n",
    "pack/arrays.py": "import numpy as np\n",
    "pack/above.py": "from .arrays import np\n",
    "pack/chosen.py": "from importlib import import_module\n\ndef load(name):\n"
                      "    import_module(f'.parts.{name}', __package__)\n",
    "pack/parts/one.py": "import math\n",
    "pack/parts/two.py": "import numpy\n",
}


@pytest.fixture
def chapter(tmp_path):
    """chapter(text, front matter) -> a Chapter, and what is known of its cells."""
    for name, text in MODULES.items():
        path = tmp_path / "src" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured/__init__.py").write_text("")
    (tmp_path / "measured/results.py").write_text("import json\n")
    path = tmp_path / "docs/chapter.md"
    path.parent.mkdir()

    def chapter(text, meta=""):
        path.write_text(HEADER.replace("---\n\n", f"{meta}---\n\n") + text)
        return Chapter(path, tmp_path)

    return chapter


def test_a_page_without_buttons_knows_what_its_cells_lack(chapter):
    runner = run.Runner(chapter("").root, "src", "unused")
    made = chapter(cell("import pack.above") + cell("import pack.plain, torch, json, IPython"))
    runner.add(made)
    assert runner.lacks == {made.name: ["numpy", "torch"]} and not runner.chapters
    runner.add(chapter(cell("import math, pack.plain")))
    assert runner.chapters.keys() == {made.name}, "what a function imports, nobody need have"


def cell(code, words=""):
    return f"```python {words}".rstrip() + f"\n{code}\n```\n\n"


def why(chapter):
    """The reason of each cell of a chapter, in order."""
    return list(run.why(chapter, run.Library(chapter.root)).values())


@pytest.mark.parametrize("code, reason", [
    ("1 + 1", ""),
    ("import math, json", ""),
    ("import graphviz, regex", ""),
    ("import torch", "torch"),
    ("def f():\n    import torch", "torch"),
    ("import matplotlib.pyplot as plt", "matplotlib"),
    ("import tkinter", "tkinter"),
    ("from pack import plain", ""),
    ("from pack.plain import f", ""),
    ("from pack.other import numpy", ""),
    ("from pack.arrays import np", "numpy"),
    ("import pack.above", "numpy"),
    ("from measured.results import json", ""),
    ("%time 1", "IPython"),
])
def test_a_cell_runs_if_all_that_it_imports_can_be_imported(chapter, code, reason):
    """Of a module, what it imports at once counts, and neither what its functions do nor what may fail."""
    assert why(chapter(cell(code))) == [reason]


@pytest.mark.parametrize("cells, reasons", [
    (["import torch\nx = 1", "x + 1", "y = 2"], ["torch", "torch", ""]),
    (["import torch\nx = 1", "x = 3\nx + 1", "x"], ["torch", "", ""]),
    (["import torch\nx = 1", "y = x", "y"], ["torch", "torch", "torch"]),
    (["import torch\nx = 1", "def f():\n    return x", "f()"], ["torch", "torch", "torch"]),
    (["import torch\nx = 1", "def f(x):\n    return x", "[x for x in 'ab']"], ["torch", "", ""]),
    (["import torch\nx = 1", "def f():\n    return x\nx = 2", "f()"], ["torch", "", ""]),
    (["x = 1", "import torch\nx += 1", "x"], ["", "torch", "torch"]),
])
def test_a_cell_does_not_run_if_it_uses_what_one_made_that_does_not_run(chapter, cells, reasons):
    assert why(chapter("".join(map(cell, cells)))) == reasons


def test_the_front_matter_keeps_a_cell_out_of_the_page_and_what_builds_on_it(chapter):
    made = chapter(cell("x = f(100_000)") + cell("x") + cell("y = 1"),
                   "stays:\n  f(100_000): It takes too long.\n")
    assert why(made) == ["It takes too long.", "It takes too long.", ""]


def test_the_front_matter_names_a_cell_that_is_there(chapter):
    made = chapter(cell("x = 1"), "stays:\n  y = 1: Because.\n")
    with pytest.raises(WeaveError) as caught:
        why(made)
    assert "chapter.md:12: " in str(caught.value) and "'y = 1'" in str(caught.value)
    assert "in no cell" in str(caught.value)


def known(chapter):
    return run.looked_at(chapter, run.Library(chapter.root))


def test_each_block_of_code_on_the_page_has_its_mark(chapter):
    made = chapter(cell("x = 1") + cell("y = 1", "quiet") + cell("assert x, 'x'", "check")
                   + "```sh\nls\n```\n\n" + cell("import torch") + cell("z = 1", ".noeval")
                   + "- In a list:\n\n  ```python\n  x\n  ```\n\n"
                   + cell("import numpy") + cell("import torch"))
    found = known(made)
    assert found["marks"] == "rq-0-r10" and found["reasons"] == ["torch", "numpy"]
    assert [cell["role"] for cell in found["cells"]] == ["shown", "quiet", "check", *["shown"] * 4]
    assert [cell.get("why") for cell in found["cells"]] == [None, None, None, "torch", None, "numpy", "torch"]


def test_a_page_has_the_modules_that_its_cells_import_and_those_they_may_come_to(chapter):
    plain = known(chapter(cell("from pack.plain import f") + cell("import pack.arrays")))
    assert plain["files"] == [f"src/pack/{name}.py" for name in ("__init__", "other", "plain")]
    found = known(chapter(cell("import pack.chosen, random")))
    assert found["files"] == [f"src/pack/{name}.py" for name in (
        "__init__", "chosen", "other", "parts/one", "plain")]
    assert {"math", "random"} <= set(found["python"]) and found["standins"] == []


def test_a_figure_takes_its_description_along(chapter):
    found = known(chapter(cell("import graphviz\ngraphviz.Digraph()", 'alt="{n} boxes"')))
    assert found["cells"][0]["alt"] == "rf'''{n} boxes'''" and found["standins"] == ["graphviz"]


def test_a_chapter_gets_its_buttons_if_more_than_half_of_its_cells_run(chapter):
    for cells, runs in ((["1", "import torch"], False), (["1", "2", "import torch"], True), ([], False)):
        made = chapter("".join(map(cell, cells)) + cell("0", "quiet"))
        runner = run.Runner(made.root, "src", made.root / "kept")
        runner.add(made)
        assert bool(runner.chapters) == runs
        if not runs:
            assert runner.files == {} and runner.mark(made) == ""


def test_what_is_known_is_known_anew_when_a_module_changes(chapter):
    made = chapter(cell("import pack.other"))
    assert run.known(made, run.Library(made.root))["marks"] == "r"
    (made.root / "src/pack/other.py").write_text("import numpy\n")
    assert run.known(made, run.Library(made.root))["reasons"] == ["numpy"]


def test_without_pyodide_or_node_that_is_said_and_nothing_runs(monkeypatch, caplog, tmp_path):
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(run, "PYODIDE", tmp_path)
    assert not run.is_possible()
    message, = (record.getMessage() for record in caplog.records)
    assert "make env" in message and caplog.records[0].levelname == "INFO"


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return run.standard_library(tmp_path_factory.mktemp("library"), {"typing.NamedTuple", "cProfile"})


@needs_pyodide
def test_the_library_is_the_same_bytes_whenever_it_is_made(library, tmp_path):
    again = run.standard_library(tmp_path, {"cProfile", "typing.NamedTuple"})
    assert again.read_bytes() == library.read_bytes() and again.name == library.name


@needs_pyodide
def test_the_library_is_made_once_and_made_again_for_other_modules(library, monkeypatch):
    before = library.read_bytes()
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was made again"))
    assert run.standard_library(library.parent, {"typing.NamedTuple", "cProfile"}) == library
    with pytest.raises(pytest.fail.Exception, match="again"):
        run.standard_library(library.parent, {"decimal", "cProfile"})
    assert library.read_bytes() == before


@needs_pyodide
def test_the_library_has_what_cells_import_compiled_and_no_more(library):
    with zipfile.ZipFile(io.BytesIO(library.read_bytes())) as archive:
        names = set(archive.namelist())
    assert {"random.pyc", "json/__init__.pyc", "typing.pyc", "cProfile.pyc", "encodings/utf_16.pyc"} <= names
    assert not names & {"tkinter/__init__.pyc", "unittest/mock.pyc", "random.py"}


@needs_pyodide
def test_what_a_page_loads_once_a_cell_runs_is_within_six_megabytes(library):
    """DESIGN.md's budget, compressed, with Graphviz, which only a drawing loads."""
    files = [*(run.PYODIDE / name for name in run.PYTHON), run.GRAPHVIZ, library, *run.ASSETS.rglob("*.*")]
    assert sum(len(gzip.compress(path.read_bytes(), 6)) for path in files if path.is_file()) <= 6e6


@needs_pyodide
def test_a_page_is_told_what_runs_and_gets_cells_modules_and_data(chapter, library):
    made = chapter(cell("from pack.plain import f") + cell("import regex") + cell("import torch"))
    (made.root / "data.txt").write_text("data")
    runner = run.Runner(made.root, "src", library.parent)
    runner.add(made)
    mark = runner.mark(made)
    assert 'data-run="rr0" data-why="torch" data-size="5.' in mark and mark.startswith("<span hidden")
    pack, files = runner.pack(made, ["data.txt", "src/pack/plain.py", "gone.txt"],
                              lambda path: b"handed out: " + path.read_bytes())
    assert files["data.txt"] == b"data" and files["src/pack/plain.py"].startswith(b"handed out: import math")
    told = json.loads(pack)
    assert told["files"] == ["assets/run/cells.py", "assets/run/standins/regex.py", *sorted(files)]
    assert told["info"]["abi_version"] and told["size"] > 9e6
    addresses = {f"assets/run/{name}" for name in (
        "run.js", "worker.js", "cells.py", "standins/regex.py", "python.zip", "pyodide.asm.wasm")}
    assert addresses <= runner.files.keys() and all(path.is_file() for path in runner.files.values())
