"""Check gradients against finite differences: nudge each input and watch the result.

    >>> error = gradient_check(lambda a, b: (a * b).tanh() / b, 0.5, -1.25)
    >>> error < 1e-9
    True
    >>> forgetful = lambda a, b: a * a.data + b      # .data has no gradient
    >>> print(table(compare(forgetful, Value(3.0, label="a"), -2.0)))
      input           at   backward()     measured   relative error
          a            3            3            6          5.0e-01   disagrees
    input 1           -2            1            1          2.8e-11

gradient_check raises a GradientError that shows this table if any slope disagrees.
nan and inf agree with nothing.

    x    an input      y = f(x)      h    the nudge      measured    (y₊ - y₋) / 2h

An input is a number, or a Value that f may also reach in another way, so that a whole
network can be checked: gradient_check(lambda *_: loss(model), *model.parameters()).
Afterwards every .data and .grad is what it was before.

Limits: at a kink (relu at 0) there is no derivative to measure, and the check fails
with a message about it; inputs far smaller than 1 need their `scale`; a slope below a
billionth of y, or of 1, counts as 0; f runs twice per input, so check small networks.

Chapter: docs/micrograd/derivatives.md.  To copy: this file and engine.py.
"""

import sys
from typing import NamedTuple

from .engine import Value, topological_order

# The rounding of y puts an error of EPS/h into the measured slope, and the curvature of
# y one of h². They are equal at the cube root of EPS: h = 6e-6, 4e-11 from each.
EPS = sys.float_info.epsilon
NUDGE = EPS ** (1 / 3)
TOLERANCE = 1e-6     # a missing term gives far more; strong curvature can give 1e-8
NOISE = 1e-9         # EPS / NUDGE for each of about 25 roundings in f


class GradientError(AssertionError):
    """A gradient differs from the finite difference."""


class Slope(NamedTuple):
    """∂y/∂x by backward(), and by nudging x both ways, only down, and only up."""

    name: str
    at: float
    ours: float
    measured: float
    below: float
    above: float
    resolution: float    # smaller slopes cannot be told from 0

    @property
    def error(self):
        """The difference relative to the slope; nan if either is nan."""
        size = max(abs(self.ours), abs(self.measured), self.resolution / TOLERANCE)
        return abs(self.ours - self.measured) / size

    @property
    def agrees(self):
        return self.error <= TOLERANCE       # not `not >`, which would let nan through

    @property
    def kinked(self):
        return abs(self.above - self.below) > self.resolution / TOLERANCE


def gradient_check(f, *inputs, scale=1.0):
    """f (Values -> Value), inputs -> the largest relative error.

    GradientError if one of them is above TOLERANCE. scale is the size below which an
    input counts as small: it is nudged in proportion to max(|input|, scale).
    """
    slopes = compare(f, *inputs, scale=scale)
    if all(slope.agrees for slope in slopes):
        return max(slope.error for slope in slopes)
    notes = [f"{s.name} is at a kink: slope {s.below:.6g} from below, {s.above:.6g} "
             "from above.\nAt a kink there is no slope to check; move the input."
             for s in slopes if s.kinked and not s.agrees]
    raise GradientError("\n".join(["gradients disagree", table(slopes), *notes]))


def compare(f, *inputs, scale=1.0):
    """A Slope for each input, computed by backward() and measured."""
    if not inputs:
        raise ValueError("there are no inputs, so there is no gradient to check")
    inputs = [x if isinstance(x, Value) else Value(x) for x in inputs]
    y, gradients = backward(f, inputs)
    slopes = []
    for n, (x, ours) in enumerate(zip(inputs, gradients)):
        middle = x.data
        unit = max(abs(middle), scale)
        low = middle - NUDGE * unit
        high = middle + NUDGE * unit     # both rounded, so the step is high - low
        try:
            x.data = low
            y_low = value_of(f, inputs).data
            x.data = high
            y_high = value_of(f, inputs).data
        finally:
            x.data = middle
        slopes.append(Slope(x.label or f"input {n}", middle, ours,
                            measured=(y_high - y_low) / (high - low),
                            below=(y - y_low) / (middle - low),
                            above=(y_high - y) / (high - middle),
                            resolution=NOISE * max(1.0, abs(y)) / unit))
    return slopes


def backward(f, inputs):
    """y, and ∂y/∂input for each input; restores every .grad afterwards."""
    root = value_of(f, inputs)
    before = {value: value.grad for value in [*topological_order(root), *inputs]}
    for value in before:
        value.grad = 0.0
    root.backward()
    gradients = [x.grad for x in inputs]
    for value, grad in before.items():
        value.grad = grad
    return root.data, gradients


def value_of(f, inputs):
    y = f(*inputs)
    if not isinstance(y, Value):
        what = f"{y!r:.60} is of type {type(y).__name__}"
        raise TypeError(f"f must return a Value; {what}")
    return y


def table(slopes):
    """Slopes as text, one line per input."""
    width = max(len("input"), *(len(s.name) for s in slopes))
    head = f"{'input':>{width}}           at   backward()     measured   relative error"
    lines = [head]
    for s in slopes:
        numbers = f"{s.at:>12.6g} {s.ours:>12.6g} {s.measured:>12.6g} {s.error:>16.1e}"
        verdict = "" if s.agrees else "   disagrees"
        lines.append(f"{s.name:>{width}} {numbers}{verdict}")
    return "\n".join(lines)
