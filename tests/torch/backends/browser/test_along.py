"""Reductions and products by the browser backend are those of the other two."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_browser import KERNELS, both, made_of, natives, same, viewed
from torch_tables import FLOATS

from scratch.torch import dtypes


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all"])
@settings(max_examples=16, deadline=None)
@given(data=st.data())
def test_reductions(name, data):
    """Oracle: NumPy, which adds float32 up in float32, and Python."""
    a = data.draw(natives(tame=name in ("sum", "prod")))
    kind, axes = a["python"].dtype, range(a["python"].ndim)
    chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(axes)) if axes else st.just(()))))
    same(both(name, a, chosen, data.draw(st.booleans())), 1e-6 if kind in FLOATS and "p" in name or
         name == "sum" else 0, among=["numpy"])


@pytest.mark.parametrize("shape, axes", [
    ((7, 9), (1,)), ((7, 9), (0,)), ((7, 9), (0, 1)), ((3, 5, 6), (0, 1)), ((3, 5, 6), (1,)),
    ((3, 5, 6), (0, 2)), ((11,), (0,))], ids=str)
def test_sums_of_rows_and_of_columns(shape, axes):
    """Oracle: NumPy. Of 6 to 11 numbers, which do not fill vectors of four."""
    count = 1
    for n in shape:
        count *= n
    a = viewed(made_of([n / 7 - 3 for n in range(count)], dtypes.float32), dtypes.float32, shape)
    same(both("sum", a, axes, False), 1e-6, among=["numpy"])


def test_a_sum_of_a_million_is_rounded_once():
    """Oracle: arithmetic. In float32 alone, 1e8 + 1 - 1e8 would be 0."""
    table = KERNELS["browser"]
    a = table["from_list"]([1e8, 1.0, -1e8, 1.0] * 1000, dtypes.float32)
    assert table["to_list"](table["sum"](a, (0,), False)) == 2000.0


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_matrix_products(data):
    """Oracle: NumPy, over batches that are broadcast, vectors, and views; sizes around those of a tile."""
    M, K, N = (data.draw(st.sampled_from([0, 1, 2, 3, 4, 5, 8, 9, 17])) for _ in range(3))
    left, right = data.draw(st.sampled_from([
        ((M, K), (K, N)), ((K,), (K, N)), ((M, K), (K,)), ((K,), (K,)), ((2, M, K), (K, N)),
        ((2, 1, M, K), (3, K, N)), ((2, 3, M, K), (2, 3, K, N)), ((M, K), (N, K))]))
    kind = data.draw(st.sampled_from([dtypes.float32] * 3 + [dtypes.int64]))
    a, b = (data.draw(natives(kind, shape, tame=True)) for shape in (left, right))
    same(both("matmul", a, b), 1e-6 if kind in FLOATS else 0, among=["numpy"])


def test_a_product_that_takes_more_axes_than_the_kernel_has_is_left_to_python():
    """Oracle: NumPy. Three axes of batches, no two of which are one."""
    a = made_of([n % 13 / 4 for n in range(400)], dtypes.float32)
    left = viewed(a, dtypes.float32, (2, 2, 2, 3, 2), (50, 3, 20, 2, 1))
    right = viewed(a, dtypes.float32, (2, 2, 2, 2, 3), (7, 60, 20, 3, 1))
    same(both("matmul", left, right), 1e-6, among=["numpy"])


