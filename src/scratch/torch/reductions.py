"""Reductions: an axis becomes one number. Sums, means, extremes, norms, softmax.

    >>> from . import tensor
    >>> x = tensor([[1.0, 2.0, 6.0], [3.0, 3.0, 0.0]])           # (2, 3)
    >>> x.sum().item(), x.sum(0).tolist(), x.sum(1, keepdim=True).shape
    (15.0, [4.0, 5.0, 6.0], torch.Size([2, 1]))
    >>> x.max(1)
    torch.return_types.max(
    values=tensor([6., 3.]),
    indices=tensor([2, 0]))

The slope of a sum is a broadcast: each number moved it by as much as it moved itself.
That of a maximum goes to the number that won, and of equal ones to the first (along an
axis) or to all in equal parts (over several, and over the whole tensor).

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math
from collections import namedtuple

from . import dtypes
from .graph import OUTPUT, record, records
from .dispatch import dtype_of
from .choosing import where
from .operands import alike, finish
from .storage import numel
from .tensor import OPERATIONS, Tensor, axes, axis, method, operation, public, wrap

bool_, int64 = dtypes.bool_, dtypes.int64


def reduce(name, x, dims, keepdim, kind):
    """Run a reduction's kernel -> a new tensor of dtype kind."""
    if keepdim.__class__ is not bool:
        raise TypeError(f"keepdim is True or False, not {keepdim!r}; axes are a tuple: "
                        f"x.{name}((0, 1))")
    backend = x.storage.backend
    made = backend[name](x.native, dims, keepdim)
    return finish(wrap(made, kind, backend))


def spread(g, shape, dims, keepdim):
    """A gradient of a reduction -> one that broadcasts to what was reduced."""
    if not keepdim and shape:
        for dim in sorted(dims):
            g = g.unsqueeze(dim)
    return g


def spread_out(g, shape, dims, keepdim):
    return spread(g, shape, dims, keepdim).expand(shape)


def some_axes(dim, ndim):
    """As axes(), but an empty list means all of them."""
    return axes(None if dim is None or dim == () or dim == [] else dim, ndim)


@operation
def sum(x, dim=None, keepdim=False, *, dtype=None):
    """The sum along axes, or of all: whole numbers and bools as int64."""
    if dtype is not None:
        x = x.to(dtype_of(dtype))
    elif x.dtype.category != 2:
        x = x.to(int64) if x.dtype is not int64 else x
    dims = some_axes(dim, x.ndim)
    y = reduce("sum", x, dims if x.shape else (), keepdim, x.dtype)
    if records(x):
        record(y, f"SumBackward{0 if dim is None else 1}",
               (x, spread_out, x.shape, dims, keepdim))
    return y


@operation
def mean(x, dim=None, keepdim=False, *, dtype=None):
    """The sum divided by how many there are."""
    if dtype is not None:
        x = x.to(dtype_of(dtype))
    if x.dtype.category != 2:
        raise RuntimeError(f"the mean of {x.dtype} is no {x.dtype}; turn it into "
                           "floats first: x.float().mean()")
    dims = some_axes(dim, x.ndim)
    count = numel([x.shape[n] for n in dims]) if x.shape else 1
    backend = x.storage.backend
    total = backend["sum"](x.native, dims if x.shape else (), keepdim)
    y = wrap(total, x.dtype, backend)
    backend["div"](total, count or math.nan, total)
    finish(y)
    if records(x):
        record(y, f"MeanBackward{0 if dim is None else 1}",
               (x, mean_back, x.shape, dims, keepdim, count))
    return y


def mean_back(g, shape, dims, keepdim, count):
    return spread_out(g, shape, dims, keepdim) / count


@operation
def var(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The mean square distance from the mean, divided by n - correction (1)."""
    return moments(x, dim, unbiased, keepdim, correction, "VarBackward0")[0]


@operation
def std(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """The square root of the variance."""
    return deviation(x, dim, unbiased, keepdim, correction)[0]


@operation
def var_mean(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Variance and mean at once."""
    return moments(x, dim, unbiased, keepdim, correction, "VarMeanBackward0")


@operation
def std_mean(x, dim=None, unbiased=None, keepdim=False, *, correction=None):
    """Standard deviation and mean at once."""
    return deviation(x, dim, unbiased, keepdim, correction)


def moments(x, dim, unbiased, keepdim, correction, label):
    if x.dtype.category != 2:
        raise RuntimeError(f"variances are of floats, and this tensor is {x.dtype}")
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    dims = some_axes(dim, x.ndim)
    count = numel([x.shape[n] for n in dims]) if x.shape else 1
    backend, own = x.storage.backend, dims if x.shape else ()
    mean = backend["sum"](x.native, own, True)
    backend["div"](mean, count or math.nan, mean)
    away = backend["sub"](x.native, mean)
    if not x.shape:
        away = backend["cast"](away, x.dtype) if hasattr(away, "shape") else away
    squares = backend["sum"](backend["mul"](away, away), own, keepdim)
    y = wrap(squares, x.dtype, backend)
    left = count - correction
    if left <= 0:
        left = 0.0
    backend["div"](squares, left, squares)
    finish(y)
    average = x.detach().mean(dim, keepdim) if not records(x) else x.mean(dim, keepdim)
    if records(x):
        record(y, label, (x, var_back, x, dims, keepdim, left))
    return y, average


def deviation(x, dim, unbiased, keepdim, correction):
    """The square root of the variance, and the mean."""
    plain = moments(x.detach(), dim, unbiased, keepdim, correction, None)[0]
    y = plain.sqrt()
    if records(x):
        dim, unbiased = (None, dim) if isinstance(dim, bool) else (dim, unbiased)
        dims = some_axes(dim, x.ndim)
        count = numel([x.shape[n] for n in dims]) if x.shape else 1
        left = count - (1 if correction is None and unbiased is None
                        else int(unbiased) if correction is None else correction)
        record(y, "StdBackward0", (x, std_back, x, OUTPUT, dims, keepdim, left))
        return y, x.mean(dim, keepdim)
    return y, x.detach().mean(None if isinstance(dim, bool) else dim, keepdim)


def std_back(g, x, y, dims, keepdim, left):
    """var's slope, divided by 2 std; 0 where the deviation is."""
    return var_back((g / (y * 2)).masked_fill(y == 0, 0), x, dims, keepdim, max_of(left))


def max_of(left):
    return left if left > 0 else 0.0


def var_back(g, x, dims, keepdim, left):
    """2 (x - mean) / (n - correction)."""
    g = spread(g, x.shape, dims, keepdim)
    return (2.0 / left if left else math.inf) * g * (x - x.mean(dims or None, True))


@operation
def prod(x, dim=None, keepdim=False, *, dtype=None):
    """The product along an axis, or of all."""
    if dtype is not None:
        x = x.to(dtype_of(dtype))
    elif x.dtype.category != 2:
        x = x.to(int64)
    dims = axes(dim, x.ndim)
    y = reduce("prod", x, dims if x.shape else (), keepdim, x.dtype)
    if records(x):
        record(y, f"ProdBackward{0 if dim is None else 1}",
               (x, prod_back, x, OUTPUT, dims, keepdim))
    return y


def prod_back(g, x, y, dims, keepdim):
    """The product of the others; where there is a zero, worked out without division."""
    if not bool((x == 0).any()):
        return spread(g * y, x.shape, dims, keepdim) / x
    g = spread(g, x.shape, dims, keepdim)
    flat = x.reshape(-1) if len(dims) == x.ndim else x.movedim(dims[0], -1)
    ones = flat.new_ones((*flat.shape[:-1], 1))
    from .products import cat
    before = cat([ones, flat[..., :-1]], -1).cumprod(-1)
    after = cat([ones, flat.flip(-1)[..., :-1]], -1).cumprod(-1).flip(-1)
    others = before * after
    return g * (others.reshape(x.shape) if len(dims) == x.ndim
                else others.movedim(-1, dims[0]))


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


def truth(name):
    def function(x, dim=None, keepdim=False):
        dims = axes(dim, x.ndim)
        kind = dtypes.uint8 if x.dtype is dtypes.uint8 else bool_
        y = reduce(name, x if x.dtype is bool_ else x != 0, dims if x.shape else (),
                   keepdim, bool_)
        return y if kind is bool_ else y.to(kind)
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"Whether {name} of the numbers are not 0."
    return operation(function)


truth("any"), truth("all")


@operation
def count_nonzero(x, dim=None):
    """How many numbers are not 0."""
    return (x != 0).sum(dim)


@operation
def cumsum(x, dim, *, dtype=None):
    """Each number plus all before it on the axis."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = axis(dim, x.ndim)
    kind = x.dtype if x.dtype.category == 2 else int64
    backend = x.storage.backend
    y = finish(wrap(backend["cumsum"](x.native, at), kind, backend))
    if records(x):
        record(y, "CumsumBackward0", (x, cumsum_back, at))
    return y


def cumsum_back(g, at):
    return g.flip(at).cumsum(at).flip(at) if g.shape else g


@operation
def cumprod(x, dim, *, dtype=None):
    """Each number times all before it on the axis."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = axis(dim, x.ndim)
    kind = x.dtype if x.dtype.category == 2 else int64
    backend = x.storage.backend
    y = finish(wrap(backend["cumprod"](x.native, at), kind, backend))
    if records(x):
        record(y, "CumprodBackward0", (x, cumprod_back, x, OUTPUT, at))
    return y


def cumprod_back(g, x, y, at):
    """Σ over later places of g · y / x; a zero makes what comes after it 0 / 0."""
    if not x.shape:
        return g
    if not bool((x == 0).any()):
        return cumsum_back(g * y, at) / x
    n, parts = x.shape[at], []
    for k in range(n):       # y at k and after, with the factor x[k] left out
        factors = x.narrow(at, k, n - k).clone()
        factors.narrow(at, 0, 1).fill_(1)
        rest = factors.cumprod(at)
        if k:
            rest = rest * y.narrow(at, k - 1, 1)
        parts.append((g.narrow(at, k, n - k) * rest).sum(at, keepdim=True))
    from .products import cat
    return cat(parts, at)


# norms

@operation
def norm(x, p="fro", dim=None, keepdim=False, dtype=None):
    """(Σ |x|ᵖ)^(1/p): 2 by default, 1 the sum, inf the largest, 0 how many."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    p = 2 if p in ("fro", None) else p
    dims = some_axes(dim, x.ndim)
    if x.dtype.category != 2:
        raise RuntimeError(f"a norm is of floats, and this tensor is {x.dtype}")
    plain = x.detach()
    if p == 2:
        y = (plain * plain).sum(dims, keepdim).sqrt()
    elif p in (math.inf, -math.inf):
        if 0 in x.shape and 0 in [x.shape[n] for n in dims]:
            raise RuntimeError("the largest of no numbers is not defined")
        y = OPERATIONS["amax" if p > 0 else "amin"](plain.abs(), dims, keepdim)
    elif p == 0:
        y = (plain != 0).to(x.dtype).sum(dims, keepdim)
    elif p == 1:
        y = plain.abs().sum(dims, keepdim)
    else:
        y = (plain.abs() ** p).sum(dims, keepdim) ** (1 / p)
    if records(x):
        record(y, "LinalgVectorNormBackward0",
               (x, norm_back, x, OUTPUT, dims, keepdim, p))
    return y


def norm_back(g, x, y, dims, keepdim, p):
    """sign(x) |x|^(p-1) / norm^(p-1): for 2, x / norm; 0 where the norm is 0."""
    g, y = spread(g, x.shape, dims, keepdim), spread(y, x.shape, dims, keepdim)
    if p == 0:
        return None
    if p == 1:
        return x.sign() * g
    if p == 2:
        return x * (g / y).masked_fill(y == 0, 0)
    if p in (math.inf, -math.inf):
        winners = x.abs() == y
        return winners * x.sign() * (g / winners.sum(dims, keepdim=True))
    if p < 2:
        part = x.sign() * (x.abs() ** (p - 1)).masked_fill(x == 0, 0)
    else:
        part = x * x.abs() ** (p - 2)
    return part * (g / y ** (p - 1)).masked_fill(y == 0, 0)


@operation
def dist(x, other, p=2):
    """The norm of the difference."""
    return norm(x - other, p)


# softmax and its logarithm

@operation
def softmax(x, dim=None, dtype=None):
    """eˣ / Σ eˣ along an axis: positive, and summing to 1."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = softmax_axis(x, dim, "softmax")
    backend = x.storage.backend
    y = along(x, at, "softmax")
    if records(x):
        record(y, "SoftmaxBackward0", (x, softmax_back, OUTPUT, at))
    return y


def softmax_axis(x, dim, name):
    if x.dtype.category != 2:
        raise NotImplementedError(f"{name}() is of floats, and this tensor is {x.dtype}")
    return axis(dim, x.ndim)


def along(x, at, kernel):
    """Run a kernel along one axis that a 0-d tensor has too."""
    backend = x.storage.backend
    if not x.shape:
        flat = wrap(backend[kernel](x.reshape(1).native, 0), x.dtype, backend)
        return finish(flat.reshape(()).detach())
    if not x.numel():
        return x.new_zeros(x.shape)
    return finish(wrap(backend[kernel](x.native, at), x.dtype, backend))


def softmax_back(g, y, at):
    """y (g - Σ g y)."""
    gy = g * y
    return gy - y * gy.sum(at, keepdim=True)


@operation
def log_softmax(x, dim=None, dtype=None):
    """x - log Σ eˣ along an axis."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = softmax_axis(x, dim, "log_softmax")
    y = along(x, at, "log_softmax")
    if records(x):
        record(y, "LogSoftmaxBackward0", (x, log_softmax_back, OUTPUT, at))
    return y


def log_softmax_back(g, y, at):
    """g - softmax · Σ g."""
    return g - y.exp() * g.sum(at, keepdim=True)


@operation
def logsumexp(x, dim, keepdim=False):
    """log Σ eˣ along axes, without overflow."""
    x = x if x.dtype.category == 2 else x.to(dtypes.Default.floating)
    dims = axes(dim, x.ndim)
    if 0 in x.shape and 0 in [x.shape[n] for n in dims]:
        return x.sum(dims, keepdim) - math.inf
    with_axes = x.detach().amax(dims, True)
    high = with_axes.masked_fill(with_axes.abs() == math.inf, 0)
    y = (x.detach() - high).exp().sum(dims, True).log() + high
    y = y if keepdim or not x.shape else y.squeeze(dims)
    y = y.detach()
    if records(x):
        record(y, "LogsumexpBackward0", (x, logsumexp_back, x, OUTPUT, dims, keepdim))
    return y


def logsumexp_back(g, x, y, dims, keepdim):
    """softmax."""
    g, y = spread(g, x.shape, dims, keepdim), spread(y, x.shape, dims, keepdim)
    return g * (x - y).exp()


# order

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


for name in ("softmax", "log_softmax"):
    setattr(Tensor, name, OPERATIONS[name])


@public
def is_tensor(x):
    """Whether x is a tensor."""
    return isinstance(x, Tensor)


@method
def sum_to_size(x, *size):
    """Summed along the axes that broadcasting repeated: to a shape that expands to x's."""
    from .tensor import shape_of
    shape = shape_of(size)
    lead = x.ndim - len(shape)
    if lead < 0 or any(n not in (1, m) for n, m in zip(shape, x.shape[lead:])):
        raise RuntimeError(f"a tensor of shape {tuple(x.shape)} does not sum to {shape}")
    dims = tuple(range(lead)) + tuple(
        [lead + at for at, n in enumerate(shape) if n == 1 and x.shape[lead + at] != 1])
    if not dims:
        return x if not lead else x.reshape(shape)
    y = sum(x, dims, True)
    return y.reshape(shape) if lead else y
