"""Views: other shapes, strides and offsets for the same memory. No number moves.

    >>> from . import arange
    >>> x = arange(12).view(3, 4)                        # strides (4, 1)
    >>> x.t().stride(), x[:, 1:].storage_offset(), x[:, None].stride()
    ((1, 4), 1, (4, 4, 1))
    >>> x.view(3, 4).t().view(12)
    Traceback (most recent call last):
    ...
    RuntimeError: shape (4, 3) with strides (1, 4) cannot be viewed as (12,): its \
elements in that order are not evenly spaced in memory. reshape() copies them if need be

Each function computes a geometry, and says how a gradient of the view becomes one of
what it is a view of: by the opposite view where all elements are in it, and otherwise
by zeros into which the gradient is written (`put_back`).

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from .dispatch import dtype_of
from .graph import record
from .modes import Mode
from .storage import Size, Storage, contiguous_strides, layout, numel
from .tensor import axes, axis, look, method, operation, public, shape_of


def seen(x, shape, strides, offset, label, slope, *arguments, origin=None):
    """A view of x, recorded if x needs a gradient."""
    if x.base is not None and x.origin is not None:
        origin = x.origin
    if not Mode.grad:
        return look(x.storage, shape, strides, offset, x, origin or "no_grad")
    y = look(x.storage, shape, strides, offset, x, origin)
    if x.needs or x.base is not None and x.base.needs:
        record(y, label, (x, slope, *arguments))
    return y


def needs_axes(x, name):
    if not x.shape:
        raise RuntimeError(f"{name}() is of a tensor with axes, and a number has none")


def put_back(g, shape, view, *arguments):
    """Zeros of the shape that was viewed, and g where the view reads."""
    whole = g.new_zeros(shape)
    view(whole, *arguments).copy_(g)
    return whole


def reshape_back(g, shape):
    return g.reshape(shape)


# another shape

def fill_in(shape, count, given):
    """shape with its -1 replaced by what makes it hold count numbers."""
    if -1 in shape:
        at = shape.index(-1)
        rest = numel(shape[:at] + shape[at + 1:])
        if -1 in shape[at + 1:]:
            raise RuntimeError("only one size can be -1, to be worked out")
        if rest == 0:
            raise RuntimeError(f"in {shape} the -1 could be anything, since there are "
                               "no elements")
        if rest < 0 or count % rest:
            raise RuntimeError(f"{count} elements do not fit into the shape {shape}")
        shape = shape[:at] + (count // rest,) + shape[at + 1:]
    if shape and min(shape) < 0:
        raise RuntimeError(f"{shape} has a negative size")
    if numel(shape) != count:
        raise RuntimeError(f"a tensor of shape {tuple(given)} has {count} elements, "
                           f"and one of shape {shape} has {numel(shape)}")
    return shape


VIEWED = {}


def viewed(old, strides, shape):
    """restrided, remembered: most shapes come again."""
    key = old, strides, shape
    if key not in VIEWED:
        if len(VIEWED) > 20_000:
            VIEWED.clear()
        VIEWED[key] = restrided(old, strides, shape)
    return VIEWED[key]


def restrided(old, strides, shape):
    """The strides that read a tensor as another shape, or None if no strides can.

    Axes that lie in memory as one axis would are joined, and cut anew.
    """
    if 0 in old:
        return strides if old == shape else contiguous_strides(shape)
    if not old:
        return (1,) * len(shape)
    found, wanted = [], list(shape)
    for count, step in runs(old, strides):        # from the last axes to the first
        taken = 1
        while wanted and (taken < count or wanted[-1] == 1):
            found.append(taken * step)
            taken *= wanted.pop()
        if taken != count:                    # an axis would reach into the next run
            return None
    return tuple(reversed(found))


def runs(shape, strides):
    """Axes that lie as one axis would, from the last: (how many, stride) each."""
    count, step = 1, strides[-1]
    for n, before, after in zip(shape[::-1], [*shape[-2::-1], None],
                                [*strides[-2::-1], None]):
        count *= n
        if before is None or before != 1 and after != count * step:
            yield count, step
            count, step = 1, after


@method
def view(x, *sizes):
    """x read in another shape, or (view(dtype)) its bytes as another dtype."""
    if len(sizes) == 1 and not isinstance(sizes[0], (int, tuple, list)):
        if hasattr(sizes[0], "itemsize"):
            return view_dtype(x, sizes[0])
    shape = fill_in(shape_of(sizes), x.numel(), x.shape)
    strides = contiguous_strides_of(x, shape)
    if strides is None:
        raise RuntimeError(
            f"shape {tuple(x.shape)} with strides {x.strides} cannot be viewed as "
            f"{shape}: its elements in that order are not evenly spaced in memory. "
            "reshape() copies them if need be")
    return seen(x, shape, strides, x.offset, "ViewBackward0", reshape_back, x.shape)


def contiguous_strides_of(x, shape):
    if x.packed and x.strides == layout(x.shape)[1]:
        return layout(shape)[1]
    return viewed(x.shape, x.strides, shape)


def view_dtype(x, kind):
    """The same bytes as numbers of another dtype: a copy, which PyTorch shares."""
    kind = dtype_of(kind)
    if kind is x.dtype:
        return view(x, x.shape)
    shape = tuple(x.shape)
    if kind.itemsize != x.dtype.itemsize:
        if not shape or shape[-1] * x.dtype.itemsize % kind.itemsize:
            raise RuntimeError(f"the rows of a tensor of shape {shape}, {x.dtype}, are "
                               f"no whole numbers of {kind}")
        shape = *shape[:-1], shape[-1] * x.dtype.itemsize // kind.itemsize
    backend = x.storage.backend
    buffer = backend["from_bytes"](backend["to_bytes"](x.native, x.dtype), kind)
    return look(Storage(buffer, kind, backend), shape, layout(shape)[1], 0)


@operation
def reshape(x, *sizes):
    """x in another shape: a view if strides can do it, otherwise a copy."""
    shape = fill_in(shape_of(sizes), x.numel(), x.shape)
    strides = contiguous_strides_of(x, shape)
    if strides is None:
        y = x.clone(memory_format="contiguous")
        z = look(y.storage, shape, layout(shape)[1], 0)    # of a copy: no view of x
        if y.needs:
            record(z, "UnsafeViewBackward0", (y, reshape_back, y.shape))
        return z
    return seen(x, shape, strides, x.offset, "ViewBackward0", reshape_back, x.shape)


@method
def view_as(x, other):
    """x read in the shape of other."""
    return view(x, other.shape)


@method
def reshape_as(x, other):
    """x in the shape of other."""
    return reshape(x, other.shape)


@operation
def flatten(x, start_dim=0, end_dim=-1):
    """The axes from start_dim to end_dim made one."""
    first, last = axis(start_dim, x.ndim), axis(end_dim, x.ndim)
    if first > last:
        raise RuntimeError(f"start_dim {first} comes after end_dim {last}")
    if not x.shape:
        return reshape(x, 1)
    if first == last:
        return x
    shape = tuple(x.shape)
    return reshape(x,
                   shape[:first] + (numel(shape[first:last + 1]),) + shape[last + 1:])


@operation
def ravel(x):
    """All elements on one axis, one after the other in memory."""
    return view(x.contiguous(), -1)


@operation
def unflatten(x, dim, sizes):
    """One axis cut into several."""
    needs_axes(x, "unflatten")
    at = axis(dim, x.ndim)
    sizes = fill_in(shape_of((sizes,)), x.shape[at], (x.shape[at],))
    return view(x, tuple(x.shape)[:at] + sizes + tuple(x.shape)[at + 1:])


@operation
def squeeze(x, dim=None):
    """Without axes of size 1: all such, or those named."""
    named = range(x.ndim) if dim is None else axes(dim, x.ndim)
    named = named if x.shape else ()
    gone = {n for n in named if x.shape[n] == 1}
    keep = [n for n in range(x.ndim) if n not in gone]
    return seen(x, tuple([x.shape[n] for n in keep]),
                tuple([x.strides[n] for n in keep]),
                x.offset, f"SqueezeBackward{0 if dim is None else 1}", reshape_back,
                x.shape)


@operation
def unsqueeze(x, dim):
    """With another axis, of size 1, at dim."""
    at = axis(dim, x.ndim + 1)
    shape, strides = tuple(x.shape), x.strides
    step = shape[at] * strides[at] if at < x.ndim else 1
    return seen(x, shape[:at] + (1,) + shape[at:],
                strides[:at] + (step,) + strides[at:],
                x.offset, "UnsqueezeBackward0", reshape_back, x.shape)


public(Size)
