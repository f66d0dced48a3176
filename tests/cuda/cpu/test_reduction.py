"""Reductions agree with NumPy at every size, whatever is folded."""

import numpy as np
import pytest

from scratch.cuda import driver, engine, gpuarray
from scratch.cuda.reduction import ReductionKernel

SIZES = [1, 2, 255, 256, 257, 1009, 16384, 16385, 100_003]


@pytest.fixture(scope="module")
def kernels():
    return {
        "dot": ReductionKernel(np.float64, "0", "a + b", "x[i] * y[i]", "const float *x, const float *y"),
        "max": ReductionKernel(np.int32, "-2147483647 - 1", "max(a, b)", arguments="const int *in"),
        "count": ReductionKernel(np.uint32, "0", "a + b", "x[i] > limit ? 1 : 0",
                                 "const float *x, float limit"),
    }


@pytest.mark.parametrize("n", SIZES)
def test_sums_maxima_and_counts(kernels, n):
    """Whole numbers below 2^24 are exact in float32, so the sums in float64 have no error."""
    numbers = np.random.default_rng(n).integers(-1000, 1000, (2, n))
    x, y = numbers.astype(np.float32)
    a, b = gpuarray.to_gpu(x), gpuarray.to_gpu(y)
    assert kernels["dot"](a, b).get() == (numbers[0] * numbers[1]).sum()
    assert kernels["max"](gpuarray.to_gpu(numbers[0].astype(np.int32))).get() == numbers[0].max()
    assert kernels["count"](a, np.float32(100)).get() == (x > 100).sum()


def test_the_result_may_go_where_it_is_wanted(kernels):
    out = gpuarray.empty((), np.float64)
    x = gpuarray.ones(10, np.float32)
    assert kernels["dot"](x, x, out=out) is out and out.get() == 10
    with pytest.raises(ValueError):
        kernels["dot"](x, x, out=gpuarray.empty((), np.float32))


def test_its_stages_may_be_launched_by_themselves(kernels):
    """The second one gets what the first one made, and then the arguments of the first."""
    numbers = np.arange(50_000) % 100
    x = gpuarray.to_gpu(numbers.astype(np.float32))
    for kernel, arguments, whole in [(kernels["dot"], [x.gpudata, x.gpudata], (numbers**2).sum()),
                                     (kernels["count"], [x.gpudata, 50], (numbers > 50).sum())]:
        threads, size = kernel.block_size, kernel.dtype_out.itemsize
        blocks = -(-len(x) // (4 * threads))
        partial, out = gpuarray.empty(blocks, kernel.dtype_out), gpuarray.empty((), kernel.dtype_out)
        kernel.stage1_func((blocks, 1), (threads, 1, 1), None, partial.gpudata, *arguments, 4, len(x),
                           shared_size=threads * size)
        assert partial.get().sum() == whole
        kernel.stage2_func((1, 1), (threads, 1, 1), None, out.gpudata, partial.gpudata, *arguments, 4, blocks,
                           shared_size=threads * size)
        assert out.get() == whole


def test_names_that_pycudas_own_kernel_has_not_are_free():
    """By NumPy; a name of the engine's would be taken for the argument's, or for the function's."""
    kernel = ReductionKernel(np.float32, "0", "a + b", "folded(x[i]) + t * span - partial + first[0]",
                             "const float *x, float t, int span, float partial, const float *first",
                             preamble="__device__ float folded(float a) { return 2 * a; }")
    x, first = np.arange(1000, dtype=np.float32), np.float32([7])
    found = kernel(gpuarray.to_gpu(x), 3.0, 2, 1.0, gpuarray.to_gpu(first)).get()
    assert found == (2 * x + 3 * 2 - 1 + 7).sum()


def test_a_reduction_without_arguments_is_refused():
    """PyCUDA writes None into its kernel, and nvcc does not compile that."""
    with pytest.raises(driver.CompileError, match="arguments" if engine == "cpu" else "None"):
        ReductionKernel(np.int32, "0", "a + b")
