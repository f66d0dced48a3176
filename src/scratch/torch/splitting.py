"""Several views at once: unbind, split, chunk, and their gradients put together.

    >>> from . import arange
    >>> x = arange(10).view(2, 5)
    >>> x.split(2, 1)[2].tolist(), len(x.chunk(2, 1)), x.unbind()[1].shape
    ([[4], [9]], 2, torch.Size([5]))

One node makes all the parts, and gets all their gradients. Such parts may not be
written to where operations are recorded: PyTorch refuses it, and so does this.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from .graph import record
from .modes import Mode
from .slicing import slice_axis
from .tensor import Tensor, axis, look, operation
from .views import needs_axes


@operation
def unbind(x, dim=0):
    """The places on an axis, as a tuple of views without it."""
    at = axis(dim, x.ndim)
    if not x.shape:
        raise IndexError("a 0-d tensor has no axis to take apart")
    shape, strides = tuple(x.shape), x.strides
    rest, steps = shape[:at] + shape[at + 1:], strides[:at] + strides[at + 1:]
    return several(x,
                   [(rest, steps,
                     x.offset + n * strides[at]) for n in range(shape[at])],
                   "UnbindBackward0", unbind_back, rest, at)


def unbind_back(gs, shape, at):
    from .joining import stack
    gs = [gs] if isinstance(gs, Tensor) else gs
    some = next(g for g in gs if g is not None)
    return stack([some.new_zeros(shape) if g is None else g for g in gs], at)


@operation
def split(x, split_size_or_sections, dim=0):
    """An axis cut into pieces of one size (the last may be smaller), or of several."""
    needs_axes(x, "split")
    at = axis(dim, x.ndim)
    n, sizes = x.shape[at], split_size_or_sections
    if isinstance(sizes, int):
        if sizes < 0 or sizes == 0 and n:
            raise RuntimeError(f"pieces of {sizes} places, of an axis that has {n}")
        sizes = [min(sizes, n - start) for start in range(0, n, sizes or 1)] or [0]
        label = "SplitBackward0"
    elif sum(sizes) != n or min(sizes, default=0) < 0:
        raise RuntimeError(f"pieces of {list(sizes)} do not make up an axis of {n}")
    else:
        label = "SplitWithSizesBackward0"
    shape, strides = tuple(x.shape), x.strides
    pieces, start = [], x.offset
    for size in sizes:
        pieces.append((shape[:at] + (size,) + shape[at + 1:], strides, start))
        start += size * strides[at]
    return several(x, pieces, label, split_back, [piece[0] for piece in pieces], at)


def split_back(gs, shapes, at):
    from .joining import cat
    gs = [gs] if isinstance(gs, Tensor) else gs
    some = next(g for g in gs if g is not None)
    return cat([some.new_zeros(shape) if g is None else g
                for g, shape in zip(gs, shapes)], at)


@operation
def chunk(x, chunks, dim=0):
    """An axis cut into that many pieces, if it is long enough."""
    needs_axes(x, "chunk")
    if chunks <= 0:
        raise RuntimeError(f"an axis is cut into 1 piece or more, not {chunks}")
    n = x.shape[axis(dim, x.ndim)]
    size = -(-n // chunks)
    if not size:
        return split(x, [0] * chunks, dim)
    return split(x, size, dim)


@operation
def tensor_split(x, indices_or_sections, dim=0):
    """An axis cut at the given places, or into pieces that differ by one at most."""
    needs_axes(x, "tensor_split")
    at = axis(dim, x.ndim)
    n, cuts = x.shape[at], indices_or_sections
    if isinstance(cuts, int):
        cuts = [k * (n // cuts) + min(k, n % cuts) for k in range(1, cuts)]
    return tuple(slice_axis(x, at, start, end)
                 for start, end in zip([0, *cuts], [*cuts, n]))


def several(x, pieces, label, slope, *arguments):
    """Views of x that one node made: its slope gets the gradients of all of them."""
    origin = "several" if Mode.grad else "no_grad"
    views = [look(x.storage, *piece, x, origin) for piece in pieces]
    if views and Mode.grad and x.requires_grad:
        first = record(views[0], label, (x, slope, *arguments))
        first.node.results = len(views)
        for nr, piece in enumerate(views):
            piece.node, piece.nr, piece.needs = first.node, nr, True
    return tuple(views)
