"""What the site hands out works where it is put, imports flow one way, and names lead somewhere."""

import multiprocessing
import re
from pathlib import Path

import pytest
import yaml

import doctests
from weave.imports import imported
from weave.take import companions, docstring, take

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
MODULES = sorted(path for path in (SOURCE / "scratch").rglob("*.py") if not path.name.startswith("__"))
OUTSIDE = {"weave", "lab", "docs", "tests", "benchmarks", "labs"}
MAY_USE = {"torch": "cuda",    # a unit, and the one that it may import: for a backend and its importer,
           "cli": "bpe"}       # and for a program, which nobody copies, on texts
AFRESH = multiprocessing.get_context("forkserver")    # copies of a process that has imported no more than
AFRESH.set_forkserver_preload(["doctest", "pyopencl", "torch", "torch._dynamo"])


def handed_out():
    """{what the site hands out, a module or a folder: the modules in it whose doctests it runs}."""
    found = {}
    for module in MODULES:
        if taken := take(module, SOURCE):
            found.setdefault(taken.path, []).append(module)
    return found


TAKEN = handed_out()


def copied(path, modules, source, folder, package=False):
    """Run the doctests of modules in a new folder with what is handed out for path, and nothing else
    -> what they say of failures."""
    taken = take(path, source)
    for name, content in taken.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    above = path.parent    # of the module, or of the folder
    names = [".".join(module.relative_to(above).with_suffix("").parts) for module in modules]
    here = folder.parent if package else folder
    names = [f"{folder.name}.{name}" for name in names] if package else names
    said = folder.with_name("said.txt")
    process = AFRESH.Process(target=doctests.run, args=(names, here, said))
    process.start()
    process.join()
    return said.read_text(encoding="utf-8") + f"ended with {process.exitcode}\n" * (process.exitcode != 0)


@pytest.mark.parametrize("package", [False, True], ids=["folder", "package"])
@pytest.mark.parametrize("path", TAKEN, ids=lambda path: str(path.relative_to(SOURCE / "scratch")))
def test_what_the_site_hands_out_passes_its_doctests(path, package, tmp_path):
    assert copied(path, TAKEN[path], SOURCE, tmp_path / "project", package) == ""


def test_every_module_is_handed_out_unless_it_belongs_to_a_program():
    taken = {module for modules in TAKEN.values() for module in modules}
    left = [module for module in MODULES if module not in taken]
    assert len(taken) > 60 and [module for module in left if take(module, SOURCE)] == []
    assert all(companions(path) or "To copy: this" in docstring(path if path.suffix else path / "__init__.py")
               for path in TAKEN)


@pytest.mark.parametrize("example, source, complaint", [
    (">>> 1 + 1\n2", "import scratch.unit.b", "scratch"),
    (">>> 1 + 1\n2", "from .b import c", "No module named 'b'"),
    (">>> 1 + 1\n3", "", "Expected:"),
    ("none", "", "no doctests"),
])
def test_a_module_that_does_not_work_alone_is_found(tmp_path, example, source, complaint):
    module = tmp_path / "a.py"
    module.write_text(f'"""A.\n\n{example}\n\nChapter: docs/a.md.  To copy: this file alone.\n"""\n'
                      f"{source}\n")
    (tmp_path / "b.py").write_text("c = 1\n")
    assert complaint in copied(module, [module], tmp_path, tmp_path / "empty")


def wrong_imports(root):
    """Imports in src/scratch that lead out of it, or from one unit (a folder) into another; but torch may
    compute with cuda, and a program read texts with bpe."""
    for module in sorted((root / "src/scratch").rglob("*.py")):
        package = module.relative_to(root / "src").parts[:-1]
        known = {*package, *(MAY_USE[unit] for unit in package if unit in MAY_USE)}
        for name in imported(module.read_text(encoding="utf-8"), package):
            top, inner, *_ = [*name.split("."), ""]
            if top in OUTSIDE or top == "scratch" and inner not in known and len(package) > 1:
                yield f"{module.relative_to(root)} imports {name}"


def test_imports_flow_one_way():
    assert not list(wrong_imports(ROOT))


def test_an_import_against_the_flow_is_found(tmp_path):
    unit = tmp_path / "src/scratch/unit"
    unit.mkdir(parents=True)
    (unit / "right.py").write_text("import math\nfrom . import left\nfrom scratch.unit import left")
    (unit / "wrong.py").write_text("import weave.svg\nfrom scratch.other.a import b\n"
                                   "def f():\n    from ..third import c\n")
    (tmp_path / "src/scratch/torch").mkdir()
    (tmp_path / "src/scratch/torch/a.py").write_text("from ..cuda import b\nfrom ..bpe import c\n")
    path = "src/scratch/unit/wrong.py"
    assert list(wrong_imports(tmp_path)) == [
        "src/scratch/torch/a.py imports scratch.bpe.c",
        f"{path} imports weave.svg", f"{path} imports scratch.other.a.b",
        f"{path} imports scratch.third.c"]


def chapter_of(path):
    """What the docstring of a module or a folder says: `Chapter: docs/a.md.`"""
    says = docstring(path / "__init__.py" if path.is_dir() else path)
    match = re.search(r"\bChapter: (docs/\S+\.md)\.", says)
    assert match and "To copy: this" in says, f"{path}: its docstring says no `Chapter: ….  To copy: this …`"
    return match[1]


def wrong_names(root):
    """Where chapters (`modules:` above their text), modules and tests do not name each other."""
    named, source = {}, root / "src"
    for path in sorted((root / "docs").rglob("*.md")):
        chapter, text = path.relative_to(root).as_posix(), path.read_text(encoding="utf-8")
        header = yaml.safe_load(text.split("---")[1]) if text.startswith("---\n") else {}
        if "jupyter" in header:
            named[chapter] = header.get("modules")
            if named[chapter] is None:
                yield f"{chapter} has no `modules: [scratch.…]` above its text"
        for name in named.get(chapter) or []:
            stem = source / name.replace(".", "/")
            if not (stem.with_suffix(".py").exists() or (stem / "__init__.py").exists()):
                yield f"{chapter} names {name}, which does not exist"
    for path in sorted((source / "scratch").rglob("*.py")):
        if path.name.startswith("__"):
            continue
        name = ".".join(path.relative_to(source).with_suffix("").parts)
        if taken := take(path, source):
            whole = ".".join(taken.path.relative_to(source).with_suffix("").parts)
            chapter = chapter_of(taken.path)
            if whole not in (named.get(chapter) or []):
                yield f"{whole} names {chapter}, which does not name it"
        test = f"tests/{path.parent.relative_to(source / 'scratch')}/test_{path.name}"
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
    assert chapter_of(tmp_path / "src/scratch/u/b.py") == "docs/b.md"
    assert list(wrong_names(tmp_path)) == [
        "docs/a.md names scratch.u.gone, which does not exist",
        "docs/b.md has no `modules: [scratch.…]` above its text",
        "scratch.u.b names docs/b.md, which does not name it",
        "scratch.u.b has no tests/u/test_b.py"]
