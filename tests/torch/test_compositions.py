"""What is said in other operations has PyTorch's numbers, and PyTorch's slopes follow."""

import pytest
import torch

from torch_parity import agree

TEXTS = ["torch.diff(x)", "x.diff(2)", "x.diff(dim=0)", "torch.nansum(x)", "x.nansum(1)", "x.nanmean(0)",
         "torch.quantile(x, 0.3)",
         "x.quantile(0.5, 1)", "x.quantile(torch.tensor([0.1, 0.9], dtype=torch.float64), 0)",
         "x.quantile(1.0, 0, keepdim=True)",
         "torch.logcumsumexp(x, 1)", "torch.frac(x)", "torch.deg2rad(x)", "torch.rad2deg(x)",
         "torch.fliplr(x)", "torch.flipud(x)",
         "torch.rot90(x)", "torch.rot90(x, 2)", "torch.rot90(x, -1)", "torch.rot90(x, 4)", "torch.cov(x)",
         "torch.corrcoef(x)",
         "torch.hypot(x, x + 1)", "torch.inner(x, x)", "torch.inner(x[0], x[1])", "torch.ger(x[0], x[1])",
         "torch.vdot(x[0], x[1])",
         "torch.kron(x, x[:2, :2])", "torch.cross(x[:, :3], x[:, 1:])", "torch.cdist(x, x[:2])",
         "torch.cdist(x, x[:2], p=1.0)",
         "torch.block_diag(x, x[:2])", "x.split_with_sizes([1, 2])", "y = x.clone(); y.fill_diagonal_(5); y",
         "x.is_same_size(x.t())",
         "torch.positive(x)", "x[0, 0].is_nonzero()"]


@pytest.mark.parametrize("text", TEXTS)
def test_composed(text):
    torch.manual_seed(3)
    agree(text, x=torch.randn(3, 4, dtype=torch.float64, requires_grad=True), strides=False, close=1e-8,
          second="cdist" not in text)


def test_nan_is_left_out_where_the_name_says_so():
    x = torch.tensor([[1.0, float("nan"), 3.0], [float("nan"), 2.0, 5.0]])
    for text in ("torch.nansum(x)", "x.nansum(0)", "x.nanmean(1)", "torch.nanmean(x)"):
        agree(text, x=x)


@pytest.mark.parametrize("text",
                         ["x.quantile(1.5)", "torch.rot90(x, 1, (0, 0))",
                          "torch.inner(x, x[:, :3])"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.randn(3, 4))
