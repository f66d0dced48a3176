"""Turned, rolled, repeated, cut to triangles: PyTorch's numbers, strides and slopes."""

import pytest
import torch

from torch_parity import agree

TEXTS = ["x.flip(0)", "x.flip(0, 1)", "x.flip((1,))", "x.flip(-1)", "x.roll(1)", "x.roll(1, 0)",
         "x.roll((1, -2), (0, 1))", "x.roll(-5, 1)",
         "x.repeat(2, 1)", "x.repeat(2, 1, 3)", "x.repeat(1, 1)", "x.tile(2)", "x.tile((2, 2))",
         "x.repeat_interleave(2)", "x.repeat_interleave(2, 1)",
         "x.repeat_interleave(torch.tensor([1, 0, 2]), 0)", "x.tril()", "x.triu()", "x.tril(-1)", "x.triu(1)",
         "x.tril(2)", "x.diag()", "x.diag(1)",
         "x[0].diag()", "x[0].diag(-1)", "torch.diag_embed(x)", "torch.diag_embed(x, 1)", "x.trace()",
         "torch.meshgrid(x[0], x[1], indexing='ij')",
         "torch.meshgrid(x[0], x[1], indexing='xy')", "torch.cartesian_prod(x[0], x[1])",
         "torch.combinations(x[0])", "torch.combinations(x[0], 3)",
         "torch.tril_indices(3, 4)", "torch.triu_indices(3, 3, 1)", "x[0, 0].flip(0)", "x.flip(())",
         "x.repeat(0, 1)"]


@pytest.mark.parametrize("text", TEXTS)
def test_arranged(text):
    x = torch.arange(12.0, dtype=torch.float64).view(3, 4)
    agree(text, x=x.clone().requires_grad_(), strides="repeat(0" not in text)
    agree(text, x=x.t().contiguous().t().requires_grad_(), strides="repeat(0" not in text)


@pytest.mark.parametrize("text",
                         ["x.flip(2)", "x.flip(0, 0)", "x.roll((1, 2), 0)", "x.repeat(2)", "x[0].tril()",
                          "x[0, 0].diag()", "x[0].trace()",
                                  "x.roll(1, 5)", "x.repeat_interleave(torch.tensor([1, 2]), 0)"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.arange(12.0).view(3, 4))
