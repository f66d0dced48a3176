"""Every kernel of reduce.cu has NumPy's sum and maximum, within what rounding allows."""

import numpy as np
import pytest

from kernels import EPS, broken, compiled, needs_nvcc, on_cpu, transactions, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.reduce import reduce

LADDER = ["spread", "packed", "halves", "pairs", "strided"]
T = 32
SIZES = [1, 2, T - 1, T, T + 1, 2 * T - 1, 2 * T, 2 * T + 1, T * T, T * T + 1, 997, 50_021]


def vector(N):
    return np.random.default_rng(N).standard_normal(N, dtype=np.float32)


def close(x, got, grid=1024):
    """A float32 sum is off by at most a rounding of sum |x| for each addition on its longest way.

    In a tree that is a level; in a strided kernel also each turn of the loop and, as blocks add
    to one float, each block.
    """
    levels = np.log2(T) + 1
    longest = max(4 * levels, levels + x.size / T)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(got, exact.sum(), rtol=0, atol=longest * EPS * np.abs(exact).sum())


@pytest.mark.parametrize("how", LADDER)
@pytest.mark.parametrize("N", SIZES)
def test_every_kernel_is_numpy_s_sum_at_every_length(how, N):
    x = vector(N)
    close(x, reduce(x, "sum", how, threads=T, grid=3))


@pytest.mark.parametrize("how", LADDER)
@pytest.mark.parametrize("N", SIZES)
def test_every_kernel_is_numpy_s_maximum_at_every_length(how, N):
    """A maximum is one of the elements, so the bits are equal; all are negative, so 0 is not it."""
    x = -1 - np.abs(vector(N))
    assert reduce(x, "max", how, threads=T, grid=3) == x.max()


@pytest.mark.parametrize("how", LADDER)
def test_whole_numbers_are_added_without_any_rounding(how):
    x = np.random.default_rng(0).integers(-100, 100, 30_011)
    assert reduce(x, "sum", how, threads=T) == x.sum()


@pytest.mark.parametrize("how", LADDER)
@pytest.mark.parametrize("what", ["sum", "max"])
@pytest.mark.parametrize("place", [0, 1, 40, 99])
def test_one_nan_makes_the_result_nan(how, what, place):
    x = vector(100)
    x[place] = np.nan
    assert np.isnan(reduce(x, what, how, threads=T))


@pytest.mark.parametrize("how", LADDER)
def test_infinities_are_reduced_as_numpy_reduces_them(how):
    x = vector(100)
    x[70] = -np.inf
    assert reduce(x, "sum", how, threads=T) == -np.inf and reduce(x, "max", how) == x.max()
    assert reduce(np.full(5, -np.inf), "max", how) == -np.inf


def test_a_tree_keeps_more_digits_than_a_loop():
    """A float32 loop over 10 million times 0.1 is off by percents; a tree by a few roundings."""
    x = np.full(10_000_000, 0.1, np.float32)
    exact = x.astype(np.float64).sum()
    loop = np.cumsum(x, dtype=np.float32)[-1]
    assert abs(loop - exact) / exact > 0.01
    assert reduce(x, how="halves") == pytest.approx(exact, rel=24 * EPS)


@pytest.mark.parametrize("how, threads", [(how, threads) for how in LADDER
                                          for threads in (1, 2, 64, 1024)
                                          if threads > 1 or how in ("pairs", "strided")])
def test_every_power_of_two_does(how, threads):
    x = vector(3001)
    close(x, reduce(x, "sum", how, threads))


@pytest.mark.parametrize("arguments, message", [
    (dict(x=[]), "no elements"), (dict(x=[1], what="mean"), "sum, max"),
    (dict(x=[1], how="fast"), "spread, packed"), (dict(x=[1], threads=48), "power of two"),
    (dict(x=[1], how="warps", what="max"), "sums"), (dict(x=[1], how="warps", threads=16), "32"),
    (dict(x=[1, 2], how="halves", threads=1), "combines nothing"),
])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        reduce(**arguments)


@on_cpu
@pytest.mark.parametrize("what", ["sum", "max"])
@pytest.mark.parametrize("how", LADDER)
def test_no_kernel_goes_beyond_its_array_or_meets_another_thread(how, what):
    with watched():
        for N in (1, T - 1, T + 1, 5 * T + 3):
            reduce(vector(N), what, how, threads=T, grid=2)


@on_cpu
@pytest.mark.parametrize("how", LADDER)
def test_no_barrier_can_be_spared(how, monkeypatch, tmp_path):
    """Each of the kernel's two in turn: memcheck finds the threads that meet."""
    from scratch.cuda.cpu.memcheck import WrongAccess
    text = (launch.FOLDER / "reduce.cu").read_text(encoding="utf-8")
    body = text[text.index(f"reduce_{how}("):]
    body = body[: body.index("\n}\n")]
    parts = body.split("__syncthreads();")
    assert len(parts) == 3
    for n in (0, 1):
        without = parts[0] + ("" if n == 0 else "__syncthreads();") + parts[1] + (
            "" if n == 1 else "__syncthreads();") + parts[2]
        with monkeypatch.context() as patch:
            broken(patch, tmp_path, "reduce.cu", body, without)
            with watched(), pytest.raises(WrongAccess, match="race"):
                reduce(vector(2 * T), "sum", how, threads=T)


@on_cpu
@pytest.mark.parametrize("how, most", [("spread", 1), ("packed", 8), ("halves", 1), ("pairs", 1)])
def test_only_packed_threads_collide_in_a_bank(how, most):
    """With 256 threads, 8 still work when their elements are 32 floats apart."""
    with watched() as check:
        reduce(vector(256), "sum", how, threads=256)
        assert max(transactions(check, "partial").values()) == most


@pytest.mark.parametrize("n", [1, T - 1, T + 1, 50_021])
def test_the_kernel_of_warps_sums(n):
    x = vector(n)
    close(x, reduce(x, how="warps", threads=T))


@pytest.mark.parametrize("old, new", [("span = THREADS / 2", "span = THREADS / 4"),
                                      ("i < N; i += stride", "i < N; i += 2 * stride"),
                                      ("i += 4 * stride", "i += 5 * stride"), ("x[i + 2 * stride]", "0.0f")])
def test_elements_left_out_are_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "reduce.cu", old, new)
    x = vector(997)
    with pytest.raises(AssertionError):
        close(x, reduce(x, threads=T, grid=2))


@needs_nvcc
@pytest.mark.parametrize("what", [0, 1])
def test_nvcc_compiles_the_kernels_with_a_float_of_shared_memory_a_thread(what):
    found = compiled("reduce.cu", MAX=what, THREADS=256)
    assert {name for name, _ in found} == {f"reduce_{how}" for how in LADDER}
    for each in found.values():
        assert each.shared == 4 * 256 and each.registers <= 32 and each.stack == 0


@needs_nvcc
def test_nvcc_compiles_the_kernel_of_warps_with_a_float_of_shared_memory_a_warp():
    found = compiled("reduce_warp.cu", MAX=0, THREADS=256)
    for each in found.values():
        assert each.shared == 4 * 256 // 32 and each.registers <= 32 and each.stack == 0
    assert len(found) == 2
