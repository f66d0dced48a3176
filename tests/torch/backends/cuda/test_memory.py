"""Memory of the device: views, lists and bytes, what is freed, and what is refused."""

import gc
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch_kernels import KERNELS, both

from scratch import cuda
from scratch.torch import dtypes
from scratch.torch.backends.cuda import kernels, memory


@pytest.mark.parametrize("kind", memory.TYPES, ids=str)
def test_bytes_and_lists_go_both_ways(kind):
    """Oracle: NumPy's bytes, and the list that went in."""
    rows = [[0, 1, 3], [2, 0, 100]]
    if kind is dtypes.bool_:
        rows = [[True, False, True], [False, False, True]]
    found = both("from_list", rows, kind)
    assert both("to_list", found)["cuda"] == rows
    raw = both("to_bytes", found, kind)
    assert raw["cuda"] == raw["numpy"] and len(raw["cuda"]) == 6 * kind.itemsize
    flat = both("from_bytes", raw["cuda"], kind)
    assert both("to_list", flat)["cuda"] == [x for row in rows for x in row]


def test_float16_is_refused_by_name():
    with pytest.raises(NotImplementedError, match=r"no torch.float16, .* with .float\(\) or .bfloat16\(\)"):
        KERNELS["cuda"]["from_list"]([1.0], dtypes.float16)


def test_a_view_beyond_the_memory_is_refused():
    a = memory.empty((6,), dtypes.float32)
    with pytest.raises(ValueError, match="element 6 of a storage of 6 numbers"):
        memory.view(a, dtypes.float32, (2, 3), (3, 1), 1)
    assert memory.view(a.memory, dtypes.float32, (0, 9), (9, 1), 99).size == 0


@pytest.mark.skipif(cuda.engine == "gpu", reason="a GPU's pool keeps what was freed")
def test_memory_is_freed_with_what_refers_to_it():
    from scratch.cuda.cpu.driver import memory as device
    gc.collect()
    before = device.allocated
    a = memory.empty((1000,), dtypes.float64)
    view = memory.view(a, dtypes.float64, (10,), (2,), 5)
    assert device.allocated == before + 8000
    del a
    assert device.allocated == before + 8000        # the view still needs it
    del view
    assert device.allocated == before


@given(st.data())
def test_merged_axes_walk_through_the_same_places(data):
    """Oracle: every element's place in memory, of two operands at once."""
    shape = data.draw(st.lists(st.integers(1, 3), max_size=4).map(tuple))
    strides = tuple(tuple(data.draw(st.sampled_from([0, 1, 2, 3, 6])) for _ in shape) for _ in range(2))
    sizes, steps = memory.merged(shape, strides)
    assert math.prod(sizes) == math.prod(shape)

    def places(shape, strides):
        return [sum(k * step for k, step in zip(index, strides)) for index in np.ndindex(*shape)]
    for each, made in zip(strides, steps):
        assert places(shape, each) == places(sizes, made)


def test_what_lies_row_after_row_is_not_walked():
    assert kernels.walks((2, 3), ((3, 1), (3, 1))) is None
    assert kernels.walks((2, 3), ((3, 1), (0, 1))) is not None
