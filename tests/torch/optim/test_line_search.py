"""A step length meets the two conditions of Wolfe wherever the search says that it found one."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.optim.lbfgs import _strong_wolfe

from scratch.torch.optim.line_search import Trial, lowest, strong_wolfe


def along(loss, slope):
    return lambda t: Trial(t, loss(t), None, slope(t))


LOSSES = {    # each falls at 0
    "a bowl": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "a bend": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    "a wavy bowl": (lambda t: (t - 7) ** 2 + 3 * math.sin(4 * t),
                    lambda t: 2 * (t - 7) + 12 * math.cos(4 * t)),
    "a cliff": (lambda t: math.exp(min(t, 20)) - 3 * t, lambda t: math.exp(min(t, 20)) * (t < 20) - 3),
}


@settings(max_examples=80)
@given(st.sampled_from(sorted(LOSSES)), st.floats(1e-4, 1e3), st.integers(0, 25))
def test_the_step_is_pytorchs_after_as_many_trials(name, first, most):
    """Oracle: PyTorch's own search, from first steps that are far too short and far too long."""
    loss, slope = LOSSES[name]
    start, one = Trial(0.0, loss(0.0), None, slope(0.0)), torch.ones(1, dtype=torch.float64)
    found, tried = strong_wolfe(along(loss, slope), start, first, most=most)
    _, _, t, count = _strong_wolfe(lambda x, t, d: (loss(float(t)), one * slope(float(t))), None, first, one,
                                   start.loss, one * start.slope, (one * start.slope).dot(one), max_ls=most)
    assert tried == count and found.t == pytest.approx(float(t), rel=1e-9)


def test_a_step_that_is_found_pays_and_is_flat_enough():
    """By the two inequalities."""
    for name, first in [("a bowl", 1e-3), ("a bowl", 100.0), ("a bend", 0.1), ("a wavy bowl", 20.0)]:
        at = along(*LOSSES[name])
        start = at(0.0)
        found, tried = strong_wolfe(at, start, first)
        assert tried < 26 and found.loss <= start.loss + 1e-4 * found.t * start.slope
        assert abs(found.slope) <= -0.9 * start.slope


def test_the_lowest_place_of_a_cubic_is_found_at_once():
    """t³ - 3t is lowest at 1, whichever end is named first."""
    at = along(lambda t: t ** 3 - 3 * t, lambda t: 3 * t * t - 3)
    assert lowest(at(0.0), at(3.0), 0.0, 3.0) == pytest.approx(1.0) == lowest(at(3.0), at(0.0), 0.0, 3.0)
    assert lowest(at(0.0), at(3.0), 1.5, 3.0) == 1.5


def test_a_loss_that_only_falls_is_followed_to_the_last_trial():
    at = along(lambda t: -t, lambda t: -1.0)
    found, tried = strong_wolfe(at, at(0.0), 1.0)
    assert tried == 26 and found.t > 1e18
