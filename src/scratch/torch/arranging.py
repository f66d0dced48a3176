"""The same numbers elsewhere: flip, roll, repeat, triangles, diagonals, grids.

    >>> from . import arange
    >>> x = arange(6).view(2, 3)
    >>> flip(x, 1).tolist(), roll(x, 1, 1).tolist()
    ([[2, 1, 0], [5, 4, 3]], [[2, 0, 1], [5, 3, 4]])
    >>> x.repeat(1, 2).tolist(), tril(x).tolist()
    ([[0, 1, 2, 0, 1, 2], [3, 4, 5, 3, 4, 5]], [[0, 0, 0], [3, 4, 0]])

All of these copy: strides here are never negative, so even a flip moves numbers. The
causal mask of attention is a tril() of ones.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import itertools

from . import dtypes
from .graph import record, records
from .inplace import inplace
from .modes import Mode
from .operands import alike, native
from .tensor import (OPERATIONS, Tensor, axes, axis, empty, method, operation,
                     public, shape_of)
from .views import put_back

int64 = dtypes.int64


@operation
def flip(x, *dims):
    """Axes turned round."""
    dims = axes(shape_of(dims), x.ndim)
    y = x.detach()
    for at in dims if x.shape else ():
        places = OPERATIONS["arange"](x.shape[at] - 1, -1, -1, device=x.device)
        y = y.index_select(at, places)
    y = alike(y.clone() if y.storage is x.storage else y, x)
    if records(x):
        record(y, "FlipBackward0", (x, flip, *dims))
    return y


@operation
def roll(x, shifts, dims=None):
    """Axes moved on, what falls off at the end coming back at the front."""
    if not x.numel():
        return x.clone()
    if dims is None:
        y = roll(x.detach().reshape(-1), shifts, 0).view(x.shape).detach()
        if records(x):
            record(y, "RollBackward0", (x, roll, -shifts))
        return y
    shifts, dims = ((each,) if isinstance(each, int) else tuple(each)
                    for each in (shifts, dims))
    if len(shifts) != len(dims):
        raise RuntimeError(f"roll() moves {len(dims)} axes by {len(shifts)} numbers")
    from .joining import cat
    y = x.detach()
    for shift, dim in zip(shifts, dims):
        at = axis(dim, x.ndim)
        n = x.shape[at]
        cut = -shift % n if n else 0
        y = cat([y.narrow(at, cut, n - cut), y.narrow(at, 0, cut)], at)
    if records(x):
        record(y, "RollBackward0", (x, roll, tuple([-each for each in shifts]), dims))
    return y


@method
def repeat(x, *times):
    """The whole tensor again and again, along each axis as often as said."""
    times = shape_of(times)
    lead = len(times) - x.ndim
    if lead < 0:
        raise RuntimeError(f"repeat{times} says nothing about {-lead} of the axes")
    shape = (1,) * lead + tuple(x.shape)
    y = x.detach().reshape([n for size in shape for n in (1, size)])
    y = y.expand([n for count, size in zip(times, shape) for n in (count, size)])
    y = y.reshape([count * size for count, size in zip(times, shape)])
    y = y.detach().clone(memory_format="contiguous") if y.storage is x.storage else (
        y.detach())
    if records(x):
        record(y, "RepeatBackward0", (x, repeat_back, times, shape))
    return y


def repeat_back(g, times, shape):
    """The sum of all copies."""
    parts = g.reshape([n for pair in zip(times, shape) for n in pair])
    return parts.sum(tuple(range(0, 2 * len(times), 2))) if times else g


@operation
def tile(x, *dims):
    """As repeat(), with missing axes once."""
    dims = shape_of(dims)
    return x.repeat((1,) * (x.ndim - len(dims)) + dims)


@operation
def repeat_interleave(x, repeats, dim=None):
    """Each place as often as said, one after the other."""
    from .creation import tensor
    if dim is None:
        x, dim = x.reshape(-1), 0
    at = axis(dim, x.ndim)
    n = x.shape[at]
    each = [repeats] * n if isinstance(repeats, int) else repeats.tolist()
    each = each * n if len(each) == 1 else each
    if len(each) != n:
        raise RuntimeError(f"{n} places on axis {at}, and {len(each)} numbers")
    places = [k for k in range(n) for _ in range(each[k])]
    return x.index_select(at, tensor(places, dtype=int64, device=x.device))


# triangles

def triangle(name, keep):
    def function(x, diagonal=0):
        if x.ndim < 2:
            raise RuntimeError(f"{name}() is of matrices, and there are {x.ndim} axes")
        from .creation import arange
        rows, columns = x.shape[-2], x.shape[-1]
        row = arange(rows, device=x.device).reshape(-1, 1)
        column = arange(columns, device=x.device)
        mask = keep(column - row, diagonal)
        backend = x.storage.backend
        y = empty(x.shape, x.dtype, backend)
        backend["where"](mask.native, x.native, native(0, x.dtype, backend), y.native)
        if records(x):
            record(y, f"{name.capitalize()}Backward0",
                   (x, lambda g, diagonal: function(g, diagonal), diagonal))
        return y
    function.__name__ = function.__qualname__ = name
    side = "lower" if name == "tril" else "upper"
    function.__doc__ = f"The {side} triangle of the last two axes; 0 elsewhere."
    inplace(operation(function))
    return function


tril = triangle("tril", lambda place, diagonal: place <= diagonal)
triu = triangle("triu", lambda place, diagonal: place >= diagonal)


def triangle_indices(name, keep):
    def function(row, col, offset=0, *, dtype=int64, device=None):
        from .creation import tensor
        pairs = [(i, j) for i in range(row) for j in range(col) if keep(j - i, offset)]
        return tensor([[i for i, _ in pairs], [j for _, j in pairs]], dtype=dtype,
                      device=device).reshape(2, len(pairs))
    function.__name__ = name
    return public(function)


triangle_indices("tril_indices", lambda place, offset: place <= offset)
triangle_indices("triu_indices", lambda place, offset: place >= offset)


@operation
def diag(x, diagonal=0):
    """The diagonal of a matrix; of a vector, the matrix with that diagonal."""
    if x.ndim == 2:
        y = x.detach().diagonal(diagonal).clone(memory_format="contiguous")
        if records(x):
            record(y, "DiagonalBackward0_copy",
                   (x, put_back, x.shape, Tensor.diagonal, diagonal))
        return y
    if x.ndim != 1:
        raise RuntimeError(f"diag() is of vectors and matrices, not of {x.ndim} axes")
    return diag_embed(x, diagonal)


@operation
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    """Zeros, with x on the diagonal of two new axes."""
    n = x.shape[-1] + abs(offset)
    y = x.new_zeros((*x.shape[:-1], n, n))
    if (dim1, dim2) != (-2, -1):
        y = y.movedim((-2, -1), (dim1, dim2)).detach()
    y.diagonal(offset, dim1, dim2).copy_(x.detach())
    y.storage.version = Mode.version     # the writing was a part of the making
    if records(x):
        record(y, "DiagEmbedBackward0", (x, Tensor.diagonal, offset, dim1, dim2))
    return y


@operation
def trace(x):
    """The sum of the diagonal."""
    if x.ndim != 2:
        raise RuntimeError(f"trace() is of a matrix, and there are {x.ndim} axes")
    if x.dtype.category == 0:
        raise NotImplementedError("trace() is of numbers, and these are bools")
    y = x.detach().diagonal().sum()
    if records(x):
        record(y, "TraceBackward0", (x, trace_back, x.shape))
    return y


def trace_back(g, shape):
    y = g.new_zeros(shape)
    y.diagonal().copy_(g.expand(min(shape)))
    return y


# grids

@public
def meshgrid(*tensors, indexing="ij"):
    """Vectors -> for each the tensor of all combinations in which it varies."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tensors[0]
    for x in tensors:
        vector("meshgrid", x, 0)
    tensors = [x.reshape(-1) for x in tensors]
    swap = indexing == "xy" and len(tensors) > 1
    order = [1, 0, *range(2, len(tensors))] if swap else range(len(tensors))
    axes = [tensors[n] for n in order]
    shape = [len(x) for x in axes]
    grids = [x.reshape([-1 if k == n else 1 for k in range(len(axes))]).expand(shape)
             for n, x in enumerate(axes)]
    return tuple(grids[n] for n in order)


def vector(name, x, fewest=1):
    """RuntimeError unless x has one axis; or none, where that will do."""
    if not fewest <= x.ndim <= 1:
        raise RuntimeError(f"{name}() is of vectors, not of a tensor of shape "
                           f"{tuple(x.shape)}")


@public
def cartesian_prod(*tensors):
    """All combinations of vectors, one a row."""
    from .joining import stack
    for x in tensors:
        vector("cartesian_prod", x)
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.reshape(-1) for grid in meshgrid(*tensors)], -1)


@public
def combinations(x, r=2, with_replacement=False):
    """All choices of r numbers of a vector, one a row."""
    from .creation import tensor
    vector("combinations", x)
    choose = (itertools.combinations_with_replacement if with_replacement
              else itertools.combinations)
    places = list(choose(range(len(x)), r))
    index = tensor(places, dtype=int64).reshape(len(places), r)
    return x.take(index)
