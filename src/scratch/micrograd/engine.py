"""Scalar autograd: each number records what it was computed from, and so its gradient.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> loss = (a * b + 10) ** 2
    >>> loss.backward()
    >>> loss.data, a.grad, b.grad          # nudge a by 0.001: the loss falls by 0.024
    (16.0, -24.0, 16.0)

    a, b     the inputs of an operation        slope    ∂result/∂input, the local
    leaf     a Value that no operation made             derivative
                                               grad     ∂loss/∂value

Numbers are floats; ints, bools, fractions and NumPy's scalars become floats. inf and
nan follow IEEE arithmetic, and + - * / overflow to inf; where Python raises an error
(division by zero, log(0), exp(1000)), so does a Value, and the message has the numbers.

Left out: arrays (a thousand weights are a thousand Values), second derivatives, and
comparisons: == asks whether two Values are the same object and < is a TypeError, so
compare .data. An operation computes its slopes when it runs: after changing .data, run
the forward pass again.

Chapter: docs/micrograd/autograd.md.  To copy: this file alone.
"""

import math
import numbers


class Value:
    """A number, the Values it was computed from, and its slope toward each of them."""

    __slots__ = ("data", "grad", "label", "operation", "a", "slope_a", "b", "slope_b")
    __array_ufunc__ = None    # np.float64(2) * Value(3) asks Value.__rmul__, not NumPy

    def __init__(self, data, label=""):
        self.data = data if type(data) is float else as_float(data)
        self.grad = 0.0          # ∂loss/∂self, added up by loss.backward()
        self.label = label
        self.operation = ""      # what made it: "+", "tanh", ...; "" for a leaf
        self.a = self.b = None
        self.slope_a = self.slope_b = 0.0

    def __add__(self, other):
        """a + b: slope 1 toward either input."""
        a, b = self, as_value(other)
        return node(a.data + b.data, "+", (a, 1.0), (b, 1.0))

    def __sub__(self, other):
        """a - b: slope 1 toward a, and -1 toward b."""
        a, b = self, as_value(other)
        return node(a.data - b.data, "-", (a, 1.0), (b, -1.0))

    def __mul__(self, other):
        """a · b: the slope toward each input is the other input."""
        a, b = self, as_value(other)
        return node(a.data * b.data, "*", (a, b.data), (b, a.data))

    def __truediv__(self, other):
        """a / b: slope 1/b toward a, and -a/b² toward b."""
        a, b = self, as_value(other)
        if b.data == 0.0:
            raise ZeroDivisionError(f"{a.data} / {b.data}: division by zero")
        y = a.data / b.data
        return node(y, "/", (a, 1.0 / b.data), (b, -y / b.data))

    def __pow__(self, exponent):
        """aⁿ for a constant n: slope n · aⁿ⁻¹."""
        if isinstance(exponent, Value):
            raise TypeError("an exponent is a number; a ** b is (b * a.log()).exp()")
        a, n = self.data, as_float(exponent)
        return node(power(a, n), f"**{n:g}", (self, slope_of_power(a, n)))

    def __neg__(self):
        """-a: slope -1."""
        return node(-self.data, "-", (self, -1.0))

    def tanh(self):
        """tanh a: slope 1 - tanh² a, which vanishes where the output saturates."""
        t = math.tanh(self.data)
        return node(t, "tanh", (self, 1.0 - t * t))

    def exp(self):
        """eᵃ: the slope is eᵃ itself."""
        try:
            y = math.exp(self.data)
        except OverflowError:
            raise OverflowError(f"exp({self.data}) is too large for a float") from None
        return node(y, "exp", (self, y))

    def log(self):
        """ln a for a > 0: slope 1/a."""
        a = self.data
        if a <= 0.0:
            raise ValueError(f"log({a}): only positive numbers have a logarithm")
        return node(math.log(a), "log", (self, 1.0 / a))

    def relu(self):
        """max(0, a): slope 1 above zero, slope 0 below and, by convention, at zero."""
        if self.data <= 0.0:
            return node(0.0, "relu", (self, 0.0))
        return node(self.data, "relu", (self, 1.0))

    def __radd__(self, number): return Value(number) + self        # 2 + a
    def __rsub__(self, number): return Value(number) - self        # 2 - a
    def __rmul__(self, number): return Value(number) * self        # 2 * a
    def __rtruediv__(self, number): return Value(number) / self    # 2 / a

    def __rpow__(self, number):
        """cᵃ for a constant c ≥ 0: slope cᵃ · ln c."""
        c = as_float(number)
        if c < 0.0:
            raise ValueError(f"({c}) ** {self.data}: a negative base has no logarithm")
        y = power(c, self.data)
        return node(y, f"{c:g}**", (self, y * math.log(c) if c else 0.0))

    def backward(self):
        """Add ∂self/∂leaf to each leaf.grad, and set every other .grad to ∂self/∂value.

        Gradients accumulate in leaves over calls, as in PyTorch: set them to 0 between.
        """
        order = topological_order(self)
        for value in order:
            if value.operation:
                value.grad = 0.0     # only leaves accumulate over calls
        self.grad += 1.0
        for value in reversed(order):
            # the chain rule: ∂self/∂input += ∂value/∂input · ∂self/∂value
            if value.a is not None:
                value.a.grad += value.slope_a * value.grad
            if value.b is not None:
                value.b.grad += value.slope_b * value.grad

    @property
    def inputs(self):
        """The pairs (input, slope): two or one, and none for a leaf."""
        pairs = (self.a, self.slope_a), (self.b, self.slope_b)
        return tuple(pair for pair in pairs if pair[0] is not None)

    def __repr__(self):
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data}, grad={self.grad}{label})"


def topological_order(root):
    """root and all Values it was computed from, each after its own inputs."""
    order, done = [], {None}         # None stands for a missing input
    path = [root]                    # a depth-first search, with a stack of its own
    while path:
        value = path[-1]
        if value.a not in done:
            path.append(value.a)
        elif value.b not in done:
            path.append(value.b)
        else:
            done.add(value)
            order.append(path.pop())
    return order


new = object.__new__


def node(data, operation, a, b=(None, 0.0)):
    """The Value that an operation made; a and b are pairs (input, slope toward it)."""
    value = new(Value)               # not Value(data): data needs no second check
    value.data = data
    value.grad = 0.0
    value.label = ""
    value.operation = operation
    value.a, value.slope_a = a
    value.b, value.slope_b = b
    return value


def as_value(other):
    """other itself if it is a Value, otherwise a leaf with that number."""
    return other if isinstance(other, Value) else Value(other)


def as_float(number):
    """A real number of any type as a float; TypeError for anything else."""
    if isinstance(number, numbers.Real):
        return float(number)
    what = f"{number!r:.60} is of type {type(number).__name__}"
    raise TypeError(f"a Value holds a real number; {what}")


def power(a, n):
    """aⁿ; OverflowError, ZeroDivisionError or ValueError where it is no real number."""
    try:
        return math.pow(a, n)
    except OverflowError:
        raise OverflowError(f"{a} ** {n} is too large for a float") from None
    except ValueError:
        if a == 0.0:
            raise ZeroDivisionError(f"{a} ** {n}: division by zero") from None
        raise ValueError(f"({a}) ** {n} is not a real number") from None


def slope_of_power(a, n):
    """n · aⁿ⁻¹, the derivative of aⁿ: 0 for n = 0, and infinite for the root of 0."""
    if n == 0.0:
        return 0.0
    try:
        return n * math.pow(a, n - 1.0)
    except (ValueError, OverflowError):       # steeper than a float can hold
        return math.inf if a == 0.0 else n * (math.pow(a, n) / a)
