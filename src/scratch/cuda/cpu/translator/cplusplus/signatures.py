"""The functions of a file, as far as their heads tell: names, parameters, types.

    >>> [found] = functions(tokenize("__device__ float f(const V &a, int n = 2) { }"))
    >>> found.name, found.kind, [spelled(part) for part in found.parameters]
    ('f', ['float'], ['const V & a', 'int n = 2'])
    >>> calls = calls_in(tokenize("{ x = f(g(1), 2); }"), {"f", "g"})
    >>> [(name, [spelled(part) for part in given]) for _, name, given in calls]
    [('g', ['1']), ('f', ['g ( 1 )', '2'])]

A Signature knows where its parts stand in the list of tokens that it was found in.
"""

from dataclasses import dataclass

from .. import vocabulary
from ..tokens import chunks, closing, split, tokenize

SAID = {"__device__", "__host__", "__global__", "static", "extern", "inline",
        "constexpr", "virtual", "explicit", *vocabulary.DROPPED}


@dataclass
class Signature:
    """A function: where its chunk of the tokens begins, its ( and ), and its body."""

    name: str
    kind: list                  # texts of the type that it returns
    parameters: list            # of tokens, a list for each
    begin: int
    open: int
    close: int
    end: int                    # of the chunk
    body: int                   # where { is; 0 of a mere declaration
    device: bool                # and not of the host alone


def functions(tokens):
    """A Signature for each function of a file."""
    found, at = [], 0
    for chunk in chunks(tokens):
        mark = next((n for n, t in enumerate(chunk) if t.text in "({=[;"), 0)
        bounds = range(0)                # where __launch_bounds__(...) stands
        if mark and chunk[mark - 1].text == "__launch_bounds__":
            bounds = range(mark - 1, closing(chunk, mark) + 1)
            mark = next((n for n in range(bounds.stop, len(chunk))
                         if chunk[n].text in "({=[;"), 0)
        if chunk[mark].text == "(" and mark > 1 and chunk[mark - 1].kind == "name" and (
                chunk[0].text not in ("typedef", "template")):
            close = closing(chunk, mark)
            parts = [part for part in split(chunk[mark + 1:close])
                     if [t.text for t in part] not in ([], ["void"])]
            texts = [token.text for n, token in enumerate(chunk[:mark - 1])
                     if n not in bounds]
            body = next((n for n in range(close, len(chunk))
                         if chunk[n].text == "{"), 0)
            found.append(Signature(
                chunk[mark - 1].text, [t for t in texts if t not in SAID], parts, at,
                at + mark, at + close, at + len(chunk), body and at + body,
                bool({"__device__", "__global__"} & {*texts})))
        at += len(chunk)
    return found


def calls_in(tokens, names):
    """(where, name, [argument, ...]) of each call of these, inner ones first."""
    for n in range(len(tokens) - 2, -1, -1):
        before = tokens[n - 1].text if n else ""
        if tokens[n].kind == "name" and tokens[n].text in names and (
                tokens[n + 1].text == "(" and before not in (".", "->")):
            yield n, tokens[n].text, arguments(tokens, n + 1)


def arguments(tokens, at):
    """What stands between the ( at tokens[at] and its ), in parts."""
    given = split(tokens[at + 1:closing(tokens, at)])
    return given if given != [[]] else []


def spelled(tokens):
    return " ".join(token.text for token in tokens)
