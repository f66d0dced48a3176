"""The book's attention in tiles, forward and backward, where its conditions hold.

    >>> q, k = (View(None, dtypes.float32, (2, 3, length, 8)) for length in (5, 7))
    >>> sizes(q, k)                      # heads in all, queries, keys, channels
    (6, 5, 7, 8)

float32, up to 65,535 heads of up to 128 channels, as many for values as for keys, and
the same axes before the last two. The weights are never in memory; see
cuda/kernels/attention.py.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools

import numpy as np

from ... import dtypes
from ...storage import numel
from . import kernels
from .memory import View, empty


@functools.cache
def folder():
    """The modules of scratch.cuda.kernels that are used here."""
    from ....cuda.kernels import attention, launch
    return launch, attention


def fits(q, k, v):
    """Whether the kernels take these: q (..., T, D), k and v (..., S, D)."""
    return (q.dtype is k.dtype is v.dtype is dtypes.float32 and k.shape == v.shape
            and q.ndim >= 2 and q.shape[:-2] == k.shape[:-2]
            and q.shape[-1] == k.shape[-1] <= folder()[1].WIDEST
            and numel(q.shape[:-2]) <= folder()[1].HEADS
            and 0 < q.size < 2**30 and 0 < k.size < 2**30)


def sizes(q, k):
    """How many heads, queries, keys and channels."""
    return numel(q.shape[:-2]), q.shape[-2], k.shape[-2], q.shape[-1]


def attention(q, k, v, scale, ahead):
    """softmax(scale q kᵀ) v, and the logarithm of what each row was divided by.

    All lie row after row. Query t looks at keys 0 to t + ahead.
    """
    (launch, own), (N, T, S, D) = folder(), sizes(q, k)
    y, lse = empty(q.shape, q.dtype), empty(q.shape[:-1], q.dtype)
    tile = own.tiles(D)
    block = (tile["KEYS"] // tile["EACH"], tile["QUERIES"] // tile["EACH"], 1)
    kernels.run(launch.kernel("attention.cu", "attention_tiles", D=D, **tile), q, k, v,
                y, lse, *numbers(T, S, scale, ahead),
                grid=(launch.blocks(T, tile["QUERIES"]), N), block=block)
    return y, lse


def attention_back(d_y, q, k, v, y, lse, scale, ahead):
    """d_q, d_k and d_v; the weights are made again, from lse."""
    (launch, own), (N, T, S, D) = folder(), sizes(q, k)
    tile = own.tiles_back(D)
    block = (tile["TILE"] // tile["EACH"],) * 2 + (1,)
    d_q, d_k, d_v, delta = (empty(each.shape, q.dtype) for each in (q, k, v, lse))

    def kernel(name):
        return launch.kernel("attention_back.cu", name, D=D, **tile)

    kernels.run(kernel("row_dots"), y, d_y, delta, np.int32(N * T),
                grid=(launch.blocks(N * T, 128), 1), block=(128, 1, 1))
    given, rest = (q, k, v, d_y, lse, delta), numbers(T, S, scale, ahead)
    kernels.run(kernel("d_queries"), *given, d_q, *rest,
                grid=(launch.blocks(T, tile["TILE"]), N), block=block)
    kernels.run(kernel("d_keys"), *given, d_k, d_v, *rest,
                grid=(launch.blocks(S, tile["TILE"]), N), block=block)
    return d_q, d_k, d_v


def numbers(T, S, scale, ahead):
    return np.int32(T), np.int32(S), np.float32(scale), np.int32(ahead)


TABLE = {"attention_fits": fits, "attention": attention,
         "attention_back": attention_back}
