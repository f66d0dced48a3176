"""Elements by number, and products of matrices, by the cuda backend are those of the other two."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_kernels import KERNELS, both, made_of, natives, same, viewed
from torch_tables import ALL, SHAPES

from scratch.torch import dtypes
from scratch.torch.backends.cuda import memory, places

FEW = [dtypes.float32, dtypes.int64]


@st.composite
def indices(draw, shape, n, beyond=False):
    """Whole numbers from -n to n - 1, and now and then one that is not, which would end a card's context."""
    count, beyond = math.prod(shape), beyond and not memory.engine().on_gpu
    few = draw(st.lists(st.integers(-n, n - 1 + beyond), min_size=count, max_size=count))
    return viewed(made_of(few, dtypes.int64), dtypes.int64, shape)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_taking_writing_and_adding_rows(data, pytestconfig):
    """Oracle: NumPy and Python. Of what is written to one row the last counts; what is added adds up.

    An index beyond the rows is an IndexError.
    """
    n, inner, shape = data.draw(st.sampled_from([1, 2, 5])), data.draw(SHAPES), data.draw(SHAPES)
    a = data.draw(natives(shape=(n, *inner), tame=True, kinds=ALL if pytestconfig.getoption("long") else FEW))
    kind = a["python"].dtype
    index = data.draw(indices(shape, n, beyond=data.draw(st.integers(0, 9)) == 0))
    taken = both("take", a, index)
    same(taken)
    if not isinstance(taken["numpy"], Exception) and kind is not dtypes.bool_:
        for name in ("put", "add_at"):
            to, more = both("cast", a, kind), data.draw(natives(kind, (*shape, *inner), tame=True))
            both(name, to, index, more)
            same(to, 1e-6)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_gathering_and_scattering_along_an_axis(data, pytestconfig):
    """Oracle: NumPy and Python."""
    shape = data.draw(st.lists(st.sampled_from([1, 2, 3]), max_size=3).map(tuple))
    axis = data.draw(st.sampled_from(range(len(shape) or 1)))
    kind = data.draw(st.sampled_from([*FEW, dtypes.float64] if pytestconfig.getoption("long") else FEW))
    a = data.draw(natives(kind, shape, tame=True))
    smaller = tuple(data.draw(st.integers(0, 4)) if i == axis else data.draw(st.integers(1, n))
                    for i, n in enumerate(shape))
    index = data.draw(indices(smaller, shape[axis] if shape else 1, beyond=data.draw(st.integers(0, 9)) == 0))
    found = both("gather", a, axis, index)
    same(found)
    if not isinstance(found["numpy"], Exception):
        for name in ("scatter", "scatter_add"):
            to, larger = both("cast", a, kind), tuple(map(max, shape, smaller))
            more = data.draw(natives(kind, larger, tame=True))
            both(name, to, axis, index, more)
            same(to, 1e-6)


def test_a_thousand_threads_add_to_one_place():
    """Oracle: NumPy. 1 is added 1,000 times, which float32 holds exactly."""
    for kind in FEW:
        to, ones, index = made_of([0] * 3, kind), made_of([1] * 1000, kind), made_of([1] * 1000, dtypes.int64)
        both("add_at", to, index, ones)
        same(to)
        both("put", to, index, 7)
        same(to)


def test_an_index_is_looked_at_by_a_kernel():
    """It stops the program; nothing is copied from the device for it."""
    index = KERNELS["cuda"]["from_list"]([0, 2, -1], dtypes.int64)
    assert places.extent(index) is None
    assert places.outside(index, -1, 3) is None
    known_at_once = not memory.engine().on_gpu   # on a card, an assertion that fails ends the context later
    for low, high in ((0, 3), (-1, 2)) * known_at_once:
        with pytest.raises(IndexError, match="out of bounds"):
            places.outside(index, low, high)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_products_of_matrices_of_any_strides(data, pytestconfig):
    """Oracle: NumPy and Python, over batches that are broadcast, and vectors; sums of three products."""
    M, K, N = (data.draw(st.sampled_from([0, 1, 2, 3])) for _ in range(3))
    left, right = data.draw(st.sampled_from([
        ((M, K), (K, N)), ((K,), (K, N)), ((M, K), (K,)), ((K,), (K,)), ((2, M, K), (K, N)),
        ((2, 1, M, K), (3, K, N)), ((M, K), (N, K))]))
    kind = data.draw(st.sampled_from([*FEW, dtypes.float64] if pytestconfig.getoption("long") else FEW))
    a, b = (data.draw(natives(kind, shape, tame=True)) for shape in (left, right))
    same(both("matmul", a, b), 1e-6)
