"""A chapter is Markdown that Jupyter opens; this module takes it apart.

What stands between the sentences:

    ```python                  runs; input and outputs are shown
    ```python quiet            runs; only outputs are shown
    ```python check            runs; its asserts are the page's claims, each with its sentence
    ```python .noeval          only shown
    ```python alt="..." caption="..."    names the figure that the cell draws; {x} is filled in
    ::: listing scratch.micrograd.engine.Value.__mul__     the source of an object
    ::: listing scratch/cuda/kernels/add.cu add            the source of a function in CUDA C
    `{python} f"{loss:.3f}"`   the value of an expression, in the middle of a sentence

Fences in any other language are only shown.
"""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml

from . import WeaveError

FENCE = re.compile(r"^(`{3,}|~{3,})(.*)$")
LISTING = re.compile(r"^::: listing +(\S+(?: +\w+)?) *$", re.MULTILINE)
SPAN = re.compile(r"(?<!`)(`+)(?!`)((?:(?!\n\n).)+?)(?<!`)\1(?!`)", re.DOTALL)    # `code` in prose
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
WORDS = {"quiet", "check"}
ATTRIBUTES = {"alt", "caption"}


@dataclass(frozen=True)
class Block:
    """A stretch of a chapter: kind is prose, code or listing."""

    kind: str
    text: str
    line: int                                      # where text begins, from 1
    role: str = ""                                 # of code: shown, quiet or check
    options: dict = field(default_factory=dict)    # alt and caption


@dataclass(frozen=True)
class Cell:
    """One thing to execute: the code of a block, or an expression whose value the page shows."""

    source: str
    line: int
    role: str    # shown, quiet, check or value


class Chapter:
    """A chapter's front matter, blocks and cells.

    Raises WeaveError, with the line, for an unclosed fence, an unknown word after ```python,
    code that is not Python, or a claim without its sentence.
    """

    def __init__(self, path, root="."):
        self.root = Path(root).resolve()
        self.path = Path(path).resolve().relative_to(self.root)
        self.lines = (self.root / self.path).read_text(encoding="utf-8").splitlines()
        self.meta, start = self._front_matter()
        self.blocks = list(self._blocks(start))
        for cell in self.cells:
            self._check(cell)
        self.running = 1    # the line being executed, for whoever has to stop it

    @property
    def name(self):
        return str(self.path)

    @cached_property
    def cells(self):
        """Everything to execute, in the order of the page."""
        return [cell for block in self.blocks for cell in cells_of(block)]

    @property
    def words(self):
        """How many words of prose there are to read."""
        return sum(len(block.text.split()) for block in self.blocks if block.kind == "prose")

    def error(self, line, message):
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return WeaveError(self.name, line, message, source)

    def _front_matter(self):
        if not self.lines or self.lines[0] != "---":
            return {}, 0
        end = self.lines.index("---", 1)
        return yaml.safe_load("\n".join(self.lines[1:end])) or {}, end + 1

    def _blocks(self, start):
        prose, at = [], start    # lines of prose so far, and where they began
        number = start
        while number < len(self.lines):
            line = self.lines[number]
            fence, listing = FENCE.match(line), LISTING.match(line)
            end = number
            if fence:
                end = self._closing(number, fence[1])
            if listing or fence and runs(fence[2]):
                if prose:
                    yield Block("prose", "\n".join(prose), at + 1)
                if listing:
                    yield Block("listing", listing[1], number + 1)
                else:
                    role, options = self._header(number + 1, fence[2])
                    code = "\n".join(self.lines[number + 1 : end])
                    yield Block("code", code, number + 2, role, options)
                prose, at = [], end + 1
            else:
                prose += self.lines[number : end + 1]
            number = end + 1
        if prose:
            yield Block("prose", "\n".join(prose), at + 1)

    def _closing(self, number, ticks):
        for end in range(number + 1, len(self.lines)):
            if self.lines[end].strip() == ticks:
                return end
        raise self.error(number + 1, f"this fence is never closed; end it with {ticks}")

    def _header(self, line, info):
        options = dict(ATTRIBUTE.findall(info))
        words = set(ATTRIBUTE.sub("", info).split()) - {"python"}
        unknown = words - WORDS | options.keys() - ATTRIBUTES
        if unknown or len(words) > 1:
            raise self.error(line, f"{', '.join(sorted(unknown or words))!r} after ```python; "
                             'known are one of quiet, check, .noeval, and alt="..." caption="..."')
        return (words or {"shown"}).pop(), options

    def _check(self, cell):
        try:
            tree = ast.parse(cell.source)
        except SyntaxError as error:
            if cell.source.lstrip().startswith(("%", "!")):
                return    # an IPython command
            raise self.error(cell.line + (error.lineno or 1) - 1, f"not Python: {error.msg}") from None
        if cell.role == "check":
            claims = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
            if not claims:
                raise self.error(cell.line, "a check without an assert checks nothing")
            for claim in claims:
                if claim.msg is None:
                    raise self.error(cell.line + claim.lineno - 1,
                                     'a claim needs its sentence: assert ..., "what is true"')


def runs(info):
    """Whether a fence with these words after its ticks is executed."""
    words = info.split()
    return bool(words) and words[0] == "python" and ".noeval" not in words


def cells_of(block):
    """The cells of one block: its code, then alt and caption; or the values in its prose."""
    if block.kind == "code":
        yield Cell(block.text, block.line, block.role)
        for text in block.options.values():
            yield Cell(f"rf'''{text}'''", block.line - 1, "value")
    elif block.kind == "prose":
        for match in values_in(block.text):
            line = block.line + block.text.count("\n", 0, match.start())
            yield Cell(expression(match), line, "value")


def values_in(text):
    """The spans `{python} ...` of prose, as matches; not those in a fence that is only shown."""
    return [match for match in SPAN.finditer(blanked(text)) if match[2].startswith("{python} ")]


def expression(match):
    return " ".join(match[2].removeprefix("{python} ").split())


def blanked(text):
    """The text with the lines of its fences blank, each as long as before."""
    lines, fence = [], ""
    for line in text.split("\n"):
        opens = FENCE.match(line)
        inside = fence or opens
        if fence and line.strip() == fence:
            fence = ""
        elif opens and not fence:
            fence = opens[1]
        lines.append(" " * len(line) if inside else line)
    return "\n".join(lines)
