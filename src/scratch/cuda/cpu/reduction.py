"""PyCUDA's ReductionKernel for the CPU engine: a sum, a maximum, in one expression.

    >>> import numpy as np
    >>> dot = ReductionKernel(np.float32, neutral="0", reduce_expr="a + b",
    ...                       map_expr="x[i] * y[i]",
    ...                       arguments="const float *x, const float *y")
    >>> x = gpuarray.arange(1000, dtype=np.float32)
    >>> float(dot(x, gpuarray.ones(1000, np.float32)).get())
    499500.0

Two launches.  In the first each block folds its part of the numbers in half until one
is left; in the second one block folds what the blocks made.  The kernel is an ordinary
one, with a barrier after each fold, so it does not rely on warps.

    neutral    the neutral element: 0 for a sum    reduce_expr    combines a and b
    map_expr   applied to each element first, at index i

Left out: reductions along an axis, complex numbers.
"""

import numpy as np

from . import driver, gpuarray
from .compiler import SourceModule
from .elementwise import gathered, parsed
from .tools import VectorArg, dtype_to_ctype

__all__ = ["ReductionKernel", "dtype_to_ctype"]

THREADS = 256
BLOCKS = 64
TEXT = """
{preamble}
typedef {ctype} out_type;
#define REDUCE(a, b) ({reduce_expr})
#define READ_AND_MAP(i) ({map_expr})

__global__ void {name}(out_type *out{arguments}, size_t n)
{{
    __shared__ out_type sdata[{threads}];
    unsigned int tid = threadIdx.x;
    size_t i = (size_t)blockIdx.x * {threads} + tid;
    out_type acc = {neutral};
    for (; i < n; i += (size_t)gridDim.x * {threads})
        acc = REDUCE(acc, READ_AND_MAP(i));
    sdata[tid] = acc;
    __syncthreads();
    for (unsigned s = {threads} / 2; s > 0; s /= 2) {{
        if (tid < s) sdata[tid] = REDUCE(sdata[tid], sdata[tid + s]);
        __syncthreads();
    }}
    if (tid == 0) out[blockIdx.x] = sdata[0];
}}
"""


class ReductionKernel:
    """Call it with GPUArrays and numbers -> a GPUArray of shape ()."""

    block_size = THREADS

    def __init__(self, dtype_out, neutral, reduce_expr, map_expr=None, arguments=None,
                 name="reduce_kernel", keep=False, options=None, preamble=""):
        self.dtype_out = np.dtype(dtype_out)
        ctype = dtype_to_ctype(self.dtype_out)
        if arguments is None:
            raise driver.CompileError("a ReductionKernel needs its arguments, such as "
                                      f"arguments='const {ctype} *in'")
        arguments = parsed(arguments)
        if not any(isinstance(argument, VectorArg) for argument in arguments):
            raise AssertionError("ReductionKernel can only be used with functions that "
                                 "have at least one vector argument")
        self.arguments = arguments
        first = next(a for a in arguments if isinstance(a, VectorArg))
        words = dict(preamble=preamble, ctype=ctype, reduce_expr=reduce_expr, name=name,
                     neutral=neutral, threads=THREADS)
        declared = "".join(f", {argument.declarator()}" for argument in arguments)
        module = SourceModule(TEXT.format(map_expr=map_expr or f"{first.name}[i]",
                                          arguments=declared, **words), options=options,
                              no_extern_c=True)
        self.first = module.get_function(name).prepare(
            ["P", *(argument.struct_char for argument in arguments), "N"])
        module = SourceModule(TEXT.format(map_expr="in[i]", arguments=f", {ctype} *in",
                                          **words), options=options, no_extern_c=True)
        self.second = module.get_function(name).prepare("PPN")

    def stage1_func(self, grid, block, stream, out, *rest, shared_size=0):
        """As PyCUDA's own calls it, which classes made from this one do, too."""
        *values, _, n = rest
        self.first.prepared_call(grid, block, out, *values, n)

    def stage2_func(self, grid, block, stream, out, partial, *rest, shared_size=0):
        self.second.prepared_call(grid, block, out, partial, rest[-1])

    def __call__(self, *args, stream=None, out=None, allocator=None, slice=None,
                 range=None):
        values, vectors = gathered(args, self.arguments, "ReductionKernel")
        if out is not None and out.dtype != self.dtype_out:
            raise ValueError("out must have the same dtype as dtype_out")
        if out is not None and out.size == 0:
            raise ValueError("out array is empty")
        n = vectors[0].size
        result = out if out is not None else gpuarray.empty((), self.dtype_out)
        blocks = max(1, min(BLOCKS, -(-n // THREADS)))
        partial = gpuarray.empty((blocks,), self.dtype_out)
        self.first.prepared_call((blocks, 1), (THREADS, 1, 1), partial.gpudata,
                                 *values, n)
        self.second.prepared_call((1, 1), (THREADS, 1, 1), result.gpudata,
                                  partial.gpudata, blocks)
        return result
