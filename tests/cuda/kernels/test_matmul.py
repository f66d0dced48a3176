"""Every rung of the ladder multiplies matrices of every size, and reads what its text says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from shapes import load_checked

from kernels import EPS, SMALL, broken, compiled, needs_nvcc, on_cpu, ptx, transactions, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels import matmul as module
from scratch.cuda.kernels.matmul import RUNGS, matmul, plan

SIZES = [(1, 1, 1), (3, 3, 3), (4, 4, 4), (5, 5, 5), (7, 15, 3), (8, 16, 4), (9, 17, 5),
         (16, 32, 8), (64, 32, 16), (1, 17, 9), (17, 1, 8), (13, 11, 1), (8, 8, 31), (31, 37, 29)]
needs_cxx = pytest.mark.skipif(shutil.which("g++") is None, reason="no g++ for the GPU's text of a kernel")
CUDA_SHAPED = [rung for rung in SMALL if rung != "cpu"]


def factors(M, N, K, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((M, K), dtype=np.float32),
            rng.standard_normal((K, N), dtype=np.float32))


def check(a, b, got, eps=EPS):
    """K products and K additions, each rounded: off by at most K roundings of sum |a| |b|."""
    K = a.shape[1]
    exact = a.astype(np.float64) @ b.astype(np.float64)
    bound = (K + 1) * eps * (np.abs(a).astype(np.float64) @ np.abs(b).astype(np.float64))
    assert got.dtype == np.float32 and got.shape == exact.shape
    assert (np.abs(got - exact) <= bound).all()       # a nan is not <= anything


@pytest.mark.parametrize("rung", SMALL)
def test_every_rung_is_numpy_s_product_at_every_size(rung):
    for M, N, K in SIZES:
        a, b = factors(M, N, K)
        check(a, b, matmul(a, b, rung, **SMALL[rung]))


@pytest.mark.parametrize("rung", SMALL)
def test_every_rung_has_working_sizes_of_its_own_and_takes_both_factors_transposed(rung):
    a, b = factors(150, 139, 70)
    check(a, b, matmul(a.T, b.T, rung, transposed_a=True, transposed_b=True))


@pytest.mark.parametrize("rung", ["tiles", "vectors", "double", "warps", "cpu"])
@pytest.mark.parametrize("transposed", [(True, False), (False, True)])
def test_either_factor_may_be_transposed(rung, transposed):
    """The rungs in between index as "tiles" does, or load as "vectors" does."""
    for M, N, K in [(9, 17, 5), (8, 16, 4), (31, 37, 29), (12, 20, 8), (32, 64, 16)]:
        a, b = factors(M, N, K)
        given = a.T if transposed[0] else a, b.T if transposed[1] else b
        check(a, b, matmul(*given, rung, *transposed, **SMALL[rung]))


def test_the_first_nine_rungs_agree_to_the_last_bit():
    """Each adds the products in the order of k; sharing and waiting change no sum."""
    a, b = factors(31, 37, 29)
    first = matmul(a, b, "naive", **SMALL["naive"])
    for rung in CUDA_SHAPED:
        np.testing.assert_array_equal(matmul(a, b, rung, **SMALL[rung]), first, err_msg=rung)


def test_blocks_that_number_themselves_make_every_element_once():
    """Bands of 8 blocks, of which the last is lower; and K shorter than the stages reach."""
    for M, N, K in [(288, 96, 8), (257, 70, 5), (600, 33, 20)]:
        a, b = factors(M, N, K)
        np.testing.assert_array_equal(matmul(a, b, "warps", **SMALL["warps"]), matmul(a, b, "naive"))


@pytest.mark.parametrize("splits", [2, 3, 7])
def test_parts_of_a_split_k_add_up_to_the_product(splits):
    """Parts are whole rounds of BK = 8, so that the last ones may have less, or nothing."""
    for M, N, K in [(1, 1, 1), (32, 64, 48), (33, 70, 53), (5, 3, 16)]:
        a, b = factors(M, N, K)
        check(a, b, matmul(a, b, splits=splits, **SMALL["warps"]))
        check(a, b, matmul(a.T, b.T, "warps", True, True, splits, **SMALL["warps"]))


def test_k_is_split_where_a_product_has_few_blocks_for_the_gpu(monkeypatch):
    """A block for each of an H200's 132 multiprocessors, and a part is at least 128 deep."""
    sizes = RUNGS["warps"].gpu
    monkeypatch.setattr(module, "on_gpu", lambda: True)
    monkeypatch.setattr(module, "multiprocessors", lambda: 132)
    found = [module.splits_for("warps", *size, sizes)
             for size in [(128, 128, 1 << 20), (512, 512, 8192), (512, 512, 600), (4096, 4096, 4096)]]
    assert found == [132, 8, 4, 1] and module.splits_for("double", 128, 128, 1 << 20, sizes) == 1


def test_more_rows_of_blocks_than_a_grid_may_have_are_several_launches():
    """A grid's y ends at 65,535 on a GPU; and so it does here."""
    a = np.arange(66_000, dtype=np.float32).reshape(-1, 1)
    for rung, sizes in [("tiles", dict(TILE=1)), ("cpu", dict(TM=1, TN=1))]:
        np.testing.assert_array_equal(matmul(a, [[2]], rung, **sizes), 2 * a)
        np.testing.assert_array_equal(matmul(a.T, [[2]], rung, transposed_a=True, **sizes), 2 * a)
    np.testing.assert_array_equal(matmul([[2]], a.T, "naive", TILE=1), 2 * a.T)
    np.testing.assert_array_equal(matmul([[2]], a, "naive", transposed_b=True, TILE=1), 2 * a.T)


@pytest.mark.parametrize("rung", SMALL)
def test_a_nan_reaches_its_row_and_an_infinity_its_column_and_nothing_else(rung):
    """Zeros beyond an edge, multiplied by an infinity that is not theirs, would be nan."""
    a, b = factors(9, 17, 5)
    a[8, 4], b[4, 16] = np.nan, np.inf
    got = matmul(a, b, rung, **SMALL[rung])
    expected = np.isfinite(np.zeros((9, 17)))
    expected[8, :] = expected[:, 16] = False
    np.testing.assert_array_equal(np.isfinite(got), expected)


def test_published_products():
    """REFERENCE R6: 2 x 2, and the corner of arange(64) (8, 8) times its transpose."""
    a = np.arange(4).reshape(2, 2)
    for rung in SMALL:
        np.testing.assert_array_equal(matmul(a, a.T, rung, **SMALL[rung]), [[1, 3], [3, 13]])
        b = np.arange(64).reshape(8, 8)
        c = matmul(b, b.T, rung, **SMALL[rung])
        assert (c[0, 0], c[-1, -1]) == (140, 28364)


def test_no_columns_of_a_make_a_product_of_zeros():
    np.testing.assert_array_equal(matmul(np.ones((2, 0)), np.ones((0, 3))), np.zeros((2, 3)))
    assert matmul(np.ones((0, 2)), np.ones((2, 3))).shape == (0, 3)


# ---- what is read, counted by memcheck ---------------------------------------------------

def floats_loaded(check):
    """Floats that kernels loaded from global memory."""
    record = check.accesses[(check.accesses["space"] != 1) & (check.accesses["kind"] == 1)]
    named = [check.sites[row["site"]].base in ("a", "b", "p", "x", "from") for row in record]
    return int(record["size"][named].sum()) // 4


@on_cpu
@pytest.mark.parametrize("rung, each", [
    ("naive", lambda K, s: 2 * K), ("tiles", lambda K, s: 2 * K / s["TILE"]),
    ("strips", lambda K, s: K / s["BM"] + K / s["BN"]),
    ("vectors", lambda K, s: K / s["BM"] + K / s["BN"]),
    ("warps", lambda K, s: K / s["BM"] + K / s["BN"]),
    ("cpu", lambda K, s: K / s["TM"] + K / s["TN"])])
def test_each_element_costs_the_reads_that_the_kernel_s_text_counts(rung, each):
    M, N, K = 32, 32, 8
    a, b = factors(M, N, K)
    with watched() as record:
        check(a, b, matmul(a, b, rung, **SMALL[rung]))
    assert floats_loaded(record) == M * N * each(K, SMALL[rung])


@on_cpu
@pytest.mark.parametrize("rung, apart", [("naive", 8), ("coalesced", 0)])
def test_neighbours_read_neighbours_only_when_coalesced(rung, apart):
    """How many floats lie between what threads 0 and 1 of a block read first of A."""
    with watched() as record:
        matmul(*factors(8, 8, 8), rung, **SMALL[rung])
        first = {int(row["thread"]): int(row["address"]) for row in reversed(record.accesses)
                 if record.sites[row["site"]].base == "a" and row["block"] == 0}
    assert first[1] - first[0] == 4 * apart


@on_cpu
def test_banks_are_what_the_rung_of_that_name_puts_right():
    """Turns that threads which load together take at the shared tiles."""
    sizes = {"BM": 32, "BN": 64, "BK": 8, "TM": 8, "TN": 8}
    a, b = factors(32, 64, 8)
    most = {}
    with watched() as record:
        for rung in ("vectors", "banks"):
            matmul(a, b, rung, **sizes)
            most[rung] = [max(transactions(record, name).values(), default=1)
                          for name in ("a_tile", "b_tile", "tile")]
    assert most == {"vectors": [1, 2, 2], "banks": [1, 1, 1]}


# ---- what happens without a part -----------------------------------------------------------

@on_cpu
@pytest.mark.parametrize("rung", ["tiles", "double", "warps"])
def test_no_barrier_can_be_spared(rung, monkeypatch, tmp_path):
    from scratch.cuda.cpu.memcheck import WrongAccess
    file = RUNGS[rung].file
    parts = (launch.FOLDER / file).read_text(encoding="utf-8").split("__syncthreads();")
    assert len(parts) == (3 if rung == "tiles" else 2)
    monkeypatch.setattr(launch, "FOLDER", tmp_path)
    for n in range(1, len(parts)):
        text = "".join(part if m in (0, n) else "__syncthreads();" + part
                       for m, part in enumerate(parts))
        (tmp_path / file).write_text(text, encoding="utf-8")
        with watched(), pytest.raises(WrongAccess, match="race"):
            matmul(*factors(8, 16, 40), rung, **SMALL[rung])


@on_cpu
@pytest.mark.parametrize("rung, guard, instead", [
    ("naive", "if (m >= M || n >= N) return;", ""), ("tiles", "if (m < M && n < N) c", "c")])
def test_without_its_guard_a_kernel_leaves_its_arrays(rung, guard, instead, monkeypatch, tmp_path):
    from scratch.cuda.cpu.memcheck import WrongAccess
    broken(monkeypatch, tmp_path, RUNGS[rung].file, guard, instead)
    with watched(), pytest.raises(WrongAccess, match="outside"):
        matmul(*factors(5, 5, 5), rung, **SMALL[rung])


@on_cpu
def test_tiles_that_are_not_padded_with_zeros_are_noticed(monkeypatch, tmp_path):
    """Either padding alone would do while all numbers are finite: 0 times the next row is 0.

    Without both, what is added depends on what lies behind the array, which may be zeros.
    """
    from scratch.cuda.cpu.memcheck import WrongAccess
    broken(monkeypatch, tmp_path, "matmul_tiles.cu", "m < M && k0 + x < K ?", "m < M ?",
           "k0 + y < K && n < N ?", "n < N ?")
    with watched(), pytest.raises(WrongAccess, match="outside"):
        matmul(*factors(9, 9, 9), "tiles", TILE=4)


# ---- the CPU's shape, sizes, and refusals ----------------------------------------------------

TRY = """
import numpy as np
from scratch.cuda.kernels.matmul import matmul
a, b = np.random.default_rng(0).standard_normal((2, 67, 67), dtype=np.float32)
for sizes in [dict(TM=4, TN=16), dict(TM=8, TN=16), dict(TM=1, TN=1), dict(TM=3, TN=5)]:
    np.testing.assert_allclose(matmul(a, b, "cpu", **sizes), a @ b, atol=1e-4)
print("all right")
"""


def test_the_cpu_s_kernel_may_have_other_sizes():
    """In a process of its own: vectors of 16 floats have made PoCL abort the whole process."""
    run = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True)
    assert run.returncode == 0 and run.stdout == "all right\n", run.stderr


def test_a_tile_that_threads_cannot_share_equally_is_refused_by_the_compiler():
    with pytest.raises(launch.driver.CompileError, match="equally"):
        matmul(*factors(4, 4, 4), "double", BM=8, BN=24, BK=4, TM=4, TN=4)


def test_sizes_that_do_not_divide_are_refused_by_name():
    """They would leave elements of C out, or read past a tile."""
    for rung, sizes, message in [
            ("squares", dict(BM=30, BN=32, BK=8, TM=8, TN=4), "squares: BM=30 has to be a multiple of TM=8"),
            ("strips", dict(BM=30), "BM=30 has to be a multiple of TM="),
            ("vectors", dict(BK=6), "BK=6 has to be a multiple of 4"),
            ("vectors", dict(TM=2), "TM=2 has to be a multiple of 4"),
            ("banks", dict(BN=96, TN=6), "TN=6 has to be a multiple of 4"),
            ("double", dict(BN=100, TN=8), "BN=100 has to be a multiple of TN=8"),
            ("warps", dict(WM=48), "BM=.* has to be a multiple of WM=48"),
            ("warps", dict(WN=8, BN=8), "WN=8 has to be a multiple of 16"),
            ("warps", dict(BK=4), "BK=4 has to be a multiple of 8"),
            ("warps", dict(STAGES=1), "STAGES=1: it takes two"),
            ("tensor", dict(WM=48), "BM=128 has to be a multiple of WM=48"),
            ("tiles", dict(TILE=0), "TILE=0: sizes are integers from 1"),
            ("cpu", dict(TM=2.5), "TM=2.5: sizes are integers from 1")]:
        with pytest.raises(ValueError, match=message):
            matmul(*factors(64, 64, 64), rung, **sizes)


@pytest.mark.parametrize("file, macros, message", [
    ("matmul_strips.cu", dict(BM=30, BN=32, BK=8, TM=8), "BM has to be a multiple of TM"),
    ("matmul_squares.cu", dict(BM=32, BN=30, BK=8, TM=8, TN=4), "BN of TN"),
    ("matmul_warps.cu", dict(BM=32, BN=32, BK=4, WM=32, WN=16, STAGES=2, WHOLE=0), "and BK of 8"),
    ("matmul_warps.cu", dict(BM=32, BN=32, BK=8, WM=32, WN=16, STAGES=1, WHOLE=0), "at least two stages"),
    ("matmul_warps.cu", dict(BM=32, BN=48, BK=8, WM=32, WN=16, STAGES=2, WHOLE=0), "equally"),
    *((f"matmul_{rung}.cu", dict(BM=32, BN=32, BK=6, TM=4, TN=4), "BK, TM and TN of 4")
      for rung in ("vectors", "banks", "double")),
    *((f"{name}.cu", dict(THREADS=96), "THREADS has to be a power of two") for name
      in ("softmax", "layernorm")),
    ("reduce.cu", dict(THREADS=96, MAX=0), "THREADS has to be a power of two")])
def test_so_are_they_by_the_cu_file_alone(file, macros, message):
    with pytest.raises(launch.driver.CompileError, match=f"#error .*{message}"):
        launch.module(launch.FOLDER / file, TRANSPOSED_A=0, TRANSPOSED_B=0, **macros)


def test_tensor_cores_are_refused_without_a_gpu_and_named():
    """With one: float16 factors are exact, so only float32 sums round, in an order of their own."""
    a, b = factors(150, 139, 70)
    if launch.on_gpu():
        a, b = a.astype(np.float16).astype(np.float32), b.astype(np.float16).astype(np.float32)
        for turned in (False, True):
            given = (a.T, b.T) if turned else (a, b)
            check(a, b, matmul(*given, "tensor", turned, turned), eps=2 * EPS)
    else:
        with pytest.raises(launch.driver.CompileError, match="half precision|tensor cores"):
            matmul(a, b, "tensor")


@pytest.mark.parametrize("arguments, message", [
    (dict(a=[[1, 2]], b=[[1, 2]]), "A is 1 x 2 and B is 1 x 2"),
    (dict(a=[1], b=[[1]]), "1 dimensions"), (dict(a=[[1]], b=[[1]], rung="fast"), "naive, "),
    (dict(a=[[1]], b=[[1]], rung="tiles", BM=8), "tiles has no BM; its sizes are TILE"),
    (dict(a=[[1]], b=[[1]], rung="tiles", splits=2), "splits=2: it is 1, or with the rung warps more"),
    (dict(a=[[1]], b=[[1]], splits=1 << 30), "C has 1 elements, 1073741824 times over")])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        matmul(**arguments)


@pytest.mark.parametrize("rung", RUNGS)
def test_blocks_cover_the_product_and_are_blocks_that_a_gpu_takes(rung):
    for sizes in (RUNGS[rung].gpu, RUNGS[rung].cpu):
        macros, how = plan(rung, 1000, 500, 16, sizes)
        grid, block = how["grid"], how["block"]
        assert macros.get("WHOLE", 0) == 0 and plan(rung, 1024, 512, 64, sizes)[0].get("WHOLE", 1) == 1
        assert block[0] * block[1] * block[2] <= 1024
        across, down = (-(-500 // sizes.get("BN", sizes.get("TILE", sizes.get("TN")))),
                        -(-1000 // sizes.get("BM", sizes.get("TILE", sizes.get("TM")))))
        one_row = dict.fromkeys(("warps", "tensor", "cpu"), (down * across, 1))
        assert grid == {"naive": (down, across), **one_row}.get(
            rung, (across, down))


def test_every_shape_comment_is_true():
    module = load_checked(launch.FOLDER / "matmul.py", M=5, N=3, K=7)
    module.matmul(*factors(5, 3, 7), "naive", **SMALL["naive"])
    assert not module.unreached_shapes()


# ---- asynchronous copies, which only a GPU has ---------------------------------------------

def wrong_with_late_copies(folder, rung, shapes, *changes, splits=1, **macros):
    """Wrong elements of products by the GPU's text of a rung, on threads of C++: see late.h."""
    text = (launch.FOLDER / RUNGS[rung].file).read_text(encoding="utf-8")
    for old, new in zip(changes[::2], changes[1::2]):
        assert old in text
        text = text.replace(old, new)
    text = re.sub("#include.*", "", text)
    text = re.sub(r"extern __shared__ (__align__\(32\) )?(\w+) stages\[\]",
                  r"\2 *stages = (\2 *)dynamic", text)
    defined = "".join(f"#define {name} {value}\n" for name, value in macros.items())
    kind = "half" if rung == "tensor" else "float"
    calls = "".join(f'std::printf("%d ", wrong<{kind}>(matmul, {M}, {N}, {K}, {splits})); '
                    for M, N, K in shapes)
    (folder / "late.cpp").write_text(f'{defined}#include "late.h"\n{text}\nint main() {{ {calls} }}\n',
                                     encoding="utf-8")
    subprocess.run(["g++", "-std=c++20", "-w", "-pthread", f"-I{Path(__file__).parent}", "late.cpp",
                    "-o", "late"], cwd=folder, check=True)
    run = subprocess.run([folder / "late"], capture_output=True, check=True)
    return [int(each) for each in run.stdout.split()]


WHOLE, RAGGED = [(32, 32, 16), (64, 96, 48)], [(1, 1, 1), (33, 31, 17), (40, 64, 24)]
TILES = {"BM": 32, "BN": 32, "BK": 16, "WM": 32, "WN": 16}


@needs_cxx
@pytest.mark.parametrize("rung, turned, stages, whole, splits", [
    ("warps", "01", 2, 0, 3), ("tensor", "10", 3, 0, 1), ("warps", "00", 2, 1, 1), ("warps", "11", 3, 0, 1),
    ("tensor", "00", 3, 1, 1), ("tensor", "11", 2, 0, 1)])
def test_copies_may_arrive_as_late_as_they_are_waited_for(rung, turned, stages, whole, splits, tmp_path,
                                                          request):
    """Oracle: sums of whole numbers.  The CPU engine copies at once, which is as early as can be."""
    if turned not in ("01", "10") and not request.config.getoption("--long"):
        pytest.skip("takes its time to compile: ARGS=--long")
    shapes = WHOLE if whole else RAGGED
    found = wrong_with_late_copies(tmp_path, rung, shapes, splits=splits, STAGES=stages, WHOLE=whole,
                                   TRANSPOSED_A=turned[0], TRANSPOSED_B=turned[1], **TILES)
    assert found == [0] * len(shapes)


@needs_cxx
def test_a_wait_for_too_few_copies_is_noticed(tmp_path):
    assert wrong_with_late_copies(tmp_path, "warps", [(32, 32, 48)], "WAIT(STAGES - 2)", "WAIT(STAGES - 1)",
                                  STAGES=3, WHOLE=1, TRANSPOSED_A=0, TRANSPOSED_B=0, **TILES) == [32 * 32]


# ---- nvcc ---------------------------------------------------------------------------------

def shared_floats(rung, s):
    """Floats of shared memory that the kernel's head counts."""
    if rung in ("naive", "coalesced", "cpu"):
        return 0
    if rung == "tiles":
        return 2 * s["TILE"] ** 2
    padded = s["BM"] + s["BN"] + (8 if rung in ("banks", "double", "warps") else 0)
    return s["BK"] * padded * (2 if rung == "double" else s.get("STAGES", 1))


@needs_nvcc
@pytest.mark.parametrize("rung", SMALL)
def test_nvcc_keeps_every_rung_s_sums_in_registers(rung):
    """No stack; and so few registers that two blocks fit on a multiprocessor."""
    sizes = RUNGS[rung].gpu
    macros, how = plan(rung, 1, 1, 1, sizes)
    threads = int(np.prod(how["block"]))
    found = compiled(RUNGS[rung].file, **macros)
    assert {architecture for _, architecture in found} == {80, 90}
    for each in found.values():
        assert each.shared + how["shared"] == 4 * shared_floats(rung, sizes) and each.stack == 0
        assert each.registers * threads <= 65536 // (2 if threads <= 512 else 1)


@needs_nvcc
def test_nvcc_compiles_the_rung_of_tensor_cores():
    """Sums in registers, two blocks on a multiprocessor; a copy of 16 bytes needs no register."""
    sizes = RUNGS["tensor"].gpu
    for M, turned in [(1, True), (4096, False)]:
        macros, how = plan("tensor", M, M, M, sizes, turned, turned)
        rows = [("BM", "BK"), ("BK", "BN")]
        tiles = sum(sizes[r] * (sizes[w] + 8) for r, w in (((w, r) for r, w in rows) if turned else rows))
        assert how["shared"] == 2 * 3 * tiles and macros["WHOLE"] == (M == 4096)
        for each in compiled(RUNGS["tensor"].file, **macros).values():
            assert each.stack == each.shared == 0 and each.registers * 128 <= 65536 // 2
    text = ptx(RUNGS["tensor"].file, **macros)
    assert "wmma.mma.sync" in text and "cp.async.cg.shared.global" in text and "ld.global" not in text


@needs_nvcc
@pytest.mark.parametrize("rung", ["squares", "vectors"])
def test_only_the_text_of_vectors_asks_for_four_floats_at_a_time(rung):
    """Oracle: PTX, which has what the text says.  ptxas merges loads later: benchmarks/compiled.py."""
    text = ptx(RUNGS[rung].file, TRANSPOSED_A=0, TRANSPOSED_B=0, **RUNGS[rung].gpu)
    for load in ("ld.global.v4.f32", "ld.shared.v4.f32", "st.global.v4.f32"):
        assert (load in text) == (rung == "vectors"), load
