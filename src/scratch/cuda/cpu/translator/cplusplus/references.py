"""References as the pointers that they are.

    >>> text = '''
    ... __device__ void swap(float &a, float &b) { float t = a; a = b; b = t; }
    ... __device__ float twice(const float &x) { return 2 * x; }
    ... __device__ void f(float *x)
    ... {
    ...     float &first = x[0];
    ...     swap(first, x[1]);
    ...     first = twice(x[1] + 1);
    ... }'''
    >>> print(untokenize(as_pointers(tokenize(text)), line=2))
    __device__ void swap(float *a, float *b) { float t = (*a); (*a) = (*b); (*b) = t; }
    __device__ float twice(const float *x) { return 2 * (*x); }
    __device__ void f(float *x)
    {
        float *first = &(x[0]);
        swap(&((*first)), &(x[1]));
        (*first) = twice(VALUE_(float, x[1] + 1));
    }

A parameter gets the address of its argument.  A value that has none, or that may have
to be converted, goes to a variable without a name: VALUE_, and PLACE_ where the
compiler decides by the type (vocabulary.py).

Where it bites: the name of a reference cannot be declared twice in one function.
"""

from .. import vocabulary
from ..tokens import (SourceError, Unsupported, after, closing, like, outer, tokenize,
                      untokenize)
from .signatures import calls_in, functions

SELF = "self_"      # a parameter of what was a structure's function: structures.py
NO_PLACES = {"threadIdx", "blockIdx", "blockDim", "gridDim", "warpSize", "true",
             "false"}


def as_pointers(tokens):
    """The tokens of a file without references."""
    if not any(is_reference(tokens, n) for n, t in enumerate(tokens)
               if t.text in ("&", "&&")):
        return tokens
    found = functions(tokens)
    table = {}                   # name -> [Signature, ...]
    for function in found:
        table.setdefault(function.name, []).append(function)
    constants = host_constants(tokens, found)
    result = list(tokens)
    for function in reversed(found):
        result[function.begin:function.end] = rewritten(
            result[function.begin:function.end], function, table, constants)
    return result


def is_reference(tokens, n):
    """Does & stand after a type, or before [of a declared name]?"""
    before = tokens[n - 1].text if n else ""
    following = tokens[n + 1] if n + 1 < len(tokens) else None
    return following is not None and (
        following.kind == "name" or following.text in (",", ")")) and (
        before in vocabulary.TYPES | {"auto", "const", "unsigned", "volatile"} or
        tokens[n - 1].kind == "name" or before in ("*", "("))


def host_constants(tokens, found):
    """Names of constants of the file, which have no address here."""
    inside = {n for function in found for n in range(function.begin, function.end)}
    return {tokens[n - 1].text for n, token in enumerate(tokens)
            if token.text == "=" and n not in inside}


def references(parameters):
    """For each parameter, the tokens of its type without const and &, or None."""
    kinds = []
    for part in parameters:
        texts = [token.text for token in part]
        if "&" not in texts and "&&" not in texts:
            kinds.append(None)
            continue
        if "&&" in texts:
            raise Unsupported(f"the parameter {part[-1].text}: references to values "
                              "about to end (&&) cannot run on the CPU engine; pass a "
                              "pointer", part[0])
        kinds.append([t for t in part[:texts.index("&")] if t.text not in
                      ("const", "volatile", "(", "__restrict__")])
    return kinds


def constant(part):
    """Does a parameter promise not to change what it refers to?"""
    texts = [token.text for token in part]
    return "const" in texts[:texts.index("&")]


def rewritten(chunk, function, table, constants):
    """One function, its parameters, its calls and its own references as pointers."""
    begin = function.begin
    opened, closed = function.open - begin, function.close - begin
    kinds = references(function.parameters)
    if any(kinds) and "__global__" in [t.text for t in chunk[:opened]]:
        raise SourceError(f"{function.name}: a kernel cannot have a parameter that is "
                          "a reference", chunk[opened - 1])
    returns = "&" in function.kind
    head = [t._replace(text="*") if t.text == "&" else t for t in chunk[:closed + 1]]
    if not function.body or not function.device:
        return [*head, *chunk[closed + 1:]] if function.device else chunk
    body = chunk[function.body - begin:]
    names = {part_name(part): None for part, kind in zip(function.parameters, kinds)
             if kind is not None}
    body = with_calls(body, table, constants)
    body, own = with_own(body, constants, {*names})
    body = dereferenced(body, {*names, *own})
    if returns:
        body = with_returns(body)
    return [*head, *body]


def part_name(part):
    """The name that a parameter has, float &x or float (&x)[3]."""
    texts = [token.text for token in part]
    following = part[texts.index("&") + 1:]
    return following[0].text if following else ""


# ---- calls ---------------------------------------------------------------------------

def with_calls(body, table, constants):
    """Addresses in the place of arguments that are passed by reference."""
    body = list(body)
    wanted = {name for name, several in table.items()
              if any(any(references(f.parameters)) or "&" in f.kind for f in several)}
    for at, name, given in calls_in(body, wanted):
        fitting = [f for f in table[name] if len(f.parameters) == len(given)]
        if not fitting:
            continue                     # the compiler says what is wrong
        close = closing(body, at + 1)
        made = []
        for n, value in enumerate(given):
            kinds = [(references(f.parameters)[n], f.parameters[n]) for f in fitting]
            by_reference = {kind is not None for kind, _ in kinds}
            if len(by_reference) > 1:
                raise Unsupported(f"{name}(...): functions of one name, of which some "
                                  "take a reference and some a value, cannot run on "
                                  "the CPU engine; give them two names", body[at])
            if by_reference == {True}:
                value = address(value, kinds, constants, table)
            made += [*(after(body[at + 1], ",") if n else []), *value]
        returned = {"&" in f.kind for f in fitting}
        if len(returned) > 1:
            raise Unsupported(f"{name}(...): of functions of one name, some return a "
                              "reference and some a value; give them two names",
                              body[at])
        call = [body[at], body[at + 1], *made, body[close]]
        if returned == {True}:
            call = [*like(body[at], "(*"), body[at]._replace(space=""), *call[1:],
                    *after(body[close], ")")]
        body[at:close + 1] = call
    return body


def address(value, kinds, constants, table):
    """&(value), or the address of a copy of what is no place in memory."""
    kept = {" ".join(token.text for token in kind) for kind, _ in kinds}
    first = value[0]
    changed = any(not constant(part) and part_name(part) != SELF for _, part in kinds)
    place = is_place(value, constants, table)
    held = [first._replace(space=""), *value[1:]]
    array = "(" in [t.text for t in kinds[0][1]]
    if changed or array or place and (len(kept) > 1 or part_name(kinds[0][1]) == SELF):
        return [*like(first, "&("), *held, *after(value[-1], ")")]
    kind = kinds[0][0] if len(kept) == 1 else like(first, "__typeof__(") + held + (
        after(first, ")"))
    macro = "PLACE_" if place else "VALUE_"
    return [*like(first, f"{macro}("), kind[0]._replace(space="", line=first.line),
            *(t._replace(line=first.line) for t in kind[1:]), *after(first, ", "),
            first._replace(space=" "), *value[1:], *after(value[-1], ")")]


def is_place(tokens, constants, table):
    """Is an expression one that stands for memory, as its text tells?"""
    while tokens[0].text == "(" and closing(tokens, 0) == len(tokens) - 1:
        tokens = tokens[1:-1]
    if tokens[0].text == "*" or tokens[0].text in ("++", "--"):
        rest = tokens[1:]
        return bool(rest) and is_chain(rest)
    return tokens[0].text not in constants | NO_PLACES and is_chain(tokens) and not (
        tokens[-1].text == ")" and not returns_place(tokens, table))


def returns_place(tokens, table):
    """Is it a call of a function that returns a reference, or in brackets?"""
    if tokens[0].text == "(":
        return True
    return any("&" in f.kind for f in table.get(tokens[0].text, []))


def is_chain(tokens):
    """a, a[i], a.b, a->b, (a)[i], f(x).b: one operand and what follows it."""
    at = closing(tokens, 0) + 1 if tokens[0].text == "(" else 1
    if tokens[0].kind != "name" and tokens[0].text != "(":
        return False
    if tokens[0].text == "(" and at < len(tokens) and tokens[at].kind == "name":
        return False                     # a cast
    while at < len(tokens):
        if tokens[at].text in ("[", "("):
            at = closing(tokens, at) + 1
        elif tokens[at].text in (".", "->"):
            at += 2
        else:
            return False
    return True


# ---- references of the function's own ------------------------------------------------

def with_own(body, constants, taken):
    """float &x = a[i]; as float *x = &(a[i]);, and the names of those."""
    body, own, n = list(body), [], 0
    while n < len(body):
        if body[n].text == "&&" and n and body[n - 1].text == "auto":
            raise Unsupported("auto &&: references to values about to end cannot run "
                              "on the CPU engine", body[n])
        declared = (body[n].text == "&" and n + 2 < len(body)
                    and body[n + 1].kind == "name" and body[n + 2].text == "="
                    and is_type(body, n - 1))
        if declared:
            name, end = body[n + 1], n + 3
            while body[end].text not in (";", ","):
                end = closing(body, end) + 1 if body[end].text in "([{" else end + 1
            if body[end].text == ",":
                raise Unsupported(f"{name.text}: several references in one "
                                  "declaration; write one for each", name)
            value = body[n + 3:end]
            chosen = "?" in [t.text for t in outer(value)]
            if not chosen and not is_place(value, constants, {}) and (
                    value[0].text != "("):
                raise Unsupported(f"{name.text}: a reference to what is no variable; "
                                  "leave out the &", name)
            star = [] if body[n - 1].text == "auto" else like(body[n], "*")
            value = [value[0]._replace(space=" "), *value[1:]]
            body[n:end] = [*star, name, body[n + 2], *addressed(value)]
            own.append(name.text)
        n += 1
    for name in {*own, *taken}:
        if count_declared(body, name) > own.count(name):
            raise Unsupported(f"{name}: a reference of the name of another variable in "
                              "the same function; give it its own", body[0])
    return body, own


def is_type(tokens, n):
    """Does a type stand at tokens[n], at the beginning of a statement?"""
    while n and (tokens[n].kind == "name" or tokens[n].text == "*"):
        n -= 1
    return tokens[n].text in (";", "{", "}", "(", ")")


def count_declared(body, name):
    """How often is a variable of that name declared, as far as the text tells?"""
    return sum(token.text == name and n and n + 1 < len(body)
               and body[n + 1].text in ("=", ";", "[", ",")
               and (body[n - 1].kind == "name" and body[n - 1].text not in
                    ("return", "else", "case")
                    or body[n - 1].text == "*" and n > 1
                    and (body[n - 2].text in vocabulary.TYPES
                         or body[n - 2].text == "auto"))
               for n, token in enumerate(body))


def dereferenced(body, names):
    """x as (*x), where it is used; the declaration of one stays."""
    result = []
    for n, token in enumerate(body):
        before = body[n - 1].text if n else ""
        declares = n > 1 and n + 2 < len(body) and body[n + 1].text == "=" and (
            before == "auto" or before == "*" and body[n - 2].kind == "name"
            and body[n - 2].text not in ("return", "else", "case"))
        if token.kind == "name" and token.text in names and not declares and (
                before not in (".", "->")):
            result += [*like(token, "(*"), token._replace(space=""),
                       *after(token, ")")]
        else:
            result.append(token)
    return result


def with_returns(body):
    """return x; as return &(x);"""
    result, at = [], 0
    while at < len(body):
        result.append(body[at])
        at += 1
        if body[at - 1].text == "return" and body[at].text != ";":
            end = at
            while body[end].text != ";":
                end += 1
            result += addressed(body[at:end])
            at = end
    return result


def addressed(value):
    """&(value); of a choice, a ? b : c, the choice of an address."""
    mark = next((n for n, t in enumerate(value) if t.text == "?"), None)
    if mark is None or value[mark] not in [*outer(value)]:
        return [*like(value[0], "&("), value[0]._replace(space=""), *value[1:],
                *after(value[-1], ")")]
    depth, colon = 1, mark + 1
    while depth:
        if value[colon].text in ("(", "["):
            colon = closing(value, colon)
        depth += {"?": 1, ":": -1}.get(value[colon].text, 0)
        colon += 1
    return [*value[:mark + 1], *addressed(value[mark + 1:colon - 1]), value[colon - 1],
            *addressed(value[colon:])]


__all__ = ["as_pointers", "tokenize", "untokenize"]
