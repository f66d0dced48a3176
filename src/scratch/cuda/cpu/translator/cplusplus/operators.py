"""Operators that the program defines, as calls of the functions that they are.

    >>> text = '''__device__ float3 operator+(float3 a, float3 b) { return a; }
    ... __device__ float3 operator*(float s, float3 a) { return a; }
    ... __device__ float3 f(float3 *p, int i) { return p[i] + 2 * p[0] + p[i + 1]; }'''
    >>> tokens = as_calls(named(tokenize(text)))
    >>> print(untokenize(tokens[-30:-1], line=3).strip().replace("float3", "f"))
    return operator_add__f_f(operator_add__f_f(p[i], operator_mul__float_f(2, p[0])), \
p[i + 1]);

Which function an operator means is told by the types of its operands (expressions.py).
Numbers have C's own operators and structures none, so one that is not found is an error
of the compiler's, and no wrong result.
"""

from .. import statements
from ..tokens import Unsupported, after, closing, like, tokenize, untokenize
from .expressions import ASSIGN, RANKS, Expression, Node, fits
from .signatures import arguments, functions
from .world import World

NAMES = {"+": "add", "-": "sub", "*": "mul", "/": "div", "%": "mod", "==": "equal",
         "!=": "unequal", "<": "less", ">": "more", "<=": "most", ">=": "least",
         "<<": "shl", ">>": "shr", "&": "and", "|": "or", "^": "xor", "!": "not",
         "~": "invert", "&&": "both", "||": "either", "++": "next", "--": "previous",
         "=": "assign", "[": "index", "(": "call"}
NAMES |= {f"{sign}=": f"{name}_to" for sign, name in NAMES.items()
          if f"{sign}=" in ASSIGN}
CLOSED = {"[": "]", "(": ")"}


def named(tokens):
    """operator+ as one name, operator_add."""
    result, at = [], 0
    while at < len(tokens):
        token, texts = tokens[at], [t.text for t in tokens[at + 1:at + 3]]
        at += 1
        if token.text == "operator" and texts and texts[0] in NAMES:
            at += 1
            if texts[0] in CLOSED:
                at += 1
            token = token._replace(text=f"operator_{NAMES[texts[0]]}")
            if at < len(tokens):
                tokens = [*tokens[:at], tokens[at]._replace(space=""),
                          *tokens[at + 1:]]
        result.append(token)
    return result


def as_calls(tokens):
    """The tokens of a file in which no operator has operands that are structures."""
    if not any(token.text.startswith("operator_") for token in tokens):
        return tokens
    tokens = with_own_names(tokens)
    world, result = World(tokens), list(tokens)
    for function in reversed(functions(tokens)):
        if not function.body or not function.device:
            continue
        body = result[function.body:function.end]
        scope = world.scope(function.parameters, body)
        statement = statements.parse(body, world.types)
        for inner in statement.everything():
            for part in inner.parts:
                if isinstance(part, statements.Expression):
                    part.tokens = Operators(part.tokens, world, scope).all().tokens
                elif isinstance(part, statements.Declaration):
                    for *_, value in part.declarators:
                        if value:
                            value.tokens = Operators(value.tokens, world,
                                                     scope).all().tokens
        result[function.body:function.end] = statements.write(statement)
    return result


def with_own_names(tokens):
    """operator_add(float3, float3) as operator_add__float3_float3."""
    world, result = World(tokens), list(tokens)
    for function in functions(tokens):
        if function.name.startswith("operator_"):
            kinds = [world.parameter(part) for part in function.parameters]
            name = "_".join(f"{kind.name}{'p' * kind.depth}" if kind else "any"
                            for kind in kinds)
            place = function.open - 1
            result[place] = tokens[place]._replace(
                text=f"{function.name.removesuffix('__')}__{name}")
    return result


class Operators(Expression):
    """An expression whose operators of structures become calls."""

    def defined(self, sign, *operands):
        """The name of the function that the operator means, or None."""
        if not any(node.type and not node.type.depth and node.type.name not in RANKS
                   for node in operands):
            return None
        begin, scores = f"operator_{NAMES.get(sign)}__", {}
        for name, several in self.world.functions.items():
            wanted = [self.world.parameter(part) for part in several[0].parameters]
            if name.startswith(begin) and len(wanted) == len(operands) and all(
                    fits(node.type, kind) for node, kind in zip(operands, wanted)):
                scores[name] = sum(node.type == kind for node, kind
                                   in zip(operands, wanted))
        best = [name for name, score in scores.items()
                if score == max(scores.values())]
        if len(best) > 1:
            raise Unsupported(f"operator{sign}: which of {len(best)} functions is "
                              "meant is not seen; give the operands variables of their "
                              "types", operands[0].tokens[0])
        return best[0] if best else None

    def called(self, name, *operands):
        """name(operands)"""
        first = operands[0].tokens[0]
        tokens = like(first, f"{name}(")
        for n, node in enumerate(operands):
            tokens += [*(after(tokens[-1], ",") if n else []),
                       node.tokens[0]._replace(space=" " * bool(n)), *node.tokens[1:]]
        return Node([*tokens, *after(tokens[-1], ")")], self.returned(name, operands))

    def combine(self, operator, left, right):
        name = self.defined(operator.text, left, right)
        if name:
            return self.called(name, left, right)
        return super().combine(operator, left, right)

    def call(self, token):
        kind = self.scope.get(token.text)
        if kind is None or kind.depth or token.text in self.world.functions:
            return super().call(token)
        opened, self.at = self.at, closing(self.tokens, self.at) + 1
        given = [type(self)(part, self.world, self.scope).all() for part in
                 arguments(self.tokens, opened)]
        name = self.defined("(", Node([token], self.world.resolved(kind)), *given)
        if name:
            return self.called(name, Node([token], kind), *given)
        self.at = opened
        return super().call(token)

    def prefix(self, operator, node):
        name = operator.text in "-+!~ ++ --" and self.defined(operator.text, node)
        return self.called(name, node) if name else super().prefix(operator, node)

    def indexed(self, node, opened, index, closed):
        name = self.defined("[", node, index)
        if name and not node.type.depth:
            return self.called(name, node, index)
        return super().indexed(node, opened, index, closed)


__all__ = ["as_calls", "named", "tokenize", "untokenize"]
