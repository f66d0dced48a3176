"""Layer normalisation of every row of a matrix on the device, a block for each row.

    >>> import numpy as np
    >>> layernorm([[1, 2, 3], [10, 20, 30]], gain=[1, 1, 1], shift=[0, 0, 1]).round(3)
    array([[-1.225,  0.   ,  2.225],
           [-1.225,  0.   ,  2.225]], dtype=float32)

    R rows    C columns

The mean first and then the mean of (x - mean)²: one pass more than for the mean of x²
less mean², which in float32 loses its digits to rounding where the mean is large.

Left out: the backward pass, and Welford's way to have both in one pass.

Chapter: docs/cuda/softmax.md.  To copy: this file, layernorm.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, launch


def layernorm(x, gain, shift, eps=1e-5, threads=128):
    """x (R, C), gain (C), shift (C) -> gain (x - mean) / sqrt(var + eps) + shift.

    mean and variance (of squared differences from the mean) are each row's.  threads
    counts those of a block, a power of two.  Raises ValueError if shapes do not fit.
    """
    x, gain, shift = as_float32(x, 2), as_float32(gain, 1), as_float32(shift, 1)
    R, C = x.shape
    if gain.size != C or shift.size != C:
        raise ValueError(f"gain has {gain.size} elements and shift {shift.size}; x has "
                         f"{C} columns, and each needs one of both")
    if threads < 1 or threads & (threads - 1):
        raise ValueError(f"threads={threads}: a tree is halved until one is left, "
                         "which takes a power of two")
    y = np.empty_like(x)                                 # (R, C)
    if x.size:
        launch("layernorm.cu", "layernorm", In(x), In(gain), In(shift), Out(y),
               np.int32(C), np.float32(eps), grid=(R, 1), block=(threads, 1, 1),
               THREADS=threads)
    return y
