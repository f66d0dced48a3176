"""A chapter is Markdown that Jupyter opens; this module takes it apart.

What stands between the sentences:

    ```python                  runs; input and outputs are shown
    ```python quiet            runs; outputs are shown, and the input is folded
    ```python check            runs; its asserts are the page's claims, each with its sentence
    ```python .noeval          only shown
    ```python alt="..." caption="..."    names the figure that the cell draws; {x} is filled in
    ::: listing scratch.micrograd.engine.Value.__mul__     the source of an object
    `{python} f"{loss:.3f}"`   the value of an expression, in the middle of a sentence

Fences in any other language are only shown.  All of this may be indented, in a list or a tab; what
becomes of it on the page is indented alike.  A reader copies what is shown and what is quiet, so that
neither may use a name that only a check makes (names.py), and a quiet cell may print and draw, but a
value that it returns as text is an error (page.py).
"""

import ast
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import yaml
from markdown_it import MarkdownIt
from markdown_it.rules_inline import backtick

from . import WeaveError
from .listing import find

LISTING = re.compile(r"::: listing\b *(.*?) *")
ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
CAPTIONED = re.compile(r"^([ >\t]*`{3,}python\b)(.*`.*)$", re.MULTILINE)    # with `code` in a text
BACKTICK = "\N{OBJECT REPLACEMENT CHARACTER}"    # in the place of ` there, while Markdown is read
FORMULA = re.compile(r"(?<!\\)\$(?!\s)(?:\\.|[^\\$])+?(?<!\s)\$")
WORDS = {"quiet", "check"}
ATTRIBUTES = {"alt", "caption"}
COMPUTED = "{python} "    # begins the code of a sentence that is replaced by its value


@dataclass(eq=False)
class Cell:
    """One thing to execute: the code of a block, or an expression whose value the page shows.

    What executing it gave is kept with it: outputs as in a notebook, the claims that held, the value.
    """

    source: str
    line: int    # where source begins in the file, from 1
    role: str    # shown, quiet, check or value
    outputs: list = field(default_factory=list)
    claims: list = field(default_factory=list)
    value: str | None = None
    executed: bool = False

    @cached_property
    def tree(self):
        """The syntax tree, with a call for each of IPython's lines.  SyntaxError if it is not Python."""
        try:
            return ast.parse(self.source)
        except SyntaxError:
            from IPython.core.inputtransformer2 import TransformerManager    # half a second

            return ast.parse(TransformerManager().transform_cell(self.source))

    @property
    def result(self):
        return {"outputs": self.outputs, "claims": self.claims, "value": self.value}

    @result.setter
    def result(self, result):
        self.outputs, self.claims, self.value = result["outputs"], result["claims"], result["value"]
        self.executed = True


@dataclass(eq=False)
class Block:
    """A stretch of a chapter with what belongs to it: prose, code or a listing."""

    chapter: "Chapter" = field(repr=False)
    kind: str           # prose, code or listing
    text: str
    line: int           # where text begins in the file, from 1
    indent: str = ""    # of code and listings: what stands before each of their lines
    code: Cell | None = None
    options: dict = field(default_factory=dict)    # of code: alt and caption, each a Cell
    edits: list = field(default_factory=list)      # of prose: (begin, end, Cell or text) for parts to replace

    @property
    def role(self):
        return self.code.role if self.code else ""

    @property
    def cells(self):
        """Everything here to execute, in order."""
        values = [new for _, _, new in self.edits if isinstance(new, Cell)]
        return [*([self.code] if self.code else []), *self.options.values(), *values]

    @cached_property
    def listing(self):
        """The source that a listing shows.  Raises WeaveError if there is none by that name."""
        try:
            return find(self.text, self.chapter.root, self.chapter.source)
        except LookupError as error:
            raise self.chapter.error(self.line, error.args[0]) from None

    def filled(self, shown=str):
        """Prose with its values; shown(value) is the Markdown of one."""
        parts, at = [], 0
        for begin, end, new in self.edits:
            if isinstance(new, Cell):
                new = shown(new.value) if new.executed else "…"
            parts += [self.text[at:begin], new]
            at = end
        return "".join(parts) + self.text[at:]

    @property
    def texts(self):
        """The alt and the caption of a figure, filled in."""
        return {name: cell.value if cell.executed else "…" for name, cell in self.options.items()}


class Chapter:
    """A chapter's front matter and blocks.

    Raises WeaveError, with the line, for an unclosed fence, an unknown word after ```python,
    code that is not Python, or a claim without its sentence.  source is the folder, under root, of
    the modules that listings show.
    """

    def __init__(self, path, root=".", source="src"):
        self.root, self.source = Path(root).resolve(), source
        self.path = Path(path).resolve().relative_to(self.root)
        text = self.read()
        self.lines = text.removesuffix("\n").split("\n")    # and at nothing else, as Markdown and Python
        self.meta, start = self._front_matter()
        self.blocks = list(self._blocks(start))
        for cell in self.cells:
            self._check(cell)

    @property
    def name(self):
        return str(self.path)

    @property
    def cells(self):
        """Everything to execute, in the order of the page."""
        return [cell for block in self.blocks for cell in block.cells]

    @property
    def listings(self):
        """The source that each listing shows, in the order of the page.  Raises WeaveError."""
        return [block.listing for block in self.blocks if block.kind == "listing"]

    @property
    def idle(self):
        """The error of a page with code that looks as if it ran, and no header for that; or None."""
        code = next((block for block in self.blocks if block.kind == "code"), None)
        if "jupyter" in self.meta or not code:
            return None
        return self.error(code.line - 1, "this does not run, since there is no `jupyter:` above; copy that "
                          "of a chapter, or write ```py for code that is only shown")

    def read(self):
        """The chapter's Markdown."""
        return (self.root / self.path).read_text(encoding="utf-8")

    def place(self, line):
        """Where a line of the Markdown is for the author: a name and a number."""
        return self.name, line

    def error(self, line, message):
        source = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        return WeaveError(*self.place(line), message, source)

    def _front_matter(self):
        """The mapping at the top and the number of its lines; a page may as well begin with a rule, ---."""
        closing = next((n for n, line in enumerate(self.lines) if n and line in ("---", "...")), 0)
        if not closing or self.lines[0] != "---":
            return {}, 0
        try:
            meta = yaml.safe_load("\n".join(self.lines[1:closing]))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line, what = 2 + (mark.line if mark else 0), getattr(error, "problem", error)
            raise self.error(line, f"this is not YAML: {what}; between two --- a page has its header; "
                             "if it is to begin with a rule, write ***") from None
        if isinstance(meta, dict):
            return meta, closing + 1
        return {}, closing + 1 if meta is None else 0

    def _blocks(self, start):
        """Cut the page at the fences that run and at listings; what lies between them is prose."""
        cuts, edits = [], []
        for token in markdown("\n" * start + "\n".join(self.lines[start:])):
            if token.type == "fence":
                self._fence(token, cuts, edits)
            elif token.type == "inline":
                self._sentences(token, cuts, edits)
        at = start
        for first, end, block in [*cuts, (len(self.lines), None, None)]:
            if first > at:
                yield self._prose(at, first, edits)
            if block:
                yield block
            at = end

    def _fence(self, token, cuts, edits):
        first, end = token.map
        ticks, info = token.markup, token.info.strip()
        if end - first < 2 or self.lines[end - 1].lstrip(" >\t").rstrip() != ticks:
            raise self.error(first + 1, f"this fence is never closed; end it with {ticks}")
        for number in range(first + 1, end - 1):
            if re.match(rf"[ >\t]*{ticks}[{ticks[0]}]*\w", self.lines[number]):
                raise self.error(first + 1, "this fence is never closed, and the next one opens at line "
                                 f"{number + 1}; end it with {ticks}")
        if info.split()[:1] != ["python"]:
            return
        line = self.lines[first]
        if ".noeval" in info.split():    # for the weave only; the page's Markdown need not know of it
            edits.append(((first, line.index("python") + len("python")), (first, len(line)), ""))
            return
        indent = self._indent(first, ticks)
        role, options = self._header(first + 1, info)
        code = Cell(token.content.removesuffix("\n"), first + 2, role)
        named = {name: Cell(filled_in(text), first + 1, "value") for name, text in options.items()}
        cuts.append((first, end, Block(self, "code", code.source, first + 2, indent, code, named)))

    def _indent(self, number, begin):
        """What stands on a line before its begin: white space, and the > of quotes."""
        indent = self.lines[number].partition(begin)[0]
        if indent.strip(" >\t"):
            raise self.error(number + 1, "begin this on a line of its own, indented under its list item")
        return indent

    def _header(self, line, info):
        options = dict(ATTRIBUTE.findall(info))
        words = set(ATTRIBUTE.sub("", info).split()) - {"python"}
        unknown = words - WORDS | options.keys() - ATTRIBUTES
        if unknown or len(words) > 1:
            raise self.error(line, f"{', '.join(sorted(unknown or words))!r} after ```python; "
                             'known are one of quiet, check, .noeval, and alt="..." caption="..."')
        return (words or {"shown"}).pop(), options

    def _sentences(self, token, cuts, edits):
        """Find the listings and the computed values in a paragraph, a title or a row."""
        first = token.map[0]
        lines = token.content.split("\n")
        for number, line in enumerate(lines, first):
            if directive := LISTING.fullmatch(line.strip()):
                if not directive[1]:
                    raise self.error(number + 1, "a listing of what? ::: listing package.module.name")
                indent = self._indent(number, ":::")
                cuts.append((number, number + 1, Block(self, "listing", directive[1], number + 1, indent)))
        for child in token.children:
            if child.type == "code_inline" and child.content.startswith(COMPUTED):
                begin, end = (self._place(first, lines, token.content, at) for at in child.meta["place"])
                expression = " ".join(child.content.removeprefix(COMPUTED).split())
                edits.append((begin, end, Cell(expression, begin[0] + 1, "value")))

    def _place(self, first, lines, content, at):
        """The line and column of the file for a place in a paragraph, which has lost its indentation."""
        number = content.count("\n", 0, at)
        column = at - (content.rfind("\n", 0, at) + 1)
        text = lines[number].lstrip()
        column -= len(lines[number]) - len(text)
        return first + number, self.lines[first + number].index(text) + column

    def _prose(self, first, end, edits):
        lines = self.lines[first:end]
        begins = [0]    # of each line, in the text
        for line in lines:
            begins.append(begins[-1] + len(line) + 1)
        own = [(begins[begin[0] - first] + begin[1], begins[last[0] - first] + last[1], new)
               for begin, last, new in edits if first <= begin[0] < end]
        return Block(self, "prose", "\n".join(lines), first + 1, edits=own)

    def _check(self, cell):
        try:
            tree = cell.tree
        except SyntaxError as error:
            raise self.error(cell.line + (error.lineno or 1) - 1, f"not Python: {error.msg}") from None
        if cell.role == "check":
            claims = [node for node in ast.walk(tree) if isinstance(node, ast.Assert)]
            if not claims:
                raise self.error(cell.line, "a check without an assert checks nothing")
            for claim in claims:
                if claim.msg is None:
                    raise self.error(cell.line + claim.lineno - 1,
                                     'a claim needs its sentence: assert ..., "what is true"')


def markdown(text):
    """The tokens of a page: fences at any indentation, and sentences with the code that is in them.

    A caption may hold `code`, although CommonMark has no fence with a backtick in its first line.
    """
    text = CAPTIONED.sub(lambda fence: fence[1] + fence[2].replace("`", BACKTICK), text)
    reader = MarkdownIt("commonmark").disable(["code", "html_block", "reference"])
    reader.inline.ruler.at("backticks", code_with_its_place)
    reader.inline.ruler.enableOnly(["text", "escape", "backticks"])
    reader.inline.ruler2.enableOnly([])
    tokens = reader.parse(text)
    for token in tokens:
        if token.type == "fence":
            token.info, token.content = (part.replace(BACKTICK, "`") for part in (token.info, token.content))
    return tokens


def code_with_its_place(state, silent):
    """markdown-it's rule for `code`, which also notes where in the paragraph the code stands."""
    begin, before = state.pos, len(state.tokens)
    found = backtick(state, silent)
    if len(state.tokens) > before:
        state.tokens[-1].meta["place"] = begin, state.pos
    return found


def filled_in(text):
    """The expression for an alt or a caption: {x} is filled in, except where braces are TeX's."""
    escaped = FORMULA.sub(lambda formula: re.sub(r"[{}]", r"\g<0>\g<0>", formula[0]), text)
    return f"rf'''{escaped}'''"
