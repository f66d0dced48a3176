"""Attention that holds no row of its weights: the repair, and a kernel that is built on it.

    T queries    S keys and values    D channels of each

extended and joined are Python; attended returns the text of a kernel, as in threads.py.

Exercises: extended, joined, attended.
Chapter: docs/cuda/attention.md.
"""

import numpy as np

from lab.kernels import empty, loads, run


def softmax_mean(scores, values):
    """What the exercises are compared with: all scores at once."""
    e = np.exp(scores - np.max(scores))
    return e @ values / e.sum()


def extended(state, score, value):
    """(largest score, sum, mixture) of a query -> the same after one more key.

    sum is that of exp(score - largest), and mixture that of exp(score - largest) times the value.

    Can a query answer before it has seen all keys? Online softmax

    >>> m, s, mixed = extended((1.0, 2.0, np.array([6.0, 0.0])), 1.0, np.array([0.0, 4.0]))
    >>> float(m), float(s), mixed.tolist()
    (1.0, 3.0, [6.0, 4.0])
    >>> m, s, mixed = extended((0.0, 2.0, np.array([6.0])), np.log(4), np.array([1.0]))    # a larger one
    >>> round(float(m), 4), float(s), mixed.tolist()
    (1.3863, 1.5, [2.5])
    >>> state, scores, values = (-np.inf, 0.0, np.zeros(1)), [3, 900, -900, 901], np.arange(4.0)[:, None]
    >>> for score, value in zip(scores, values):
    ...     state = extended(state, score, value)
    >>> np.allclose(state[2] / state[1], softmax_mean(scores, values))
    True
    """
    raise NotImplementedError("extended is yours to write")


def joined(one, other):
    """(y, lse) of two parts of the keys -> that of all: as if one kernel had gone through both.

    y (D) is the mean of the part's values by its own softmax, lse the logarithm of its sum of exp(score).

    Can a query answer before it has seen all keys? Online softmax

    >>> y, lse = joined((np.array([4.0, 0.0]), 0.0), (np.array([0.0, 8.0]), 0.0))        # equal shares
    >>> y.tolist(), round(float(lse), 6)
    ([2.0, 4.0], 0.693147)
    >>> y, lse = joined((np.array([4.0]), np.log(3)), (np.array([8.0]), 0.0))        # 3 to 1
    >>> y.round(6).tolist(), round(float(lse), 6)
    ([5.0], 1.386294)
    >>> y, lse = joined((np.array([4.0]), 1000.0), (np.array([8.0]), -1000.0))        # nothing overflows
    >>> y.tolist(), float(lse)
    ([4.0], 1000.0)
    """
    raise NotImplementedError("joined is yours to write")


def attended():
    """__global__ void attended(const float *q, const float *k, const float *v, float *y, int T, int S)

    q (T, 2), k (S, 2), v (S, 2) -> y (T, 2): for each query the mean of the values, weighted by the
    softmax of q[t] . k[s] over s, in blocks of 4 threads, one query each.  Each query is loaded once,
    and each key and value once for each query; nothing but y is stored.

    Can a query answer before it has seen all keys? Online softmax

    >>> q, k, v = [[0, 0], [0, 50]], [[1, 0], [0, 1]], [[10, 0], [20, 8]]
    >>> shape = {"block": (4, 1, 1), "grid": (1, 1)}
    >>> run(attended(), q, k, v, empty(2, 2), 2, 2, **shape)
    [[15.0, 4.0], [20.0, 8.0]]
    >>> q, k, v = np.sin(np.arange(36)).reshape(3, 6, 2) * 9        # scores up to 162, and no infinity
    >>> y = run(attended(), q[:5], k, v, empty(5, 2), 5, 6, block=(4, 1, 1), grid=(2, 1))
    >>> np.allclose(y, [softmax_mean(k @ each, v) for each in q[:5]], atol=1e-4)
    True
    >>> loads(attended(), q, k, v, empty(6, 2), 6, 6, block=(4, 1, 1), grid=(2, 1)) - 6 * 2
    144
    """
    raise NotImplementedError("attended is yours to write")
