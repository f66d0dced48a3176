"""Which modules a piece of code imports, found without running it, and which files that means."""

import ast
import functools
from pathlib import Path


def closure(names, root, source="src"):
    """The files of the modules under root/source by these dotted names, and of all that they import."""
    source, found, waiting = Path(root) / source, set(), list(names)
    while waiting:
        for path in module_files(waiting.pop().split("."), source):
            if path not in found:
                found.add(path)
                waiting += imported(path.read_text(encoding="utf-8"), path.relative_to(source).parts[:-1])
    return sorted(found)


parsed = functools.lru_cache(1024)(ast.parse)    # a module is asked for its imports, listings and companions


@functools.lru_cache(1024)
def imported(text, package=()):
    """The dotted names that a module's text imports; package is where it lives, as a tuple of names."""
    return imported_by(parsed(text), package)


def imported_by(tree, package=()):
    names = []
    for node in statements(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *([node.module] if node.module else [])])
            names += [f"{base}.{alias.name}" for alias in node.names]
    return names


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
