"""Views: other shapes, strides and offsets for the same memory. No number moves.

    >>> from . import arange
    >>> x = arange(12).view(3, 4)                        # strides (4, 1)
    >>> x.t().stride(), x[:, 1:].storage_offset(), x[:, None].stride()
    ((1, 4), 1, (4, 4, 1))
    >>> x.view(3, 4).t().view(12)
    Traceback (most recent call last):
    ...
    RuntimeError: a tensor of shape (4, 3) and strides (1, 4) cannot be viewed as (12,): \
its elements in that order are not evenly spaced in memory. reshape() copies them if need be

Each function computes a geometry, and says how a gradient of the view becomes one of
what it is a view of: by the opposite view where all elements are in it, and otherwise by
zeros into which the gradient is written (`put_back`).

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from .graph import record
from .strided import add_into, repeats
from .modes import Mode
from .storage import (Size, broadcast, broadcast_strides, contiguous_strides, layout,
                      numel, reach)
from .tensor import (OPERATIONS, Tensor, axes, axis, look, method, operation, public,
                     shape_of)


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
        raise RuntimeError(f"a tensor of shape {tuple(given)} has {count} elements, and "
                           f"one of shape {shape} has {numel(shape)}")
    return shape


VIEWED = {}


def viewed(old, strides, shape):
    """The strides that read a tensor as another shape, or None if no strides can."""
    key = old, strides, shape
    if key not in VIEWED:
        if len(VIEWED) > 20_000:
            VIEWED.clear()
        VIEWED[key] = restrided(old, strides, shape)
    return VIEWED[key]


def restrided(old, strides, shape):
    """viewed, worked out: axes that lie as one axis would are cut anew."""
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
        if taken != count:                        # an axis would reach into the next run
            return None
    return tuple(reversed(found))


def runs(shape, strides):
    """Axes that lie as one axis would, from the last: (how many numbers, stride) each."""
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
            f"a tensor of shape {tuple(x.shape)} and strides {x.strides} cannot be viewed "
            f"as {shape}: its elements in that order are not evenly spaced in memory. "
            "reshape() copies them if need be")
    return seen(x, shape, strides, x.offset, "ViewBackward0", reshape_back, x.shape)


def contiguous_strides_of(x, shape):
    if x.packed and x.strides == layout(x.shape)[1]:
        return layout(shape)[1]
    return viewed(x.shape, x.strides, shape)


def view_dtype(x, kind):
    """The same bytes as numbers of another dtype: a copy, which PyTorch shares."""
    from .dispatch import dtype_of
    from .storage import Storage
    kind = dtype_of(kind)
    if kind is x.dtype:
        return view(x, x.shape)
    shape = tuple(x.shape)
    if kind.itemsize != x.dtype.itemsize:
        if not shape or shape[-1] * x.dtype.itemsize % kind.itemsize:
            raise RuntimeError(f"the rows of a tensor of shape {shape} and {x.dtype} are "
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
    return reshape(x, shape[:first] + (numel(shape[first:last + 1]),) + shape[last + 1:])


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
    return seen(x, tuple([x.shape[n] for n in keep]), tuple([x.strides[n] for n in keep]),
                x.offset, f"SqueezeBackward{0 if dim is None else 1}", reshape_back,
                x.shape)


@operation
def unsqueeze(x, dim):
    """With another axis, of size 1, at dim."""
    at = axis(dim, x.ndim + 1)
    shape, strides = tuple(x.shape), x.strides
    step = shape[at] * strides[at] if at < x.ndim else 1
    return seen(x, shape[:at] + (1,) + shape[at:], strides[:at] + (step,) + strides[at:],
                x.offset, "UnsqueezeBackward0", reshape_back, x.shape)


# other orders of axes

@operation
def permute(x, *dims):
    """The axes in another order: y's axis n is x's axis dims[n]."""
    dims = shape_of(dims)
    if len(dims) != x.ndim:
        raise RuntimeError(f"permute() names each of the {x.ndim} axes once, not {dims}")
    order = axes(dims, x.ndim)
    return permuted(x, order, "PermuteBackward0")


def permuted(x, order, label):
    shape, strides = x.shape, x.strides
    return seen(x, tuple([shape[n] for n in order]), tuple([strides[n] for n in order]),
                x.offset, label, permute_back, order)


def permute_back(g, order):
    return permuted(g, sorted(range(len(order)), key=order.__getitem__),
                    "PermuteBackward0")


@operation
def transpose(x, dim0, dim1):
    """Two axes exchanged."""
    a, b = axis(dim0, x.ndim), axis(dim1, x.ndim)
    order = list(range(x.ndim))
    if order:
        order[a], order[b] = b, a
    return permuted(x, order, "TransposeBackward0")


@operation
def t(x):
    """The transpose of a matrix; a vector stays as it is."""
    if x.ndim > 2:
        raise RuntimeError(f"t() is of matrices, and this tensor has {x.ndim} axes; "
                           "transpose(a, b) exchanges two of them, and .mT the last two")
    return permuted(x, range(x.ndim)[::-1], "TBackward0")


@operation
def movedim(x, source, destination):
    """Axes moved to other places; the rest keep their order."""
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError("movedim() takes two axes, or two tuples of axes")
    source, destination = axes(source, x.ndim), axes(destination, x.ndim)
    if len(source) != len(destination):
        raise RuntimeError("movedim() needs as many destinations as sources")
    rest = iter([n for n in range(x.ndim) if n not in source])
    places = dict(zip(destination, source))
    return permuted(x, [places[n] if n in places else next(rest) for n in range(x.ndim)],
                    "PermuteBackward0")


def reversed_axes(x):
    return permuted(x, range(x.ndim)[::-1], "PermuteBackward0")


def matrix_transpose(x):
    if x.ndim == 1:
        raise RuntimeError(f".mT exchanges the last two axes, and there are {x.ndim}")
    return transpose(x, -2, -1) if x.shape else x


for name in ("swapaxes", "swapdims"):
    OPERATIONS[name] = transpose
    setattr(Tensor, name, transpose)
OPERATIONS["moveaxis"] = Tensor.moveaxis = movedim


@operation
def adjoint(x):
    """The last two axes exchanged, as .mT."""
    return matrix_transpose(x)


Tensor.T, Tensor.mT = property(reversed_axes), property(matrix_transpose)


# repeated, without memory

@method
def expand(x, *sizes):
    """x repeated along axes of size 1, with stride 0; -1 keeps a size."""
    shape = shape_of(sizes)
    lead = len(shape) - x.ndim
    if lead < 0:
        raise RuntimeError(f"expand{shape} has fewer axes than the tensor's {x.ndim}")
    wanted = tuple([old if n == -1 and at >= lead else n for at, (n, old) in enumerate(
        zip(shape, (1,) * lead + tuple(x.shape)))])
    if wanted and min(wanted) < 0:
        raise RuntimeError(f"expand{shape}: -1 keeps the size of an axis that is there")
    for n, old in zip(wanted[lead:], x.shape):
        if n != old and old != 1:
            raise RuntimeError(
                f"a tensor of shape {tuple(x.shape)} cannot be expanded to {shape}: only "
                "an axis of size 1 can be repeated")
    strides = [stride if n == old else 0
               for n, old, stride in zip(wanted[lead:], x.shape, x.strides)]
    for at in range(lead - 1, -1, -1):
        step = wanted[at + 1] * strides[0] if strides else 1
        strides.insert(0, step if wanted[at] == 1 else 0)
    strides = tuple(strides)
    return seen(x, wanted, strides, x.offset, "ExpandBackward0", expand_back)


def expand_back(g):
    return g    # summed to x's shape by the edge, as for every broadcast


@method
def expand_as(x, other):
    """x repeated to the shape of other."""
    return expand(x, other.shape)


@operation
def broadcast_to(x, *sizes):
    """x repeated to a shape."""
    return expand(x, *sizes)


@public
def broadcast_tensors(*tensors):
    """All tensors repeated to the shape that they have together."""
    shape = broadcast(*[x.shape for x in tensors])
    return tuple(expand(x, shape) for x in tensors)


# parts

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
                x.offset + index % n * strides[at], "SelectBackward0", put_back, x.shape,
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
    return seen(x, shape, strides, offset, "AsStridedBackward0", as_strided_back, x.shape,
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
    return seen(x, (*shape, size), (*strides, step_of), x.offset, "UnfoldBackward0",
                unfold_back, x.shape, at, size, step)


def unfold_back(g, shape, at, size, step):
    strides = contiguous_strides(shape)
    windows = list(strides)
    windows[at] *= step
    return add_into(g.new_zeros(shape), g, tuple(g.shape), (*windows, strides[at]), 0)


# several views at once

@operation
def unbind(x, dim=0):
    """The places on an axis, as a tuple of views without it."""
    at = axis(dim, x.ndim)
    if not x.shape:
        raise IndexError("a 0-d tensor has no axis to take apart")
    shape, strides = tuple(x.shape), x.strides
    rest, steps = shape[:at] + shape[at + 1:], strides[:at] + strides[at + 1:]
    return several(x, [(rest, steps, x.offset + n * strides[at]) for n in range(shape[at])],
                   "UnbindBackward0", unbind_back, rest, at)


def unbind_back(gs, shape, at):
    from .products import stack
    gs = [gs] if isinstance(gs, Tensor) else gs
    some = next(g for g in gs if g is not None)
    return stack([some.new_zeros(shape) if g is None else g for g in gs], at)


@operation
def split(x, split_size_or_sections, dim=0):
    """An axis cut into pieces of one size (the last may be smaller), or of given sizes."""
    needs_axes(x, "split")
    at = axis(dim, x.ndim)
    n, sizes = x.shape[at], split_size_or_sections
    if isinstance(sizes, int):
        if sizes < 0 or sizes == 0 and n:
            raise RuntimeError(f"pieces of {sizes} places, of an axis that has {n}")
        sizes = [min(sizes, n - start) for start in range(0, n, sizes or 1)] or [0]
        label = "SplitBackward0"
    elif sum(sizes) != n or min(sizes, default=0) < 0:
        raise RuntimeError(f"pieces of {list(sizes)} places do not make up an axis of {n}")
    else:
        label = "SplitWithSizesBackward0"
    shape, strides = tuple(x.shape), x.strides
    pieces, start = [], x.offset
    for size in sizes:
        pieces.append((shape[:at] + (size,) + shape[at + 1:], strides, start))
        start += size * strides[at]
    return several(x, pieces, label, split_back, [piece[0] for piece in pieces], at)


def split_back(gs, shapes, at):
    from .products import cat
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


# Size, for those who build shapes

public(Size)


@method
def _broadcast_strides(x, shape):
    return broadcast_strides(x.shape, x.strides, shape)
