"""Tensors put together: one after the other (cat), or along a new axis (stack).

    >>> from . import ones, tensor
    >>> a = tensor([[1.0, 2.0]])
    >>> cat([a, a + 2]).tolist(), stack([a, a + 2]).shape
    ([[1.0, 2.0], [3.0, 4.0]], torch.Size([2, 1, 2]))

The result's memory is made once, and each tensor is copied to its place in it. Toward
each, the gradient is the part of the result's that it became.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import record, records
from .operands import same_device
from .tensor import OPERATIONS, Tensor, axis, axis as axis_of, empty, public


@public
def cat(tensors, dim=0, *, axis=None, out=None):
    """Tensors one after the other along an axis; the other sizes are equal."""
    tensors = list(tensors)
    if not tensors:
        raise ValueError("cat() of no tensors has no dtype and no shape")
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"cat() puts tensors together, not {x!r:.60}")
        if not x.shape:
            raise RuntimeError("cat() of a 0-d tensor: stack() gives it an axis")
    parts = [x for x in tensors if x.shape != (0,)] or tensors[:1]
    first = parts[0]
    at = 0 if first.shape == (0,) else axis_of(dim if axis is None else axis,
                                               first.ndim)
    shape, ends = list(first.shape), []
    shape[at] = 0
    for x in parts:
        if x.ndim != first.ndim or any(n != m for k, (n, m) in enumerate(
                zip(x.shape, first.shape)) if k != at):
            raise RuntimeError(
                f"cat() along axis {at} of shapes {tuple(first.shape)} and "
                f"{tuple(x.shape)}: they may differ on that axis only")
        shape[at] += x.shape[at]
        ends.append(shape[at])
    kind = tensors[0].dtype
    for x in tensors[1:]:
        kind = dtypes.PROMOTED[kind, x.dtype]
    backend = same_device(*parts)
    y = empty(tuple(shape), kind, backend)
    start = 0
    for x, end in zip(parts, ends):
        if end > start:
            backend["copy"](part_of(y, at, start, end - start), x.native)
        start = end
    if records(*tensors):
        inputs, start = [], 0
        for x in tensors:
            if x.shape == (0,) and first.shape != (0,):
                inputs.append((x, nothing, x.shape))
                continue
            inputs.append((x, narrow_back, at, start, x.shape[at]))
            start += x.shape[at]
        record(y, "CatBackward0", *inputs)
    return y


def part_of(y, at, start, length):
    """The native of a part of y, without the making of a tensor."""
    backend, shape = y.storage.backend, list(y.shape)
    shape[at] = length
    return backend["view"](y.storage.buffer, y.dtype, tuple(shape), y.strides,
                           start * y.strides[at])


def narrow_back(g, at, start, length):
    return g.narrow(at, start, length)


def nothing(g, shape):
    return g.new_zeros(shape)


for name in ("concat", "concatenate"):
    OPERATIONS[name] = cat


@public
def stack(tensors, dim=0, *, out=None):
    """Tensors of one shape side by side, along a new axis."""
    tensors = list(tensors)
    if not tensors:
        raise RuntimeError("stack() of no tensors has no dtype and no shape")
    first = tensors[0]
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"stack() puts tensors together, not {x!r:.60}")
        if x.shape != first.shape:
            raise RuntimeError(f"stack() of shapes {tuple(first.shape)} and "
                               f"{tuple(x.shape)}: they are all the same")
    at = axis(dim, first.ndim + 1)
    backend = same_device(*tensors)
    kind = first.dtype
    for x in tensors[1:]:
        kind = dtypes.PROMOTED[kind, x.dtype]
    shape = tuple(first.shape)
    y = empty(shape[:at] + (len(tensors),) + shape[at:], kind, backend)
    strides = y.strides[:at] + y.strides[at + 1:]
    for n, x in enumerate(tensors):
        backend["copy"](backend["view"](y.storage.buffer, kind, shape, strides,
                                        n * y.strides[at]), x.native)
    if records(*tensors):
        record(y, "StackBackward0", *[(x, pick_back, at, n)
                                      for n, x in enumerate(tensors)])
    return y


def pick_back(g, at, n):
    return g.select(at, n)


@public
def hstack(tensors):
    """Side by side: along axis 1, vectors along axis 0."""
    tensors = [x.reshape(1) if not x.shape else x for x in tensors]
    return cat(tensors, 0 if tensors[0].ndim == 1 else 1)


@public
def vstack(tensors):
    """One below the other."""
    return cat([x.reshape(1, -1) if x.ndim < 2 else x for x in tensors], 0)
