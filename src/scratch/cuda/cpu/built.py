"""A translated program, built by PoCL: what is in it, and how it is launched.

    >>> from .translator.translate import translate
    >>> built = Built(translate('''__device__ int n = 3;
    ... __global__ void k(char a, float *x) { x[0] = n; }'''))
    >>> built.layout["k"], [size for _, size in built.variables.values()]
    ((0, [(0, 1), (8, 8)]), [4])

driver.Module launches one of these, or the second engine's cxx.library.Library, which
has the same attributes:

    program      what a launch has to know: kernels, their parameters and bounds, ...
    layout       kernel -> (bytes of shared memory, [(place, bytes) of each argument])
    variables    name -> (DeviceAllocation, bytes)
    launch       (name, grid, block, arguments, shared bytes, memcheck's numbers)
"""

import numpy as np

from . import pocl
from .driver.devices import LaunchError, LogicError
from .driver.transfers import DeviceAllocation, at

LANES = {3: "a lane that the mask names does not come to this warp operation with the "
            "same mask, or the mask does not name the thread's own lane",
         4: "a thread takes the value of a lane that takes no part in this shuffle, or "
            "the width is no power of two up to 32"}


class Built:
    """program is a translate.Program; options are those of OpenCL's compiler."""

    def __init__(self, program, options=()):
        self.program = program
        self.kernels = kernels = pocl.build(program.text, options)
        count = (sum(1 + 2 * len(p) for p in program.kernels.values())
                 + len(program.variables))
        sizes = np.zeros(max(count, 1), np.uint64)
        pocl.launch(kernels["layout_"], (1, 1, 1), (1, 1, 1),
                    np.uint64(sizes.ctypes.data))
        numbers = iter([int(size) for size in sizes])
        self.layout = {}
        for name, parameters in program.kernels.items():
            shared = next(numbers)
            self.layout[name] = shared, [(next(numbers), next(numbers))
                                         for _ in parameters]
        self.variables = {}
        for name in program.variables:
            size = next(numbers)
            self.variables[name] = DeviceAllocation(size), size
            at(self.variables[name][0], size, "")[:] = 0
        self.addresses = np.array([int(v) for v, _ in self.variables.values()] or [0],
                                  np.uint64)
        if program.initialised:
            pocl.launch(kernels["values_"], (1, 1, 1), (1, 1, 1),
                        np.uint64(self.addresses.ctypes.data))

    def launch(self, name, grid, block, arguments, shared, watch=0):
        failed = np.zeros(8, np.int32)
        pocl.launch(self.kernels[f"launch_{name}"], grid, block,
                    np.uint64(arguments.ctypes.data),
                    np.uint64(self.addresses.ctypes.data),
                    np.uint64(failed.ctypes.data), np.uint64(watch), shared=shared,
                    prints=self.program.prints)
        if failed[0]:
            asserts = failed[1] == 0         # which PyCUDA calls a LogicError
            error = LogicError if asserts else LaunchError
            raise error(self.failure(name, *failed.tolist()))

    def failure(self, name, line, kind, *block):
        """The message of a kernel that stopped itself."""
        shown = f"{line:>6} | {self.program.source[line - 1]}"
        if kind == 0:
            return f"{name}: the assertion in line {line} is false\n{shown}"
        if kind in LANES:
            return (f"{name}, line {line}: in block {tuple(block[:3])} {LANES[kind]}."
                    f"\n{shown}")
        what = ("some threads leave here, and others go on to a __syncthreads()"
                if kind == 2 else
                "only some threads go on to a __syncthreads() from here")
        return (f"{name}, line {line}: in block {tuple(block[:3])} {what}.\n{shown}\n"
                "On the CPU engine all threads of a block have to arrive at a barrier: "
                "guard the loads and the stores, and not the barrier")
