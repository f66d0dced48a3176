"""The transpose of a matrix on the device: plainly, through a tile, and a padded tile.

    >>> import numpy as np
    >>> transpose(np.arange(6).reshape(2, 3))
    array([[0., 3.],
           [1., 4.],
           [2., 5.]], dtype=float32)

    R rows    C columns

Nothing is computed, so what is left to see is which floats move together: a warp's 32
should be neighbours in the matrix that is read and in the one that is written.

Left out: transposing in place.

Chapter: docs/cuda/transpose.md.  To copy: this file, transpose.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, blocks, launch

HOW = {"naive": "transpose_naive", "tiled": "transpose_tiled",
       "padded": "transpose_padded"}
MOST = 65535    # blocks of a grid in y; in x there may be 2**31 - 1


def transpose(x, how="padded", tile=32):
    """x (R, C) -> (C, R) float32, by kernel `how` of transpose.cu.

    A block of tile x tile / 4 threads moves tile x tile elements.  Raises ValueError if
    x is not a matrix, `how` is no kernel, or those rows of threads do not divide tile.
    """
    x = as_float32(x, 2)
    if how not in HOW:
        raise ValueError(f"how={how!r}: it has to be one of {', '.join(HOW)}")
    rows = blocks(tile, 4)
    if tile < 1 or tile % rows:
        raise ValueError(f"tile={tile}: a block has {rows} rows of threads, a quarter "
                         "of its tile rounded up, and they have to divide it")
    R, C = x.shape
    if R > MOST * tile:
        parts = np.array_split(x, blocks(R, MOST * tile))
        return np.hstack([transpose(part, how, tile) for part in parts])
    y = np.empty((C, R), np.float32)                     # (C, R)
    if x.size:
        launch("transpose.cu", HOW[how], In(x), Out(y), np.int32(R), np.int32(C),
               grid=(blocks(C, tile), blocks(R, tile)),
               block=(tile, rows, 1), TILE=tile)
    return y
