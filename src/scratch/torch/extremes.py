"""The largest, the smallest, and all in order: max, argmax, amax, sort, topk, median.

    >>> from . import tensor
    >>> x = tensor([[1.0, 2.0, 6.0], [3.0, 3.0, 0.0]], requires_grad=True)
    >>> x.max(1)
    torch.return_types.max(
    values=tensor([6., 3.], grad_fn=<MaxBackward0>),
    indices=tensor([2, 0]))
    >>> x.amax(1).sum().backward(); x.grad.tolist()
    [[0.0, 0.0, 1.0], [0.5, 0.5, 0.0]]

The slope of a maximum goes to the number that won: along an axis to the first of equal
ones, the one whose index is returned; over several axes, or over the whole tensor, to
all of them in equal parts. NaN wins.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from collections import namedtuple
import math

from . import dtypes
from .choosing import where
from .graph import OUTPUT, record, records
from .operands import alike
from .reductions import reduce, some_axes, spread
from .tensor import OPERATIONS, Tensor, axis, operation, wrap

bool_, int64 = dtypes.bool_, dtypes.int64


def no_elements(x, name, dims=None, kind=RuntimeError):
    """An error if an extreme is asked for where there are no numbers."""
    if 0 in x.shape:
        if 0 in (x.shape if dims is None else [x.shape[n] for n in dims]):
            raise (IndexError if dims is not None and len(dims) < x.ndim else kind)(
                f"{name}() of nothing: the shape is {tuple(x.shape)}")


def result_tuple(name, *fields):
    """What x.max(dim) and its like return: a named tuple that prints as PyTorch's."""
    made = namedtuple(name, fields)

    def __repr__(self):
        inner = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self))
        return f"torch.return_types.{name}(\n{inner})"
    made.__repr__ = __repr__
    made.__module__ = "torch.return_types"
    return made


def extreme(name):
    """max or min: of all, along an axis (values, indices), or of two tensors."""
    returned = result_tuple(name, "values", "indices")
    arg, label = f"arg{name}", f"{name.capitalize()}Backward"

    def function(x, dim=None, keepdim=False, *, other=None):
        if isinstance(dim, Tensor) or other is not None:
            return OPERATIONS[f"{name}imum"](x, dim if other is None else other)
        backend = x.storage.backend
        if keepdim.__class__ is not bool:
            raise TypeError(f"keepdim is True or False, not {keepdim!r}")
        if dim is None:
            no_elements(x, name)
            y = wrap(backend[name](x.native, tuple(range(x.ndim)), False), x.dtype,
                     backend)
            if records(x):
                record(y, label + "1", (x, evenly, x, OUTPUT, None, False))
            return y
        at = axis(dim, x.ndim)
        no_elements(x, name, (at,), IndexError)
        if not x.shape:
            indices = x.new_zeros((), dtype=int64)
            values = x.clone()
            if records(x):
                record(values, label + "0", (x, unchanged))
            return returned(values, indices)
        indices = wrap(backend[arg](x.native, at, True), int64, backend)
        values = wrap(backend[name](x.native, (at,), keepdim), x.dtype, backend)
        if records(x):
            record(values, label + "0", (x, to_place, x.shape, at, indices, keepdim))
        return returned(values, indices if keepdim else indices.squeeze(at).detach())

    function.__name__ = function.__qualname__ = name
    function.__doc__ = (f"The {name} of all; along an axis, (values, indices); of two "
                        "tensors, number by number.")
    return operation(function)


def unchanged(g):
    return g


def to_place(g, shape, at, indices, keepdim):
    """The gradient of a value goes to the place that it came from."""
    g = g if keepdim else g.unsqueeze(at)
    return g.new_zeros(shape).scatter(at, indices, g)


def evenly(g, x, y, dims, keepdim):
    """The gradient goes to all that equal the extreme, in equal parts."""
    if dims is not None:
        y, g = spread(y, x.shape, dims, keepdim), spread(g, x.shape, dims, keepdim)
        winners = x == y
        return winners * (g / winners.sum(dims, keepdim=True))
    winners = x.isnan() if bool(y.isnan()) else x == y
    return where(winners, g / winners.sum(), 0.0).contiguous()


max, min = extreme("max"), extreme("min")


def extremes(name, of):
    def function(x, dim=(), keepdim=False):
        dims = some_axes(dim, x.ndim)
        no_elements(x, name, dims, RuntimeError if dim == () else IndexError)
        y = reduce(of, x, dims if x.shape else (), keepdim, x.dtype)
        if records(x):
            record(y, f"{name.capitalize()}Backward0",
                   (x, evenly, x, OUTPUT, dims, keepdim))
        return y
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The {of} along axes; equal ones share the gradient."
    return operation(function)


extremes("amax", "max"), extremes("amin", "min")


def which(name):
    def function(x, dim=None, keepdim=False):
        if x.dtype is bool_:
            raise RuntimeError(f"{name}() is of numbers, and these are bools")
        no_elements(x, name, None if dim is None else (axis(dim, x.ndim),), IndexError)
        flat, at = (x.reshape(-1), 0) if dim is None else (x, axis(dim, x.ndim))
        backend = x.storage.backend
        if not flat.shape:
            return x.new_zeros((), dtype=int64)
        y = wrap(backend[name](flat.native, at, keepdim and dim is not None), int64,
                 backend)
        return y.reshape((1,) * x.ndim) if keepdim and dim is None else y
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Where the {name[3:]} is: the first such place."
    return operation(function)


which("argmax"), which("argmin")


sorted_pair = result_tuple("sort", "values", "indices")
top_pair = result_tuple("topk", "values", "indices")
median_pair = result_tuple("median", "values", "indices")


@operation
def sort(x, dim=-1, descending=False, stable=False):
    """The numbers of an axis in order, and where each was; equal ones keep theirs."""
    at = axis(dim, x.ndim)
    backend = x.storage.backend
    values, indices = backend["sort"](x.native, at, descending)
    y = alike(wrap(values, x.dtype, backend), x)
    indices = alike(wrap(indices, int64, backend), x)
    if records(x):
        record(y, "SortBackward0", (x, to_place, x.shape, at, indices, True)
               if x.shape else (x, unchanged))
    return sorted_pair(y, indices)


@operation
def argsort(x, dim=-1, descending=False, stable=False):
    """Where the numbers are that would come first, second, ... in order."""
    return sort(x.detach(), dim, descending)[1]


@operation
def topk(x, k, dim=-1, largest=True, sorted=True):
    """The k largest (or smallest) numbers of an axis, and where they are."""
    if x.dtype is bool_:
        raise RuntimeError("topk() is of numbers, and these are bools")
    at = axis(dim, x.ndim)
    n = x.shape[at] if x.shape else 1
    if not 0 <= k <= n:
        raise RuntimeError(f"the top {k} of an axis that has {n} places")
    values, indices = sort(x.detach(), at, largest)
    if x.shape:
        values, indices = (each.narrow(at, 0, k).clone(memory_format="contiguous")
                           for each in (values, indices))
    if records(x):
        record(values, "TopkBackward0", (x, to_place, x.shape, at, indices, True)
               if x.shape else (x, unchanged))
    return top_pair(values, indices)


@operation
def median(x, dim=None, keepdim=False):
    """The middle number in order; of an even count, the lower of the two."""
    if x.dtype is bool_:
        raise NotImplementedError("median() is of numbers, and these are bools")
    if dim is None:
        flat = sort(x.detach().reshape(-1), 0)[0]
        place = (x.numel() - 1) // 2
        if x.dtype.category == 2 and (not len(flat) or bool(flat[-1].isnan())):
            place = len(flat) - 1        # NaN is last, and wins
        y = flat[place].clone() if len(flat) else x.new_full((), math.nan)
        if records(x):
            record(y, "MedianBackward0", (x, evenly, x, OUTPUT, None, False))
        return y
    at = axis(dim, x.ndim)
    if not x.shape:
        values, indices = x.detach().clone(), x.new_zeros((), dtype=int64)
        shape = (x, unchanged)
    else:
        place = (x.shape[at] - 1) // 2
        whole = sort(x.detach(), at)
        values, indices = (each.narrow(at, place, 1) for each in whole)
        if x.dtype.category == 2:        # NaN wins: the first of them
            first = whole[0].isnan().to(dtypes.uint8).argmax(at, keepdim=True)
            last = whole[0].narrow(at, x.shape[at] - 1, 1).isnan()
            values = where(last, math.nan, values)
            indices = where(last, whole[1].gather(at, first), indices)
        values, indices = (each if keepdim else each.squeeze(at)
                           for each in (values, indices))
        values, indices = (each.clone(memory_format="contiguous")
                           for each in (values, indices))
        shape = (x, to_place, x.shape, at,
                 indices if keepdim else indices.unsqueeze(at), keepdim)
    if records(x):
        record(values, "MedianBackward1", shape)
    return median_pair(values, indices)
