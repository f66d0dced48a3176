"""Launch a kernel from a .cu file: compile it once, and pass it arrays.

    >>> import numpy as np
    >>> x, y = np.float32([1, 2, 3]), np.float32([10, 20, 30])
    >>> z = np.empty_like(x)
    >>> launch("add.cu", "add", In(x), In(y), Out(z), np.int32(3), grid=(1, 1),
    ...        block=(32, 1, 1))
    >>> z
    array([11., 22., 33.], dtype=float32)

In(x) copies x to the device before the launch, Out(z) copies z back after it, InOut
does both: they are PyCUDA's.  Names like TILE=16 are macros of the source; each set of
them is a program of its own, which is compiled when it is first needed and then kept.

Everything else of this unit's wrappers is NumPy; this is the one place that knows where
kernels run: through PyCUDA if that finds a GPU, through PoCL otherwise.

Left out: data that stays on the device between kernels.  For that, get the function
from kernel() and pass it what gpuarray or driver.mem_alloc gave; a copy over the bus
takes longer than most kernels.

Chapter: docs/cuda/vector-addition.md.  To copy: this file, add.cu and cuda/.
"""

from pathlib import Path

import numpy as np

from .. import autoinit, compiler, driver

In, Out, InOut = driver.In, driver.Out, driver.InOut
FOLDER = Path(__file__).parent
context = autoinit.context               # in which all of this runs
programs = {}                            # (source, macros) -> module


def on_gpu():
    """Is there a GPU, or do kernels run on the CPU?"""
    return compiler.__name__.startswith("pycuda")


def multiprocessors():
    """How many of them the GPU has, or how many cores there are."""
    count = driver.device_attribute.MULTIPROCESSOR_COUNT
    return autoinit.device.get_attribute(count)


def module(path, **macros):
    """The program of a .cu file, as PyCUDA's SourceModule has it.

    It is compiled once for each text and set of macros; under memcheck once more.
    """
    path = Path(path)
    source = path.read_text(encoding="utf-8")
    if on_gpu():                         # nvcc's messages name the file and its lines
        source = f'#line 1 "{path.name}"\n{source}'
    check = None if on_gpu() else compiler.checking.get()
    kept = check.programs if check else programs
    key = source, *sorted(macros.items())
    if key not in kept:
        options = [f"-D{macro}={value}" for macro, value in macros.items()]
        # headers with templates cannot stand in the extern "C" {} that PyCUDA would add
        kept[key] = compiler.SourceModule(source, options=options,
                                          no_extern_c='extern "C"' in source)
    return kept[key]


def kernel(file, name, **macros):
    """The function `name` of a .cu file beside this one (or any path), compiled.

    Raises what SourceModule raises: driver.CompileError, with the line, if the source
    or a macro's value is wrong, or if the CPU cannot do what it asks for.
    """
    return module(FOLDER / file, **macros).get_function(name)


def launch(file, name, *arguments, grid, block, shared=0, **macros):
    """Run a kernel.

    arguments stand in the order of its parameters, numbers as NumPy's scalars;
    grid counts blocks, block counts threads of a block: (x, y) and (x, y, z).
    shared is for a kernel with extern __shared__: how many bytes its blocks have of it.
    """
    function = kernel(file, name, **macros)
    allow(function, shared)
    function(*arguments, grid=grid, block=block, shared=shared)


def allow(function, shared):
    """Let blocks have so much shared memory: without being asked, CUDA gives 48 kB."""
    if shared > 48 << 10:
        most = driver.function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES
        function.set_attribute(most, shared)


def blocks(elements, each):
    """How many blocks of `each` elements hold all of them: the quotient, rounded up.

    >>> [blocks(n, 256) for n in (1, 256, 257)]
    [1, 1, 2]
    """
    return -(-elements // each)


def as_float32(x, dimensions):
    """x as float32, row after row; ValueError if it has other dimensions."""
    x = np.ascontiguousarray(x, dtype=np.float32)
    if x.ndim != dimensions:
        raise ValueError(f"x has shape {x.shape}, that is {x.ndim} dimensions, and the "
                         f"kernel takes {dimensions}")
    if x.size >= 2**30:
        raise ValueError(f"x has {x.size:,} elements; these kernels count in int, "
                         f"which is safe up to {2**30:,}")
    return x
