"""What a file declares, with types: functions, members of structures, variables.

    >>> world = World(tokenize("struct V { float x, *p; }; typedef V W;"))
    >>> print(world.members["V"]["p"], "and", world.resolved(Type("W", 1)))
    float * and V *
    >>> body = tokenize("{ unsigned short k = 1; }")
    >>> scope = world.scope([tokenize("const V &v")], body)
    >>> print(scope["v"], scope["k"])
    V ushort

A Type is a name, as OpenCL C has it, and a number of *; an array counts as a pointer.
A name that a function declares with two types has None.
"""

import re
from typing import NamedTuple

from .. import vocabulary
from ..tokens import chunks, closing, nesting, split, tokenize
from .signatures import functions

QUALIFIERS = {"const", "volatile", "static", "struct", "union", "enum", "constexpr",
              "__shared__", "__constant__", "extern", "register", *vocabulary.DROPPED}


class Type(NamedTuple):
    """A type: its name, and how many * follow."""

    name: str
    depth: int = 0

    def __str__(self):
        return f"{self.name} {'*' * self.depth}".strip()


def type_of(tokens):
    """The Type that the tokens of a type name, const float *."""
    depth = sum(token.text in ("*", "[") for token in tokens)
    words = [t.text for t in tokens if t.kind == "name" and t.text not in QUALIFIERS]
    if not words or words == ["void"] and not depth:
        return None
    sizes = [w for w in words if w in ("char", "short", "long", "double")]
    if "unsigned" in words or sizes and words[0] in ("signed", *sizes, "int"):
        name = sizes[0] if sizes else "int"
        return Type("u" * ("unsigned" in words) + name, depth)
    name = {"signed": "int", "size_t": "ulong"}.get(words[0], words[0])
    return Type(vocabulary.ALIASES.get(name, name), depth)


class World:
    """What a file declares: its functions, the members of its structures, variables."""

    def __init__(self, tokens):
        self.functions, self.members, self.variables = {}, {}, {}
        self.types, self.aliases = set(vocabulary.TYPES), {}
        for function in functions(tokens):
            self.functions.setdefault(function.name, []).append(function)
        for chunk in chunks(tokens):
            self.take(chunk)
        for name, text in vocabulary.VECTORS.items():
            kind, fields = re.match(r"typedef struct { (\w+) ([\w, ]+);", text).groups()
            self.members[name] = {f: Type(kind) for f in fields.split(", ")}

    def take(self, chunk):
        texts = [token.text for token in chunk]
        mark = next((n for n, text in enumerate(texts) if text in "({=[;"), 0)
        if texts[0] in ("struct", "union", "typedef", "enum") and "{" in texts:
            begin = texts.index("{")
            names = [t.text for t in (chunk[begin - 1], chunk[-2])
                     if t.kind == "name" and t.text not in ("struct", "union", "enum")]
            members = {}
            if "enum" not in texts[:begin]:
                for part in parts(chunk[begin + 1:closing(chunk, begin)]):
                    members.update(declared(part, self.types))
            for name in names:
                self.types.add(name)
                self.members[name] = members
        elif texts[0] == "typedef":
            kind = type_of(chunk[1:-2])
            self.types.add(texts[-2])
            if kind and texts[-2] not in vocabulary.TYPES:     # those are known
                self.aliases[texts[-2]] = kind
        elif mark and texts[mark] != "(" and texts[0] != "template":
            self.variables.update(declared(chunk[:-1], self.types))

    def scope(self, parameters, body):
        """Types of the names that a function declares; None of those of two types."""
        found = {}
        for part in parameters:
            for name, kind in declared(part, self.types).items():
                found[name] = kind
        at = 0
        while at < len(body):
            begins = at == 0 or body[at - 1].text in ("{", "}", ";", "(", ")")
            if begins and body[at].text in self.types | QUALIFIERS | {"unsigned",
                                                                      "signed"}:
                end, depth = at, 0
                while end < len(body) and (depth or body[end].text not in (";", ":")):
                    depth += nesting(body[end].text)
                    if depth < 0:
                        break
                    end += 1
                for name, kind in declared(body[at:end], self.types).items():
                    known = found.setdefault(name, kind)
                    found[name] = kind if known == kind else None
            at += 1
        return found

    def parameter(self, part):
        """The Type of a function's parameter."""
        return self.resolved(next(iter(declared(
            [t for t in part if t.text != "&"], self.types).values()), None))

    def resolved(self, kind):
        """A Type without typedefs."""
        while kind and kind.name in self.aliases:
            alias = self.aliases[kind.name]
            kind = Type(alias.name, alias.depth + kind.depth)
        return kind


def parts(tokens):
    """Declarations, each before its ;"""
    begin = depth = 0
    for n, token in enumerate(tokens):
        depth += nesting(token.text)
        if token.text == ";" and depth == 0:
            yield tokens[begin:n]
            begin = n + 1
        elif token.text == "}" and depth == 0:
            begin = n + 1                # a function
    return


def declared(tokens, types):
    """float x, *y[2]; -> {"x": float, "y": float **}"""
    at = 0
    while at < len(tokens) and (tokens[at].text in types | QUALIFIERS | {
            "unsigned", "signed"} or tokens[at].kind == "attribute" or at and (
            tokens[at - 1].text in ("struct", "union", "enum"))):
        at += 1
    kind = type_of(tokens[:at])
    if not kind:
        return {}
    found = {}
    for part in split(tokens[at:]):
        end = next((n for n, t in enumerate(part) if t.text in ("=", "(", "{")),
                   len(part))
        if end == 0 and part and part[0].text == "(":
            end = len(part)              # (*p)[3]
        name = next((t for t in part[:end] if t.kind == "name"
                     and t.text not in QUALIFIERS), None)
        if name is None:
            continue
        depth = sum(t.text in ("*", "[") for t in part[:end])
        found[name.text] = kind._replace(depth=kind.depth + depth)
    return found


__all__ = ["Type", "World", "declared", "tokenize", "type_of"]
