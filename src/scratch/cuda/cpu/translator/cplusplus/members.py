"""What the braces of a structure say: its fields, functions and constructors.

    >>> chunk = tokenize("struct V { float x, y[2]; __device__ V(float a) : x(a) { }"
    ...                  " __device__ static int two() { return 2; } };")
    >>> begin = brace_of(chunk)
    >>> structure = read(chunk, begin, closing(chunk, begin))
    >>> structure.name, [*structure.fields], structure.arrays
    ('V', ['x', 'y'], {'y'})
    >>> [(m.name, m.static) for m in structure.methods], len(structure.constructors)
    ([('two', True)], 1)

What a structure may not have here is refused: see structures.py.
"""

from dataclasses import dataclass, field

from ..tokens import (SourceError, Unsupported, closing, like, outer, split, tokenize,
                      untokenize)
from .signatures import SAID, spelled

KINDS = {"struct", "class", "union"}


@dataclass
class Structure:
    """What a structure's braces say."""

    name: str
    fields: dict = field(default_factory=dict)          # name -> tokens of its type
    arrays: set = field(default_factory=set)            # names of fields that are some
    constants: dict = field(default_factory=dict)       # static const: name -> tokens
    friends: list = field(default_factory=list)         # functions of the file
    methods: list = field(default_factory=list)
    constructors: list = field(default_factory=list)

    @property
    def own(self):
        """Names of the functions that need one of these."""
        return {method.name for method in self.methods if not method.static}


@dataclass
class Method:
    """A function that stood in a structure."""

    name: str
    head: list                  # tokens of what it returns
    parameters: list            # tokens between ( and )
    starts: list                # of a constructor: tokens between : and {
    body: list
    place: object
    static: bool = False


def method_name(name):
    return f"{name}__"


def constant_name(structure, name):
    return f"{structure}_{name}__"


def brace_of(chunk):
    """Where the { of a structure is, if the chunk defines one."""
    texts = [token.text for token in chunk]
    start = 1 if texts[0] == "typedef" else 0
    if texts[start] not in KINDS or "{" not in texts:
        return None
    begin = texts.index("{")
    if ":" in texts[start:begin] or "(" in texts[:begin]:
        return None              # a base class, or a function that returns a structure
    return begin


def tag_of(chunk, begin):
    """The token that names it, before the { or, of a typedef, at the end."""
    before = chunk[begin - 1]
    return before if before.kind == "name" and before.text not in KINDS else chunk[-2]


def items(tokens):
    """Fields and functions, each to its ; or }."""
    at = start = 0
    while at < len(tokens):
        text = tokens[at].text
        if text in ("(", "[", "{"):
            end = closing(tokens, at)
            if text == "{" and opens_body(tokens[start:at]):
                if end + 1 < len(tokens) and tokens[end + 1].text == ";":
                    end += 1
                yield tokens[start:end + 1]
                start = end + 1
            at = end
        elif text == ";":
            if at > start:
                yield tokens[start:at + 1]
            start = at + 1
        at += 1


def opens_body(head):
    """Does a { after these tokens open the body of a function?"""
    texts = [token.text for token in outer(head)]
    return ")" in texts and not (":" in texts and head[-1].kind == "name")


def function_name(item, structure):
    """The token that names a function, if the item is one."""
    depth = 0
    for n, token in enumerate(item[:-1]):
        if token.text == "=" and depth == 0:
            return None
        if token.text == "(" and depth == 0:
            if item[n + 1].text == "*" or not n or item[n - 1].kind != "name":
                return None      # a pointer to a function
            return item[n - 1]
        depth += {"{": 1, "}": -1, "[": 1, "]": -1}.get(token.text, 0)
    return None


def is_constant(item, structure):
    """Is it one of those that go out of the structure?"""
    return any(token.text in structure.constants and following.text == "="
               for token, following in zip(item, item[1:]))


def read(chunk, begin, end):
    """The Structure of a chunk."""
    tag = tag_of(chunk, begin)
    structure = Structure(tag.text)
    for item in items(chunk[begin + 1:end]):
        name = function_name(item, tag.text)
        if name is None:
            read_field(structure, item)
        else:
            read_function(structure, item, name)
    return structure


def read_field(structure, item):
    texts = [token.text for token in item]
    if "{" in texts:             # a structure within
        for token in item:
            if token.kind == "name" and token.text not in KINDS:
                structure.fields.setdefault(token.text, [])
        return
    if "static" in texts and "=" in texts and {"const", "constexpr"} & {*texts}:
        equals = texts.index("=")
        name = item[equals - 1]
        structure.constants[name.text] = [
            *like(item[0], "const"), *(t for t in item[:equals - 1] if t.text not in
                                       ("static", "const", "constexpr")),
            *like(name, constant_name(structure.name, name.text)), *item[equals:]]
        return
    if "=" in texts and texts[0] != "enum":
        raise Unsupported(f"{structure.name}: a member with a value of its own cannot "
                          "run on the CPU engine; give it in the constructor", item[0])
    if texts[0] in ("friend", "using", "template"):
        return
    first, *rest = split(item[:-1])
    names = [n for n, token in enumerate(first) if token.kind == "name"]
    brackets = texts.index("[") if "[" in texts else len(first)
    at = max(n for n in names if n < brackets)
    for part in [first[at:], *rest]:
        name = next(token for token in part if token.kind == "name")
        structure.fields[name.text] = [] if "*" in texts else first[:at]
        if "[" in [token.text for token in part]:
            structure.arrays.add(name.text)


def read_function(structure, item, name):
    texts = [token.text for token in item]
    opened = item.index(name) + 1
    close = closing(item, opened)
    before = item[:opened - 1]
    if not {"__device__", "constexpr"} & {*texts[:opened]}:
        return                           # a function of the host
    if "friend" in texts:                # a function of the file, in truth
        structure.friends.append([t for t in item if t.text != "friend"])
        return
    if "~" in [token.text for token in before]:
        raise Unsupported(f"~{name.text}(): destructors cannot run on the CPU engine",
                          name)
    if "virtual" in texts[:opened]:
        raise Unsupported(f"{name.text}(): virtual functions cannot run on the CPU "
                          "engine", name)
    if "operator" in [token.text for token in before]:
        raise Unsupported("operator: a conversion that the program defines cannot run "
                          "on the CPU engine; write a function", name)
    if texts[close + 1:close + 2] == ["="]:
        if texts[close + 2:close + 3] == ["default"]:
            return
        raise Unsupported(f"{name.text}(...) = {texts[close + 2]} cannot run on the "
                          "CPU engine", name)
    begin = next((n for n in range(close, len(item)) if item[n].text == "{"
                  and opens_body(item[:n])), None)
    method = Method(name.text, [t for t in before if t.text not in SAID],
                    item[opened + 1:close],
                    item[close + 2:begin] if texts[close + 1] == ":" else [],
                    item[begin:] if begin is not None else [], name,
                    "static" in texts[:opened])
    if method.body and method.body[-1].text == ";":
        method.body = method.body[:-1]
    held = structure.constructors if name.text == structure.name else structure.methods
    for other in held:                   # one for what is const, and one for the rest
        if other.name == name.text and spelled(other.parameters) == spelled(
                method.parameters):
            if spelled(other.body) != spelled(method.body):
                raise Unsupported(f"{name.text}(): two functions that differ by const, "
                                  "and not in it alone, cannot run on the CPU engine",
                                  name)
            if "&" in spelled(method.head) and "const" not in spelled(method.head):
                other.head = method.head
            return
    held.append(method)


def without_outside(chunk, found):
    """A chunk, or none if it is float S::f() { ... }, which fills S's declaration."""
    texts = [token.text for token in chunk]
    if "::" not in texts or "(" not in texts:
        return chunk
    at = texts.index("::")
    if at + 2 >= len(texts) or texts[at + 2] != "(" or texts.index("(") < at or (
            texts[at - 1] not in found):
        return chunk
    structure, close = found[texts[at - 1]], closing(chunk, at + 2)
    given = chunk[at + 3:close]
    kind = [token.text for part in split(given) for token in part[:1]]
    for method in [*structure.methods, *structure.constructors]:
        if method.name == texts[at + 1] and not method.body and kind == [
                token.text for part in split(method.parameters) for token in part[:1]]:
            begin = next(n for n in range(close, len(chunk)) if chunk[n].text == "{"
                         and opens_body(chunk[:n]))
            method.body = chunk[begin:]
            if texts[close + 1] == ":":
                method.starts = chunk[close + 2:begin]
            return []
    raise SourceError(f"{structure.name}::{texts[at + 1]} is not declared in "
                      f"{structure.name}", chunk[at])


def copies(structure, method):
    """Is it a constructor of copies?  One that does more than copy is refused."""
    parts = split(method.parameters)
    if len(parts) != 1 or structure.name not in [t.text for t in parts[0]] or (
            "&" not in [t.text for t in parts[0]]):
        return False
    source = parts[0][-1].text
    done = {(part[0].text, untokenize(part[2:-1], file="").split("\n")[-1].strip())
            for part in (split(method.starts) if method.starts else [])}
    done |= assigned(method.body)
    if done != {(name, f"{source}.{name}") for name in structure.fields}:
        raise Unsupported(f"{structure.name}(... &{source}): a constructor of copies "
                          "that does not only copy cannot run on the CPU engine",
                          method.place)
    return True


def assigns_copy(structure, method):
    """Is it operator= of one of these?  One that does more than copy is refused."""
    if method.name != "operator_assign":
        return False
    source = method.parameters[-1].text
    if assigned(method.body) != {(n, f"{source}.{n}") for n in structure.fields}:
        raise Unsupported(f"{structure.name}: an operator= that does not only copy "
                          "cannot run on the CPU engine", method.place)
    return True


def assigned(body):
    """{(name, value)} of a body that consists of assignments."""
    done, start = set(), 1
    for n, token in enumerate(body):
        if token.text == ";":
            part = [t.text for t in body[start:n]]
            if part[:2] == ["this", "->"]:
                part = part[2:]
            if part != ["return", "*", "this"]:
                done.add((part[0], "".join(part[2:]) if part[1:2] == ["="] else "?"))
            start = n + 1
    return done


__all__ = ["tokenize"]
