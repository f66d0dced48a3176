"""Cross-entropy of rows of logits on the device, forward and backward.

    >>> import numpy as np
    >>> loss, lse = cross_entropy(np.log([[1, 3], [1, 1]]), [1, 0])
    >>> np.exp(-loss)                                    # the targets' probabilities
    array([0.75, 0.5 ], dtype=float32)
    >>> cross_entropy_back([1, 1], np.log([[1, 3], [1, 1]]), [1, 0], lse)
    array([[ 0.25, -0.25],
           [-0.5 ,  0.5 ]], dtype=float32)

    R  rows: predictions    C  columns: classes

The probabilities are stored neither way: the forward pass reads the logits once and
keeps lse, a number for each row, and the backward pass makes them again from both.  For
a vocabulary of 50,000 tokens they would be the largest array of a small GPT.

Left out: weights of classes, label smoothing, the mean (divide d_loss by the number of
rows that count).

Chapter: docs/cuda/softmax.md.  To copy: this file, cross_entropy.cu, launch.py and
cuda/.
"""

import numpy as np

from .launch import In, Out, as_float32, launch


def cross_entropy(x, target, threads=128):
    """logits x (R, C), target (R) columns -> loss (R), lse (R).

    loss is -ln softmax(x)[target], and 0 where the target is negative, which does not
    count; lse is ln of the sum of exp(x).  threads are a block's, a power of two.
    """
    x, target = checked(x, target, threads)
    R, C = x.shape
    loss, lse = np.empty(R, np.float32), np.empty(R, np.float32)
    if R:
        launch("cross_entropy.cu", "cross_entropy", In(x), In(target), Out(loss),
               Out(lse), np.int32(C), grid=(R, 1), block=(threads, 1, 1),
               THREADS=threads)
    return loss, lse


def cross_entropy_back(d_loss, x, target, lse, threads=128):
    """∂L/∂loss (R), and what cross_entropy took and gave -> ∂L/∂x (R, C)."""
    x, target = checked(x, target, threads)
    d_loss, lse = as_float32(d_loss, 1), as_float32(lse, 1)
    (R, C), d_x = x.shape, np.empty_like(x)
    if len(d_loss) != R or len(lse) != R:
        raise ValueError(f"x has {R} rows, d_loss {len(d_loss)} numbers and lse "
                         f"{len(lse)}; there is one for each row")
    if R:
        launch("cross_entropy.cu", "cross_entropy_back", In(x), In(target), In(lse),
               In(d_loss), Out(d_x), np.int32(C), grid=(R, 1), block=(threads, 1, 1),
               THREADS=threads)
    return d_x


def checked(x, target, threads):
    """x as float32, target as int64; ValueError if they do not fit."""
    x, target = as_float32(x, 2), np.ascontiguousarray(target, dtype=np.int64)
    R, C = x.shape
    if target.shape != (R,):
        raise ValueError(f"target has shape {target.shape}; x has {R} rows, and each "
                         "has one target")
    if R and (C == 0 or target.max() >= C):
        raise ValueError(f"target {target.max()} is no column; there are {C}")
    if threads < 1 or threads & (threads - 1):
        raise ValueError(f"threads={threads}: a tree is halved until one is left, "
                         "which takes a power of two")
    return x, target
