"""where, masks and limits choose as PyTorch does, and slopes go to what was chosen."""

import math

import pytest
import torch
from torch_parity import agree, variants

from scratch import torch as ours

TEXTS = ["torch.where(x > 0, x, y)", "torch.where(x > 0, x, 0.0)", "torch.where(x > 0, 1, y)",
         "x.where(x > 0, y)",
         "x.masked_fill(x > 0, -1)", "x.masked_fill(x > 0, float('-inf'))", "x.masked_fill(x > 0, y.sum())",
         "x.relu()",
         "x.clamp(-0.5, 0.5)", "x.clamp(min=0.1)", "x.clamp(max=0.1)", "x.clamp(y, y + 1)",
         "x.clamp_min(0.2)",
         "x.clamp_max(0.2)", "torch.clip(x, 0, 1)", "torch.nan_to_num(x)", "torch.isclose(x, y)",
         "torch.equal(x, x)",
         "torch.allclose(x, y)", "torch.allclose(x, x)", "torch.maximum(x, y)",
         "torch.where(x > 0, x, y.float())"]


@pytest.mark.parametrize("text", TEXTS)
def test_choosing_in_every_layout(text):
    for x in variants().values():
        agree(text, x=x, y=(x.detach() * 0.5 + 0.1).requires_grad_())


def test_ties_share_their_gradient_between_two_operands():
    x = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    y = torch.tensor([1.0, 5.0, 0.0], dtype=torch.float64, requires_grad=True)
    for text in ("torch.maximum(x, y)", "torch.minimum(x, y)", "torch.fmax(x, y)", "x.clamp(1.0, 2.0)",
                 "x.relu()",
                 "torch.where(x == y, x, y)", "(x - 1).relu()", "(x - 1).abs()"):
        agree(text, x=x, y=y)


def test_nan_is_close_to_nothing_unless_it_is_said():
    x = torch.tensor([float("nan"), float("inf"), -float("inf"), 1.0])
    for text in ("torch.isclose(x, x)", "torch.isclose(x, x, equal_nan=True)",
                 "torch.allclose(x, x, equal_nan=True)",
                 "torch.isclose(x, -x)", "torch.equal(x, x)", "torch.maximum(x, x + 1)",
                 "torch.fmax(x, x * 0)",
                 "x.clamp(0, 1)", "x.relu()", "torch.nan_to_num(x)", "torch.nan_to_num(x, 1.0, 2.0, 3.0)"):
        agree(text, x=x)


@pytest.mark.parametrize("text",
                         ["x.clamp()", "x.masked_fill(x, 1)", "x.masked_fill(x > 0, x)",
                          "i.masked_fill(i > 0, 1.5)",
                                  "torch.where(x, x, x)", "torch.where(i > 0)", "torch.where(i > 0, i, 2.5)",
                                  "torch.isclose(x, i)",
                                  "torch.equal(x, 1)", "torch.where(i > 0, i, x)", "(i > 0).relu()",
                                  "i.relu()", "i.clamp(1, 2.5)",
                                  "torch.isclose(x, x, rtol=-1)"])
def test_errors_and_whole_numbers(text):
    agree(text, x=torch.tensor([1.5, -2.0]), i=torch.tensor([3, -4]))


def test_an_infinite_gradient_does_not_pass_where_relu_is_zero():
    """Oracle: PyTorch, whose gradient there is 0 and not 0 times infinity, in any order of memory."""
    for library in (torch, ours):
        x = library.tensor([[-1.0, 2.0, 0.0], [float("nan"), 3.0, -4.0]], requires_grad=True)
        (x.t().relu() * library.full((3, 2), float("inf"))).sum().backward()
        assert x.grad.tolist() == [[0.0, math.inf, 0.0], [math.inf, math.inf, 0.0]]
        x.grad = None
        (x.t().relu() * library.arange(6.0).view(3, 2)).sum().backward()
        assert x.grad.tolist() == [[0.0, 2.0, 0.0], [1.0, 3.0, 0.0]]
