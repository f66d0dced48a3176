"""Which modules a piece of code imports, found without running it, and which files that means."""

import ast
import functools
import tokenize
from pathlib import Path

from . import WeaveError
from .take import parsed


def closure(names, root, source="src"):
    """The files of the modules under root/source by these dotted names, and of all that they import."""
    source, found, waiting, asked = Path(root) / source, set(), {*names}, set()
    own = {path.stem for path in source.iterdir()} if source.is_dir() else set()
    while waiting:
        name = waiting.pop()
        asked.add(name)
        for path in module_files(name.split("."), source):
            if path not in found:
                found.add(path)
                text, _ = module(path, root)
                more = imported(text, path.relative_to(source).parts[:-1])
                waiting.update(name for name in more if name.partition(".")[0] in own)
        waiting -= asked
    return sorted(found)


def module(path, root):
    """The text and the syntax tree of a module's file.  WeaveError, with its line, if it is not Python."""
    try:
        with tokenize.open(path) as file:    # as Python reads it: with its encoding, if it names one
            text = file.read()
    except (SyntaxError, UnicodeDecodeError) as error:
        raise WeaveError(path.relative_to(root), 1, f"not Python: {error}") from None
    try:
        return text, parsed(text)
    except (SyntaxError, ValueError) as error:    # ValueError for a NUL
        line = getattr(error, "lineno", None) or text.count("\n", 0, text.find("\0") + 1) + 1
        source = text.split("\n")[line - 1 : line] or [""]
        raise WeaveError(path.relative_to(root), line, f"not Python: {getattr(error, 'msg', error)}",
                         source[0]) from None


def unreadable(root, source="src"):
    """The errors of the modules under root/source that are not Python."""
    for path in sorted((Path(root) / source).rglob("*.py")):
        try:
            module(path, root)
        except WeaveError as error:
            yield error


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
