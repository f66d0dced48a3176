"""Scans agree with NumPy's running sums and maxima at every size."""

import numpy as np
import pytest

from scratch.cuda import engine, gpuarray
from scratch.cuda.scan import ExclusiveScanKernel, InclusiveScanKernel


@pytest.fixture(scope="module")
def kernels():
    return (InclusiveScanKernel(np.int64, "a + b"), ExclusiveScanKernel(np.int64, "a + b", 0),
            InclusiveScanKernel(np.int64, "a > b ? a : b"), InclusiveScanKernel(np.int64, "a * 2 + b"))


@pytest.mark.parametrize("n", [1, 2, 255, 256, 257, 512, 1009, 5000])
def test_sums_and_maxima_run_along(kernels, n):
    x = np.random.default_rng(n).integers(-100, 100, n)
    inclusive, exclusive, maximum, _ = kernels
    np.testing.assert_array_equal(inclusive(gpuarray.to_gpu(x)).get(), np.cumsum(x))
    np.testing.assert_array_equal(exclusive(gpuarray.to_gpu(x)).get(), np.cumsum(x) - x)
    np.testing.assert_array_equal(maximum(gpuarray.to_gpu(x)).get(), np.maximum.accumulate(x))


def test_input_and_output_may_be_two_arrays(kernels):
    x, out = gpuarray.to_gpu(np.arange(5)), gpuarray.zeros(5, np.int64)
    assert kernels[0](x, out) is out
    assert x.get().tolist() == [0, 1, 2, 3, 4] and out.get().tolist() == [0, 1, 3, 6, 10]


def test_functions_of_the_preamble_may_have_any_name():
    scan = InclusiveScanKernel(np.int64, "last(a, b)", preamble="__device__ long last(long t, long part)\n"
                                                                "{ return t > part ? t : part; }")
    x = np.array([3, 1, 4, 1, 5, 9, 2, 6])
    assert scan(gpuarray.to_gpu(x)).get().tolist() == np.maximum.accumulate(x).tolist()


def test_what_makes_no_sense_is_refused(kernels):
    with pytest.raises(ValueError, match="neutral"):
        ExclusiveScanKernel(np.int32, "a + b")
    with pytest.raises(ValueError, match="one axis" if engine == "cpu" else "too many values to unpack"):
        kernels[0](gpuarray.zeros((2, 2), np.int64))
