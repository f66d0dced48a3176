"""Scalar autograd: numbers that know what they were computed from, and so their slopes.

    >>> a, b = Value(2.0), Value(-3.0)
    >>> loss = (a * b + 10) ** 2
    >>> loss.backward()
    >>> loss.data, a.grad, b.grad          # nudge a by 0.001: the loss falls by 0.024
    (16.0, -24.0, 16.0)

    a, b     the inputs of an operation            slope    ∂result/∂input
    leaf     a Value that no operation made        grad     ∂loss/∂value

Numbers are floats; ints, bools, fractions and NumPy scalars become floats. inf and nan
go where IEEE arithmetic sends them, and + - * / overflow to inf; where Python refuses
(division by zero, the logarithm of 0, exp(1000)), so does this, naming the numbers.

Left out: arrays (a thousand weights are a thousand Values), slopes of slopes, and
comparisons, which cannot be differentiated: == asks for the same object, < is refused,
and .data is there to compare. Slopes are taken when an operation runs, so after a change
of .data compute the loss anew.

Chapter: docs/micrograd/autograd.md.  To copy: this file alone.
"""

import math
import numbers


class Value:
    """A number, the Values it was computed from, and its slope toward each of them."""

    __slots__ = ("data", "grad", "label", "operation", "a", "slope_a", "b", "slope_b")
    __array_ufunc__ = None       # so that np.float64(2) * Value(3) comes to Value.__rmul__

    def __init__(self, data, label=""):
        self.data = data if type(data) is float else as_float(data)
        self.grad = 0.0          # ∂loss/∂self, added up by loss.backward()
        self.label = label
        self.operation = ""      # what made it: "+", "tanh", ...; nothing made a leaf
        self.a = self.b = None
        self.slope_a = self.slope_b = 0.0

    def __add__(self, other):
        """a + b: nudge either input, and the sum moves just as far."""
        a, b = self, as_value(other)
        return result(a.data + b.data, "+", a, 1.0, b, 1.0)

    def __sub__(self, other):
        """a - b: the difference follows a and moves against b."""
        a, b = self, as_value(other)
        return result(a.data - b.data, "-", a, 1.0, b, -1.0)

    def __mul__(self, other):
        """a · b: each input moves the product by as much as the other input is."""
        a, b = self, as_value(other)
        return result(a.data * b.data, "*", a, b.data, b, a.data)

    def __truediv__(self, other):
        """a / b: slope 1/b toward a, and -a/b² toward b."""
        a, b = self, as_value(other)
        if b.data == 0.0:
            raise ZeroDivisionError(f"{a.data} / {b.data}: division by zero")
        return result(a.data / b.data, "/", a, 1.0 / b.data, b, -a.data / b.data / b.data)

    def __pow__(self, exponent):
        """aⁿ for a constant n: slope n · aⁿ⁻¹."""
        if isinstance(exponent, Value):
            raise TypeError("an exponent is a number: for a ** b, (b * a.log()).exp()")
        a, n = self.data, as_float(exponent)
        return result(power(a, n), f"**{n:g}", self, slope_of_power(a, n))

    def __neg__(self):
        """-a: up becomes down."""
        return result(-self.data, "-", self, -1.0)

    def tanh(self):
        """tanh a: slope 1 - tanh² a, which vanishes where the output saturates."""
        t = math.tanh(self.data)
        return result(t, "tanh", self, 1.0 - t * t)

    def exp(self):
        """eᵃ: the slope is the value itself."""
        try:
            y = math.exp(self.data)
        except OverflowError:
            raise OverflowError(f"exp({self.data}) is too large for a float") from None
        return result(y, "exp", self, y)

    def log(self):
        """ln a for a > 0: slope 1/a."""
        if self.data <= 0.0:
            raise ValueError(f"log({self.data}): only a positive number has a logarithm")
        return result(math.log(self.data), "log", self, 1.0 / self.data)

    def relu(self):
        """max(0, a): slope 1 above zero, slope 0 below and, by convention, at zero."""
        if self.data <= 0.0:
            return result(0.0, "relu", self, 0.0)
        return result(self.data, "relu", self, 1.0)

    def __radd__(self, number):                        # 2 + a
        return Value(number) + self

    def __rsub__(self, number):                        # 2 - a
        return Value(number) - self

    def __rmul__(self, number):                        # 2 * a
        return Value(number) * self

    def __rtruediv__(self, number):                    # 2 / a
        return Value(number) / self

    def __rpow__(self, number):
        """cᵃ for a constant c ≥ 0: slope cᵃ · ln c."""
        c = as_float(number)
        if c < 0.0:
            raise ValueError(f"({c}) ** {self.data}: a negative base has no slope here")
        y = power(c, self.data)
        return result(y, f"{c:g}**", self, y * math.log(c) if c else 0.0)

    def backward(self):
        """Add ∂self/∂leaf to every leaf's .grad; in between, set .grad to ∂self/∂value."""
        order = inputs_first(self)
        for value in order:
            if value.operation:
                value.grad = 0.0          # the last call's; only leaves accumulate
        self.grad += 1.0
        for value in reversed(order):
            for source, slope in value.inputs:
                source.grad += slope * value.grad    # the chain rule, written once

    @property
    def inputs(self):
        """((input, slope), ...): two pairs, one, or none for a leaf."""
        if self.b is not None:
            return (self.a, self.slope_a), (self.b, self.slope_b)
        if self.a is not None:
            return ((self.a, self.slope_a),)
        return ()

    def __repr__(self):
        label = f", label={self.label!r}" if self.label else ""
        return f"Value(data={self.data}, grad={self.grad}{label})"


def inputs_first(root):
    """root and all it was computed from, every Value after its own inputs."""
    order, seen = [], {None}                  # None stands where there is no input
    stack = [(root, False)]
    while stack:
        value, inputs_done = stack.pop()
        if inputs_done:
            order.append(value)
        elif value not in seen:
            seen.add(value)
            stack.append((value, True))       # met again once its inputs are in order
            for source in (value.b, value.a):
                if source not in seen:
                    stack.append((source, False))
    return order


new = object.__new__


def result(data, operation, a, slope_a, b=None, slope_b=0.0):
    """The Value that an operation made of a (and b), and its slope toward each."""
    value = new(Value)                        # not Value(data): half as long, and this
    value.data = data                         # runs once for every operation there is
    value.grad = 0.0
    value.label = ""
    value.operation = operation
    value.a, value.slope_a = a, slope_a
    value.b, value.slope_b = b, slope_b
    return value


def as_value(other):
    """other itself if it is a Value, else a leaf that holds the number."""
    return other if isinstance(other, Value) else Value(other)


def as_float(number):
    """A real number of any type as a float; anything else is refused."""
    if not isinstance(number, numbers.Real):
        kind = type(number).__name__
        raise TypeError(f"a Value takes one real number; {number!r:.60} is of type {kind}")
    return float(number)


def power(a, n):
    """aⁿ, or an error that says why there is no such number."""
    try:
        return math.pow(a, n)
    except OverflowError:
        raise OverflowError(f"{a} ** {n} is too large for a float") from None
    except ValueError:
        if a == 0.0:
            raise ZeroDivisionError(f"{a} ** {n}: division by zero") from None
        raise ValueError(f"({a}) ** {n} is not a real number") from None


def slope_of_power(a, n):
    """n · aⁿ⁻¹, which is 0 for n = 0 and infinite for the root of 0."""
    if n == 0.0:
        return 0.0
    try:
        return n * math.pow(a, n - 1.0)
    except (ValueError, OverflowError):       # steeper than a float can hold
        return n * (math.pow(a, n) / a) if a else math.inf
