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


def test_a_reduction_without_arguments_is_refused():
    """PyCUDA writes None into its kernel, and nvcc does not compile that."""
    with pytest.raises(driver.CompileError, match="arguments" if engine == "cpu" else "None"):
        ReductionKernel(np.int32, "0", "a + b")
