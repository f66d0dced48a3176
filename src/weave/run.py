"""Which cells of a chapter run in its page, and what the page needs for that (assets/run).

A cell runs there unless it imports what is neither Python's own library, nor a package with a stand-in, nor a
module of the book that can itself be imported there; unless it uses a name that such a cell made; and unless
the chapter's front matter keeps it, by a piece of its code, and says why:

    stays:
      range(100_000): A chain of this length is deeper than the stack of a browser.

Python for the page is npm's package pyodide, with a library that slim.mjs makes of its own.  Without the
package, or without node, pages stay as they are.
"""

import ast
import functools
import gzip
import hashlib
import html
import json
import logging
import subprocess
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError

from .chapter import markdown
from .files import Remembering, bytes_of
from .imports import Modules, dotted, imported, imported_by, imported_by_chapter, lines_of
from .names import events
from .site import find_node
from .take import inner_statements, parsed

log = logging.getLogger("mkdocs.plugins.weave")
PYODIDE = Path(__file__).parents[2] / "node_modules" / "pyodide"
PYTHON = ["pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"]
GRAPHVIZ = PYODIDE.with_name("@viz-js") / "viz/dist/viz.js"    # which draws for the stand-in of its package
SLIM = Path(__file__).with_name("slim.mjs")
FOLDER = "assets/run"    # of the weave, and of the site
ASSETS = Path(__file__).with_name("assets") / "run"
STANDINS = {path.stem for path in (ASSETS / "standins").glob("*.py")}
SHOWING = {"IPython", "matplotlib"}    # packages that show what was computed
HEAVY = STANDINS & sys.stdlib_module_names    # of Python's library, what modules import and hardly use
ABSENT = frozenset("""curses dbm ensurepip grp idlelib msvcrt nt pwd pydoc_data readline resource syslog
    tkinter turtle turtledemo venv winreg winsound""".split())    # of Python's library, in Pyodide
LIBRARY = """abc array ast base64 bisect calendar cmath codecs collections contextlib copy csv datetime
    decimal dis encodings.cp1252 encodings.latin_1 encodings.utf_16 encodings.utf_16_be encodings.utf_16_le
    encodings.utf_32 encodings.utf_32_be encodings.utf_32_le encodings.utf_8_sig enum fractions functools gc
    hashlib heapq inspect io itertools json linecache math numbers operator os pathlib pprint random re
    secrets statistics string struct textwrap time timeit tokenize traceback types typing unicodedata
    warnings weakref""".split()
of_chapters = Remembering(None)    # what is known of each chapter's cells: see known


class Runner:
    """What a build knows about cells that run: the parts of Python, and what each chapter needs.

    root is the book's folder, source that of its modules under it, and folder is where the library is kept.
    """

    def __init__(self, root, source, folder):
        self.library, self.folder, self.chapters = Library(root, source), Path(folder), {}
        self.lacks = {}    # of a chapter without buttons, the packages that a page cannot have
        self.more = set()    # of Python's library, what others than chapters need

    def add(self, chapter):
        """Look at a chapter; it gets its buttons if more than half of its cells run.  Raises WeaveError."""
        found = known(chapter, self.library)
        shown = [mark for mark in found["marks"] if mark not in "q-"]
        if shown.count("r") > len(shown) / 2:
            self.chapters[chapter.name] = found
        elif shown:
            self.lacks[chapter.name] = found["lacks"]

    @functools.cached_property
    def files(self):
        """{address under the site: path} of all that pages load once a cell runs, but for their own files."""
        if not self.chapters and not self.more:
            return {}
        modules = self.more.union(*(found["python"] for found in self.chapters.values()))
        files = [*((name, PYODIDE / name) for name in PYTHON), ("viz.js", GRAPHVIZ),
                 ("python.zip", standard_library(self.folder, modules)),
                 *((path.relative_to(ASSETS).as_posix(), path) for path in ASSETS.rglob("*.*"))]
        return {f"{FOLDER}/{name}": path for name, path in files if "__pycache__" not in path.parts}

    @functools.cached_property
    def sizes(self):
        """{address: (bytes, bytes when compressed)} of Python."""
        names = [f"{FOLDER}/{name}" for name in [*PYTHON, "python.zip"]]
        kept = self.folder / "sizes.json"
        key = [[name, self.files[name].stat().st_mtime_ns, self.files[name].stat().st_size] for name in names]
        told = json.loads(kept.read_text()) if kept.is_file() else {}
        if told.get("key") != key:
            contents = {name: self.files[name].read_bytes() for name in names}
            told = {"key": key, "sizes": {name: [len(content), len(gzip.compress(content, 9))]
                                          for name, content in contents.items()}}
            kept.write_text(json.dumps(told))
        return told["sizes"]

    @property
    def size(self):
        """That of Python, compressed, in words."""
        return f"{sum(packed for _, packed in self.sizes.values()) / 1e6:.1f} MB"

    def mark(self, chapter):
        """The element by which run.js knows what the blocks of code on the page are; empty if none runs."""
        found = self.chapters.get(chapter.name)
        if not found:
            return ""
        why = f' data-why="{html.escape("|".join(found["reasons"]))}"' if found["reasons"] else ""
        return f'<span hidden data-run="{found["marks"]}"{why} data-size="{self.size}"></span>'

    def pack(self, chapter, read, sources):
        """What the chapter's page fetches: a JSON with its cells, and {address: content} of modules and data.

        read are the files that the chapter read when it was executed; sources(path) is the text of a module
        as the site hands it out.
        """
        found, prefix = self.chapters[chapter.name], f"{self.library.source}/"
        names = {*found["files"], *(name for name in read if not name.startswith(prefix))}
        files = self.contents(names, sources)
        pack = {"cells": found["cells"], **self.parcel(files, found["standins"])}
        return json.dumps(pack, ensure_ascii=False), files

    def contents(self, names, sources):
        """{address: content} of the files among names, as the site hands them out."""
        root, prefix = self.library.root, f"{self.library.source}/"
        return {name: sources(root / name) if name.startswith(prefix) else bytes_of(root / name)
                for name in names if (root / name).is_file()}

    @functools.cached_property
    def info(self):
        return json.loads((PYODIDE / "pyodide-lock.json").read_text())["info"]

    def parcel(self, files, standins):
        """What worker.js is given to fetch Python and stand-ins with these files, {address: content}."""
        own = [f"{FOLDER}/cells.py", *(f"{FOLDER}/standins/{name}.py" for name in standins)]
        fetched = [f"{FOLDER}/pyodide.asm.wasm", f"{FOLDER}/python.zip"]    # and not imported
        size = sum(self.sizes[name][0] for name in fetched) + sum(map(len, files.values()))
        return {"files": [*own, *sorted(files)], "size": size, "info": self.info}


def known(chapter, library):
    """What build and page have to know of a chapter's cells, from the build before if nothing changed.

    marks has a letter for each block of code on the page, in order: r runs, q is folded, - is no cell, and a
    digit is the number, among reasons, of why it does not run: a sentence, or the package that it needs.
    cells are the cells; files the modules that they import, python those of Python's library, standins the
    packages that have one, and lacks those to compute with that a page cannot have.
    """
    given = [[[block.kind, block.text, block.role, *(cell.source for cell in block.cells)]
              for block in chapter.blocks], chapter.meta.get("stays"),
             [library.modules[0].digest(path)
              for path in library.closure(imported_by_chapter(chapter), library.every)]]
    return json.loads(of_chapters.known(given, lambda: json.dumps(looked_at(chapter, library))))


def looked_at(chapter, library):
    reasons = why(chapter, library)
    marks, told, cells, names = "", [], [], []
    for block in chapter.blocks:
        reason = reasons.get(block, "")
        if block.kind == "prose":
            marks += "-" * sum(token.type == "fence" for token in markdown(block.text))
        if not block.code:
            continue
        if block.role == "shown" and reason:
            told += [reason] * (reason not in told)
            marks += str(told.index(reason))
        else:
            marks += {"shown": "r", "quiet": "q", "check": ""}[block.role]
        cell = {"code": block.text, "role": block.role, "why": reason}
        if "alt" in block.options:
            cell["alt"] = block.options["alt"].source
        cells.append({key: value for key, value in cell.items() if value})
        names += [] if reason else imported_by(block.code.tree)
    files = library.closure(names)
    used = {*names, *(name for path in files for name in library.possible(path))}
    return {"marks": marks, "reasons": told, "cells": cells,
            "lacks": sorted({*library.lacking(imported_by_chapter(chapter))} - SHOWING),
            "files": [path.relative_to(library.root).as_posix() for path in files],
            "python": sorted(filter(library.is_python, used)),
            "standins": sorted(STANDINS & {name.partition(".")[0] for name in used})}


def why(chapter, library):
    """{block: why its cell does not run in the page, empty if it does}."""
    kept, found, made = stays(chapter), {}, {}    # made: by name, the reason of the cell that made it last
    for block in chapter.blocks:
        if not block.code:
            continue
        done = list(events(block.code.tree))
        found[block] = kept.get(block) or reason_of(block.code, done, made, library)
        made |= {event.name: found[block] for event in done if event.what == "make"}
    return found


def stays(chapter):
    """{block: reason} of the cells that the front matter keeps out of the page."""
    found = {}
    for piece, reason in (chapter.meta.get("stays") or {}).items():
        blocks = [block for block in chapter.blocks if block.code and str(piece) in block.text]
        if not blocks:
            line = next((n for n, line in enumerate(chapter.lines, 1) if str(piece) in line), 1)
            raise chapter.error(line, f"`stays:` keeps {piece!r} out of the page, which is in no cell; copy "
                                "a piece of the cell's code")
        found |= dict.fromkeys(blocks, str(reason))
    return found


def reason_of(cell, done, made, library):
    try:
        ast.parse(cell.source)
    except SyntaxError:
        return "IPython"
    missing = filter(None, map(library.missing, imported_by(cell.tree)))
    return next(missing, "") or next((made[name] for name in borrowed(done) if made.get(name)), "")


def borrowed(done):
    """The names, of the events of a cell, that it has from cells before it."""
    own, at_last = set(), {event.name for event in done if event.what == "make"}
    for event in done:
        if event.what == "make":
            own.add(event.name)
        elif event.name not in (at_last if event.what == "later" else own):
            yield event.name


class Library:
    """What can be imported in the page: Python's library, stand-ins, and the book's modules.

    These are under root/source, and under root, where chapters are executed.
    """

    def __init__(self, root, source="src"):
        self.root, self.source = Path(root), source
        self.modules = [Modules(root, source), Modules(root, ".")]
        for method in (self.own, self.missing, self.every, self.possible, self.at_once):
            setattr(self, method.__name__, functools.cache(method))

    def is_python(self, name):
        top = name.partition(".")[0]
        return top in sys.stdlib_module_names and top not in ABSENT

    def own(self, name):
        """The files that importing a dotted name of the book runs."""
        return next(filter(None, (modules.named(name) for modules in self.modules)), [])

    def missing(self, name):
        """The package for which a dotted name cannot be imported in the page; empty if it can."""
        return next(iter(self.lacking([name])), "")

    def lacking(self, names):
        """The packages for which these cannot be imported there, each once."""
        needs = [*names, *(each for path in self.closure(names, self.at_once) for each in self.at_once(path))]
        tops = {each: each.partition(".")[0] for each in needs}
        return list(dict.fromkeys(top for each, top in tops.items() if not (
            self.is_python(each) or top in STANDINS or self.own(each))))

    def closure(self, names, of=None):
        """The files that importing these dotted names runs; of(path) gives the names that a module imports.

        By default these are all that can be imported, in functions as well.
        """
        of = of or self.possible
        found, waiting = {}, [path for name in names for path in self.own(name)]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found[path] = None
                waiting += [each for name in of(path) for each in self.own(name)]
        return sorted(found)

    def every(self, path):
        """The dotted names that a module imports, anywhere; all of its package, if it computes a name."""
        text, package = self.modules[0].text(path), self.package(path)
        beside = sorted(path.parent.rglob("*.py")) if "import_module(f" in text else ()
        return [*imported(text, package), *(".".join([*self.package(each), each.stem]) for each in beside)]

    def possible(self, path):
        return [name for name in self.every(path) if not self.missing(name)]

    def at_once(self, path):
        """The dotted names that a module imports when it is imported itself, if it cannot do without them."""
        return dotted(needed(parsed(self.modules[0].text(path))), self.package(path))

    def package(self, path):
        """Where a module lives, as a tuple of names."""
        top = self.root / self.source
        return path.parent.relative_to(top if path.is_relative_to(top) else self.root).parts


def needed(node):
    """The imports of a tree, as imports.lines_of has them, but for those in functions and those in try."""
    for child in inner_statements(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield from lines_of(ast.Module([child], []))
        elif not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Try)):
            yield from needed(child)


def standard_library(folder, modules):
    """The zip of Python's library with these modules and those of LIBRARY, kept by what it is made of."""
    wanted = sorted({*LIBRARY, *modules})
    made_of = [SLIM.read_text(), (PYODIDE / "package.json").read_text(), wanted, sorted(HEAVY)]
    made = Path(folder, f"{hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:20]}.zip")
    if not made.is_file():
        made.parent.mkdir(parents=True, exist_ok=True)
        unfinished = made.with_suffix(".part")
        done = subprocess.run([find_node(), SLIM, PYODIDE, unfinished, ",".join(sorted(HEAVY)), *wanted],
                              text=True, capture_output=True)
        if done.returncode:
            raise PluginError("node could not make the Python for pages: `make env` installs a newer node, "
                              f"and a book without `run: true` needs none\n{done.stderr[-500:]}")
        for old in made.parent.glob("*.zip"):
            old.unlink()
        unfinished.replace(made)
    return made


def is_possible():
    """Whether cells can run here; if not, what is missing is said."""
    if (PYODIDE / "package.json").is_file() and GRAPHVIZ.is_file() and find_node():
        return True
    log.info("weave: no cell will run in its page, which takes node and, in node_modules, pyodide: "
             "`make env` installs them")
    return False
