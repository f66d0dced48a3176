"""Loss functions: how wrong an answer is, as one number to make small.

    >>> squared_error(Value(3.0), 1.0).data
    4.0
    >>> hinge(Value(0.25), 1).data               # correct, but within the margin
    0.75
    >>> logits = [Value(0.0), Value(3.0), Value(-2.0), Value(1.0)]
    >>> loss = cross_entropy(logits, 3)
    >>> loss.backward()
    >>> round(loss.data, 6), [round(logit.grad, 4) for logit in logits]
    (2.175515, [0.0418, 0.839, 0.0057, -0.8865])

    y        the network's output                 target   what it should be
    score    its sign is the answer               sign     the right answer, -1 or 1
    logit    ln of a probability, up to a         label    the index of the right
             constant that all logits share                class among the logits

Each is the loss of one example, in nats where there is a logarithm. For a batch, take
the mean: sum(losses) * (1 / len(losses)).

None of them branches on a Value, so that all of them can be compiled (trace.py). The
price: if two logits are more than 1e15 apart, the smaller one is lost in rounding.

A logit of -inf masks a class: its probability and its slope are 0, and the loss is inf
if the class is the right one. A logit of inf makes the loss nan, as in PyTorch. If all
are -inf, or below -1e15, no class has a probability, and log(0) is an error.

Chapter: docs/micrograd/moons.md.  To copy: this file and engine.py.
"""

from .engine import Value


def squared_error(y, target):
    """(y - target)²: slope 2 (y - target), proportional to the error."""
    return (y - target) ** 2


def hinge(score, sign):
    """max(0, 1 - sign · score): 0 outside a margin of 1 (Cortes and Vapnik, 1995)."""
    if sign not in (-1, 1):
        raise ValueError(f"sign must be -1 or 1, not {sign!r}")
    return (1 - sign * score).relu()


def binary_cross_entropy(logit, target):
    """-ln p if target is 1, -ln (1 - p) if it is 0, with p = 1 / (1 + e^-logit)."""
    if not 0 <= target <= 1:
        raise ValueError(f"target must be a probability from 0 to 1, not {target!r}")
    answers = (target, -logit), (1 - target, logit)    # each with -ln p = ln(1 + e^x)
    return sum(p * log_sum_exp([Value(0.0), x]) for p, x in answers if p)


def cross_entropy(logits, label):
    """-ln softmax(logits)[label]: slope softmax(logits), minus 1 at label."""
    if not 0 <= label < len(logits):
        raise ValueError(f"label {label} is outside the logits 0..{len(logits) - 1}")
    top = largest(logits)
    shifted = [logit - top for logit in logits]
    return sum(logit.exp() for logit in shifted).log() - shifted[label]


def log_sum_exp(values):
    """ln Σ e^v, with the largest v subtracted first, so that no exponential overflows.

    The shift cancels in the value and, whatever its own slope, in the gradient.
    """
    top = largest(values)
    return top + sum((v - top).exp() for v in values).log()


def largest(values):
    """The largest value. Some may be -inf, but the search must start from a finite
    number, since -inf - (-inf) is nan: a little below the first value, or -1e15.
    """
    top = (values[0] + 1e15).relu() - 1e15 - 0.125
    for v in values:
        top = top + (v - top).relu()
    return top
