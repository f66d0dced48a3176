"""Reductions, running sums and sorting by the cuda backend give the numbers of the other two."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_kernels import KERNELS, both, made_of, natives, same
from torch_tables import ALL, SHAPES

from scratch.torch import dtypes
from scratch.torch.backends.cuda import along, memory

FEW = [dtypes.float32, dtypes.int64]


def kinds(pytestconfig, few=FEW):
    return ALL if pytestconfig.getoption("long") else few


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_reductions(name, data, pytestconfig):
    """Oracle: NumPy and Python, over any axes of any strides; n numbers are rounded n times at most."""
    truths = kinds(pytestconfig, [dtypes.bool_]) if name in ("any", "all") else kinds(pytestconfig)
    a = data.draw(natives(tame=name in ("sum", "prod"), kinds=truths))
    axes = range(a["python"].ndim)
    chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(axes)) if axes else st.just(()))))
    same(both(name, a, chosen, data.draw(st.booleans())), 0 if name in ("max", "min", "any", "all") else 3e-6)


@pytest.mark.parametrize("shape, axes", [
    ((3, 257), (1,)), ((300, 2), (0,)), ((2, 150, 3), (1,)), ((20, 20), (0, 1)), ((700,), (0,)),
    ((4100, 2), (1,))])
def test_long_lines_are_reduced_by_blocks_of_threads(shape, axes):
    """Oracle: NumPy. Sums of 700 numbers are rounded 700 times at most, in halves far less often."""
    x = np.random.default_rng(1).normal(size=shape).astype(np.float32)
    a = made_of(x, dtypes.float32)
    for name, close in (("sum", 3e-6), ("max", 0), ("min", 0)):
        same(both(name, a, axes, False), close, among=["numpy"])


def test_nan_wins_in_a_long_line():
    x = np.ones((2, 300), np.float32)
    x[1, 299] = np.nan
    a = made_of(x, dtypes.float32)
    for name in ("max", "min"):
        same(both(name, a, (1,), False), among=["numpy"])
        same(both(name, a, (0, 1), False), among=["numpy"])


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_the_place_of_the_best_number(name, data, pytestconfig):
    """Oracle: NumPy and Python: of equal ones the first, and nan before all."""
    a = data.draw(natives(shape=data.draw(SHAPES.filter(len)), kinds=kinds(pytestconfig)))
    same(both(name, a, data.draw(st.sampled_from(range(a["python"].ndim))), data.draw(st.booleans())))


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_running_sums_and_products(name, data, pytestconfig):
    """Oracle: NumPy and Python, as for sums."""
    a = data.draw(natives(tame=True, kinds=kinds(pytestconfig)))
    same(both(name, a, data.draw(st.sampled_from(range(a["python"].ndim or 1)))), 3e-6)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_sorting_keeps_the_order_of_equal_numbers(data, pytestconfig):
    """Oracle: NumPy's stable sort, and Python's; nan is the largest."""
    a = data.draw(natives(kinds=kinds(pytestconfig)))
    axis = data.draw(st.sampled_from(range(a["python"].ndim or 1)))
    results = both("sort", a, axis, data.draw(st.booleans()))
    for part in (0, 1):
        same({name: found[part] for name, found in results.items()})


def test_nothing_has_no_largest_number():
    a = memory.empty((2, 0), dtypes.float32)
    for name in ("max", "min"):
        with pytest.raises(ValueError, match="no largest or smallest"):
            along.TABLE[name](a, (1,), False)
    with pytest.raises(ValueError, match="no best number"):
        along.TABLE["argmax"](a, 1, False)
    assert KERNELS["cuda"]["to_list"](along.TABLE["sum"](a, (1,), False)) == [0.0, 0.0]
