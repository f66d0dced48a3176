"""Listings of C and CUDA C: a function, a macro or a type, with the comment directly above it.

The text is neither compiled nor preprocessed.  Comments and strings are blanked out, so that what
is left has its braces where the compiler sees them, and is cut into its outermost definitions.
"""

import difflib
import re
from itertools import groupby
from textwrap import dedent, indent
from typing import NamedTuple

from . import Listing

SUFFIXES = (".cu", ".cuh", ".c", ".h", ".cpp", ".hpp")
SKIPPED = re.compile(r"""(?P<comment> //(?:\\\n|[^\n])* | /\*.*?\*/ )
                       | R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)"
                       | "(?:\\.|[^"\\\n])*"
                       | (?<![0-9])'(?:\\.|[^'\\\n])+'""", re.DOTALL | re.VERBOSE)
COMMENT = re.compile(r"(?://[^\n]*(?:\n[ \t]*)?)+|/\*.*?\*/", re.DOTALL)    # or several, line after line
TOKEN = re.compile(r"^[ \t\f\v]*#[ \t]*(?P<directive>\w+)(?:\\\n|[^\n])*|[{};]", re.MULTILINE)
MACRO = re.compile(r"[ \t\f\v]*#[ \t]*define[ \t]+(\w+)")
TRANSPARENT = re.compile(r'extern\s*" *"|namespace\b[^;()]*')    # before braces around definitions


class Definition(NamedTuple):
    """Lines from 1, both included."""

    name: str
    first: int
    last: int


def find(path, name, root, source):
    """The Listing of a function, macro or type in a file under root/source, or of the whole file."""
    place = root / source / path
    if path.endswith(".py"):
        raise LookupError(f"a Python module is named with dots: {path[:-3].replace('/', '.')}")
    if place.suffix not in SUFFIXES or not place.is_file():
        there = [other.relative_to(root / source).as_posix() for other in (root / source).rglob("*")
                 if other.suffix in SUFFIXES]
        near = difflib.get_close_matches(path, there, 1, 0) or ["nothing"]
        raise LookupError(f"no file {source / path}; the nearest is {near[0]!r}")
    text = place.read_text(encoding="utf-8")
    if not name:
        whole = text.rstrip()
        return Listing(source / path, 1, whole.count("\n") + 1, whole, place.name, "c")
    found, conditionals = definitions(text)
    named = [each for each in found if each.name == name]
    if not named:
        near = difflib.get_close_matches(name, [each.name for each in found], 1, 0) or ["nothing"]
        raise LookupError(f"no {name!r} in {source / path}; the nearest is {near[0]!r}")
    first, last = named[0].first, named[-1].last
    if len(named) > 1:    # in the branches of an #if, which is shown whole
        around = [pair for pair in conditionals if pair[0] < first and last < pair[1]]
        if not around:
            lines = ", ".join(str(each.first) for each in named)
            raise LookupError(f"{name!r} is defined more than once in {source / path}, at lines {lines}; "
                              "list the whole file, or give each a name of its own")
        first, last = max(around)
    first = with_comment(text, first)
    return Listing(source / path, first, last, "\n".join(text.split("\n")[first - 1 : last]), name, "c")


def blanked(text):
    """The text with comments and the insides of strings made blank, each line as long as before.

    >>> blanked('f("}"); // }')
    'f(" ");     '
    """
    def blank(match):
        blanks = re.sub(r"[^\n]", " ", match[0])
        return blanks if match["comment"] else f'"{blanks[1:-1]}"'

    return SKIPPED.sub(blank, text)


def with_comment(text, first):
    """The line on which the comment directly above line `first` begins, or first if there is none."""
    code, begins = blanked(text).split("\n"), {}
    for match in SKIPPED.finditer(text):
        if match["comment"]:
            begin = text.count("\n", 0, match.start()) + 1
            end = begin + match[0].count("\n")
            if not any(line.strip() for line in code[begin - 1 : end]):    # nothing else on its lines
                begins[end] = min(begin, begins.get(end, begin))
    while first - 1 in begins:
        first = begins[first - 1]
    return first


def beginning(text):
    """The comment that a file begins with, as a docstring would have it; empty if there is none."""
    found = COMMENT.match(text.lstrip())
    return spoken(found[0]) if found else ""


def spoken(comment):
    """The text of a comment, what is indented in it more so, as a docstring would have it.

    >>> print(spoken("// One element a thread.\\n//   grid  N blocks"))
    One element a thread.
    <BLANKLINE>
        grid  N blocks
    """
    lines = [re.sub(r"^\s*(?:/[/*]+|\*/?)? ?|\s*\*/$", "", line) for line in comment.strip().split("\n")]
    parts = ["\n".join(part) for _, part in groupby(lines, lambda line: line.startswith("  "))]
    return "\n\n".join(indent(dedent(part), "    ") if part.startswith("  ") else part.strip()
                       for part in parts if part.strip())


def functions(text):
    """The kernels of a source and its other functions that have a comment above them.

    Each as (its name, the text of the comment, its signature).
    """
    lines, code = text.split("\n"), blanked(text).split("\n")
    for one in definitions(text)[0]:
        whole = "\n".join(lines[one.first - 1 : one.last])
        head = "\n".join(code[one.first - 1 : one.last]).partition("{")[0]
        first = with_comment(text, one.first)
        above = spoken("\n".join(lines[first - 1 : one.first - 1]))
        if "(" in head and not head.lstrip().startswith("#") and ("__global__" in head or above):
            yield one.name, above, " ".join(COMMENT.sub("", whole[: len(head)]).split())


def definitions(text):
    """The outermost definitions in order, and the conditionals as pairs (line of #if, line of #endif)."""
    code = blanked(text)
    found, conditionals = [], []
    start, depth = 0, 0    # of the definition that is being read, and how many braces are open
    body = None            # where its outer brace opens
    open_ifs = []          # (line, depth) of each #if

    def line(position):
        return code.count("\n", 0, position) + 1

    def take(name, begin, end):
        if name:
            begin += len(code[begin:end]) - len(code[begin:end].lstrip())
            found.append(Definition(name, line(begin), line(end)))

    for token in TOKEN.finditer(code):
        at, kind = token.end(), token["directive"] or token[0]
        if token["directive"]:
            if kind == "define" and depth == 0:
                take(MACRO.match(token[0])[1], token.start(), at)
            elif kind in ("if", "ifdef", "ifndef"):
                open_ifs.append((line(token.start()), depth))
            elif kind in ("else", "elif") and open_ifs:
                depth = open_ifs[-1][1]    # every branch begins with as many open braces
            elif kind == "endif" and open_ifs:
                conditionals.append((open_ifs.pop()[0], line(at)))
            if depth == 0:
                start, body = at, None
        elif kind == "{":
            if depth == 0 and TRANSPARENT.fullmatch(code[start : token.start()].strip()):
                start = at    # what it holds is outermost, too
            else:
                body = token.start() if body is None else body
                depth += 1
        elif kind == "}" and depth == 0:
            start = at        # the end of such a block
        else:
            depth -= kind == "}"
            if depth == 0:
                outline = outline_of(code[start:body or at]) + ("{}" + ";" * (kind == ";") if body else "")
                function = function_name(outline)
                if kind == ";" or function:    # after the brace of a type or an array comes a semicolon
                    take(function or declared_name(outline), start, at)
                    start, body = at, None
    return found, conditionals


def outline_of(head):
    """What stands before a body, without the insides of its parentheses.

    >>> outline_of("float f(int (*g)(int)) ")
    'float f() '
    """
    depth, kept = 0, []
    for sign in head.lstrip():
        depth -= sign == ")"
        kept.append(sign if depth == 0 else "")
        depth += sign == "("
    return "".join(kept)


def function_name(outline):
    """The name of a function with its body, from its outline; None of anything else.

    >>> function_name("__global__ void __launch_bounds__() add() {}")
    'add'
    """
    names = [name for name in re.findall(r"(\w+)\s*\(\)", outline) if not name.startswith("__")]
    return names[-1] if names and re.search(r"\)[^(){}=]*\{\}$", outline) else None


def declared_name(outline):
    """The name of a type or a variable, from its outline; None of a prototype.

    >>> [declared_name(outline) for outline in ("struct Pair {};", "__constant__ float weights[9];",
    ...                                         "typedef struct {} Pair;", "void f();")]
    ['Pair', 'weights', 'Pair', None]
    """
    if re.fullmatch(r"(struct|class|union|enum)\s+\w+\s*;|[^=]*\w\s*\(\)[^=]*;", outline):
        return None
    type_ = re.match(r"(?:template\s*<.*>\s*)?(?:struct|class|union|enum)\b[^{}=]*?(\w+)\s*(?::[^{}]*)?\{\}",
                     outline)
    variable = re.search(r"(\w+)\s*(?:\[[^=]*)?(?:=.*)?;$", outline, re.DOTALL)
    return type_[1] if type_ else variable and variable[1]
