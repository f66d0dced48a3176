"""Softmax and layer norm of each row, by a block of threads.

    R rows    C columns    T threads of a block

join is Python; the others return the text of a kernel, as in threads.py.

Exercises: join, softmax_rows, online_rows, layer_norm_rows.
Chapter: docs/cuda/softmax.md.
"""

import numpy as np

from lab.kernels import empty, loads, run


def softmax(x):
    """What the kernels are compared with: in float64, by NumPy."""
    e = np.exp(x - np.max(x, axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def join(one, other):
    """(maximum, sum) of two parts of a row -> that of both; a sum is of exp(x - maximum).

    Can one pass do both? The online softmax

    >>> m, s = join((0.0, 1.0), (0.0, 1.0))
    >>> float(m), float(s)
    (0.0, 2.0)
    >>> m, s = join((2.0, 1.0), (5.0, 3.0))
    >>> float(m), round(float(s), 6)
    (5.0, 3.049787)
    >>> m, s = join((1000.0, 1.0), (-1000.0, 1.0))        # nothing overflows
    >>> float(m), float(s)
    (1000.0, 1.0)
    """
    raise NotImplementedError("join is yours to write")


def softmax_rows():
    """__global__ void softmax_rows(const float *x, float *y, int C)

    x (R, C) -> y (R, C), the softmax of each row, in a block of T = 4 threads for each row.

    Which reductions does softmax need? Numerical stability

    >>> x = np.array([[0, 1, 2, 3, 4, 5, 6], [0, 0, 0, 0, 0, 0, 0]])
    >>> shape = {"block": (4, 1, 1), "grid": (2, 1)}
    >>> np.allclose(run(softmax_rows(), x, empty(2, 7), 7, **shape), softmax(x), atol=1e-6)
    True
    >>> x = np.array([[1000, 1001, 1002], [-1000, -1001, -1002]])        # no nan, no infinity
    >>> np.allclose(run(softmax_rows(), x, empty(2, 3), 3, **shape), softmax(x), atol=1e-6)
    True
    """
    raise NotImplementedError("softmax_rows is yours to write")


def online_rows():
    """__global__ void online_rows(const float *x, float *y, int C)

    The same, but each element is loaded twice only: once for the maximum and the sum together,
    once for the result.  C is at least T = 4.

    Can one pass do both? The online softmax

    >>> x = np.array([[9, 1, 2, 3, 4, 5, 60], [0, 0, 0, 0, 0, 0, 0]])
    >>> shape = {"block": (4, 1, 1), "grid": (2, 1)}
    >>> np.allclose(run(online_rows(), x, empty(2, 7), 7, **shape), softmax(x), atol=1e-6)
    True
    >>> loads(online_rows(), x, empty(2, 7), 7, **shape) / 14
    2.0
    """
    raise NotImplementedError("online_rows is yours to write")


def layer_norm_rows():
    """__global__ void layer_norm_rows(const float *x, float *y, int C)

    x (R, C) -> y (R, C): each row less its mean, over the root of its variance (the mean of the
    squared differences from the mean), in a block of T = 4 threads for each row.

    And layer norm? Catastrophic cancellation

    >>> shape = {"block": (4, 1, 1)}
    >>> y = run(layer_norm_rows(), [[1, 2, 3, 4, 5]], empty(1, 5), 5, **shape)
    >>> np.allclose(y, [[-1.41421, -0.70711, 0, 0.70711, 1.41421]], atol=1e-4)
    True
    >>> x = [[10000, 10001, 10002, 10003, 10004]]        # the same, further off
    >>> np.allclose(run(layer_norm_rows(), x, empty(1, 5), 5, **shape), y, atol=1e-2)
    True
    """
    raise NotImplementedError("layer_norm_rows is yours to write")
