"""Factors multiply to the matrix, and what does not hang on their signs has PyTorch's slopes."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, both

SHAPES = [(3, 3), (5, 3), (3, 5), (2, 4, 3), (1, 1), (0, 3), (2, 0, 0)]
THIN = "torch.linalg.svd(x, full_matrices=False)"
FREE_OF_SIGNS = ["torch.linalg.svdvals(x)", f"{THIN}.S", f"{THIN}.U.abs()", f"{THIN}.Vh.abs()",
                 f"(lambda U, S, Vh: (U * S.exp().unsqueeze(-2)) @ Vh)(*{THIN})",
                 "torch.svd(x).V.abs()", "torch.svd(x)[1]",
                 "(lambda Q, R: [Q.abs(), R.abs()])(*torch.linalg.qr(x))", "torch.linalg.matrix_rank(x)"]
SYMMETRIC = ["torch.linalg.eigvalsh(x)", "torch.linalg.eigh(x).eigenvectors.abs()",
             "torch.linalg.eigvalsh(x, 'U')",
             "(lambda L, Q: (Q * L.exp().unsqueeze(-2)) @ Q.mT)(*torch.linalg.eigh(x @ x.mT))",
             "torch.linalg.cholesky(x @ x.mT + torch.eye(x.shape[-1]))",
             "torch.linalg.cholesky(x @ x.mT + torch.eye(x.shape[-1]), upper=True)"]
REFUSED = ["svd(x[0])", "svd(x.long())", "eigh(x[:2])", "eigh(x, 'x')",
           "qr(x, 'x')", "cholesky(x[:2])", "svd(x.bfloat16())"]


def numbers(*shape):
    torch.manual_seed(0)
    return torch.randn(shape, dtype=torch.float64)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("full", [False, True])
def test_singular_value_decomposition(shape, full):
    """By their definition; shapes and layout by PyTorch."""
    x = ours.tensor(numbers(*shape).tolist(), dtype=ours.float64).reshape(shape)
    U, S, Vh = ours.linalg.svd(x, full_matrices=full)
    expected = torch.linalg.svd(numbers(*shape), full_matrices=full)
    for mine, theirs in zip((U, S, Vh), expected):
        assert tuple(mine.shape) == tuple(theirs.shape) and mine.stride() == theirs.stride()
    K = min(shape[-2:])
    product = (U[..., :K] * S.unsqueeze(-2)) @ Vh[..., :K, :]
    for orthonormal in (U.mT @ U, Vh @ Vh.mT):
        eye = ours.eye(orthonormal.shape[-1], dtype=ours.float64)
        assert ours.allclose(orthonormal, eye.expand(orthonormal.shape), atol=1e-12)
    assert ours.allclose(product, x, atol=1e-12) and bool((S[..., 1:] <= S[..., :-1]).all())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("mode", ["reduced", "complete", "r"])
def test_qr(shape, mode):
    x = ours.tensor(numbers(*shape).tolist(), dtype=ours.float64).reshape(shape)
    Q, R = ours.linalg.qr(x, mode)
    for mine, theirs in zip((Q, R), torch.linalg.qr(numbers(*shape), mode)):
        assert tuple(mine.shape) == tuple(theirs.shape) and mine.stride() == theirs.stride()
    assert ours.equal(R.triu(), R)
    assert mode == "r" or ours.allclose(Q @ R, x, atol=1e-12)


@pytest.mark.parametrize("shape", [(3, 3), (5, 3), (3, 5), (2, 4, 3)], ids=str)
@pytest.mark.parametrize("text", FREE_OF_SIGNS)
def test_what_does_not_hang_on_signs(text, shape):
    if "qr" in text and shape[-2] < shape[-1]:
        return                                          # refused, below
    agree(text, x=numbers(*shape).requires_grad_(), close=1e-6, strides=False)


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 4)], ids=str)
@pytest.mark.parametrize("text", SYMMETRIC)
def test_of_symmetric_matrices(text, shape):
    x = numbers(*shape)
    agree(text, x=(x + x.mT).requires_grad_(), close=1e-6, strides=False)


@pytest.mark.parametrize("text", REFUSED)
def test_errors_are_of_the_same_class(text):
    both(f"torch.manual_seed(0); x = torch.randn(3, 3); y = list(torch.linalg.{text})", "y")


def test_gradients_that_are_not_there_are_refused():
    """PyTorch refuses the first two as well; the third it has."""
    for text, error in (("torch.linalg.svd(x).U.sum().backward()", RuntimeError),
                        ("torch.linalg.qr(x, 'complete').Q.sum().backward()", RuntimeError),
                        ("torch.linalg.qr(x.mT).R.sum().backward()", NotImplementedError)):
        with pytest.raises(error):
            exec(text, {"torch": ours, "x": ours.ones(4, 3, requires_grad=True) + ours.eye(4, 3)})
