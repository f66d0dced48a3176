"""Values made of lists in braces, as C writes them.

    >>> text = '''struct S { int a, b; };
    ... __device__ S f(int n) { S s = S{1, n}; if (n) return {2, n}; return S(); }'''
    >>> print(untokenize(with_lists(tokenize(text), {"S"})[17:], line=2).strip())
    { S s = ((S){1, n}); if (n) return ((S) {2, n}); return ((S){}); }

A structure with constructors is no such list: structures.py has made calls of them.
"""

from .. import vocabulary
from ..tokens import after, closing, like, tokenize, untokenize
from .signatures import functions

EXPRESSION = {"(", ",", "=", "return", "[", "?", ":", "<", ">", "{", ";", "}", "&&",
              "||"}


def with_lists(tokens, found):
    """S{1, 2}, of a structure without a constructor, as ((S){1, 2})."""
    known, result = {*found, *vocabulary.VECTORS}, list(tokens)
    for function in reversed(functions(tokens)):
        if function.body and function.device:
            kind = " ".join(t for t in function.kind if t not in ("const", "struct"))
            result[function.body:function.end] = braced(
                result[function.body:function.end], known,
                kind if kind in known | vocabulary.TYPES else None)
    return result


def braced(tokens, known, kind):
    """The same, of one body; return {1, 2} is of the kind that the function returns."""
    result, ends = [], []
    for n, token in enumerate(tokens):
        following = tokens[n + 1].text if n + 1 < len(tokens) else ""
        before = tokens[n - 1].text if n else "{"
        if token.text == "{" and before == "return" and kind:
            ends.append(closing(tokens, n))
            result += like(token, f"(({kind})")
        empty = following == "(" and n + 2 < len(tokens) and tokens[n + 2].text == ")"
        if token.text in known and empty and before not in ("struct", "union"):
            result += [*like(token, "(("), token._replace(space=""), *after(token, ")")]
            ends.append(n + 2)
            continue
        if ends and n == ends[-1] - 1 and token.text == "(":
            result += after(token, "{")
            continue
        if ends and n == ends[-1] and token.text == ")":
            result += after(token, "})")
            ends.pop()
            continue
        if token.text in known and following == "{" and (
                before in EXPRESSION - {"{", "}", ";"} or
                before[-1] in "+-*/%=&|^<>!~"):
            ends.append(closing(tokens, n + 1))
            result += [*like(token, "(("), token._replace(space=""), *after(token, ")")]
            continue
        result.append(token)
        while ends and n == ends[-1]:
            result += after(token, ")")
            ends.pop()
    return result


__all__ = ["tokenize", "untokenize", "with_lists"]
