"""The body of a C function as statements: what is decided where, and what is computed.

    >>> body = tokenize("{ int i = 0; while (i < n) { i++; if (x[i]) break; } f(i); }")
    >>> print(outline(parse(body, {"int"})))
    block
      declaration int i = 0
      while (i < n)
        block
          expression i++
          if (x[i])
            break
      expression f(i)
    >>> written = untokenize(write(parse(body, {"int"})))
    >>> written == untokenize(body)
    True

A Statement holds parts in the order of the text: tokens that nobody changes,
Expressions, Declarations and Statements.  barriers.py and accesses.py replace tokens
of Expressions, and write() makes a list of tokens of it again.

Left out: what is inside of an expression; labels of goto.
"""

from dataclasses import dataclass, field

from .tokens import (Reader, SourceError, Unsupported, flat, nesting, tokenize,
                     untokenize)

QUALIFIERS = {"const", "static", "extern", "struct", "union", "enum", "constexpr",
              "volatile", "register", "auto", "signed", "unsigned", "__shared__"}
LOOPS = ("for", "while", "do")


@dataclass
class Expression:
    """Something to compute; role is condition, value or step."""

    tokens: list
    role: str = "value"


@dataclass
class Declaration:
    """float x = 1, *y; as the type's tokens and [(name, declarator, =, value)]."""

    type: list
    declarators: list    # value is an Expression, or None; the = and commas stay tokens
    ends: list           # the commas between them

    def tokens(self):
        result = list(self.type)
        for n, (_, declarator, equals, value) in enumerate(self.declarators):
            result += declarator
            if value is not None:
                result += [*equals, *value.tokens]
            result += self.ends[n:n + 1]
        return result


@dataclass
class Statement:
    """kind says which: block, if, for, while, do, switch, return, ..., expression."""

    kind: str
    parts: list = field(default_factory=list)

    def inner(self):
        return [part for part in self.parts if isinstance(part, Statement)]

    def expressions(self, role=None):
        """The Expressions of this statement itself, with a declaration's values."""
        for part in self.parts:
            if isinstance(part, Expression) and role in (None, part.role):
                yield part
            elif isinstance(part, Declaration) and role in (None, "value"):
                yield from (value for *_, value in part.declarators if value)

    def everything(self):
        """This statement and those inside of it."""
        yield self
        for part in self.inner():
            yield from part.everything()


class Parser(Reader):
    """Reads statements from tokens, one after the other."""

    def __init__(self, tokens, types):
        super().__init__(tokens)
        self.types = set(types)

    def take(self, count=1):
        """The next tokens, a list."""
        taken = self.tokens[self.at:self.at + count]
        if len(taken) < count:
            raise SourceError("the body of a function ends too early", self.tokens[-1])
        self.at += count
        return taken

    def until(self, *ends):
        """The tokens before the next of ends that is in no bracket."""
        depth, start = 0, self.at
        while self.at < len(self.tokens):
            text = self.text()
            if depth == 0 and text in ends:
                return self.tokens[start:self.at]
            depth += nesting(text)
            if depth < 0:
                break
            self.at += 1
        at = self.tokens[min(self.at, len(self.tokens) - 1)]
        raise SourceError(f"expected {' or '.join(ends)}, and found {at.text}", at)

    def bracket(self, role="condition"):
        """( expression )"""
        if self.text() != "(":
            at = self.tokens[min(self.at, len(self.tokens) - 1)]
            raise SourceError(f"expected (, and found {at.text}", at)
        return [self.take(), Expression(self.until_closed(), role), self.take()]

    def until_closed(self):
        depth, start = 1, self.at
        while self.at < len(self.tokens):
            text = self.text()
            depth += nesting(text)
            if depth == 0:
                return self.tokens[start:self.at]
            self.at += 1
        raise SourceError("this ( is not closed", self.tokens[start - 1])

    def statement(self):
        text = self.text()
        if text in ("if", "while", "switch") and self.text(3) != "(" and (
                self.text(2) in self.types | QUALIFIERS):
            raise Unsupported(f"{text} ({self.text(2)} ...): a variable declared in a "
                              "condition cannot run on the CPU engine; declare it "
                              "before", self.tokens[self.at])
        if text == "{":
            parts = [self.take()]
            while self.text() != "}":
                if self.at >= len(self.tokens):
                    raise SourceError("this { is not closed", parts[0][0])
                parts.append(self.statement())
            return Statement("block", [*parts, self.take()])
        if text == "if":
            parts = [self.take(), *self.bracket(), self.statement()]
            if self.text() == "else":
                parts += [self.take(), self.statement()]
            return Statement("if", parts)
        if text in ("while", "switch"):
            return Statement(text, [self.take(), *self.bracket(), self.statement()])
        if text == "do":
            parts = [self.take(), self.statement(), self.take(), *self.bracket()]
            return Statement("do", [*parts, self.take()])
        if text == "for":
            return self.loop()
        if text == "_Pragma":
            hint, statement = self.take(4), self.statement()
            if statement.kind in LOOPS:
                statement.parts.insert(0, hint)
            return statement
        if text in ("break", "continue"):
            return Statement(text, [self.take(2)])
        if text == "return":
            parts = [self.take(), Expression(self.until(";"))]
            return Statement("return", [*parts, self.take()])
        if text in ("case", "default"):
            return Statement("label", [self.until(":"), self.take()])
        if text in ("typedef", "struct", "union", "enum") and (
                text == "typedef" or self.text(1) == "{" or self.text(2) == "{"):
            if text != "typedef" and self.text(1) != "{":
                self.types.add(self.text(1))         # C++ needs no struct before it
            return Statement("type", [self.until(";"), self.take()])
        if text in self.types | QUALIFIERS and not self.conversion():
            kind = "shared" if "__shared__" in (text, self.text(1), self.text(2)) else (
                "declaration")
            if kind == "shared":
                return Statement(kind, [self.until(";"), self.take()])
            return Statement(kind, [self.declaration(), self.take()])
        return Statement("expression", [Expression(self.until(";")), self.take()])

    def conversion(self):
        """float(x); as a statement, which is rare, and not float (*x)[3];"""
        return self.text(1) == "(" and self.text(2) != "*"

    def loop(self):
        parts = [self.take(2)]
        at = self.at
        if self.text() in self.types | QUALIFIERS and self.until(";", ":", ")") and (
                self.text() == ":"):
            raise Unsupported("a for over the elements of an array cannot run on the "
                              "CPU engine; count with an index", parts[0][0])
        self.at = at
        if self.text() in self.types | QUALIFIERS:
            parts.append(self.declaration())
        else:
            parts.append(Expression(self.until(";"), "start"))
        parts += [self.take(), Expression(self.until(";"), "condition"), self.take(),
                  Expression(self.until_closed(), "step"), self.take(),
                  self.statement()]
        return Statement("for", parts)

    def declaration(self):
        start = self.at
        while self.text() in self.types | QUALIFIERS or (
                self.text(-1) in ("struct", "union", "enum")):
            self.at += 1
        if self.at - start > 1 and self.text() in ("=", ",", ";", "[") and (
                self.tokens[self.at - 1].text in self.types):
            self.at -= 1
            self.hide()
        kind = self.tokens[start:self.at]
        declarators, ends = [], []
        while True:
            declarator = self.until("=", ",", ";")
            name = next((t for t in declarator if t.kind == "name"
                         and t.text not in ("const", "volatile", "__restrict__")), None)
            if name is None:
                raise SourceError("a declaration without a name", kind[0])
            equals, value = [], None
            if self.text() == "=":
                equals = self.take()
                value = Expression(self.until(",", ";"))
            declarators.append((name, declarator, equals, value))
            if self.text() == ";":
                return Declaration(kind, declarators, ends)
            ends += self.take()


    def hide(self):
        """The next token names a variable as a type is: to the end of the block."""
        name, depth = self.text(), 0
        for n in range(self.at, len(self.tokens)):
            token = self.tokens[n]
            depth += nesting(token.text)
            if depth < 0:
                return
            if token.text == name and self.tokens[n - 1].text not in (".", "->"):
                self.tokens[n] = token._replace(text=f"{name}_own_", kind="name")


def parse(tokens, types):
    """The tokens of a body, from { to }, and names of types -> a Statement."""
    parser = Parser(tokens, types)
    statement = parser.statement()
    if parser.at < len(tokens):
        raise SourceError("more follows where the body should end", tokens[parser.at])
    return statement


def declared(statement):
    """The names of the variables that are declared in it, but for shared ones."""
    return {name.text for inner in statement.everything() for part in inner.parts
            if isinstance(part, Declaration) for name, *_ in part.declarators}


def write(part):
    """The tokens of a Statement, as its parts are now."""
    if isinstance(part, list):
        return part
    if isinstance(part, Expression):
        return part.tokens
    if isinstance(part, Declaration):
        return part.tokens()
    return [token for inner in part.parts for token in write(inner)]


def outline(statement, depth=0):
    """Statements as indented lines, to look at."""
    text = " ".join(untokenize(flat(write(part)), file="").strip()
                    for part in statement.parts
                    if isinstance(part, (Expression, Declaration)))
    if statement.kind in ("if", "while", "switch"):
        text = f"({text})"
    lines = [f"{'  ' * depth}{statement.kind} {text}".rstrip()]
    lines += [outline(inner, depth + 1) for inner in statement.inner()]
    return "\n".join(lines)
