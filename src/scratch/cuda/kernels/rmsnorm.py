"""RMS normalisation of every row of a matrix on the device, forward and backward.

    >>> import numpy as np
    >>> y, inv_rms = rmsnorm([[3, 4], [30, 40]], gain=[1, 2])
    >>> y.round(3)                                       # 3 and 4 over √12.5
    array([[0.849, 2.263],
           [0.849, 2.263]], dtype=float32)
    >>> d_x, d_gain = rmsnorm_back([[1, 0]], [[3, 4]], [1, 2], inv_rms[:1])
    >>> d_x.round(4), d_gain.round(4)
    (array([[ 0.181 , -0.1358]], dtype=float32), array([0.8485, 0.    ], dtype=float32))

    R  rows    C  columns

A layer norm without the mean: one reduction in place of two, and no shift.  B. Zhang
and R. Sennrich, Root mean square layer normalization, NeurIPS 2019; most models since
Llama have it.

Left out: the shift that some have, and eps that depends on the type.

Chapter: docs/cuda/softmax.md.  To copy: this file, rmsnorm.cu, matmul_parts.cu,
launch.py and cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, blocks, driver, launch


def rmsnorm(x, gain, eps=1e-5, threads=128):
    """x (R, C), gain (C) -> y = gain x / √(mean of x² + eps) (R, C), 1 / that root (R).

    threads are a block's, a power of two.  Raises ValueError if shapes do not fit.
    """
    x, gain = checked(x, gain, threads)
    R, C = x.shape
    y, inv_rms = np.empty_like(x), np.empty(R, np.float32)
    if x.size:
        launch("rmsnorm.cu", "rmsnorm", In(x), In(gain), Out(y), Out(inv_rms),
               np.int32(C), np.float32(eps), grid=(R, 1), block=(threads, 1, 1),
               THREADS=threads)
    return y, inv_rms


def rmsnorm_back(d_y, x, gain, inv_rms, threads=128):
    """∂loss/∂y (R, C), and what rmsnorm took and gave -> d_x (R, C), d_gain (C)."""
    x, gain = checked(x, gain, threads)
    d_y, inv_rms = as_float32(d_y, 2), as_float32(inv_rms, 1)
    (R, C), d_x, d_gain = x.shape, np.empty_like(x), np.zeros_like(gain)
    if d_y.shape != x.shape or len(inv_rms) != R:
        raise ValueError(f"d_y is {d_y.shape} and inv_rms {inv_rms.shape}; for x of "
                         f"{x.shape} they should be {x.shape} and {(R,)}")
    if x.size:
        launch("rmsnorm.cu", "rmsnorm_back", In(d_y), In(x), In(gain), In(inv_rms),
               Out(d_x), np.int32(C), grid=(R, 1), block=(threads, 1, 1),
               THREADS=threads)
        parts = parts_for(R)
        sums = driver.mem_alloc(parts * d_gain.nbytes)       # (parts, C)
        launch("rmsnorm.cu", "rmsnorm_gain", In(d_y), In(x), In(inv_rms), sums,
               np.int32(R), np.int32(C), grid=(blocks(C, threads), parts),
               block=(threads, 1, 1), THREADS=threads)
        launch("matmul_parts.cu", "add_parts", sums, Out(d_gain), np.int32(C),
               np.int32(parts), grid=(blocks(C, 256), 1), block=(256, 1, 1))
    return d_x, d_gain


def parts_for(R):
    """Into how many parts R rows are split for d_gain: of 16 rows or more, at most 64.

    >>> [parts_for(R) for R in (1, 16, 100, 10**6)]
    [1, 1, 7, 64]
    """
    return min(blocks(R, 16), 64)


def checked(x, gain, threads):
    """x and gain as float32; ValueError if they do not fit."""
    x, gain = as_float32(x, 2), as_float32(gain, 1)
    if gain.size != x.shape[1]:
        raise ValueError(f"gain has {gain.size} elements, and x has {x.shape[1]} "
                         "columns, each of which needs one")
    if threads < 1 or threads & (threads - 1):
        raise ValueError(f"threads={threads}: a tree is halved until one is left, "
                         "which takes a power of two")
    return x, gain
