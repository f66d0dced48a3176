"""What is copied to the device comes back, and what is not allocated is refused."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda


@pytest.fixture
def x():
    return np.arange(10, dtype=np.float32)


def test_memory_goes_there_and_back(x):
    there = cuda.mem_alloc(x.nbytes)
    cuda.memcpy_htod(there, x)
    other = cuda.mem_alloc_like(x)
    cuda.memcpy_dtod(other, there, x.nbytes)
    back = np.empty_like(x)
    cuda.memcpy_dtoh(back, other)
    np.testing.assert_array_equal(back, x)
    np.testing.assert_array_equal(cuda.from_device_like(cuda.to_device(x), x), x)
    np.testing.assert_array_equal(cuda.from_device(int(there) + 8, (2, 2), np.float32), [[2, 3], [4, 5]])


def test_memset_fills_bytes_and_words():
    there = cuda.mem_alloc(16)
    cuda.memset_d8(there, 1, 16)
    cuda.memset_d32(int(there) + 8, 7, 2)
    assert cuda.from_device(there, 4, np.uint32).tolist() == [0x01010101, 0x01010101, 7, 7]


def test_rows_are_copied_out_of_pitched_memory():
    rows, columns = 3, 5
    there, pitch = cuda.mem_alloc_pitch(columns * 4, rows, 4)
    a = np.arange(15, dtype=np.float32).reshape(rows, columns)
    copy = cuda.Memcpy2D()
    copy.set_src_host(a)
    copy.set_dst_device(there)
    copy.src_pitch = copy.width_in_bytes = columns * 4
    copy.dst_pitch, copy.height = pitch, rows
    copy(aligned=True)
    assert pitch >= columns * 4
    np.testing.assert_array_equal(cuda.from_device(int(there) + 2 * pitch, columns, np.float32), a[2])


def test_host_arrays_of_all_kinds_can_be_copied():
    for make in (cuda.pagelocked_zeros, cuda.aligned_zeros, cuda.managed_zeros):
        arguments = {"mem_flags": cuda.mem_attach_flags.GLOBAL} if make is cuda.managed_zeros else {}
        a = make((4, 3), np.float32, **arguments)
        a[:] = 5
        np.testing.assert_array_equal(cuda.from_device_like(cuda.to_device(a), a), 5)


@pytest.mark.parametrize("call", [
    lambda: cuda.memcpy_htod(12345, np.zeros(3)), lambda: cuda.memcpy_dtoh(np.zeros(3), cuda.mem_alloc(8)),
    lambda: cuda.mem_alloc(0)])
def test_memory_that_is_not_there_is_a_logic_error(call):
    with pytest.raises(cuda.LogicError):
        call()


def test_memory_is_freed_once_and_when_it_is_forgotten():
    before = cuda.mem_get_info()[0]
    there = cuda.mem_alloc(1 << 22)
    assert cuda.mem_get_info()[0] < before
    there.free()
    with pytest.raises(cuda.LogicError):
        there.free()
    also = cuda.mem_alloc(1 << 22)
    del also
    assert cuda.mem_get_info()[0] == before
    with pytest.raises(cuda.MemoryError):
        cuda.mem_alloc(1 << 50)
