"""Parts of a tensor as views: one place, some places, a diagonal, windows.

    >>> from . import arange
    >>> x = arange(12).view(3, 4)
    >>> x.select(0, 1).tolist(), x[:, ::2].stride(), x.diagonal().stride()
    ([4, 5, 6, 7], (4, 2), (5,))
    >>> arange(5).unfold(0, 3, 1).tolist()                  # windows, of strides (1, 1)
    [[0, 1, 2], [1, 2, 3], [2, 3, 4]]

A part begins further on, at another offset, and steps over what it leaves out. Toward
the whole, its gradient is written into zeros, and added where windows overlap.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from .storage import contiguous_strides, reach
from .strided import add_into, repeats
from .tensor import axis, method, operation, shape_of
from .views import needs_axes, put_back, seen


@operation
def select(x, dim, index):
    """One place on an axis, which is gone from the result."""
    if not x.shape:
        raise IndexError("a 0-d tensor has no axis to select from")
    at, index = axis(dim, x.ndim), int(index)
    n = tuple.__getitem__(x.shape, at)
    if not -n <= index < n:
        raise IndexError(f"index {index} on axis {at}, which has {n} places: they are "
                         f"numbered from {-n} to {n - 1}")
    shape, strides = tuple(x.shape), x.strides
    return seen(x, shape[:at] + shape[at + 1:], strides[:at] + strides[at + 1:],
                x.offset + index % n * strides[at], "SelectBackward0", put_back,
                x.shape,
                select, at, index)


def slice_axis(x, dim, start=None, end=None, step=1):
    """Every step-th place on an axis, from start to before end."""
    if step <= 0:
        raise ValueError(f"a slice of a tensor goes forward, and its step is {step}; "
                         "flip() turns an axis round")
    at = axis(dim, x.ndim)
    shape, strides = tuple(x.shape), x.strides
    n = shape[at]
    places = range(*slice(start, end, step).indices(n))
    first = min(places.start, n)
    return seen(x, shape[:at] + (len(places),) + shape[at + 1:],
                strides[:at] + (strides[at] * step,) + strides[at + 1:],
                x.offset + first * strides[at], "SliceBackward0", put_back, x.shape,
                slice_axis, at, start, end, step)


@operation
def narrow(x, dim, start, length):
    """length places on an axis, from start on."""
    needs_axes(x, "narrow")
    at = axis(dim, x.ndim)
    n, start = x.shape[at], int(start)
    if not -n <= start <= n:
        raise IndexError(f"narrow() begins at {start}, on an axis of {n}")
    start = start + n if start < 0 else start
    if length < 0 or start + length > n:
        raise RuntimeError(f"{length} places from {start} on, and axis {at} has {n}")
    return slice_axis(x, at, start, start + length)


@operation
def diagonal(x, offset=0, dim1=0, dim2=1):
    """The elements whose index on dim2 is offset more than that on dim1."""
    a, b = axis(dim1, x.ndim), axis(dim2, x.ndim)
    if a == b:
        raise RuntimeError("a diagonal is of two axes, and both are axis " + str(a))
    rows, columns = x.shape[a], x.shape[b]
    count = max(0, min(rows, columns - offset) if offset >= 0
                else min(rows + offset, columns))
    first = x.offset
    if count:
        first += offset * x.strides[b] if offset >= 0 else -offset * x.strides[a]
    keep = [n for n in range(x.ndim) if n not in (a, b)]
    return seen(x, tuple([x.shape[n] for n in keep]) + (count,),
                tuple([x.strides[n] for n in keep]) + (x.strides[a] + x.strides[b],),
                first, "DiagonalBackward0", put_back, x.shape, diagonal, offset, a, b)


@operation
def as_strided(x, size, stride, storage_offset=None):
    """x's storage read with any shape, strides and offset."""
    shape, strides = shape_of((size,)), tuple(stride)
    offset = x.offset if storage_offset is None else storage_offset
    if len(shape) != len(strides):
        raise RuntimeError(f"{len(shape)} sizes and {len(strides)} strides")
    if shape and min(shape) < 0 or strides and min(strides) < 0 or offset < 0:
        raise RuntimeError("sizes, strides and the offset count from 0")
    span = 0 if 0 in shape else 1 + sum((n - 1) * s for n, s in zip(shape, strides))
    if offset + span > len(x.storage) and span:
        raise RuntimeError(f"as_strided() would read up to number {offset + span} of a "
                           f"storage of {len(x.storage)}")
    return seen(x, shape, strides, offset, "AsStridedBackward0", as_strided_back,
                x.shape,
                x.strides, x.offset, shape, strides, offset)


def as_strided_back(g, shape, own, start, part, strides, offset):
    """Toward x: what a place of the storage was read for, summed, then read as x is.

    Where x itself reads a place several times, each of them has its share.
    """
    first = min(start, offset)
    span = max(start + reach(shape, own), offset + reach(part, strides)) - first
    whole = g.new_zeros((span,))
    add_into(whole, g, part, strides, offset - first)
    if repeats(shape, own):
        times = add_into(g.new_zeros((span,)), g.new_ones(shape), shape, own,
                         start - first)
        whole = whole / times.clamp(min=1)
    return whole.as_strided(shape, own, start - first)


@method
def unfold(x, dimension, size, step):
    """Windows of an axis, step apart, each along a new last axis."""
    at = axis(dimension, x.ndim)
    n = x.shape[at] if x.shape else 1
    if size > n or step <= 0:
        raise RuntimeError(f"windows of {size}, {step} apart, on an axis of {n}")
    shape, strides = list(x.shape), list(x.strides)
    if not shape:
        shape, strides = [1], [1]
    step_of = strides[at]
    shape[at], strides[at] = (n - size) // step + 1, step_of * step
    if not x.shape:                       # a window of the one number
        shape, strides = [], []
    return seen(x, (*shape, size), (*strides, step_of), x.offset, "UnfoldBackward0",
                unfold_back, x.shape, at, size, step)


def unfold_back(g, shape, at, size, step):
    if not shape:
        return g.reshape(())
    strides = contiguous_strides(shape)
    windows = list(strides)
    windows[at] *= step
    return add_into(g.new_zeros(shape), g, tuple(g.shape), (*windows, strides[at]), 0)
