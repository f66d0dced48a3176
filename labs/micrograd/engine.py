"""The core of the engine: an operation, the topological order, and the backward pass.

    a       the input of an operation          slope    ∂result/∂input
    leaf    a Value that no operation made     grad     ∂loss/∂value

Everything else is the book's: node(data, operation, (a, slope)) makes the Value that an
operation returns, and value.inputs holds its pairs (input, slope).

Exercises: Value.tanh, topological_order, Value.backward.
Chapter: docs/micrograd/autograd.md.  In place of: scratch.micrograd.engine.
Not in a page: topological_order, one of whose examples is deeper than the stack of a browser.
"""

import math

from scratch.micrograd import engine
from scratch.micrograd.engine import node


class Value(engine.Value):
    """The book's Value, except for the two methods that you write."""

    def tanh(self):
        """tanh a: slope 1 - tanh² a, which vanishes where the output saturates.

        Call the operation "tanh". math.tanh has the number.

        What does a `Value` remember? Inputs and slopes

        >>> y = Value(0.0).tanh()
        >>> y.data, y.operation
        (0.0, 'tanh')
        >>> [(a, slope)] = y.inputs
        >>> a.data, slope                  # steepest in the middle
        (0.0, 1.0)
        >>> Value(0.5).tanh().data
        0.46211715726000973
        >>> Value(0.5).tanh().inputs[0][1]
        0.7864477329659275
        >>> Value(20.0).tanh().inputs[0][1]
        0.0
        """
        raise NotImplementedError("Value.tanh is yours to write")

    def backward(self):
        """Add ∂self/∂leaf to each leaf.grad, and set every other .grad to ∂self/∂value.

        Set .grad of every Value that an operation made to 0, add 1 to self.grad, and
        walk topological_order(self) backward.

        How do slopes combine? The chain rule

        >>> a, b = Value(2.0), Value(-3.0)
        >>> p = a * b
        >>> loss = p ** 2
        >>> loss.backward()
        >>> loss.grad, p.grad              # ∂loss/∂loss and 2p
        (1.0, -12.0)
        >>> a.grad, b.grad                 # 2p · b and 2p · a
        (36.0, -24.0)

        Why `+=`? Paths add up

        >>> x = Value(2.0)
        >>> y = 3 * x + x
        >>> y.backward()
        >>> x.grad
        4.0
        >>> x = Value(3.0)
        >>> (x * x).backward()
        >>> x.grad
        6.0

        In which order? Topological order

        >>> x = Value(2.0)
        >>> u = x * x
        >>> (u + u * 3).backward()
        >>> x.grad
        16.0

        What if `backward()` runs twice? Gradient accumulation

        >>> x = Value(2.0)
        >>> y = 3 * x + x
        >>> y.backward()
        >>> y.backward()
        >>> x.grad                         # leaves accumulate
        8.0
        >>> y.grad                         # and nothing else does
        1.0
        >>> x.backward()                   # a leaf, too, has slope 1 toward itself
        >>> x.grad
        9.0
        """
        raise NotImplementedError("Value.backward is yours to write")


def topological_order(root):
    """root and all Values it was computed from, each after its own inputs.

    A list in which each Value stands once, for graphs of any depth: a function that calls itself
    for each input ends at about a thousand.

    In which order? Topological order

    >>> x = Value(2.0, label="x")
    >>> [value.label for value in topological_order(x)]
    ['x']
    >>> u = x * x
    >>> u.label = "u"
    >>> [value.label for value in topological_order(u)]
    ['x', 'u']
    >>> v = -u
    >>> v.label = "v"
    >>> y = u + v
    >>> y.label = "y"
    >>> [value.label for value in topological_order(y)]     # u comes before v, and y last
    ['x', 'u', 'v', 'y']
    >>> [value.label for value in topological_order(v + u)][:3]
    ['x', 'u', 'v']

    How deep may a graph be? Recursion and a stack

    >>> x = Value(2.0)
    >>> for step in range(10_000):
    ...     x = x + 1.0
    >>> len(topological_order(x))                           # and a leaf 1.0 for each sum
    20001
    """
    raise NotImplementedError("topological_order is yours to write")
