"""Keep what executing a chapter gave for as long as nothing that it depends on changes.

An entry is one JSON file, .cache/weave/<chapter>/<digest of its content>.json, with the results
and the manifest of what they came from: the code cells, the project's modules that the chapter
imports (found statically, with everything those import), the files it read, and the versions of
Python and the packages.  Entries are written to a temporary file and renamed, so that a build
killed at any moment loses nothing; one that does not match its own name is reported and dropped.
"""

import ast
import functools
import hashlib
import importlib.metadata
import json
import logging
import platform
import shutil
import subprocess
from pathlib import Path

from .files import write_atomically

log = logging.getLogger("mkdocs.plugins.weave")
KEPT = 5                                                  # entries per chapter: the newest
MACHINERY = ["chapter.py", "execute.py", "kernel.py", "matplotlibrc"]    # they shape every output


class Cache:
    def __init__(self, root="."):
        self.root = Path(root).resolve()
        self.folder = self.root / ".cache" / "weave"

    def load(self, chapter):
        """The results of the chapter if they are still true, else None."""
        for entry in self._entries(chapter):
            if not self._changes(chapter, entry["manifest"]):
                return entry["results"]
        return None

    def why_stale(self, chapter):
        """What changed since the chapter was last executed, in words; empty if it is fresh."""
        reasons = [self._changes(chapter, entry["manifest"]) for entry in self._entries(chapter)]
        if [] in reasons:
            return []
        return reasons[0] if reasons else ["it has never been executed"]

    def store(self, chapter, results, inputs):
        """Keep results; inputs is what the kernel says it read (kernel.inputs)."""
        versions = dict(inputs["versions"])
        if "graphviz" in versions:
            versions["dot"] = version("dot")
        modules = self._modules(chapter)
        manifest = {
            "cells": cell_digests(chapter),
            "modules": modules,
            "files": {path: digest(self.root / path) for path in inputs["files"] if path not in modules},
            "machinery": machinery(),
            "versions": versions,
        }
        content = json.dumps({"manifest": manifest, "results": results}, sort_keys=True)
        folder = self._folder(chapter)
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / f"{sha256(content.encode())}.json", content)
        for old in newest_first(folder)[KEPT:]:
            old.unlink(missing_ok=True)

    def clean(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def _folder(self, chapter):
        return self.folder / chapter.path.with_suffix("")

    def _entries(self, chapter):
        for path in newest_first(self._folder(chapter)):
            content = path.read_bytes()
            if sha256(content) == path.stem:
                yield json.loads(content)
            else:
                log.info("weave: dropped a damaged cache entry of %s; executing it again", chapter.name)
                path.unlink()

    def _modules(self, chapter):
        code = "\n".join(cell.source for cell in chapter.cells)
        return {str(path.relative_to(self.root)): digest(path) for path in closure(code, self.root)}

    def _changes(self, chapter, manifest):
        """Why an entry does not hold any more, as sentences; empty if it does."""
        now, then = cell_digests(chapter), manifest["cells"]
        edited = [cell.line for cell, a, b in zip(chapter.cells, now, then) if a != b]
        changes = []
        if edited:
            changes.append(f"the code at line {edited[0]} changed")
        elif len(now) != len(then):
            changes.append(f"it had {len(then)} cells and has {len(now)}")
        for kind, before, current in [
            ("module", manifest["modules"], self._modules(chapter)),
            ("file", manifest["files"], {path: digest(self.root / path) for path in manifest["files"]}),
            ("weave's", manifest["machinery"], machinery()),
            ("version of", manifest["versions"], {name: version(name) for name in manifest["versions"]}),
        ]:
            changes += [f"{kind} {name} changed" for name in sorted(current.keys() | before.keys())
                        if current.get(name) != before.get(name)]
        return changes


def cell_digests(chapter):
    return [sha256(f"{cell.role}:{cell.source}".encode()) for cell in chapter.cells]


def machinery():
    return {name: digest(Path(__file__).with_name(name)) for name in MACHINERY}


def closure(code, root):
    """The files of the modules under root/src that code imports, and that those import."""
    found, waiting = set(), [(code, ())]
    while waiting:
        text, package = waiting.pop()
        for name in imported(text, tuple(package)):
            for path in module_files(name.split("."), Path(root) / "src"):
                if path not in found:
                    found.add(path)
                    parts = path.relative_to(Path(root) / "src").with_suffix("").parts
                    waiting.append((path.read_text(encoding="utf-8"), parts[:-1]))
    return sorted(found)


@functools.lru_cache(1024)
def imported(text, package):
    """The dotted names that a module's text imports; package is where it lives."""
    return list(imports(text, package))


def imports(text, package):
    lines = (line for line in text.splitlines() if not line.lstrip().startswith(("%", "!")))
    for node in statements(ast.parse("\n".join(lines))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def statements(node):
    """The statements in a node, at any depth; not their expressions, which are most of a tree."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield child
            yield from statements(child)


def module_files(parts, source):
    """The files that importing a dotted name runs: the packages above it, and its own."""
    for depth in range(1, len(parts) + 1):
        stem = source.joinpath(*parts[:depth])
        for path in (stem / "__init__.py", stem.with_suffix(".py")):
            if path.is_file():
                yield path


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


def newest_first(folder):
    return sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
