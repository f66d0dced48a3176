"""Elements by number: rows taken, and added to, by kernels.py.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from ... import dtypes
from ...storage import contiguous_strides, numel
from .elementwise import KINDS, empty
from .machine import address, kernel


def in_rows(*views):
    return all([tuple(each.strides) == contiguous_strides(each.shape)
                for each in views])


def fits(index, n):
    """Whether all indices are from -n to n - 1, in int64, row after row."""
    return index.dtype is dtypes.int64 and in_rows(index) and (
        kernel("outside")(address(index), numel(index.shape), n) < 0)


def add(kernels):
    plain = dict(kernels)

    def take(a, index):
        """a[index], along axis 0."""
        if a.dtype not in KINDS or not in_rows(a) or not fits(index, a.shape[0]):
            return plain["take"](a, index)
        y = empty((*index.shape, *a.shape[1:]), a.dtype)
        kernel("take", T=KINDS[a.dtype])(
            address(a), address(index), address(y), numel(index.shape), a.shape[0],
            numel(a.shape[1:]))
        return y

    def add_at(to, index, a):
        """to[index] += a, row by row; equal indices add up, in order."""
        shape = (*index.shape, *to.shape[1:])
        if (to.dtype not in (dtypes.float32, dtypes.float64, dtypes.int64)
                or getattr(a, "dtype", None) is not to.dtype or tuple(a.shape) != shape
                or not in_rows(to, a) or not fits(index, to.shape[0])):
            return plain["add_at"](to, index, a)
        kernel("add_at", T=KINDS[to.dtype])(
            address(to), address(index), address(a), numel(index.shape), to.shape[0],
            numel(to.shape[1:]))

    def gather(a, axis, index):
        """y[i, j] = a[index[i, j], j] for axis 0."""
        if (a.dtype not in KINDS or not a.shape or len(index.shape) != len(a.shape)
                or any([m != n for at, (m, n) in enumerate(zip(index.shape, a.shape))
                        if at != axis]) or not in_rows(a)
                or not fits(index, a.shape[axis])):
            return plain["gather"](a, axis, index)
        y = empty(index.shape, a.dtype)
        kernel("gather", T=KINDS[a.dtype])(
            address(a), address(index), address(y), numel(a.shape[:axis]),
            a.shape[axis], numel(a.shape[axis + 1:]), index.shape[axis])
        return y

    kernels |= {"take": take, "add_at": add_at, "gather": gather}
