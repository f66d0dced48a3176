"""Templates: for each use with other types, an instance with these in their place.

    >>> text = '''template <typename T, int N> __device__ T times(T x) { return N * x; }
    ... template <typename T> __device__ T larger(T a, T b) { return a > b ? a : b; }
    ... __device__ float f(float x) { return larger(times<float, 3>(x), 1.0f); }'''
    >>> print(untokenize(instantiated(tokenize(text))))
    __device__ float times__float__3(float x) { return (3) * x; }
    __device__ float larger__float(float a, float b) { return a > b ? a : b; }
    __device__ float f(float x) { return larger__float(times__float__3(x), 1.0f); }

What is not written between < and > is told by the arguments' types (expressions.py).
A template that nobody uses is left out.

Left out, and refused: templates with any number of parameters (...), templates as
parameters, functions of structures that are templates, partial specialisations.
"""

from dataclasses import dataclass, field

from ..preprocess import constant
from ..tokens import (SourceError, Unsupported, chunks, closing, like, split, tokenize,
                      untokenize, wrapped)
from .expressions import Expression
from .signatures import functions
from .world import World, declared

MOST = 100      # instances within one another, against those that have no end


@dataclass
class Template:
    """Its parameters, [(name, default)], of which some are types, and its text."""

    name: str
    parameters: list
    types: set
    tokens: list
    place: object
    made: dict = field(default_factory=dict)        # arguments as text -> tokens


def instantiated(tokens):
    """The tokens of a file without templates."""
    if not any(token.text == "template" for token in tokens):
        return tokens
    table, parts = {}, []        # parts: Templates, and chunks of tokens
    for chunk in chunks(tokens):
        if chunk[0].text != "template":
            parts.append(chunk)
            continue
        template = read(chunk)
        table.setdefault(template.name, []).append(template)
        parts.append(template)
    maker = Maker(table, parts)
    parts = [part if isinstance(part, Template) else maker.used(part) for part in parts]
    result = []
    for part in parts:
        result += ([t for made in part.made.values() for t in made]
                   if isinstance(part, Template) else part)
    return result


def read(chunk):
    """The Template of a chunk."""
    close = angle_closes(chunk, 1)
    if close is None:
        raise Unsupported("template: an instantiation that is asked for cannot run on "
                          "the CPU engine; leave it out, uses are enough", chunk[0])
    parameters, types, rest = [], set(), chunk[close + 1:]
    for part in split(chunk[2:close]):
        texts = [token.text for token in part]
        if not part:
            raise Unsupported("template <>: a specialisation cannot run on the CPU "
                              "engine; write a function of another name", chunk[0])
        if "..." in texts or "template" in texts:
            raise Unsupported(f"template <{' '.join(texts)}>: any number of "
                              "parameters, and templates as parameters, cannot run on "
                              "the CPU engine", part[0])
        equals = texts.index("=") if "=" in texts else len(part)
        name = part[equals - 1]
        parameters.append((name.text, part[equals + 1:]))
        if texts[0] in ("typename", "class", "struct"):
            types.add(name.text)
    texts = [token.text for token in rest]
    if texts[0] in ("struct", "class", "union"):
        name = rest[1]
    else:
        mark = texts.index("(") if "(" in texts else 0
        if not mark or "=" in texts[:mark]:
            raise Unsupported("template: of a variable or an alias: cannot run on the "
                              "CPU engine", chunk[0])
        name = rest[mark - 1]
        if name.kind != "name" or texts[mark - 2] == "::" or texts[mark - 1] == ">":
            raise Unsupported("template: of a function of a structure, or a partial "
                              "specialisation: cannot run on the CPU engine", chunk[0])
    return Template(name.text, parameters, types, rest, chunk[0])


def angle_closes(tokens, at):
    """Where the < at tokens[at] is closed, or None."""
    if at >= len(tokens) or tokens[at].text != "<":
        return None
    depth = 0
    n = at
    while n < len(tokens):
        text = tokens[n].text
        if text in ("(", "["):
            n = closing(tokens, n)
        elif text in (";", "{"):
            return None
        depth += {"<": 1, ">": -1, ">>": -2, ">>>": -3}.get(text, 0)
        if depth <= 0:
            return n if depth == 0 else None
        n += 1
    return None


def apart(tokens):
    """The tokens with >> as > >, in lists of types."""
    result = []
    for token in tokens:
        if token.text in (">>", ">>>"):
            result += [token._replace(text=">")] * len(token.text)
        else:
            result.append(token)
    return result


class Maker:
    """Makes instances, and puts their names where they are used."""

    def __init__(self, table, parts):
        self.table, self.depth = table, 0
        self.plain = [t for part in parts if not isinstance(part, Template)
                      for t in part]
        self.world = World(self.plain)

    def used(self, chunk):
        """A chunk of the file in which no template is used any more."""
        chunk = self.explicit(chunk)
        found = functions(chunk) if chunk and chunk[-1].text in ("}", ";") else []
        if found and found[0].body:
            [function] = found
            body = chunk[function.body:]
            return [*chunk[:function.body], *self.deduced(body, function)]
        return chunk

    def explicit(self, tokens):
        """f<float>(x) and S<float> by the names of instances."""
        tokens, n = list(tokens), len(tokens) - 1
        while n >= 0:                    # inner ones, which stand behind, come first
            if tokens[n].text in self.table and n + 1 < len(tokens) and (
                    tokens[n + 1].text == "<"):
                end = n + 1
                depth = 0
                while end < len(tokens) and tokens[end].text not in (";", "{"):
                    text = tokens[end].text
                    if text in (">>", ">>>"):
                        tokens[end:end + 1] = apart([tokens[end]])
                        text = ">"
                    depth += {"<": 1, ">": -1}.get(text, 0)
                    if depth == 0:
                        break
                    end += 1
                if depth == 0 and end < len(tokens):
                    given = split(tokens[n + 2:end])
                    given = given if given != [[]] else []
                    following = tokens[end + 1].text if end + 1 < len(tokens) else ""
                    whole = self.chosen(tokens[n], given)
                    if whole is not None or following != "(":
                        name = self.instance(tokens[n], *(whole or (None, given)))
                        tokens[n:end + 1] = [tokens[n]._replace(text=name)]
            n -= 1
        return tokens

    def chosen(self, place, given):
        """(template, arguments) if those given and defaults are enough."""
        for template in self.table[place.text]:
            if len(given) <= len(template.parameters) and all(
                    value for _, value in template.parameters[len(given):]):
                return template, given
        return None

    def instance(self, place, template, given):
        """The name of the instance for these arguments, made if it is new."""
        if template is None:
            raise SourceError(f"{place.text}<...>: too few arguments for the template",
                              place)
        given = [*given, *(value for _, value in template.parameters[len(given):])]
        texts = []
        for (name, _), value in zip(template.parameters, given):
            text = untokenize([t._replace(line=1, file="") for t in value],
                              file="").strip()
            if name not in template.types:
                try:
                    text = str(constant(value, place))
                except SourceError:
                    text = text.strip()
            texts.append(text)
        key = ", ".join(texts)
        made = "__".join([template.name, *("".join(
            c if c.isalnum() or c == "_" else {"*": "p", "-": "m"}.get(c, "_")
            for c in text) for text in texts)])
        if key not in template.made:
            self.depth += 1
            if self.depth > MOST:
                raise Unsupported(f"{place.text}: more than {MOST} instances within "
                                  "one another cannot run on the CPU engine", place)
            values = {name: value if name in template.types or len(value) == 1 and
                      value[0].kind == "name" else wrapped(like(value[0], text))
                      for (name, _), value, text in zip(template.parameters, given,
                                                        texts)}
            template.made[key] = []      # a template may use itself
            tokens = []
            for n, token in enumerate(template.tokens):
                before = template.tokens[n - 1].text if n else ""
                if token.text in values and before not in (".", "->", "::"):
                    value = values[token.text]
                    tokens += [t._replace(line=token.line, file=token.file,
                                          space=t.space if k else token.space)
                               for k, t in enumerate(value)]
                elif token.text == template.name and before != "::" and not (
                        n + 1 < len(template.tokens)
                        and template.tokens[n + 1].text == "<"):
                    head = token.text == template.name and (
                        template.tokens[0].text in ("struct", "class", "union")
                        or n < first_bracket(template.tokens))
                    tokens.append(token._replace(text=made) if head else token)
                else:
                    tokens.append(token)
            tokens[0] = tokens[0]._replace(space="")
            self.declare(tokens)
            template.made[key] = self.used(tokens)
            self.declare(template.made[key])
            self.depth -= 1
        return made

    def declare(self, tokens):
        """What an instance declares is known from here on."""
        for function in functions(tokens):
            self.world.functions.setdefault(function.name, []).append(function)
        for chunk in chunks(tokens):
            self.world.take(chunk)

    # ---- deduction

    def deduced(self, body, function):
        """f(x) by the name of the instance for the type of x."""
        scope = self.world.scope(function.parameters, body)
        n = len(body) - 2
        while n >= 0:
            token = body[n]
            if token.text in self.table and (body[n + 1].text == "(" or (
                    body[n + 1].text == "<")) and (
                    n == 0 or body[n - 1].text not in (".", "->")):
                opened, given = n + 1, []
                if body[opened].text == "<":
                    close = angle_closes(body, opened)
                    if close is None:
                        n -= 1
                        continue
                    given, opened = split(body[opened + 1:close]), close + 1
                template, arguments = self.deduce(token, body, opened, given, scope)
                name = self.instance(token, template, arguments)
                body = [*body[:n], token._replace(text=name), *body[opened:]]
            n -= 1
        return body

    def deduce(self, token, body, opened, given, scope):
        """(template, arguments), from what a call is given."""
        close = closing(body, opened)
        values = split(body[opened + 1:close])
        values = values if values != [[]] else []
        kinds = [Expression(value, self.world, scope).all().type for value in values]
        for template in self.table[token.text]:
            found = self.matched(template, kinds, given)
            if found:
                return template, found
        raise Unsupported(f"{token.text}(...): the types of its template are not told "
                          "by the arguments; write them, as in "
                          f"{token.text}<float>(...)", token)

    def matched(self, template, kinds, given):
        """The arguments of a template for those types; None if they do not tell."""
        [function] = functions(template.tokens) or [None]
        if function is None or len(function.parameters) != len(kinds):
            return None
        names = [name for name, _ in template.parameters]
        known = dict(zip(names, given))
        for part, kind in zip(function.parameters, kinds):
            texts = [token.text for token in part]
            for name in names[len(given):]:
                if name not in texts or name not in template.types:
                    continue
                plain = [token for token in part if token.text != "&"]
                kinds_known = {*self.world.types, *names}
                wanted = next(iter(declared(plain, kinds_known).values()), None)
                if not kind or not wanted or wanted.name != name or (
                        kind.depth < wanted.depth):
                    return None
                text = f"{kind.name} {'*' * (kind.depth - wanted.depth)}".strip()
                value = like(part[0]._replace(space=""), text)
                if name in known and spelled(known[name]) != spelled(value):
                    return None
                known[name] = value
        rest = [known.get(name) or default for name, default in template.parameters]
        return rest if all(rest) else None


def first_bracket(tokens):
    return next((n for n, token in enumerate(tokens) if token.text == "("), 0)


def spelled(tokens):
    return " ".join(token.text for token in tokens)


__all__ = ["instantiated", "tokenize"]
