"""The package regex, as far as Python's own re goes: taught the classes of Unicode, and \\s as regex has it.

    >>> findall(r"\\p{L}+|[^\\s\\p{L}]", "né 1²")
    ['né', '1', '²']

What re would read otherwise is refused: \\X, \\R, named lists, nested sets, fuzzy matches.
"""

import re
import sys
import unicodedata
from functools import cache
from itertools import groupby
from re import *    # noqa: F403
from re import error    # noqa: F401

BLANK = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"    # \s of Unicode, and of regex
PIECE = re.compile(
    r"\\([pP])(?:\{(\^?)(\w+)\}|(\w))|\\(.)|(\[\^?\]?)|(\])|(\(\?[^:=!<aiLmsux#(P>-])", re.DOTALL)
REFUSED = "XRKGLNmMZ"    # after a backslash


@cache
def runs():
    """(category, first, after the last) of all characters, in order."""
    found, first = [], 0
    for category, same in groupby(map(unicodedata.category, map(chr, range(sys.maxunicode + 1)))):
        found.append((category, first, first := first + len(list(same))))
    return found


@cache
def members(category):
    """The characters of a category, Lu, or of a kind of them, L, as ranges for a class of re."""
    ranges = []
    for each, first, after in runs():
        if each.startswith(category):
            begin = ranges.pop()[0] if ranges and ranges[-1][1] == first else first
            ranges.append((begin, after))
    if not ranges:
        raise error(f"\\p{{{category}}} is unknown to this page's stand-in for regex")
    return "".join(f"\\U{first:08x}-\\U{after - 1:08x}" for first, after in ranges)


@cache
def translated(pattern):
    """A pattern of regex -> one of re that means the same."""
    parts, at, inside = [], 0, False
    for found in PIECE.finditer(pattern):
        p, negated, name, letter, other, opening, closing, group = found.groups()
        parts.append(pattern[at:found.start()])
        at = found.end()
        if p or other in ("s", "S"):
            wanted = members(name or letter) if p else BLANK
            negative = (p == "P") != bool(negated) if p else other == "S"
            if negative and inside:
                raise refused(f"{found[0]} in [...]", pattern)
            parts.append(wanted if inside else f"[{'^' * negative}{wanted}]")
        elif other and other in REFUSED or group or opening and inside:
            raise refused(found[0], pattern)
        else:
            inside = bool(opening) or inside and not closing
            parts.append(found[0])
    return "".join(parts) + pattern[at:]


def refused(what, pattern):
    return error(f"{what} is more than this page's stand-in for regex can do", pattern)


def compile(pattern, flags=0):
    return re.compile(translated(pattern), flags) if isinstance(pattern, str) else re.compile(pattern, flags)


def function(name):
    def called(pattern, *given, flags=0, **more):
        return getattr(compile(pattern, flags), name)(*given, **more)
    return called


findall, finditer, match, fullmatch, search, split, sub, subn = map(function, (
    "findall", "finditer", "match", "fullmatch", "search", "split", "sub", "subn"))
