"""What is handed out works in a package and flat in a folder, is complete, and is the same every time."""

import io
import subprocess
import sys
import zipfile

import pytest

from scratch.cli.take import TakeError, companions, portable, take

UNIT = {    # src/unit, with a room whose modules need the package above them
    "__init__.py": '"""The unit."""\n',
    "__main__.py": "raise SystemExit",
    "a.py": '"""A.\n\nTo copy: this file alone (needs numpy.linalg).\n"""\nA = 1\n',
    "b.py": '"""B.\n\nChapter: docs/b.md.  To copy: this file, a.py,\nb.cu and beside/.\n"""\n'
            "from . import a\nfrom .beside import two\n\nB = a.A + two.TWO\n",
    "b.cu": "// a kernel\n",
    "beside/__init__.py": "",
    "beside/two.py": "from .three import THREE\nTWO = THREE - 1\n",
    "beside/three.py": "THREE = 3\n",
    "beside/cli/__init__.py": '"""A program, not to copy."""',
    "beside/cli/run.py": "",
    "kernels/__init__.py": "",
    "kernels/k.py": '"""K.\n\nTo copy: this file and unit/.\n"""\nfrom .. import beside\n'
                    "from ..beside.two import TWO\n\nK = TWO\n",
    "cpu/__init__.py": '"""CPU.\n\nTo copy: this folder (needs pyopencl).\n"""\nfrom .deep.d import D\n',
    "cpu/deep/__init__.py": "",
    "cpu/deep/d.py": '"""D."""\nfrom ..e import E\n\nD = E\n',
    "cpu/e.py": "E = 5\n",
    "cpu/__main__.py": "",
    "cpu/__pycache__/e.pyc": "",
    "cli/__init__.py": '"""The unit\'s program.\n\nA program, not to copy.\n"""',
    "cli/run.py": '"""Run.\n\nTo copy: this file alone.\n"""',
}


CPU = ["cpu/__init__.py", "cpu/deep/__init__.py", "cpu/deep/d.py", "cpu/e.py"]


@pytest.fixture
def source(tmp_path):
    for name, text in UNIT.items():
        path = tmp_path / "src/unit" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path / "src"


def run(folder, code):
    return subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)


RELATIVE = {    # imports, and what they make of beside.py, other.py and the package above
    "a name": ("from .beside import ONE\n", "ONE == 1"),
    "names below": ("from .beside import (ONE,\n                     TWO)    # both\n", "ONE + TWO == 3"),
    "names in a block": ("from .beside import (\n    ONE,\n\n    TWO,\n)\n", "ONE + TWO == 3"),
    "a continued line": ("from .beside import \\\n    TWO\n", "TWO == 2"),
    "modules": ("from . import beside, other as another\n", "beside.ONE + another.THREE == 4"),
    "several": ("from .beside import ONE\nfrom .other import THREE\n", "ONE + THREE == 4"),
    "a star": ("from .beside import *\n", "ONE == 1"),
    "with spaces": ("from  .  beside  import ONE as one\n", "one == 1"),
    "in a function": ("def f():\n    from .beside import (ONE,\n                         TWO)\n"
                      "    return ONE + TWO\n", "f() == 3"),
    "in a class, after an umlaut": (
        "class C:\n    ü = 1; ü = 2\n    from . import beside\n", "C.beside.ONE == 1"),
    "the package above": ("from .. import LEVEL\nfrom ..deeper import DEEPER\n", "LEVEL + DEEPER == 5"),
    "odd ends of lines": (
        'X = """\f\x1c\u2028\x85"""  # \f\x1c\u2028\x85\nfrom .beside import ONE\n', "ONE == 1"),
    "in a text": (
        '"""\nfrom .nowhere import x\n"""\nX = """\nfrom .nowhere import x\n"""\n', "'nowhere' in X"),
    "without an end of line": ("from .beside import ONE", "ONE == 1"),
    "within a try": ("try:\n    from .beside import ONE\nexcept ValueError:\n    ONE = 0\n", "ONE == 1"),
    "twins": (
        "try:\n    from .beside import ONE\nexcept ImportError:\n    from beside import ONE\n", "ONE == 1"),
    "told apart": (
        "if __package__:\n    from .beside import ONE\nelse:\n    from beside import ONE\n", "ONE == 1"),
}


@pytest.mark.parametrize("where", ["in a package", "flat"])
@pytest.mark.parametrize("text, holds", RELATIVE.values(), ids=RELATIVE)
def test_a_portable_module_imports_its_companions_in_a_package_and_flat(tmp_path, text, holds, where):
    """The oracle of rewriting is that it runs; nothing that is no import changes."""
    made = portable(text, ("book", "above", "room"))
    folder = tmp_path / "project"
    (folder / "above").mkdir(parents=True)
    for name, content in {"module.py": made, "beside.py": "ONE, TWO = 1, 2", "other.py": "THREE = 3",
                          "above/__init__.py": "LEVEL = 2", "above/deeper.py": "DEEPER = 3"}.items():
        (folder / name).write_text(content, encoding="utf-8")
    here, module = (tmp_path, "project.module") if where == "in a package" else (folder, "module")
    done = run(here, f"import {module} as m\nglobals().update(vars(m))\nassert {holds}")
    assert done.returncode == 0, done.stderr + made
    assert portable(made, ("book", "above", "room")) == made


@pytest.mark.parametrize("text", [RELATIVE["twins"][0], RELATIVE["told apart"][0], RELATIVE["in a text"][0],
                                  "import os\nfrom os import path\n", ""])
def test_a_module_that_needs_no_change_is_left_as_it_is(text):
    assert portable(text) == text


def test_an_import_becomes_two_that_read_as_the_one_did():
    text = "import re\n\nfrom .pieces import (Splitter,\n                     check)    # of text\n"
    assert portable(text) == """import re

if __package__:
    from .pieces import (Splitter,
                         check)    # of text
else:    # copied flat into a folder, pieces.py beside it
    from pieces import (Splitter,
                        check)    # of text
"""


@pytest.mark.parametrize("text, package, says", [
    ("x = 1\nimport re; from .a import b\n", (), "line 2: a relative import stands on a line with other"),
    ("from .a import b; x = 1\n", (), "line 1: a relative import stands on a line with other"),
    ("if 1: from .a import b\n", (), "line 1: a relative import stands on a line with other"),
    ("from .a \\\n    import b\n", (), "line 1: .*broken before"),
    ("if 1:\n\tfrom .a import b\n", (), "line 2: a relative import is indented by tabs"),
    ("from .. import a\n", ("unit",), "line 1: a relative import leads out"),
])
def test_an_import_that_cannot_be_made_portable_is_an_error(text, package, says):
    with pytest.raises(TakeError, match=says):
        portable(text, package)


def test_companions_are_the_names_of_the_line_that_says_so(source):
    assert companions(source / "unit/a.py") == [] == companions(source / "unit/__init__.py")
    assert companions(source / "unit/b.py") == ["a.py", "b.cu", "beside/"]
    assert companions(source / "unit/kernels/k.py") == ["unit/"]


@pytest.mark.parametrize("path, title, names", [
    ("a.py", "a.py", ["a.py"]),
    ("b.cu", "b.cu", ["b.cu"]),
    ("b.py", "b.py",
     ["b.py", "a.py", "b.cu", "beside/__init__.py", "beside/three.py", "beside/two.py"]),
    ("cpu", "cpu/", CPU),
    ("cpu/deep/d.py", "cpu/", CPU),
])
def test_a_module_is_taken_with_its_companions_and_a_folder_whole(source, path, title, names):
    taken = take(source / "unit" / path, source)
    assert (taken.title, list(taken.files)) == (title, names)
    assert taken.archive == ("cpu.zip" if title == "cpu/" else f"{path[0]}.zip")


def test_the_package_above_is_taken_without_the_modules_own_folder_and_without_programs(source):
    names = set(take(source / "unit/kernels/k.py", source).files)
    assert {"k.py", "unit/__init__.py", "unit/beside/two.py", "unit/cpu/deep/d.py"} <= names
    assert not [name for name in names if "kernels" in name or "__main__" in name or "cli" in name]


def test_a_program_is_not_handed_out(source):
    assert take(source / "unit/cli/run.py", source) is None and take(source / "unit/cli", source) is None


@pytest.mark.parametrize("where", ["in a package", "flat"])
@pytest.mark.parametrize("path, module, holds", [("b.py", "b", "B == 3"), ("cpu", "cpu.deep.d", "D == 5"),
                                                 ("kernels/k.py", "k", "K == 2")])
def test_the_folder_of_a_zip_works_as_it_is(source, tmp_path, path, module, holds, where):
    taken = take(source / "unit" / path, source)
    zipfile.ZipFile(io.BytesIO(taken.packed({"LICENSE": b"Free."}))).extractall(tmp_path / "project")
    assert (tmp_path / "project" / taken.path.stem / "LICENSE").read_bytes() == b"Free."
    flat = tmp_path / "project" / ("" if path == "cpu" else taken.path.stem)
    here = tmp_path if where == "in a package" else flat
    name = ".".join([*flat.relative_to(tmp_path).parts, module]) if where == "in a package" else module
    done = run(here, f"from {name} import *\nassert {holds}")
    assert done.returncode == 0, done.stderr


def test_a_zip_has_the_same_bytes_whenever_and_in_whatever_order_it_is_made(source, monkeypatch):
    before = take(source / "unit/b.py", source).packed()
    monkeypatch.setattr("time.time", lambda: 2e9)
    for path in source.rglob("*.*"):
        path.touch()
    assert take(source / "unit/b.py", source).packed() == before
    entries = zipfile.ZipFile(io.BytesIO(before)).infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time[0] for entry in entries} == {1980}


@pytest.mark.parametrize("line, says", [
    ("this file and gone.py", r"unit/b.py: its To copy line names gone.py, which is not there"),
    ("this file and gone/", r"unit/b.py: its To copy line names gone/, which is not there"),
])
def test_a_companion_that_is_not_there_is_an_error_that_names_the_module(source, line, says):
    (source / "unit/b.py").write_text(f'"""B.\n\nTo copy: {line}.\n"""\n')
    with pytest.raises(TakeError, match=says):
        take(source / "unit/b.py", source)


def test_what_cannot_be_taken_whole_or_made_portable_is_an_error_that_names_the_file(source):
    with pytest.raises(TakeError, match="unit/kernels/__init__.py does not say `To copy: this folder`"):
        take(source / "unit/kernels", source)
    (source / "unit/a.py").write_text("import re; from . import b\n")
    with pytest.raises(TakeError, match="unit/a.py, line 1: a relative import stands"):
        take(source / "unit/a.py", source)
