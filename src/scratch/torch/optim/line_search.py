"""How far to go along a direction: a step that meets the strong Wolfe conditions.

    >>> def bowl(t):                                 # a loss that is lowest at t = 3
    ...     return Trial(t, (t - 3) ** 2, None, 2 * (t - 3))
    >>> found, tried = strong_wolfe(bowl, bowl(0.0), 0.25)
    >>> found.t, tried
    (2.5, 2)

    d     a direction, along which the loss falls at first
    t     how far along it         loss, g    of the parameters there
    slope ∂loss/∂t = g · d         c1, c2     how much is asked for

A step is good if it pays, loss(t) ≤ loss(0) + c1 t slope(0), and if it has left the
steep part behind, |slope(t)| ≤ c2 |slope(0)|. Between two steps of which one went too
far lies a good one, if the loss is smooth; it is searched for where a cubic through
both, with their slopes, is lowest. Away from the ends, lest the search should creep.

Nocedal and Wright, Numerical Optimization, 2006, algorithms 3.5 and 3.6. The constants
are those of Mark Schmidt's minFunc, which PyTorch's search follows, too.

Chapter: docs/torch/modules.md.
"""

import math
from collections import namedtuple

Trial = namedtuple("Trial", "t loss g slope")


def strong_wolfe(at, start, t, size=1.0, c1=1e-4, c2=0.9, smallest=1e-9, most=25):
    """at(t) -> Trial, start = at(0), the first t -> the Trial to stay with, how many.

    It gives up where t changes no parameter by more than `smallest`, size being the
    largest number in d, or after `most` further trials.
    """
    def pays(trial):
        return trial.loss <= start.loss + c1 * trial.t * start.slope

    def flat(trial):
        return abs(trial.slope) <= -c2 * start.slope

    before, here, tried = start, at(t), 1
    while tried <= most:                     # farther, until one is good or too far
        if not pays(here) or tried > 2 and here.loss >= before.loss:
            break
        if flat(here):
            return here, tried
        if here.slope >= 0:
            break
        t = lowest(before, here, here.t + 0.01 * (here.t - before.t), 10 * here.t)
        before, here, tried = here, at(t), tried + 1
    else:
        before = start
    ends, crept = [before, here], False      # a good one is between these
    low = lower(ends)
    while tried <= most and abs(ends[1].t - ends[0].t) * size >= smallest:
        left, right = sorted(end.t for end in ends)
        t, margin = lowest(*ends, left, right), 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (crept or not left < t < right):
            t = right - margin if right - t < t - left else left + margin
            near = False
        crept = near
        here, tried = at(t), tried + 1
        if not pays(here) or here.loss >= ends[low].loss:
            ends[1 - low] = here
            low = lower(ends)
            continue
        if not flat(here) and here.slope * (ends[1 - low].t - ends[low].t) >= 0:
            ends[1 - low] = ends[low]        # it falls the other way from here
        ends[low] = here
        if flat(here):
            break
    return ends[low], tried


def lower(ends):
    """Which of two trials has the lower loss, the first if neither."""
    return 0 if ends[0].loss <= ends[1].loss else 1


def lowest(a, b, left, right):
    """Where the cubic through two trials is lowest, no farther than left and right."""
    if a.t > b.t:
        a, b = b, a
    rise = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t)
    square = rise * rise - a.slope * b.slope
    root = math.sqrt(square) if square >= 0 else math.nan
    below = b.slope - a.slope + 2 * root
    if not abs(below) > 0:                   # no lowest place, or a loss of NaN
        return (left + right) / 2
    t = b.t - (b.t - a.t) * (b.slope + root - rise) / below
    return min(max(t, left), right)
