"""Kernels of the numpy backend keep the promises of the table in dispatch.py."""

import numpy as np
import pytest

from scratch.torch import dispatch, dtypes
from scratch.torch.backends.numpy import table

KERNELS = table()


def test_every_name_of_the_dispatch_table_is_there_or_composed():
    for name in (*dispatch.ONE, *dispatch.TWO, *dispatch.COMPARE):
        assert name in KERNELS or name in dispatch.COMPOSED, name


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "any", "all"])
def test_reductions_give_rows_of_the_promised_shape(name):
    a = np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)).transpose(2, 0, 1)
    for axes in ((0,), (1, 2), (0, 1, 2), ()):
        for keepdim in (False, True):
            made = KERNELS[name](a, axes, keepdim)
            assert isinstance(made, np.ndarray) and made.flags.c_contiguous
            assert np.array_equal(made, getattr(np, name)(a, axis=axes, keepdims=keepdim).astype(made.dtype))


def test_results_of_turned_operands_lie_row_after_row():
    a = np.arange(12.0).reshape(3, 4).T
    index = np.array([[0, 1, 0], [1, 1, 2]])
    for made in (KERNELS["matmul"](a, a.T), KERNELS["cumsum"](a, 0), KERNELS["take"](a, index),
                 KERNELS["gather"](a, 0, index),
                 *KERNELS["sort"](a, 0, True), KERNELS["softmax"](a, 1), KERNELS["log_softmax"](a, 0),
                 KERNELS["cast"](a, dtypes.int64),
                 KERNELS["reciprocal"](a + 1).T.copy()):
        assert made.flags.c_contiguous


def test_a_view_shares_memory_and_does_not_reach_beyond_it():
    a = KERNELS["from_list"]([1.0, 2.0, 3.0, 4.0], dtypes.float32)
    view = KERNELS["view"](a, dtypes.float32, (2, 2), (1, 2), 0)
    view[0, 1] = 9
    assert a.tolist() == [1.0, 2.0, 9.0, 4.0]
    with pytest.raises((ValueError, TypeError)):
        KERNELS["view"](a, dtypes.float32, (3, 2), (2, 1), 0)


def test_bytes_go_out_and_come_back():
    for kind in dtypes.DTYPES.values():
        a = KERNELS["from_list"]([0, 1, 1], kind)
        data = KERNELS["to_bytes"](a, kind)
        assert len(data) == 3 * kind.itemsize and KERNELS["from_bytes"](data, kind).tolist() == a.tolist()


def test_bfloat16_rounds_to_the_nearest_and_ties_to_even():
    import torch
    x = np.random.default_rng(0).standard_normal(1000).astype(np.float32) * 1e3
    x[:4] = [np.inf, -np.inf, np.nan, 1.00390625]
    assert np.array_equal(KERNELS["round_bfloat16"](x), torch.from_numpy(x).bfloat16().float().numpy(),
                          equal_nan=True)


def test_where_numpy_differs():
    nan = np.array([np.nan, -1.0, 0.0])
    assert KERNELS["sign"](nan).tolist() == [0.0, -1.0, 0.0]
    assert KERNELS["pow"](np.array([2, -1, 1, 0]), np.array([-1, -3, -2, 0])).tolist() == [0, -1, 1, 1]
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        KERNELS["floor_divide"](np.array([1]), np.array([0]))
    values, indices = KERNELS["sort"](np.array([1.0, np.nan, 2.0, 1.0]), 0, True)
    assert indices.tolist() == [1, 2, 0, 3]


def test_the_indices_of_what_is_not_0_lie_in_memories_of_their_own():
    """NumPy's vectors lie interleaved in one memory, which no storage could keep."""
    a = np.array([[1, 0], [1, 1]])
    found = KERNELS["nonzero"](a)
    assert [each.tolist() for each in found] == [[0, 1, 1], [0, 0, 1]]
    assert all(each.flags.c_contiguous for each in found)
