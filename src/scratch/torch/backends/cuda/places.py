"""By number: elements that an index names, read, written and added; matrix products.

    >>> aside((4, 3, 5), (15, 5, 1), 1)        # the other axes, and how far one step is
    ((15, 0, 1), 5)

take and gather are one kernel, and so are put, scatter and what adds: places.cu. What
is added to one place by several threads is added by atomicAdd, so that the order, and a
float's last digits, differ from run to run; what is written is written in order.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import numpy as np

from ... import dtypes
from ...storage import broadcast, broadcast_strides, numel
from . import book, kernels, texts
from .memory import View, empty

ATOMIC = {    # dtypes whose numbers a GPU adds in one instruction
    dtypes.float32: "atomicAdd(&(to), a)", dtypes.float64: "atomicAdd(&(to), a)",
    dtypes.int32: "atomicAdd(&(to), a)", dtypes.int64:
    "atomicAdd((unsigned long long *)&(to), (unsigned long long)(a))"}


def aside(shape, strides, axis):
    """strides without a step along one axis, and that step."""
    return strides[:axis] + (0,) + strides[axis + 1:], strides[axis]


def one_axis(a):
    """A View of one element without axes as one with one axis."""
    return a if a.shape else View(a.memory, a.dtype, (1,), (1,), a.offset)


def pick(a, rest, step, size, index, where, shape):
    """y[i] = a[rest(i), index(where(i))], for each i of a shape."""
    y = empty(shape, a.dtype)
    text = texts.with_macros("places.cu", T=texts.C[a.dtype], GATHER=1)
    kernels.launch(text, "gather", y.size, kernels.walk(shape, rest),
                   kernels.walk(shape, where), a, index, y, np.int64(step),
                   np.int64(size), np.uint32(y.size))
    return y


def take(a, index):
    """a[index], along axis 0."""
    if not a.size:                       # no thread picks, so none would notice
        outside(index, -a.shape[0], a.shape[0])
    inner = len(a.shape) - 1
    return pick(a, (0,) * index.ndim + a.strides[1:], a.strides[0], a.shape[0], index,
                index.strides + (0,) * inner, (*index.shape, *a.shape[1:]))


def gather(a, axis, index):
    """y[i, j] = a[index[i, j], j] for axis 0."""
    shape, a, index = index.shape, one_axis(a), one_axis(index)
    rest, step = aside(a.shape, a.strides, axis)
    y = pick(a, rest, step, a.shape[axis], index, index.strides, index.shape)
    return View(y.memory, y.dtype, shape)


def extent(index):
    """None: nobody waits for the device to hear it."""


def outside(index, low, high):
    """None: the kernel itself stops the program if there is one."""
    text = texts.with_macros("places.cu", T="long long", GATHER=1)
    kernels.launch(text, "outside", index.size,
                   kernels.walk(index.shape, index.strides), index, np.int64(low),
                   np.int64(high), np.uint32(index.size))


def store(to, rest, step, size, index, where, a, shape, order, how):
    """to[rest(i), index(where(i))] = a(i) or += it, for each i of a shape.

    order are the axes along which a thread goes by itself: where two indices may be
    equal, and one has to come after the other.
    """
    if not isinstance(a, View):
        value, a = a, empty((), to.dtype)
        kernels.fill(a, value)
    elif a.dtype is not to.dtype:
        a = kernels.cast(a, to.dtype)
    source = broadcast_strides(a.shape, a.strides, shape)
    if how in ATOMIC.values():
        order = ()
    alone = [axis for axis in range(len(shape)) if axis not in order]

    def walk(strides, axes):
        return kernels.walk(tuple([shape[n] for n in axes]),
                            tuple([strides[n] for n in axes]))

    n, length = (numel([shape[k] for k in axes]) for axes in (alone, order))
    text = texts.with_macros("places.cu", T=texts.C[to.dtype],
                             **{"STORE(to, a)": how, "STORES": 1})
    kernels.launch(text, "scatter", n, walk(rest, alone), walk(where, alone),
                   walk(where, order), walk(source, alone), walk(source, order), to,
                   index, a, np.int64(step), np.int64(size), np.uint32(n),
                   np.uint32(length))


def by_row(how):
    """put and add_at: rows of to."""
    def kernel(to, index, a):
        inner = to.ndim - 1
        shape = (*index.shape, *to.shape[1:])
        store(to, (0,) * index.ndim + to.strides[1:], to.strides[0], to.shape[0], index,
              index.strides + (0,) * inner, a, shape, tuple(range(index.ndim)), how(to))
    return kernel


def along(how):
    """scatter and scatter_add: elements of to, along an axis."""
    def kernel(to, axis, index, a):
        to, index = one_axis(to), one_axis(index)
        if isinstance(a, View) and (a.ndim == index.ndim or not a.shape):
            a = View(a.memory, a.dtype, index.shape if a.shape else (1,) * index.ndim,
                     a.strides or (0,) * index.ndim, a.offset)    # a may have more
        rest, step = aside(to.shape, to.strides, axis)
        store(to, rest, step, to.shape[axis], index, index.strides, a, index.shape,
              (axis % to.ndim,), how(to))
    return kernel


def written(to):
    return "to = a"


def added(to):
    return ATOMIC.get(to.dtype, "to |= a" if to.dtype is dtypes.bool_ else "to += a")


def matmul(a, b):
    """(..., M, K) @ (..., K, N), the axes before them broadcast; vectors as rows."""
    left = a if a.ndim > 1 else View(a.memory, a.dtype, (1, *a.shape), (0, *a.strides),
                                     a.offset)
    right = b if b.ndim > 1 else View(b.memory, b.dtype, (*b.shape, 1), (*b.strides, 0),
                                      b.offset)
    (*lead, M, K), (*batch, inner, N) = left.shape, right.shape
    if K != inner:
        raise ValueError(f"matmul of {tuple(a.shape)} and {tuple(b.shape)}: a row of "
                         f"{K} and a column of {inner} numbers")
    batch = tuple(broadcast(tuple(lead), tuple(batch)))
    y = empty(batch + (M,) * (a.ndim > 1) + (N,) * (b.ndim > 1), a.dtype)
    if book.multiplies(left, right):
        return book.matmul(left, right, y)
    shape = (*batch, M, N)
    rows = broadcast_strides(left.shape[:-2], left.strides[:-2], batch)
    columns = broadcast_strides(right.shape[:-2], right.strides[:-2], batch)
    text = texts.with_macros("places.cu", T=texts.C[a.dtype], PRODUCT=1)
    kernels.launch(text, "product", y.size,
                   kernels.walk(shape, (*rows, left.strides[-2], 0)),
                   kernels.walk(shape, (*columns, 0, right.strides[-1])), left, right,
                   y, np.int64(left.strides[-1]), np.int64(right.strides[-2]),
                   np.uint32(K), np.uint32(y.size))
    return y


def transpose(a):
    """The two axes of a matrix exchanged: a view of the same memory."""
    return View(a.memory, a.dtype, a.shape[::-1], a.strides[::-1], a.offset)


TABLE = {"take": take, "gather": gather, "extent": extent, "outside": outside,
         "put": by_row(written), "add_at": by_row(added), "scatter": along(written),
         "scatter_add": along(added), "matmul": matmul, "transpose": transpose}
