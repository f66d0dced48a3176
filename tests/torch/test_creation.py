"""New tensors have PyTorch's numbers, dtypes and shapes, and share memory with NumPy where its do."""

import numpy as np
import pytest
import torch

from scratch import torch as ours
from torch_parity import agree


@pytest.mark.parametrize("text", [
    "torch.tensor([1, 2])", "torch.tensor([1, 2.5])", "torch.tensor([True, False])", "torch.tensor([True, 2])", "torch.tensor(3)",
    "torch.tensor(2.5)", "torch.tensor([])", "torch.tensor([[]])", "torch.tensor([[1], [2]])", "torch.tensor(range(4))",
    "torch.tensor(((1, 2), (3, 4)))", "torch.tensor([1, 2], dtype=torch.float16)", "torch.tensor([1.9, -1.9], dtype=torch.int64)",
    "torch.tensor([0, 2], dtype=torch.bool)", "torch.tensor([300], dtype=torch.uint8)", "torch.tensor([[1, 2], [3]])",
    "torch.tensor([1, [2]])", "torch.tensor(['a'])", "torch.tensor(None)", "torch.tensor([None])",
    "torch.tensor([torch.tensor(1), torch.tensor(2)])", "torch.tensor([torch.tensor(1.5), 2])", "torch.tensor(1.0, requires_grad=True)",
    "torch.tensor(1, requires_grad=True)", "torch.tensor(float('nan'))", "torch.tensor([2 ** 40])", "torch.tensor(2 ** 70)",
    "torch.as_tensor([1, 2])", "torch.as_tensor(x) is x", "torch.asarray([1.0])", "torch.zeros(2, 3)", "torch.zeros((2, 3))", "torch.zeros([2])",
    "torch.zeros(2, dtype=torch.int32)", "torch.zeros(())", "torch.ones(2, 3, dtype=torch.bool)", "torch.full((2, 2), 7)",
    "torch.full((2,), 7.5)", "torch.full((2,), True)", "torch.full((2,), 1, dtype=torch.float64)", "torch.zeros(-1)", "torch.zeros(2.0)",
    "torch.empty(2, 3).shape", "torch.empty(0)", "torch.eye(3)", "torch.eye(2, 3)", "torch.eye(2, dtype=torch.int64)", "torch.arange(5)",
    "torch.arange(2, 5)", "torch.arange(0, 1, 0.25)", "torch.arange(5.0)", "torch.arange(5, 0, -2)", "torch.arange(5, dtype=torch.float32)",
    "torch.arange(0)", "torch.arange(1, 0)", "torch.arange(0, 5, 0)", "torch.arange(0, 1, 0.1)", "torch.arange(-3, 3, 1.5)",
    "torch.arange(2.5, dtype=torch.int64)", "torch.arange(start=1, end=4)", "torch.linspace(0, 1, 5)", "torch.linspace(-1, 1, 10)",
    "torch.linspace(3, 3, 1)", "torch.linspace(0, 1, 0)", "torch.linspace(1, 0, 7, dtype=torch.float64)", "torch.linspace(0, 10, 5, dtype=torch.int64)",
    "torch.logspace(0, 2, 3)", "torch.zeros_like(x)", "torch.ones_like(x.t())", "torch.empty_like(x.t()).stride()", "torch.full_like(x, 3)",
    "torch.zeros_like(x, dtype=torch.int64)", "torch.ones_like(i)", "x.new_zeros(2, 2)", "x.new_ones((3,))", "x.new_full((2,), 1.5)",
    "i.new_tensor([1.7])", "x.new_tensor([1, 2])", "x.new_empty(2, 3).shape", "i.new_zeros((2,), dtype=torch.float32)", "torch.scalar_tensor(2)",
    "torch.empty_strided((2, 3), (1, 2)).stride()", "torch.zeros(2, 3, requires_grad=True)", "torch.zeros(2, dtype=torch.int64, requires_grad=True)",
    "torch.frombuffer(bytearray(b'\\x01\\x02\\x03'), dtype=torch.uint8)", "torch.tensor(x)", "torch.tensor(x.t())", "x.new_zeros(())",
    "torch.zeros(3, device='cpu')", "torch.zeros(3, device='nowhere')", "torch.full((2,), 2 ** 40)", "torch.ones(2, 0)", "torch.zeros(1).fill_(2)"])
def test_made(text):
    agree(text, x=torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), i=torch.tensor([1, 2]))


def test_from_numpy_and_back_share_memory():
    for array in (np.arange(6.0), np.arange(12, dtype=np.int32).reshape(3, 4).T, np.arange(12.0, dtype=np.float32)[::3], np.array(2.5)):
        mine, theirs = ours.from_numpy(array), torch.from_numpy(array)
        assert mine.stride() == theirs.stride() and mine.shape == theirs.shape and mine.tolist() == theirs.tolist()
        mine.add_(1)
        assert array.tolist() == mine.tolist() and mine.numpy().ctypes.data == array.ctypes.data
        mine.view(array.shape).numpy()[...] = 0
        assert mine.tolist() == array.tolist() == mine.numpy().tolist()
    assert np.asarray(ours.ones(2)).tolist() == [1.0, 1.0] and np.array([ours.tensor(1.0), ours.tensor(2.0)], float).tolist() == [1, 2]


def test_arrays_that_no_tensor_can_be():
    for array in (np.arange(3)[::-1], np.array(["a"]), [1, 2]):
        for library in (torch, ours):
            with pytest.raises((TypeError, ValueError)) as error:
                library.from_numpy(array)
            assert array is not [] and error
    assert ours.tensor(np.arange(3)[::-1]).tolist() == [2, 1, 0]
    with pytest.raises(RuntimeError, match="detach"):
        ours.ones(2, requires_grad=True).numpy()


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "int8", "uint8", "int64", "bool"])
def test_arrays_keep_their_dtype(dtype):
    array = np.array([0, 1], dtype)
    assert repr(ours.from_numpy(array).dtype) == repr(torch.from_numpy(array).dtype)
    assert ours.tensor(array).numpy().dtype == array.dtype and ours.tensor([array[0], array[1]]).dtype is ours.tensor(array).dtype


def test_bfloat16_rounds_as_pytorchs_after_every_operation():
    x = torch.linspace(-3, 3, 50)
    mine, theirs = ours.tensor(x.tolist()).bfloat16(), x.bfloat16()
    for text in ("x", "x + x * 1.7", "x * x", "x / 3", "x.sum()", "x.mean()", "x @ x", "x.exp()", "x.softmax(0)", "x.cumsum(0)", "x + 1"):
        found, expected = (eval(text, {"x": each}).float().tolist() for each in (mine, theirs))
        assert np.allclose(found, expected, rtol=2 ** -7, atol=1e-6), text
    assert mine.element_size() == 2 and (mine + mine).tolist() == (theirs + theirs).tolist()
