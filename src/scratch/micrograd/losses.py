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

None of them branches on a number, so that all of them can be compiled (trace.py). The
price: if two logits are more than 1e15 apart, the smaller one is lost in rounding.

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
    return log_sum_exp([logit, Value(0.0)]) - target * logit


def cross_entropy(logits, label):
    """-ln softmax(logits)[label]: slope softmax(logits), minus 1 at label."""
    if not 0 <= label < len(logits):
        raise ValueError(f"label {label} is outside the logits 0..{len(logits) - 1}")
    return log_sum_exp([logit - logits[label] for logit in logits])


def log_sum_exp(values):
    """ln Σ e^v, with the largest v subtracted first, so that no exponential overflows.

    The shift cancels in the value and, whatever its own slope, in the gradient.
    """
    largest = values[0]
    for v in values[1:]:
        largest = largest + (v - largest).relu()
    return largest + sum((v - largest).exp() for v in values).log()
