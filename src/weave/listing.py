"""The current source of an object, found by its dotted name and never imported.

    scratch.micrograd.engine                    a whole module
    scratch.micrograd.engine.Value.__mul__      a method, dedented
    scratch.makemore.data.BOUNDARY              a name bound at the top of a module
"""

import ast
import difflib
import functools
import textwrap
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Listing:
    path: Path     # of the module, under the root
    first: int     # lines, from 1, both included
    last: int
    text: str


def find(name, root="."):
    """The Listing of a dotted name under root/src.  LookupError, with what is there, if none."""
    source = Path(root) / "src"
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        path = source.joinpath(*parts[:length]).with_suffix(".py")
        if path.exists():
            break
    else:
        raise LookupError(f"no module in src begins {name!r}")
    text = path.read_text(encoding="utf-8")
    node, path = parsed(text), path.relative_to(root)
    if length == len(parts):
        return Listing(path, 1, text.count("\n"), text.rstrip())
    for depth, part in enumerate(parts[length:], length):
        inside = definitions(node)
        if part not in inside:
            near = difflib.get_close_matches(part, inside, 1, 0) or ["nothing"]
            raise LookupError(f"no {part!r} in {'.'.join(parts[:depth])}; the nearest is {near[0]!r}")
        node = inside[part]
    first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
    lines = text.splitlines()[first - 1 : node.end_lineno]
    return Listing(path, first, node.end_lineno, textwrap.dedent("\n".join(lines)))


parsed = functools.lru_cache(256)(ast.parse)    # a module has many listings, and each is asked for thrice


def definitions(node):
    """The names that a module's or class's body defines, each with its node."""
    found = {}
    for child in getattr(node, "body", []):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found[child.name] = child
        elif isinstance(child, (ast.Assign, ast.AnnAssign)):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            found.update({target.id: child for target in targets if isinstance(target, ast.Name)})
    return found
