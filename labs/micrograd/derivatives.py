"""Three ways to a derivative: by pencil, by a forward and by a symmetric difference.

    x    where the slope is measured      h    the step

Exercises: gradient, forward, symmetric.
Chapter: docs/micrograd/derivatives.md.
"""

from math import cos, sin


def f3(a, b, c):
    """The function of the chapter's first exercise."""
    return -a**3 + sin(3*b) - 1.0/c + b**2.5 - a**0.5


def gradient(a, b, c):
    """numbers -> [∂f3/∂a, ∂f3/∂b, ∂f3/∂c], worked out with pencil and paper.

    Hold two of the inputs fixed and differentiate with respect to the third.

    And with several inputs? Partial derivatives and the gradient

    >>> gradient(1.0, 1.0, 1.0)[2]     # only one term of f3 holds c
    1.0
    >>> gradient(1.0, 1.0, 1.0)[0]     # two terms hold a
    -3.5
    >>> gradient(2.0, 3.0, 4.0)
    [-12.353553390593273, 10.25699027111255, 0.0625]
    """
    raise NotImplementedError("gradient is yours to write")


def forward(f, x, h):
    """f (number -> number), where, step -> the rise of f per unit of step, from x on.

    What is a slope? The derivative

    >>> forward(lambda x: 3*x - 1, 5.0, 0.5)     # a line: any step will do
    3.0
    >>> forward(lambda x: x*x, 3.0, 0.5)         # a curve: 6, plus h
    6.5
    >>> round(forward(lambda a: f3(a, 3.0, 4.0), 2.0, 1e-7), 6)
    -12.353554
    """
    raise NotImplementedError("forward is yours to write")


def symmetric(f, x, h):
    """f (number -> number), where, step -> the rise of f per unit, from before x to after.

    How small should the step be? Truncation and rounding

    >>> symmetric(lambda x: 3*x - 1, 5.0, 0.5)
    3.0
    >>> symmetric(lambda x: x*x, 3.0, 0.5)       # the error of forward cancels
    6.0
    >>> symmetric(lambda x: x**3, 1.0, 0.5)      # 3, plus h²
    3.25
    >>> round(symmetric(lambda a: f3(a, 3.0, 4.0), 2.0, 1e-7), 6)
    -12.353553
    """
    raise NotImplementedError("symmetric is yours to write")
