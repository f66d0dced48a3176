"""Compile a function of Values: trace it with symbols, and write a program without any.

    >>> program = compile(lambda a, b: (a * b + 10) ** 2, [2.0, -3.0])
    >>> program([2.0, -3.0])           # the value, and its slope toward each input
    (16.0, [-24.0, 16.0])
    >>> print(program.source)
    def program(inputs):
        [x0, x1] = inputs
        v0 = x0 * x1
        v1 = v0 + 10.0
        v2 = power(v1, 2.0)
        d_v1 = slope_of_power(v1, 2.0)
        d_x0 = x1 * d_v1
        d_x1 = x0 * d_v1
        return v2, [d_x0, d_x1]

    x    an input        v    a value computed from inputs        d_    ∂result/∂that

An input is a number, or a leaf Value wherever f finds it, so that a network compiles as
it is: compile(lambda *weights: loss(model), model.parameters()). Operations that the
result does not use are left out (and cannot fail), equal expressions are written once,
and what depends on no input is computed while compiling: numbers that are not inputs
are constants of the program.

A program has no branches, so f must not branch on a number either: if it reads .data,
an Untraceable is raised. relu() is an operation and may be used.

Left out: loops (every iteration is written out, and 65,000 operations take a second or
two and 300 MB to compile), and a choice of the inputs whose slopes are wanted.

Chapter: docs/micrograd/compile.md.  To copy: this file and engine.py.
"""

import math
import operator

from .engine import Value, as_float, as_value, node, power, slope_of_power
from .engine import topological_order

RULES = {    # operation: the value y, its slope toward a, its slope toward b
    "a + b":  ("{a} + {b}",                  "1.0",                       "1.0"),
    "a - b":  ("{a} - {b}",                  "1.0",                       "-1.0"),
    "a * b":  ("{a} * {b}",                  "{b}",                       "{a}"),
    "a / b":  ("divide({a}, {b})",           "1.0 / {b}",                 "-{y} / {b}"),
    "a ** n": ("power({a}, {b})",            "slope_of_power({a}, {b})"),
    "c ** a": ("power({b}, {a})",            "slope_of_exp({b}, {y})"),
    "-a":     ("-{a}",                       "-1.0"),
    "tanh":   ("tanh({a})",                  "(1.0 - {y} * {y})"),
    "exp":    ("exp({a})",                   "{y}"),
    "log":    ("log({a})",                   "1.0 / {a}"),
    "relu":   ("0.0 if {a} <= 0.0 else {a}", "(0.0 if {a} <= 0.0 else 1.0)"),
}
NEUTRAL = {"a + b": "0.0", "a * b": "1.0"}    # sum() begins with 0 + a, which is a
TERMS = 50    # of a sum in one line; Python's own compiler has a limited depth


def compile(f, example):
    """f, and an example of its inputs (numbers or leaf Values) -> a Program.

    f runs twice, on the example and on symbols, and the two results must agree.
    """
    inputs = [x if type(x) is Value else Value(x) for x in example]
    if len(set(inputs)) < len(inputs) or any(x.operation for x in inputs):
        raise ValueError("an input must be a leaf, and must be listed once")
    expected = run(f, inputs)
    refusals.clear()
    for x in inputs:
        x.__class__ = Symbol         # for as long as f runs, wherever f finds them
    try:
        root = run(f, inputs)
    finally:
        for x in inputs:
            x.__class__ = Value
    if refusals:                     # f has caught the exception
        raise refusals[0]

    met = set(topological_order(expected)) - set(inputs)
    for value in topological_order(root):
        if value in met:         # the same object in both runs: f did not make it
            raise Untraceable(f"f uses {value}, which is not among the inputs; add it, "
                              "or write .data after it if it is a constant")
    program = Program(write(root, inputs), len(inputs))
    y, _ = program([x.data for x in inputs])
    if y != expected.data and not (math.isnan(y) and math.isnan(expected.data)):
        raise Untraceable(f"f gave {expected.data} and {y} for the same inputs; it "
                          "depends on something else, such as random numbers")
    return program


def run(f, inputs):
    """f(*inputs); TypeError if it is not a Value."""
    root = f(*inputs)
    if not isinstance(root, Value):
        what = f"{root!r:.60} is of type {type(root).__name__}"
        raise TypeError(f"f must return a Value; {what}")
    return root


class Untraceable(TypeError):
    """f branches on its inputs, or depends on something else than them."""


refusals = []    # every Untraceable raised during a trace, in case f catches them


class Symbol(Value):
    """A Value that stands for any number: it records operations, and has no .data."""

    __slots__ = ()

    def __add__(self, other): return record("a + b", self, other)
    def __radd__(self, other): return record("a + b", other, self)
    def __sub__(self, other): return record("a - b", self, other)
    def __rsub__(self, other): return record("a - b", other, self)
    def __mul__(self, other): return record("a * b", self, other)
    def __rmul__(self, other): return record("a * b", other, self)
    def __truediv__(self, other): return record("a / b", self, other)
    def __rtruediv__(self, other): return record("a / b", other, self)
    def __neg__(self): return record("-a", self)
    def tanh(self): return record("tanh", self)
    def exp(self): return record("exp", self)
    def log(self): return record("log", self)
    def relu(self): return record("relu", self)

    def __pow__(self, n):
        Value(1.0) ** n              # raises the engine's errors
        return record("a ** n", self, n)

    def __rpow__(self, c):
        c ** Value(1.0)
        return record("c ** a", self, c)

    def refuse(self, *_):
        refusals.append(Untraceable(
            "f reads .data or .grad, but a program must work for all numbers, and the "
            "branch taken for these would be taken for all. Write it with relu(), or "
            "keep it outside f, like zero_grad(), backward() and updates"))
        raise refusals[-1]

    data = grad = inputs = slope_a = slope_b = property(refuse, refuse)

    def __repr__(self):
        return f"Symbol({self.label or self.operation!r})"


def record(operation, a, b=None):
    """A Symbol that records operation and inputs; numbers become leaf Values."""
    b = None if b is None else as_value(b)
    symbol = node(None, operation, (as_value(a), None), (b, None))
    symbol.__class__ = Symbol
    return symbol


def write(root, inputs):
    """The source of a program that computes root and its slope toward each input."""
    lines = Lines()
    names = [f"x{n}" for n in range(len(inputs))]
    y, steps = write_values(root, dict(zip(inputs, names)), lines)
    slopes = write_slopes(y, steps, names, lines)
    return "\n    ".join(["def program(inputs):",
                          f"[{', '.join(names)}] = inputs",
                          *lines.written,
                          f"return {y}, [{', '.join(slopes)}]"])


class Lines:
    """Lines `name = expression`, in which no expression is written twice."""

    def __init__(self):
        self.written, self.holder = [], {}

    def line(self, name, expression):
        """The name of expression: this one, or that of an equal, earlier line."""
        if expression not in self.holder:
            self.holder[expression] = name
            self.written.append(f"{name} = {expression}")
        return self.holder[expression]


def write_values(root, name, lines):
    """Write the forward pass, from the inputs to root -> (root's name, steps).

    name has the name of every Value, at first only of the inputs. For each line written
    there is a step (y, operation, a, b), made of names.
    """
    steps = []
    for value in topological_order(root):    # only what root uses
        if value in name:
            continue
        if type(value) is Value:        # it depends on no input: a constant
            name[value] = repr(float(value.data))
            continue
        a, b = name[value.a], name.get(value.b)
        if b is not None and NEUTRAL.get(value.operation) in (a, b):
            name[value] = b if a == NEUTRAL[value.operation] else a
            continue
        y = f"v{len(steps)}"
        name[value] = lines.line(y, RULES[value.operation][0].format(a=a, b=b))
        if name[value] == y:            # else an earlier line computes the same
            steps.append((y, value.operation, a, b))
    return name[root], steps


def write_slopes(root, steps, inputs, lines):
    """Write the backward pass, from ∂root/∂root = 1 -> names of the inputs' slopes."""
    terms = {y: [] for y in [*inputs, *(step[0] for step in steps)]}
    terms[root] = ["1.0"]

    def slope_toward(y):
        """The sum of its terms; they are complete, as every use of y came before."""
        total = " + ".join(terms[y][:TERMS]) or "0.0"
        for n in range(TERMS, len(terms[y]), TERMS):
            part = lines.line(f"d_{y}_{n}", total)
            total = " + ".join([part, *terms[y][n:n + TERMS]])
        if not set(" -(") & set(total):
            return total                # a name or a number needs no line
        return lines.line(f"d_{y}", total.replace("+ -", "- "))

    for y, operation, a, b in reversed(steps):
        d_y = slope_toward(y)
        for source, slope in zip((a, b), RULES[operation][1:]):
            if source in terms:         # the chain rule; a number has no slope
                slope = slope.format(a=a, b=b, y=y)
                terms[source].append(times(slope, d_y))
    return [slope_toward(x) for x in inputs]


def times(slope, d_y):
    """slope * d_y, without a multiplication where the slope is 1 or -1."""
    if d_y == "1.0":
        return slope
    return {"1.0": d_y, "-1.0": f"-{d_y}"}.get(slope, f"{slope} * {d_y}")


class Program:
    """Numbers, one per input -> (value, [slope toward each input]); see .source."""

    def __init__(self, source, count):
        names = {"inf": math.inf, "nan": math.nan, "tanh": math.tanh,
                 "exp": explained(math.exp, Value.exp),
                 "log": explained(math.log, Value.log),
                 "divide": explained(operator.truediv, Value.__truediv__),
                 "power": power, "slope_of_power": slope_of_power,
                 "slope_of_exp": lambda c, y: y * math.log(c) if c else 0.0}
        exec(source, names)
        self.run, self.source, self.count = names["program"], source, count

    def __call__(self, numbers):
        numbers = [x if type(x) is float else as_float(x) for x in numbers]
        if len(numbers) != self.count:
            raise TypeError(f"compiled for {self.count} inputs, not {len(numbers)}")
        return self.run(numbers)

    def __repr__(self):
        return f"Program({self.count} inputs, {len(self.source.splitlines())} lines)"


def explained(fast, slow):
    """fast, but with the error of the engine's method slow, which names the numbers."""
    def operation(*numbers):
        try:
            return fast(*numbers)
        except (ArithmeticError, ValueError):
            return slow(*map(Value, numbers)).data
    return operation
