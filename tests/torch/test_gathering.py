"""Picking and writing by numbers along an axis: PyTorch's results, slopes and refusals."""

import pytest
import torch

from torch_parity import agree

TEXTS = ["x.gather(1, k)", "x.gather(0, r)", "x.gather(-1, k[:2])", "x.scatter(1, k, x[:, :3])",
         "x.scatter(0, r, 5.0)", "x.scatter(1, k, value=2)", "x.scatter_add(1, k, x[:, :3])",
         "x.scatter_add(0, r, x[:1])",
         "x.index_select(0, v)", "x.index_select(1, v)",
         "x.index_add(0, v, x[:2])",
         "x.index_add(1, v, x[:, :2], alpha=-2)", "x.index_copy(0, u, x[:2] * 2)", "x.index_fill(1, v, 7)",
         "x.take(v)", "x.take(k)", "torch.take_along_dim(x, k, 1)",
         "torch.gather(x, 1, k)",
         "torch.take_along_dim(x, k[:, :1], 1)", "y = x.clone(); y.scatter_(1, k, 0.5)",
         "y = x.clone(); y.index_add_(0, v, x[:2])",
         "y = x.clone(); y.scatter_add_(1, k, x[:, 1:])", "y = x.clone(); y.index_copy_(0, u, x[:2]); y",
         "x.gather(1, k[:0])",
         "x.index_select(0, v[:0])", "x[0, 0].gather(0, v[0])", "x[0, 0].index_select(0, u[0])"]


@pytest.mark.parametrize("text", TEXTS)
def test_along_an_axis(text):
    numbers = torch.arange(12.0, dtype=torch.float64).view(3, 4)
    for x in (numbers, numbers.t().contiguous().t(),
              torch.arange(24.0, dtype=torch.float64).view(3, 8)[:, ::2]):
        agree(text, x=x.requires_grad_(), k=torch.tensor([[0, 3, 3], [1, 1, 2], [2, 0, 1]]),
              r=torch.tensor([[2, 0, 2, 1]]),
              v=torch.tensor([2, 2]), u=torch.tensor([0, 2]), strides="fill" not in text)


@pytest.mark.parametrize("text",
                         ["x.gather(2, k)", "x.gather(1, k + 9)", "x.gather(1, k - 5)",
                          "x.gather(1, k.float())", "x.gather(1, k[0])",
                                  "x.scatter(1, k, x.long())", "x.scatter_add(1, k + 9, x)",
                                  "x.index_select(0, k)", "x.index_select(0, v + 5)",
                                  "x.index_select(0, v.float())", "x.index_add(0, v, x)",
                                  "x.index_add(0, v, x[:2].long())", "x.take(v + 20)",
                                  "x.take(v.float())", "x.gather(0, k.int())",
                                  "x.scatter(1, torch.zeros(4, 1).long(), x)"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.arange(12.0).view(3, 4), k=torch.tensor([[0, 3], [1, 1]]), v=torch.tensor([2, 2]))
