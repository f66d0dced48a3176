"""Picking by numbers: gather, scatter, index_select, nonzero, and what repeats or turns.

    >>> from . import tensor
    >>> x = tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], requires_grad=True)   # (2, 3)
    >>> y = x.gather(1, tensor([[2, 2], [0, 1]]))     # y[i, j] = x[i, index[i, j]]
    >>> y.tolist()
    [[3.0, 3.0], [4.0, 5.0]]
    >>> y.sum().backward()
    >>> x.grad.tolist()             # the slope of a gather is a scatter that adds
    [[0.0, 0.0, 2.0], [1.0, 1.0, 0.0]]

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import record, records
from .inplace import inplace
from .operands import alike, native, same_device
from .picking import pick
from .storage import broadcast, numel
from .tensor import (OPERATIONS, Tensor, axes, axis, empty, look, method, operation,
                     public, shape_of, wrap)

int64 = dtypes.int64


def check_index(index, n, name, at=0):
    """IndexError unless all numbers are places on an axis of n."""
    if index.dtype.category != 1 or index.dtype is not int64 and index.dtype.itemsize < 4:
        raise (RuntimeError if name != "index_select" else IndexError)(
            f"{name}() takes int64 indices, not {index.dtype}")
    if index.numel():
        backend = index.storage.backend
        every = tuple(range(index.ndim))
        low = backend["to_list"](backend["min"](index.native, every, False))
        high = backend["to_list"](backend["max"](index.native, every, False))
        if low < 0 or high >= n:
            raise (IndexError if name == "index_select" else RuntimeError)(
                f"{name}(): index {low if low < 0 else high} on axis {at}, whose places "
                f"are numbered from 0 to {n - 1}")


def fits_around(index, x, at, name):
    if max(index.ndim, 1) != max(x.ndim, 1):
        raise RuntimeError(f"{name}() needs as many axes in the index, {index.ndim}, as "
                           f"in the tensor, {x.ndim}")
    for n, (own, most) in enumerate(zip(index.shape, x.shape)):
        if n != at and own > most:
            raise RuntimeError(f"{name}(): the index has {own} places on axis {n}, and "
                               f"the tensor {most}")


@operation
def gather(x, dim, index, *, sparse_grad=False):
    """y[i, j] = x[i, index[i, j]] along an axis; y has the shape of the index."""
    at = axis(dim, x.ndim)
    fits_around(index, x, at, "gather")
    check_index(index, x.shape[at] if x.shape else 1, "gather", at)
    backend = same_device(x, index)
    y = wrap(backend["gather"](x.native, at, index.native), x.dtype, backend)
    if records(x):
        record(y, "GatherBackward0",
               (x, lambda g, shape, at, index: g.new_zeros(shape).scatter_add(at, index, g),
                x.shape, at, index))
    return y


def copy_of(x):
    """A copy without history, row after row."""
    backend = x.storage.backend
    y = empty(x.shape, x.dtype, backend)
    backend["copy"](y.native, x.native)
    return y


@operation
def scatter(x, dim, index, src=None, *, value=None, reduce=None):
    """x, with y[i, index[i, j]] = src[i, j] along an axis; src may be a number."""
    if reduce is not None:
        if reduce == "add":
            return scatter_add(x, dim, index, src)
        raise NotImplementedError(f"scratch.torch scatters with reduce='add', not "
                                  f"{reduce!r}")
    src = value if src is None else src
    at = axis(dim, x.ndim)
    fits_around(index, x, at, "scatter")
    check_index(index, x.shape[at] if x.shape else 1, "scatter", at)
    if isinstance(src, Tensor):
        if src.dtype is not x.dtype:
            raise RuntimeError(f"scatter() of {src.dtype} into {x.dtype}")
        fits_around(index, src, None, "scatter")
    backend = same_device(x, index)
    y = copy_of(x)
    if index.numel():
        backend["scatter"](y.native, at, index.native, native(src, x.dtype, backend))
    if records(x, src):
        record(y, "ScatterBackward0" if isinstance(src, Tensor) else "ScatterBackward1",
               (x, lambda g, at, index: g.scatter(at, index, 0), at, index),
               (src, lambda g, at, index, shape: placed(g.gather(at, index), shape),
                at, index, getattr(src, "shape", None)))
    return y


def placed(g, shape):
    """g in the first corner of zeros of a shape, if it is smaller."""
    if g.shape == shape:
        return g
    y = g.new_zeros(shape)
    part = y
    for at, n in enumerate(g.shape):
        part = part.narrow(at, 0, n)
    part.copy_(g)
    return y


@operation
def scatter_add(x, dim, index, src):
    """x, with src[i, j] added at [i, index[i, j]] along an axis; equal places add up."""
    at = axis(dim, x.ndim)
    fits_around(index, x, at, "scatter_add")
    fits_around(index, src, None, "scatter_add")
    check_index(index, x.shape[at] if x.shape else 1, "scatter_add", at)
    if src.dtype is not x.dtype:
        raise RuntimeError(f"scatter_add() of {src.dtype} into {x.dtype}")
    backend = same_device(x, index, src)
    y = copy_of(x)
    if index.numel():
        backend["scatter_add"](y.native, at, index.native, src.native)
    if records(x, src):
        record(y, "ScatterAddBackward0", (x, lambda g: g),
               (src, lambda g, at, index, shape: placed(g.gather(at, index), shape),
                at, index, src.shape))
    return y


@operation
def index_select(x, dim, index):
    """The places on an axis that a vector of numbers names, in its order."""
    at = axis(dim, x.ndim)
    if index.ndim > 1:
        raise IndexError(f"index_select() takes a vector of places, not "
                         f"{index.ndim} axes of them")
    check_index(index, x.shape[at] if x.shape else 1, "index_select", at)
    backend = same_device(x, index)
    index = index.reshape(-1) if not index.shape else index
    if not x.shape:
        return x.reshape(1).gather(0, index).reshape(())
    front = x.native if at == 0 else x.detach().movedim(at, 0).native
    y = wrap(backend["take"](front, index.native), x.dtype, backend)
    if at:
        y = y.movedim(0, at).contiguous().detach()
    if records(x):
        record(y, "IndexSelectBackward0",
               (x, lambda g, shape, at, index: g.new_zeros(shape).index_add(at, index, g),
                x.shape, at, index))
    return y


@operation
def index_add(x, dim, index, source, *, alpha=1):
    """x, with the places of source added at those that index names; equal ones add up."""
    at = axis(dim, x.ndim)
    if source.dtype is not x.dtype:
        raise RuntimeError(f"index_add() of {source.dtype} into {x.dtype}")
    check_index(index, x.shape[at] if x.shape else 1, "index_add", at)
    if index.numel() != (source.shape[at] if source.shape else 1):
        raise RuntimeError(f"{index.numel()} numbers of places, and "
                         f"{source.shape[at] if source.shape else 1} places in source")
    backend = same_device(x, index, source)
    y = copy_of(x)
    flat = y.reshape(-1) if not x.shape else y
    scaled = source if alpha == 1 else source.detach() * alpha
    to = flat.native if at == 0 else flat.detach().movedim(at, 0).native
    what = scaled.detach().reshape(-1) if not scaled.shape else scaled.detach()
    backend["add_at"](to, index.reshape(-1).native,
                      what.native if at == 0 else what.movedim(at, 0).native)
    if records(x, source):
        record(y, "IndexAddBackward0", (x, lambda g: g),
               (source, lambda g, at, index, shape, alpha:
                (g.index_select(at, index) * alpha).reshape(shape), at, index.reshape(-1),
                source.shape, alpha))
    return y


@operation
def index_copy(x, dim, index, source):
    """x, with the places that index names replaced by those of source."""
    at = axis(dim, x.ndim)
    shape = [1] * x.ndim
    shape[at] = -1
    return x.scatter(at, index.reshape(shape).expand_as(source), source)


@operation
def index_fill(x, dim, index, value):
    """x, with one number at the places that index names."""
    at = axis(dim, x.ndim)
    shape, whole = [1] * x.ndim, list(x.shape)
    shape[at], whole[at] = -1, index.numel()
    return x.scatter(at, index.reshape(shape).expand(whole), value)


@operation
def take(x, index):
    """Elements by their number, as if x had one axis."""
    if index.dtype is not int64:
        raise RuntimeError(f"take() takes int64 indices, not {index.dtype}")
    return pick(x.reshape(-1), {0: index}).contiguous()


@public
def take_along_dim(x, indices, dim=None):
    """gather(), after broadcasting the other axes."""
    if dim is None:
        return x.reshape(-1).gather(0, indices.reshape(-1))
    at = axis(dim, x.ndim)
    around = list(broadcast(x.shape[:at] + (1,) + x.shape[at + 1:],
                            indices.shape[:at] + (1,) + indices.shape[at + 1:]))
    wide, long = list(around), list(around)
    wide[at], long[at] = x.shape[at], indices.shape[at]
    return x.expand(wide).gather(at, indices.expand(long))


@operation
def nonzero(x, *, as_tuple=False):
    """The indices of the numbers that are not 0, (how many, axes); or one of each axis."""
    backend = x.storage.backend
    if "nonzero" in backend:
        columns = [wrap(each, int64, backend) for each in backend["nonzero"](
            x.native if x.shape else x.reshape(1).native)]
    else:
        flat = [n for n, each in enumerate(flat_list(x)) if each]
        columns, left = [], numel(x.shape)
        for n in x.shape or (1,):
            left //= n or 1
            columns.append([place // left % n for place in flat])
        from .creation import tensor
        columns = [tensor(each, dtype=int64, device=x.device) for each in columns]
    if as_tuple:
        return tuple(columns)
    from .products import stack
    count = len(columns[0])
    if not x.shape:
        return x.new_empty((count, 0), dtype=int64)
    found = stack(columns, 0)                    # the columns, one after the other
    return look(found.storage, (count, x.ndim), (1, count), 0)


def flat_list(x):
    return x.detach().reshape(-1).tolist()


Tensor.argwhere = OPERATIONS["argwhere"] = lambda x: nonzero(x)


@operation
def masked_select(x, mask):
    """The numbers for which the mask is true, on one axis."""
    shape = broadcast(x.shape, mask.shape)
    places = mask.expand(shape).reshape(-1).nonzero(as_tuple=True)[0]
    y = x.detach().expand(shape).reshape(-1).index_select(0, places)
    if records(x):
        record(y, "MaskedSelectBackward0", (x, select_back, shape, places))
    return y


def select_back(g, shape, places):
    """Zeros, and g at the places that were selected."""
    return g.new_zeros((numel(shape),)).index_add(0, places, g).reshape(shape)


@operation
def masked_scatter(x, mask, source):
    """x, with the numbers of source, in order, where the mask is true."""
    places = mask.expand_as(x).reshape(-1).nonzero(as_tuple=True)[0]
    return x.reshape(-1).index_copy(
        0, places, source.reshape(-1)[:len(places)]).reshape(x.shape)


# turned, rolled, repeated

@operation
def flip(x, *dims):
    """Axes turned round."""
    dims = axes(shape_of(dims), x.ndim)
    y = x.detach()
    for at in dims if x.shape else ():
        places = OPERATIONS["arange"](x.shape[at] - 1, -1, -1, device=x.device)
        y = y.index_select(at, places)
    y = alike(y.clone() if y.storage is x.storage else y, x)
    if records(x):
        record(y, "FlipBackward0", (x, flip, *dims))
    return y


@operation
def roll(x, shifts, dims=None):
    """Axes moved on, what falls off at the end coming back at the front."""
    if dims is None:
        return roll(x.reshape(-1), shifts, 0).reshape(x.shape)
    shifts, dims = ((each,) if isinstance(each, int) else tuple(each)
                    for each in (shifts, dims))
    if len(shifts) != len(dims):
        raise RuntimeError(f"roll() moves {len(dims)} axes by {len(shifts)} numbers")
    from .products import cat
    y = x.detach()
    for shift, dim in zip(shifts, dims):
        at = axis(dim, x.ndim)
        n = x.shape[at]
        cut = -shift % n if n else 0
        y = cat([y.narrow(at, cut, n - cut), y.narrow(at, 0, cut)], at)
    if records(x):
        record(y, "RollBackward0", (x, roll, tuple([-each for each in shifts]), dims))
    return y


@method
def repeat(x, *times):
    """The whole tensor again and again, along each axis as often as said."""
    times = shape_of(times)
    lead = len(times) - x.ndim
    if lead < 0:
        raise RuntimeError(f"repeat{times} says nothing about {-lead} of the axes")
    shape = (1,) * lead + tuple(x.shape)
    y = x.detach().reshape([n for size in shape for n in (1, size)])
    y = y.expand([n for count, size in zip(times, shape) for n in (count, size)])
    y = y.reshape([count * size for count, size in zip(times, shape)])
    y = y.clone() if y.storage is x.storage else y.detach()
    if records(x):
        record(y, "RepeatBackward0", (x, repeat_back, times, shape))
    return y


def repeat_back(g, times, shape):
    """The sum of all copies."""
    parts = g.reshape([n for pair in zip(times, shape) for n in pair])
    return parts.sum(tuple(range(0, 2 * len(times), 2))) if times else g


@operation
def tile(x, *dims):
    """As repeat(), with missing axes once."""
    dims = shape_of(dims)
    return x.repeat((1,) * (x.ndim - len(dims)) + dims)


@operation
def repeat_interleave(x, repeats, dim=None):
    """Each place as often as said, one after the other."""
    from .creation import tensor
    if dim is None:
        x, dim = x.reshape(-1), 0
    at = axis(dim, x.ndim)
    n = x.shape[at]
    each = [repeats] * n if isinstance(repeats, int) else repeats.tolist()
    each = each * n if len(each) == 1 else each
    places = [k for k in range(n) for _ in range(each[k])]
    return x.index_select(at, tensor(places, dtype=int64, device=x.device))


# triangles

def triangle(name, keep):
    def function(x, diagonal=0):
        if x.ndim < 2:
            raise RuntimeError(f"{name}() is of matrices, and there are {x.ndim} axes")
        from .creation import arange
        rows, columns = x.shape[-2], x.shape[-1]
        row = arange(rows, device=x.device).reshape(-1, 1)
        column = arange(columns, device=x.device)
        mask = keep(column - row, diagonal)
        backend = x.storage.backend
        y = empty(x.shape, x.dtype, backend)
        backend["where"](mask.native, x.native, native(0, x.dtype, backend), y.native)
        if records(x):
            record(y, f"{name.capitalize()}Backward0",
                   (x, lambda g, diagonal: function(g, diagonal), diagonal))
        return y
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The {'lower' if name == 'tril' else 'upper'} triangle; 0 elsewhere."
    return operation(function)


tril = triangle("tril", lambda place, diagonal: place <= diagonal)
triu = triangle("triu", lambda place, diagonal: place >= diagonal)


def triangle_indices(name, keep):
    def function(row, col, offset=0, *, dtype=int64, device=None):
        from .creation import tensor
        pairs = [(i, j) for i in range(row) for j in range(col) if keep(j - i, offset)]
        return tensor([[i for i, _ in pairs], [j for _, j in pairs]], dtype=dtype,
                      device=device).reshape(2, len(pairs))
    function.__name__ = name
    return public(function)


triangle_indices("tril_indices", lambda place, offset: place <= offset)
triangle_indices("triu_indices", lambda place, offset: place >= offset)


@operation
def diag(x, diagonal=0):
    """The diagonal of a matrix; of a vector, the matrix with that diagonal."""
    if x.ndim == 2:
        y = x.detach().diagonal(diagonal).clone()
        if records(x):
            from .views import put_back
            record(y, "DiagonalBackward0_copy",
                   (x, put_back, x.shape, Tensor.diagonal, diagonal))
        return y
    if x.ndim != 1:
        raise RuntimeError(f"diag() is of vectors and matrices, not of {x.ndim} axes")
    return diag_embed(x, diagonal)


@operation
def diag_embed(x, offset=0, dim1=-2, dim2=-1):
    """Zeros, with x on the diagonal of two new axes."""
    n = x.shape[-1] + abs(offset)
    y = x.new_zeros((*x.shape[:-1], n, n))
    if (dim1, dim2) != (-2, -1):
        y = y.movedim((-2, -1), (dim1, dim2)).detach()
    y.diagonal(offset, dim1, dim2).copy_(x.detach())
    if records(x):
        record(y, "DiagEmbedBackward0", (x, Tensor.diagonal, offset, dim1, dim2))
    return y


@operation
def trace(x):
    """The sum of the diagonal."""
    if x.ndim != 2:
        raise RuntimeError(f"trace() is of a matrix, and there are {x.ndim} axes")
    y = x.detach().diagonal().sum()
    if records(x):
        record(y, "TraceBackward0", (x, trace_back, x.shape))
    return y


def trace_back(g, shape):
    y = g.new_zeros(shape)
    y.diagonal().copy_(g.expand(min(shape)))
    return y


# counting and searching

@operation
def bincount(x, weights=None, minlength=0):
    """How often each whole number from 0 on occurs, or the sum of its weights."""
    if x.ndim != 1 or x.dtype.category != 1:
        raise RuntimeError("bincount() counts whole numbers on one axis, not "
                           f"{x.dtype} of shape {tuple(x.shape)}")
    if minlength < 0 or x.numel() and x.min().item() < 0:
        raise RuntimeError("bincount() counts the numbers from 0 on")
    size = max(minlength, x.max().item() + 1) if x.numel() else minlength
    x = x.to(int64)
    if weights is None:
        return x.new_zeros((size,)).index_add(0, x, x.new_ones(x.shape))
    if weights.shape != x.shape:
        raise RuntimeError(f"{x.numel()} numbers and {weights.numel()} weights")
    if weights.dtype is not dtypes.float32:
        weights = weights.to(dtypes.float64)
    return weights.new_zeros((size,)).index_add(0, x, weights)


@operation
def unique(x, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """Each number once, in order; where each came from, and how often it was there."""
    if dim is not None:
        raise NotImplementedError("scratch.torch has unique() of all numbers, not along "
                                  "an axis")
    from .creation import tensor
    numbers = flat_list(x)
    found = {number: n for n, number in enumerate(builtin_sorted(set(numbers)))}
    result = [tensor(list(found), dtype=x.dtype, device=x.device)]
    if return_inverse:
        inverse = [found[number] for number in numbers]
        result.append(tensor(inverse, dtype=int64, device=x.device).reshape(x.shape))
    if return_counts:
        counts = [0] * len(found)
        for number in numbers:
            counts[found[number]] += 1
        result.append(tensor(counts, dtype=int64, device=x.device))
    return result[0] if len(result) == 1 else tuple(result)


builtin_sorted = sorted


@public
def searchsorted(sorted_sequence, values, *, right=False, side=None, out_int32=False):
    """Where values would go in the sorted last axis, before equal ones or after."""
    right = right or side == "right"
    from .creation import tensor
    if not isinstance(values, Tensor):
        values = tensor(values, dtype=sorted_sequence.dtype)
    sequence, many = sorted_sequence.unsqueeze(-2), values.unsqueeze(-1)
    before = sequence <= many if right else sequence < many
    found = before.sum(-1)
    return found.to(dtypes.int32) if out_int32 else found


@public
def bucketize(values, boundaries, *, right=False, out_int32=False):
    """searchsorted(), the other way round."""
    return searchsorted(boundaries, values, right=right, out_int32=out_int32)


@public
def meshgrid(*tensors, indexing="ij"):
    """Vectors -> for each the tensor of all combinations in which it varies."""
    if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
        tensors = tensors[0]
    tensors = [x.reshape(-1) for x in tensors]
    swap = indexing == "xy" and len(tensors) > 1
    order = [1, 0, *range(2, len(tensors))] if swap else range(len(tensors))
    axes = [tensors[n] for n in order]
    shape = [len(x) for x in axes]
    grids = [x.reshape([-1 if k == n else 1 for k in range(len(axes))]).expand(shape)
             for n, x in enumerate(axes)]
    return tuple(grids[n] for n in order)


@public
def cartesian_prod(*tensors):
    """All combinations of vectors, one a row."""
    from .products import stack
    if len(tensors) == 1:
        return tensors[0]
    return stack([grid.reshape(-1) for grid in meshgrid(*tensors)], -1)


@public
def combinations(x, r=2, with_replacement=False):
    """All choices of r numbers of a vector, one a row."""
    import itertools
    from .creation import tensor
    choose = (itertools.combinations_with_replacement if with_replacement
              else itertools.combinations)
    places = list(choose(range(len(x)), r))
    index = tensor(places, dtype=int64).reshape(len(places), r)
    return take(x, index)


for name in "scatter scatter_add index_add index_copy index_fill masked_scatter tril triu".split():
    inplace(OPERATIONS[name], name + "_")
