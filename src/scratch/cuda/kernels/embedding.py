"""Rows of an embedding table on the device, and the slopes that go back to them.

    >>> import numpy as np
    >>> table = np.float32([[0, 1], [2, 3], [4, 5]])
    >>> embedding(table, [2, 0, 2])
    array([[4., 5.],
           [0., 1.],
           [4., 5.]], dtype=float32)
    >>> embedding_back(np.ones((3, 2)), [2, 0, 2], V=3)      # row 2 was taken twice
    array([[1., 1.],
           [0., 0.],
           [2., 2.]], dtype=float32)

    V  rows of the table    N  ids    C  channels

Neighbours in a warp read neighbouring channels, so rows of 32 channels or more are read
at full width, wherever in the table they are.  Slopes are added by atomicAdd, in an
order, and so with last digits, that differ from run to run.

Left out: ids in several dimensions (flatten them), rows that are kept from learning.

Chapter: docs/cuda/bandwidth.md.  To copy: this file, embedding.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, InOut, Out, as_float32, blocks, launch

EACH = 4                                 # rows of a thread that gathers, as in the .cu


def embedding(table, ids, threads=128):
    """table (V, C), ids (N) -> rows (N, C).  ValueError if an id is no row."""
    table = as_float32(table, 2)
    V, C = table.shape
    ids = checked(ids, V)
    y = np.empty((len(ids), C), np.float32)                  # (N, C)
    if y.size:
        launch("embedding.cu", "gather", In(table), In(ids), Out(y),
               np.int32(len(ids)), np.int32(C),
               grid=(blocks(len(ids), EACH), blocks(C, threads)), block=(threads, 1, 1))
    return y


def embedding_back(d_y, ids, V, threads=128):
    """∂loss/∂y (N, C), ids (N) -> ∂loss/∂table (V, C)."""
    d_y, ids = as_float32(d_y, 2), checked(ids, V)
    N, C = d_y.shape
    if len(ids) != N:
        raise ValueError(f"d_y has {N} rows, and there are {len(ids)} ids")
    d_table = np.zeros((V, C), np.float32)                   # (V, C)
    if d_y.size:
        launch("embedding.cu", "scatter_add", In(d_y), In(ids), InOut(d_table),
               np.int32(C), grid=(N, blocks(C, threads)), block=(threads, 1, 1))
    return d_table


def checked(ids, V):
    """ids as int64; ValueError if one is no row of a table of V."""
    ids = np.ascontiguousarray(ids, dtype=np.int64)
    if ids.ndim != 1:
        raise ValueError(f"ids have shape {ids.shape}; a vector is taken")
    if len(ids) and not 0 <= ids.min() <= ids.max() < V:
        wrong = ids[(ids < 0) | (ids >= V)][0]
        raise ValueError(f"id {wrong} is no row of the table, which has 0 to {V - 1}")
    return ids
