"""Listings of Python: a dotted name is found in the syntax tree of its module."""

import ast
import difflib
import re

from ..files import Remembering
from ..imports import parsed, readable
from . import Listing

cut_out = Remembering(None)    # pieces of modules: see cut


def find(name, inside, root, source):
    """The Listing of a dotted name under root/source."""
    if inside:
        raise LookupError(f"a name in a module is written with a dot, {name}.{inside}")
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        stem = root.joinpath(source, *parts[:length])
        path = stem.with_suffix(".py") if stem.with_suffix(".py").is_file() else stem / "__init__.py"
        if path.is_file():
            break
    else:
        raise LookupError(f"no module in {source} begins {name!r}")
    text, shown_path = readable(path, root), path.relative_to(root)
    if length == len(parts):
        return Listing(shown_path, 1, text.rstrip().count("\n") + 1, text.rstrip(), path.name, "python")
    title = ".".join(parts[length:])
    first, last, shown = cut_out.known([text, title], lambda: cut(text, parts, length, path))
    return Listing(shown_path, first, last, shown, title, "python")


def cut(text, parts, length, path):
    """The first line, the last one and the text of what a dotted name is in a module's text; the name of the
    module has so many of its parts."""
    nodes, lines = [parsed(text)], text.rstrip().split("\n")    # as the parser counts them
    for depth, part in enumerate(parts[length:], length):
        known = definitions(nodes[-1])
        if part not in known:
            others = [other.stem for other in path.parent.glob("*.py") if path.stem == "__init__"]
            near = difflib.get_close_matches(part, [*known, *others], 1, 0) or ["nothing"]
            raise LookupError(f"no {part!r} in {'.'.join(parts[:depth])}; the nearest is {near[0]!r}")
        nodes = known[part]
    return first_line(nodes[0]), nodes[-1].end_lineno, "\n\n".join(dedented(lines, node) for node in nodes)


def first_line(node):
    return min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])


def dedented(lines, node):
    """The lines of a node, moved left by as much as its first one is indented.

    A form feed before the indentation, where a page begins in print, counts for nothing, as in Python.
    """
    shown = lines[first_line(node) - 1 : node.end_lineno]
    indent = len(re.match(r"(?:[ \t]*\f)*([ \t]*)", shown[0])[1])
    if not indent:
        return "\n".join(shown)
    return "\n".join(re.sub(rf"^(?:[ \t]*\f)*[ \t]{{1,{indent}}}", "", line) for line in shown)


def definitions(node):
    """The names that a module's or class's body defines: {name: its nodes}.

    A name has more than one node where one builds on another, as a property and its setter do, and as
    f = jit(f) does on def f.
    """
    found = {}
    for child in getattr(node, "body", []):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            earlier = found.get(child.name, []) if extends_itself(child) else []
            found[child.name] = [*earlier, child]
        elif isinstance(child, (ast.Assign, ast.AnnAssign)):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for name in [target.id for target in targets if isinstance(target, ast.Name)]:
                found[name] = [*(found.get(name, []) if name in names_in(child.value) else []), child]
        elif isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
            found[child.target.id] = [*found.get(child.target.id, []), child]
    return found


def extends_itself(node):
    """Whether a decorator is made from what had the name before: @size.setter above def size."""
    return any(node.name in names_in(decorator) for decorator in node.decorator_list)


def names_in(expression):
    return {node.id for node in ast.walk(expression) if isinstance(node, ast.Name)} if expression else set()
