"""PyCUDA's ElementwiseKernel for the CPU engine: a kernel from one line of C.

    >>> import numpy as np
    >>> axpy = ElementwiseKernel("float a, float *x, float *y", "y[i] += a * x[i]")
    >>> x, y = gpuarray.to_gpu(np.float32([1, 2, 3])), gpuarray.zeros(3, np.float32)
    >>> axpy(10, x, y)
    >>> y
    array([10., 20., 30.], dtype=float32)

The line becomes the body of a loop over i, in which each thread advances by the number
of threads in the grid; see source().  It may use PyCUDA's names: tid and total_threads,
this thread's number in its block and how many there are, and cta_start, i of the
block's first thread.

Left out: textures as arguments.
"""

import numpy as np

from . import gpuarray
from .compiler import SourceModule
from .driver.devices import NotOnCPU
from .tools import ScalarArg, VectorArg, dtype_to_ctype, parse_c_arg


def parsed(arguments):
    """ "float a, float *x", or a list of Argument -> a list of Argument."""
    if isinstance(arguments, str):
        return [parse_c_arg(part) for part in arguments.split(",")]
    return list(arguments)


def source(arguments, operation, name="kernel", preamble="", loop_prep="",
           after_loop="", range_given=False):
    """The kernel's text; start, stop and step of i are arguments if range_given."""
    given = ", ".join(argument.declarator() for argument in arguments)
    if range_given:
        given += ", long start, long stop, long step"
        kind, loop = "long", ("for (i = start + (cta_start + tid) * step; step < 0 ? "
                              "i > stop : i < stop; i += total_threads * step)")
    else:
        if not any(argument.name == "n" for argument in arguments):
            given += ", size_t n"
        kind = "size_t"
        loop = "for (i = cta_start + tid; i < n; i += total_threads)"
    return f"""{preamble}
__global__ void {name}({given})
{{
    size_t tid = threadIdx.x;
    size_t total_threads = (size_t)gridDim.x * blockDim.x;
    size_t cta_start = (size_t)blockDim.x * blockIdx.x;
    {kind} i;
    {loop_prep};
    {loop} {{
        {operation};
    }}
    {after_loop};
}}
"""


def get_elwise_module(arguments, operation, name="kernel", keep=False, options=None,
                      preamble="", loop_prep="", after_loop=""):
    return SourceModule(source(parsed(arguments), operation, name, preamble, loop_prep,
                               after_loop), options=options, no_extern_c=True)


def get_elwise_kernel_and_types(arguments, operation, name="kernel", keep=False,
                                options=None, use_range=False, **parts):
    """(module, prepared kernel, its arguments); those of a loop come last."""
    arguments = parsed(arguments)
    text = source(arguments, operation, name, range_given=use_range, **parts)
    arguments += [ScalarArg(np.intp, word) for word in ("start", "stop", "step")] if (
        use_range) else [ScalarArg(np.uintp, "n")]
    module = SourceModule(text, options=options, no_extern_c=True)
    function = module.get_function(name).prepare([a.struct_char for a in arguments])
    return module, function, arguments


def get_elwise_kernel(*args, **keywords):
    """The kernel alone: x._grid and x._block are how to launch it for an array x."""
    return get_elwise_kernel_and_types(*args, **keywords)[1]


def get_copy_kernel(dtype_dest, dtype_src):
    return get_elwise_kernel(f"{dtype_to_ctype(dtype_dest)} *dest, "
                             f"{dtype_to_ctype(dtype_src)} *src", "dest[i] = src[i]",
                             "copy")


def get_conj_kernel(dtype, conj_dtype):
    return get_elwise_kernel(f"{dtype_to_ctype(dtype)} *y, "
                             f"{dtype_to_ctype(conj_dtype)} *z",
                             "z[i] = pycuda::conj(y[i])", "conj")


class ElementwiseKernel:
    """Call it with as many arguments as it was declared with; arrays are GPUArrays."""

    def __init__(self, arguments, operation, name="kernel", keep=False, options=None,
                 preamble="", loop_prep="", after_loop=""):
        self.arguments = parsed(arguments)
        if not any(isinstance(a, VectorArg) for a in self.arguments):
            raise AssertionError("ElementwiseKernel can only be used with functions "
                                 "that have at least one vector argument")
        self.name, self.options = name, options
        self.parts = operation, name, preamble, loop_prep, after_loop
        self.compiled = {}               # whether a range is given -> kernel

    def kernel(self, range_given):
        """The kernel, which has three more arguments if a range of i is given."""
        if range_given not in self.compiled:
            self.compiled[range_given] = self.compile(range_given)
        return self.compiled[range_given]

    def compile(self, range_given):
        module = SourceModule(source(self.arguments, *self.parts, range_given),
                              options=self.options, no_extern_c=True)
        kinds = [argument.struct_char for argument in self.arguments]
        if range_given:
            kinds += ["q"] * 3
        elif not any(argument.name == "n" for argument in self.arguments):
            kinds.append("N")
        return module.get_function(self.name).prepare(kinds)

    def __call__(self, *args, range=None, slice=None, stream=None):
        if range is not None and slice is not None:
            raise TypeError("may not specify both range and slice keyword arguments")
        if len(args) > len(self.arguments):
            raise TypeError(f"{self.name} takes {len(self.arguments)} arguments, not "
                            f"{len(args)}")
        values, vectors = gathered(args, self.arguments, "elementwise kernel")
        if slice is not None:
            range = slice_of(slice, vectors[0].size)
        if range is None:
            count = vectors[0].size
            if len(args) == len(self.arguments) and not any(
                    argument.name == "n" for argument in self.arguments):
                values.append(count)
        else:
            step = range.step or 1
            count = abs(range.stop - range.start) // abs(step) + 1
            values += [range.start, range.stop, step]
        grid, block = gpuarray.splay(count)
        if count:
            self.kernel(range is not None).prepared_call(grid, block, *values)


def gathered(args, arguments, kernel):
    """What to launch a kernel with for args, and those of them that are arrays."""
    values, vectors = [], []
    for value, argument in zip(args, arguments):
        if isinstance(argument, VectorArg):
            if not value.flags.forc:
                raise RuntimeError(f"{kernel} cannot deal with non-contiguous arrays")
            vectors.append(value)
            values.append(value.gpudata)
        else:
            values.append(number(value, argument))
    return values, vectors


def number(value, argument):
    """value as the argument's type; a structure has to be of it already."""
    return value if argument.dtype.char == "V" else argument.dtype.type(value)


def slice_of(given, size):
    return slice(*given.indices(size))


def get_linear_combination_kernel(summand_descriptors, dtype_z):
    """z = a0 x0 + a1 x1 + ...; a scalar that lies on the device needs a texture."""
    if any(on_device for on_device, _, _ in summand_descriptors):
        raise NotOnCPU("scalars read through textures cannot run on the CPU engine")
    arguments = []
    for n, (_, scalar, vector) in enumerate(summand_descriptors):
        arguments += [ScalarArg(scalar, f"a{n}"), VectorArg(vector, f"x{n}")]
    arguments.append(VectorArg(dtype_z, "z"))
    sum_ = " + ".join(f"a{n} * x{n}[i]" for n in range(len(summand_descriptors)))
    arguments.append(ScalarArg(np.uintp, "n"))
    module = get_elwise_module(arguments, f"z[i] = {sum_}", "linear_combination")
    function = module.get_function("linear_combination")
    return function.prepare([a.struct_char for a in arguments]), []


__all__ = ["ElementwiseKernel", "ScalarArg", "VectorArg", "dtype_to_ctype",
           "get_conj_kernel", "get_copy_kernel", "get_elwise_kernel",
           "get_elwise_kernel_and_types", "get_elwise_module",
           "get_linear_combination_kernel"]
