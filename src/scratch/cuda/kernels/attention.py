"""Attention on the device, without ever holding its T x S weights: FlashAttention.

    >>> import numpy as np
    >>> q = np.array([[[0, 4]]])                         # of one head, one query,
    >>> k = np.array([[[4, 0], [0, 4]]])                 # like the second of two keys
    >>> y, lse = attention(q, k, v=np.array([[[10, 0], [20, 1]]]))
    >>> y.round(4)
    array([[[19.9999,  1.    ]]], dtype=float32)
    >>> d_q, d_k, d_v = attention_back(np.ones((1, 1, 2)), q, k, k, y, lse)
    >>> d_v.round(4)                                     # a value counts by its weight
    array([[[0., 0.],
            [1., 1.]]], dtype=float32)

    N  heads, of all examples    T  queries    S  keys and values    D  channels

"matrix" has all weights in memory, and passes over each row three times.  "online" has
a thread for each query, which goes through the keys once and repairs what it has where
a larger score turns up (see softmax.py).  "tiles" does so for a block of queries, a
tile of keys and values at a time, which the block shares.  The way back makes the
weights anew, from lse.

T. Dao and others, FlashAttention, NeurIPS 2022; M. Rabe and C. Staats, Self-attention
does not need O(n²) memory, 2021.

Left out: dropout, masks other than the causal one, 16 bits on tensor cores, heads wider
than 128 channels, keys split among blocks (which pays with few queries and many keys).
A value that is not finite spoils all queries of its tile in "tiles", even those that
may not look at it, since a weight of 0 times nan is nan; so it does in PyTorch.

Chapter: docs/cuda/attention.md.  To copy: this file, attention.cu, attention_back.cu,
launch.py and cuda/.
"""

import math

import numpy as np

from .launch import In, Out, as_float32, blocks, launch

HOW = ("matrix", "online", "tiles")
WIDEST = 128     # channels of a head: what shared memory of 48 kB has room for
HEADS = 65_535   # the largest y of a grid


def tiles(D):
    """Macros of attention.cu: how many queries and keys a tile has, and each thread."""
    return ({"QUERIES": 64, "KEYS": 32, "EACH": 4} if D <= 64 else
            {"QUERIES": 64, "KEYS": 8, "EACH": 2})


def tiles_back(D):
    """Macros of attention_back.cu."""
    return {"TILE": 32, "EACH": 4} if D <= 64 else {"TILE": 16, "EACH": 2}


def attention(q, k, v, causal=False, how="tiles", scale=None, threads=128):
    """q (N, T, D), k and v (N, S, D) -> y (N, T, D), lse (N, T).

    y = softmax(scale q kᵀ) v; lse is ln of what each row of the softmax was divided by.
    scale is 1/√D unless it is given.  causal: the T queries are the last of S
    positions, and none looks ahead; one that may look at nothing gets 0.  threads are
    those of a block of "matrix", a power of two, and "online".  Raises ValueError if
    shapes do not fit or an argument is none of these.
    """
    q, k, v = checked(q, k, v)
    if how not in HOW:
        raise ValueError(f"how={how!r}: it has to be one of {', '.join(HOW)}")
    if threads < 1 or threads & (threads - 1):
        raise ValueError(f"threads={threads}: a tree is halved until one is left, "
                         "which takes a power of two")
    (N, T, D), S = q.shape, k.shape[1]
    y, lse = np.zeros_like(q), np.full((N, T), -np.inf, np.float32)
    if not q.size or not k.size:
        return y, lse
    arguments = [In(q), In(k), In(v), Out(y), Out(lse),
                 *numbers(T, S, D, causal, scale)]
    if how == "matrix":
        w = np.empty((N, T, S), np.float32)                  # what the others avoid
        launch("attention.cu", "attention_matrix", *arguments[:3], Out(w),
               *arguments[3:], grid=(T, N), block=(threads, 1, 1), D=D,
               THREADS=threads)
    elif how == "online":
        launch("attention.cu", "attention_online", *arguments,
               grid=(blocks(T, threads), N), block=(threads, 1, 1), D=D,
               THREADS=threads)
    else:
        tile = tiles(D)
        X, Y = (tile[side] // tile["EACH"] for side in ("KEYS", "QUERIES"))
        launch("attention.cu", "attention_tiles", *arguments,
               grid=(blocks(T, tile["QUERIES"]), N), block=(X, Y, 1), D=D, **tile)
    return y, lse


def attention_back(d_y, q, k, v, y, lse, causal=False, scale=None):
    """∂loss/∂y (N, T, D) -> d_q (N, T, D), d_k and d_v (N, S, D).

    The others are what attention() was given, and what it gave.
    """
    q, k, v = checked(q, k, v)
    d_y, y, lse = as_float32(d_y, 3), as_float32(y, 3), as_float32(lse, 2)
    (N, T, D), S = q.shape, k.shape[1]
    if d_y.shape != q.shape or y.shape != q.shape or lse.shape != (N, T):
        raise ValueError(f"d_y is {d_y.shape}, y {y.shape} and lse {lse.shape}; for q "
                         f"{q.shape} they are {q.shape}, {q.shape} and {(N, T)}")
    d_q, d_k, d_v = (np.zeros_like(each) for each in (q, k, v))
    if not q.size or not k.size:
        return d_q, d_k, d_v
    delta = np.empty_like(lse)                               # (N, T)
    tile = tiles_back(D)
    X, file = tile["TILE"] // tile["EACH"], "attention_back.cu"
    launch(file, "row_dots", In(y), In(d_y), Out(delta), np.int32(N * T),
           grid=(blocks(N * T, 128), 1), block=(128, 1, 1), D=D, **tile)
    given = [In(each) for each in (q, k, v, d_y, lse, delta)]
    rest = numbers(T, S, D, causal, scale)
    launch(file, "d_queries", *given, Out(d_q), *rest,
           grid=(blocks(T, tile["TILE"]), N), block=(X, X, 1), D=D, **tile)
    launch(file, "d_keys", *given, Out(d_k), Out(d_v), *rest,
           grid=(blocks(S, tile["TILE"]), N), block=(X, X, 1), D=D, **tile)
    return d_q, d_k, d_v


def checked(q, k, v):
    """q, k and v as float32; ValueError if they do not fit each other."""
    q, k, v = as_float32(q, 3), as_float32(k, 3), as_float32(v, 3)
    if k.shape != v.shape or (q.shape[0], q.shape[2]) != (k.shape[0], k.shape[2]):
        raise ValueError(f"q is {q.shape}, k {k.shape} and v {v.shape}; they are "
                         "(N, T, D), (N, S, D) and (N, S, D)")
    if not 1 <= q.shape[2] <= WIDEST:
        raise ValueError(f"a head has {q.shape[2]} channels; these kernels take 1 to "
                         f"{WIDEST}, of which tiles fit into shared memory")
    if len(q) > HEADS:
        raise ValueError(f"{len(q):,} heads; each is a y of the grid, which ends at "
                         f"{HEADS:,}, so these kernels take no more at once")
    return q, k, v


def numbers(T, S, D, causal, scale):
    """The kernels' last arguments: T, S, scale, ahead."""
    scale = 1 / math.sqrt(D) if scale is None else scale
    ahead = S - T if causal else S           # query t looks at keys 0 to t + ahead
    return np.int32(T), np.int32(S), np.float32(scale), np.int32(ahead)
