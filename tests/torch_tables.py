"""One kernel of the dispatch table by several backends, for the tests that compare them."""

import functools
import math
from types import SimpleNamespace

import numpy as np
from hypothesis import strategies as st

from scratch.torch import dtypes
from scratch.torch.backends import python as by_python
from scratch.torch.dispatch import COMPARE, TWO

FLOATS = [dtypes.float32, dtypes.float64]
WHOLE = [dtypes.int64, dtypes.int32, dtypes.uint8]
ALL = [*FLOATS, *WHOLE, dtypes.bool_]
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=3).map(tuple)
EXACT = {"neg", "abs", "sign", "floor", "ceil", "trunc", "round", "square", "isnan", "isinf", "isfinite",
         "logical_not", "bitwise_not", *TWO, *COMPARE} - {"div", "pow", "atan2", "remainder", "fmod"}
NUMBERS = {"add", "mul", "rsub", "div", "pow", "gt", "maximum"}    # tried with a Python number, too
SPECIAL = [0.0, -0.0, 0.5, -1.5, 2.5, 1.0, -1.0, math.inf, -math.inf, math.nan]


def by_each(tables, kernel, *operands, **settings):
    """{backend: a kernel's result, or the error that it ends in}; operands may be such dictionaries, too."""
    results = {}
    for name, kernels in tables.items():
        mine = [each[name] if isinstance(each, dict) else each for each in operands]
        try:
            results[name] = kernels[kernel](*mine, **settings)
        except (IndexError, RuntimeError, ValueError) as error:
            results[name] = error
    return results


def contiguous(shape):
    return tuple(math.prod(max(n, 1) for n in shape[axis + 1:]) for axis in range(len(shape)))


def numbers(kind, tame=False):
    """Numbers that a dtype holds, with the ones that are special; tame ones are 0.5 to 5, or 1 to 3."""
    if kind is dtypes.bool_:
        return st.booleans()
    if kind.category == 1:
        low, high = dtypes.iinfo(kind).min, dtypes.iinfo(kind).max
        return st.integers(1, 3) if tame else st.one_of(st.integers(max(-9, low), 9), st.integers(low, high))
    if tame:
        return st.floats(0.5, 5, width=32)
    return st.one_of(st.sampled_from(SPECIAL), st.floats(-5, 5, width=32))


def comparing(tables, mine, array_of):
    """What tests of one backend, mine, are written with, as functions: both, natives, made_of, viewed, same.

    tables has its own, and those of "python" and "numpy"; array_of(native) is an ndarray.
    """
    both = functools.partial(by_each, tables)

    @st.composite
    def natives(draw, kind=None, shape=None, tame=False, kinds=ALL, plain=False):
        """The same view of all backends: row after row if plain, turned, with gaps, or with repeated rows."""
        kind = draw(st.sampled_from(kinds)) if kind is None else kind
        shape = draw(SHAPES) if shape is None else shape
        if plain:
            few = draw(st.lists(numbers(kind, tame), min_size=1, max_size=8))
            storage = [few[n % len(few)] for n in range(math.prod(shape) + 1)]
            return viewed(made_of(storage, kind), kind, shape)
        lie = range(len(shape))[::-1]
        if shape and draw(st.booleans()):
            lie = draw(st.permutations(lie))
        strides, step = [0] * len(shape), draw(st.sampled_from([1, 1, 2]))
        for axis in lie:
            strides[axis] = step if draw(st.integers(0, 5)) else 0
            step *= shape[axis] or 1
        offset = draw(st.integers(0, 2))
        few = draw(st.lists(numbers(kind, tame), min_size=1, max_size=8))
        storage = [few[n % len(few)] for n in range(offset + 2 * step + 1)]
        return viewed(made_of(storage, kind), kind, shape, tuple(strides), offset)

    def made_of(numbers, kind):
        """Lists, or an ndarray, as a native of each backend."""
        numbers = numbers.tolist() if isinstance(numbers, np.ndarray) else numbers
        return {name: kernels["from_list"](numbers, kind) for name, kernels in tables.items()}

    def viewed(natives, kind, shape, strides=None, offset=0):
        """A view of a native of each backend."""
        strides = contiguous(shape) if strides is None else strides
        return {name: tables[name]["view"](native, kind, shape, strides, offset)
                for name, native in natives.items()}

    def as_array(name, native):
        if name == mine:
            return array_of(native)
        return by_python.as_array(native) if name == "python" else native

    def same(results, close=0.0, among=("python", "numpy")):
        """Shapes, dtypes and numbers are equal, or close, or all end in an error of one class.

        close is relative, and of the largest number: the functions of two machines are a few units in the
        last place apart, and sums are added in other orders.
        """
        for name in among:
            expected, found = results[name], results[mine]
            if isinstance(expected, Exception) or isinstance(found, Exception):
                assert type(found) is type(expected), (expected, found)
                continue
            assert tuple(found.shape) == tuple(expected.shape)
            a, b = as_array(mine, found), as_array(name, expected)
            assert a.dtype == b.dtype
            if close and b.dtype.kind == "f":
                finite = np.abs(b[np.isfinite(b)])
                np.testing.assert_allclose(a, b, rtol=close, atol=close * float(finite.max(initial=0)))
            else:
                np.testing.assert_array_equal(a, b)

    return both, natives, made_of, viewed, same


def checks(both, natives, made_of, viewed, same):
    """What the tests of several backends check in the same words; data is Hypothesis's."""

    @st.composite
    def indices(draw, shape, n, beyond):
        """Whole numbers from -n to n - 1, and now and then, if beyond, one that is not."""
        count, most = math.prod(shape), n - 1 + (beyond and draw(st.integers(0, 9)) == 0)
        few = draw(st.lists(st.integers(-n, most), min_size=count, max_size=count))
        return viewed(made_of(few, dtypes.int64), dtypes.int64, shape)

    def rows(data, kinds, beyond=True):
        """They are taken, written and added; an index beyond them is an IndexError."""
        n, inner, shape = data.draw(st.sampled_from([1, 2, 5])), data.draw(SHAPES), data.draw(SHAPES)
        a = data.draw(natives(shape=(n, *inner), tame=True, kinds=kinds))
        kind, index = a["python"].dtype, data.draw(indices(shape, n, beyond))
        taken = both("take", a, index)
        same(taken)
        if not isinstance(taken["numpy"], Exception) and kind is not dtypes.bool_:
            for name in ("put", "add_at"):
                to, more = both("cast", a, kind), data.draw(natives(kind, (*shape, *inner), tame=True))
                both(name, to, index, more)
                same(to, 1e-6)

    def along_an_axis(data, kinds, beyond=True):
        """Numbers are gathered and scattered."""
        shape = data.draw(st.lists(st.sampled_from([1, 2, 3]), max_size=3).map(tuple))
        axis, kind = data.draw(st.sampled_from(range(len(shape) or 1))), data.draw(st.sampled_from(kinds))
        a = data.draw(natives(kind, shape, tame=True))
        smaller = tuple(data.draw(st.integers(0, 4)) if i == axis else data.draw(st.integers(1, n))
                        for i, n in enumerate(shape))
        index = data.draw(indices(smaller, shape[axis] if shape else 1, beyond))
        found = both("gather", a, axis, index)
        same(found)
        if not isinstance(found["numpy"], Exception):
            for name in ("scatter", "scatter_add"):
                to, larger = both("cast", a, kind), tuple(map(max, shape, smaller))
                both(name, to, axis, index, data.draw(natives(kind, larger, tame=True)))
                same(to, 1e-6)

    def copies(data, kinds):
        """They are converted and broadcast, and what lies beside them stays -> the whole, the copied part."""
        shape, kind = data.draw(SHAPES), data.draw(st.sampled_from(kinds))
        a = data.draw(natives(shape=shape, tame=True, kinds=kinds))
        same(both("cast", a, kind))
        whole = both("empty", (3, *shape), kind)
        both("fill", whole, 1)
        part = viewed(whole, kind, shape, offset=math.prod(shape))
        both("copy", part, a)
        same(whole)
        return whole, part

    def any_order():
        """A result may be transposed, or lie in an operand that has gaps -> the numbers with the gaps."""
        a, kind = made_of([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], dtypes.float32), dtypes.float32
        part, out = viewed(a, kind, (2, 3)), both("empty", (6,), kind)
        both("add", part, part, viewed(out, kind, (2, 3), (1, 2)))
        same(out)
        gaps = viewed(a, kind, (3,), (2,))
        both("exp", gaps, gaps)
        same(a, 1e-6)
        return a

    return SimpleNamespace(rows=rows, along_an_axis=along_an_axis, copies=copies, any_order=any_order)
