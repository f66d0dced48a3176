"""Memory that a kernel asks for: new T, new T[n] and malloc, from one large array.

    >>> print(untokenize(taken(tokenize("int *p = new int[3]; delete[] p;"))[-27:]))
    int *p = ((int *)heap_take_(sizeof(int) * (3))); (void)p;

The array is a variable of the file's, so what was taken stays for the launches that
follow.  A GPU's heap has 8 MB unless a script asks for more.  Here it has 64 and never
takes anything back, which is more for all but programs that ask and return for ever;
these get the null pointer that a GPU gives, too, when nothing is left.

Left out, and refused: new T(x), which calls a constructor, and new (place) T.
"""

from ..tokens import Unsupported, closing, like, tokenize, untokenize, wrapped

BYTES = 1 << 26
HEAP = (f"__device__ unsigned char heap_[{BYTES}]; "
        "__device__ unsigned long long heap_used_; "
        "__device__ void *heap_take_(unsigned long long n) { unsigned long long "
        "at = atomicAdd(&heap_used_, (n + 15) / 16 * 16); "
        f"return at + n <= {BYTES} ? (void *)(heap_ + at) : (void *)0; }} ")
KINDS = {"struct", "class", "union"}


def taken(tokens):
    """The tokens of a file without new, delete, malloc and free."""
    result, at, wanted = [], 0, False
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if token.text == "new" and following != "[":
            end = at + 1
            while tokens[end].kind == "name" or tokens[end].text == "*":
                end += 1
            made, at = allocated(tokens, at, end)
            result += made
            wanted = True
        elif token.text == "delete" and token.kind == "name" and (
                not result or result[-1].text in ("{", "}", ";", ")", "else")):
            result += like(token, "(void)")
            at += 3 if following == "[" else 1
            tokens = [*tokens[:at], tokens[at]._replace(space=""), *tokens[at + 1:]]
        elif token.text in ("malloc", "free") and following == "(" and (
                not result or result[-1].text not in (".", "->")):
            result += like(token, "heap_take_" if token.text == "malloc" else "(void)")
            wanted = wanted or token.text == "malloc"
            at += 1
        else:
            result.append(token)
            at += 1
    return [*like(tokens[0]._replace(space=""), HEAP), *result] if wanted else result


def allocated(tokens, at, end):
    """new T or new T[n] as a call, and where it ends."""
    place, kind = tokens[at], tokens[at + 1:end]
    if not kind:
        raise Unsupported("new at a place that is given cannot run on the CPU engine",
                          place)
    kind = [kind[0]._replace(space=""), *kind[1:]]
    following, size = tokens[end].text, []
    texts = [token.text for token in tokens]
    if following == "(":
        close = closing(tokens, end)
        if close > end + 1:
            raise Unsupported("new with values for a constructor cannot run on the "
                              "CPU engine; assign them", place)
        end = close + 1
    elif following == "[":
        close = closing(tokens, end)
        tight = place._replace(space=" ")
        size = [*like(tight, "*"), *wrapped(tokens[end + 1:close])]
        size[1] = size[1]._replace(space=" ")
        end = close + 1
    for n, text in enumerate(texts[:-2]):
        if text in KINDS and texts[n + 1:n + 3] == [kind[-1].text, "{"]:
            body = texts[n + 3:closing(tokens, n + 2)]
            if (kind[-1].text, "(") in zip(body, body[1:]):
                raise Unsupported(f"new {kind[-1].text}: a structure with a "
                                  "constructor cannot be made so on the CPU engine",
                                  place)
    tight = place._replace(space="")
    return [*like(place, "(("), *kind, *like(place, "*"), *like(
        tight, ")heap_take_(sizeof("), *kind, *like(tight, ")"), *size,
        *like(tight, "))")], end


__all__ = ["taken", "tokenize", "untokenize"]
