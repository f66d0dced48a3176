"""What a reader takes away: a module together with its companions, so that it works where it is put.

A module's docstring names its companions after the words `To copy:`, on a line that may be continued:

    ... this file alone (needs torch).
    ... this file, b.py, c.cu and cpu/.

A name that ends in a slash is a folder beside the module, or the package above the module's own one,
by its name and without the module's own folder and programs.  A package whose docstring says
`To copy: this folder` is taken whole; one that says `A program, not to copy` is not offered.

The files of a module may lie in a package or flat on Python's path: portable rewrites their relative
imports for both.  Those of a folder stay as they are, since the folder stays a package.

This module needs nothing else, so that the package can hand out its own modules wherever it is; weave,
which makes the site, has it by a link.
"""

import ast
import functools
import io
import re
import tokenize
import zipfile
from dataclasses import dataclass
from pathlib import Path

COMPANIONS = re.compile(r"^.*\bTo copy: this file\b([^\n]*(?:\n[ \t]*\S[^\n]*)*)", re.MULTILINE)
NAME = re.compile(r"(?:\w+/)*\w+\.\w+|(?:\w+/)+")
FOLDER, PROGRAM = re.compile(r"\bTo copy: this folder\b"), re.compile(r"\bA program, not to copy\b")
parsed = functools.lru_cache(1024)(ast.parse)    # a module is asked for its imports, listings and companions
EPOCH = (1980, 1, 1, 0, 0, 0)    # the earliest date that a zip can carry


class TakeError(ValueError):
    """A module that cannot be handed out: it names a companion that is not there, for instance."""


@dataclass(frozen=True)
class Taken:
    """What is handed out for one module, file or folder."""

    path: Path     # of the module, file or folder, as it was asked for
    files: dict    # {name where it is put: bytes}, the module first

    @property
    def is_file(self):
        """Whether it is one file, which can be copied; if not, it is downloaded as a zip."""
        return len(self.files) == 1 and not self.path.is_dir()

    @property
    def title(self):
        """engine.py, or cpu/ for a folder."""
        return self.path.name + "/" * self.path.is_dir()

    @property
    def archive(self):
        """The name of the zip: trace.zip."""
        return f"{self.path.stem}.zip"

    def packed(self, beside=None):
        """The bytes of the zip: one folder, which works as it is; beside are {name: bytes} to add to it."""
        within = "" if self.path.is_dir() else f"{self.path.stem}/"    # a folder's files begin with its name
        added = {f"{self.path.stem}/{name}": content for name, content in (beside or {}).items()}
        return zipped(added | {within + name: content for name, content in self.files.items()})


def take(path, source, rewrite=None):
    """What is handed out for a module, another file or a package under the folder source.

    None for a program and its parts.  Raises TakeError, which names the module and what is wrong.
    rewrite, if given, stands for portable: it may remember what that made.
    """
    path, source = Path(path), Path(source)
    parts = path.relative_to(source).parts
    for depth in range(1, len(parts) + 1):    # the outermost folder decides
        folder = source.joinpath(*parts[:depth])
        says = docstring(folder / "__init__.py")
        if PROGRAM.search(says):
            return None
        if FOLDER.search(says):
            whole = inside(folder)
            return Taken(folder, {f"{folder.name}/{name}": content for name, content in whole.items()})
    if path.is_dir():
        raise TakeError(f"{path}/__init__.py does not say `To copy: this folder`")
    files = {path.name: handed_out(path, parts[:-1], rewrite)}
    for name in companions(path):
        if not name.endswith("/"):
            if not (path.parent / name).is_file():
                raise TakeError(f"{path}: its To copy line names {name}, which is not there")
            files[name] = handed_out(path.parent / name, parts[:-1], rewrite)
        elif (path.parent / name).is_dir():
            files |= {name + each: content for each, content in inside(path.parent / name).items()}
        elif name == f"{path.parent.parent.name}/":
            above = inside(path.parent.parent, without=path.parent)
            files |= {name + each: content for each, content in above.items()}
        else:
            raise TakeError(f"{path}: its To copy line names {name}, which is not there")
    return Taken(path, files)


def companions(path):
    """The names on the To copy line of a module, folders with a slash; none without such a line."""
    line = COMPANIONS.search(docstring(path))
    return list(dict.fromkeys(NAME.findall(re.sub(r"\([^)]*\)", "", line[1])))) if line else []


def docstring(path):
    """The docstring of a Python file; empty for other files and where there is none."""
    if path.suffix != ".py" or not path.is_file():
        return ""
    return docstring_of(path.read_text(encoding="utf-8"))


def docstring_of(text):
    """The docstring of a module's text, of which nothing below it is read.

    >>> docstring_of("# A comment.\\n'What it is.'\\nx = (")
    'What it is.'
    >>> docstring_of('"a".join(x)'), docstring_of('f"no {docstring}"')
    ('', '')
    """
    said = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.STRING:
            said.append(token.string)
        elif token.type in (tokenize.NEWLINE, tokenize.ENDMARKER):
            break
        elif token.type not in (tokenize.COMMENT, tokenize.NL):
            return ""
    return ast.get_docstring(ast.parse(" ".join(said))) or ""


def inside(folder, without=None):
    """{name: bytes} of a folder's files, without its programs, caches and, if given, one of its folders."""
    found = {}
    is_program = functools.cache(lambda above: PROGRAM.search(docstring(above / "__init__.py")))
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        around = [folder.joinpath(*parts[:depth]) for depth in range(len(parts))]
        left_out = (path.name == "__main__.py" or without in around or "__pycache__" in path.parts
                    or any(map(is_program, around)))
        if path.is_file() and not left_out:
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def handed_out(path, package, rewrite):
    """The bytes of one file as the site has it: relative imports of a module are made portable."""
    if path.suffix != ".py":
        return path.read_bytes()
    try:
        return (rewrite or portable)(path.read_text(encoding="utf-8"), package).encode()
    except TakeError as error:
        raise TakeError(f"{path}, {error}") from None


def zipped(files):
    """{name: bytes} -> the bytes of a zip, the same ones at every time and in every order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(entry, files[name])
    return buffer.getvalue()


@functools.lru_cache(1024)
def portable(text, package=()):
    """A module's text, its relative imports made to work in a package and flat in a folder.

    package is where the module lives, ("scratch", "cuda", "kernels"): an import of the package above
    names that package, which is to lie beside the copied file.  What tells a package from a folder
    by itself, by `try: ... except ImportError:` with a second import or by `if __package__:`, stays.

    >>> print(portable("from .split import Splitter"))
    if __package__:
        from .split import Splitter
    else:    # copied flat into a folder, split.py beside it
        from split import Splitter
    """
    lines = re.split("(?<=\n)", text)    # as Python's parser counts them
    for group in reversed(relative_imports(parsed(text))):
        first, last = group[0].lineno - 1, group[-1].end_lineno - 1
        lines[first : last + 1] = both_ways(group, lines[first : last + 1], tuple(package))
    return "".join(lines)


def relative_imports(node):
    """The relative imports in a tree, those that follow each other line by line in one list."""
    groups = []
    for child in inner_statements(node):
        if isinstance(child, ast.ImportFrom) and child.level:
            if groups and groups[-1][-1].end_lineno + 1 == child.lineno:
                groups[-1].append(child)
            else:
                groups.append([child])
        elif not tells_by_itself(child):
            groups += relative_imports(child)
    return sorted(groups, key=lambda group: group[0].lineno)


def inner_statements(node):
    """The statements right inside one, and what holds more; no expressions, which are most of a tree."""
    return [child for part in ("body", "handlers", "cases", "orelse", "finalbody")
            for child in getattr(node, part, ())]


def tells_by_itself(node):
    """Whether a statement has an import for each case already."""
    if isinstance(node, ast.If):
        return any(isinstance(each, ast.Name) and each.id == "__package__" for each in ast.walk(node.test))
    handlers = node.handlers if isinstance(node, ast.Try) else []
    return any(isinstance(each, (ast.Import, ast.ImportFrom))
               for handler in handlers for each in ast.walk(handler))


def both_ways(group, lines, package):
    """The lines of some relative imports -> the lines that take their place."""
    first = group[0].lineno
    margin = " " * group[0].col_offset
    packaged, flat, beside = [], [], []
    for node in group:
        own = [line.rstrip("\n") for line in lines[node.lineno - first : node.end_lineno - first + 1]]
        before = own[0].encode()[:node.col_offset].decode()
        after = own[-1].encode()[node.end_col_offset:].decode()
        if before.strip() or after.strip() and not after.lstrip().startswith("#"):
            raise TakeError(f"line {node.lineno}: a relative import stands on a line with other statements; "
                            "give it a line of its own")
        if "\t" in before or not re.search(r"\bimport\b", own[0]):
            raise TakeError(f"line {node.lineno}: a relative import is indented by tabs, or broken before "
                            "`import`; use spaces, and break it in parentheses")
        if node.level > len(package) and node.level > 1:
            raise TakeError(f"line {node.lineno}: a relative import leads out of the source's packages")
        above = package[len(package) - node.level] if node.level > 1 else ""
        name = ".".join(part for part in (above, node.module) if part)
        packaged += respelled(own, f".{name}")
        if name:
            flat += respelled(own, name)
            beside.append(f"{above}/" if above else f"{name.partition('.')[0]}.py")
        else:
            flat += [f"{margin}import {each.name}" + (f" as {each.asname}" if each.asname else "")
                     for each in node.names]
            beside += [f"{each.name}.py" for each in node.names]
    these = beside[0] if len(set(beside)) == 1 else "all of them"
    made = [f"{margin}if __package__:", *(f"    {line}" for line in packaged),
            f"{margin}else:    # copied flat into a folder, {these} beside it",
            *(f"    {line}" for line in flat)]
    return ["\n".join(made) + lines[-1][len(lines[-1].rstrip("\n")):]]


def respelled(lines, name):
    """The lines of `from X import ...` with another X; names below the first ones stay below them."""
    old = re.match(r"\s*from\s*(\.[\s.]*[\w.]*?)\s*import\b", lines[0])
    start, end = old.span(1)
    first = f"{lines[0][:start].rstrip()} {name} {lines[0][end:].lstrip()}"
    shift = len(first) - len(lines[0])
    below = lines[0].find("(") + 1
    return [first, *(" " * (below + shift) + line.lstrip() if below and line[:below].isspace()
                     and not line[below:below + 1].isspace() else line for line in lines[1:])]
