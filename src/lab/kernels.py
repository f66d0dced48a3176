"""For labs of CUDA C, where an exercise returns a kernel's text and its examples launch it.

    run(text, x, empty(4), 4, block=(4, 1, 1))      what the last array holds afterwards
    loads(text, x, empty(4), 4, block=(4, 1, 1))    how many floats were loaded from global memory
    sectors(text, ...), bank_turns(text, ...)       what its slowest warp asks of the two memories

Every launch is on the CPU and watched by memcheck, which raises an error for a wrong access.
"""

import os
import re

import numpy as np


def launched(text, arguments, block, grid):
    """Launch the kernel of a text, watched by memcheck -> its last array, the record of all accesses.

    Arrays and lists become float32, whole numbers int32.  ValueError for a text without a kernel.
    """
    os.environ["SCRATCH_CUDA"] = "cpu"    # the engine that can watch; read when scratch.cuda is imported
    from scratch.cuda import autoinit, compiler, driver    # noqa: F401  (autoinit makes a context)
    from scratch.cuda.cpu import memcheck

    name = re.search(r"__global__\s+void\s+(\w+)", text or "")
    if not name:
        raise ValueError(f"a kernel's text has a line `__global__ void name(...)`; this is {text!r}")
    values = [np.int32(each) if isinstance(each, int) else np.array(each, np.float32) for each in arguments]
    with memcheck.memcheck() as check:
        kernel = compiler.SourceModule(text).get_function(name[1])
    kernel(*(driver.InOut(value) if value.ndim else value for value in values), block=block, grid=grid)
    return [value for value in values if value.ndim][-1], check.accesses


def run(text, *arguments, block, grid=(1, 1)):
    """What the last array holds after the launch, as a list."""
    return launched(text, arguments, block, grid)[0].tolist()


def loads(text, *arguments, block, grid=(1, 1)):
    """How many floats all threads together load from global memory."""
    _, accesses = launched(text, arguments, block, grid)
    return int(accesses["size"][(accesses["space"] == 2) & (accesses["kind"] % 2 == 1)].sum()) // 4


def together(accesses, space):
    """For each access of a warp to a memory: the places, in floats, that its threads access together.

    Together are the nth accesses that the threads of a warp make from one place in the text.
    """
    nth, found = {}, {}
    for row in accesses[accesses["space"] == space]:
        block, site, thread = (int(row[name]) for name in ("block", "site", "thread"))
        n = nth[block, site, thread] = nth.get((block, site, thread), -1) + 1
        place = int(row["address"] - row["begin"]) // 4
        found.setdefault((block, site, thread // 32, n), set()).add(place)
    return found.values()


def sectors(text, *arguments, block, grid=(1, 1)):
    """The most sectors, of 32 bytes, that an access of a warp to global memory touches."""
    _, accesses = launched(text, arguments, block, grid)
    return max(len({place // 8 for place in places}) for places in together(accesses, 2))


def bank_turns(text, *arguments, block, grid=(1, 1)):
    """The most turns that an access of a warp to shared memory takes; 0 if there is none."""
    _, accesses = launched(text, arguments, block, grid)
    return max((int(np.bincount([place % 32 for place in places]).max())
                for places in together(accesses, 1)), default=0)


def empty(*shape):
    """An array for a kernel to fill, nan until it does."""
    return np.full(shape, np.nan)
