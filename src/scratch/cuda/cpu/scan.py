"""PyCUDA's scans for the CPU engine: running sums, and whatever else can be folded.

    >>> import numpy as np
    >>> running_sum = InclusiveScanKernel(np.int32, "a + b")
    >>> running_sum(gpuarray.to_gpu(np.int32([3, 1, 4, 1, 5]))).get()
    array([ 3,  4,  8,  9, 14], dtype=int32)
    >>> before = ExclusiveScanKernel(np.int32, "a + b", neutral=0)
    >>> before(gpuarray.to_gpu(np.int32([3, 1, 4, 1, 5]))).get()
    array([0, 3, 4, 8, 9], dtype=int32)

One block goes through the numbers, THREADS at a time, each time with a scan in log₂
THREADS steps (Hillis and Steele, 1986): in step d each element adds the element 2^d
positions before it.

Left out: more than one block, so it is no faster than a loop; here that costs little.
"""

import numpy as np

from . import gpuarray
from .compiler import SourceModule
from .tools import dtype_to_ctype

__all__ = ["ExclusiveScanKernel", "InclusiveScanKernel", "SourceModule",
           "dtype_to_ctype"]

THREADS = 256
TEXT = """
{preamble}
typedef {ctype} number;
__device__ number FOLD(number a, number b) {{ return {expression}; }}

__global__ void {name}(const number *in, number *out, size_t n)
{{
    __shared__ number part[{threads}];
    const int t = threadIdx.x;
    number carried = {neutral};
    for (size_t begin = 0; begin < n; begin += {threads}) {{
        const size_t i = begin + t;
        if (i < n) part[t] = in[i];
        __syncthreads();
        for (int reach = 1; reach < {threads}; reach *= 2) {{
            number mine = part[t];
            if (t >= reach && i < n) mine = FOLD(part[t - reach], mine);
            __syncthreads();             // everyone has read before anyone writes
            part[t] = mine;
            __syncthreads();
        }}
        if (i < n) {{
            number mine = part[t];
            if (begin > 0 || {exclusive}) mine = FOLD(carried, mine);
            if (!{exclusive}) out[i] = mine;
            else out[i] = t == 0 ? carried : FOLD(carried, part[t - 1]);
        }}
        const size_t end = begin + {threads} < n ? begin + {threads} : n;
        const number last = part[end - 1 - begin];
        carried = begin > 0 || {exclusive} ? FOLD(carried, last) : last;
        __syncthreads();                 // everyone has read the last of this part
    }}
}}
"""


class InclusiveScanKernel:
    """out[i] = in[0] ∘ ... ∘ in[i]."""

    exclusive = 0

    def __init__(self, dtype, scan_expr, neutral=None, name_prefix="scan", options=None,
                 preamble="", devices=None):
        self.dtype = np.dtype(dtype)
        if neutral is None and self.exclusive:
            raise ValueError("neutral element is required for exclusive scan")
        text = TEXT.format(preamble=preamble, ctype=dtype_to_ctype(self.dtype),
                           expression=scan_expr, name=name_prefix, threads=THREADS,
                           neutral=0 if neutral is None else neutral,
                           exclusive=self.exclusive)
        self.kernel = SourceModule(text, options=options,
                                   no_extern_c=True).get_function(name_prefix)
        self.kernel.prepare("PPN")

    def __call__(self, input_ary, output_ary=None, allocator=None, stream=None):
        if len(input_ary.shape) != 1:
            raise ValueError(f"a scan runs along one axis, and this array has shape "
                             f"{input_ary.shape}: give it array.ravel()")
        output = input_ary if output_ary is None else output_ary
        if output.shape != input_ary.shape:
            raise ValueError("input and output must have the same shape")
        if input_ary.size:
            self.kernel.prepared_call((1, 1), (THREADS, 1, 1), input_ary.gpudata,
                                      output.gpudata, input_ary.size)
        return output


class ExclusiveScanKernel(InclusiveScanKernel):
    """out[i] = neutral ∘ in[0] ∘ ... ∘ in[i - 1]."""

    exclusive = 1
