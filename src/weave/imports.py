"""Which modules a piece of code imports, found without running it, and which files that means."""

import ast
import functools
import hashlib
import json
from importlib.util import decode_source
from pathlib import Path

from . import WeaveError
from .files import Remembering
from .take import inner_statements, parsed

of_cells = Remembering(None)    # the names that the code of each cell imports: see imported_by_chapter
of_modules = Remembering(None)    # what each module imports: see imported


class Modules:
    """The modules under root/source, each as it is when it is first asked for; it is read once."""

    def __init__(self, root, source="src"):
        self.root, self.source = Path(root), Path(root) / source
        self.own = {path.stem for path in self.source.iterdir()} if self.source.is_dir() else set()
        for method in (self.named, self.names, self.beside, self.content, self.text, self.digest):
            setattr(self, method.__name__, functools.cache(method))

    def closure(self, names):
        """The files of the modules by these dotted names, and of all that they import."""
        found, waiting = set(), [path for name in names for path in self.named(name)]
        while waiting:
            path = waiting.pop()
            if path not in found:
                found.add(path)
                waiting += self.beside(path)
        return sorted(found)

    def named(self, name):
        """The files that importing a dotted name runs: the packages above it, and its own."""
        if name.partition(".")[0] not in self.own:
            return []
        above, stem = name.rpartition(".")[0], self.source.joinpath(*name.split("."))
        own = filter(Path.is_file, (stem / "__init__.py", stem.with_suffix(".py")))
        return [*(self.named(above) if above else ()), *own]

    def names(self, path):
        """The dotted names that a module imports."""
        return imported(self.text(path), path.relative_to(self.source).parts[:-1])

    def beside(self, path):
        """The files that running a module's imports runs."""
        return {each for name in self.names(path) for each in self.named(name)}

    def content(self, path):
        return path.read_bytes()

    def text(self, path):
        """What a module says.  WeaveError, with its line, if it is not Python."""
        return readable(path, self.root, self.content(path))

    def digest(self, path):
        return hashlib.sha256(self.content(path)).hexdigest()


def module(path, root):
    """The text and the syntax tree of a module's file.  WeaveError, with its line, if it is not Python."""
    text = readable(path, root)
    return text, parsed(text)


def readable(path, root, content=None):
    """The text of a module's file; content is what it holds, if that is known.

    WeaveError, with its line, if it is not Python, which the build before may have found out.
    """
    try:    # as Python reads it: with its encoding, if it names one
        text = decode_source(path.read_bytes() if content is None else content)
    except (SyntaxError, UnicodeDecodeError) as error:
        raise WeaveError(path.relative_to(root), 1, f"not Python: {error}") from None
    try:
        imported(text)
        return text
    except (SyntaxError, ValueError) as error:    # ValueError for a NUL
        line = getattr(error, "lineno", None) or text.count("\n", 0, text.find("\0") + 1) + 1
        source = text.split("\n")[line - 1 : line] or [""]
        raise WeaveError(path.relative_to(root), line, f"not Python: {getattr(error, 'msg', error)}",
                         source[0]) from None


def unreadable(root, source="src"):
    """The errors of the modules under root/source that are not Python."""
    for path in sorted((Path(root) / source).rglob("*.py")):
        try:
            readable(path, root)
        except WeaveError as error:
            yield error


@functools.lru_cache(1024)
def imported(text, package=()):
    """The dotted names that a module's text imports; package is where it lives, as a tuple of names."""
    found = of_modules.known([text], lambda: json.dumps(list(lines_of(parsed(text)))))
    return dotted(json.loads(found), package)


def imported_by_chapter(chapter):
    """The dotted names that the code of a chapter imports."""
    return [name for cell in chapter.cells for name in json.loads(
        of_cells.known([cell.source], lambda cell=cell: json.dumps(imported_by(cell.tree))))]


def imported_by(tree):
    """The dotted names that a tree imports; those of relative imports begin with a dot."""
    return dotted(lines_of(tree))


def lines_of(tree):
    """The imports of a tree: (level, from where, names) each; import a, b is (None, "", ["a", "b"])."""
    for node in statements(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield (getattr(node, "level", None), getattr(node, "module", None) or "",
                   [alias.name for alias in node.names])


def dotted(lines, package=()):
    names = []
    for level, base, given in lines:
        above = package[: len(package) - level + 1] if level else ()
        base = ".".join([*above, *([base] if base else [])])
        names += given if level is None else [f"{base}.{name}" for name in given]
    return names


def statements(node):
    """The statements in a node, at any depth."""
    for child in inner_statements(node):
        yield child
        yield from statements(child)
