"""Kernels of a backend in plain Python: number by number, and by places along an axis.

    native    a View: an array of numbers, and the shape, strides and offset it is read by

What there is to use, from the book's backend:

    numbers(a, shape)                  the numbers of a native in order, broadcast to a shape; of
                                       a Python number, that number again and again
    given(values, dtype, shape, out)   a new native that holds the values, or out, if it is not
                                       None, after they were written there
    checked(index, n)                  the numbers of an index in order, as 0 to n - 1 where they
                                       count from the end; IndexError for others

Exercises: two, picked.
Chapter: docs/torch/dispatch.md.  In place of: scratch.torch.backends.python.
"""

import operator

from scratch.torch import dtypes
from scratch.torch.backends.python import checked, gather, given, numbers, scatter_add
from scratch.torch.backends.views import View, from_list, to_list
from scratch.torch.storage import broadcast


def native(values, dtype=dtypes.float32):
    return from_list(values, dtype)


def turned(a):
    """The transpose of a matrix: the same array, read by columns."""
    return View(a.array, a.dtype, a.shape[::-1], a.strides[::-1], a.offset)


def two(function, result=None):
    """A function of two numbers -> a kernel(a, b, out=None), number by number, broadcast.

    One of a and b may be a Python number. The dtype is result or, if that is None, that of
    the operands.

    How many kernels does it take? Composition

    >>> add, matrix = two(operator.add), native([[1, 2], [3, 4]])
    >>> to_list(add(matrix, native([[10, 20], [30, 40]])))
    [[11.0, 22.0], [33.0, 44.0]]
    >>> to_list(add(matrix, 0.5)), to_list(two(operator.sub)(10, matrix))
    ([[1.5, 2.5], [3.5, 4.5]], [[9.0, 8.0], [7.0, 6.0]])
    >>> to_list(add(turned(matrix), matrix))               # read by strides, not as they lie
    [[2.0, 5.0], [5.0, 8.0]]
    >>> to_list(add(native([[1], [2]]), native([10, 20, 30])))
    [[11.0, 21.0, 31.0], [12.0, 22.0, 32.0]]
    >>> less = two(operator.lt, dtypes.bool_)(matrix, 3)
    >>> to_list(less), less.dtype
    ([[True, True], [False, False]], torch.bool)
    >>> add(matrix, matrix, turned(matrix)) is None or to_list(matrix)     # out is written to
    [[2.0, 6.0], [4.0, 8.0]]
    """
    raise NotImplementedError("two is yours to write")


def picked(a, axis, index):
    """For each element of index, in order: the place in a.array of what it names.

    Along axis 0, index[i, j] names a[index[i, j], j]; along axis 1, a[i, index[i, j]]; so it
    goes on with more axes. index has as many axes as a, and may be shorter along the others.
    One of them without axes is read as a vector of one number.

    gather, scatter and scatter_add are this and a loop.

    How many kernels does it take? Composition

    >>> a = native([[10, 11, 12], [20, 21, 22]])           # places 0 to 5
    >>> picked(a, 1, native([[2], [0]], dtypes.int64))     # a[0, 2] and a[1, 0]
    [2, 3]
    >>> picked(a, 0, native([[1, 0], [1, 1]], dtypes.int64))
    [3, 1, 3, 4]
    >>> picked(turned(a), 0, native([[2, 2]], dtypes.int64))           # a[0, 2] and a[1, 2]
    [2, 5]
    >>> part = View(a.array, a.dtype, (2, 2), (3, 1), 1)   # its last two columns
    >>> picked(part, 1, native([[-1, 0], [1, 1]], dtypes.int64))
    [2, 1, 5, 5]
    >>> to_list(gather(a, 1, native([[2, 0], [1, 1]], dtypes.int64)))
    [[12.0, 10.0], [21.0, 21.0]]
    >>> scatter_add(a, 1, native([[0, 0], [2, 1]], dtypes.int64), native([[1, 2], [3, 4]]))
    >>> to_list(a)                                         # what falls together adds up
    [[13.0, 11.0, 12.0], [20.0, 25.0, 25.0]]
    >>> picked(native(7), 0, native([0, -1], dtypes.int64))
    [0, 0]
    """
    raise NotImplementedError("picked is yours to write")
