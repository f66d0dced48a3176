"""Elements by number by the browser backend are those of the other two."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from torch_browser import both, made_of, natives, same, viewed
from torch_tables import SHAPES

from scratch.torch import dtypes


@st.composite
def indices(draw, shape, n, beyond=False):
    """Whole numbers from -n to n - 1, and now and then one that is not."""
    count = math.prod(shape)
    few = draw(st.lists(st.integers(-n, n - 1 + beyond), min_size=count, max_size=count))
    return viewed(made_of(few, dtypes.int64), dtypes.int64, shape)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_taking_and_adding_rows(data):
    """Oracle: NumPy and Python. What is added adds up; an index beyond the rows is an IndexError."""
    n, inner, shape = data.draw(st.sampled_from([1, 2, 5])), data.draw(SHAPES), data.draw(SHAPES)
    a = data.draw(natives(shape=(n, *inner), tame=True))
    kind = a["python"].dtype
    index = data.draw(indices(shape, n, beyond=data.draw(st.integers(0, 9)) == 0))
    taken = both("take", a, index)
    same(taken)
    if not isinstance(taken["numpy"], Exception) and kind is not dtypes.bool_:
        for name in ("put", "add_at"):
            to = both("cast", a, kind)
            both(name, to, index, data.draw(natives(kind, (*shape, *inner), tame=True)))
            same(to, 1e-6)


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_gathering_and_scattering_along_an_axis(data):
    """Oracle: NumPy and Python."""
    shape = data.draw(st.lists(st.sampled_from([1, 2, 3]), max_size=3).map(tuple))
    axis = data.draw(st.sampled_from(range(len(shape) or 1)))
    kind = data.draw(st.sampled_from([dtypes.float32, dtypes.float64, dtypes.int64]))
    a = both("cast", data.draw(natives(kind, shape, tame=True)), kind)
    smaller = tuple(data.draw(st.integers(0, 4)) if i == axis else data.draw(st.integers(1, n))
                    for i, n in enumerate(shape))
    index = data.draw(indices(smaller, shape[axis] if shape else 1, beyond=data.draw(st.integers(0, 9)) == 0))
    found = both("gather", a, axis, index)
    same(found)
    if not isinstance(found["numpy"], Exception):
        for name in ("scatter", "scatter_add"):
            to, larger = both("cast", a, kind), tuple(map(max, shape, smaller))
            both(name, to, axis, index, data.draw(natives(kind, larger, tame=True)))
            same(to, 1e-6)
