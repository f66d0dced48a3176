"""torch.linalg's norms and products are PyTorch's: numbers, slopes, and what is refused."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, variants

NORMS = ["vector_norm(x)", "vector_norm(x, 1, -1)", "vector_norm(x, float('inf'), keepdim=True)",
         "vector_norm(x, 0, 0)", "vector_norm(x, 3, (0, -1))", "norm(x)", "norm(x, 2)", "norm(x, dim=-1)",
         "norm(x, float('-inf'), -1, True)", "norm(x, 'fro', (0, -1))", "norm(x, 'fro')",
         "norm(x, 1, (0, 1))", "vector_norm(x, 'fro')", "vector_norm(x, dtype=torch.float64)"]
MATRIX = ["matrix_norm(x)", "matrix_norm(x, 1)", "matrix_norm(x, -1, keepdim=True)",
          "matrix_norm(x, float('inf'))", "matrix_norm(x, float('-inf'), (-1, -2))", "matrix_norm(x, 'nuc')",
          "matrix_norm(x, 2, keepdim=True)", "matrix_norm(x, -2)", "norm(x, 'nuc', (-2, -1))", "cond(x)",
          "matrix_norm(x, 3)", "norm(x, 2, (-2, -1))"]
PRODUCTS = ["vecdot(x, x * 2)", "vecdot(x, x, dim=0)", "cross(x[..., :3], x[..., 1:])", "cross(x, x)",
            "multi_dot([x, x.mT, x])", "multi_dot([x[0], x.mT])", "multi_dot([x])"]


@pytest.mark.parametrize("text", NORMS)
def test_norms_in_every_layout(text):
    """The second gradient of a norm is compared where there is one: not at a corner."""
    for x in variants().values():
        agree(f"torch.linalg.{text}", x=x, close=1e-9, second=False, strides=False)


@pytest.mark.parametrize("text", MATRIX)
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 3), (4,)], ids=str)
def test_norms_of_matrices(text, shape):
    """One gradient only: of singular values PyTorch's second is another text's business."""
    torch.manual_seed(0)
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    agree(f"torch.linalg.{text}", x=x, close=1e-9, second=False, strides=False)


@pytest.mark.parametrize("text", PRODUCTS)
def test_products(text):
    torch.manual_seed(0)
    x = torch.randn(3, 4, dtype=torch.float64, requires_grad=True)
    agree(f"torch.linalg.{text}", x=x, close=1e-9, strides=False)


def test_what_is_missing_is_refused_by_name():
    with pytest.raises(AttributeError, match="no torch.linalg.eigvals; what it has is"):
        ours.linalg.eigvals(ours.eye(2))
