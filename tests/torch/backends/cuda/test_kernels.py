"""Elementwise kernels of the cuda backend give the numbers of the numpy and the python backend."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_kernels import KERNELS, both, check, made_of, natives, same, viewed
from torch_tables import ALL, EXACT, FLOATS, NUMBERS, SHAPES

from scratch.torch import dtypes
from scratch.torch.backends.cuda import kernels, memory, texts
from scratch.torch.dispatch import COMPARE, ONE, TWO

IN_NUMPY = {*texts.TESTS, *texts.BOOL} - {"neg", "sub"}    # of truths
FLOATS_ONLY = {*ONE} - {"neg", "abs", "sign", "square", "logical_not", "bitwise_not"}
STRIDED = {"exp", "isnan", "add", "lt", "remainder"}    # of other texts, all but a line is the same


def kind_of(name, pytestconfig):
    """float32 where there are floats, else int64; with --long any dtype that tensors ask the kernel for."""
    has = [kind for kind in ALL if name in (texts.FLOAT_ONE | texts.FLOAT_TWO if kind.category == 2
                                            else texts.WHOLE_ONE | texts.WHOLE_TWO)]
    has = [kind for kind in has if kind is not dtypes.bool_ or name in IN_NUMPY]
    has = [kind for kind in has if kind in FLOATS or name not in FLOATS_ONLY]
    return st.sampled_from(has) if pytestconfig.getoption("long") else st.just(has[0])


@pytest.mark.parametrize("name", ONE)
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_functions_of_one_number(name, data, pytestconfig):
    """Oracle: NumPy and Python. PoCL's functions of float32 are up to 5 units in the last place off, tan of
    large numbers more."""
    plain = name not in STRIDED and not pytestconfig.getoption("long")
    a = data.draw(natives(data.draw(kind_of(name, pytestconfig)), plain=plain))
    same(both(name, a), 0 if name in EXACT else 2e-6, among=["numpy"])


@pytest.mark.parametrize("name", [*TWO, *COMPARE])
@settings(max_examples=4, deadline=None)
@given(data=st.data())
def test_functions_of_two_numbers(name, data, pytestconfig):
    """Oracle: NumPy. Operands are broadcast, and one may be a Python number."""
    kind, shape = data.draw(kind_of(name, pytestconfig)), data.draw(SHAPES)
    plain, other = name not in STRIDED and not pytestconfig.getoption("long"), shape
    if not plain:
        other = tuple(data.draw(st.sampled_from([n, 1])) for n in shape)
        other = other[data.draw(st.integers(0, len(shape))):]
    a = data.draw(natives(kind, shape, tame=name == "pow", plain=plain))
    b = data.draw(natives(kind, other, tame="shift" in name, plain=plain))
    if name in NUMBERS and kind is not dtypes.bool_ and data.draw(st.booleans()):
        b = 2.5 if kind in FLOATS else 3
    same(both(name, a, b), 0 if name in EXACT else 2e-6, among=["numpy"])


@pytest.mark.parametrize("name", ["add", "floor_divide", "remainder", "fmod", "pow"])
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_whole_numbers_are_divided_as_numpy_divides_them(name, data):
    """Oracle: NumPy: downwards, with the sign of the divisor, and not by 0."""
    shape = data.draw(SHAPES)
    count = max(1, math.prod(shape))
    a, b = (data.draw(st.lists(st.integers(-7, 7), min_size=count, max_size=count)) for _ in range(2))
    if name == "pow":
        b = [abs(n) for n in b]
    elif memory.engine().on_gpu:                 # where the assertion would end the context
        b = [n or 1 for n in b]
    same(both(name, *[viewed(made_of(each, dtypes.int64), dtypes.int64, shape) for each in (a, b)]))


@pytest.mark.skipif(memory.engine().on_gpu, reason="an assertion that fails ends a card's context")
def test_a_whole_number_divided_by_zero_is_an_error_and_the_next_kernel_runs():
    a, zero = (made_of([n], dtypes.int64) for n in (7, 0))
    for name in ("floor_divide", "remainder", "fmod"):
        for result in both(name, a, zero).values():
            assert type(result) is RuntimeError and "ZeroDivisionError" in str(result)
    same(both("add", a, zero))


@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_where_takes_numbers_from_either_side(data):
    """Oracle: NumPy and Python."""
    shape, kind = data.draw(SHAPES), dtypes.float32
    condition, a, b = (data.draw(natives(each, shape)) for each in (dtypes.bool_, kind, kind))
    same(both("where", condition, a, data.draw(st.sampled_from([b, 0.5]))))


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_copies_are_converted_and_broadcast(data, pytestconfig):
    """Oracle: NumPy and Python. Writing into a view leaves the rest of its memory alone."""
    few = [dtypes.float32, dtypes.int64, dtypes.bool_]
    check.copies(data, ALL if pytestconfig.getoption("long") else few)


@pytest.mark.parametrize("kind", [dtypes.int64, dtypes.float32], ids=str)
def test_ranges_are_counted_on_the_device(kind):
    """Oracle: Python's range."""
    for numbers in (range(5), range(7, -4, -3), range(3, 3), range(2**40, 2**40 + 3)):
        found = KERNELS["cuda"]["to_list"](kernels.arange(numbers, kind))
        assert found == [np.float32(n) if kind is dtypes.float32 else n for n in numbers]


def test_a_result_may_lie_in_any_order_and_in_an_operand():
    """Oracle: NumPy, of a transposed result, and of one in place of an operand that has gaps."""
    check.any_order()


def test_powers_of_two_three_and_a_half_are_products_and_roots():
    """Oracle: the products themselves, exactly."""
    a = KERNELS["cuda"]["from_list"]([-1.5, 0.3, 7.25], dtypes.float32)
    x = np.float32([-1.5, 0.3, 7.25])
    with np.errstate(invalid="ignore"):
        for power, expected in ((2, x * x), (3, x * x * x), (0.5, np.sqrt(x))):
            np.testing.assert_array_equal(memory.fetched(kernels.pow(a, power)), expected)


def test_a_text_is_compiled_once():
    a = KERNELS["cuda"]["from_list"]([1.0, 2.0], dtypes.float32)
    KERNELS["cuda"]["add"](a, a)
    before = kernels.module.cache_info().misses
    for _ in range(3):
        KERNELS["cuda"]["add"](a, a)
    assert kernels.module.cache_info().misses == before


def test_statements_of_ones_own_are_a_kernel():
    """Oracle: NumPy. A tensor in place, a number, a broadcast row."""
    leaky = kernels.Fused("y = a > 0 ? a + b : s * a;", reads="abs", writes="y")
    a = np.float32([[-1, 2, -3], [4, -5, 6]])
    table = KERNELS["cuda"]
    b = table["from_list"]([1.0, 2.0, 3.0], dtypes.float32)
    [y] = leaky(table["from_list"](a.tolist(), dtypes.float32), b, 0.5)
    np.testing.assert_array_equal(memory.fetched(y), np.where(a > 0, a + np.float32([1, 2, 3]), a / 2))
    count = kernels.Fused("a += 1; y = a;", reads="a", writes="ay")
    b = table["from_list"]([1.0, 2.0], dtypes.float32)
    count(b)
    assert table["to_list"](b) == [2.0, 3.0]


def test_more_axes_than_a_walk_has_room_for_are_refused_by_name():
    shape = (2,) * 9
    a = memory.empty((2**11,), dtypes.float32)
    gaps = memory.view(a, dtypes.float32, shape, (*[0] * 8, 2), 0)
    assert KERNELS["cuda"]["neg"](gaps).shape == shape          # 8 of the 9 are one axis
    apart = memory.view(a, dtypes.float32, shape, tuple((n * 7) % 13 + 1 for n in range(9)), 0)
    with pytest.raises(NotImplementedError, match="9 axes"):
        KERNELS["cuda"]["neg"](apart)
