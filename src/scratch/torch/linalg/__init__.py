"""torch.linalg: how long vectors and matrices are; equations, and factors of matrices.

    >>> from .. import tensor
    >>> x = tensor([[3.0, 4.0], [6.0, 8.0]])
    >>> norm(x).item() == vector_norm(x).item(), vector_norm(x, dim=1).tolist()
    (True, [5.0, 10.0])
    >>> matrix_norm(x, 1).item(), matrix_norm(x, float("inf")).item()
    (12.0, 14.0)

    solving    solve, inv, det, slogdet, pinv, lstsq, matrix_power
    factors    svd, eigh, qr, cholesky, matrix_rank
    lapack     by whom they are computed

A norm of a vector is (Σ |x|ᵖ)^(1/p), whatever the tensor's shape. A norm of a matrix
says how much longer than a vector its product with the matrix can be: measured by sums
(1, the largest column), by the largest number (inf, the largest row), or by their
lengths (2, the largest singular value).

Left out: what has complex numbers (eig, eigvals), and LU on its own.

Chapter: docs/torch/autograd.md.  To copy: the folder above.
"""

import math

from ..compositions import cross as any_cross
from ..moments import norm as p_norm
from ..tensor import OPERATIONS, axes, axis
from .factors import cholesky, eigh, eigvalsh, matrix_rank, qr, svd, svdvals
from .lapack import LinAlgError
from .solving import (det, inv, lstsq, matrix_power, pinv, slogdet, solve,
                      solve_triangular)

matmul, diagonal = OPERATIONS["matmul"], OPERATIONS["diagonal"]


def vector_norm(x, ord=2, dim=None, keepdim=False, *, dtype=None):
    """(Σ |x|ᵖ)^(1/p) along dim, of the whole tensor by default."""
    if not isinstance(ord, (int, float)):
        raise TypeError(f"the order of a vector's norm is a number, not {ord!r}")
    return p_norm(x, ord, dim, keepdim, dtype)


def matrix_norm(A, ord="fro", dim=(-2, -1), keepdim=False, *, dtype=None):
    """A norm of each matrix: "fro", "nuc", 1, 2, inf, and -1, -2, -inf."""
    if A.ndim < 2:
        raise RuntimeError(f"matrix_norm() is of matrices, and this tensor has "
                           f"{A.ndim} axes")
    rows, columns = axes(dim, A.ndim)
    if ord == "fro":
        return p_norm(A, 2, (rows, columns), keepdim, dtype)
    A = A if dtype is None else A.to(dtype)
    if ord in (1, -1, math.inf, -math.inf):
        added, chosen = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = p_norm(A, 1, added, True)
        if ord > 0 and not A.shape[chosen]:         # of no sums the largest is 0
            return A.detach().sum((rows, columns), keepdim)
        largest = OPERATIONS["amax" if ord > 0 else "amin"](sums, chosen, True)
        return largest if keepdim else largest.squeeze((rows, columns))
    if ord not in ("nuc", 2, -2):
        raise RuntimeError(f"the order of a matrix's norm is fro, nuc, 1, -1, 2, -2, "
                           f"inf or -inf, not {ord!r}")
    S = svdvals(A.movedim((rows, columns), (-2, -1)))
    y = S.sum(-1) if ord == "nuc" else OPERATIONS["amax" if ord > 0 else "amin"](S, -1)
    for n in sorted((rows, columns)) if keepdim else ():
        y = y.unsqueeze(n)
    return y


def norm(x, ord=None, dim=None, keepdim=False, *, dtype=None):
    """A matrix's norm of two axes, or of a matrix if ord is given; else a vector's."""
    if ord is None:
        return p_norm(x, 2, dim, keepdim, dtype)
    if dim is None and x.ndim not in (1, 2):
        raise RuntimeError(f"norm() of {x.ndim} axes with an order: of a vector or "
                           "of a matrix, or dim says along what")
    pair = x.ndim == 2 if dim is None else isinstance(dim, (tuple, list)) and len(
        dim) == 2
    if pair or isinstance(ord, str):
        return matrix_norm(x, ord, (-2, -1) if dim is None else dim, keepdim,
                           dtype=dtype)
    return vector_norm(x, ord, dim, keepdim, dtype=dtype)


def cond(A, p=None):
    """How much an error may grow in solve(A, B): |A| |A⁻¹|."""
    if p in (None, 2):
        S = svdvals(A)
        return S[..., 0] / S[..., -1]
    if p == -2:
        S = svdvals(A)
        return S[..., -1] / S[..., 0]
    return matrix_norm(A, p) * matrix_norm(inv(A), p)


def vecdot(x, y, *, dim=-1):
    """Σ x · y along an axis."""
    return (x * y).sum(dim)


def cross(x, y, *, dim=-1):
    """The vector that stands on two."""
    return any_cross(x, y, axis(dim, x.ndim))


def multi_dot(tensors):
    """A product of two matrices or more; the first and the last may be vectors."""
    if len(tensors) < 2:
        raise RuntimeError("multi_dot() is of two matrices or more")
    product, *others = tensors
    for each in others:
        product = product @ each
    return product


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise AttributeError(f"scratch.torch has no torch.linalg.{name}; what it has is in "
                         "`dir(torch.linalg)`")
