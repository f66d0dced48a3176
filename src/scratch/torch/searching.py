"""Where numbers are, and how often: nonzero, masks, bincount, unique, searchsorted.

    >>> from . import tensor
    >>> x = tensor([[3, 0, 5], [0, 0, 3]])
    >>> nonzero(x).tolist(), masked_select(x, x > 3).tolist()
    ([[0, 0], [0, 2], [1, 2]], [5])
    >>> bincount(x.reshape(-1)).tolist(), unique(x).tolist()    # how often 0, 1, 2, ...
    ([3, 0, 0, 2, 0, 1], [0, 3, 5])

The shapes of these results depend on the numbers, which therefore have to be there: on
a GPU the program waits for them. x[mask] is one of these; where() is not.

Left out: searchsorted() in rows of their own order.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import bisect
import math
from typing import NamedTuple

from . import dtypes
from .graph import record, records
from .inplace import inplace
from .storage import broadcast, numel
from .tensor import OPERATIONS, Tensor, look, operation, public, wrap

int64 = dtypes.int64


@operation
def nonzero(x, *, as_tuple=False):
    """Indices of what is not 0: x (...) -> (how many, axes), or one vector per axis."""
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
    from .joining import stack
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
    if mask.dtype is not dtypes.bool_:
        raise RuntimeError(f"a mask is bools, not {mask.dtype}")
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
    if source.numel() < len(places):
        raise RuntimeError(f"{len(places)} numbers are to be written, and source has "
                           f"{source.numel()}")
    return x.reshape(-1).index_copy(
        0, places, source.reshape(-1)[:len(places)]).reshape(x.shape)


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
    if weights is None or not x.numel():
        return x.new_zeros((size,)).index_add(0, x, x.new_ones(x.shape))
    if weights.shape != x.shape:
        raise RuntimeError(f"{x.numel()} numbers and {weights.numel()} weights")
    if weights.dtype is not dtypes.float32:
        weights = weights.to(dtypes.float64)
    return weights.new_zeros((size,)).index_add(0, x, weights)


@operation
def histc(x, bins=100, min=0, max=0):
    """How many elements are in each of bins equal pieces of min to max, as floats.

    Without limits (both 0) these are those of x. What is outside them is not counted.
    """
    if x.dtype.category != 2:
        raise NotImplementedError(f"histc() counts floats, and this is {x.dtype}")
    if bins <= 0:
        raise RuntimeError(f"histc() needs 1 bin or more, not {bins}")
    x = x.detach().reshape(-1)
    if min == max and x.numel():
        min, max = x.min().item(), x.max().item()
    if min == max:
        min, max = min - 1, max + 1
    if not -math.inf < min < max < math.inf:
        raise RuntimeError(f"histc() from {min} to {max}: limits are finite, and the "
                           "first one is smaller")
    inside = x[(x >= min) & (x <= max)]
    which = ((inside - min) * bins / (max - min)).to(int64).clamp(max=bins - 1)
    return which.bincount(minlength=bins).to(x.dtype)


class Histogram(NamedTuple):
    """What histogram() gives."""

    hist: Tensor
    bin_edges: Tensor


@operation
def histogram(x, bins, *, range=None):
    """Counts in each of bins equal pieces of a range, and the edges between them."""
    if x.dtype.category != 2:
        raise NotImplementedError(f"histogram() counts floats, and this is {x.dtype}")
    if type(bins) is not int:
        raise NotImplementedError("scratch.torch has histogram() with a number of "
                                  "bins, not with edges of one's own")
    if bins <= 0:
        raise RuntimeError(f"histogram() needs 1 bin or more, not {bins}")
    from .creation import linspace
    x = x.detach().reshape(-1)
    low, high = range or (0.0, 1.0)
    if range is None and x.numel():
        low, high = x.min().item(), x.max().item()
    if not -math.inf < low <= high < math.inf:
        raise RuntimeError(f"histogram() from {low} to {high}: the limits are finite, "
                           "and the first one is not larger")
    if low == high:
        low, high = low - 0.5, high + 0.5
    edges = linspace(low, high, bins + 1, dtype=x.dtype, device=x.device)
    inside = x[(x >= edges[0]) & (x <= edges[-1])]
    which = (searchsorted(edges, inside, right=True) - 1).clamp(max=bins - 1)
    return Histogram(which.bincount(minlength=bins).to(x.dtype), edges)


@operation
def unique(x, sorted=True, return_inverse=False, return_counts=False, dim=None):
    """Each number once, in order; where each came from, and how often it was there.

    With dim, each slice along it once, ordered by its first number, then its second.
    """
    from .creation import arange
    x = x.detach()
    if dim is not None and not x.shape:
        raise IndexError("unique() along an axis of a 0-d tensor, which has none")
    if dim is None:
        rows = x.reshape(-1, 1)
    elif 0 in x.movedim(dim, 0).shape[1:]:
        raise RuntimeError(f"unique() along {dim} of {tuple(x.shape)}: slices without "
                           "a number are not told apart")
    else:
        apart = x.movedim(dim, 0)
        rows = apart.reshape(len(apart), max(1, numel(apart.shape[1:])))
    order = arange(len(rows), device=x.device)
    for column in range(rows.shape[1] - 1, -1, -1):    # equal ones keep their order
        order = order[rows[order, column].sort(stable=True)[1]]
    rows = rows[order]
    first = (rows != rows.roll(1, 0)).any(1)
    first[:1] = True
    number = first.cumsum(0) - 1                 # which of the found ones each is
    found = rows[first]
    if dim is None:
        found = found.reshape(-1)
    else:
        found = found.reshape(len(found), *apart.shape[1:]).movedim(0, dim)
    result = [found]
    if return_inverse:
        inverse = order.new_empty(order.shape)
        inverse[order] = number
        result.append(inverse.reshape(x.shape) if dim is None else inverse)
    if return_counts:
        result.append(number.bincount())
    return result[0] if len(result) == 1 else tuple(result)


def halved(sequence, values, right):
    """searchsorted in one row, by halving it: 20 comparisons for a million numbers."""
    backend = sequence.storage.backend
    if "searchsorted" in backend:
        found = backend["searchsorted"](sequence.native, values.native, right)
        return wrap(found, int64, backend)
    from .creation import tensor
    find = bisect.bisect_right if right else bisect.bisect_left
    row = sequence.tolist()
    places = [find(row, each) for each in flat_list(values)]
    return tensor(places, dtype=int64, device=values.device).view(values.shape)


@public
def searchsorted(sorted_sequence, values, *, right=False, side=None, out_int32=False):
    """Where values would go in the sorted last axis, before equal ones or after."""
    right = right or side == "right"
    from .creation import tensor
    if not isinstance(values, Tensor):
        values = tensor(values, dtype=sorted_sequence.dtype)
    sequence, many = sorted_sequence, values
    if sequence.ndim == 1:
        found = halved(sequence, many, right)
        return found.to(dtypes.int32) if out_int32 else found
    if values.shape:
        sequence, many = sequence.unsqueeze(-2), values.unsqueeze(-1)
    before = sequence <= many if right else sequence < many
    found = before.sum(-1)
    return found.to(dtypes.int32) if out_int32 else found


@public
def bucketize(values, boundaries, *, right=False, out_int32=False):
    """searchsorted(), the other way round."""
    return searchsorted(boundaries, values, right=right, out_int32=out_int32)


inplace(masked_scatter)
