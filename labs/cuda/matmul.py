"""The product of two matrices, by tiles that a block shares.

    M rows of A    N columns of B    K columns of A, rows of B

As in threads.py, the exercise returns the text of a kernel, and run launches it; loads counts
the floats loaded from global memory.

Exercises: matmul.
Chapter: docs/cuda/matmul.md.
"""

import numpy as np

from lab.kernels import empty, loads, run


def matmul():
    """__global__ void matmul(const float *a, const float *b, float *c, int M, int N, int K)

    a (M, K), b (K, N) -> c (M, N):  c = a b.  A block of 4 x 4 threads makes as many
    elements of c, threadIdx.x along a row, and goes through K four at a time.

    What if a block shares what it has read? Tiles in shared memory

    >>> a, b = [[1, 2, 3, 4], [5, 6, 7, 8]], [[1, 0], [0, 1], [1, 1], [0, 2]]
    >>> run(matmul(), a, b, empty(2, 2), 2, 2, 4, block=(4, 4, 1))
    [[4.0, 13.0], [12.0, 29.0]]
    >>> a, b = np.arange(35).reshape(5, 7), np.arange(42).reshape(7, 6)
    >>> shape = {"block": (4, 4, 1), "grid": (2, 2)}
    >>> c = run(matmul(), a, b, empty(5, 6), 5, 6, 7, **shape)
    >>> np.argwhere(c != a @ b).tolist()        # where it differs from NumPy's
    []
    >>> a, b = np.ones((2, 8, 8))
    >>> loads(matmul(), a, b, empty(8, 8), 8, 8, 8, **shape) / 8**2     # 2 K / 4 per element
    4.0
    """
    raise NotImplementedError("matmul is yours to write")
