"""One kernel of the dispatch table by several backends, for the tests that compare them."""

import functools
import math

import numpy as np
from hypothesis import strategies as st

from scratch.torch import dtypes
from scratch.torch.backends import python as by_python

FLOATS = [dtypes.float32, dtypes.float64]
WHOLE = [dtypes.int64, dtypes.int32, dtypes.uint8]
ALL = [*FLOATS, *WHOLE, dtypes.bool_]
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5]), max_size=3).map(tuple)
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
