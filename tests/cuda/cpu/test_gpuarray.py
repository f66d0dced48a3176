"""GPUArrays compute what NumPy's arrays do, and are the same memory that kernels see."""

import operator

import numpy as np
import pytest

from scratch.cuda import compiler, driver, engine, gpuarray

A = np.float32([[1, -2, 3.5], [4, 0.5, -6]])
B = np.float32([[2, 5, -1], [0.5, 3, 7]])
BINARY = [operator.add, operator.sub, operator.mul, operator.truediv]


@pytest.mark.parametrize("op", BINARY)
def test_arithmetic_is_numpys(op):
    a, b = gpuarray.to_gpu(A), gpuarray.to_gpu(B)
    for got, expected in [(op(a, b), op(A, B)), (op(a, 3), op(A, 3)), (op(3, a), op(3, A))]:
        assert got.dtype == np.float32
        np.testing.assert_allclose(got.get(), expected, rtol=1e-6)


@pytest.mark.parametrize("op", [operator.iadd, operator.isub, operator.imul, operator.itruediv])
def test_arithmetic_in_place_changes_the_array(op):
    a = gpuarray.to_gpu(A)
    same = a
    a = op(a, gpuarray.to_gpu(B))
    assert a is same
    np.testing.assert_allclose(a.get(), op(A.copy(), B), rtol=1e-6)


@pytest.mark.parametrize("op, number", [
    (operator.truediv, 4), (operator.itruediv, 2), (operator.itruediv, 0.5), (operator.iadd, 1.5),
    (operator.imul, np.float32(2))])
def test_fractions_are_no_part_of_what_pycuda_does_with_whole_numbers(op, number):
    """It multiplies by 1 / number; without a result of fractions, that is an error of its own struct."""
    with pytest.raises(Exception, match="required argument is not an integer") as caught:
        op(gpuarray.to_gpu(np.int32([8, 4])), number)
    assert type(caught.value).__name__ == "error"
    a = gpuarray.to_gpu(np.int32([8, 4]))
    assert (a / 1).get().tolist() == [8, 4] and (a / 2.0).get().tolist() == [4, 2]
    a += 2
    assert a.get().tolist() == [10, 6]


@pytest.mark.parametrize("op", [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge])
def test_comparisons_give_ones_and_zeros(op):
    np.testing.assert_array_equal(op(gpuarray.to_gpu(A), gpuarray.to_gpu(B)).get(), op(A, B))


def test_reductions_are_arrays_of_no_dimension():
    a, b = gpuarray.to_gpu(A), gpuarray.to_gpu(B)
    for got, expected in [(gpuarray.sum(a), A.sum()), (gpuarray.max(a), 4), (gpuarray.min(a), -6),
                          (gpuarray.dot(a, b), (A * B).sum())]:
        assert got.shape == ()
        np.testing.assert_allclose(got.get(), expected, rtol=1e-6)


def test_more_functions_agree_with_numpy():
    a, b = gpuarray.to_gpu(A), gpuarray.to_gpu(B)
    np.testing.assert_array_equal(abs(a).get(), abs(A))
    np.testing.assert_array_equal((-a).get(), -A)
    np.testing.assert_allclose((abs(a) ** 2).get(), A**2, rtol=1e-6)
    np.testing.assert_array_equal(gpuarray.maximum(a, b).get(), np.maximum(A, B))
    np.testing.assert_array_equal(gpuarray.if_positive(a, a, b).get(), np.where(A > 0, A, B))
    np.testing.assert_array_equal(a.mul_add(2, b, 3).get(), 2 * A + 3 * B)
    np.testing.assert_array_equal(a.astype(np.int32).get(), A.astype(np.int32))
    np.testing.assert_array_equal(gpuarray.arange(3, 11, 2, dtype=np.int32).get(), [3, 5, 7, 9])
    assert gpuarray.zeros((2, 3), np.float32).get().tolist() == [[0] * 3] * 2
    assert gpuarray.empty_like(a).fill(2).get().tolist() == [[2] * 3] * 2


@pytest.mark.skipif(engine == "gpu" and driver.get_version() >= (12,),
                    reason="PyCUDA's take reads through textures of a kind that CUDA 12 has no longer")
def test_elements_are_taken_by_their_places():
    a = gpuarray.to_gpu(A.ravel())
    np.testing.assert_array_equal(gpuarray.take(a, gpuarray.to_gpu(np.int32([5, 0]))).get(), [-6, 1])


def test_views_look_at_the_same_memory():
    a = gpuarray.to_gpu(np.arange(24, dtype=np.float32).reshape(4, 6))
    b = np.arange(24, dtype=np.float32).reshape(4, 6)
    for got, expected in [(a[1], b[1]), (a[1:3], b[1:3]), (a[:, 2], b[:, 2]), (a[2, 3], b[2, 3]), (a.T, b.T),
                          (a[::2, 1::2], b[::2, 1::2]), (a.reshape(3, 8), b.reshape(3, 8)), (a[...], b),
                          (a.reshape(-1, 2), b.reshape(-1, 2)), (a.view(np.int32), b.view(np.int32))]:
        assert got.shape == expected.shape
        np.testing.assert_array_equal(got.get(), expected)
    a[1:3].fill(9)
    a[0, 0] = 5
    b[1:3], b[0, 0] = 9, 5
    np.testing.assert_array_equal(a.get(), b)
    assert a[1].ptr == a.ptr + 24


def test_kernels_take_arrays_and_parts_of_them():
    k = compiler.SourceModule("__global__ void k(float *x) { x[threadIdx.x] += 1; }").get_function("k")
    a = gpuarray.to_gpu(np.zeros(6, np.float32))
    k(a, block=(2, 1, 1))
    k(a[3:], block=(2, 1, 1))
    k(a.gpudata, block=(1, 1, 1))
    assert a.get().tolist() == [2, 1, 0, 1, 1, 0]


def test_vectors_have_names():
    v = gpuarray.vec.make_float3(1, 2, 3)
    assert v["y"] == 2 and gpuarray.vec.float3.itemsize == 12


@pytest.mark.parametrize("call, error", [
    (lambda a: a + gpuarray.zeros((3, 2), np.float32), NotImplementedError),
    (lambda a: a[:, ::2] + 1, RuntimeError), (lambda a: a.set(np.zeros(6)), ValueError),
    (lambda a: a.get(np.zeros((2, 3))), TypeError), (lambda a: a.reshape(7), ValueError), (bool, ValueError),
    (lambda a: a[5], IndexError), (hash, TypeError), (lambda a: gpuarray.arange(), IndexError)])
def test_what_makes_no_sense_is_refused(call, error):
    with pytest.raises(error):
        call(gpuarray.to_gpu(A))


def test_memory_goes_back_with_the_last_view():
    before = driver.mem_get_info()[0]
    a = gpuarray.zeros(1 << 20, np.float32)
    part = a[10:]
    del a
    assert driver.mem_get_info()[0] < before
    part.fill(1)
    del part
    assert driver.mem_get_info()[0] == before


def test_an_array_follows_its_gpudata():
    """As in PyCUDA, where the address alone says what is read: two arrays may change places."""
    a, b = gpuarray.to_gpu(A), gpuarray.to_gpu(B)
    a.gpudata, b.gpudata = b.gpudata, a.gpudata
    a += 1
    np.testing.assert_array_equal(a.get(), B + 1)
    np.testing.assert_array_equal(b.get(), A)
    late = gpuarray.GPUArray(A.shape, A.dtype, allocator=lambda size: 0)    # told later where it is
    late.gpudata = b.gpudata
    np.testing.assert_array_equal(late.get(), A)


def test_libraries_made_for_pycuda_find_two_of_its_own_names():
    """By NumPy."""
    x, z = gpuarray.zeros((2, 3), np.float32), gpuarray.zeros((2, 3), np.complex64)
    assert gpuarray._get_common_dtype(x, z) == np.complex64 and gpuarray._get_common_dtype(x, 2) == np.float32
    assert gpuarray._get_common_dtype(gpuarray.zeros(1, np.int32), x) == np.float64
    made = x._new_like_me(np.int64)
    assert (made.shape, made.dtype, x._new_like_me().dtype) == ((2, 3), np.int64, np.float32)
