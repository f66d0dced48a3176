"""A line of C becomes a kernel that runs for every element, or for those that are asked for."""

import numpy as np
import pytest

from scratch.cuda import elementwise, gpuarray
from scratch.cuda.elementwise import ElementwiseKernel

X = np.arange(1000, dtype=np.float32)


@pytest.fixture(scope="module")
def axpy():
    return ElementwiseKernel("float a, const float *x, float *y", "y[i] = offset + a * x[i]", "axpy",
                             preamble="#define START 1", loop_prep="float offset = START + 1")


def test_every_element_is_computed(axpy):
    for n in (1, 31, 32, 127, 128, 129, 1000):
        x, y = gpuarray.to_gpu(X[:n].copy()), gpuarray.zeros(n, np.float32)
        axpy(3, x, y)
        np.testing.assert_array_equal(y.get(), 2 + 3 * X[:n])


@pytest.mark.parametrize("part", [slice(10, 50), slice(0, 1000, 7), slice(990, None), slice(3, 4)])
def test_a_slice_leaves_the_rest_alone(axpy, part):
    x, y = gpuarray.to_gpu(X), gpuarray.zeros(1000, np.float32)
    axpy(1, x, y, slice=part)
    expected = np.zeros(1000, np.float32)
    expected[part] = 2 + X[part]
    np.testing.assert_array_equal(y.get(), expected)


def test_numbers_are_converted_to_the_declared_type():
    k = ElementwiseKernel("int a, double b, long *y", "y[i] = a * b + n", "k")
    y = gpuarray.zeros(5, np.int64)
    k(3, 2.5, y)
    assert y.get().tolist() == [7 + 5] * 5


@pytest.mark.parametrize("kind, real", [(np.complex64, "float"), (np.complex128, "double")])
def test_a_number_may_be_complex(kind, real):
    k = ElementwiseKernel(f"pycuda::complex<{real}> a, pycuda::complex<{real}> *x, {real} b",
                          "x[i] = a * x[i] + b")
    x = gpuarray.to_gpu(np.arange(5).astype(kind))
    k(2 + 1j, x, 3)
    assert x.get().tolist() == [3 + n * (2 + 1j) for n in range(5)]
    k(np.array(1j), x, kind(0).real)
    assert x.get().tolist() == [1j * (3 + n * (2 + 1j)) for n in range(5)]


def test_a_kernel_may_be_launched_as_any_other():
    x = gpuarray.to_gpu(X)
    k = elementwise.get_elwise_kernel("float a, float *x", "x[i] = scaled(a, x[i])", "scale",
                                      preamble="__device__ float scaled(float a, float x) { return a * x; }")
    k.prepared_async_call(x._grid, x._block, None, 3, x.gpudata, x.mem_size)
    np.testing.assert_array_equal(x.get(), 3 * X)
    k.prepared_call(x._grid, x._block, 2, x.gpudata, 10)
    np.testing.assert_array_equal(x.get(), np.where(np.arange(1000) < 10, 6 * X, 3 * X))
    _, k, arguments = elementwise.get_elwise_kernel_and_types("float *x", "x[i] = i", use_range=True)
    k.prepared_call(x._grid, x._block, x.gpudata, 20, 10, -4)
    assert x.get()[8:22].tolist() == [48, 54, 30, 33, 12, 39, 42, 45, 16, 51, 54, 57, 20, 63]
    assert [argument.name for argument in arguments] == ["x", "start", "stop", "step"]


def test_copies_and_conjugates_have_kernels_of_their_own():
    z = np.complex64([1 + 2j, 3 - 4j])
    given, made = gpuarray.to_gpu(z), gpuarray.empty(2, np.complex128)
    for kernel, expected in [(elementwise.get_copy_kernel(np.complex128, np.complex64), z),
                             (elementwise.get_conj_kernel(np.complex64, np.complex64), z.conj())]:
        out = made if expected is z else given
        first, second = (out, given) if expected is z else (given, out)
        kernel.prepared_call(out._grid, out._block, first.gpudata, second.gpudata, out.mem_size)
        np.testing.assert_array_equal(out.get(), expected)


def test_the_names_that_pycuda_has_in_its_kernel_can_be_used():
    """tid counts the threads of a block, cta_start those of the blocks before it, total_threads all."""
    k = ElementwiseKernel("long *y", "y[i] = i - tid == cta_start && i < total_threads")
    y = gpuarray.zeros(300, np.int64)
    k(y)
    assert y.get().all()


def test_what_makes_no_sense_is_refused(axpy):
    with pytest.raises(AssertionError):
        ElementwiseKernel("float a", "a = 1")("x")
    with pytest.raises(RuntimeError):
        axpy(1, gpuarray.to_gpu(X)[::2], gpuarray.zeros(500, np.float32))
    with pytest.raises(TypeError):
        axpy(1, gpuarray.to_gpu(X), gpuarray.to_gpu(X), range=slice(0, 3), slice=slice(0, 3))
