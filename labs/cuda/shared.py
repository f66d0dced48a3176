"""Threads that need each other's numbers: shared memory, barriers and trees.

    N  elements of a vector      R, C  rows and columns      T  threads of a block

As in threads.py, each exercise returns the text of a kernel, and run launches it.
loads(text, ...) makes the same launch, and counts the floats that all threads together load
from global memory: what a block has put into shared memory, it need not load again.

Exercises: rotated, pooled, dot, convolved, prefix_sum, row_sums.
Chapter: docs/cuda/reduction.md.
"""

from lab.kernels import empty, loads, run


def rotated():
    """__global__ void rotated(float *x, int N)

    Each block of T = 4 turns its piece of x by one place, where it stands: every element
    takes the value of its neighbour to the right, the last one that of the first.  The
    last piece may be shorter.

    What does a barrier protect? Race conditions

    >>> run(rotated(), [1, 2, 3, 4, 5, 6, 7, 8], 8, block=(4, 1, 1), grid=(2, 1))
    [2.0, 3.0, 4.0, 1.0, 6.0, 7.0, 8.0, 5.0]
    >>> run(rotated(), [1, 2, 3, 4, 5, 6], 6, block=(4, 1, 1), grid=(2, 1))
    [2.0, 3.0, 4.0, 1.0, 6.0, 5.0]
    """
    raise NotImplementedError("rotated is yours to write")


def pooled():
    """__global__ void pooled(const float *x, float *y, int N)

    y[i] is the largest of x[i - 1], x[i] and x[i + 1], so far as they exist, in one block
    of T = 8.  Each element of x is loaded once.

    What does a barrier protect? Race conditions

    >>> run(pooled(), [3, 1, 4, 1, 5, 9, 2, 6], empty(8), 8, block=(8, 1, 1))
    [3.0, 4.0, 4.0, 5.0, 9.0, 9.0, 9.0, 6.0]
    >>> run(pooled(), [-3, -1, -4, -1, -5], empty(5), 5, block=(8, 1, 1))
    [-1.0, -1.0, -1.0, -1.0, -1.0]
    >>> loads(pooled(), range(8), empty(8), 8, block=(8, 1, 1))    # once each; the rest is shared
    8
    """
    raise NotImplementedError("pooled is yours to write")


def dot():
    """__global__ void dot(const float *x, const float *y, float *sum, int N)

    sum[0] = x[0] y[0] + x[1] y[1] + ..., in one block of T = 8, by a tree.

    What shape lets many threads add to one number? Trees

    >>> run(dot(), [1, 2, 3, 4, 5, 6, 7, 8], [1, 0, 1, 0, 1, 0, 1, 0], empty(1), 8, block=(8, 1, 1))
    [16.0]
    >>> run(dot(), [1, 2, 3], [4, 5, 6], empty(1), 3, block=(8, 1, 1))     # too few for all
    [32.0]

    Why keep threads that never work? Several elements per thread

    >>> run(dot(), range(21), [2] * 21, empty(1), 21, block=(8, 1, 1))     # too many
    [420.0]
    """
    raise NotImplementedError("dot is yours to write")


def convolved():
    """__global__ void convolved(const float *x, const float *w, float *y, int N)

    x (N), w (3) -> y (N - 2):  y[i] = w[0] x[i] + w[1] x[i + 1] + w[2] x[i + 2], in blocks
    of T = 4.  A block loads 3 weights and the 4 + 2 elements of x that it needs, once.

    What does a barrier protect? Race conditions

    >>> x = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    >>> shape = {"block": (4, 1, 1), "grid": (2, 1)}
    >>> run(convolved(), x, [1, 0, -1], empty(8), 10, **shape)
    [-3.0, -6.0, -12.0, -24.0, -48.0, -96.0, -192.0, -384.0]
    >>> run(convolved(), x[:7], [3, 2, 1], empty(5), 7, **shape)
    [11.0, 22.0, 44.0, 88.0, 176.0]
    >>> loads(convolved(), x, [1, 0, -1], empty(8), 10, **shape)    # 2 blocks, 6 + 3 each
    18
    """
    raise NotImplementedError("convolved is yours to write")


def prefix_sum():
    """__global__ void prefix_sum(const float *x, float *y, int N)

    y[i] is the sum of all elements of x up to x[i], beginning anew in each block of T = 8.  In
    round after round, each thread adds to its number that of the thread 1, then 2, then 4 before it.

    What shape lets many threads add to one number? Trees

    >>> run(prefix_sum(), [1, 2, 3, 4, 5, 6, 7, 8], empty(8), 8, block=(8, 1, 1))
    [1.0, 3.0, 6.0, 10.0, 15.0, 21.0, 28.0, 36.0]

    What does a barrier protect? Race conditions

    >>> run(prefix_sum(), [1] * 11, empty(11), 11, block=(8, 1, 1), grid=(2, 1))
    [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 1.0, 2.0, 3.0]
    """
    raise NotImplementedError("prefix_sum is yours to write")


def row_sums():
    """__global__ void row_sums(const float *x, float *sums, int C)

    x (R, C) -> sums (R), a block of T = 4 for each row, whose threads take every fourth
    column.

    What shape lets many threads add to one number? Trees

    >>> run(row_sums(), [[1, 2, 3, 4], [5, 6, 7, 8]], empty(2), 4, block=(4, 1, 1), grid=(2, 1))
    [10.0, 26.0]

    Why keep threads that never work? Several elements per thread

    >>> run(row_sums(), [[1] * 7, [2] * 7, [3] * 7], empty(3), 7, block=(4, 1, 1), grid=(3, 1))
    [7.0, 14.0, 21.0]
    """
    raise NotImplementedError("row_sums is yours to write")
