"""A step of AdamW on the device, in one kernel that changes its arrays in place.

    >>> import numpy as np
    >>> p = np.float32([1, 1]); m, s = np.zeros_like(p), np.zeros_like(p)
    >>> adamw(p, np.float32([0.001, -100]), m, s, step=1, rate=0.1, decay=0)
    >>> p.round(4)                   # the first step is of the rate, whatever the slope
    array([0.9, 1.1], dtype=float32)

    N  parameters

As single operations a step would take a dozen kernels, and move the parameters, their
gradients and both running means again and again; in one it reads four numbers and
writes three for each parameter.  I. Loshchilov and F. Hutter, Decoupled weight decay
regularization, ICLR 2019.

Left out: AMSGrad, several arrays in one launch.

Chapter: docs/cuda/bandwidth.md.  To copy: this file, adamw.cu, launch.py and cuda/.
"""

import numpy as np

from .launch import In, InOut, blocks, launch


def adamw(p, g, m, s, step, rate=1e-3, betas=(0.9, 0.999), eps=1e-8, decay=0.01,
          threads=256, grid=1024):
    """Change p, m and s, each (N), by step number `step`, from 1 on, along -g (N).

    m and s begin as zeros.  The grid has at most `grid` blocks of `threads` threads.
    Raises ValueError if an array is not float32, contiguous and of the same size.
    """
    for name, x in (("p", p), ("g", g), ("m", m), ("s", s)):
        fits = isinstance(x, np.ndarray) and x.dtype == np.float32 and x.ndim == 1
        if not fits or x.size != p.size or not x.flags.c_contiguous:
            raise ValueError(f"{name} has to be a contiguous array of float32 with as "
                             f"many numbers as p; changed in place: {x!r:.60}")
    if step < 1:
        raise ValueError(f"step={step}: the first step is 1")
    beta1, beta2 = betas             # in float64, in which 1 - beta keeps its digits
    numbers = (rate, decay, 1 - beta1, beta2, 1 - beta2, eps, 1 - beta1**step,
               1 - beta2**step)
    if p.size:
        launch("adamw.cu", "adamw", InOut(p), In(g), InOut(m), InOut(s),
               np.int32(p.size), *map(np.float32, numbers),
               grid=(min(blocks(p.size, threads), grid), 1), block=(threads, 1, 1))
