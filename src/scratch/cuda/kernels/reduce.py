"""The sum or the largest element of a vector on the device, by trees of threads.

    >>> import numpy as np
    >>> reduce(np.arange(1000))
    499500.0
    >>> reduce(np.arange(1000), "max", how="pairs")
    999.0

    N elements    "spread", "packed", "halves", "pairs", "strided", "warps": the ladder

A block reduces its elements in log2(threads) rounds, in each of which half as many
threads work as in the one before.  The first four kernels leave a float for each block
and are launched again until one is left; "strided" and "warps" let every block add its
own to the result.  The ladder is that of M. Harris, Optimizing Parallel Reduction in
CUDA (2007): interleaved and divergent, strided with bank conflicts, sequential, the
first addition while loading, and then several elements per thread.

"warps" only sums.  A float32 sum in a tree is off by about
log2(N) roundings where a loop is off by up to N.  With atomics the order, and so the
last digits, differ from run to run.

Left out: other types, rows of a matrix (softmax and layernorm have theirs).

Chapter: docs/cuda/reduction.md.  To copy: this file, reduce.cu, reduce_warp.cu,
launch.py and cuda/.
"""

import numpy as np

from .launch import In, InOut, Out, as_float32, blocks, launch

EACH = {"spread": 1, "packed": 1, "halves": 1, "pairs": 2}     # elements of a thread
ATOMIC = ("strided", "warps")
IDENTITY = {"sum": 0.0, "max": -np.inf}


def reduce(x, what="sum", how="strided", threads=256, grid=1024):
    """x (N), N > 0 -> its "sum" or its "max", a float, by kernel `how` of reduce.cu.

    threads counts those of a block, a power of two; "strided" and "warps" have at most
    `grid` blocks. A nan in x makes the result nan, as in NumPy. Raises ValueError if x
    is empty or an argument is none of these.
    """
    x = as_float32(x, 1)
    if x.size == 0:
        raise ValueError("x has no elements, so there is nothing to reduce")
    if what not in IDENTITY:
        raise ValueError(f"what={what!r}: it has to be one of {', '.join(IDENTITY)}")
    if how not in EACH and how not in ATOMIC:
        known = ", ".join([*EACH, *ATOMIC])
        raise ValueError(f"how={how!r}: it has to be one of {known}")
    if threads < 1 or threads & (threads - 1):
        raise ValueError(f"threads={threads}: a tree is halved until one is left, "
                         "which takes a power of two")
    if threads * EACH.get(how, 2) == 1 and x.size > 1:
        raise ValueError(f"threads=1: a block of {how!r} combines nothing, so it "
                         "would never end")
    if how == "warps" and (what != "sum" or threads < 32):
        raise ValueError("the kernel of warps sums, with whole warps of 32 threads")
    macros = {"MAX": int(what == "max"), "THREADS": threads}
    if how in ATOMIC:
        y = np.full(1, IDENTITY[what], np.float32)
        file = "reduce_warp.cu" if how == "warps" else "reduce.cu"
        launch(file, f"reduce_{how}", In(x), InOut(y), np.int32(x.size),
               grid=(min(blocks(x.size, threads), grid), 1), block=(threads, 1, 1),
               **macros)
        return float(y[0])
    while x.size > 1:
        y = np.empty(blocks(x.size, EACH[how] * threads), np.float32)
        launch("reduce.cu", f"reduce_{how}", In(x), Out(y), np.int32(x.size),
               grid=(y.size, 1), block=(threads, 1, 1), **macros)
        x = y                        # a float for each block; once more, if several
    return float(x[0])
