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

from .. import statements, vocabulary
from ..tokens import (SourceError, Unsupported, after, chunks, closing, flat, like,
                      postfix_begins, split, tokenize, untokenize)
from .lists import EXPRESSION, with_lists
from .members import (KINDS, Method, assigns_copy, brace_of, constant_name, copies,
                      function_name, is_constant, items, method_name, read, tag_of,
                      without_outside)
from .references import SELF
from .signatures import functions
from .words import plain


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
        if any(function_name(item, structure.name) or is_constant(item, structure)
               for item in items(chunk[begin + 1:end])):
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
    if not any(s.methods or s.constructors or s.constants or s.friends
               for s in found.values()) and not any(
            token.text == "::" for chunk in parts for token in chunk):
        return with_lists([t for chunk in parts for t in chunk], found)
    writer = Writer(found, types)
    result = []
    for chunk in parts:
        result += writer.file(chunk)
        for part in chunks(chunk):
            begin = brace_of(part)
            if begin is not None:
                result += writer.functions(found[tag_of(part, begin).text])
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


class Writer:
    """Writes functions, and whatever uses structures that have them."""

    def __init__(self, found, types):
        self.found, self.types = found, types
        self.methods = {name for s in found.values() for name in s.own}
        self.made = {s.name for s in found.values()
                     if any(not copies(s, c) for c in s.constructors)}
        self.holding = set()             # structures without, that hold one with
        for _ in found:
            self.holding |= {s.name for s in found.values() if s.name not in self.made
                             and self.held(s)}
        for structure in found.values():
            structure.methods = [m for m in structure.methods
                                 if not assigns_copy(structure, m)]
            given = [[t.text for t in c.parameters] for c in structure.constructors]
            called = structure.name in self.made and all(    # in S t(s); of one kind
                "volatile" not in texts and (len(texts) < 2 or "&" in texts)
                for texts in given)
            structure.constructors = [c for c in structure.constructors
                                      if called or not copies(structure, c)]

    def held(self, structure):
        """{field: name of its structure}, of those that have a constructor."""
        return {name: token.text for name, kind in structure.fields.items()
                for token in kind if token.text in self.made | self.holding}

    def constructors(self, structure):
        """Those that it says, or the one that C++ makes for what it holds."""
        held = self.held(structure) if structure.name in self.holding else {}
        if not held or structure.arrays & {*held}:
            return structure.constructors
        place = next(kind[0] for kind in structure.fields.values() if kind)
        try:
            if not self.begins(structure.name, place):
                return []
        except SourceError:              # one needs arguments, so it has none either
            return []
        return [Method(structure.name, [], [], [], like(place, "{ }"), place)]

    def begins(self, kind, place):
        """Does a structure without a value have to be given one?"""
        if kind in self.holding:
            return any(self.begins(other, place) for other in
                       self.held(self.found[kind]).values())
        for made in self.found[kind].constructors:
            if all("=" in [t.text for t in part]
                   for part in split(made.parameters) if part):
                return bool(made.starts or len(made.body) > 2)
        raise SourceError(f"{kind} has no constructor without arguments", place)

    def file(self, chunk):
        """A chunk of the file, the body of a function rewritten."""
        found = functions(chunk) if chunk else []
        if not found or not found[0].body or not found[0].device:
            return chunk
        [function] = found
        kind = [t for t in function.kind if t in self.made | self.holding
                and len(function.kind) == 1]
        return [*chunk[:function.body], *self.body(chunk[function.body:], *kind)]

    def functions(self, structure):
        """The functions of a structure, as functions of the file."""
        made = [self.file(item) for item in structure.friends
                if functions(item)[0].body]
        made += [self.constructor(structure, method) for method in
                 self.constructors(structure) if method.body]
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
        kind = [t.text for t in method.head if t.text in self.made | self.holding
                and "&" not in [t.text for t in method.head]]
        return [*head, *given,
                *self.body(self.inside(structure, method, method.body), *kind)]

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
        said = {part[0].text for part in split(method.starts) if part}
        for field, kind in self.held(structure).items():
            if field in said or not self.begins(kind, place):
                continue
            if field in structure.arrays:
                raise Unsupported(f"{name}(...): {field}, whose constructor is called "
                                  "without being named, cannot run on the CPU engine",
                                  place)
            starts += like(place, f"{SELF}.{field} = {kind}__();")
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

    def body(self, tokens, kind=None):
        """A body whose declarations and expressions use no function of a structure.

        kind is what the function returns, if that is a structure with a constructor.
        """
        statement = statements.parse(tokens, self.types)
        for inner in statement.everything():
            for part in inner.parts:
                begun = []
                if isinstance(part, statements.Declaration):
                    made = [t.text for t in part.type if t.text in self.made]
                    if made:
                        part.declarators = [
                            self.declared(made[0], *each) for each in part.declarators]
                    for held in [t for t in part.type if t.text in self.holding]:
                        for name, declarator, _, value in part.declarators:
                            if value is not None:
                                self.refuse_lists(held.text, value.tokens)
                            elif declarator[0] is name and name.text != SELF and (
                                    self.begins(held.text, name)):
                                if len(declarator) > 1:
                                    raise Unsupported(
                                        f"{name.text}: a list or an array of "
                                        f"{held.text}, which holds what has a "
                                        "constructor, cannot run on the CPU engine",
                                        name)
                                begun.append((part, name, held.text))
                    part.declarators = [
                        (name, declarator, after(name, " ="), statements.Expression(
                            like(name._replace(space=" "), f"{held}__()")))
                        if name in [n for _, n, _ in begun] else
                        (name, declarator, equals, value)
                        for name, declarator, equals, value in part.declarators
                        for held in [next((h for _, n, h in begun if n is name), "")]]
                elif isinstance(part, statements.Expression) and kind and (
                        inner.kind == "return" and part.tokens
                        and part.tokens[0].text == "{"):
                    first, last = part.tokens[0], part.tokens[-1]
                    if kind in self.holding:
                        self.refuse_lists(kind, part.tokens)
                        continue
                    part.tokens = [*like(first, f"{kind}__("), *part.tokens[1:-1],
                                   *after(last, ")")]
        return self.expression(statements.write(statement))

    def refuse_lists(self, kind, tokens):
        """Refuse a list from whose values constructors would make structures."""
        if not tokens or tokens[0].text != "{":
            return
        inner = [*tokens[1:-1]]
        values = split(inner) if inner else []
        wanted = ([token.text for kinds in self.found[kind].fields.values()
                   for token in kinds[-1:] or [tokens[0]]] if kind in self.holding else
                  [kind] * len(values))
        for value, name in zip(values or [[tokens[0]]] * len(wanted), wanted):
            if name in self.made | self.holding and value[0].text != name:
                raise Unsupported(f"{{...}}: a list from which constructors of {name} "
                                  "make values cannot run on the CPU engine; call them",
                                  tokens[0])

    def declared(self, kind, name, declarator, equals, value):
        """S s(1, 2) as S s = S__(1, 2)."""
        at = declarator.index(name) + 1
        given = declarator[at:] if value is None else value.tokens
        if declarator[0] != name or equals and given and given[0].text != "{" or (
                name.text == SELF):
            return name, declarator, equals, value
        if value is not None and "[" in [t.text for t in declarator]:
            self.refuse_lists(kind, value.tokens)
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
            if text in self.holding and texts[:1] in (["{"], ["("]):
                if texts == ["(", ")"] and self.begins(text, token):
                    result.append(token._replace(text=f"{text}__"))
                    at += 1
                    continue
                self.refuse_lists(text, tokens[at + 1:closing(tokens, at + 1) + 1])
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


__all__ = ["as_functions", "flat", "plain", "tokenize", "untokenize"]
