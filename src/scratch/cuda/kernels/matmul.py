"""The product of two matrices on the device: a ladder of kernels, one idea per rung.

    >>> import numpy as np
    >>> a, b = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4)
    >>> matmul(a, b)
    array([[20., 23., 26., 29.],
           [56., 68., 80., 92.]], dtype=float32)
    >>> np.array_equal(matmul(a.T, b, "tiles", transposed_a=True), matmul(a, b))
    True

    M rows of A    N columns of B    K columns of A, rows of B
    BM, BN, BK     what a block holds of M, N and K at a time    (macros of the kernels)
    WM, WN         what a warp makes of BM and BN
    TM, TN         what a thread makes of BM and BN
    TILE           BM = BN = BK, where a thread makes one element

    naive        a thread for each element of C
    coalesced    a warp's threads along a row, so that they read neighbours
    tiles        a block shares what it has read, in shared memory
    strips       a thread makes TM elements of a column, reading B's once for all
    squares      ... TM x TN elements, reading A's and B's once for all
    vectors      four floats per instruction
    banks        shared memory laid out so that neighbours read different banks
    double       the next tiles are loaded while these are multiplied
    warps        a warp has a tile of its own; copies that no register takes part in
    tensor       16 x 16 x 16 per call; float16 factors and float32 sums; GPUs only
    cpu          the shape for a CPU: no shared memory, one thread per block

The first nine make the same sums in the same order of k.  RUNGS has for each its file
and two sets of sizes, for a GPU and for the CPU engine, where a thread is a turn of a
loop and larger TN means longer vectors.  benchmarks/cuda.py measures all of them, and
benchmarks/compiled.py counts what nvcc makes of them.

A small C with a large K has too few blocks for a GPU. There, "warps" splits K among
blocks and adds the parts up (split-K), and its sums are no longer in the order of k.

Left out: C = alpha A B + beta C, and batches.

Chapter: docs/cuda/matmul.md.  To copy: this file, matmul_naive.cu, matmul_coalesced.cu,
matmul_tiles.cu, matmul_strips.cu, matmul_squares.cu, matmul_vectors.cu,
matmul_banks.cu, matmul_double.cu, matmul_warps.cu, matmul_parts.cu, matmul_tensor.cu,
matmul_cpu.cu, launch.py and cuda/.
"""

from typing import NamedTuple

import numpy as np

from .launch import (In, Out, as_float32, blocks, driver, launch, multiprocessors,
                     on_gpu)


class Rung(NamedTuple):
    """A kernel's file, and its sizes for a GPU and for the CPU engine."""

    file: str
    gpu: dict
    cpu: dict

    def sizes(self):
        return self.gpu if on_gpu() else self.cpu


LARGE = {"BM": 128, "BN": 128, "BK": 8, "TM": 8, "TN": 8}
WIDE = {"BM": 64, "BN": 128, "BK": 32, "TM": 8, "TN": 16}
RUNGS = {
    "naive": Rung("matmul_naive.cu", {"TILE": 32}, {"TILE": 16}),
    "coalesced": Rung("matmul_coalesced.cu", {"TILE": 32}, {"TILE": 16}),
    "tiles": Rung("matmul_tiles.cu", {"TILE": 32}, {"TILE": 32}),
    "strips": Rung("matmul_strips.cu", {"BM": 64, "BN": 64, "BK": 8, "TM": 8},
                   {"BM": 64, "BN": 64, "BK": 16, "TM": 16}),
    "squares": Rung("matmul_squares.cu", LARGE, WIDE),
    "vectors": Rung("matmul_vectors.cu", LARGE, WIDE),
    "banks": Rung("matmul_banks.cu", LARGE, WIDE),
    "double": Rung("matmul_double.cu", LARGE, {**WIDE, "BK": 16}),
    "warps": Rung("matmul_warps.cu",
                  {"BM": 128, "BN": 128, "BK": 16, "WM": 64, "WN": 64, "STAGES": 2,
                   "UNROLL": 1},
                  {"BM": 64, "BN": 128, "BK": 16, "WM": 64, "WN": 64, "STAGES": 2}),
    "tensor": Rung("matmul_tensor.cu", *2 * [
        {"BM": 128, "BN": 128, "BK": 32, "WM": 64, "WN": 64, "STAGES": 3}]),
    "cpu": Rung("matmul_cpu.cu", *2 * [{"TM": 8, "TN": 8}]),
}


PAD = 4         # floats, 16 bytes, at the end of each row of a stage's tiles
MOST = 65535    # blocks of a grid in y; in x there may be 2**31 - 1
MULTIPLES = {    # rung -> sizes that have to be multiples of another, or of a number
    "strips": {"BM": "TM"},
    "squares": {"BM": "TM", "BN": "TN"},
    **{rung: {"BM": "TM", "BN": "TN", "BK": 4, "TM": 4, "TN": 4}
       for rung in ("vectors", "banks", "double")},
    "warps": {"BM": "WM", "BN": "WN", "BK": 8, "WM": 32, "WN": 16},
    "tensor": {"BM": "WM", "BN": "WN", "BK": 16, "WM": 16, "WN": 16},
}


def check_sizes(rung, sizes):
    """ValueError for sizes with which a rung's kernel would leave out elements."""
    for name, size in sizes.items():
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"{name}={size!r}: sizes are integers from 1")
    if sizes.get("STAGES") == 1:
        raise ValueError("STAGES=1: it takes two, one to fill and one to multiply")
    for name, factor in MULTIPLES.get(rung, {}).items():
        if sizes[name] % sizes.get(factor, factor):
            least = f"{factor}={sizes[factor]}" if factor in sizes else factor
            raise ValueError(f"{rung}: {name}={sizes[name]} has to be a multiple of "
                             f"{least}")


def splits_for(rung, M, N, K, sizes):
    """Into how many parts K is split: several where C has too few blocks for a GPU."""
    if rung != "warps" or not on_gpu():
        return 1
    count = blocks(M, sizes["BM"]) * blocks(N, sizes["BN"])
    return max(1, min(multiprocessors() // count, K // 128))


def plan(rung, M, N, K, sizes, transposed_a=False, transposed_b=False, splits=1):
    """The macros that a rung's kernel is compiled with, and how it is launched.

    That is ({name: value}, {"grid", "block", "shared"}); shared counts the bytes that
    are given to each block, beside those that the kernel has by itself.  With splits,
    "warps" leaves (splits, M, N): of each element its sums over that many parts of K.
    """
    macros = {"TRANSPOSED_A": int(transposed_a), "TRANSPOSED_B": int(transposed_b),
              **sizes}
    BM, BN = (sizes.get(side, sizes.get("TILE")) for side in ("BM", "BN"))
    shared = 0
    if rung == "cpu":
        BM, BN = sizes["TM"], sizes["TN"]
        block = (1, 1, 1)
    elif "WM" in sizes:
        block = (32, BM // sizes["WM"], BN // sizes["WN"])
    else:
        block = (BN // sizes.get("TN", 1), BM // sizes.get("TM", 1), 1)
    down, across = blocks(M, BM), blocks(N, BN)
    grid = (across, down)
    if rung == "naive":                  # whose threadIdx.x runs down a column
        grid = (down, across)
    elif rung in ("warps", "tensor", "cpu"):     # which number their blocks themselves
        grid = (down * across, splits)
    if "STAGES" in sizes:
        BK = sizes["BK"]
        macros["WHOLE"] = int(M % BM == N % BN == K % BK == 0)
        stage = 4 * BK * (BM + BN + 2 * PAD)             # bytes
        if rung == "tensor":             # whose tiles lie as A and B do
            (a_rows, a_row), (b_rows, b_row) = (BM, BK), (BK, BN)
            if transposed_a:
                a_rows, a_row = BK, BM
            if transposed_b:
                b_rows, b_row = BN, BK
            stage = 2 * (a_rows * (a_row + 2 * PAD) + b_rows * (b_row + 2 * PAD))
        shared = sizes["STAGES"] * stage
    return macros, {"grid": grid, "block": block, "shared": shared}


def matmul(a, b, rung="warps", transposed_a=False, transposed_b=False, splits=None,
           **sizes):
    """A (M, K), B (K, N) -> A B (M, N) float32, by a rung of the ladder.

    a is A, or Aᵀ (K, M) if transposed_a, and b likewise.  "tensor" rounds them to
    float16.  sizes, such as BM=64, replace the rung's own.  splits says into how many
    parts "warps" splits K; None leaves it to the size of C and of the GPU.
    Raises ValueError if the shapes do not fit, there is no such rung or size, or a size
    is not a multiple of what it is divided by, and driver.CompileError if the device
    cannot do it ("tensor" without a GPU).
    """
    a, b = as_float32(a, 2), as_float32(b, 2)
    if rung not in RUNGS:
        raise ValueError(f"rung={rung!r}: it has to be one of {', '.join(RUNGS)}")
    M, K = a.shape[::-1] if transposed_a else a.shape
    rows, N = b.shape[::-1] if transposed_b else b.shape
    if K != rows:
        raise ValueError(f"A is {M} x {K} and B is {rows} x {N}: a row of A has {K} "
                         f"elements and a column of B {rows}")
    if M * N * (splits or 1) >= 2**30:
        raise ValueError(f"C has {M * N:,} elements"
                         f"{f', {splits} times over' if splits else ''}; these kernels "
                         f"count in int, which is safe up to {2**30:,}")
    known = RUNGS[rung].sizes()
    if splits is not None and (splits < 1 or rung != "warps" and splits > 1):
        raise ValueError(f"splits={splits}: it is 1, or with the rung warps more")
    unknown = ", ".join(sizes.keys() - known.keys())
    if unknown:
        raise ValueError(f"{rung} has no {unknown}; its sizes are {', '.join(known)}")
    sizes = {**known, **sizes}
    check_sizes(rung, sizes)
    c = np.zeros((M, N), np.float32)                     # (M, N)
    if c.size and K:
        splits = splits or splits_for(rung, M, N, K, sizes)
        macros, how = plan(rung, M, N, K, sizes, transposed_a, transposed_b, splits)
        if how["grid"][1] > MOST:
            return in_turn(blocks(how["grid"][1], MOST), a, b, rung, transposed_a,
                           transposed_b, **sizes)
        if rung == "tensor":
            a, b = a.astype(np.float16), b.astype(np.float16)
        made = Out(c) if splits == 1 else driver.mem_alloc(splits * c.nbytes)
        launch(RUNGS[rung].file, "matmul", In(a), In(b), made, np.int32(M),
               np.int32(N), np.int32(K), **how, **macros)
        if splits > 1:
            launch("matmul_parts.cu", "add_parts", made, Out(c), np.int32(c.size),
                   np.int32(splits), grid=(blocks(c.size, 256), 1), block=(256, 1, 1))
    return c


def in_turn(parts, a, b, rung, transposed_a, transposed_b, **sizes):
    """C in several launches, each for some of its rows, or columns if rung is naive."""
    turned = transposed_a, transposed_b
    if rung == "naive":
        split = np.array_split(b, parts, axis=int(not transposed_b))
        return np.hstack([matmul(a, part, rung, *turned, **sizes) for part in split])
    split = np.array_split(a, parts, axis=int(transposed_a))
    return np.vstack([matmul(part, b, rung, *turned, **sizes) for part in split])
