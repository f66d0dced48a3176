"""Operations that are said in others: no kernel, no slope of their own.

    >>> from . import tensor
    >>> x = tensor([[0.0, 3.0], [4.0, 0.0]], requires_grad=True)
    >>> cdist(x, x)[0, 1].item(), diff(tensor([1, 4, 9])).tolist()
    (5.0, [3, 5])
    >>> quantile(tensor([1.0, 2.0, 4.0]), 0.25).item(), nansum(x / x).item()
    (1.5, 2.0)

Each is its formula, and its gradient follows from those of its parts: this is what a
small set of operations with slopes is good for. PyTorch has kernels for some of them.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math

from .choosing import where
from .joining import cat
from .operands import as_copy, as_one
from .products import mm
from .tensor import OPERATIONS, Tensor, axis, method, operation, public


# of one tensor

@operation
def diff(x, n=1, dim=-1):
    """Each number minus the one before it, n times."""
    if not x.shape:
        raise RuntimeError("diff() is along an axis, and a 0-d tensor has none")
    for _ in range(n):
        places = x.shape[axis(dim, x.ndim)]
        if not places:
            return x
        x = x.narrow(dim, 1, places - 1) - x.narrow(dim, 0, places - 1)
    return x


@operation
def nansum(x, dim=None, keepdim=False):
    """The sum of what is not NaN."""
    return where(x.isnan(), 0, x).sum(dim, keepdim)


@operation
def nanmean(x, dim=None, keepdim=False):
    """The mean of what is not NaN."""
    return nansum(x, dim, keepdim) / (~x.isnan()).sum(dim, keepdim)


@operation
def quantile(x, q, dim=None, keepdim=False, *, interpolation="linear"):
    """The number below which a share q lies, on the line between its neighbours."""
    if interpolation != "linear":
        raise NotImplementedError("scratch.torch has quantile() with linear steps")
    if dim is None:
        x, dim = x.reshape(-1), 0
    at = axis(dim, x.ndim)
    values = x.sort(at)[0]
    shares = [q] if not isinstance(q, Tensor) or not q.shape else q.tolist()
    found = []
    for share in map(float, shares):
        if not 0 <= share <= 1:
            raise RuntimeError(f"a quantile's share is from 0 to 1, not {share}")
        place = share * (x.shape[at] - 1)
        low, high = (values.select(at, round_(place)) for round_ in (math.floor,
            math.ceil))
        y = low.lerp(high, place - math.floor(place))
        found.append(y.unsqueeze(at) if keepdim else y)
    if len(found) == 1 and not (isinstance(q, Tensor) and q.shape):
        return found[0]
    return OPERATIONS["stack"](found)


@operation
def logcumsumexp(x, dim):
    """log of the sums of eˣ up to each place, without overflow."""
    high = x.detach().amax(dim, True)
    return (x - high).exp().cumsum(dim).log() + high


@operation
def frac(x):
    """What is behind the point."""
    return x - x.trunc()


@operation
def deg2rad(x):
    """Degrees as radians."""
    return as_copy(x * (math.pi / 180), x)


@operation
def rad2deg(x):
    """Radians as degrees."""
    return as_copy(x * (180 / math.pi), x)


@operation
def positive(x):
    """x itself."""
    if x.dtype.category == 0:
        raise RuntimeError("+ is of numbers, and these are bools")
    return x


@operation
def fliplr(x):
    """Left and right exchanged."""
    if x.ndim < 2:
        raise RuntimeError(f"fliplr() is of two axes or more, not of {x.ndim}")
    return x.flip(1)


@operation
def flipud(x):
    """The first axis turned round."""
    return x.flip(0)


@operation
def rot90(x, k=1, dims=(0, 1)):
    """Turned by k quarters, from the first of two axes toward the second."""
    if x.ndim < 2:
        raise RuntimeError(f"rot90() is of two axes or more, not of {x.ndim}")
    a, b = (axis(dim, x.ndim) for dim in dims)
    if a == b:
        raise RuntimeError(f"rot90() turns in a plane of two axes, not axis {a} twice")
    turns = {0: lambda: x.clone(), 1: lambda: x.flip(b).transpose(a, b),
             2: lambda: x.flip(a, b), 3: lambda: x.flip(a).transpose(a, b)}
    return turns[k % 4]()


@operation
def cov(x, *, correction=1):
    """The covariance of rows that are variables and columns that are observations."""
    x = x.reshape(1, -1) if x.ndim < 2 else x
    away = x - x.mean(1, keepdim=True)
    return (mm(away, away.t()) / (x.shape[1] - correction)).squeeze()


@operation
def corrcoef(x):
    """Covariances divided by the deviations: 1 on the diagonal."""
    c = cov(x)
    if not c.shape:
        return c / c
    deviation = c.diagonal().sqrt()
    return c / deviation.unsqueeze(1) / deviation


# of two tensors

@operation
def hypot(a, b):
    """√(a² + b²)."""
    return as_one((a * a + b * b).sqrt(), a, b)


@operation
def inner(a, b):
    """Sums of products along the last axis of both."""
    if not a.shape or not b.shape:
        return a * b
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(f"the last axes have {a.shape[-1]} and {b.shape[-1]} places")
    return OPERATIONS["tensordot"](a, b, ([-1], [-1]))


OPERATIONS["ger"] = Tensor.ger = OPERATIONS["outer"]
OPERATIONS["vdot"] = Tensor.vdot = OPERATIONS["dot"]


@operation
def kron(a, b):
    """Each number of a times the whole of b, side by side."""
    ndim = max(a.ndim, b.ndim)
    a, b = (x.reshape((1,) * (ndim - x.ndim) + tuple(x.shape)) for x in (a, b))
    wide = a.reshape([n for size in a.shape for n in (size, 1)]) * b.reshape(
        [n for size in b.shape for n in (1, size)])
    return wide.reshape([m * n for m, n in zip(a.shape, b.shape)])


@operation
def cross(a, b, dim=None):
    """The vector that stands on two; along the first axis of 3, or dim."""
    at = next((n for n, size in enumerate(a.shape) if size == 3), 0)
    at = at if dim is None else axis(dim, a.ndim)
    if a.shape[at] != 3 or b.shape[at] != 3:
        raise RuntimeError(f"cross() is of vectors of 3 numbers, on axis {at}")
    (a0, a1, a2), (b0, b1, b2) = a.unbind(at), b.unbind(at)
    return OPERATIONS["stack"](
        [a1 * b2 - a2 * b1, a2 * b0 - a0 * b2, a0 * b1 - a1 * b0], at)


@public
def cdist(a, b, p=2.0):
    """a (..., M, C), b (..., N, C) -> (..., M, N), the distance of every pair."""
    if a.ndim < 2 or b.ndim < 2:
        raise RuntimeError("cdist() is of rows, and one of these has fewer than 2 axes")
    return (a.unsqueeze(-2) - b.unsqueeze(-3)).norm(p, dim=-1)


@public
def block_diag(*tensors):
    """Matrices along the diagonal of zeros."""
    tensors = [x.reshape(1, -1) if x.ndim < 2 else x for x in tensors]
    columns, before, rows = sum([x.shape[1] for x in tensors]), 0, []
    for x in tensors:
        after = columns - before - x.shape[1]
        rows.append(cat([x.new_zeros(len(x), before), x, x.new_zeros(len(x), after)],
                        1))
        before += x.shape[1]
    return cat(rows)


# of the tensor itself

@method
def fill_diagonal_(x, value):
    """Write one number on the diagonal of a matrix."""
    if x.ndim != 2:
        raise RuntimeError(f"fill_diagonal_() is of a matrix, not of {x.ndim} axes")
    x.diagonal().fill_(value)
    return x


@method
def is_nonzero(x):
    """Whether the only element is not 0."""
    return bool(x)


@method
def is_same_size(x, other):
    """Whether the shapes are equal."""
    return x.shape == other.shape


@method
def split_with_sizes(x, split_sizes, dim=0):
    """split() into pieces of given sizes."""
    return x.split(list(split_sizes), dim)


Tensor.take_along_dim = OPERATIONS["take_along_dim"]
