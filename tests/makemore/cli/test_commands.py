"""A curve shows the means of equal stretches of a training."""

import math

import pytest

from scratch.makemore.cli.commands import curve


def test_a_curve_has_a_star_in_every_column_at_the_height_of_its_mean():
    lines = curve([4, 4, 3, 3, 2, 2, 1, 1], width=4, height=4).splitlines()
    assert [line.partition("|")[2] for line in lines[:4]] == ["*", " *", "  *", "   *"]
    assert lines[0].split() == ["4", "|*"] and lines[3].split() == ["1", "|", "*"]
    assert "step 1" in lines[-1] and "step 8" in lines[-1]


@pytest.mark.parametrize("losses", [[3.0], [3.0] * 100, [1.0, 2.0], [5.0, math.nan, 1.0]])
def test_short_flat_and_broken_curves_can_be_drawn(losses):
    text = curve(losses)
    assert "*" in text and all(len(line) <= 70 for line in text.splitlines())


def test_a_curve_of_no_numbers_says_so():
    assert "diverged" in curve([math.nan, math.inf])
