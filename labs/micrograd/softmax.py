"""A Value of your own, from nothing, with the operations of a softmax and its loss.

    logits    any numbers, one for each class        probs    positive, with sum 1

Exercises: Value.
Chapter: docs/micrograd/autograd.md.
"""

import math


class Value:
    """A number, the Values it was computed from, and its slope toward each of them.

    Value(data) has .data and .grad, and knows + / and the minus sign in front, exp(),
    log() and backward(). Start with what one operation has to store.

    What does a `Value` remember? Inputs and slopes

    >>> a, b = Value(2.0), Value(-4.0)
    >>> a.data, a.grad
    (2.0, 0.0)
    >>> (a + b).data, (a / b).data, (-a).data
    (-2.0, -0.5, -2.0)
    >>> sum([a, b]).data                   # sum begins with the number 0: 0 + a
    -2.0
    >>> a.exp().log().data
    2.0

    How do slopes combine? The chain rule

    >>> a, b = Value(2.0), Value(-4.0)
    >>> (-(a / b).exp()).backward()
    >>> a.grad, b.grad                     # -exp(a/b) times 1/b and -a/b²
    (0.15163266492815836, 0.07581633246407918)
    >>> c = Value(8.0)
    >>> c.log().backward()
    >>> c.grad
    0.125

    Why `+=`? Paths add up

    >>> a = Value(2.0)
    >>> (a + a).backward()
    >>> a.grad
    2.0

    In which order? Topological order

    >>> x = Value(2.0)
    >>> u = x + x
    >>> (u + (-u + u)).backward()
    >>> x.grad
    2.0
    >>> logits = [Value(0.0), Value(3.0), Value(-2.0), Value(1.0)]
    >>> loss = -softmax(logits)[3].log()   # the loss for class 3
    >>> loss.data
    2.1755153626167147
    >>> loss.backward()
    >>> for logit in logits:
    ...     print(logit.grad)
    0.041772570515350445
    0.8390245074625319
    0.005653302662216329
    -0.8864503806400986
    """

    def __init__(self, data):
        raise NotImplementedError("Value is yours to write")


def softmax(logits):
    """[Value] -> [Value]: the exponential of each, divided by the sum of all."""
    counts = [logit.exp() for logit in logits]
    total = sum(counts)
    return [count / total for count in counts]
