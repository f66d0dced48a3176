"""Elements by their places: what an index of whole-number tensors picks or overwrites.

    >>> from . import arange, tensor
    >>> x = arange(12).view(3, 4)                    # strides (4, 1)
    >>> rows, columns = tensor([2, 0]), tensor([1, 1])
    >>> pick(x, {0: rows, 1: columns})               # places 2·4 + 1·1 and 0·4 + 1·1
    tensor([9, 1])
    >>> write(x, {1: tensor([3, 3])}, tensor([1, 1]), True, "index_put_")
    tensor([[ 0,  1,  2,  5],
            [ 4,  5,  6,  9],
            [ 8,  9, 10, 13]])

    where   {axis: whole-number tensor}       B       the tensors' shape, broadcast
    rest    the axes that have none           first   how many of them stay before B

Element x[i, j] is at place i · stride₀ + j · stride₁ of the storage. So any number of
indices becomes one, their sum with the strides as weights, into a view of the storage
whose axis 0 steps by single numbers; the rest of the axes come after it. Then two
kernels do: take(rows, index) and put(rows, index, a), or add_at where equal indices are
to add up.

B comes in place of the axes it picks from where these are neighbours, and else first.

Backwards, an element that was picked twice gets two gradients: the slope of picking is
adding up at the same indices.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import record, records
from .history import check_writable, overwritten
from .modes import Mode
from .storage import (broadcast, broadcast_strides, laid_out_like, layout, numel,
                      reach, shared)
from .tensor import Tensor, empty, wrap
from .views import viewed


KERNELS = "take", "put", "add_at"
SEVERAL = "take_all", "put_all", "add_all"    # where a backend takes indices together


class Picks:
    """Where the elements are that whole-number tensors pick, as kernels can be told."""

    __slots__ = ("picked", "rest", "first", "common", "shape", "rows", "index",
                 "kernels")

    def __init__(self, x, where):
        self.picked = list(where)                  # in ascending order
        self.rest = [n for n in range(len(x.shape)) if n not in where]
        at = self.picked[0]
        together = self.picked[-1] - at == len(where) - 1
        self.first = at if together else 0         # how many axes stay before B
        try:
            self.common = broadcast(*[each.shape for each in where.values()])
        except RuntimeError as error:
            raise IndexError(f"indices of {error}") from None
        before = [x.shape[n] for n in self.rest[:self.first]]
        after = [x.shape[n] for n in self.rest[self.first:]]
        self.shape = (*before, *self.common, *after)

    def find(self, x, where):
        """Set rows and index: rows[index] has the picked elements, B first.

        Where nothing is picked, they stay None.
        """
        self.rows = self.index = None
        if numel(self.common) and 0 in [x.shape[n] for n in where]:
            raise IndexError("an axis that has no place cannot be indexed by "
                             f"{numel(self.common)} numbers")
        if 0 in self.shape:
            return
        backend = x.storage.backend
        shape, strides = [x.shape[n] for n in where], [x.strides[n] for n in where]
        indices = [native_index(index, backend) for index in where.values()]
        self.kernels = KERNELS
        if len(where) == 1:
            [self.index] = indices
        elif "take_all" in backend:
            self.index, self.kernels = indices, SEVERAL
        else:
            for n, stride, axis, places in zip(shape, strides, where, indices):
                places = backend["mul"](from_zero(places, n, axis, backend), stride)
                self.index = (places if self.index is None
                              else backend["add"](self.index, places))
            shape, strides = [reach(shape, strides)], [1]
        if self.picked[-1] == len(where) - 1 == len(shape) - 1:
            self.rows = x.native                   # the first axes, as they are
            return
        self.rows = backend["view"](
            x.storage.buffer, x.dtype, tuple(shape + [x.shape[n] for n in self.rest]),
            tuple(strides + [x.strides[n] for n in self.rest]), x.offset)

    def turned(self, strides):
        """The strides of a result, in the order of axes that rows[index] has."""
        end = self.first + len(self.common)
        return strides[self.first:end] + strides[:self.first] + strides[end:]

    def strides(self, x, where):
        """How PyTorch lays the result out: as x, then as the indices."""
        if self.picked[-1] == len(where) - 1 and in_rows(x) and all(
                [i.shape == self.common and in_rows(i) for i in where.values()]):
            return layout(self.shape)[1]           # the first axes, by plain indices
        steps = [x.strides[n] for n in self.rest]
        before, after = steps[:self.first], steps[self.first:]
        lies = [(*before, *[0] * len(self.common), *after)]
        among = (*[1] * len(before), *self.common, *[1] * len(after))
        for index in where.values():
            own = broadcast_strides(index.shape, index.strides, self.common)
            own = viewed(self.common, own, among)    # sizes of 1 have strides, too
            lies.append(tuple([0 if n == 1 != m else stride
                               for n, m, stride in zip(among, self.shape, own)]))
        return laid_out_like(self.shape, lies)


def native_index(index, backend):
    if index.storage.backend is not backend:
        index = index.to(backend.device)
    if index.dtype is dtypes.int64:
        return index.native
    return backend["cast"](index.native, dtypes.int64)


def from_zero(places, n, axis, backend):
    """Whole numbers from -n to n - 1 -> from 0 to n - 1; IndexError for others."""
    found = backend["outside"](places, -n, n)
    if found is not None:
        raise IndexError(f"index {found} is out of bounds for axis {axis}, which has "
                         f"{n} places")
    extent = backend["extent"](places)
    if extent is None or extent[0] < 0:
        negative = backend["lt"](places, 0)
        places = backend["where"](negative, backend["add"](places, n), places)
    return places


def pick(x, where):
    """The elements of x that where, {axis: whole-number tensor}, picks: a copy."""
    if len(where) == 1 and 0 in where and in_rows(x) and in_rows(where[0]):
        return pick_rows(x, where[0])
    picks = Picks(x, where)
    picks.find(x, where)
    backend = x.storage.backend
    strides = picks.strides(x, where)
    if picks.rows is None:
        y = empty(picks.shape, x.dtype, backend)
    else:
        found = backend[picks.kernels[0]](picks.rows, picks.index)
        if picks.first == 0 and strides == layout(picks.shape)[1]:
            y = wrap(found, x.dtype, backend)
        else:
            y = empty(picks.shape, x.dtype, backend, strides)
            turned = picks.turned(strides)
            target = backend["view"](y.storage.buffer, x.dtype, found.shape, turned, 0)
            backend["copy"](target, found)
    if Mode.grad and x.requires_grad:
        record(y, "IndexBackward0", (x, pick_back, x.shape, tuple(where),
                                     *where.values()))
    return y


def pick_rows(x, index):
    """pick, for a table in row order and an index in row order, as they mostly are."""
    backend = x.storage.backend
    if 0 in x.shape and index.numel() and x.shape[0] == 0:
        raise IndexError("axis 0 has no place that an index could be")
    if 0 in x.shape or 0 in index.shape:
        y = empty((*index.shape, *x.shape[1:]), x.dtype, backend)
    else:
        y = wrap(backend["take"](x.native, native_index(index, backend)), x.dtype,
                 backend)
    if Mode.grad and x.requires_grad:
        record(y, "IndexBackward0", (x, pick_back, x.shape, (0,), index))
    return y


def in_rows(x):
    return x.strides == layout(x.shape)[1]


def pick_back(g, shape, axes, *tensors):
    """Toward what was picked from: zeros, to which each gradient is added."""
    whole = g.new_zeros(shape)
    if axes == (0,) and not Mode.grad and in_rows(g) and g.numel():
        backend = g.storage.backend
        backend["add_at"](whole.native, native_index(tensors[0], backend), g.native)
        return whole
    return write(whole, dict(zip(axes, tensors)), g, True, "index_put_")


def write(x, where, value, accumulate, name):
    """Put value, a number or a tensor, where `where` picks, or add it there; x."""
    check_writable(x, name, value)
    picks = Picks(x, where)
    picks.find(x, where)
    backend = x.storage.backend
    native = value
    if isinstance(value, Tensor):
        if value.dtype is not x.dtype:
            raise RuntimeError(f"{name} writes numbers of the same dtype, and not "
                               f"{value.dtype} into {x.dtype}")
        if value.storage is x.storage and shared(x, value) in ("all", "part"):
            raise RuntimeError(f"{name} would read from memory that it writes to: "
                               "clone() the value first")
        if value.storage.backend is not backend:
            value = value.to(x.device)
        if value.shape != picks.shape and not fits(value.shape, picks.shape):
            raise RuntimeError(f"a tensor of shape {tuple(value.shape)} does not "
                               f"broadcast to {picks.shape}, which the index picks")
        strides = broadcast_strides(value.shape, value.strides, picks.shape)
        native = backend["view"](value.storage.buffer, value.dtype,
                                 picks.turned(picks.shape), picks.turned(strides),
                                 value.offset)
    if picks.rows is not None:
        backend[picks.kernels[2 if accumulate else 1]](picks.rows, picks.index, native)
    if not records(x, value):
        x.storage.version += 1
        return x
    y = x.alias()
    axes, tensors = tuple(where), tuple(where.values())
    kept = (x, keep) if accumulate else (x, put_zero, axes, *tensors)
    record(y, "IndexPutBackward0", kept, (value, picked, axes, *tensors))
    return overwritten(x, y, name)


def fits(shape, target):
    try:
        return broadcast(shape, target) == target
    except RuntimeError:
        return False


def keep(g):
    return g


def put_zero(g, axes, *tensors):
    """Toward what was overwritten: no gradient where it was."""
    return write(g.clone(), dict(zip(axes, tensors)), 0, False, "index_put_")


def picked(g, axes, *tensors):
    """Toward what was written: the gradient of the places that it was written to."""
    return pick(g, dict(zip(axes, tensors)))


def write_where(x, mask, number):
    """Put one number where a mask of x's own shape is true. Returns x."""
    check_writable(x, "index_put_")
    backend = x.storage.backend
    if mask.storage.backend is not backend:
        mask = mask.to(x.device)
    backend["where"](mask.native, number, x.native, x.native)
    if not records(x):
        x.storage.version += 1
        return x
    y = x.alias()
    record(y, "IndexPutBackward0", (x, where_zero, mask))
    return overwritten(x, y, "index_put_")


def where_zero(g, mask):
    return g.masked_fill(mask, 0)
