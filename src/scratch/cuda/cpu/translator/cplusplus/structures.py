"""Structures with functions: these move out, and get the structure by reference.

    >>> text = '''struct V {
    ...     float x, y;
    ...     __device__ V(float a) : x(a), y(a) { }
    ...     __device__ float sum() const { return x + y; }
    ... };
    ... __device__ float f(V *p) { V v(2); return v.sum() + p->sum() + V(1).y; }'''
    >>> print(untokenize(flat(as_functions(plain(tokenize(text)))), file="").replace(
    ...     "__device__ ", "\\n"))
    struct V { float x, y;};
    V V__(float a);
    float sum__(V &self_);
    V V__(float a) { V self_; self_.x = (a); self_.y = (a); { } return self_; }
    float sum__(V &self_) { return self_.x + self_.y; }
    float f(V *p) { V v= V__(2); return sum__(v) + sum__(*p) + V__(1).y; }

    f__       the function f of a structure; the compiler tells structures apart
    S__       the constructor of S, which returns one
    S_f__     a static function, S::f

Left out, and refused: base classes, virtual functions, destructors, conversions,
constructors of copies that do more than copy, arrays of what has a constructor.
"""

from dataclasses import dataclass, field

from .. import statements, vocabulary
from ..tokens import (SourceError, Unsupported, after, chunks, closing, flat, like,
                      outer, postfix_begins, split, tokenize, untokenize)
from .references import SELF
from .signatures import SAID, functions

KINDS = {"struct", "class", "union"}
AFTER = {"const", "volatile", "noexcept", "override", "final"}
LABELS = {"public", "private", "protected"}
EXPRESSION = {"(", ",", "=", "return", "[", "?", ":", "<", ">", "{", ";", "}", "&&",
              "||"}


@dataclass
class Structure:
    """What a structure's braces say."""

    name: str
    fields: dict = field(default_factory=dict)          # name -> tokens of its type
    arrays: set = field(default_factory=set)            # names of fields that are some
    constants: dict = field(default_factory=dict)       # static const: name -> tokens
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


def plain(tokens):
    """class as struct, without public: and without the const after a function's ).

    A volatile number of the thread's own is one that no other thread sees.
    """
    result, at = [], 0
    while at < len(tokens):
        token = tokens[at]
        following = tokens[at + 1].text if at + 1 < len(tokens) else ""
        if token.text == "class" and result and result[-1].text not in ("<", ","):
            token = token._replace(text="struct")
        elif token.text == "class" and not result:
            token = token._replace(text="struct")
        if token.text in LABELS and following == ":":
            at += 2
            continue
        if token.text == "volatile" and result and result[-1].text in "{};" and (
                is_number(tokens, at + 1)):
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


def as_functions(tokens):
    """The tokens of a file whose structures have no functions."""
    found, parts = {}, []
    types = known_types(tokens)
    for chunk in chunks(tokens):
        begin = brace_of(chunk)
        if begin is None:
            parts.append(chunk)
            continue
        end = closing(chunk, begin)
        structure = read(chunk, begin, end)
        found[structure.name] = structure
        if structure.methods or structure.constructors or structure.constants:
            kept = [t for item in items(chunk[begin + 1:end])
                    if not function_name(item, structure.name)
                    and not is_constant(item, structure) for t in item]
            if not structure.fields:     # has a byte in C++, and none in C
                kept = like(chunk[begin], "char empty__;")
            chunk = [*(t for value in structure.constants.values() for t in value),
                     *chunk[:begin + 1], *kept, *chunk[end:]]
        parts.append(chunk)
    for n, chunk in enumerate(parts):
        parts[n] = without_outside(chunk, found)
    if not any(s.methods or s.constructors or s.constants for s in found.values()) and (
            not any(token.text == "::" for chunk in parts for token in chunk)):
        return with_lists([t for chunk in parts for t in chunk], found)
    writer = Writer(found, types)
    result = []
    for chunk in parts:
        result += writer.file(chunk)
        for part in chunks(chunk):
            begin = brace_of(part)
            if begin is not None:
                result += writer.functions(found[
                    part[begin - 1].text if part[begin - 1].kind == "name" else
                    part[-2].text])
    return with_lists(result, found)


def known_types(tokens):
    """Names of types, those of the file with them."""
    named = {tokens[n + 1].text for n, t in enumerate(tokens[:-1])
             if t.text in KINDS | {"enum"} and tokens[n + 1].kind == "name"}
    for n, token in enumerate(tokens):
        if token.text == "typedef":
            end = next((m for m in range(n, len(tokens)) if tokens[m].text == ";"), n)
            named.add(tokens[end - 1].text)
    return vocabulary.TYPES | named


# ---- reading -------------------------------------------------------------------------

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


def read(chunk, begin, end):
    """The Structure of a chunk."""
    tag = chunk[begin - 1] if chunk[begin - 1].kind == "name" else chunk[-2]
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
    if "~" in [token.text for token in before]:
        raise Unsupported(f"~{name.text}(): destructors cannot run on the CPU engine",
                          name)
    if "virtual" in texts[:opened]:
        raise Unsupported(f"{name.text}(): virtual functions cannot run on the CPU "
                          "engine", name)
    if "operator" in [token.text for token in before]:
        raise Unsupported("operator: a conversion that the program defines cannot run "
                          "on the CPU engine; write a function", name)
    device = {"__device__", "__host__", "__global__"} & {*texts[:opened]}
    if device == {"__host__"}:
        return
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
    if name.text == structure.name:
        structure.constructors.append(method)
    else:
        structure.methods.append(method)


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


# ---- writing -------------------------------------------------------------------------

def method_name(name):
    return f"{name}__"


def constant_name(structure, name):
    return f"{structure}_{name}__"


def is_constant(item, structure):
    """Is it one of those that go out of the structure?"""
    return any(token.text in structure.constants and following.text == "="
               for token, following in zip(item, item[1:]))


class Writer:
    """Writes functions, and whatever uses structures that have them."""

    def __init__(self, found, types):
        self.found, self.types = found, types
        self.methods = {name for s in found.values() for name in s.own}
        self.made = {s.name for s in found.values()
                     if any(not copies(s, c) for c in s.constructors)}
        for structure in found.values():
            structure.methods = [m for m in structure.methods
                                 if not assigns_copy(structure, m)]
            structure.constructors = [c for c in structure.constructors
                                      if not copies(structure, c)]

    def file(self, chunk):
        """A chunk of the file, the body of a function rewritten."""
        found = functions(chunk) if chunk else []
        if not found or not found[0].body or not found[0].device:
            return chunk
        [function] = found
        return [*chunk[:function.body], *self.body(chunk[function.body:])]

    def functions(self, structure):
        """The functions of a structure, as functions of the file."""
        made = [self.constructor(structure, method) for method in
                structure.constructors if method.body]
        made += [self.method(structure, method) for method in structure.methods
                 if method.body]
        heads = []                       # declared first, as they may call one another
        for tokens in made:
            [function] = functions(tokens)
            head = [t for t in tokens[:function.body]]
            heads += [*head, *after(head[-1], ";")]
        return [*heads, *(t for tokens in made for t in tokens)]

    def method(self, structure, method):
        place = method.place
        name = method_name(f"{structure.name}_{method.name}" if method.static
                           else method.name)
        head = [*like(place._replace(space=""), "__device__"),
                *(t._replace(space=" ", line=place.line) for t in method.head),
                *like(place._replace(space=" "), name)]
        given = [*like(place._replace(space=""), "("), *method.parameters,
                 *after(place, ")")]
        if not method.static:
            comma = ", " if method.parameters else ""
            given[1:1] = like(place._replace(space=""),
                              f"{structure.name} &{SELF}{comma}")
        return [*head, *given, *self.body(self.inside(structure, method, method.body))]

    def constructor(self, structure, method):
        place, name = method.place, structure.name
        given = [t._replace(line=place.line) for t in method.parameters]
        starts = []
        for part in split(method.starts) if method.starts else []:
            target, value = part[0], part[2:-1]
            if target.text not in structure.fields or (
                    target.text in structure.arrays):
                raise Unsupported(f"{name}(...) : {target.text}(...): this beginning "
                                  "of a constructor cannot run on the CPU engine; "
                                  "write it in braces", target)
            kind = structure.fields[target.text]
            value = self.inside(structure, method, value, shadowed=False)
            if not value or len(split(value)) > 1:
                value = [*kind, *like(part[1], "("), *value, *after(part[-1], ")")]
            starts += [*like(target, f"{SELF}.{target.text} = ("), *value,
                       *after(part[-1], ");")]
        body = with_result(self.inside(structure, method, method.body))
        whole = [*like(method.body[0]._replace(space=" "), f"{{ {name} {SELF};"),
                 *starts, *body, *like(body[-1]._replace(space=" "),
                                       f"return {SELF}; }}")]
        return [*like(place._replace(space=""), f"__device__ {name} {name}__("), *given,
                *after(place, ")"), *self.body(whole)]

    def inside(self, structure, method, tokens, shadowed=True):
        """Members as those of self_."""
        own = {t.text for part in split(method.parameters) for t in part[-1:]}
        own |= {part[n - 1].text for part in split(method.parameters)
                for n, t in enumerate(part) if t.text in ("=", "[") and n}
        if shadowed and tokens and tokens[0].text == "{":
            body = statements.parse(tokens, self.types)
            local = {name.text for inner in body.inner() for part in inner.parts
                     if inner.kind == "declaration" and isinstance(
                         part, statements.Declaration)
                     for name, *_ in part.declarators}
            own |= local
            for name in sorted((statements.declared(body) - own) & {
                    *structure.fields, *structure.own}):
                raise Unsupported(f"{name}: a variable in braces of the name of a "
                                  f"member of {structure.name} cannot run on the CPU "
                                  "engine; give it another", tokens[0])
        result, at = [], 0
        while at < len(tokens):
            token, text = tokens[at], tokens[at].text
            following = tokens[at + 1].text if at + 1 < len(tokens) else ""
            before = tokens[at - 1].text if at else ""
            member = before in (".", "->", "::")
            at += 1
            if text == "this":
                if following == "->":
                    result += like(token, f"{SELF}.")
                    at += 1
                elif before == "*":
                    result[-1:] = like(result[-1], SELF)
                else:
                    result += like(token, f"(&{SELF})")
            elif token.kind != "name" or member or text in own:
                result.append(token)
            elif text in structure.own and following == "(":
                result += [*like(token, f"{SELF}."), token._replace(space="")]
            elif any(m.static and m.name == text for m in structure.methods) and (
                    following == "("):
                result += like(token, method_name(f"{structure.name}_{text}"))
            elif text in structure.constants:
                result += like(token, constant_name(structure.name, text))
            elif text in structure.fields:
                result += [*like(token, f"{SELF}."), token._replace(space="")]
            else:
                result.append(token)
        return result

    def body(self, tokens):
        """A body whose declarations and expressions use no function of a structure."""
        statement = statements.parse(tokens, self.types)
        for inner in statement.everything():
            for part in inner.parts:
                if isinstance(part, statements.Declaration):
                    kind = [t.text for t in part.type if t.text in self.made]
                    if kind:
                        part.declarators = [
                            self.declared(kind[0], *each) for each in part.declarators]
        return self.expression(statements.write(statement))

    def declared(self, kind, name, declarator, equals, value):
        """S s(1, 2) as S s = S__(1, 2)."""
        at = declarator.index(name) + 1
        given = declarator[at:] if value is None else value.tokens
        if declarator[0] != name or equals and given and given[0].text != "{" or (
                name.text == SELF):
            return name, declarator, equals, value
        if given and given[0].text == "[":
            if any(c.starts or len(c.body) > 2 for c in
                   self.found[kind].constructors if not c.parameters):
                raise Unsupported(f"{name.text}: an array of {kind}, which has a "
                                  "constructor, cannot run on the CPU engine", name)
            return name, declarator, equals, value
        made = [*like(name._replace(space=" "), f"{kind}__("), *given[1:-1],
                *after(name, ")")]
        return name, declarator[:at], after(name, " ="), statements.Expression(made)

    def expression(self, tokens):
        """s.f(x) as f__(s, x), S(x) as S__(x), S::f(x) as S_f__(x)."""
        result, at = [], 0
        while at < len(tokens):
            token, text = tokens[at], tokens[at].text
            texts = [t.text for t in tokens[at + 1:at + 3]]
            if text in (".", "->") and texts[1:] == ["("] and texts[0] in self.methods:
                start = postfix_begins(result)
                value = result[start:]
                first = value[0]
                star = "*" if text == "->" else ""
                close = closing(tokens, at + 2)
                comma = ", " if close > at + 3 else ""
                result[start:] = [*like(first, f"{method_name(texts[0])}({star}"),
                                  first._replace(space=""), *value[1:],
                                  *(after(token, comma) if comma else [])]
                if comma:
                    tokens = [*tokens[:at + 3],
                              tokens[at + 3]._replace(space=" "), *tokens[at + 4:]]
                at += 3
                continue
            if text in self.made and texts[:1] in (["("], ["{"]) and (
                    not result or result[-1].text in EXPRESSION
                    or result[-1].text[-1] in "+-*/%=&|^<>!~"):
                result.append(token._replace(text=f"{text}__"))
                if texts[0] == "{":
                    close = closing(tokens, at + 1)
                    tokens = [*tokens[:at + 1], tokens[at + 1]._replace(text="("),
                              *tokens[at + 2:close],
                              tokens[close]._replace(text=")"), *tokens[close + 1:]]
                at += 1
                continue
            if text in self.found and texts[:1] == ["::"] and at + 3 < len(tokens) and (
                    tokens[at + 3].text == "("):
                result += like(token, method_name(f"{text}_{texts[1]}"))
                at += 3
                continue
            if text in self.found and texts[:1] == ["::"]:
                name = texts[1]          # S::K, a constant or of an enum
                result += like(token, constant_name(text, name) if name in
                               self.found[text].constants else name)
                at += 3
                continue
            result.append(token)
            at += 1
        return result


def with_result(body):
    """return; in a constructor as return self_;"""
    result = []
    for n, token in enumerate(body):
        result.append(token)
        if token.text == "return" and body[n + 1].text == ";":
            result += like(token._replace(space=" "), SELF)
    return result


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


# ---- copies --------------------------------------------------------------------------

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


__all__ = ["as_functions", "flat", "plain", "tokenize", "untokenize"]
