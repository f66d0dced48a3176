"""Brackets: x[2, 1:, None], x[mask], x[rows, columns], and writing through them.

    >>> from . import arange, tensor
    >>> x = arange(12).view(3, 4)
    >>> x[1:, ::2].stride(), x[1:, ::2].storage_offset()    # a view: no number moves
    ((4, 2), 4)
    >>> x[tensor([2, 0]), tensor([1, 1])]                   # a copy: x[2, 1], x[0, 1]
    tensor([9, 1])
    >>> x[x > 8] = 0
    >>> x[0] += 100
    >>> x
    tensor([[100, 101, 102, 103],
            [  4,   5,   6,   7],
            [  8,   0,   0,   0]])

Integers, slices, None and ... only choose where to begin and how far to step: the
result is a view. Masks, lists and tensors of whole numbers pick any elements in any
order (picking.py): the result is a copy. A mask stands for the indices of its true
elements. In an index that has both, the view is taken first, and picked from; here
PyTorch differs from NumPy, for which an integer is one more tensor: x[0, :, rows] has
the axis of rows last here, and first there.

x[index] += y is x[index] = x[index] + y, so an element that is picked twice is
increased once. index_put_(..., accumulate=True) and index_add_ add twice.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import operator
import warnings

from . import dtypes
from .modes import Mode
from .picking import Picks, pick, write, write_where
from .tensor import Tensor, method, operation
from .slicing import select
from .views import put_back, seen

EVERY = slice(None)
WHOLE = dtypes.int64, dtypes.int32
MASKS = dtypes.bool_, dtypes.uint8
ONE_AXIS = {int, slice}    # the classes of what is neither a mask nor an array


# what an index means

def get(x, index):
    """x[index]: a view where the index allows one, otherwise a copy."""
    kind = index.__class__
    if kind is int:
        return select(x, 0, index)
    if kind is Tensor and index.dtype is dtypes.int64 and index.shape and x.shape:
        return pick(x, {0: index})
    view, where = planned(x, index)
    return pick(view, where) if where else view


def put(x, index, value):
    """x[index] = value, a number or a tensor that broadcasts to x[index]'s shape."""
    if not isinstance(value, Tensor):
        value = as_number(value, x)
    if index is False:
        return                                     # no element is meant
    if index is True:
        index = None                               # all of them, with one more axis
    if index.__class__ is Tensor and index.dtype is dtypes.bool_ and (
            index.shape == x.shape and not isinstance(value, Tensor)):
        write_where(x, index, value)
        return
    view, where = planned(x, index)
    if not where:
        if isinstance(value, Tensor):
            view.copy_(without_leading_ones(value, view.ndim))
        else:
            view.fill_(value)
        return
    if isinstance(value, Tensor):
        if value.dtype is not x.dtype and value.numel() == 1 and one_mask(index):
            value = value.to(x.dtype)              # as masked_fill converts it
        ndim = len(Picks(view, where).shape)
        value = without_leading_ones(value, ndim)
    write(view, where, value, False, "index_put_")


def one_mask(index):
    """Whether an index has a mask, and no other tensor or list, nor True."""
    tensors = [part for part in as_parts(index) if isinstance(part, (Tensor, bool))]
    return len(tensors) == 1 and is_mask(tensors[0]) and tensors[0].ndim > 0


def planned(x, index):
    """x and an index -> the view of x, and {axis of the view: whole-number tensor}."""
    parts, used = as_parts(index), 0
    for part in parts:
        if part.__class__ in ONE_AXIS:
            used += 1
        elif part is not None and part is not Ellipsis and part.__class__ is not bool:
            used += part.ndim if is_mask(part) else 1
    old, steps, ndim = x.shape, x.strides, len(x.shape)
    if used > ndim:
        if index.__class__ is slice:
            stretch(index, 0)                      # which may be wrong itself
        raise IndexError(f"too many indices: {used}, for a tensor of {ndim} axes")
    shape, strides, offset, where = [], [], x.offset, {}
    plain, label, at = [], None, 0                 # at: the axis of x that comes next
    for part in parts:
        kind = part.__class__
        if part is Ellipsis:
            rest = range(at, min(at + ndim - used, ndim))
            shape += [old[n] for n in rest]
            strides += [steps[n] for n in rest]
            plain += [EVERY] * len(rest)
            at += ndim - used
        elif part is None or kind is bool or kind not in ONE_AXIS and (
                is_mask(part) and not part.shape):
            if part is None:
                label = "UnsqueezeBackward0"
            else:
                where[len(shape)] = x.new_tensor([0] * bool(part), dtype=dtypes.int64)
            shape.append(1)
            strides.append(old[at] * steps[at] if at < ndim else 1)
            plain.append(None)
        elif at >= ndim:
            raise IndexError(f"too many indices for a tensor of {ndim} axes")
        elif kind is slice:
            first, count, step, every = stretch(part, old[at])
            if not every or index.__class__ is slice:
                label = "SliceBackward0"
            offset += first * steps[at]
            shape.append(count)
            strides.append(steps[at] * step)
            plain.append(part)
            at += 1
        elif kind is not int and isinstance(part, Tensor) and part.shape:
            for column in columns(part, old, at) if is_mask(part) else [part]:
                where[len(shape)] = column
                shape.append(old[at])
                strides.append(steps[at])
                plain.append(EVERY)
                at += 1
        else:
            place = whole(part, old[at], at)
            label = "SelectBackward0"
            offset += place * steps[at]
            plain.append(place)
            at += 1
    if where and label is None and None not in plain:
        return x, where                            # no view in between
    shape += old[at:]
    strides += steps[at:]
    view = seen(x, tuple(shape), tuple(strides), offset, label or "AliasBackward0",
                put_back, old, again, tuple(plain))
    return view, where


def is_mask(part):
    return isinstance(part, Tensor) and part.dtype in MASKS


def again(x, plain):
    """The view of x that an index of integers, slices and None stands for."""
    return planned(x, plain)[0]


def as_parts(index):
    """What stands in the brackets, as a list with lists made tensors."""
    if index.__class__ is list and len(index) < 32 and any(
            isinstance(part, (slice, list, tuple, Tensor)) or part is None
            or part is Ellipsis for part in index):
        warnings.warn("x[[a, b]] with slices or lists in a list is read as x[a, b]; "
                      "write x[tuple(...)]", stacklevel=5)
        index = tuple(index)
    parts = list(index) if isinstance(index, tuple) else [index]
    for n, part in enumerate(parts):
        if part.__class__ in ONE_AXIS or part is None or part is Ellipsis:
            continue
        if isinstance(part, Tensor):
            if part.shape and part.dtype not in WHOLE and part.dtype not in MASKS:
                raise IndexError("a tensor used as an index is a mask or holds int64 "
                                 f"or int32, and this one is of {part.dtype}")
        elif isinstance(part, (list, tuple, range)) or (
                hasattr(part, "__array__") and part.ndim):
            parts[n] = as_index(part)
        elif part.__class__ is str:
            raise TypeError(f"{part!r} is no index of a tensor")
    return parts


def as_index(part):
    """A list of whole numbers or of bools, or an array, as a tensor."""
    from .creation import as_tensor, tensor
    if isinstance(part, (list, tuple, range)):
        part = list(part)
        return tensor(part) if part else tensor(part, dtype=dtypes.int64)
    return as_tensor(part)


def whole(part, n, axis):
    """An integer of the index, from -n to n - 1, as one from 0."""
    if part.__class__ is int:
        if -n <= part < n:
            return part % n
    elif not hasattr(part, "__index__") or isinstance(part, Tensor) and (
            part.dtype.category != 1):
        what = part.dtype if isinstance(part, Tensor) else type(part).__name__
        raise IndexError("an index is an integer, a slice, ..., None, a mask or a "
                         f"tensor of whole numbers, and not a {what}")
    place = part.__index__()
    if not -n <= place < n:
        raise IndexError(f"index {place} is out of bounds for axis {axis}, which has "
                         f"{n} places")
    return place % n


def stretch(part, n):
    """A slice of an axis of n -> first place, how many, step, and whether it is a :."""
    if part == EVERY:
        return 0, n, 1, True
    step = 1 if part.step is None else operator.index(part.step)
    if step <= 0:
        raise ValueError(f"the step of a slice of a tensor is 1 or more, not {step}; "
                         "flip() turns an axis round")
    start = 0 if part.start is None else operator.index(part.start)
    stop = n if part.stop is None else operator.index(part.stop)
    places = range(*slice(start, stop, step).indices(n))
    return (min(places.start, n), len(places), step,
            start == 0 and stop >= n and step == 1)


def columns(mask, shape, at):
    """A mask as one tensor of whole numbers per axis: where its true elements are."""
    if mask.dtype is dtypes.uint8:
        warnings.warn("a mask of dtype uint8 is deprecated: use bool", stacklevel=6)
    for axis, n in enumerate(mask.shape):
        if shape[at + axis] != n:
            raise IndexError(f"a mask of shape {tuple(mask.shape)} for axes of sizes "
                             f"{tuple(shape[at:at + mask.ndim])}")
    return mask.nonzero(as_tuple=True)


def without_leading_ones(value, ndim):
    """(1, 1, 3) can be written where (3) can."""
    extra = value.ndim - ndim
    if extra > 0 and all(n == 1 for n in value.shape[:extra]):
        return value.reshape(tuple(value.shape)[extra:])
    return value


def as_number(value, x):
    """A Python number for a tensor of x's dtype; TypeError for what is no number."""
    if isinstance(value, complex):
        raise RuntimeError("scratch.torch has no complex numbers")
    if isinstance(value, int) and not -2 ** 63 <= value < 2 ** 64:
        raise ValueError(f"{value} does not fit into 64 bits")
    if isinstance(value, (bool, int, float)) or hasattr(value, "__float__") and (
            not getattr(value, "shape", ())):
        number = value if isinstance(value, (bool, int)) else float(value)
        kind = x.dtype
        if kind is dtypes.bfloat16:
            return dtypes.rounded(float(number), kind)
        if kind.category == 1 and number != number:
            raise RuntimeError(f"{number} is not a whole number, as {kind} holds")
        return float(number) if kind.category == 2 else (
            bool(number) if kind.category == 0 else int(number))
    raise TypeError(f"a {type(value).__name__} cannot be assigned to elements of a "
                    "tensor; a number or a tensor can")


def no_deletion(x, index):
    raise TypeError("a tensor keeps its elements; x[mask] picks some of them")


# the public names

Tensor.__getitem__, Tensor.__setitem__, Tensor.__delitem__ = get, put, no_deletion


def spelled(x, indices):
    """The indices of index_put, tensors or None for each axis -> {axis: tensor}."""
    if isinstance(indices, Tensor):
        raise TypeError("indices are a tuple of tensors, one for each axis")
    view, where = planned(x, tuple(EVERY if each is None else each for each in indices))
    return where


@method
def index_put_(x, indices, values, accumulate=False):
    """x[indices] = values, or += with accumulate, where equal indices add up."""
    return write(x, spelled(x, indices), values, accumulate, "index_put_")


@operation
def index_put(x, indices, values, accumulate=False):
    """A copy of x in which x[indices] is values."""
    y = index_put_(x.clone(), indices, values, accumulate)
    y.storage.version = Mode.version
    return y
