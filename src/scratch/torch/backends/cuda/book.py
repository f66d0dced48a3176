"""The book's own kernels, where an operation meets their conditions.

    >>> lies((4, 3), (3, 1)), lies((4, 3), (1, 4)), lies((4, 3), (6, 2))
    ('straight', 'turned', None)

    matmul          float32 matrices that lie row after row, or column after column, at
                    multiples of 16 bytes: the best rung of the ladder for the machine
    sum, max        of all of float32 numbers that lie in a row
    softmax, log_softmax, standardize    float32, along the last axis, in rows
    cross_entropy, rms_norm              float32, rows of a matrix; and their ways back

All else is left to the kernels of this folder, which take any strides and dtypes.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools
import itertools

import numpy as np

from ... import dtypes
from ...dispatch import COMPOSED
from ...storage import numel
from . import kernels, texts
from .memory import View, empty, engine

SMALL = 2**15    # products in a matrix of many, below which one launch makes all


@functools.cache
def folder():
    """The modules of scratch.cuda.kernels that are used here."""
    from ....cuda.kernels import launch, matmul
    return launch, matmul


def lies(shape, strides):
    """How a matrix lies: "straight", row after row; "turned", if its transpose does."""
    (M, N), (row, column) = shape, strides
    if (column == 1 or N == 1) and (row == N or M == 1):
        return "straight"
    return "turned" if (row == 1 or M == 1) and (column == M or N == 1) else None


def multiplies(a, b):
    """Whether the ladder's kernels make a (..., M, K) @ b (..., K, N)."""
    (M, K), N = a.shape[-2:], b.shape[-1]
    count = numel(a.shape[:-2])
    return (a.dtype is dtypes.float32 and a.shape[:-2] == b.shape[:-2] and M * N * K > 0
            and M * N < 2**30 and (count == 1 or M * N * K >= SMALL)
            and all(lies(x.shape[-2:], x.strides[-2:]) and x.address % 16 == 0
                    and all(stride % 4 == 0 for stride in x.strides[:-2])
                    for x in (a, b)))


def matmul(a, b, y):
    """Write a @ b into y, matrix by matrix."""
    launch, ladder = folder()
    rung = "warps" if engine().on_gpu else "cpu"
    (M, K), N = a.shape[-2:], b.shape[-1]
    turned = [lies(x.shape[-2:], x.strides[-2:]) == "turned" for x in (a, b)]
    sizes = ladder.RUNGS[rung].sizes()
    splits = ladder.splits_for(rung, M, N, K, sizes)
    macros, how = ladder.plan(rung, M, N, K, sizes, *turned, splits)
    kernel = launch.kernel(ladder.RUNGS[rung].file, "matmul", **macros)
    launch.allow(kernel, how["shared"])
    for each, index in enumerate(itertools.product(*map(range, a.shape[:-2]))):
        left, right = (View(x.memory, x.dtype, (), (), x.offset + sum(
            k * stride for k, stride in zip(index, x.strides))) for x in (a, b))
        made = View(y.memory, y.dtype, (), (), y.offset + each * M * N)
        parts = empty((splits, M, N), a.dtype) if splits > 1 else made
        kernels.run(kernel, left, right, parts, np.int32(M), np.int32(N), np.int32(K),
                    **how)
        if splits > 1:
            kernels.run(launch.kernel("matmul_parts.cu", "add_parts"), parts, made,
                        np.int32(M * N), np.int32(splits),
                        grid=(launch.blocks(M * N, 256), 1), block=(256, 1, 1))
    return y


def reduces(a, y):
    """Whether reduce.cu makes this sum or maximum."""
    return a.dtype is dtypes.float32 and y.size == 1 and a.packed and 1 < a.size < 2**30


def reduce(name, a, y):
    """Write the sum or the maximum of a into y: a number per block, again and again."""
    launch, _ = folder()
    kernel = launch.kernel("reduce.cu", "reduce_pairs", MAX=int(name == "max"),
                           THREADS=256)
    n = a.size
    while n > 1:
        blocks = -(-n // 512)
        made = y if blocks == 1 else empty((blocks,), a.dtype)
        kernels.run(kernel, a, made, np.int32(n), grid=(blocks, 1), block=(256, 1, 1))
        a, n = made, blocks
    return y


def in_rows(a, axes):
    """(R, C) if a is float32, and its last axes, these, lie in R rows of C; or None."""
    C = numel([a.shape[axis] for axis in axes])
    last = tuple(range(a.ndim - len(axes), a.ndim))
    if (a.dtype is dtypes.float32 and a.packed and a.size and C < 2**30
            and tuple(sorted(axis % a.ndim for axis in axes)) == last):
        return a.size // C, C
    return None


def threads():
    """Of a block that has a row: on a processor, few."""
    return 128 if engine().on_gpu else 32


def of_rows(name, kernel):
    """softmax and log_softmax: kernel() of each row, or what dispatch.py composes."""
    def function(a, axis):
        found = in_rows(a, (axis,)) if a.shape else None
        if found is None:
            return composed(name)(a, axis)
        y, (R, C) = empty(a.shape, a.dtype), found
        kernels.run(kernel(), a, y, np.int32(C), grid=(R, 1), block=(threads(), 1, 1))
        return y
    return function


@functools.cache
def composed(name):
    """The kernel as dispatch.py defines it, of elementwise ones and reductions."""
    from .along import TABLE as reductions
    return COMPOSED[name](kernels.TABLE | reductions)


def own(name):
    """A kernel of rows.cu."""
    text = f"#define THREADS {threads()}\n{texts.file('rows.cu')}"
    return kernels.compiled(text, name)


@functools.cache
def constant(number, C):
    """C equal numbers, which stay on the device."""
    a = empty((C,), dtypes.float32)
    kernels.fill(a, number)
    return a


def standardize(x, axes, n, eps):
    """x -> (x - μ) / √(σ² + ε), μ, σ², 1 / √(σ² + ε), μ and σ² of n numbers on axes.

    The first is layernorm.cu with a gain of 1 and a shift of 0.
    """
    found = in_rows(x, axes)
    if found is None:
        return composed("standardize")(x, axes, n, eps)
    (launch, _), (R, C) = folder(), found
    y = empty(x.shape, x.dtype)
    shape = x.shape[:x.ndim - len(axes)] + (1,) * len(axes)
    moments = [empty(shape, x.dtype) for _ in range(3)]
    kernel = launch.kernel("layernorm.cu", "layernorm", THREADS=threads())
    kernels.run(kernel, x, constant(1, C), constant(0, C), y, np.int32(C),
                np.float32(eps), grid=(R, 1), block=(threads(), 1, 1))
    kernels.run(own("moments"), x, *moments, np.int32(C), np.float32(eps), grid=(R, 1),
                block=(threads(), 1, 1))
    return y, *moments


def row_kernel(file, name):
    return folder()[0].kernel(file, name, THREADS=threads())


def run_rows(kernel, R, *arguments):
    kernels.run(kernel, *arguments, grid=(R, 1), block=(threads(), 1, 1))


def rows_fit(x):
    """Whether the kernels of a loss, and of RMS norm, take x (R, C)."""
    return x.dtype is dtypes.float32 and x.ndim == 2 and 0 < x.size < 2**30


def cross_entropy(x, target):
    """logits (R, C), int64 target (R), negative where it does not count -> loss, lse"""
    R, C = x.shape
    loss, lse = empty((R,), x.dtype), empty((R,), x.dtype)
    run_rows(row_kernel("cross_entropy.cu", "cross_entropy"), R, x, target, loss, lse,
             np.int32(C))
    return loss, lse


def cross_entropy_back(d_loss, x, target, lse):
    d_x = empty(x.shape, x.dtype)
    run_rows(row_kernel("cross_entropy.cu", "cross_entropy_back"), x.shape[0], x,
             target, lse, d_loss, d_x, np.int32(x.shape[1]))
    return d_x


def rms_norm(x, gain, eps):
    """x (R, C), gain (C), or None for ones -> gain x / √(mean of x² + ε), 1 / that √"""
    R, C = x.shape
    y, inv_rms = empty(x.shape, x.dtype), empty((R,), x.dtype)
    gain = constant(1, C) if gain is None else gain
    run_rows(row_kernel("rmsnorm.cu", "rmsnorm"), R, x, gain, y, inv_rms, np.int32(C),
             np.float32(eps))
    return y, inv_rms


def rms_norm_back(d_y, x, gain, inv_rms):
    """d_x, d_gain"""
    R, C = x.shape
    d_x, d_gain = empty(x.shape, x.dtype), empty((C,), x.dtype)
    gain = constant(1, C) if gain is None else gain
    run_rows(row_kernel("rmsnorm.cu", "rmsnorm_back"), R, d_y, x, gain, inv_rms, d_x,
             np.int32(C))
    P = min(-(-R // 16), 64)         # parts of the rows, of each of which a sum is made
    parts = empty((P, C), x.dtype)
    kernels.run(row_kernel("rmsnorm.cu", "rmsnorm_gain"), d_y, x, inv_rms, parts,
                np.int32(R), np.int32(C), grid=(-(-C // threads()), P),
                block=(threads(), 1, 1))
    kernels.run(folder()[0].kernel("matmul_parts.cu", "add_parts"), parts, d_gain,
                np.int32(C), np.int32(P), grid=(-(-C // 256), 1), block=(256, 1, 1))
    return d_x, d_gain


TABLE = {"rows_fit": rows_fit, "cross_entropy": cross_entropy,
         "cross_entropy_back": cross_entropy_back, "rms_norm": rms_norm,
         "rms_norm_back": rms_norm_back,
         "softmax": of_rows("softmax", lambda: folder()[0].kernel(
             "softmax.cu", "softmax", THREADS=threads())),
         "log_softmax": of_rows("log_softmax", lambda: own("log_softmax")),
         "standardize": standardize}
