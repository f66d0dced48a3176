"""Reductions: an axis becomes one number. Sums, means, extremes, norms, softmax.

    >>> from . import tensor
    >>> x = tensor([[1.0, 2.0, 6.0], [3.0, 3.0, 0.0]])           # (2, 3)
    >>> x.sum().item(), x.sum(0).tolist(), x.sum(1, keepdim=True).shape
    (15.0, [4.0, 5.0, 6.0], torch.Size([2, 1]))
    >>> x.max(1)
    torch.return_types.max(
    values=tensor([6., 3.]),
    indices=tensor([2, 0]))

The slope of a sum is a broadcast: each number moved it by as much as it moved itself.
That of a maximum goes to the number that won, and of equal ones to the first (along an
axis) or to all in equal parts (over several, and over the whole tensor).

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math

from . import dtypes
from .dispatch import dtype_of
from .graph import OUTPUT, record, records
from .operands import finish
from .storage import numel
from .tensor import Tensor, axes, axis, method, operation, public, shape_of, wrap


bool_, int64 = dtypes.bool_, dtypes.int64


def reduce(name, x, dims, keepdim, kind):
    """Run a reduction's kernel -> a new tensor of dtype kind."""
    if keepdim.__class__ is not bool:
        raise TypeError(f"keepdim is True or False, not {keepdim!r}; axes are a tuple: "
                        f"x.{name}((0, 1))")
    backend = x.storage.backend
    made = backend[name](x.native, dims, keepdim)
    return finish(wrap(made, kind, backend))


def spread(g, shape, dims, keepdim):
    """A gradient of a reduction -> one that broadcasts to what was reduced."""
    if not keepdim and shape:
        for dim in sorted(dims):
            g = g.unsqueeze(dim)
    return g


def spread_out(g, shape, dims, keepdim):
    return spread(g, shape, dims, keepdim).expand(shape)


def some_axes(dim, ndim):
    """As axes(), but an empty list means all of them."""
    return axes(None if dim is None or dim == () or dim == [] else dim, ndim)


@operation
def sum(x, dim=None, keepdim=False, *, dtype=None):
    """The sum along axes, or of all: whole numbers and bools as int64."""
    if dtype is not None:
        x = x.to(dtype_of(dtype))
    elif x.dtype.category != 2:
        x = x.to(int64) if x.dtype is not int64 else x
    dims = some_axes(dim, x.ndim)
    y = reduce("sum", x, dims if x.shape else (), keepdim, x.dtype)
    if records(x):
        record(y, f"SumBackward{0 if dim is None else 1}",
               (x, spread_out, x.shape, dims, keepdim))
    return y


@operation
def mean(x, dim=None, keepdim=False, *, dtype=None):
    """The sum divided by how many there are."""
    if dtype is not None:
        x = x.to(dtype_of(dtype))
    if x.dtype.category != 2:
        raise RuntimeError(f"the mean of {x.dtype} is no {x.dtype}; turn it into "
                           "floats first: x.float().mean()")
    dims = some_axes(dim, x.ndim)
    count = numel([x.shape[n] for n in dims]) if x.shape else 1
    backend = x.storage.backend
    if x.dtype is dtypes.float16:     # rounded once, when it is the mean
        wide = backend["cast"](x.native, dtypes.float32)
        total = backend["sum"](wide, dims if x.shape else (), keepdim)
        total = backend["cast"](backend["div"](total, count or math.nan), x.dtype)
        y = wrap(total, x.dtype, backend)
    else:
        total = backend["sum"](x.native, dims if x.shape else (), keepdim)
        y = wrap(total, x.dtype, backend)
        backend["div"](total, count or math.nan, total)
        finish(y)
    if records(x):
        record(y, f"MeanBackward{0 if dim is None else 1}",
               (x, mean_back, x.shape, dims, keepdim, count))
    return y


def mean_back(g, shape, dims, keepdim, count):
    return spread_out(g, shape, dims, keepdim) / count


@operation
def prod(x, dim=None, keepdim=False, *, dtype=None):
    """The product along an axis, or of all."""
    if dtype is not None:
        x = x.to(dtype_of(dtype))
    elif x.dtype.category != 2:
        x = x.to(int64)
    dims = axes(dim, x.ndim)
    y = reduce("prod", x, dims if x.shape else (), keepdim, x.dtype)
    if records(x):
        record(y, f"ProdBackward{0 if dim is None else 1}",
               (x, prod_back, x, OUTPUT, dims, keepdim))
    return y


def prod_back(g, x, y, dims, keepdim):
    """The product of the others; where there is a zero, worked out without division."""
    if not x.shape:
        return g
    if not bool((x == 0).any()):
        return spread(g * y, x.shape, dims, keepdim) / x
    g = spread(g, x.shape, dims, keepdim)
    flat = x.reshape(-1) if len(dims) == x.ndim else x.movedim(dims[0], -1)
    ones = flat.new_ones((*flat.shape[:-1], 1))
    from .joining import cat
    before = cat([ones, flat[..., :-1]], -1).cumprod(-1)
    after = cat([ones, flat.flip(-1)[..., :-1]], -1).cumprod(-1).flip(-1)
    others = before * after
    return g * (others.reshape(x.shape) if len(dims) == x.ndim
                else others.movedim(-1, dims[0]))


def truth(name):
    def function(x, dim=None, keepdim=False):
        dims = axes(dim, x.ndim)
        kind = dtypes.uint8 if x.dtype is dtypes.uint8 else bool_
        y = reduce(name, x if x.dtype is bool_ else x != 0, dims if x.shape else (),
                   keepdim, bool_)
        return y if kind is bool_ else y.to(kind)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Whether {name} of the numbers are not 0."
    return operation(function)


truth("any"), truth("all")


@operation
def count_nonzero(x, dim=None):
    """How many numbers are not 0."""
    return (x != 0).sum(dim)


@operation
def cumsum(x, dim, *, dtype=None):
    """Each number plus all before it on the axis."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = axis(dim, x.ndim)
    kind = x.dtype if x.dtype.category == 2 else int64
    backend = x.storage.backend
    y = finish(wrap(backend["cumsum"](x.native, at), kind, backend))
    if records(x):
        record(y, "CumsumBackward0", (x, cumsum_back, at))
    return y


def cumsum_back(g, at):
    return g.flip(at).cumsum(at).flip(at) if g.shape else g


@operation
def cumprod(x, dim, *, dtype=None):
    """Each number times all before it on the axis."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = axis(dim, x.ndim)
    kind = x.dtype if x.dtype.category == 2 else int64
    backend = x.storage.backend
    y = finish(wrap(backend["cumprod"](x.native, at), kind, backend))
    if records(x):
        record(y, "CumprodBackward0", (x, cumprod_back, x, OUTPUT, at))
    return y


def cumprod_back(g, x, y, at):
    """Σ over later places of g · y / x; a zero makes what comes after it 0 / 0."""
    if not x.shape:
        return g
    if not bool((x == 0).any()):
        return cumsum_back(g * y, at) / x
    n, parts = x.shape[at], []
    for k in range(n):       # y at k and after, with the factor x[k] left out
        factors = x.narrow(at, k, n - k).clone()
        factors.narrow(at, 0, 1).fill_(1)
        rest = factors.cumprod(at)
        if k:
            rest = rest * y.narrow(at, k - 1, 1)
        parts.append((g.narrow(at, k, n - k) * rest).sum(at, keepdim=True))
    from .joining import cat
    return cat(parts, at)


@public
def is_tensor(x):
    """Whether x is a tensor."""
    return isinstance(x, Tensor)


@method
def sum_to_size(x, *size):
    """Summed along axes that broadcasting repeats, to a shape that expands to x's."""
    shape = shape_of(size)
    lead = x.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[lead:])):
        raise RuntimeError(f"the shape {tuple(x.shape)} does not sum to {shape}")
    dims = tuple(range(lead)) + tuple(
        [lead + at for at, n in enumerate(shape) if n == 1 and x.shape[lead + at] != 1])
    if not dims:
        return x if not lead else x.reshape(shape)
    y = sum(x, dims, True)
    return y.reshape(shape) if lead else y
