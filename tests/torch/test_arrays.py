"""Tensors and arrays share memory where PyTorch's do, keep their dtypes, and are refused where its are."""

import numpy as np
import pytest
import torch

from scratch import torch as ours


def test_from_numpy_and_back_share_memory():
    for array in (np.arange(6.0), np.arange(12, dtype=np.int32).reshape(3, 4).T,
                  np.arange(12.0, dtype=np.float32)[::3], np.array(2.5)):
        mine, theirs = ours.from_numpy(array), torch.from_numpy(array)
        assert mine.stride() == theirs.stride() and mine.shape == theirs.shape
        assert mine.tolist() == theirs.tolist()
        mine.add_(1)
        assert array.tolist() == mine.tolist() and mine.numpy().ctypes.data == array.ctypes.data
        mine.view(array.shape).numpy()[...] = 0
        assert mine.tolist() == array.tolist() == mine.numpy().tolist()
    assert np.asarray(ours.ones(2)).tolist() == [1.0, 1.0] and np.array([ours.tensor(1.0), ours.tensor(2.0)],
        float).tolist() == [1, 2]


def test_arrays_that_no_tensor_can_be():
    for array in (np.arange(3)[::-1], np.array(["a"]), [1, 2]):
        for library in (torch, ours):
            with pytest.raises((TypeError, ValueError)) as error:
                library.from_numpy(array)
            assert error
    assert ours.tensor(np.arange(3)[::-1]).tolist() == [2, 1, 0]
    with pytest.raises(RuntimeError, match="detach"):
        ours.ones(2, requires_grad=True).numpy()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "int64", "bool"])
def test_arrays_keep_their_dtype(dtype):
    array = np.array([0, 1], dtype)
    assert repr(ours.from_numpy(array).dtype) == repr(torch.from_numpy(array).dtype)
    assert ours.tensor(array).numpy().dtype == array.dtype and ours.tensor([array[0],
        array[1]]).dtype is ours.tensor(array).dtype
