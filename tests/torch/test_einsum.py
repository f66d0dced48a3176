"""einsum's sums of products are PyTorch's, with their slopes, and it refuses what PyTorch refuses."""

import pytest
import torch

from torch_parity import agree

SUMS = ["ij,kj->ik", "ij->ji", "ij->j", "ij->", "ij,ij->i", "ij,jk", "ji,jk->ik", "ij,ij", "ij,kl->ikjl",
        "i...,i...->...", "...j,kj->...k",
        "ij,ik->ijk", "ij,j->i"]


@pytest.mark.parametrize("text", SUMS)
def test_einsum(text):
    torch.manual_seed(0)
    operands = ", ".join("xyz"[n] if n else "x" for n in range(text.count(",") + 1))
    shapes = {"ij,jk": [(3, 4), (4, 2)], "ji,jk->ik": [(3, 4), (3, 2)], "ij,kl->ikjl": [(3, 4), (2, 3)],
              "...j,kj->...k": [(2, 3, 4), (5, 4)], "ij,ik->ijk": [(3, 4), (3, 2)], "ij,j->i": [(3, 4), (4,)],
              "i...,i...->...": [(3, 4), (3, 4)]}.get(text, [(3, 4), (3, 4)])
    x, y = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in shapes)
    agree(f"torch.einsum({text!r}, {operands})", x=x, y=y, strides=False, close=1e-9)


def test_einsum_of_a_diagonal_and_of_three():
    x = torch.arange(9.0, dtype=torch.float64).view(3, 3).requires_grad_()
    for text in ("torch.einsum('ii->i', x)", "torch.einsum('ii', x)", "torch.einsum('ij,jk,kl->il', x, x, x)",
                 "torch.einsum('b i, b j -> b i j', x, x)", "torch.einsum('ij,ij', [x, x])"):
        agree(text, x=x, strides=False)
