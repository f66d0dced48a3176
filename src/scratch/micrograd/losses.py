"""What a network is told about an answer: one number, the larger the more wrong.

    >>> squared_error(Value(3.0), 1.0).data
    4.0
    >>> hinge(Value(0.25), 1).data               # right, but by less than the margin
    0.75
    >>> logits = [Value(0.0), Value(3.0), Value(-2.0), Value(1.0)]
    >>> loss = cross_entropy(logits, 3)
    >>> loss.backward()
    >>> round(loss.data, 6), [round(logit.grad, 4) for logit in logits]
    (2.175515, [0.0418, 0.839, 0.0057, -0.8865])

    y        the network's number                 target   the number it should be
    score    its sign is the answer               sign     -1 or 1
    logit    its exponential is a share,          label    which of the logits should
             before all are divided by their sum           have all of it

Each is the loss of one example, in nats where there is a logarithm. Of several examples
one takes the mean: sum(losses) * (1 / len(losses)).

None of them looks at a number to make a choice, so that all of them can be compiled
(trace.py). The price: logits further apart than 1e15 lose the small one to rounding.

Chapter: docs/micrograd/moons.md.  To copy: this file and engine.py.
"""

from .engine import Value


def squared_error(y, target):
    """(y - target)²: slope 2 (y - target), a pull as strong as the error is large."""
    return (y - target) ** 2


def hinge(score, sign):
    """max(0, 1 - sign · score): right by 1 costs nothing (Cortes and Vapnik, 1995)."""
    if sign not in (-1, 1):
        raise ValueError(f"the sign of an answer is -1 or 1, not {sign!r}")
    return (1 - sign * score).relu()


def binary_cross_entropy(logit, target):
    """-ln p if target is 1, -ln (1 - p) if it is 0, with p = 1 / (1 + e^-logit)."""
    if not 0 <= target <= 1:
        raise ValueError(f"a target is a probability from 0 to 1, not {target!r}")
    return log_sum_exp([logit, Value(0.0)]) - target * logit


def cross_entropy(logits, label):
    """-ln of label's share of Σ e^logit: slope softmax(logits), minus 1 at label."""
    if not 0 <= label < len(logits):
        raise ValueError(f"label {label} is outside the logits 0..{len(logits) - 1}")
    return log_sum_exp([logit - logits[label] for logit in logits])


def log_sum_exp(values):
    """ln Σ e^v, shifted by the largest v, so that no exponential is too large.

    The shift cancels in the value and, whatever its own slope, in the gradient.
    """
    largest = values[0]
    for v in values[1:]:
        largest = largest + (v - largest).relu()
    return largest + sum((v - largest).exp() for v in values).log()
