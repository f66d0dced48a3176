"""The types of expressions, as far as the text of a file tells them.

    >>> world = World(tokenize('''struct V { float x, *p; };
    ... __device__ V add(V a, V b);
    ... __device__ void f(V v, int n) { }'''))
    >>> scope = {"v": Type("V"), "n": Type("int")}
    >>> for text in ("add(v, v).x", "v.p + n", "v.p[n] * 2", "n / 2.0", "n < 3 ? v : v",
    ...              "(unsigned char)n", "g(n)", "v + v"):
    ...     print(text, "is", Expression(tokenize(text), world, scope).whole().type)
    add(v, v).x is float
    v.p + n is float *
    v.p[n] * 2 is float
    n / 2.0 is double
    n < 3 ? v : v is V
    (unsigned char)n is uchar
    g(n) is None
    v + v is None

A Type is a name and a number of *, None where it is not known.  Expression reads
operands and operators by precedence; whoever rewrites operators says in combine() what
an operator makes of its operands (operators.py).
"""

from typing import NamedTuple

from .. import curand_kernel, vocabulary
from ..tokens import Reader, closing, tokenize
from .world import QUALIFIERS, Type, World, type_of

RANKS = ["int", "uint", "long", "ulong", "float", "double"]
LEVELS = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="],
          ["<<", ">>"], ["+", "-"], ["*", "/", "%"]]
TRUTHS = {"||", "&&", "==", "!=", "<", ">", "<=", ">="}
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
INDICES = {"threadIdx", "blockIdx", "blockDim", "gridDim"}


class Node(NamedTuple):
    """Tokens of an expression and its Type, or None."""

    tokens: list
    type: object = None


class Expression(Reader):
    """Reads one expression; scope has the Types of names."""

    def __init__(self, tokens, world, scope):
        super().__init__(tokens)
        self.world, self.scope = world, scope

    def whole(self):
        """Everything, with commas, to the end or a closing bracket."""
        node = self.assignment()
        while self.text() == ",":
            comma, right = self.take(), self.assignment()
            node = Node([*node.tokens, comma, *right.tokens], right.type)
        return node

    def all(self):
        """The same, and whatever is not understood as it is."""
        tokens, kind = [], None
        while self.at < len(self.tokens):
            node = self.whole()
            tokens += node.tokens
            kind = node.type
            if self.at < len(self.tokens):
                tokens.append(self.take())
                kind = None
        return Node(tokens, kind)

    def assignment(self):
        left = self.ternary()
        if self.text() in ASSIGN:
            operator = self.take()
            return self.combine(operator, left, self.assignment())
        return left

    def ternary(self):
        asked = self.binary(0)
        if self.text() != "?":
            return asked
        mark, yes = self.take(), self.assignment()
        if self.text() != ":":
            return Node([*asked.tokens, mark, *yes.tokens])
        colon, no = self.take(), self.assignment()
        kind = yes.type if yes.type == no.type else arithmetic(yes.type, no.type)
        return Node([*asked.tokens, mark, *yes.tokens, colon, *no.tokens], kind)

    def binary(self, level):
        if level == len(LEVELS):
            return self.unary()
        node = self.binary(level + 1)
        while self.text() in LEVELS[level]:
            operator = self.take()
            node = self.combine(operator, node, self.binary(level + 1))
        return node

    def unary(self):
        if self.at >= len(self.tokens):
            return Node([])
        token = self.take()
        text = token.text
        if text in ("-", "+", "!", "~", "++", "--", "*", "&"):
            return self.prefix(token, self.unary())
        if text == "sizeof" and self.text() == "(":
            return Node([token, *self.bracketed()], Type("ulong"))
        if text == "(" and self.is_cast():
            self.at -= 1
            cast = self.bracketed()
            node = self.unary()
            return Node([*cast, *node.tokens], self.world.resolved(type_of(cast[1:-1])))
        return self.postfix(self.primary(token))

    def is_cast(self):
        end = closing(self.tokens, self.at - 1)
        inner = self.tokens[self.at:end]
        following = self.tokens[end + 1].text if end + 1 < len(self.tokens) else ""
        return bool(inner) and all(
            t.text in self.world.types | QUALIFIERS | {"*", "unsigned", "signed"}
            for t in inner) and following not in ("{", "")

    def bracketed(self):
        start = self.at
        self.at = closing(self.tokens, start) + 1
        return self.tokens[start:self.at]

    def primary(self, token):
        if token.text in ("(", "{"):
            tokens = [token]
            kind = None
            while self.at < len(self.tokens) and self.text() not in (")", "}"):
                node = self.whole()
                tokens += node.tokens
                kind = node.type
                if self.text() not in (")", "}", "") and not node.tokens:
                    tokens.append(self.take())
            return Node([*tokens, *([self.take()] if self.at < len(self.tokens)
                                    else [])], kind if token.text == "(" else None)
        if token.kind == "number":
            return Node([token], number(token.text))
        if token.kind == "character":
            return Node([token], Type("char"))
        if token.kind != "name":
            return Node([token])
        if token.text in INDICES:
            return Node([token], Type("uint3"))
        if token.text.endswith("_cast") and self.text() == "<":
            start = self.at
            while self.text() != ">":
                self.at += 1
            self.at += 1
            head = [token, *self.tokens[start:self.at]]
            node = self.primary(self.take())
            return Node([*head, *node.tokens],
                        self.world.resolved(type_of(head[2:-1])))
        if self.text() == "(":
            return self.call(token)
        kind = self.scope.get(token.text, self.world.variables.get(token.text))
        return Node([token], self.world.resolved(kind))

    def call(self, token):
        opened = self.take()
        given, tokens = [], [token, opened]
        while self.at < len(self.tokens) and self.text() != ")":
            node = self.assignment()
            given.append(node)
            tokens += node.tokens
            if self.text() == ",":
                tokens.append(self.take())
            elif self.text() != ")" and self.at < len(self.tokens):
                tokens.append(self.take())
        if self.at < len(self.tokens):
            tokens.append(self.take())
        return Node(tokens, self.returned(token.text, given))

    def returned(self, name, given):
        """The Type that a call gives, or None."""
        several = [f for f in self.world.functions.get(name, [])
                   if len(f.parameters) == len(given)]
        if several:
            kinds = {self.world.resolved(type_of(tokenize(" ".join(f.kind))))
                     for f in several}
            if len(kinds) > 1:
                kinds = {self.world.resolved(type_of(tokenize(" ".join(f.kind))))
                         for f in several if all(
                             node.type == self.world.parameter(part) for node, part
                             in zip(given, f.parameters))}
            return kinds.pop() if len(kinds) == 1 else None
        if name in ("VALUE_", "PLACE_") and given:       # see references.py
            kind = type_of(given[0].tokens)
            return kind and kind._replace(depth=kind.depth + 1)
        if name in self.world.types:
            return self.world.resolved(type_of([*tokenize(name)]))
        if name.startswith("make_") and name[5:] in vocabulary.VECTORS:
            return Type(name[5:])
        if name in curand_kernel.KINDS:
            return type_of(tokenize(curand_kernel.KINDS[name].rstrip("_")))
        known = vocabulary.CALLS.get(name) or vocabulary.CALLS.get(f"{name}_")
        if known and name in (*vocabulary.ONE, *vocabulary.TWO, "min", "max", "abs",
                              "fma"):
            kinds = [node.type for node in given]
            if None in kinds or any(kind.depth for kind in kinds):
                return None
            made = kinds[0]
            for kind in kinds[1:]:
                made = arithmetic(made, kind)
            if made and made.name not in ("float", "double") and (
                    name not in ("min", "max", "abs")):
                return Type("double")
            return made
        if known and (name.endswith("f") and name[:-1] in (*vocabulary.ONE,
                                                           *vocabulary.TWO, "fma")
                      or name.startswith("__") and name.endswith("f")):
            return Type("float")
        return None

    def postfix(self, node):
        while self.at < len(self.tokens):
            text = self.text()
            if text == "[":
                opened = self.take()
                index = self.whole()
                closed = [self.take()] if self.at < len(self.tokens) else []
                node = self.indexed(node, opened, index, closed)
            elif text in (".", "->"):
                dot, name = self.take(), self.take()
                kind = node.type
                members = self.world.members.get(kind.name, {}) if kind else {}
                tokens = [*node.tokens, dot, name]
                if self.text() == "(":
                    node = Node([*tokens, *self.bracketed()])
                else:
                    node = Node(tokens, self.world.resolved(members.get(name.text)))
            elif text in ("++", "--"):
                node = Node([*node.tokens, self.take()], node.type)
            elif text == "(":
                node = Node([*node.tokens, *self.bracketed()])
            else:
                break
        return node

    # ---- what operators make: to be changed by who rewrites them

    def combine(self, operator, left, right):
        """a + b"""
        tokens = [*left.tokens, operator, *right.tokens]
        if operator.text in ASSIGN:
            return Node(tokens, left.type)
        if operator.text in TRUTHS:
            return Node(tokens, Type("bool"))
        if operator.text in ("<<", ">>"):
            return Node(tokens, arithmetic(left.type, Type("int")))
        if operator.text in "+-":
            for one, other in ((left, right), (right, left)):
                if one.type and one.type.depth and not (other.type
                                                        and other.type.depth):
                    return Node(tokens, one.type)
        return Node(tokens, arithmetic(left.type, right.type))

    def prefix(self, operator, node):
        """-a, *a, &a"""
        kind, text = node.type, operator.text
        if text == "*":
            kind = kind._replace(depth=kind.depth - 1) if kind and kind.depth else None
        elif text == "&":
            kind = kind._replace(depth=kind.depth + 1) if kind else None
        elif text == "!":
            kind = Type("bool")
        elif text in "-+~":
            kind = arithmetic(kind, Type("int"))
        return Node([operator, *node.tokens], kind)

    def indexed(self, node, opened, index, closed):
        """a[i]"""
        kind = node.type
        kind = kind._replace(depth=kind.depth - 1) if kind and kind.depth else None
        return Node([*node.tokens, opened, *index.tokens, *closed], kind)


def fits(given, wanted):
    """May a value of one type be passed as another?  Unknown ones may."""
    numbers = {*RANKS, "bool", "char", "uchar", "short", "ushort"}
    return not given or not wanted or given == wanted or not (
        given.depth or wanted.depth) and {given.name, wanted.name} <= numbers


def number(text):
    """The Type of a number.

    >>> [number(text).name for text in ("1", "1u", "2.5", "2.5f", "1e3", "0xfL")]
    ['int', 'uint', 'double', 'float', 'double', 'long']
    """
    low = text.lower()
    if not low.startswith("0x") and set(low) & set(".ef"):
        return Type("float" if low.endswith("f") else "double")
    ends = low[len(low.rstrip("ul")):]
    return Type("u" * ("u" in ends) + ("long" if "l" in ends else "int"))


def arithmetic(one, other):
    """The Type of a sum of two numbers."""
    if not one or not other or one.depth or other.depth:
        return None
    small = {"char", "uchar", "short", "ushort", "bool"}
    names = ["int" if kind.name in small else kind.name for kind in (one, other)]
    if not set(names) <= set(RANKS):
        return None
    return Type(max(names, key=RANKS.index))


__all__ = ["Expression", "Node", "Type", "World", "fits", "tokenize"]
