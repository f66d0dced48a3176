"""Measure the CUDA kernels, on the CPU engine or, if that is said, on a GPU.

    python -m benchmarks cuda            some minutes
    python -m benchmarks cuda --quick    small sizes, nothing written: does it still run?
    python -m benchmarks cuda gpu        on a GPU: see benchmarks/gpu.py, or make gpu
    python -m benchmarks cuda memcheck   the labs' examples, watched and not; a minute

On the CPU engine: every rung of the matmul ladder against the one before and against NumPy, one
thread each, in rounds that take turns; then the ladders of reduction, transpose and addition, and
softmax and layer norm, against NumPy.  Times there are processor time of the one thread, which
other work on the machine disturbs less than it disturbs the clock on the wall.  Around n = 1024
there are three sizes: rows of exactly 4,096 bytes meet in few sets of a cache, and rows of 4,000
or 4,160 bytes do not, so that 1024 alone says little of what a kernel does.

Under memcheck, against the plain run: each lab's kernels, compiled anew and launched as its examples do, in
processor time, and solved as the labs' tests solve them.

On a GPU, which fills sections of its own in the same file: every way of every wrapper against copying,
cuBLAS and PyTorch, a training step of scratch.torch, and the unit's tests.

Engines and peers run in processes of their own, so that one thread is one thread, and a compiler
that aborts takes nothing with it.
"""

import contextlib
import doctest
import importlib
import importlib.metadata
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from . import card, gpu
from .harness import ROOT, budget, seconds, significant, task, turns
from .provenance import provenance
from .results import write

WHAT = "CUDA kernels of src/scratch/cuda; every ratio is of speeds, larger is faster"
ONE_THREAD = {"SCRATCH_CUDA": "cpu", "POCL_MAX_PTHREAD_COUNT": "1", "OPENBLAS_NUM_THREADS": "1",
              "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
LADDERS = {"add": ["plain", "strided", "vectors"], "transpose": ["naive", "tiled", "padded"],
           "reduce": ["spread", "packed", "halves", "pairs", "strided"],
           "softmax": ["stable", "online"], "layernorm": ["two passes"]}
THREADS = 256
COMPARED = ["times naive", "times the first", "of NumPy"]
BUDGETS = {    # what: (at least, how to read it off the rows)
    "tiles over naive, n = 1040": (1.2, lambda rows: best(rows, "matmul", "times naive", 1040, ["tiles"])),
    "best CUDA-shaped rung over naive, n = 1040": (6, lambda rows: best(
        rows, "matmul", "times naive", 1040, others=["cpu", "NumPy"])),
    "CPU-shaped rung over NumPy, n = 1040": (0.2, lambda rows: best(
        rows, "matmul", "of NumPy", 1040, ["cpu"])),
}

WATCHED = 20    # times what the plain run takes, at most, for each exercise of a lab


def best(rows, kernel, key, n=None, rungs=None, others=()):
    """The most that one of the rungs, or any but the others, reaches at n x n; None if none was measured."""
    return max((row[key] for row in rows
                if row["kernel"] == kernel and key in row and n in (None, row.get("n"))
                and row["rung"] not in others and (rungs is None or row["rung"] in rungs)), default=None)


# ---- in a child: kernels on the CPU engine ------------------------------------------------------

def rounds(runs, count):
    """{name: median seconds of processor time}, after one turn that is not counted."""
    timers = {name: lambda run=run: seconds(run, 1, time.process_time) for name, run in runs.items()}
    return {name: statistics.median(each) for name, each in turns(timers, count, warm=1).items()}


def uploaded(*arrays):
    from scratch.cuda.kernels import launch as device
    return [device.driver.to_device(each) for each in arrays]


def matmul_run(rung, n, a, b, c, sizes):
    """A launch of a rung's kernel on matrices that are on the device."""
    import numpy as np
    from scratch.cuda.kernels import launch as device, matmul
    macros, how = matmul.plan(rung, n, n, n, sizes)
    kernel = device.kernel(matmul.RUNGS[rung].file, "matmul", **macros)
    device.allow(kernel, how["shared"])
    return lambda: kernel(a, b, c, np.int32(n), np.int32(n), np.int32(n), **how)


def right(run, c, expected, what):
    """Fail if what run() leaves at c is not the product."""
    import numpy as np
    from scratch.cuda.kernels import launch as device
    run()
    got = device.driver.from_device(c, expected.shape, np.float32)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-4 * scale, err_msg=what)


def matmul_ladder(n, count):
    """Rows of the CPU engine's ladder and NumPy's at n x n."""
    import numpy as np
    from scratch.cuda.kernels import matmul
    a, b = np.random.default_rng(0).standard_normal((2, n, n), dtype=np.float32)
    expected = a @ b
    c = uploaded(np.zeros_like(a))[0]
    factors = uploaded(a, b)
    rungs = {rung: each.sizes() for rung, each in matmul.RUNGS.items() if rung != "tensor"}
    runs = {rung: matmul_run(rung, n, *factors, c, sizes) for rung, sizes in rungs.items()}
    for rung, run in runs.items():
        right(run, c, expected, rung)
    runs["NumPy"] = lambda: a @ b
    took = rounds(runs, count)
    rows, before = [], None
    for rung, each in took.items():
        rows.append({"kernel": "matmul", "n": n, "rung": rung, "sizes": rungs.get(rung, {}),
                     "seconds": significant(each),
                     "GFLOP/s": significant(2 * n**3 / each / 1e9),
                     "times naive": significant(took["naive"] / each),
                     "times the rung before": significant(before / each) if before else None,
                     "of NumPy": significant(took["NumPy"] / each)})
        before = each
    return rows


def ladder_runs(name, N):
    """Launches of a unit's kernels on about N elements; NumPy's way; bytes that have to move."""
    import numpy as np
    from scratch.cuda.kernels import launch as device, reduce, softmax, transpose
    rng = np.random.default_rng(0)
    x = rng.standard_normal(N, dtype=np.float32)
    blocks, block = device.blocks, (THREADS, 1, 1)
    if name == "add":
        y = rng.standard_normal(N, dtype=np.float32)
        on, other, out = uploaded(x, y, x)

        def launch(how):
            each = THREADS * (4 if how == "vectors" else 1)
            grid = blocks(N, each) if how == "plain" else min(blocks(N, each), 4096)
            kernel = device.kernel("add.cu", {"plain": "add"}.get(how, f"add_{how}"))
            return lambda: kernel(on, other, out, np.int32(N), grid=(grid, 1), block=block)
        return {how: launch(how) for how in LADDERS[name]}, lambda: x + y, 12 * N
    if name == "reduce":
        on, out = uploaded(x, np.zeros(blocks(N, THREADS), np.float32))

        def launch(how):               # the first pass; the others are 1 / THREADS of it
            each = THREADS * reduce.EACH.get(how, 1)
            grid = blocks(N, each) if how in reduce.EACH else min(blocks(N, each), 1024)
            kernel = device.kernel("reduce.cu", f"reduce_{how}", MAX=0, THREADS=THREADS)
            return lambda: kernel(on, out, np.int32(N), grid=(grid, 1), block=block)
        return {how: launch(how) for how in LADDERS[name]}, lambda: x.sum(), 4 * N
    columns = 1024
    x = x[: N // columns * columns].reshape(-1, columns)
    rows = len(x)
    on, out = uploaded(x, x)
    if name == "transpose":
        def launch(how):
            kernel = device.kernel("transpose.cu", transpose.HOW[how], TILE=32)
            grid = blocks(columns, 32), blocks(rows, 32)
            return lambda: kernel(on, out, np.int32(rows), np.int32(columns), grid=grid, block=(32, 8, 1))
        return {how: launch(how) for how in LADDERS[name]}, lambda: np.ascontiguousarray(x.T), 8 * x.size
    if name == "softmax":
        def launch(how):
            kernel = device.kernel("softmax.cu", softmax.HOW[how], THREADS=THREADS)
            return lambda: kernel(on, out, np.int32(columns), grid=(rows, 1), block=block)

        def peer():
            e = np.exp(x - x.max(axis=1, keepdims=True))
            return e / e.sum(axis=1, keepdims=True)
        return {how: launch(how) for how in LADDERS[name]}, peer, 8 * x.size
    ones = np.ones(columns, np.float32)
    gain, shift = uploaded(ones, ones)
    kernel = device.kernel("layernorm.cu", "layernorm", THREADS=THREADS)

    def peer():
        mean = x.mean(axis=1, keepdims=True)
        return ones * (x - mean) / np.sqrt(x.var(axis=1, keepdims=True) + np.float32(1e-5)) + ones
    return {"two passes": lambda: kernel(on, gain, shift, out, np.int32(columns), np.float32(1e-5),
                                         grid=(rows, 1), block=block)}, peer, 8 * x.size


def ladder(name, N, count):
    """Rows of a unit's kernels on the CPU engine against NumPy."""
    runs, peer, size = ladder_runs(name, N)
    took = rounds({**runs, "NumPy": peer}, count)
    first = took[next(iter(runs))]
    return [{"kernel": name, "rung": how, "elements": N,
             "seconds": significant(each), "GB/s": significant(size / each / 1e9),
             "times the first": significant(first / each), "of NumPy": significant(took["NumPy"] / each)}
            for how, each in took.items()]


def caches(folder=Path("/sys/devices/system/cpu/cpu0/cache")):
    """[{"level", "sets", "ways", "line"}, ...] of the caches for data, where Linux tells them."""
    def told(index, name):
        return (index / name).read_text().strip()
    return [{"level": int(told(index, "level")), "sets": int(told(index, "number_of_sets")),
             "ways": int(told(index, "ways_of_associativity")),
             "line": int(told(index, "coherency_line_size"))}
            for index in sorted(folder.glob("index*")) if told(index, "type") != "Instruction"]


def on_the_cpu(quick):
    import numpy as np
    from scratch.cuda.cpu import pocl
    count, N = (2, 1 << 14) if quick else (7, 1 << 22)
    device = pocl.get_engine().device
    at = {"device": device.name.strip(), "compiler": device.platform.version.strip(),
          "threads": 1, "clock": "processor time of the thread, median of turns",
          "versions": versions("numpy", "pyopencl"), "caches": caches(),
          "BLAS": np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]}
    rows = [row for n in ((64, 128) if quick else (512, 1000, 1024, 1040))
            for row in matmul_ladder(n, count if n < 1000 else min(count, 3))]
    return at, rows + [row for name in LADDERS for row in ladder(name, N, count)]


def watched():
    """Rows of the labs' exercises: seconds of processor time of their examples, plain and under memcheck."""
    from lab import kernels
    from lab.examples import examples
    from lab.stub import Lab
    from scratch.cuda.cpu import memcheck
    sys.path.insert(0, str(ROOT / "tests/lab"))
    solutions, launched = importlib.import_module("test_lab").KERNELS, kernels.launched
    plain = contextlib.nullcontext(SimpleNamespace(accesses=None))
    ways = {"seconds": lambda: plain, "under memcheck": memcheck.memcheck}
    rows = []
    kernels.run("__global__ void first(float *x) { x[0] = 1; }", [0], block=(1, 1, 1))    # PoCL begins

    def both(*how, **launch):
        for way, context in ways.items():
            with mock.patch.object(memcheck, "memcheck", context):
                begin = time.process_time()
                found = launched(*how, **launch)
                rows[-1][way] += time.process_time() - begin
        rows[-1]["launches"] += 1
        return found

    for path in sorted((ROOT / "labs/cuda").glob("*.py")):
        lab = Lab(path)
        names = lab.install()
        for name in lab.chosen:
            if name not in solutions:
                continue
            rows.append({"lab": path.stem, "exercise": name, "launches": 0, **dict.fromkeys(ways, 0.0)})
            tried = [example for _, example in examples(lab, name, names)]
            solved = {**names, name: lambda name=name: solutions[name]}
            with mock.patch.object(kernels, "launched", both):
                doctest.DebugRunner().run(doctest.DocTest(tried, solved, name, str(path), None, None))
            rows[-1] |= {"times": rows[-1]["under memcheck"] / rows[-1]["seconds"]}
    return [{key: significant(value) for key, value in row.items()} for row in rows]


# ---- all of it --------------------------------------------------------------------------------------

TASKS = {"cpu": on_the_cpu, "memcheck": watched, **card.TASKS}


def versions(*packages):
    return {"Python": platform.python_version(),
            **{name: importlib.metadata.version(name) for name in packages}}


def judged(rows):
    """The budgets; only what was measured."""
    found = {what: (read(rows), least) for what, (least, read) in BUDGETS.items()}
    return [budget(what, measured, least, "times", "higher")
            for what, (measured, least) in found.items() if measured is not None]


def shown(rows):
    for row in rows:
        speed = next(key for key in ("GFLOP/s", "GB/s") if key in row)
        print(f"{row['kernel']:10} {row.get('n', ''):<5} {row['rung']:11} "
              f"{row[speed]:>8} {speed:8} "
              + "  ".join(f"{key} {row[key]}" for key in COMPARED if key in row))


def main(options):
    if options.section == "gpu":
        return gpu.measure(options)
    if options.section == "memcheck":
        with tempfile.TemporaryDirectory() as nothing:       # so that nothing is compiled already
            rows = task("cuda", "memcheck", **ONE_THREAD, POCL_CACHE_DIR=nothing)
        budgets = [budget("memcheck over the plain run, the worst exercise of the labs",
                          max(row["times"] for row in rows), WATCHED, "times")]
        origin = provenance(__file__, "numpy", "pyopencl", clock="processor time, all threads")
        write(options.out, sections={"memcheck": {"from": origin, "budgets": budgets, "rows": rows}})
        return budgets
    at, rows = task("cuda", "cpu", options.quick, **ONE_THREAD)
    shown(rows)
    budgets = judged(rows)
    if not options.quick:
        write(options.out, what=WHAT, origin={**provenance(__file__), **at}, budgets=budgets, rows=rows)
    return budgets
