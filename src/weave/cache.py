"""Keep what executing a chapter gave for as long as nothing that it depends on changes.

An entry is one JSON file, .cache/weave/<chapter>/<digest of its content>.json: each cell, by its
digest, with what it gave, and the manifest of what else that came from: the project's modules that
the chapter imports (found statically, with everything those import), the files it read, the
variables set for it, its `jupyter:` header and which files may have one, and the versions of Python
and the packages.  Of a module, what Python executes counts, and neither comments nor docstrings, unless
the chapter can have seen its text (texts.py).  Entries are written to a temporary file and renamed, so
that a build killed at any moment loses nothing; one that does not match its own name is reported and
dropped.
"""

import difflib
import functools
import hashlib
import importlib.metadata
import json
import logging
import platform
import shutil
import subprocess
from pathlib import Path

from .files import Remembering, write_atomically
from .imports import Modules, imported_by_chapter, module
from .texts import program, shows_texts

log = logging.getLogger("mkdocs.plugins.weave")
KEPT = 5                                                  # entries per chapter: the newest
FORMAT = 4                                                # of an entry; others are not looked at
MACHINERY = ["chapter.py", "copies.py", "execute.py", "kernel.py", "original.py",
             "matplotlibrc"]    # they shape every output


class Cache:
    """The results of chapters, for one build: a module is read once, and an edit meanwhile counts next time.

    root is the book's folder; environment are the variables in its settings, and patterns what they say
    about which files may be chapters.
    """

    def __init__(self, root=".", environment=None, patterns=None):
        self.root = Path(root).resolve()
        self.folder = self.root / ".cache" / "weave"
        self.made = self.folder / "made"    # what was computed from results: see remembered
        self.environment = dict(environment or {})
        self.patterns = dict(patterns or {})
        self.modules = functools.cache(functools.partial(Modules, self.root))    # in a folder of the book
        self.digest = functools.cache(lambda path: digest(self.root / path))
        self.read = {}    # of each chapter that was loaded or stored: the files that it reads

    def load(self, chapter):
        """Give the chapter's cells their results, if those are still true; whether they are."""
        modules = self._modules(chapter)
        for entry in self._entries(chapter):
            if not self._changes(chapter, entry, modules):
                for cell, kept in zip(chapter.cells, entry["cells"], strict=True):
                    cell.result = kept
                self._note_read(chapter, entry)
                return True
        return False

    def load_earlier(self, chapter):
        """Give the cells that the newest results are of their outputs; whether there are any."""
        for entry in self._entries(chapter):
            now = [digest_of(cell) for cell in chapter.cells]
            then = [cell["digest"] for cell in entry["cells"]]
            same = difflib.SequenceMatcher(None, now, then, autojunk=False).get_matching_blocks()
            for here, there, count in same:
                for cell, kept in zip(chapter.cells[here:here + count], entry["cells"][there:], strict=False):
                    cell.result = kept
            self._note_read(chapter, entry)
            return len(same) > 1    # the last one is empty
        return False

    def key(self, chapter):
        """A text that is another one whenever the chapter's code, or a module's that it imports, is."""
        modules = self._programs(chapter, self._modules(chapter))
        return json.dumps([[digest_of(cell) for cell in chapter.cells], modules, self._header(chapter)])

    def why_stale(self, chapter):
        """What changed since the chapter was last executed, in words; empty if it is fresh."""
        modules = self._modules(chapter)
        reasons = [self._changes(chapter, entry, modules) for entry in self._entries(chapter)]
        if [] in reasons:
            return []
        return reasons[0] if reasons else ["it has never been executed"]

    def store(self, chapter, inputs):
        """Keep the results in the chapter's cells; inputs is what the kernel says it read (kernel.inputs)."""
        versions = dict(inputs["versions"])
        if "graphviz" in versions:
            versions["dot"] = version("dot")
        modules = self._modules(chapter)
        seen = self._texts(chapter, modules, inputs)
        self.read[chapter.name] = sorted(path for path in inputs["files"] if path not in modules)
        content = json.dumps({
            "format": FORMAT,
            "cells": [{"digest": digest_of(cell), **cell.result} for cell in chapter.cells],
            "modules": modules,
            "programs": self._programs(chapter, modules),
            "files": {path: modules[path] for path in seen & modules.keys()}
                     | {path: digest(self.root / path) for path in inputs["files"] if path not in modules},
            "machinery": machinery(),
            "environment": self.environment,
            "header": self._header(chapter),
            "versions": versions,
        }, sort_keys=True)
        folder = self._folder(chapter)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{sha256(content.encode())}.json", content)
        for old in newest_first(folder)[KEPT:]:
            old.unlink(missing_ok=True)

    def remembered(self, name, source, make):
        """The text that make() gives for this source, from the build before if it was the same there.

        None, which make() may give for later, is not kept.
        """
        path = self.made / name
        key = sha256(f"{version('jupytext')}\n{source}".encode())
        known, _, text = path.read_bytes().decode().partition("\n") if path.is_file() else ("", "", "")
        if known != key:
            text = make()
            if text is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
                write_atomically(path, f"{key}\n{text}")
        return text

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _folder(self, chapter):
        return self.folder / chapter.path.with_suffix("")

    def _entries(self, chapter):
        for path in newest_first(self._folder(chapter)):
            content = path.read_bytes()
            if sha256(content) != path.stem:
                log.info("weave: dropped a damaged cache entry of %s; executing it again", chapter.name)
                path.unlink()
            elif (entry := json.loads(content)).get("format") == FORMAT:
                yield entry

    def _note_read(self, chapter, entry):
        self.read[chapter.name] = sorted(entry["files"].keys() - entry["modules"].keys())

    def _modules(self, chapter):
        modules = self.modules(chapter.source)
        return {str(path.relative_to(self.root)): modules.digest(path)
                for path in modules.closure(imported_by_chapter(chapter))}

    def _programs(self, chapter, modules):
        """{path: a digest of what Python executes of it} of some of the modules."""
        known = self.modules(chapter.source)
        return {path: program_of(known.text(self.root / path)) for path in modules}

    def _texts(self, chapter, modules, inputs):
        """The modules whose text, and not only what they do, the chapter can have seen."""
        sources = {path for path in {*modules, *inputs["files"]} if path.endswith(".py")}
        trees = [cell.tree for cell in chapter.cells]
        trees += [module(self.root / path, self.root)[1] for path in sorted(sources)]
        if inputs.get("texts") is None or any(map(shows_texts, trees)):
            return set(modules)
        own = [path for path in modules if shows_texts(module(self.root / path, self.root)[1], own=True)]
        return {*inputs["texts"], *own}

    def _header(self, chapter):
        return {"jupyter": chapter.meta.get("jupyter"), **self.patterns}

    def _changes(self, chapter, entry, modules):
        """Why an entry does not hold any more, given the modules as they are: sentences; empty if it does."""
        cells, kept = chapter.cells, entry["cells"]
        edited = next((cell for cell, then in zip(cells, kept) if digest_of(cell) != then["digest"]), None)
        changes = []
        if edited:
            changes.append(f"the code at line {edited.line} changed")
        elif len(cells) != len(kept):
            changes.append(f"it had {len(kept)} cells and has {len(cells)}")
        modules = dict(modules)
        others = [path for path in entry["programs"].keys() & modules.keys()
                  if modules[path] != entry["modules"][path]]
        for path, now in self._programs(chapter, others).items():
            if now == entry["programs"][path]:
                modules[path] = entry["modules"][path]
        for kind, before, current in [
            ("module", entry["modules"], modules),
            ("file", entry["files"], {path: self.digest(path) for path in entry["files"]}),
            ("weave's", entry["machinery"], machinery()),
            ("variable", entry["environment"], self.environment),
            ("header's", entry["header"], self._header(chapter)),
            ("version of", entry["versions"], {name: version(name) for name in entry["versions"]}),
        ]:
            changes += [f"{kind} {name} changed" for name in sorted(current.keys() | before.keys())
                        if current.get(name) != before.get(name)]
        return changes


def digest_of(cell):
    return sha256(f"{cell.role}:{cell.source}".encode())


@Remembering
def program_of(text):
    """A digest of what Python executes of a module."""
    return sha256(program(text).encode())


@functools.cache
def machinery():
    return {name: digest(Path(__file__).with_name(name)) for name in MACHINERY}


@functools.cache
def version(name):
    """The version of Python, of the dot program, or of a distribution; None if it is gone."""
    if name == "Python":
        return platform.python_version()
    if name == "dot":
        run = subprocess.run(["dot", "-V"], capture_output=True, text=True)
        return (run.stderr or run.stdout).strip()
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def digest(path):
    return sha256(path.read_bytes()) if path.is_file() else None


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def newest_first(folder, pattern="*.json"):
    return sorted(folder.glob(pattern), key=lambda path: path.stat().st_mtime_ns, reverse=True)
