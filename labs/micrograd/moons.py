"""The parts of a classifier's training: the loss of a score, the penalty on weights, the learning rate.

    score    its sign is the answer        sign    the right answer, -1 or 1
    w        a weight, a Value             step    from 0 to 99

Exercises: hinge, penalty, falling.
Chapter: docs/micrograd/moons.md.  In place of: scratch.micrograd.losses.
"""

from scratch.micrograd.engine import Value    # which the examples use

ALPHA = 1e-4


def hinge(score, sign):
    """max(0, 1 - sign · score), a Value: 0 for a right score outside a margin of 1.

    A Value has relu() for the maximum. ValueError for any other sign.

    What should a score be punished for? The hinge loss

    >>> hinge(Value(-1.0), 1).data           # wrong, and as far off as two margins
    2.0
    >>> hinge(Value(0.25), 1).data           # right, but within the margin
    0.75
    >>> hinge(Value(-0.25), -1).data         # the same for the other sign
    0.75
    >>> hinge(Value(3.0), 1).data            # right and sure: a square would punish this
    0.0
    >>> s = Value(0.25)
    >>> hinge(s, -1).backward()
    >>> s.grad                               # down, away from the wrong side
    1.0
    >>> s = Value(3.0)
    >>> hinge(s, 1).backward()
    >>> s.grad
    0.0
    >>> hinge(s, 0)
    Traceback (most recent call last):
    ValueError: sign must be -1 or 1, not 0
    """
    raise NotImplementedError("hinge is yours to write")


def penalty(weights):
    """ALPHA times the sum of the squares of all weights, a Value.

    What does the price on weights do? Weight decay

    >>> weights = [Value(1.0), Value(-2.0), Value(3.0)]
    >>> loss = penalty(weights)
    >>> loss.data                            # the sum, not the mean, and of squares
    0.0014
    >>> loss.backward()
    >>> [w.grad for w in weights]            # toward zero, in proportion to the weight
    [0.0002, -0.0004, 0.0006]
    """
    raise NotImplementedError("penalty is yours to write")


def falling(step):
    """step -> the learning rate, which falls in a straight line: 1 at step 0, 0.1 at step 100.

    Why does the learning rate fall? A schedule

    >>> falling(0), falling(50)
    (1.0, 0.55)
    >>> falling(99)                          # the last of a hundred steps
    0.109
    >>> falling(100)
    0.1
    """
    raise NotImplementedError("falling is yours to write")
