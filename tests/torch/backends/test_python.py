"""The kernels in plain Python and those by NumPy give the same numbers, dtypes and shapes."""

import functools
import math
import operator
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from scratch.torch import dispatch, dtypes
from scratch.torch.backends import numpy as by_numpy
from scratch.torch.backends import python as by_python
from scratch.torch.dispatch import COMPARE, ONE, TWO, Backend
from torch_tables import ALL, FLOATS, SHAPES, SPECIAL, WHOLE, by_each
from weave.take import take

SOURCE = Path(__file__).resolve().parents[3] / "src"

KERNELS = {"python": Backend("python", by_python.table()), "numpy": Backend("numpy", by_numpy.table())}
both = functools.partial(by_each, KERNELS)
FLOATS_ONLY = {*ONE, "div", "atan2"} - {"neg", "abs", "sign", "square", "logical_not", "bitwise_not"}
TESTS = {*COMPARE, "logical_not", "logical_and", "logical_or", "logical_xor"}


def numbers(kind):
    """Numbers that a dtype holds, with the ones that are special."""
    if kind is dtypes.bool_:
        return st.booleans()
    if kind.category == 1:
        limits = dtypes.iinfo(kind)
        return st.one_of(st.integers(max(-9, limits.min), 9), st.integers(limits.min, limits.max))
    return st.one_of(st.sampled_from(SPECIAL), st.floats(-5, 5, width=32), st.floats(width=32))


@st.composite
def natives(draw, kind=None, shape=None):
    """The same view, maybe transposed, with a step or of one repeated row, of both backends."""
    kind = draw(st.sampled_from(ALL)) if kind is None else kind
    shape = draw(SHAPES) if shape is None else shape
    lie = draw(st.permutations(range(len(shape)))) if shape else ()
    strides, step = [0] * len(shape), draw(st.sampled_from([1, 1, 2]))
    for axis in lie:
        strides[axis] = step if draw(st.integers(0, 5)) else 0
        step *= shape[axis] or 1
    offset = draw(st.integers(0, 2))
    few = draw(st.lists(numbers(kind), min_size=1, max_size=8))
    storage = [few[n % len(few)] for n in range(offset + 2 * step + 1)]
    return {name: kernels["view"](kernels["from_list"](storage, kind), kind, shape, tuple(strides), offset)
            for name, kernels in KERNELS.items()}


def same(results, exactly=True):
    """Shapes, dtypes and numbers are equal; to 3 parts in a million if not exactly."""
    mine, theirs = results["python"], results["numpy"]
    assert tuple(mine.shape) == theirs.shape
    a, b = by_python.as_array(mine), theirs
    assert a.dtype == b.dtype
    if exactly:
        np.testing.assert_array_equal(a, b)
    else:
        np.testing.assert_allclose(a, b, rtol=3e-6, atol=1e-30)


def agree(results, exactly=True):
    """The results are the same, or the errors of one class."""
    if any(isinstance(each, Exception) for each in results.values()):
        assert type(results["python"]) is type(results["numpy"])
    else:
        same(results, exactly)


def fitting(name):
    """The dtypes that a kernel is asked for: the tensors' operations convert before."""
    if name in FLOATS_ONLY:
        return FLOATS
    if "shift" in name:
        return WHOLE
    if name.startswith("bitwise"):
        return [*WHOLE, dtypes.bool_]
    return ALL if name in TESTS else [*FLOATS, *WHOLE]


@pytest.mark.parametrize("name", ONE)
@settings(max_examples=6)
@given(data=st.data())
def test_functions_of_one_number(name, data):
    """Oracle: NumPy, whose float32 functions may be a unit in the last place off."""
    results = both(name, data.draw(natives(data.draw(st.sampled_from(fitting(name))))))
    same(results, exactly=name in ("neg", "abs", "sign", "floor", "ceil", "trunc", "round", "sqrt", "square"))


@pytest.mark.parametrize("name", [*TWO, *COMPARE])
@settings(max_examples=6)
@given(data=st.data())
def test_functions_of_two_numbers(name, data):
    """Oracle: NumPy. Operands are broadcast, and either may be a Python number."""
    kind = data.draw(st.sampled_from(fitting(name)))
    shape = data.draw(SHAPES)
    other = tuple(data.draw(st.sampled_from([n, 1])) for n in shape)[data.draw(st.integers(0, len(shape))):]
    a, b = data.draw(natives(kind, shape)), data.draw(natives(kind, other))
    if "shift" in name:
        b = data.draw(st.integers(0, 7))
    elif kind in FLOATS and data.draw(st.booleans()):
        b = data.draw(st.sampled_from([0.5, -2.0, 1.0, 3.0]))
    if data.draw(st.booleans()) and isinstance(b, dict):
        a, b = b, a
    agree(both(name, a, b), exactly=name not in ("pow", "atan2"))


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_a_number_has_the_digits_of_the_dtype_that_it_meets(kind):
    """Oracle: PyTorch, for which 0.97 in float32 is 0.97, and 0.1 times 0.1 is not what it is in float64."""
    operators = [operator.gt, operator.ge, operator.eq, operator.ne, operator.lt, operator.le, operator.add,
                 operator.sub, operator.mul, operator.truediv]
    before, found = dispatch.use("python"), []
    for library in (ours, torch):
        x = library.tensor([0.97, 1.0, 3.0, 0.1, -0.7], dtype=getattr(library, kind))
        found.append([function(*pair).tolist() for function in operators
                      for number in (0.97, 0.1, -0.7, 1e300) for pair in ((x, number), (number, x))])
    dispatch.use(before)
    assert found[0] == found[1]


@settings(max_examples=20)
@given(st.data())
def test_where_takes_numbers_from_either_side(data):
    """Oracle: NumPy."""
    shape, kind = data.draw(SHAPES), data.draw(st.sampled_from(ALL))
    condition, a, b = (data.draw(natives(each, shape)) for each in (dtypes.bool_, kind, kind))
    same(both("where", condition, a, b))


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all"])
@settings(max_examples=20)
@given(data=st.data())
def test_reductions(name, data):
    """Oracle: NumPy, which adds float32 up in float32: a part in a million for five numbers of one sign."""
    a = data.draw(natives())
    kind, axes = a["python"].dtype, range(a["python"].ndim)
    chosen = tuple(sorted(data.draw(st.sets(st.sampled_from(axes)) if axes else st.just(()))))
    if kind in FLOATS:    # of one sign, and none so large that a product may overflow
        a = both("minimum", both("abs", a), 5.0)
    agree(both(name, a, chosen, data.draw(st.booleans())), exactly=name not in ("sum", "prod"))


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@settings(max_examples=12)
@given(data=st.data())
def test_the_place_of_the_largest_number(name, data):
    """Oracle: NumPy: of equal ones the first, and nan before all."""
    a = data.draw(natives(shape=data.draw(SHAPES.filter(len))))
    axis = data.draw(st.sampled_from(range(a["python"].ndim)))
    agree(both(name, a, axis, data.draw(st.booleans())))


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@settings(max_examples=12)
@given(data=st.data())
def test_running_sums_and_products(name, data):
    """Oracle: NumPy, as for sums."""
    a = data.draw(natives())
    if a["python"].dtype in FLOATS:
        a = both("minimum", both("abs", a), 5.0)
    axis = data.draw(st.sampled_from(range(a["python"].ndim or 1)))
    agree(both(name, a, axis), exactly=False)


@settings(max_examples=20)
@given(st.data())
def test_sorting_keeps_the_order_of_equal_numbers(data):
    """Oracle: NumPy's stable sort; nan is the largest."""
    a = data.draw(natives())
    results = both("sort", a, data.draw(st.sampled_from(range(a["python"].ndim or 1))),
                   data.draw(st.booleans()))
    for part in (0, 1):
        same({name: found[part] for name, found in results.items()})


@settings(max_examples=20)
@given(st.data())
def test_matrix_products(data):
    """Oracle: NumPy, over batches that are broadcast, and vectors."""
    M, K, N = (data.draw(st.sampled_from([0, 1, 2, 3])) for _ in range(3))
    left, right = data.draw(st.sampled_from([
        ((M, K), (K, N)), ((K,), (K, N)), ((M, K), (K,)), ((K,), (K,)), ((2, M, K), (K, N)),
        ((2, 1, M, K), (3, K, N)), ((M, K), (N, K))]))
    kind = data.draw(st.sampled_from([*FLOATS, dtypes.int64]))
    a, b = data.draw(natives(kind, left)), data.draw(natives(kind, right))
    if kind in FLOATS:
        a, b = (both("minimum", both("abs", each), 5.0) for each in (a, b))
    agree(both("matmul", a, b), exactly=False)


@st.composite
def indices(draw, shape, n, beyond=False):
    """Whole numbers from -n to n - 1, and now and then one that is not."""
    count = math.prod(shape)
    few = draw(st.lists(st.integers(-n, n - 1 + beyond), min_size=count, max_size=count)) if n else []
    flat = {name: kernels["from_list"](few, dtypes.int64) for name, kernels in KERNELS.items()}
    return {name: KERNELS[name]["view"](native, dtypes.int64, shape, contiguous(shape), 0)
            for name, native in flat.items()}


@settings(max_examples=20)
@given(st.data())
def test_taking_rows_and_adding_to_rows(data):
    """Oracle: NumPy. An index beyond the rows is an IndexError, and one that comes twice adds twice."""
    n = data.draw(st.sampled_from([1, 2, 5]))
    inner = data.draw(SHAPES)
    a = data.draw(natives(shape=(n, *inner)))
    shape = data.draw(SHAPES)
    index = data.draw(indices(shape, n, beyond=data.draw(st.integers(0, 9)) == 0))
    agree(both("take", a, index))
    kind = a["python"].dtype
    to = both("cast", a, kind)
    if kind in (dtypes.float64, dtypes.int64):
        more = data.draw(natives(kind, (*shape, *inner)))
        if both("add_at", to, index, more)["numpy"] is None:
            same(to, exactly=False)


def test_truths_that_are_added_stay_truths():
    """True and True is True, and no 2 that shows when it becomes a number."""
    to, more = ({name: table["from_list"](truths, dtypes.bool_) for name, table in KERNELS.items()}
                for truths in ([True, False, False], [True, True, False]))
    index = {name: table["from_list"]([0, 1, 2], dtypes.int64) for name, table in KERNELS.items()}
    both("add_at", to, index, more)
    for name, table in KERNELS.items():
        assert table["to_list"](table["cast"](to[name], dtypes.int64)) == [1, 1, 0]


@settings(max_examples=20)
@given(st.data())
def test_gathering_and_scattering_along_an_axis(data):
    """Oracle: NumPy's take_along_axis and what is composed of it."""
    shape = data.draw(st.lists(st.sampled_from([1, 2, 3]), min_size=1, max_size=3).map(tuple))
    axis = data.draw(st.sampled_from(range(len(shape))))
    kind = data.draw(st.sampled_from([dtypes.float64, dtypes.int64]))
    a = data.draw(natives(kind, shape))
    smaller = tuple(data.draw(st.integers(0, 4)) if i == axis else data.draw(st.integers(1, n))
                    for i, n in enumerate(shape))
    index = data.draw(indices(smaller, shape[axis], beyond=data.draw(st.integers(0, 9)) == 0))
    agree(both("gather", a, axis, index))
    for name in ("scatter", "scatter_add"):
        to, more = both("cast", a, kind), data.draw(natives(kind, tuple(map(max, shape, smaller))))
        if both(name, to, axis, index, more)["numpy"] is None:
            same(to, exactly=False)


@settings(max_examples=20)
@given(st.data())
def test_copies_are_converted_and_broadcast(data):
    """Oracle: NumPy. Writing into a view leaves the rest of its array alone."""
    shape = data.draw(SHAPES)
    a = data.draw(natives(shape=shape))
    if a["python"].dtype in FLOATS:
        a = both("minimum", both("abs", both("where", both("isfinite", a), a, 0.0)), 99.0)
    kind = data.draw(st.sampled_from(ALL))
    same(both("cast", a, kind))
    whole = both("empty", (3, *shape), kind)
    both("fill", whole, 1)
    part = {name: KERNELS[name]["view"](native, kind, shape, contiguous(shape), math.prod(shape))
            for name, native in whole.items()}
    both("copy", part, a)
    same(whole)
    row = data.draw(natives(kind, shape[1:]))
    both("copy", part, row)
    same(whole)


def contiguous(shape):
    return tuple(math.prod(max(n, 1) for n in shape[axis + 1:]) for axis in range(len(shape)))


@pytest.mark.parametrize("kind", dtypes.DTYPES.values(), ids=str)
def test_bytes_and_lists_go_both_ways(kind):
    """Oracle: NumPy's bytes, and the list that went in."""
    rows = [[0, 1, 3], [2, 0, 100]]
    if kind is dtypes.bool_:
        rows = [[True, False, True], [False, False, True]]
    found = both("from_list", rows, kind)
    assert both("to_list", found)["python"] == rows == both("to_list", found)["numpy"]
    raw = both("to_bytes", found, kind)
    assert raw["python"] == raw["numpy"] and len(raw["python"]) == 6 * kind.itemsize
    same(both("from_bytes", raw["python"], kind))


def test_a_list_with_rows_of_different_lengths_is_refused():
    with pytest.raises(ValueError, match="rows of 2 numbers, and others"):
        KERNELS["python"]["from_list"]([[1, 2], [3]], dtypes.int64)


def test_a_view_beyond_the_array_is_refused():
    with pytest.raises(ValueError, match="element 6 of a storage of 6 numbers"):
        KERNELS["python"]["view"](by_python.empty((6,), dtypes.float32), dtypes.float32, (2, 3), (3, 1), 1)


def test_numpy_sees_the_same_memory():
    a = KERNELS["python"]["from_list"]([[1, 2], [3, 4]], dtypes.float32)
    by_python.as_array(a)[0, 1] = 9
    assert KERNELS["python"]["to_list"](a) == [[1, 9], [3, 4]]


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
def test_numbers_of_sixteen_bits_are_rounded_after_each_operation(kind):
    """Oracle: PyTorch's text for the same numbers."""
    before = dispatch.use("python")
    try:
        for text in ("t.tensor([1.1, 2.2, -3.3], dtype=k) * 1.7", "t.ones(3, dtype=k).exp()",
                     "t.tensor([[1.1, 2.2], [3, 4]], dtype=k) @ t.ones(2, 2, dtype=k)",
                     "t.tensor([5.5, 1e9]).to(k)", "t.tensor([1.1, 2.2], dtype=k)[t.tensor([1, 1, 0])]"):
            expected = eval(text, {"t": torch, "k": getattr(torch, kind)})
            assert repr(eval(text, {"t": ours, "k": getattr(ours, kind)})) == repr(expected)
    finally:
        dispatch.use(before)


def test_an_array_of_a_tensor_of_python_alone_shares_its_memory():
    before = dispatch.use("python")
    try:
        x = ours.arange(6).view(2, 3).t()
        x.numpy()[0, 1] = 9
        assert x.tolist() == [[0, 9], [1, 4], [2, 5]]
    finally:
        dispatch.use(before)


ALONE = """
import doctest, importlib, importlib.util, pkgutil, sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("numpy", "scratch") or name == "torch" and "torch" in sys.modules:
            raise ModuleNotFoundError(f"no {name} here", name=name)

find = importlib.util.find_spec
importlib.util.find_spec = lambda name, package=None: None if name == "numpy" else find(name, package)
sys.meta_path.insert(0, Missing())
sys.path.insert(0, "")
import torch

names = [torch.__name__, *(module.name for module in pkgutil.walk_packages(torch.__path__, "torch."))]
tried = failed = 0
for name in names:
    if not name.endswith(NEEDS_MORE):
        result = doctest.testmod(importlib.import_module(name))
        tried, failed = tried + result.attempted, failed + result.failed
assert tried > 300, tried
sys.exit(failed)
"""


def test_the_doctests_pass_in_an_empty_folder_without_numpy(tmp_path):
    """What the site hands out, alone in a folder, with an import of NumPy an error."""
    taken = take(SOURCE / "scratch/torch", SOURCE)
    for name, content in taken.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    needs_more = (".backends.numpy", ".backends.erf", ".backends.cuda", "__main__",
                  ".linalg.lapack", ".linalg.solving", ".linalg.factors")
    run = subprocess.run([sys.executable, "-c", ALONE.replace("NEEDS_MORE", repr(needs_more))], cwd=tmp_path,
                         capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
