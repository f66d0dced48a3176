"""The sum of two vectors on the device, one element per thread, and two faster ways.

    >>> import numpy as np
    >>> add(np.arange(5), np.full(5, 10))
    array([10., 11., 12., 13., 14.], dtype=float32)
    >>> add(np.arange(5), np.full(5, 10), how="vectors")
    array([10., 11., 12., 13., 14.], dtype=float32)

One addition moves 12 bytes, two floats read and one written, so the best that a kernel
can do is bytes / bandwidth; copying the arrays to the device and back takes longer.

Left out: broadcasting, other types, and arrays on the device whose address is not a
multiple of 16 bytes, which "vectors" cannot read.

Chapter: docs/cuda/vector-addition.md.  To copy: this file, add.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, blocks, launch

HOW = {"plain": "add", "strided": "add_strided", "vectors": "add_vectors"}
BYTES_MOVED = 12         # for each element


def add(x, y, how="plain", threads=256, grid=1024):
    """x (N), y (N) -> x + y (N) float32, by kernel `how` of add.cu.

    A block has `threads` threads.  "strided" and "vectors" have at most `grid` blocks,
    each thread advancing by the number of threads in the grid.
    Raises ValueError if the shapes differ or `how` is not a kernel.
    """
    x, y = as_float32(x, 1), as_float32(y, 1)
    if x.shape != y.shape:
        raise ValueError(f"x has {x.size} elements and y has {y.size}; both need the "
                         "same number")
    if how not in HOW:
        raise ValueError(f"how={how!r}: it has to be one of {', '.join(HOW)}")
    if how == "vectors" and threads < 3:
        raise ValueError(f"threads={threads}: up to 3 elements are left over by "
                         "vectors of 4, and each needs a thread")
    z = np.empty_like(x)
    if x.size:
        each = threads * (4 if how == "vectors" else 1)
        count = blocks(x.size, each)
        launch("add.cu", HOW[how], In(x), In(y), Out(z), np.int32(x.size),
               grid=(count if how == "plain" else min(count, grid), 1),
               block=(threads, 1, 1))
    return z
