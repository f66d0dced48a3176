"""Conversions, copies and detached tensors: PyTorch's dtypes, strides, memory and gradients."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, variants

TEXTS = ["x.float()", "x.double()", "x.half()", "x.long()", "x.int()", "x.bool()", "x.to(torch.float32)",
         "x.to(x)", "x.to('cpu')",
         "x.to('cpu', torch.float32)", "x.to(torch.float64) is x", "x.to(torch.float64, copy=True) is x",
         "x.clone()", "x.contiguous()",
         "x.detach()", "x.type(torch.float32)", "x.type_as(torch.ones(1))", "x.cpu() is x", "x.byte().dtype",
         "x.short()", "x.char()",
         "x.clone(memory_format=torch.contiguous_format)", "x.data", "x.detach().requires_grad",
         "x.to(dtype=torch.int64)", "x.bfloat16().float()"]


@pytest.mark.parametrize("text", TEXTS)
def test_in_every_layout(text):
    for x in variants().values():
        agree(text, x=x,
              close=2e-2 if "half" in text or "bfloat" in text else 1e-6 if "float" in text else None)


def test_conversions_of_special_numbers():
    x = torch.tensor([0.0, -0.5, 1.5, 2.5, -2.5, 127.0])
    for text in ("x.long()", "x.int()", "x.char()", "x.bool()", "x.half()", "x.double()", "x.abs().byte()",
                 "(x * float('inf')).bool()"):
        agree(text, x=x)


@pytest.mark.parametrize("text",
                         ["x.to('nowhere')", "x.type('torch.FloatTensor').dtype", "x.type('nonsense')",
                          "x.view(2).detach_()"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.tensor([1.5, 2.0], dtype=torch.float64))


def test_another_backend_gets_the_numbers_and_the_gradient_comes_back():
    x = ours.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    y = x.t().to("python")
    assert y.device.type == "python" and y.tolist() == [[1.0, 3.0], [2.0, 4.0]]
    (y * y).sum().backward()
    assert x.grad.tolist() == [[2.0, 4.0], [6.0, 8.0]] and x.grad.device.type == "cpu"
    with pytest.raises(RuntimeError, match="move one of them"):
        x + y
    assert (y * ours.tensor(2.0)).device.type == "python"
