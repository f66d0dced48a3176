"""Elements by number, and products of matrices, by the cuda backend are those of the other two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_kernels import KERNELS, both, check, made_of, natives, same
from torch_tables import ALL

from scratch.torch import dtypes
from scratch.torch.backends.cuda import memory, places

FEW = [dtypes.float32, dtypes.int64]


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_taking_writing_and_adding_rows(data, pytestconfig):
    """Oracle: NumPy and Python. Of what is written to one row the last counts; what is added adds up.

    An index beyond the rows is an IndexError, which ends a card's context.
    """
    check.rows(data, ALL if pytestconfig.getoption("long") else FEW, beyond=not memory.engine().on_gpu)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_gathering_and_scattering_along_an_axis(data, pytestconfig):
    """Oracle: NumPy and Python."""
    check.along_an_axis(data, [*FEW, dtypes.float64] if pytestconfig.getoption("long") else FEW,
                        beyond=not memory.engine().on_gpu)


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
