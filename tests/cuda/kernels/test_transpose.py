"""Every kernel of transpose.cu transposes, and they differ as their texts say."""

import numpy as np
import pytest
from shapes import load_checked

from kernels import broken, compiled, needs_nvcc, on_cpu, transactions, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.transpose import HOW, transpose

T = 8
SIZES = [1, T - 1, T, T + 1, 3 * T, 37, 101]


def matrix(R, C):
    return np.random.default_rng(R * 1000 + C).standard_normal((R, C), dtype=np.float32)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("R", SIZES)
@pytest.mark.parametrize("C", SIZES)
def test_every_kernel_is_numpy_s_transpose_at_every_size(how, R, C):
    """Nothing is computed, so the bits are equal."""
    x = matrix(R, C)
    np.testing.assert_array_equal(transpose(x, how, tile=T), x.T, strict=True)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("tile", [1, 3, 6, 32])
def test_every_size_of_a_tile_does(how, tile):
    x = matrix(67, 45)
    np.testing.assert_array_equal(transpose(x, how, tile), x.T)


@pytest.mark.parametrize("how", HOW)
def test_nan_and_signed_zeros_arrive_as_they_were(how):
    x = np.float32([[np.nan, -0.0, np.inf], [1, 0.0, -np.inf]])
    np.testing.assert_array_equal(transpose(x, how).view(np.uint32), x.T.copy().view(np.uint32))


def test_a_large_matrix():
    x = matrix(1031, 769)
    np.testing.assert_array_equal(transpose(x), x.T)


def test_more_rows_than_a_grid_has_blocks_for():
    """A grid's y ends at 65,535 on a GPU; and so it does here."""
    x = np.arange(66_000, dtype=np.float32).reshape(-1, 1)
    np.testing.assert_array_equal(transpose(x, "tiled", tile=1), x.T)


def test_a_matrix_without_elements_has_its_shape_transposed():
    assert transpose(np.zeros((0, 3))).shape == (3, 0)


@on_cpu
@pytest.mark.parametrize("how", HOW)
def test_no_kernel_goes_beyond_its_arrays_or_reads_a_tile_too_early(how):
    with watched():
        for R, C in [(1, 1), (T + 1, T - 1), (2 * T, T), (11, 13)]:
            x = matrix(R, C)
            np.testing.assert_array_equal(transpose(x, how, tile=T), x.T)


@on_cpu
@pytest.mark.parametrize("how", ["tiled", "padded"])
def test_without_its_barrier_a_tile_is_read_before_it_is_written(how, monkeypatch, tmp_path):
    from scratch.cuda.cpu.memcheck import WrongAccess
    broken(monkeypatch, tmp_path, "transpose.cu", "__syncthreads();", "")
    with watched(), pytest.raises(WrongAccess, match="race|unwritten"):
        transpose(matrix(T, T), how, tile=T)


@on_cpu
@pytest.mark.parametrize("guard", ["r < R && c < C", "c0 + t < C", "r0 + t < R"])
def test_without_a_guard_an_edge_is_overrun_or_wrong(guard, monkeypatch, tmp_path):
    from scratch.cuda.cpu.memcheck import WrongAccess
    broken(monkeypatch, tmp_path, "transpose.cu", guard, "1")
    x = matrix(T + 1, T + 3)
    with watched(), pytest.raises((WrongAccess, AssertionError)):
        for how in HOW:
            np.testing.assert_array_equal(transpose(x, how, tile=T), x.T)


@on_cpu
def test_a_column_of_the_tile_is_one_bank_until_its_rows_are_padded():
    """Counted from the addresses that 32 threads read together."""
    with watched() as check:
        transpose(matrix(32, 32), "tiled")
        assert sorted(transactions(check, "tile").values()) == [1, 32]
        transpose(matrix(32, 32), "padded")
        assert sorted(transactions(check, "tile").values()) == [1, 1]


@on_cpu
@pytest.mark.parametrize("how, apart", [("naive", 64), ("tiled", 1), ("padded", 1)])
def test_neighbours_write_neighbours_only_through_a_tile(how, apart):
    """The distance in floats between the stores of threads 0 and 1."""
    with watched() as check:
        transpose(matrix(64, 64), how)
        stores = [row for row in check.accesses if check.sites[row["site"]].base == "y"]
    first = {int(row["thread"]): int(row["address"]) for row in reversed(stores)
             if row["block"] == 0}
    assert first[1] - first[0] == 4 * apart


def test_every_shape_comment_is_true():
    module = load_checked(launch.FOLDER / "transpose.py", R=5, C=3)
    module.transpose(matrix(5, 3))
    assert not module.unreached_shapes()


def test_bad_input_is_told_what_is_wrong():
    with pytest.raises(ValueError, match="naive, tiled, padded"):
        transpose([[1]], how="fast")
    with pytest.raises(ValueError, match="1 dimensions"):
        transpose([1])
    with pytest.raises(ValueError, match="tile=10: a block has 3 rows of threads"):
        transpose([[1]], tile=10)
    with pytest.raises(launch.driver.CompileError, match="#error TILE has to be a multiple"):
        launch.module(launch.FOLDER / "transpose.cu", TILE=10)


def test_a_transpose_that_swaps_a_block_is_noticed(monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "transpose.cu", "[t][i]", "[i][t]")
    x = matrix(T, T)
    with pytest.raises(AssertionError):
        np.testing.assert_array_equal(transpose(x, tile=T), x.T)


@needs_nvcc
def test_nvcc_compiles_the_kernels_with_the_shared_memory_they_name():
    found = compiled("transpose.cu", TILE=32)
    shared = {"transpose_naive": 0, "transpose_tiled": 4 * 32 * 32, "transpose_padded": 4 * 32 * 33}
    for (name, _), each in found.items():
        assert each.shared == shared[name] and each.registers <= 40 and each.stack == 0
    assert len(found) == 6
