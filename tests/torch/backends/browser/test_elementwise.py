"""Elementwise kernels of the browser backend give the numbers of the numpy and the python backend."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_browser import KERNELS, both, check, made_of, natives, same, viewed
from torch_tables import ALL, EXACT, FLOATS, NUMBERS, SHAPES, WHOLE

from scratch.torch import dtypes
from scratch.torch.dispatch import COMPARE, ONE, TWO

FLOATS_ONLY = {*ONE, "div", "atan2"} - {"neg", "abs", "sign", "square", "logical_not", "bitwise_not"}
TESTS = {*COMPARE, "logical_not", "logical_and", "logical_or", "logical_xor"}
TAME = {"erf", "erfc"}


def fitting(name, pytestconfig):
    """The dtypes that a kernel is asked for; without --long float32, or else int64."""
    kinds = (FLOATS if name in FLOATS_ONLY else WHOLE if "shift" in name else
             [*WHOLE, dtypes.bool_] if name.startswith("bitwise") else
             ALL if name in TESTS else [*FLOATS, *WHOLE])
    return st.sampled_from(kinds if pytestconfig.getoption("long") else kinds[:1])


@pytest.mark.parametrize("name", ONE)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_functions_of_one_number(name, data, pytestconfig):
    """Oracle: NumPy. Polynomials of float32 are up to 2 units in the last place off, NumPy's as well."""
    a = data.draw(natives(data.draw(fitting(name, pytestconfig)), tame=name in TAME))
    same(both(name, a), 0 if name in EXACT else 1e-6, among=["numpy"])


@pytest.mark.parametrize("name", [*TWO, *COMPARE])
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_functions_of_two_numbers(name, data, pytestconfig):
    """Oracle: NumPy. Operands are broadcast, and either may be a Python number."""
    kind, shape = data.draw(fitting(name, pytestconfig)), data.draw(SHAPES)
    other = tuple(data.draw(st.sampled_from([n, 1])) for n in shape)[data.draw(st.integers(0, len(shape))):]
    a = data.draw(natives(kind, shape, tame=name == "pow"))
    b = data.draw(natives(kind, other, tame="shift" in name))
    if name in NUMBERS and data.draw(st.booleans()):
        b = 2.5 if kind in FLOATS else 3
    if data.draw(st.booleans()) and "shift" not in name and name != "pow":
        a, b = b, a
    same(both(name, a, b), 0 if name in EXACT else 1e-6, among=["numpy"])


@pytest.mark.parametrize("name", ["exp", "log", "tanh", "sigmoid"])
def test_functions_of_float32_are_three_units_off_at_most(name):
    """Oracle: NumPy in float64. From the least number of float32 to the largest."""
    x = np.float32([*np.linspace(-110, 95, 4001), *(s * 2.0**e for e in range(-149, 128) for s in (1, -1.3))])
    found = KERNELS["browser"]["to_list"](KERNELS["browser"][name](
        KERNELS["browser"]["from_list"](x.tolist(), dtypes.float32)))
    with np.errstate(all="ignore"):
        wide = {"sigmoid": lambda x: 1 / (1 + np.exp(-x))}.get(name, getattr(np, name, None))
        expected = wide(x.astype("f8"))
        rounded = expected.astype("f4")
    found, finite = np.array(found), np.isfinite(rounded)
    np.testing.assert_array_equal(found[~finite], rounded[~finite])
    normal = finite & (np.abs(rounded) > 2.0**-126)      # below, numbers have fewer digits
    unit = np.spacing(np.abs(rounded[normal])).astype("f8")
    assert (np.abs(found[normal] - expected[normal]) <= 3 * unit).all()
    assert (np.abs(found[finite & ~normal]) <= 2.0**-125).all()


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_where_takes_numbers_from_either_side(data):
    """Oracle: NumPy and Python."""
    shape, kind = data.draw(SHAPES), data.draw(st.sampled_from([dtypes.float32, dtypes.int64]))
    condition, a, b = (data.draw(natives(each, shape)) for each in (dtypes.bool_, kind, kind))
    same(both("where", condition, a, data.draw(st.sampled_from([b, 2]))))


@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_copies_are_converted_and_broadcast(data):
    """Oracle: NumPy and Python. Writing into a view leaves the rest of its memory alone."""
    whole, part = check.copies(data, ALL)
    row = data.draw(natives(part["python"].dtype, part["python"].shape[1:], tame=True))
    both("copy", part, row)
    same(whole)


def test_fractions_that_do_not_fit_become_the_least_whole_number():
    """Oracle: NumPy."""
    a = made_of([float("nan"), float("inf"), -1e30, 1e30, -2.9, 2.9], dtypes.float32)
    same(both("cast", a, dtypes.int64), among=["numpy"])


def test_a_result_may_lie_in_any_order_and_in_an_operand():
    """Oracle: NumPy, of a transposed result, of one in an operand that has gaps, and of one that overlaps."""
    a, kind = check.any_order(), dtypes.float32
    both("add", viewed(a, kind, (5,)), viewed(a, kind, (5,), offset=1), viewed(a, kind, (5,), offset=1))
    same(a, 1e-6)
    both("copy", viewed(a, kind, (5,), offset=1), viewed(a, kind, (5,)))
    same(a, 1e-6)


def test_more_axes_than_a_kernel_walks_through_are_left_to_python():
    """Oracle: NumPy. Five axes, of which no two lie so that they are one."""
    a = made_of([float(n) for n in range(3**5)], dtypes.float32)
    strides = (1, 3, 9, 27, 81)
    same(both("mul", viewed(a, dtypes.float32, (2,) * 5, strides), viewed(a, dtypes.float32, (2,) * 5)))


def test_a_view_beyond_its_numbers_is_an_error():
    a = made_of([1.0, 2.0], dtypes.float32)
    with pytest.raises(ValueError, match="element 2 of a storage of 2 numbers"):
        viewed(a, dtypes.float32, (3,))
