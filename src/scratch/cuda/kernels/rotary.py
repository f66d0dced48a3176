"""Rotary positions on the device: queries and keys turned by where they stand.

    >>> import numpy as np
    >>> x = np.tile(np.float32([1, 0]), (1, 3, 1))       # one head, three places
    >>> y = rotary(x)
    >>> y.round(2)                                       # by 0, 1 and 2 radians
    array([[[ 1.  ,  0.  ],
            [ 0.54,  0.84],
            [-0.42,  0.91]]], dtype=float32)
    >>> bool(abs(rotary(y, back=True) - x).max() < 1e-6)
    True

    N  heads, of all examples    T  places    D  channels of a head    P  pairs, D / 2

Pair i is channels i and D / 2 + i, and is turned by t base^(-2i / D) at place t, so
that the dot product of two turned vectors depends on how far apart they are.  A
rotation's slope is the rotation back.  J. Su and others, RoFormer, 2021.

Left out: pairs of neighbouring channels, longer texts by another base.

Chapter: docs/cuda/bandwidth.md.  To copy: this file, rotary.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, blocks, launch


def angles(T, D, base=10000.0):
    """How far each pair is turned at each place, in float64, whose cos keeps digits."""
    return np.arange(T)[:, None] * base ** (-np.arange(0, D, 2) / D)     # (T, P)


def rotary(x, base=10000.0, back=False, threads=256):
    """x (N, T, D) -> (N, T, D), turned; or with `back` turned back, as slopes are.

    Raises ValueError if D is odd.
    """
    x = as_float32(x, 3)
    N, T, D = x.shape
    if D % 2:
        raise ValueError(f"heads of {D} channels, and rotary positions turn pairs")
    turns, y = angles(T, D, base), np.empty_like(x)
    cos, sin = np.float32(np.cos(turns)), np.float32(np.sin(turns))
    if x.size:
        launch("rotary.cu", "rotary", In(x), In(cos), In(sin), Out(y), np.uint32(T),
               np.uint32(D // 2), np.uint32(x.size // 2), np.float32(-1 if back else 1),
               grid=(blocks(x.size // 2, threads), 1), block=(threads, 1, 1))
    return y
