"""Every kernel of add.cu adds, at every length, and touches nothing else."""

import numpy as np
import pytest

from kernels import broken, compiled, needs_nvcc, on_cpu, ptx, watched
from scratch.cuda.kernels import add as module
from scratch.cuda.kernels.add import HOW, add

T = 32
SIZES = [1, 2, 3, 4, 5, T - 1, T, T + 1, 4 * T - 1, 4 * T, 4 * T + 1, 997, 100_003]


def pair(N, seed=0):
    x, y = np.random.default_rng(seed).standard_normal((2, N), dtype=np.float32)
    return x, y


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("N", SIZES)
def test_every_kernel_is_numpy_s_addition_at_every_length(how, N):
    """One addition of two floats is rounded once, by both, so the bits are equal."""
    x, y = pair(N)
    np.testing.assert_array_equal(add(x, y, how, threads=T), x + y, strict=True)


@pytest.mark.parametrize("how", ["strided", "vectors"])
@pytest.mark.parametrize("grid", [1, 2, 7])
def test_a_grid_smaller_than_the_vector_goes_on_until_its_end(how, grid):
    x, y = pair(5003)
    np.testing.assert_array_equal(add(x, y, how, threads=T, grid=grid), x + y)


@pytest.mark.parametrize("how", HOW)
def test_nan_and_infinity_are_added_as_ieee_says(how):
    x = np.float32([np.nan, np.inf, np.inf, -0.0, 1e38, 1e-45])
    y = np.float32([1, -np.inf, 1, 0.0, 3e38, 1e-45])
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(add(x, y, how), x + y)


@pytest.mark.parametrize("how", HOW)
def test_no_elements_make_no_elements(how):
    assert add([], [], how).shape == (0,)


@on_cpu
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("N", [1, 7, T, 4 * T + 3])
def test_no_kernel_reads_or_writes_beyond_its_arrays(how, N):
    with watched() as check:
        x, y = pair(N)
        np.testing.assert_array_equal(add(x, y, how, threads=T, grid=2), x + y)
    assert len(check.accesses)


@on_cpu
@pytest.mark.parametrize("how", HOW)
def test_each_element_moves_twelve_bytes(how):
    """Counted: every load and store that memcheck records, 16 bytes for a float4."""
    N = 4 * T + 3
    with watched() as check:
        add(*pair(N), how, threads=T, grid=2)
    moved = sum(int(row["size"]) for row in check.accesses)
    assert moved == module.BYTES_MOVED * N


@on_cpu
def test_without_its_guard_the_last_block_leaves_the_vector(monkeypatch, tmp_path):
    from scratch.cuda.cpu.memcheck import WrongAccess
    broken(monkeypatch, tmp_path, "add.cu", "    if (i < N) z[i]", "    z[i]")
    with watched(), pytest.raises(WrongAccess, match="outside: line .* element 33 of 33"):
        add(*pair(T + 1), threads=T)


def test_a_tail_that_is_forgotten_is_noticed(monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "add.cu", "first < N % 4", "first < N % 4 - 1")
    x, y = pair(4 * T + 3, seed=1)       # memory that is used again may hold other tests' sums
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(add(x, y, "vectors", threads=T), x + y)


@pytest.mark.parametrize("arguments, message", [
    (dict(x=[1, 2], y=[1]), "2 elements and y has 1"),
    (dict(x=[1], y=[1], how="fast"), "plain, strided, vectors"),
    (dict(x=[1], y=[1], how="vectors", threads=2), "threads=2"),
    (dict(x=[[1]], y=[[1]]), "2 dimensions"),
])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        add(**arguments)


@needs_nvcc
def test_nvcc_compiles_the_kernels_which_need_few_registers_and_no_stack():
    found = compiled("add.cu")
    assert {name for name, _ in found} == set(HOW.values())
    assert all(each.registers <= 40 and each.stack == each.shared == 0 for each in found.values())


@needs_nvcc
def test_vectors_are_loads_and_stores_of_four_floats_for_the_gpu():
    text = ptx("add.cu")
    loads, stores = (text.count(f"{each}.v4.f32") for each in ("ld.global.nc", "st.global"))
    assert loads == 2 * stores > 0       # more than one, because nvcc unrolls the loop
