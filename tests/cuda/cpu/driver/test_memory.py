"""The device's memory is handed out, looked at and taken back without overlaps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.cuda.cpu.driver import memory


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_allocations_are_aligned_and_lie_apart(sizes):
    before = memory.free()
    found = [(memory.allocate(size), size) for size in sizes]
    for address, size in found:
        assert address % memory.ALIGNMENT == 0
        assert memory.owner(address + size // 2) == (address, size)
    ends = sorted(found)
    for (one, size), (other, _) in zip(ends, ends[1:]):
        assert other - (one + size) >= memory.MARGIN
    assert memory.free() == before - sum(sizes)
    for address, _ in found:
        memory.release(address)
    assert memory.free() == before


def test_a_view_shares_the_bytes():
    address = memory.allocate(8)
    memory.view(address, 8)[:] = 7
    memory.view(address + 4, 4)[:] = [1, 2, 3, 4]
    np.testing.assert_array_equal(memory.view(np.uint64(address), 8), [7, 7, 7, 7, 1, 2, 3, 4])
    memory.release(address)


def test_what_is_not_allocated_is_refused():
    address = memory.allocate(8)
    with pytest.raises(memory.NotMemory, match="5 bytes at byte 4 of an allocation of 8"):
        memory.view(address + 4, 5)
    with pytest.raises(memory.NotMemory, match="not the beginning"):
        memory.release(address + 4)
    memory.release(address)
    with pytest.raises(memory.NotMemory):
        memory.view(address, 1)
    with pytest.raises(memory.NotMemory):
        memory.release(address)
    with pytest.raises(memory.OutOfMemory, match="are free"):
        memory.allocate(memory.total() + 1)
