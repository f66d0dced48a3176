"""What threads access at once, from the record that memcheck keeps of a launch.

    >>> import numpy as np
    >>> source = '''__global__ void twice(float *x, int n)
    ... {
    ...     for (int i = threadIdx.x; i < n; i += blockDim.x) x[i] *= 2;
    ... }'''
    >>> with memcheck() as check:
    ...     twice = compiler.SourceModule(source).get_function("twice")
    >>> twice(driver.InOut(np.zeros(7, np.float32)), np.int32(7), block=(4, 1, 1))
    >>> found = steps(check, "x")
    >>> found
    [{0: 0, 1: 1, 2: 2, 3: 3}, {0: 4, 1: 5, 2: 6}]
    >>> setting(found[1].values(), length=7)
    [4, 1, 0, 7]

A step is one place in the kernel, between two barriers, at one turn of a loop.  Where
threads of a GPU run in warps, those of a warp make such accesses in one instruction.

Left out: accesses of other sizes than 4 bytes, which count as the float they begin at;
loops whose turns some threads skip without a barrier between them, since the record
does not say which turn a thread is in.
"""

from collections import Counter
from itertools import pairwise

from . import compiler, driver    # for the example above
from .memcheck import memcheck    # so is this


def steps(check, place, kind=None, block=0, warp=None):
    """[{thread: float}]: which float of its array each thread accesses, step by step.

    place is an array or a text of the kernel, "x" or "x[i + 1]"; kind one of LOAD,
    STORE, BOTH and ATOMIC (translator/accesses.py), or any.  Threads count from 0 in
    their block, and those of a warp, if one is asked for, too.
    """
    rows = check.accesses[check.accesses["block"] == block]
    if warp is not None:
        rows = rows[rows["thread"] // 32 == warp]
    turns, found = Counter(), {}
    for row in rows[rows["thread"].argsort(kind="stable")]:
        site = check.sites[row["site"]]
        if place in (site.base, site.text) and kind in (None, row["kind"]):
            where, thread = (int(row["epoch"]), int(row["site"])), int(row["thread"])
            step = found.setdefault((*where, turns[where, thread]), {})
            step[thread] = int(row["address"] - row["begin"]) // 4
            turns[where, thread] += 1
    return [found[key] for key in sorted(found)]


def setting(floats, length, padding=0):
    """The floats of a warp's threads -> [offset, stride, padding, length] for a page.

    Thread t has float offset + t * (stride + padding) of an array of that length, in
    which rows are padded so.  Raises ValueError if no such numbers say it.
    """
    floats = list(floats)
    apart = {after - before for before, after in pairwise(floats)}
    if len(apart) != 1:
        raise ValueError(f"floats {', '.join(map(str, floats))} of a warp are not "
                         "evenly spaced, so they have no offset and stride")
    return [int(floats[0]), int(apart.pop()) - padding, padding, length]
