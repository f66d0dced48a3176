"""Shifts and conversions where C leaves the result open and a GPU defines it.

    >>> source = Source('''__global__ void k(unsigned char *c, float *x, int n)
    ... {
    ...     int t = threadIdx.x;
    ...     c[t] = x[t] * 255;
    ...     n = 1 << n | 1 << 4;
    ... }''')
    >>> [kernel] = source.kernels()
    >>> body = parse(kernel.body, source.types)
    >>> print(untokenize(write(as_a_gpu(body, source, kernel)), line=2))
    {
        int t = threadIdx.x;
        c[t] = TO_UCHAR_(x[t] * 255);
        n = SHL_(1, n) | 1 << 4;
    }

    a << n    0 if n is 32 or more, and of a >> n the sign is left; processors take n
              modulo 32
    (int)x    of a real number that is too large, the largest integer; processors give
              the smallest.  Fewer bits than 32 are cut from 32

Types of variables are known here, and those of values are not: where one may be real,
the compiler chooses by its type (vocabulary.py), and nothing is done to an integer.
What is an integer by its text, and a shift by a constant, stays as it is.

Left out: what is stored to a member whose name has several types; += and its kin where
computing the place changes something.
"""

import re

from . import vocabulary, wraps
from .accesses import pure
from .declarations import Source, integers, parameter_name
from .preprocess import constant
from .statements import Declaration, Expression, parse, write
from .tokens import (SourceError, after, closing, like, outer, split, tokenize,
                     untokenize)

REAL, VECTOR = "real", "vector of "
SIZES = {"char", "short", "int", "long"}
PASSED = {"const", "static", "constexpr", "__shared__", "extern", "signed", "register",
          "__restrict__", "__restrict", "__device__", "__constant__"}
AFTER_SHIFT = {"<<", ">>", "<", ">", "<=", ">=", "==", "!=", "&", "^", "|", "&&", "||",
               "?", ":", ",", ")", "]", "}", ";", "=", *wraps.ASSIGN}


def as_a_gpu(body, source, function):
    """The Statement, changed."""
    Writer(source, function, body).statement(body)
    return body


def kind_of(tokens, names):
    """The OpenCL C name of a type of integers, "real", or None; names are typedefs."""
    words = [t.text for t in tokens if t.text not in PASSED]
    if len(words) == 1 and words[0] in names:
        return names[words[0]]
    if len(words) == 1:
        word = vocabulary.ALIASES.get(words[0], words[0])
        word = {"size_t": "ulong", "uintptr_t": "ulong", "ptrdiff_t": "long",
                "intptr_t": "long"}.get(word, word)
        if word.removeprefix("u") in SIZES:
            return word
    if len(words) == 1 and words[0] in vocabulary.VECTORS:
        scalar = kind_of(tokenize(re.match(r"(\D+)\d", words[0])[1]), {})
        return f"{VECTOR}{scalar}" if scalar != REAL else None
    if words and set(words) <= {"float", "double"}:
        return REAL
    if words and set(words) <= SIZES | {"unsigned"} or not words and tokens and (
            "signed" in [t.text for t in tokens]):
        size = next((s for s in ("char", "short", "long") if s in words), "int")
        return "u" * ("unsigned" in words) + size
    return None


class Writer:
    """Knows the types of the names in one function."""

    def __init__(self, source, function, body):
        self.source, self.types = source, source.types
        self.integers = {"": 0, **integers(source)}
        self.typedefs, self.kinds, self.members = {}, {}, {}
        self.depths = {}                 # name -> how many * lead from it to its kind
        for item in [*(item for item in source.order if isinstance(item, list)),
                     *(inner.parts[0] for inner in body.everything()
                       if inner.kind in ("type", "shared"))]:
            self.take(item)
        for part in function.parameters:
            name = parameter_name(part)
            self.note(self.kinds, name, [t for t in part if t is not name
                                         and t.kind == "name"], part)
        for inner in body.everything():
            for part in inner.parts:
                if isinstance(part, Declaration):
                    for name, declarator, *_ in part.declarators:
                        self.note(self.kinds, name, part.type, declarator)
        pointer = any(token.text == "*" for token in function.head)
        self.result = None if pointer else self.kind(function.head)

    def kind(self, tokens):
        return kind_of(tokens, self.typedefs)

    def note(self, table, name, tokens, declarator):
        """The kind of what is declared; None of names that are declared as several."""
        kind = self.kind(tokens)
        known = table.setdefault(name.text, kind)
        table[name.text] = kind if known == kind else None
        depth = sum(token.text in ("*", "[") for token in declarator)
        known = name.text if table is self.kinds else f".{name.text}"
        self.depths[known] = min(depth, self.depths.get(known, depth))

    def take(self, tokens):
        """A typedef, a structure, a variable of the file, an array in shared memory."""
        tokens = tokens[:-1] if tokens[-1].text == ";" else tokens
        texts = [token.text for token in tokens]
        if "{" in texts and "enum" not in texts:
            begin = texts.index("{")
            variable = texts[1].endswith("_variable")
            for part in parts(tokens[begin + 1:closing(tokens, begin)]):
                self.declared(self.kinds if variable else self.members, part)
        elif texts[0] == "typedef" and "*" not in texts and self.kind(tokens[1:-1]):
            self.typedefs[texts[-1]] = self.kind(tokens[1:-1])
        elif "__shared__" in texts:
            self.declared(self.kinds, tokens)

    def declared(self, table, tokens):
        """int a, *b, c[3]"""
        at = next((n for n, token in enumerate(tokens) if token.kind == "name"
                   and token.text not in self.types | PASSED | {"unsigned"}), None)
        if at is not None:
            kind = [token for token in tokens[:at] if token.text != "*"]
            for n, part in enumerate(split(tokens[at:])):
                for name in [token for token in part if token.kind == "name"][:1]:
                    self.note(table, name, kind, part if n else [*tokens[:at], *part])

    # ---- statements

    def statement(self, statement):
        for inner in statement.everything():
            for part in inner.parts:
                if isinstance(part, Declaration):
                    kind = self.kind(part.type)
                    for name, declarator, _, value in part.declarators:
                        if value is None:
                            continue
                        value.tokens = self.changed(value.tokens)
                        if declarator == [name] and value.tokens[0].text != "{":
                            value.tokens = self.converted(value.tokens, kind)
                elif isinstance(part, Expression) and part.tokens:
                    part.tokens = self.changed(part.tokens)
                    if inner.kind == "return":
                        part.tokens = self.converted(part.tokens, self.result)

    def changed(self, tokens):
        """The tokens of an expression, as a GPU computes them."""
        tokens, n = list(tokens), 0
        while n < len(tokens):
            text = tokens[n].text
            following = tokens[n + 1].text if n + 1 < len(tokens) else ""
            if text in ("<<", ">>"):
                n = self.shift(tokens, n)
            elif text in wraps.ASSIGN:
                self.assignment(tokens, n)
            elif text == "(" and wraps.cast(tokens, n, self.types | {*self.typedefs}):
                self.cast(tokens, n, closing(tokens, n))
            elif text == "static_cast":
                end = next(m for m in range(n, len(tokens)) if tokens[m].text == ">")
                kind = self.kind(tokens[n + 2:end])
                close = closing(tokens, end + 1)
                if self.converts(tokens[end + 1:close + 1], kind):
                    tokens[n:end + 1] = like(tokens[n], f"TO_{kind.upper()}_")
            elif following == "(" and (text in self.types or text == "unsigned"):
                kind = self.kind([tokens[n]])
                if self.converts(tokens[n + 1:closing(tokens, n + 1) + 1], kind):
                    tokens[n:n + 1] = like(tokens[n], f"TO_{kind.upper()}_")
            elif following == "(" and (text in self.source.functions or
                                       text[:5] == "make_" and
                                       text[5:] in vocabulary.VECTORS):
                self.call(tokens, n)
            n += 1
        return tokens

    def shift(self, tokens, n):
        """Rewrites the shift at tokens[n]; where to go on."""
        end = n + 1
        while end < len(tokens) and tokens[end].text not in AFTER_SHIFT:
            end = 1 + (closing(tokens, end) if tokens[end].text in ("(", "[", "{")
                       else end)
        if self.is_small(tokens[n + 1:end]):
            return n
        start = wraps.left_operand(tokens, n, self.types)
        amount = self.changed(tokens[n + 1:end])
        name = "SHL_" if tokens[n].text == "<<" else "SHR_"
        made = call(name, tokens[start:n], amount)
        tokens[start:end] = made
        return start + len(made) - 1

    def is_small(self, tokens):
        """Is an amount a constant below 32?"""
        try:
            return 0 <= constant(tokens, names=self.integers) < 32
        except (SourceError, TypeError):
            return False

    def assignment(self, tokens, n):
        """Converts what is assigned at tokens[n], if that is a real number."""
        start = n
        while start and tokens[start - 1].text not in wraps.ENDS:
            if tokens[start - 1].text in (")", "]", "}"):
                start = wraps.opening(tokens, start - 1)
            else:
                start -= 1
        place = tokens[start:n]
        if not place:
            return
        kind = self.kind_of_place(place)
        operator = tokens[n].text[:-1]
        end = wraps.right_end(tokens, n + 1)
        value = tokens[n + 1:end]
        if operator in ("<<", ">>"):
            if kind and kind != REAL and pure(place) and not self.is_small(value):
                name = "SHL_" if operator == "<<" else "SHR_"
                tokens[n:end] = [*after(tokens[n - 1], " ="),
                                 *call(name, place, self.changed(value))]
        elif operator in ("+", "-", "*", "/") and self.converts(value, kind):
            if pure(place):
                tokens[n:end] = [
                    *after(tokens[n - 1], " ="), *after(tokens[n - 1],
                                                        f" TO_{kind.upper()}_("),
                    place[0]._replace(space=""), *place[1:], *after(place[-1],
                                                                    f" {operator} ("),
                    value[0]._replace(space=""), *value[1:], *after(value[-1], "))")]
        elif not operator:
            tokens[n + 1:end] = self.converted(value, kind)

    def kind_of_place(self, place):
        """The kind of what an assignment changes, a[i], *p or p->x, or None."""
        names = [n for n, token in enumerate(place) if token.kind == "name"]
        members = [n for n in names if n and place[n - 1].text in (".", "->")
                   and place[n] in [*outer(place)]]
        if members:
            last = place[members[-1]].text
            reached = place[0].text == "*" or sum(
                token.text == "[" for token in place[members[-1]:])
            if reached < self.depths.get(f".{last}", 0):
                return None
            if last in self.members:
                return self.members[last]
            vector = self.kinds.get(place[names[0]].text) or ""
            return vector.removeprefix(VECTOR) if vector.startswith(VECTOR) else None
        kind = self.kinds.get(place[names[0]].text) if names else None
        reached = sum(token.text == "[" or token.text == "*" and wraps.prefix(
            place, n, self.types) for n, token in enumerate(place))
        if names and reached < self.depths.get(place[names[0]].text, 0):
            return None                  # a pointer, which is no number
        return kind if kind and not kind.startswith(VECTOR) else None

    def cast(self, tokens, n, end):
        kind = self.kind(tokens[n + 1:end])
        close = wraps.operand_end(tokens, end + 1, self.types | {*self.typedefs})
        if "*" not in [t.text for t in tokens[n:end]]:
            value = tokens[end + 1:close]
            if self.converts(value, kind):
                made = self.converted(value, kind)
                tokens[n:close] = [made[0]._replace(space=tokens[n].space), *made[1:]]

    def call(self, tokens, n):
        """Converts the arguments of a call of a function of the program."""
        text, close = tokens[n].text, closing(tokens, n + 1)
        given = split(tokens[n + 2:close])
        if text in self.source.functions:
            several = [f for f in self.source.functions[text] if f.body]
            parameters = several[0].parameters if len(several) == 1 else []
            kinds = [self.kind([t for t in part if t is not parameter_name(part)])
                     for part in parameters]
        else:                            # make_uchar4
            kinds = [self.kind([tokens[n]._replace(text=text[5:])])] * len(given)
            kinds = [kind and kind.removeprefix(VECTOR) for kind in kinds]
        if len(given) != len(kinds) or not given[0]:
            return
        made = []
        for value, kind in zip(given, kinds):
            made += [*(after(made[-1], ",") if made else []),
                     *self.converted(value, kind)]
        tokens[n + 2:close] = made

    # ---- values

    def converted(self, value, kind):
        """TO_INT_(value), if the value may be real and kind is int."""
        if not self.converts(value, kind):
            return value
        first = value[0]
        return [*like(first, f"TO_{kind.upper()}_("), first._replace(space=""),
                *value[1:], *after(value[-1], ")")]

    def converts(self, value, kind):
        return bool(kind and kind != REAL and not kind.startswith(VECTOR) and value
                    and self.may_be_real(value))

    def may_be_real(self, tokens):
        for n, token in enumerate(tokens):
            before = tokens[n - 1].text if n else ""
            text = token.text
            if token.kind == "number":
                hexadecimal = text[:2] in ("0x", "0X")
                if not hexadecimal and set(text) & set(".eEfF"):
                    return True
            elif text in ("float", "double"):            # (float)n
                return True
            elif token.kind == "name" and before in (".", "->"):
                if n < 2 or tokens[n - 2].text not in INDICES:
                    return True
            elif token.kind == "name" and text not in KNOWN | self.types and (
                    self.kinds.get(text) in (None, REAL)):
                if text not in self.integers:
                    return True
        return False


INDICES = {"threadIdx", "blockIdx", "blockDim", "gridDim"}
KNOWN = {*INDICES, "sizeof", "unsigned", "signed", "const", "warpSize", "true", "false",
         "SHL_", "SHR_", "static_cast", "TO_INT_", "TO_UINT_", "TO_CHAR_", "TO_UCHAR_",
         "TO_SHORT_", "TO_USHORT_", "TO_LONG_", "TO_ULONG_"}


def parts(tokens):
    """Declarations, each before its ;"""
    begin = 0
    for n, token in enumerate(tokens):
        if token.text == ";":
            yield tokens[begin:n]
            begin = n + 1


def call(name, *arguments):
    """name(arguments), of lists of tokens."""
    first = arguments[0][0]
    made = like(first, f"{name}(")
    for n, part in enumerate(arguments):
        made += [*(after(made[-1], ",") if n else []),
                 part[0]._replace(space=" " * bool(n)), *part[1:]]
    return [*made, *after(arguments[-1][-1], ")")]
