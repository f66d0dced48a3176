"""A unit or a module of the book, with all that it needs, for a project of your own.

What is copied is what the book's site hands out (take.py): a module and its companions
work in a package and flat in a folder. A unit is a folder, and stays one. With either
come the licence and a test, which runs the examples in the docstrings.
"""

import difflib
from importlib import metadata
from pathlib import Path

from .take import FOLDER, PROGRAM, docstring, inside, take

PACKAGE = Path(__file__).resolve().parents[1]
DISTRIBUTION = "neural-networks-from-scratch"
LICENCE = "LICENSE-scratch"    # beside a project's own
TEST = '''"""Runs the examples of what `scratch copy {name}` copied.

    python -m pytest {file}, or python {file}
"""

import doctest
import importlib
import sys
from pathlib import Path

MODULES = [
{modules}
]


def test_the_examples_in_the_docstrings_are_true():
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    try:
        results = [doctest.testmod(importlib.import_module(each)) for each in MODULES]
    finally:
        sys.path.pop(0)
    assert not sum(result.failed for result in results)
    assert sum(result.attempted for result in results)


if __name__ == "__main__":
    test_the_examples_in_the_docstrings_are_true()
'''


def known():
    """{name: the first line of its docstring} of what there is to copy."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        within = path.relative_to(PACKAGE)
        says = [docstring(PACKAGE / each / "__init__.py") for each in within.parents]
        if path.name == "__init__.py":
            name, own = within.parent.as_posix(), says.pop(0)
            wanted = len(within.parts) == 2 or FOLDER.search(own)
        else:
            name = within.with_suffix("").as_posix()
            wanted = path.name != "__main__.py" and "/" in name
        belongs = any(PROGRAM.search(each) or FOLDER.search(each) for each in says)
        if wanted and not belongs and not PROGRAM.search(docstring(path)):
            found[name] = docstring(path).partition("\n")[0]
    return found


def asked(name):
    """A unit's or a module's name, however it is spelt -> the one that known() has."""
    plain = name.strip("/").removesuffix(".py").replace(".", "/")
    plain = plain.removeprefix("scratch/")
    names = known()
    if plain in names:
        return plain
    near = difflib.get_close_matches(plain, names, 1, 0.5)
    nearest = f"{near[0]} is the nearest, and " if near else ""
    raise ValueError(f"there is no {name} to copy; {nearest}`scratch copy --list` "
                     "shows what there is")


def handed_out(name):
    """{path in the project: bytes} of a unit or a module, with licence and test."""
    path = PACKAGE / name
    whole = path.is_dir()
    if whole:
        files = {f"{path.name}/{each}": text for each, text in inside(path).items()}
    else:
        files = dict(take(path.with_suffix(".py"), PACKAGE.parent).files)
    modules = [each.removesuffix(".py").replace("/", ".") for each in files
               if each.endswith(".py")] if whole else [path.name]
    test = f"test_{name.replace('/', '_')}.py"
    files[test] = TEST.format(name=name, file=test, modules="\n".join(
        f'    "{each.removesuffix(".__init__")}",' for each in modules)).encode()
    return {**files, LICENCE: licence().encode()}


def licence():
    """The text of the book's licence, which goes where its code goes."""
    try:
        text = metadata.distribution(DISTRIBUTION).read_text("licenses/LICENSE")
    except metadata.PackageNotFoundError:
        text = None
    return text or (PACKAGE.parents[1] / "LICENSE").read_text(encoding="utf-8")


def copy(name, folder, force=False):
    """Copy into a folder -> (paths that were written, paths that were there already).

    ValueError, before anything is written, for files that are there and differ.
    """
    folder = Path(folder)
    files = {folder / each: content for each, content in handed_out(name).items()}
    same = [path for path, content in files.items()
            if path.is_file() and path.read_bytes() == content]
    differ = [path for path in files if path.exists() and path not in same]
    if differ and not force:
        raise ValueError(f"{', '.join(map(str, differ))} would be changed; nothing was "
                         "copied (--force writes over what is there)")
    written = [path for path in files if path not in same]
    for path in written:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(files[path])
    return written, same
