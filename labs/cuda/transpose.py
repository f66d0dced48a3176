"""Transposing through a tile, without a bank that anybody waits for.

    R rows    C columns

turns is Python; the others return the text of a kernel, as in threads.py.  sectors(text, ...)
launches it and tells how many sectors of global memory its worst access of a warp touches,
bank_turns(text, ...) how many turns its worst access to shared memory takes.

Exercises: turns, tile_transposed, swizzled.
Chapter: docs/cuda/transpose.md.
"""

import numpy as np

from lab.kernels import bank_turns, empty, run, sectors


def turns(floats):
    """How many turns 32 banks take to serve these floats: the most that one bank has to serve.

    floats are numbers of floats in shared memory, one for each thread; float i is in bank i % 32.
    Several threads that want the same float are served at once.

    Who waits at a bank? Bank conflicts

    >>> turns(np.arange(32)), turns(np.arange(32) * 2), turns(np.arange(32) * 32)
    (1, 2, 32)
    >>> turns(np.zeros(32, int))        # a broadcast
    1
    >>> turns(np.arange(32) * 33)
    1
    """
    raise NotImplementedError("turns is yours to write")


def tile_transposed():
    """__global__ void tile_transposed(const float *x, float *y, int R, int C)

    x (R, C) -> y (C, R):  y[c, r] = x[r, c], in blocks of 32 x 8 threads for 32 x 32 elements:
    each thread moves four.  blockIdx.x is for columns of x, blockIdx.y for rows.

    Why is a transpose scattered? Strided access

    >>> x, shape = np.arange(35 * 40.0).reshape(35, 40), {"block": (32, 8, 1), "grid": (2, 2)}
    >>> y = run(tile_transposed(), x, empty(40, 35), 35, 40, **shape)
    >>> np.argwhere(y != x.T).tolist()        # where it differs from NumPy's
    []
    >>> x, shape = np.ones((64, 64)), {"block": (32, 8, 1), "grid": (2, 2)}
    >>> sectors(tile_transposed(), x, empty(64, 64), 64, 64, **shape)
    4

    Who waits at a bank? Bank conflicts

    >>> bank_turns(tile_transposed(), x, empty(64, 64), 64, 64, **shape)
    1
    """
    raise NotImplementedError("tile_transposed is yours to write")


def swizzled():
    """__global__ void swizzled(const float *x, float *y, int R, int C)

    The same with a tile of exactly 32 x 32 floats: element (r, c) of the tile is kept in its row
    at column c ^ r.

    Who waits at a bank? Bank conflicts

    >>> x, shape = np.arange(35 * 40.0).reshape(35, 40), {"block": (32, 8, 1), "grid": (2, 2)}
    >>> y = run(swizzled(), x, empty(40, 35), 35, 40, **shape)
    >>> np.argwhere(y != x.T).tolist()
    []
    >>> x = np.ones((64, 64))
    >>> bank_turns(swizzled(), x, empty(64, 64), 64, 64, **shape)
    1
    >>> "33" in swizzled() or "+ 1" in swizzled()        # no padding
    False
    """
    raise NotImplementedError("swizzled is yours to write")
