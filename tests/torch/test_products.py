"""Matrix products, einsum and what puts tensors together: PyTorch's results, strides and slopes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from torch_parity import agree

PRODUCTS = ["torch.mm(x, y)", "x @ y", "x @ x.t()", "x.t() @ x", "x @ x[0]", "x[:, 0] @ x", "x[0] @ x[1]",
            "torch.outer(x[0], x[1])",
            "torch.mv(x, x[0])", "torch.dot(x[0], x[1])", "torch.addmm(x[:, :3], x, y)",
            "torch.addmm(x[0, :3], x, y, beta=2, alpha=0.5)",
            "torch.addmm(x[0, 0], x, y)", "z @ z.mT", "torch.bmm(z, z.mT)", "z @ y", "y.t() @ z.mT",
            "z @ y[:, 0]", "x[0] @ z.mT",
            "z.unsqueeze(1) @ z.mT", "torch.baddbmm(z[:, :, :3], z, z.mT)", "torch.matmul(z, y)",
            "torch.tensordot(x, y, 1)",
            "torch.tensordot(z, z, ([0, 1], [0, 1]))", "torch.addmv(x[:, 0], x, x[0])", "(z @ z.mT).sum(0)",
            "x.addmm(x, x.t() @ x)"]


@pytest.mark.parametrize("text", PRODUCTS)
@pytest.mark.parametrize("turned", [False, True], ids=["rows", "columns"])
def test_products(text, turned):
    torch.manual_seed(0)
    x, y, z = (torch.randn(*shape, dtype=torch.float64) for shape in ((3, 4), (4, 3), (2, 3, 4)))
    if turned:
        x, y, z = x.t().contiguous().t(), y.t().contiguous().t(), z.mT.contiguous().mT
    agree(text, x=x.requires_grad_(), y=y.requires_grad_(), z=z.requires_grad_(), close=1e-9)


@given(st.lists(st.integers(0, 3), max_size=4), st.lists(st.integers(0, 3), max_size=4))
@settings(max_examples=60, deadline=None)
def test_matmul_fits_or_is_refused(a, b):
    torch.manual_seed(0)
    agree("a @ b", a=torch.randn(a, dtype=torch.float64, requires_grad=True),
          b=torch.randn(b, dtype=torch.float64, requires_grad=True),
          close=1e-9, strides=0 not in [*a, *b], second=False)


def test_float32_products_are_within_their_bound():
    """Each number of a product of K terms is off by at most K · 2⁻²⁴ times the sum of the terms' sizes."""
    from scratch import torch as ours
    torch.manual_seed(0)
    a, b = torch.randn(50, 300), torch.randn(300, 40)
    found = torch.from_numpy((ours.from_numpy(a.numpy()) @ ours.from_numpy(b.numpy())).numpy()).double()
    bound = 300 * 2.0 ** -24 * (a.double().abs() @ b.double().abs())
    assert ((found - a.double() @ b.double()).abs() <= bound).all()


@pytest.mark.parametrize("dtype",
                         [torch.int64, torch.int32, torch.uint8, torch.float16, torch.float32, torch.bool],
                         ids=str)
def test_products_of_every_dtype(dtype):
    x = torch.tensor([[1, 2], [0, 3]]).to(dtype)
    for text in ("x @ x", "x @ x[0]", "torch.einsum('ij,jk->ik', x, x)", "torch.cat([x, x])",
                 "torch.stack([x, x.float()])"):
        agree(text, x=x)


@pytest.mark.parametrize("text",
                         ["x @ x", "x @ i", "x @ 2", "2 @ x", "torch.mm(x, x[0])", "torch.bmm(x, x)",
                          "torch.dot(x[0], i)",
                                  "torch.dot(x[0], x[:, 0])", "torch.tensor(1.0) @ x", "torch.cat([])",
                                  "torch.cat([x, x[0]])",
                                  "torch.cat([x, x.t()])", "torch.stack([])", "torch.stack([x, x[0]])",
                                  "torch.cat([x], 5)",
                                  "torch.cat([x, 1])", "torch.cat([torch.tensor(1.0)])",
                                  "torch.einsum('ij,jk', x)",
                                  "torch.einsum('ijk', x)", "torch.einsum('ij->ik', x)", "torch.outer(x, x)",
                                  "torch.mv(x, x)",
                                  "torch.addmm(x, x, x)", "torch.einsum('ij,ij->i', x, x.t())"])
def test_errors_are_of_the_same_class(text):
    agree(text, x=torch.ones(2, 3), i=torch.ones(3, dtype=torch.int64))
