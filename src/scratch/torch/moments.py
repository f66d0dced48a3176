"""How far numbers are from their mean, or from zero: variances, deviations, norms.

    >>> from . import tensor
    >>> x = tensor([[3.0, 4.0], [6.0, 8.0]])
    >>> x.var(1).tolist(), x.std(1, correction=0).tolist(), x.norm(dim=1).tolist()
    ([0.5, 2.0], [0.5, 1.0], [5.0, 10.0])

The variance divides by n - correction: by n - 1 unless told otherwise, which makes it
right on average for a sample whose mean is the sample's own.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math

from .dispatch import dtype_of
from .dtypes import float16
from .graph import OUTPUT, record, records
from .operands import finish
from .reductions import some_axes, spread
from .storage import numel
from .tensor import OPERATIONS, operation, wrap


@operation
def var(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The mean square distance from the mean, divided by n - correction (1)."""
    return moments(x, dim, unbiased, keepdim, correction, "VarBackward0")[0]


@operation
def std(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The square root of the variance."""
    return deviation(x, dim, unbiased, keepdim, correction)[0]


@operation
def var_mean(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance and mean at once."""
    return moments(x, dim, unbiased, keepdim, correction, "VarMeanBackward0")


@operation
def std_mean(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation and mean at once."""
    return deviation(x, dim, unbiased, keepdim, correction)


def moments(x, dim, unbiased, keepdim, correction, label):
    if x.dtype.category != 2:
        raise RuntimeError(f"variances are of floats, and this tensor is {x.dtype}")
    if x.dtype is float16:           # rounded once, at the end
        found = moments(x.float(), dim, unbiased, keepdim, correction, label)
        return tuple([each.to(x.dtype) for each in found])
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    dims = some_axes(dim, x.ndim)
    count = numel([x.shape[n] for n in dims]) if x.shape else 1
    backend, own = x.storage.backend, dims if x.shape else ()
    mean = backend["sum"](x.native, own, True)
    backend["div"](mean, count or math.nan, mean)
    away = backend["sub"](x.native, mean)
    if not x.shape:
        away = backend["cast"](away, x.dtype) if hasattr(away, "shape") else away
    squares = backend["sum"](backend["mul"](away, away), own, keepdim)
    y = wrap(squares, x.dtype, backend)
    left = count - correction
    if left <= 0:
        left = 0.0
    backend["div"](squares, left, squares)
    finish(y)
    average = x.detach().mean(dim, keepdim) if not records(x) else x.mean(dim, keepdim)
    if records(x):
        record(y, label, (x, var_back, x, dims, keepdim, left))
    return y, average


def deviation(x, dim, unbiased, keepdim, correction):
    """The square root of the variance, and the mean."""
    if x.dtype is float16:
        found = deviation(x.float(), dim, unbiased, keepdim, correction)
        return tuple([each.to(x.dtype) for each in found])
    plain = moments(x.detach(), dim, unbiased, keepdim, correction, None)[0]
    y = plain.sqrt()
    if records(x):
        dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
        dims = some_axes(dim, x.ndim)
        count = numel([x.shape[n] for n in dims]) if x.shape else 1
        left = count - (1 if correction is None and unbiased is None
                        else int(unbiased) if correction is None else correction)
        record(y, "StdBackward0", (x, std_back, x, OUTPUT, dims, keepdim, left))
        return y, x.mean(dim, keepdim)
    return y, x.detach().mean(None if isinstance(dim, bool) else dim, keepdim)


def std_back(g, x, y, dims, keepdim, left):
    """var's slope, divided by 2 std; 0 where the deviation is."""
    return var_back((g / (y * 2)).masked_fill(y == 0, 0), x, dims, keepdim,
                    max_of(left))


def max_of(left):
    return left if left > 0 else 0.0


def var_back(g, x, dims, keepdim, left):
    """2 (x - mean) / (n - correction)."""
    g = spread(g, x.shape, dims, keepdim)
    return (2.0 / left if left else math.inf) * g * (x - x.mean(dims or None, True))


@operation
def norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    """(Σ |x|ᵖ)^(1/p): 2 by default, 1 the sum, inf the largest, 0 how many."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    p = 2 if p in ("fro", None) else p
    if isinstance(p, str):
        from .linalg import matrix_norm
        if dim is None and x.ndim != 2:
            raise RuntimeError(f"the norm {p!r} is of two axes, and this tensor has "
                               f"{x.ndim}; dim says which")
        return matrix_norm(x, p, (-2, -1) if dim is None else dim, keepdim)
    dims = some_axes(dim, x.ndim)
    if x.dtype.category != 2:
        raise RuntimeError(f"a norm is of floats, and this tensor is {x.dtype}")
    plain = x.detach()
    if p < 0 and 0 in x.shape and 0 in [x.shape[n] for n in dims]:
        raise RuntimeError(f"the norm of order {p} of no numbers is not defined")
    if p == 2:
        y = (plain * plain).sum(dims, keepdim).sqrt()
    elif p in (math.inf, -math.inf):
        if 0 in x.shape and 0 in [x.shape[n] for n in dims]:
            raise RuntimeError("the largest of no numbers is not defined")
        y = OPERATIONS["amax" if p > 0 else "amin"](plain.abs(), dims, keepdim)
    elif p == 0:
        y = (plain != 0).to(x.dtype).sum(dims, keepdim)
    elif p == 1:
        y = plain.abs().sum(dims, keepdim)
    else:
        y = (plain.abs() ** p).sum(dims, keepdim) ** (1 / p)
    if records(x):
        record(y, "LinalgVectorNormBackward0",
               (x, norm_back, x, OUTPUT, dims, keepdim, p))
    return y


def norm_back(g, x, y, dims, keepdim, p):
    """sign(x) |x|^(p-1) / norm^(p-1): for 2, x / norm; 0 where the norm is 0."""
    g, y = spread(g, x.shape, dims, keepdim), spread(y, x.shape, dims, keepdim)
    if p == 0:
        return None
    if p == 1:
        return x.sign() * g
    if p == 2:
        return x * (g / y).masked_fill(y == 0, 0)
    if p in (math.inf, -math.inf):
        winners = x.abs() == y
        return winners * x.sign() * (g / winners.sum(dims, keepdim=True))
    if p < 2:
        part = x.sign() * (x.abs() ** (p - 1)).masked_fill(x == 0, 0)
    else:
        part = x * x.abs() ** (p - 2)
    return part * (g / y ** (p - 1)).masked_fill(y == 0, 0)


@operation
def dist(x, other, p=2):
    """The norm of the difference."""
    return norm(x - other, p)
