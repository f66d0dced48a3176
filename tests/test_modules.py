"""A module works where it is copied, imports one way, and its chapter names it as it names it."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from weave.cache import imported

ROOT = Path(__file__).resolve().parents[1]
SCRATCH = ROOT / "src/scratch"
PROGRAMS = {path.parent for path in SCRATCH.rglob("__init__.py")
            if "A program, not to copy" in path.read_text(encoding="utf-8")}
MODULES = sorted(path for path in SCRATCH.rglob("*.py")
                 if not path.name.startswith("__") and path.parent not in PROGRAMS)
OUTSIDE = {"weave", "docs", "tests", "benchmarks", "labs"}
DOCTESTS = """
import doctest, importlib, sys
sys.modules["scratch"] = None    # importing the book's own copy is an error
failed, tried = doctest.testmod(importlib.import_module(sys.argv[1]))
sys.exit(failed or ("no doctests" if not tried else 0))
"""


def chapter_and_companions(module):
    """What the docstring says in `Chapter: docs/a.md.  To copy: this file, b.py and c.cu.`"""
    docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
    match = re.search(r"Chapter: (docs/\S+\.md)\.\s+To copy: this file\b([^\n]*(?:\n\S[^\n]*)*)",
                      docstring)
    assert match, f"{module.name}: its docstring says no `Chapter: ….  To copy: this file …`"
    return match[1], re.findall(r"[\w/]+\.\w+", match[2])


def copied(module, folder, package=False):
    """Run module's doctests in a new folder that holds it, its companions and nothing else."""
    folder.mkdir()
    for name in [module.name, *chapter_and_companions(module)[1]]:
        shutil.copy(module.parent / name, folder)
    here, name = folder, module.stem
    if package:
        here, name = folder.parent, f"{folder.name}.{module.stem}"
    return subprocess.run([sys.executable, "-c", DOCTESTS, name], cwd=here,
                          capture_output=True, text=True)


@pytest.mark.parametrize("package", [False, True], ids=["folder", "package"])
@pytest.mark.parametrize("module", MODULES, ids=lambda path: f"{path.parent.name}.{path.stem}")
def test_a_copied_module_passes_its_doctests(module, package, tmp_path):
    run = copied(module, tmp_path / "project", package)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("example, source, complaint", [
    (">>> 1 + 1\n2", "import scratch.unit.b", "scratch"),
    (">>> 1 + 1\n2", "from b import c", "No module named 'b'"),
    (">>> 1 + 1\n3", "", "Expected:"),
    ("none", "", "no doctests"),
])
def test_a_module_that_does_not_work_alone_is_found(tmp_path, example, source, complaint):
    module = tmp_path / "a.py"
    module.write_text(f'"""A.\n\n{example}\n\nChapter: docs/a.md.  To copy: this file alone.\n"""\n'
                      f"{source}\n")
    (tmp_path / "b.py").write_text("c = 1\n")
    run = copied(module, tmp_path / "empty")
    assert run.returncode != 0 and complaint in run.stdout + run.stderr


def wrong_imports(root):
    """Imports in src/scratch that lead out of it, or from one unit (a folder) into another."""
    for module in sorted((root / "src/scratch").rglob("*.py")):
        package = module.relative_to(root / "src").parts[:-1]
        for name in imported(module.read_text(encoding="utf-8"), package):
            top, inner, *_ = [*name.split("."), ""]
            if top in OUTSIDE or top == "scratch" and inner not in package:
                yield f"{module.relative_to(root)} imports {name}"


def test_imports_flow_one_way():
    assert not list(wrong_imports(ROOT))


def test_an_import_against_the_flow_is_found(tmp_path):
    unit = tmp_path / "src/scratch/unit"
    unit.mkdir(parents=True)
    (unit / "right.py").write_text("import math\nfrom . import left\nfrom scratch.unit import left")
    (unit / "wrong.py").write_text("import weave.svg\nfrom scratch.other.a import b\n"
                                   "def f():\n    from ..third import c\n")
    path = "src/scratch/unit/wrong.py"
    assert list(wrong_imports(tmp_path)) == [
        f"{path} imports weave.svg", f"{path} imports scratch.other.a.b",
        f"{path} imports scratch.third.c"]


def wrong_names(root):
    """Where chapters (`modules:` above their text), modules and tests do not name each other."""
    named = {}
    for path in sorted((root / "docs").rglob("*.md")):
        chapter, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        header = yaml.safe_load(text.split("---")[1]) if text.startswith("---\n") else {}
        if "jupyter" in header:
            named[chapter] = header.get("modules")
            if named[chapter] is None:
                yield f"{chapter} has no `modules: [scratch.…]` above its text"
        for name in named.get(chapter) or []:
            if not (root / "src" / f"{name.replace('.', '/')}.py").exists():
                yield f"{chapter} names {name}, which does not exist"
    for path in sorted((root / "src/scratch").rglob("*.py")):
        if path.name.startswith("__") or path.parent in PROGRAMS:
            continue
        name = ".".join(path.relative_to(root / "src").with_suffix("").parts)
        chapter, _ = chapter_and_companions(path)
        if name not in (named.get(chapter) or []):
            yield f"{name} names {chapter}, which does not name it"
        test = f"tests/{path.parent.relative_to(root / 'src/scratch')}/test_{path.name}"
        if not (root / test).exists():
            yield f"{name} has no {test}"


def test_chapters_modules_and_tests_name_each_other():
    assert not list(wrong_names(ROOT))


def test_a_name_that_leads_nowhere_is_found(tmp_path):
    for path, text in {
        "docs/index.md": "# Not a chapter",
        "docs/a.md": "---\njupyter: {}\nmodules: [scratch.u.a, scratch.u.gone]\n---\n",
        "docs/b.md": "---\njupyter: {}\n---\n",
        "src/scratch/u/a.py": '"""A.\n\nChapter: docs/a.md.  To copy: this file alone.\n"""',
        "src/scratch/u/b.py": '"""B.\n\nChapter: docs/b.md.  To copy: this file and\na.py.\n"""',
        "tests/u/test_a.py": "",
    }.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert chapter_and_companions(tmp_path / "src/scratch/u/b.py") == ("docs/b.md", ["a.py"])
    assert list(wrong_names(tmp_path)) == [
        "docs/a.md names scratch.u.gone, which does not exist",
        "docs/b.md has no `modules: [scratch.…]` above its text",
        "scratch.u.b names docs/b.md, which does not name it",
        "scratch.u.b has no tests/u/test_b.py"]
