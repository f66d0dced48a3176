"""The kernels of the dispatch table in plain Python: what each of them means.

    >>> kernels = table()
    >>> a = kernels["from_list"]([1, 2, 3, 4, 5, 6], dtypes.float32)
    >>> columns = kernels["view"](a, dtypes.float32, (3, 2), (1, 3), 0)
    >>> kernels["to_list"](columns)
    [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    >>> kernels["to_list"](kernels["sum"](columns, (0,), False))
    [6.0, 15.0]

    native    a View: an array of numbers, and the shape, strides and offset it is
              read by (views.py)

Every kernel makes a list of Python numbers and stores it. Python computes in 64 bits;
an array of float32 rounds what is stored in it, which for + - * / and sqrt gives the
float32 result itself. What happens to single numbers is in scalars.py.

The standard library is all that this needs, so that it runs wherever Python does; and
it takes about a hundred times NumPy's time.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import array
import functools
import itertools
import math
import operator

from .. import dtypes
from ..storage import broadcast, contiguous_strides, numel
from .scalars import ONE, TESTS_ONE, TESTS_TWO, TWO, larger, smaller
from .views import (
    View, address, as_array, buffer, cast, copy, empty, fill, from_bytes, from_list,
    length, numbers, packed, places, converted, stored, to_bytes, to_list, view, write)


# one by one

def one(function, result=None):
    """A function of one number -> a kernel, whose dtype is result or the operand's."""
    def kernel(a, out=None):
        return given(map(function, numbers(a)), result or a.dtype, a.shape, out)
    return kernel


def two(function, result=None):
    """A function of two numbers -> a kernel of two operands, broadcast."""
    def kernel(a, b, out=None):
        views = [each for each in (a, b) if isinstance(each, View)]
        shape, kind = tuple(broadcast(*(tuple(x.shape) for x in views))), views[0].dtype
        values = map(function, *(numbers(meeting(x, kind), shape) for x in (a, b)))
        return given(values, result or kind, shape, out)
    return kernel


def meeting(x, kind):
    """A Python number as it meets an array of that dtype: of 32 bits, if that has."""
    rounded = x.__class__ is float and kind in (dtypes.float32, dtypes.bfloat16)
    return array.array("f", [x])[0] if rounded else x


def where(condition, a, b, out=None):
    """a where the condition holds, b elsewhere."""
    views = [each for each in (a, b) if isinstance(each, View)]
    shape = tuple(broadcast(*(tuple(each.shape) for each in (condition, *views))))
    values = [x if c else y for c, x, y in zip(*(numbers(each, shape)
                                                 for each in (condition, a, b)))]
    if views:
        kind = views[0].dtype
    else:
        kind = dtypes.promote(dtypes.of_number(a), dtypes.of_number(b))
    return given(values, kind, shape, out)


def given(values, dtype, shape, out):
    values = list(values)
    return stored(values, dtype, shape) if out is None else write(out, values, dtype)


def bitwise_not(a, out=None):
    function = operator.not_ if a.dtype is dtypes.bool_ else operator.invert
    return one(function)(a, out)


def round_bfloat16(a):
    """float32 as bfloat16 holds it, as a native of bfloat16."""
    return cast(a, dtypes.bfloat16)


# along axes

def rows_along(a, axes):
    """The elements in rows, one for each place along the other axes."""
    last = [axis for axis in range(a.ndim) if axis not in axes]
    order = last + list(axes)
    turned = View(a.array, a.dtype, tuple(a.shape[axis] for axis in order),
                  tuple(a.strides[axis] for axis in order), a.offset)
    values, n = numbers(turned), numel([a.shape[axis] for axis in axes])
    count = numel([a.shape[axis] for axis in last])
    return [values[i * n:i * n + n] for i in range(count)]


def reduction(function, result=lambda dtype: dtype, of_none=True):
    """A function of a list of numbers -> a kernel that reduces some axes to 1 or 0.

    of_none says whether it has a value for an empty list, as a sum has 0.
    """
    def kernel(a, axes, keepdim):
        axes = range(a.ndim) if axes is None else (axes,) if type(axes) is int else axes
        axes = tuple(axis for axis in axes if a.shape)
        shape = [1 if axis in axes else n for axis, n in enumerate(a.shape)
                 if keepdim or axis not in axes]
        if not of_none and 0 in [a.shape[axis] for axis in axes]:
            raise ValueError(f"{tuple(a.shape)} has no largest or smallest number "
                             f"along {axes}")
        return stored([function(row) for row in rows_along(a, axes)], result(a.dtype),
                      shape)
    return kernel


def summed(dtype):
    """Whole numbers are added up in int64."""
    return dtype if dtype.category == 2 else dtypes.int64


def total(row):
    """The sum, rounded once at the end where the numbers are finite."""
    try:
        return math.fsum(row) if row and isinstance(row[0], float) else sum(row)
    except (OverflowError, ValueError):      # inf, or inf - inf
        return sum(row)


def extreme(choose):
    """max and min -> a kernel."""
    return reduction(lambda row: functools.reduce(choose, row), of_none=False)


def place_of(better):
    """argmax and argmin: where the first of the best is, or the first nan."""
    def function(row):
        best = functools.reduce(better, row)
        return next(i for i, x in enumerate(row) if x == best or x != x)
    return reduction(function, lambda dtype: dtypes.int64, of_none=False)


def scan(combine):
    """A running sum or product along an axis -> a kernel."""
    def kernel(a, axis):
        running = [list(itertools.accumulate(row, combine))
                   for row in rows_along(a, (axis,) if a.shape else ())]
        return along(a, axis, running, summed(a.dtype))
    return kernel


def along(a, axis, rows, dtype):
    """rows_along, undone: a native in the shape of a."""
    result = stored(list(itertools.chain(*rows)), dtype, a.shape)
    if not a.shape:
        return result
    shape = [n for i, n in enumerate(a.shape) if i != axis] + [a.shape[axis]]
    strides = list(contiguous_strides(shape))
    strides.insert(axis, strides.pop())
    return cast(View(result.array, dtype, a.shape, tuple(strides)), dtype)


def sort(a, axis, descending):
    """Values and where they were; equal ones keep their order, and NaN is largest."""
    values, origins = [], []
    for row in rows_along(a, (axis,) if a.shape else ()):
        order = sorted(range(len(row)), key=lambda i: (row[i] != row[i], row[i]),
                       reverse=descending)
        origins.append(order)
        values.append([row[i] for i in order])
    return along(a, axis, values, a.dtype), along(a, axis, origins, dtypes.int64)


def matmul(a, b):
    """(..., M, K) @ (..., K, N), the axes before them broadcast; vectors as rows."""
    left = View(a.array, a.dtype, (1, *a.shape), (0, *a.strides), a.offset)
    left = left if a.ndim == 1 else a
    right = View(b.array, b.dtype, (*b.shape, 1), (*b.strides, 0), b.offset)
    right = right if b.ndim == 1 else b
    (*lead, M, K), (*batch, inner, N) = left.shape, right.shape
    if K != inner:
        raise ValueError(f"matmul of {tuple(a.shape)} and {tuple(b.shape)}: a row of "
                         f"{K} and a column of {inner} numbers")
    batch = tuple(broadcast(tuple(lead), tuple(batch)))
    turned = View(right.array, b.dtype, (*right.shape[:-2], N, K),
                  (*right.strides[:-2], right.strides[-1], right.strides[-2]),
                  right.offset)
    rows, columns = numbers(left, (*batch, M, K)), numbers(turned, (*batch, N, K))
    values = [sum(map(operator.mul, rows[m * K:m * K + K], columns[n * K:n * K + K]))
              for each in range(numel(batch))
              for m in range(each * M, each * M + M)
              for n in range(each * N, each * N + N)]
    shape = batch + (M,) * (a.ndim > 1) + (N,) * (b.ndim > 1)
    return stored(values, a.dtype, shape)


# by number

def checked(index, n):
    """The numbers of an index as 0 to n - 1; IndexError if there is another."""
    values = numbers(index)
    for i in values:
        if not -n <= i < n:
            raise IndexError(f"index {i} is out of bounds for an axis of size {n}")
    return [i % n for i in values]


def take(a, index):
    """a[index], along axis 0."""
    rows, inner = checked(index, a.shape[0]), a.shape[1:]
    size, values = numel(inner), numbers(a)
    return stored([x for i in rows for x in values[i * size:i * size + size]], a.dtype,
                  (*index.shape, *inner))


def row_by_row(to, index, a):
    """(place in the array, number of a) for each element of to[index]."""
    starts = [to.offset + i * to.strides[0] for i in checked(index, to.shape[0])]
    inner = list(places(View(to.array, to.dtype, to.shape[1:], to.strides[1:], 0)))
    where = [start + place for start in starts for place in inner]
    values = numbers(a, (*index.shape, *to.shape[1:]))
    return zip(where, packed(values, to.dtype))


def put(to, index, a):
    """to[index] = a, row by row; of equal indices, the last counts."""
    for place, value in row_by_row(to, index, a):
        to.array[place] = value


def add_at(to, index, a):
    """to[index] += a, row by row; equal indices add up, in order."""
    add_up(to, row_by_row(to, index, a))


def add_up(to, pairs):
    """Add numbers to the places of an array, and round once at the end."""
    sums, add = {}, operator.or_ if to.dtype is dtypes.bool_ else operator.add
    for place, value in pairs:
        sums[place] = add(sums.get(place, to.array[place]), value)
    for place, value in zip(sums, packed(list(sums.values()), to.dtype)):
        to.array[place] = value


def picked(a, axis, index):
    """Where in the array the elements lie that index picks along one axis."""
    if not a.shape:
        return [a.offset for _ in checked(index, 1)]
    if not index.shape:
        index = View(index.array, index.dtype, (1,), (1,), index.offset)
    strides = list(a.strides)
    step, strides[axis] = strides[axis], 0
    rest = places(View(a.array, a.dtype, index.shape, tuple(strides), a.offset))
    return [place + i * step for place, i in zip(rest, checked(index, a.shape[axis]))]


def gather(a, axis, index):
    """y[i, j] = a[index[i, j], j] for axis 0."""
    return stored([a.array[place] for place in picked(a, axis, index)], a.dtype,
                  index.shape)


def scatter(to, axis, index, a):
    """to[index[i, j], j] = a[i, j] for axis 0; of equal places, the last counts."""
    for place, value in zip(picked(to, axis, index), stored_at(to, a, index)):
        to.array[place] = value


def scatter_add(to, axis, index, a):
    """to[index[i, j], j] += a[i, j] for axis 0; equal places add up."""
    add_up(to, zip(picked(to, axis, index), stored_at(to, a, index)))


def stored_at(to, a, index):
    """The elements of a at the places that an index has, as numbers of to's dtype."""
    if not isinstance(a, View):
        return [a] * numel(index.shape)
    if a.ndim == index.ndim:
        a = View(a.array, a.dtype, index.shape, a.strides, a.offset)
    return packed(converted(numbers(a, index.shape), a.dtype, to.dtype), to.dtype)


def table():
    """{name of a kernel: function}."""
    kernels = {each.__name__: each for each in (
        empty, view, buffer, length, address, from_list, to_list, from_bytes, to_bytes,
        fill, copy, cast, where, bitwise_not, round_bfloat16, sort, matmul, take,
        add_at, gather, put, scatter, scatter_add, as_array)}
    kernels |= {name: one(function) for name, function in ONE.items()}
    kernels |= {name: two(function) for name, function in TWO.items()}
    truth = dtypes.bool_
    kernels |= {name: one(function, truth) for name, function in TESTS_ONE.items()}
    kernels |= {name: two(function, truth) for name, function in TESTS_TWO.items()}
    return kernels | {
        "sum": reduction(total, summed), "prod": reduction(math.prod, summed),
        "max": extreme(larger), "min": extreme(smaller),
        "any": reduction(any, lambda dtype: truth),
        "all": reduction(all, lambda dtype: truth),
        "argmax": place_of(larger), "argmin": place_of(smaller),
        "cumsum": scan(operator.add), "cumprod": scan(operator.mul)}
