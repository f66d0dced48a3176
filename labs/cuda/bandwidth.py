"""How fast can it be?  Bytes, operations and what has to be in flight, counted.

attainable and wanted_bytes are Python; added_four is the text of a kernel, as in threads.py.

Exercises: attainable, wanted_bytes, added_four.
Chapter: docs/cuda/bandwidth.md.
"""

import numpy as np

from lab.kernels import empty, launched, run


def accesses(text, *arguments, **shape):
    """How many loads and stores all threads together make."""
    return len(launched(text, arguments, shape["block"], shape.get("grid", (1, 1)))[1])


def attainable(intensity, peak, bandwidth):
    """FLOP/s that a kernel of so many FLOPs per byte can reach on a card.

    peak is in FLOP/s, bandwidth in bytes/s.

    How fast can it be? The roofline

    >>> attainable(1 / 12, 60e12, 3e12) / 1e9        # addition
    250.0
    >>> attainable(100, 60e12, 3e12) / 1e12, attainable(20, 60e12, 3e12) / 1e12
    (60.0, 60.0)
    """
    raise NotImplementedError("attainable is yours to write")


def wanted_bytes(bandwidth, latency, multiprocessors):
    """Bytes that each multiprocessor has to keep in flight, to keep the memory busy.

    bandwidth is in bytes/s, latency in seconds.

    Why four at a time? Bytes in flight

    >>> round(wanted_bytes(3e12, 500e-9, 100))
    15000
    >>> round(wanted_bytes(3e12, 1000e-9, 100))        # twice as long a way
    30000
    """
    raise NotImplementedError("wanted_bytes is yours to write")


def added_four():
    """__global__ void added_four(const float *x, const float *y, float *z, int N)

    z = x + y, four elements at a time where there are four, in one block of T = 4 threads.

    Why four at a time? Bytes in flight

    >>> x, shape = np.arange(35.0), {"block": (4, 1, 1)}
    >>> run(added_four(), x, 2 * x, empty(35), 35, **shape) == (3 * x).tolist()
    True
    >>> accesses(added_four(), x, 2 * x, empty(35), 35, **shape)        # 8 fours and 3 ones, thrice
    33
    """
    raise NotImplementedError("added_four is yours to write")
