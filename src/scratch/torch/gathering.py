"""Gather and scatter: elements by their number along one axis.

    >>> from . import tensor, zeros
    >>> x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)    # (2, 3)
    >>> y = x.gather(1, tensor([[2, 2], [0, 1]]))     # y[i, j] = x[i, index[i, j]]
    >>> y.tolist()
    [[3.0, 3.0], [4.0, 5.0]]
    >>> y.sum().backward()
    >>> x.grad.tolist()             # the slope of a gather is a scatter that adds
    [[0.0, 0.0, 2.0], [1.0, 1.0, 0.0]]

    gather, scatter             an index for every element of the result
    index_select, index_add     an index for whole rows, or other places along an axis

An index is from 0 to n - 1 here; brackets and take() count from the end as well.

Left out: scatter_reduce and sparse gradients.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import record, records
from .inplace import inplace
from .operands import native, same_device
from .picking import pick
from .storage import broadcast
from .tensor import Tensor, axis, empty, operation, public, wrap

int64 = dtypes.int64


def whole_numbers(index, name):
    if index.dtype is not int64 and index.dtype is not dtypes.int32:
        raise RuntimeError(f"{name}() takes int64 or int32 as indices, not "
                           f"{index.dtype}")


def check_index(index, x, at, name, error=RuntimeError):
    """An error unless all numbers are places on an axis."""
    whole_numbers(index, name)
    if not index.numel():
        return
    n = x.shape[at] if x.shape else 1
    if not n:    # known without a look at the numbers, for which a GPU would stop
        raise error(f"{name}(): axis {at} has no places, and the index {index.numel()}")
    found = index.storage.backend["outside"](index.native, 0, n)
    if found is not None:
        raise error(f"{name}(): index {found} on axis {at}, whose places are numbered "
                    f"from 0 to {n - 1}")


def fits_around(index, x, at, name):
    if not index.numel():
        return
    if max(index.ndim, 1) != max(x.ndim, 1):
        raise RuntimeError(f"{name}() needs as many axes in the index, {index.ndim}, "
                           f"as in the tensor, {x.ndim}")
    for n, (own, most) in enumerate(zip(index.shape, x.shape)):
        if n != at and own > most:
            raise RuntimeError(f"{name}(): the index has {own} places on axis {n}, and "
                               f"the tensor {most}")


def as_int64(index):
    return index.native if index.dtype is int64 else index.to(int64).native


@operation
def gather(x, dim, index, *, sparse_grad=False):
    """y[i, j] = x[i, index[i, j]] along an axis; y has the shape of the index."""
    at = axis(dim, x.ndim)
    whole_numbers(index, "gather")
    fits_around(index, x, at, "gather")
    check_index(index, x, at, "gather")
    backend = same_device(x, index)
    y = wrap(backend["gather"](x.native, at, as_int64(index)), x.dtype, backend)
    if records(x):
        record(y, "GatherBackward0", (x, gather_back, x.shape, at, index))
    return y


def gather_back(g, shape, at, index):
    return g.new_zeros(shape).scatter_add(at, index, g)


def copy_of(x):
    """A copy without history, row after row."""
    backend = x.storage.backend
    y = empty(x.shape, x.dtype, backend)
    backend["copy"](y.native, x.native)
    return y


def prepared(name, x, dim, index, src):
    """Check what scatter and scatter_add are given -> the axis, from 0."""
    at = axis(dim, x.ndim)
    whole_numbers(index, name)
    fits_around(index, x, at, name)
    if isinstance(src, Tensor):
        if src.dtype is not x.dtype:
            raise RuntimeError(f"{name}() of {src.dtype} into {x.dtype}")
        fits_around(index, src, None, name)
    check_index(index, x, at, name)
    return at


@operation
def scatter(x, dim, index, src=None, *, value=None, reduce=None):
    """x, with y[i, index[i, j]] = src[i, j] along an axis; src may be a number."""
    src = value if src is None else src
    if reduce == "add":
        src = src if isinstance(src, Tensor) else x.new_full(index.shape, src)
        return scatter_add(x, dim, index, src)
    if reduce is not None:
        raise NotImplementedError(f"scratch.torch scatters with reduce='add', not "
                                  f"{reduce!r}")
    at = prepared("scatter", x, dim, index, src)
    backend = same_device(x, index)
    y = copy_of(x)
    if index.numel():
        backend["scatter"](y.native, at, as_int64(index), native(src, x.dtype, backend))
    if records(x, src):
        label = f"ScatterBackward{0 if isinstance(src, Tensor) else 1}"
        record(y, label, (x, lambda g, at, index: g.scatter(at, index, 0), at, index),
               (src, back_to_source, at, index, getattr(src, "shape", None)))
    return y


def back_to_source(g, at, index, shape):
    """g at the indices, in the first corner of zeros if the source is larger."""
    g = g.gather(at, index)
    if g.shape == shape:
        return g
    part = y = g.new_zeros(shape)
    for at, n in enumerate(g.shape):
        part = part.narrow(at, 0, n)
    part.copy_(g)
    return y


@operation
def scatter_add(x, dim, index, src):
    """x, with src[i, j] added at [i, index[i, j]]; what falls together adds up."""
    if not isinstance(src, Tensor):
        raise TypeError(f"scatter_add() adds a tensor, not {src!r:.40}")
    at = prepared("scatter_add", x, dim, index, src)
    backend = same_device(x, index, src)
    y = copy_of(x)
    if index.numel():
        backend["scatter_add"](y.native, at, as_int64(index), src.native)
    if records(x, src):
        record(y, "ScatterAddBackward0", (x, unchanged),
               (src, back_to_source, at, index, src.shape))
    return y


def unchanged(g):
    return g


def along_first(x, at):
    """The native of x with one axis first, of a number as of a vector of one."""
    if not x.shape:
        return x.detach().reshape(1).native
    return x.native if at == 0 else x.detach().movedim(at, 0).native


@operation
def index_select(x, dim, index):
    """The places on an axis that a vector of numbers names, in its order."""
    at = axis(dim, x.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select() takes a vector of places, not "
                         f"{index.ndim} axes of them")
    check_index(index, x, at, "index_select",
                RuntimeError if x.ndim > 1 and not x.numel() else IndexError)
    backend = same_device(x, index)
    index = index.reshape(1) if not index.shape else index
    y = wrap(backend["take"](along_first(x, at), as_int64(index)), x.dtype, backend)
    if not x.shape:
        y = y.reshape(()).detach()
    elif at:
        y = copy_of(y.movedim(0, at))
    if records(x):
        record(y, "IndexSelectBackward0", (x, index_select_back, x.shape, at, index))
    return y


def index_select_back(g, shape, at, index):
    return g.new_zeros(shape).index_add(at, index, g)


@operation
def index_add(x, dim, index, source, *, alpha=1):
    """x, with the places of source added where index says; equal ones add up."""
    at = axis(dim, x.ndim)
    places = source.shape[at] if source.shape else 1
    if source.dtype is not x.dtype:
        raise RuntimeError(f"index_add() of {source.dtype} into {x.dtype}")
    if index.numel() != places:
        raise RuntimeError(f"index_add(): {index.numel()} numbers of places, and "
                           f"{places} places in source")
    if x.shape[:at] + x.shape[at + 1:] != source.shape[:at] + source.shape[at + 1:]:
        raise RuntimeError(f"index_add(): the shapes {tuple(x.shape)} and "
                           f"{tuple(source.shape)} differ on other axes than {at}")
    check_index(index, x, at, "index_add")
    backend = same_device(x, index, source)
    index, y = index.reshape(-1), copy_of(x)
    more = source if alpha == 1 else source.detach() * alpha
    if more.numel():
        backend["add_at"](along_first(y, at), as_int64(index), along_first(more, at))
    if records(x, source):
        record(y, "IndexAddBackward0", (x, unchanged),
               (source, index_add_back, at, index, source.shape, alpha))
    return y


def index_add_back(g, at, index, shape, alpha):
    g = g.index_select(at, index).reshape(shape)
    return g if alpha == 1 else g * alpha


@operation
def index_copy(x, dim, index, source):
    """x, with the places that index names replaced by those of source."""
    at = axis(dim, x.ndim)
    check_index(index, x, at, "index_copy", IndexError)
    shape = [1] * x.ndim
    shape[at:at + 1] = [-1] * bool(x.shape)
    return x.scatter(at, index.reshape(shape).expand_as(source), source)


@operation
def index_fill(x, dim, index, value):
    """x, with one number at the places that index names, from either end."""
    at = axis(dim, x.ndim)
    n = x.shape[at] if x.shape else 1
    index = index + n * (index < 0)
    check_index(index, x, at, "index_fill", IndexError)
    if isinstance(value, Tensor):
        if value.shape:
            raise RuntimeError("index_fill() writes one number, and value has the "
                               f"shape {tuple(value.shape)}")
        value = value.item()
    shape, whole = [1] * x.ndim, list(x.shape)
    if x.shape:
        shape[at], whole[at] = -1, index.numel()
    return x.scatter(at, index.reshape(shape).expand(whole), value)


@operation
def take(x, index):
    """Elements by their number, from either end, as if x had one axis."""
    if index.dtype is not int64:
        raise RuntimeError(f"take() takes int64 indices, not {index.dtype}")
    return pick(x.reshape(-1), {0: index}).contiguous()


@public
def take_along_dim(x, indices, dim=None):
    """gather() with the other axes broadcast, and indices from either end."""
    if dim is None:
        return x.reshape(-1).take(indices.reshape(-1))
    at = axis(dim, x.ndim)
    around = list(broadcast(x.shape[:at] + (1,) + x.shape[at + 1:],
                            indices.shape[:at] + (1,) + indices.shape[at + 1:]))
    wide, long = list(around), list(around)
    wide[at], long[at] = x.shape[at], indices.shape[at]
    indices = indices + x.shape[at] * (indices < 0)
    return x.expand(wide).gather(at, indices.expand(long))


for each in (scatter, scatter_add, index_add, index_copy, index_fill):
    inplace(each)
