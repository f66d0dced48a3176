"""Softmax of every row of a matrix on the device, a block of threads for each row.

    >>> import numpy as np
    >>> softmax([[0, 0], [1000, 1000 + np.log(3)]]).round(3)
    array([[0.5 , 0.5 ],
           [0.25, 0.75]], dtype=float32)

    R rows    C columns

"stable" passes three times over a row: for its largest element, for the sum of
exp(x - largest), for the result.  "online" makes the first two at once (M. Milakov and
N. Gimelshein, Online normalizer calculation for softmax, 2018), which is how attention
kernels go through a row they never hold as a whole.

Left out: the other axes, masks (put -inf where a column is not to count; a row of
nothing but -inf gives nan, as in PyTorch), the backward pass.

Chapter: docs/cuda/softmax.md.  To copy: this file, softmax.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, launch

HOW = {"stable": "softmax", "online": "softmax_online"}


def softmax(x, how="stable", threads=128):
    """x (R, C) -> (R, C) float32, each row not negative and summing to 1.

    threads counts those of a block, a power of two.  Raises ValueError if x is not a
    matrix or an argument is none of these.
    """
    x = as_float32(x, 2)
    if how not in HOW:
        raise ValueError(f"how={how!r}: it has to be one of {', '.join(HOW)}")
    if threads < 1 or threads & (threads - 1):
        raise ValueError(f"threads={threads}: a tree is halved until one is left, "
                         "which takes a power of two")
    R, C = x.shape
    y = np.empty_like(x)                                 # (R, C)
    if x.size:
        launch("softmax.cu", HOW[how], In(x), Out(y), np.int32(C), grid=(R, 1),
               block=(threads, 1, 1), THREADS=threads)
    return y
