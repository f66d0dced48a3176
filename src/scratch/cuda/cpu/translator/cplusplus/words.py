"""Words of C++ that say nothing here, left out.

    >>> text = "class V { public: float x; __device__ float f() const { return x; } };"
    >>> print(untokenize(plain(tokenize(text))))
    struct V { float x; __device__ float f() { return x; } };
    >>> print(untokenize(plain(tokenize("void f() { volatile int n = 0; }"))))
    void f() { int n = 0; }
    >>> print(untokenize(plain(tokenize("using real = float; real f(real x) "
    ...                                 "{ return std::sqrt(x); }"))))
    typedef float real; real f(real x) { return sqrt(x); }

A volatile number of the thread's own is one that no other thread sees.  What is
volatile otherwise stays so, to be refused.
"""

from .. import vocabulary
from ..tokens import like, tokenize, untokenize

AFTER = {"const", "volatile", "noexcept", "override", "final"}
STANDARD = {*vocabulary.ONE, *vocabulary.TWO, *vocabulary.TYPES, "abs", "fma", "isnan",
            "isinf", "isfinite"} - {"rsqrt", "exp10"}    # of std::, and a GPU's, too
LABELS = {"public", "private", "protected"}


def plain(tokens):
    """class as struct, without public: and without the const after a function's )."""
    result, at, bodies = [], 0, []       # for each { that is open, is it a body's?
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if token.text == "{":
            before = result[-1].text if result else ""
            bodies.append(before in (")", "else", "do") or any(bodies[-1:])
                          and before in (";", "{", "}"))
        elif token.text == "}" and bodies:
            bodies.pop()
        if token.text == "class" and result and result[-1].text not in ("<", ","):
            token = token._replace(text="struct")
        elif token.text == "class" and not result:
            token = token._replace(text="struct")
        if token.text == "std" and following == "::" and (
                tokens[at + 2].text in STANDARD):
            result.append(tokens[at + 2]._replace(space=token.space))
            at += 3
            continue
        if token.text == "::" and tokens[at + 1].kind == "name" and (
                not result or result[-1].kind != "name" and result[-1].text != ">"
                or result[-1].text in ("return", "else", "do", "case")):
            tokens = [*tokens[:at + 1], tokens[at + 1]._replace(space=token.space),
                      *tokens[at + 2:]]
            at += 1                      # ::f, the one of the file
            continue
        if [t.text for t in tokens[at:at + 4]] == ["using", "namespace", "std", ";"]:
            at += 4
            continue
        if token.text == "using" and tokens[at + 2].text == "=":
            end = next(n for n in range(at, len(tokens)) if tokens[n].text == ";")
            result += [*like(token, "typedef"), *tokens[at + 3:end],
                       tokens[at + 1]._replace(space=" ")]
            at = end
            continue
        if token.text in LABELS and following == ":":
            at += 2
            continue
        if token.text == "volatile" and any(bodies[-1:]) and (
                result[-1].text in ("{", "}", ";") and is_number(tokens, at + 1)):
            at += 1
            continue
        if token.text in AFTER and result and result[-1].text == ")":
            end = at
            while end < len(tokens) and tokens[end].text in AFTER:
                end += 1
            if tokens[end].text in ("{", ";", ":") or tokens[end].text == "=" and (
                    tokens[end + 1].text in ("default", "delete")):
                at = end
                continue
        result.append(token)
        at += 1
    return result


def is_number(tokens, at):
    """Is int n = ... declared here, and no pointer and no array?"""
    start = at
    while tokens[at].text in ("int", "unsigned", "long", "float", "double", "char",
                              "short", "bool"):
        at += 1
    return at > start and tokens[at].kind == "name" and (
        tokens[at + 1].text in ("=", ";"))


__all__ = ["plain", "tokenize", "untokenize"]
