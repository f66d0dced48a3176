"""New tensors have PyTorch's numbers, dtypes and shapes, and share memory with NumPy where its do."""

import numpy as np
import pytest
import torch

from scratch import torch as ours
from torch_parity import agree


@pytest.mark.parametrize("text", [
    "torch.tensor([1, 2])", "torch.tensor([1, 2.5])", "torch.tensor([True, False])",
    "torch.tensor([True, 2])", "torch.tensor(3)",
    "torch.tensor(2.5)", "torch.tensor([])", "torch.tensor([[]])", "torch.tensor([[1], [2]])",
    "torch.tensor(range(4))",
    "torch.tensor(((1, 2), (3, 4)))", "torch.tensor([1, 2], dtype=torch.float16)",
    "torch.tensor([1.9, -1.9], dtype=torch.int64)",
    "torch.tensor([0, 2], dtype=torch.bool)", "torch.tensor([300], dtype=torch.uint8)",
    "torch.tensor([[1, 2], [3]])",
    "torch.tensor([1, [2]])", "torch.tensor(['a'])", "torch.tensor(None)", "torch.tensor([None])",
    "torch.tensor([torch.tensor(1), torch.tensor(2)])", "torch.tensor([torch.tensor(1.5), 2])",
    "torch.tensor(1.0, requires_grad=True)",
    "torch.tensor(1, requires_grad=True)", "torch.tensor(float('nan'))", "torch.tensor([2 ** 40])",
    "torch.tensor(2 ** 70)",
    "torch.as_tensor([1, 2])", "torch.as_tensor(x) is x", "torch.asarray([1.0])", "torch.zeros(2, 3)",
    "torch.zeros((2, 3))", "torch.zeros([2])",
    "torch.zeros(2, dtype=torch.int32)", "torch.zeros(())", "torch.ones(2, 3, dtype=torch.bool)",
    "torch.full((2, 2), 7)",
    "torch.full((2,), 7.5)", "torch.full((2,), True)", "torch.full((2,), 1, dtype=torch.float64)",
    "torch.zeros(-1)", "torch.zeros(2.0)",
    "torch.empty(2, 3).shape", "torch.empty(0)", "torch.eye(3)", "torch.eye(2, 3)",
    "torch.eye(2, dtype=torch.int64)", "torch.arange(5)",
    "torch.arange(2, 5)", "torch.arange(0, 1, 0.25)", "torch.arange(5.0)", "torch.arange(5, 0, -2)",
    "torch.arange(5, dtype=torch.float32)",
    "torch.arange(0)", "torch.arange(1, 0)", "torch.arange(0, 5, 0)", "torch.arange(0, 1, 0.1)",
    "torch.arange(-3, 3, 1.5)",
    "torch.arange(2.5, dtype=torch.int64)", "torch.arange(start=1, end=4)", "torch.linspace(0, 1, 5)",
    "torch.linspace(-1, 1, 10)",
    "torch.linspace(3, 3, 1)", "torch.linspace(0, 1, 0)", "torch.linspace(1, 0, 7, dtype=torch.float64)",
    "torch.linspace(0, 10, 5, dtype=torch.int64)",
    "torch.logspace(0, 2, 3)", "torch.zeros_like(x)", "torch.ones_like(x.t())",
    "torch.empty_like(x.t()).stride()", "torch.full_like(x, 3)",
    "torch.zeros_like(x, dtype=torch.int64)", "torch.ones_like(i)", "x.new_zeros(2, 2)", "x.new_ones((3,))",
    "x.new_full((2,), 1.5)",
    "i.new_tensor([1.7])", "x.new_tensor([1, 2])", "x.new_empty(2, 3).shape",
    "i.new_zeros((2,), dtype=torch.float32)", "torch.scalar_tensor(2)",
    "torch.empty_strided((2, 3), (1, 2)).stride()", "torch.zeros(2, 3, requires_grad=True)",
    "torch.zeros(2, dtype=torch.int64, requires_grad=True)",
    "torch.frombuffer(bytearray(b'\\x01\\x02\\x03'), dtype=torch.uint8)", "torch.tensor(x)",
    "torch.tensor(x.t())", "x.new_zeros(())",
    "torch.zeros(3, device='cpu')", "torch.zeros(3, device='nowhere')", "torch.full((2,), 2 ** 40)",
    "torch.ones(2, 0)", "torch.zeros(1).fill_(2)"])
def test_made(text):
    agree(text, x=torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), i=torch.tensor([1, 2]))


def test_bfloat16_rounds_as_pytorchs_after_every_operation():
    x = torch.linspace(-3, 3, 50)
    mine, theirs = ours.tensor(x.tolist()).bfloat16(), x.bfloat16()
    for text in ("x", "x + x * 1.7", "x * x", "x / 3", "x.sum()", "x.mean()", "x @ x", "x.exp()",
                 "x.softmax(0)", "x.cumsum(0)", "x + 1"):
        found, expected = (eval(text, {"x": each}).float().tolist() for each in (mine, theirs))
        assert np.allclose(found, expected, rtol=2 ** -7, atol=1e-6), text
    assert mine.element_size() == 2 and (mine + mine).tolist() == (theirs + theirs).tolist()


@pytest.mark.parametrize("call",
                         ["T.zeros(2, dtype=float)", "T.tensor([1, 2], dtype=float)", "T.ones(2).to(float)",
                                  "T.ones(2, dtype=int)", "T.ones(2).to(bool)",
                                  "T.tensor([1, 2], dtype=bool)"])
def test_pythons_own_types_stand_for_their_widest_dtype(call):
    """By PyTorch: float is float64, whatever the default dtype is."""
    mine, theirs = (eval(call, {"T": library}) for library in (ours, torch))
    assert str(mine.dtype) == str(theirs.dtype) and mine.tolist() == theirs.tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_even_steps_are_pytorchs_to_the_bit(dtype):
    """By torch.linspace, whose product and sum are rounded once."""
    for k in range(100):
        start, end, steps = -2.5 + k / 7, 3.1 - k / 3, k % 20 + 1
        mine, theirs = (T.linspace(start, end, steps, dtype=getattr(T, dtype)) for T in (ours, torch))
        assert mine.tolist() == theirs.tolist()
