"""What bounds a kernel, counted before it is measured.

Exercises: sets_used, intensity, blocks_that_fit.
Chapter: docs/cuda/speed.md.
"""


def sets_used(n, sets, line=64):
    """Into how many sets of a cache the n floats of a column of an n x n matrix fall.

    The matrix is float32, row after row, and begins at address 0.  A cache keeps lines of so many
    bytes; line number i is kept in set i % sets.

    Why is 1,024 so slow? Power-of-two strides

    >>> sets_used(1024, 64), sets_used(1000, 64), sets_used(512, 64)
    (1, 64, 2)
    >>> sets_used(1056, 2048)
    1024
    """
    raise NotImplementedError("sets_used is yours to write")


def intensity(BM, BN, K=4096):
    """FLOPs per byte of global memory of a product whose blocks make BM x BN elements.

    For each element of the result K / BM + K / BN floats are read and one is written; a
    multiplication and an addition are two FLOPs.

    Which roof is it under? The roofline of several cards

    >>> round(intensity(1, 1), 3), round(intensity(32, 32), 2)
    (0.25, 7.97)
    >>> round(intensity(128, 64, K=8), 3)
    3.368
    """
    raise NotImplementedError("intensity is yours to write")


def blocks_that_fit(threads, registers, shared):
    """How many blocks a multiprocessor of an H100 has room for.

    It has 64 warps, 65,536 registers, 228 kB (of 1,024 bytes) of shared memory, and room for 32
    blocks.  A thread's registers are rounded up to a multiple of 8, for whole warps; a block's
    shared bytes are rounded up to a multiple of 128, and CUDA keeps 1,024 bytes more of each.

    How many threads fit? Occupancy

    >>> blocks_that_fit(256, 32, 0), blocks_that_fit(256, 107, 16896), blocks_that_fit(1024, 32, 8192)
    (8, 2, 2)
    >>> blocks_that_fit(256, 32, 48 << 10)        # shared memory runs out first
    4
    >>> blocks_that_fit(32, 16, 0)        # and here the number of blocks
    32
    >>> blocks_that_fit(256, 129, 0)        # 136 registers, in truth
    1
    """
    raise NotImplementedError("blocks_that_fit is yours to write")
