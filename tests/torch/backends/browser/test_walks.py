"""Few axes walk through the same elements as many."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from scratch.torch.backends.browser.walks import joined, spread, walk
from scratch.torch.backends.views import View
from scratch.torch import dtypes


def steps(shape, strides):
    return [sum(i * s for i, s in zip(place, strides)) for place in itertools.product(*map(range, shape))]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6), st.integers(0, 6)), max_size=4))
def test_joined_axes_lead_through_the_same_places(axes):
    """Oracle: all places, counted out."""
    shape, a, b = ([each[n] for each in axes] for n in range(3))
    sizes, (x, y) = joined(shape, [a, b])
    assert steps(sizes, x) == steps(shape, a) and steps(sizes, y) == steps(shape, b)
    assert 1 not in sizes and len(sizes) <= len(shape)


def test_rows_that_follow_each_other_are_one_axis():
    assert joined((2, 3, 4), [(12, 4, 1)]) == ([24], [[1]])
    assert joined((2, 3, 4), [(24, 4, 1)]) == ([2, 12], [[24, 1]])
    assert joined((), [()]) == ([], [[]])


def test_a_walk_is_refused_if_it_takes_too_many_axes():
    assert walk((2, 2, 2), [(1, 2, 4)], 3).tolist() == [2, 2, 2, 1, 2, 4]
    assert walk((2, 2, 2), [(1, 2, 4)], 2) is None


def test_a_view_is_spread_over_a_shape_by_strides_of_zero():
    view = View(None, dtypes.float32, (3, 1), (1, 1))
    assert spread(view, (2, 3, 5)) == (0, 1, 0) and spread(view, (3, 1)) == (1, 1)
