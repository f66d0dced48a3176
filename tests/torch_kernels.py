"""One kernel of the dispatch table by each of the three backends, for the tests of the cuda backend.

Where nothing can run CUDA C, the tests that import this are skipped; in CI they fail.
"""

import functools
import math
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import strategies as st

from scratch.torch import dtypes
from scratch.torch.backends import cuda as by_cuda
from scratch.torch.backends import numpy as by_numpy
from scratch.torch.backends import python as by_python
from scratch.torch.dispatch import Backend
from torch_tables import ALL, SHAPES, SPECIAL, by_each

try:
    KERNELS = {"cuda": Backend("cuda", by_cuda.table())}
except ImportError as error:
    if os.environ.get("CI"):
        raise
    pytest.skip(f"CUDA C cannot run here: {error}", allow_module_level=True)
KERNELS |= {"python": Backend("python", by_python.table()), "numpy": Backend("numpy", by_numpy.table())}
both = functools.partial(by_each, KERNELS)


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


@st.composite
def natives(draw, kind=None, shape=None, tame=False, kinds=ALL, plain=False):
    """The same view of all backends: row after row if plain, or turned, with gaps, or of a repeated row."""
    kind = draw(st.sampled_from(kinds)) if kind is None else kind
    shape = draw(SHAPES) if shape is None else shape
    if plain:
        few = draw(st.lists(numbers(kind, tame), min_size=1, max_size=8))
        return viewed(made_of([few[n % len(few)] for n in range(math.prod(shape) + 1)], kind), kind, shape)
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
    return {name: kernels["from_list"](numbers, kind) for name, kernels in KERNELS.items()}


def viewed(natives, kind, shape, strides=None, offset=0):
    """A view of a native of each backend."""
    strides = contiguous(shape) if strides is None else strides
    return {name: KERNELS[name]["view"](native, kind, shape, strides, offset)
            for name, native in natives.items()}


def as_array(name, native):
    if name == "cuda":
        found = by_cuda.fetched(by_cuda.kernels.rows(native))
        return found != 0 if native.dtype is dtypes.bool_ else found
    return by_python.as_array(native) if name == "python" else native


def same(results, close=0.0, among=("python", "numpy")):
    """Shapes, dtypes and numbers are equal, or close, or all end in an error of one class.

    close is relative, and of the largest number: the functions of PoCL and NumPy are a few units in the last
    place apart, and sums are added in other orders.
    """
    for name in among:
        expected, found = results[name], results["cuda"]
        if isinstance(expected, Exception) or isinstance(found, Exception):
            assert type(found) is type(expected), (expected, found)
            continue
        assert tuple(found.shape) == tuple(expected.shape)
        a, b = as_array("cuda", found), as_array(name, expected)
        assert a.dtype == b.dtype
        if close and b.dtype.kind == "f":
            finite = np.abs(b[np.isfinite(b)])
            np.testing.assert_allclose(a, b, rtol=close, atol=close * float(finite.max(initial=0)))
        else:
            np.testing.assert_array_equal(a, b)


def error_of(expression):
    """The class of the error in which an expression of tensors ends, or None; in a process of its own, since
    on a card a kernel that asserts what is not so takes all that the process has there with it."""
    code = ("from scratch import torch\nfrom scratch.torch.nn import functional as F\n"
            f"try:\n    ({expression}).tolist()\nexcept Exception as error:\n    print(type(error).__name__)")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    found = run.stdout.strip() or None
    assert run.returncode == 0 or found, run.stderr
    assert found in (None, "IndexError", "LogicError"), found    # of a processor, at once, and of a card
    return found
