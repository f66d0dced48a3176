"""The compiler's backward pass: reverse mode, on names in place of numbers.

    y      the name of a value      a, b    the names or numbers it was computed from
    d_y    ∂root/∂y                 step    (y, operation, a, b)

RULES has, for each operation, the text of its value and of its slopes toward a and b.
times(slope, d_y) is the text of their product, and lines.line(name, expression) writes
a line and returns the name of the expression.

Exercises: write_slopes.
Chapter: docs/micrograd/compile.md.  In place of: scratch.micrograd.trace.
"""

from scratch.micrograd.trace import RULES, TERMS, Lines, compile, times


def write_slopes(root, steps, inputs, lines):
    """Write the backward pass, from ∂root/∂root = 1 -> names of the inputs' slopes.

    Keep a list of terms for every name, and walk the steps backward: when the walk
    comes to y, all terms of d_y are there. Write their sum in one line called
    d_y, at most TERMS terms to a line; a single name or number needs none. Write no
    term for what is neither an input nor the y of a step.

    How does a record become a program? Code generation

    >>> lines = Lines()
    >>> steps = [("v0", "a * b", "x0", "x1")]
    >>> write_slopes("v0", steps, ["x0", "x1"], lines)     # toward a it is b
    ['x1', 'x0']
    >>> write_slopes("x0", [], ["x0", "x1"], lines)        # an input is the result
    ['1.0', '0.0']
    >>> lines.written
    []
    >>> steps.append(("v1", "tanh", "v0", None))
    >>> write_slopes("v1", steps, ["x0", "x1"], lines)
    ['d_x0', 'd_x1']
    >>> for line in lines.written:
    ...     print(line)
    d_v0 = (1.0 - v1 * v1)
    d_x0 = x1 * d_v0
    d_x1 = x0 * d_v0
    >>> compile(lambda x: 3 * x + x, [2.0])([5.0])         # two paths: 3 + 1
    (20.0, [4.0])
    >>> compile(lambda a, b: (a * b).tanh() / b, [0.5, -2.0])([0.0, 4.0])
    (0.0, [1.0, 0.0])
    """
    raise NotImplementedError("write_slopes is yours to write")
