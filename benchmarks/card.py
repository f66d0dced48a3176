"""What benchmarks/gpu.py runs on the card, a task to a process: each prints its rows as it finds them.

A wrapper is measured by what it launches: it is called once, its launches are recorded and its result is
compared, and then they are made again, prepared, on data that stays on the card.  So the ways of a wrapper
are read from itself (HOW, RUNGS), and one that is new there is measured here.
"""

import contextlib
import importlib
import importlib.metadata
import importlib.util
import itertools
import json
import math
import platform
import re
import statistics
import subprocess
import sys
import time
from pathlib import Path

from .harness import ROOT, significant, turns

SIZES = 512, 1000, 1024, 2048, 4000, 4096, 8192
ELEMENTS, COLUMNS = 1 << 26, 1024
HEADS = (64, 1024, 64), (16, 4096, 64)     # attention: heads, positions, channels
QUICK = {"SIZES": (100, 128), "ELEMENTS": 1 << 14, "COLUMNS": 128, "HEADS": ((2, 48, 64),)}
TURNS, REPEATED = 5, 50
LONGEST = 8.0                              # seconds for the repetitions of one way at one size
TESTS = ["tests/cuda/kernels", "tests/cuda/cpu", "tests/torch/backends/cuda",
         "--ignore=tests/cuda/cpu/translator", "--ignore=tests/cuda/cpu/test_pocl.py",
         "--ignore=tests/cuda/cpu/test_old_pocl.py", "--ignore=tests/cuda/cpu/test_memcheck.py"]
UNMEASURED = ()                            # wrappers of which nothing here makes a row
STEPS = 30                                 # of the GPT
TUNED, TUNING, TRIED = "warps", 30, 64     # the rung whose sizes are tried, for so many seconds, at most
OURS, THEIRS = "scratch.torch", "PyTorch"


# ---- a wrapper's launches, made again with data that stays on the card -----------------------------------

class Recorded:
    """What a wrapper launches, to be launched again.

    An array that one launch writes and another reads is one place on the card, as it is one array.
    """

    def __init__(self, device):
        self.device, self.launches, self.places = device, [], {}

    def launch(self, file, name, *arguments, grid, block, shared=0, **macros):
        """In the place of launch.launch: record, and do it."""
        how = {"shared": shared} if shared else {}
        function = self.device.kernel(file, name, **macros)
        if shared:
            self.device.allow(function, shared)
        values, letters = [], ""
        for each in arguments:
            if hasattr(each, "dtype"):
                values.append(each.item())
                letters += each.dtype.char
            else:
                values.append(int(self.place(each)))
                letters += "P"
        self.launches.append((function.prepare(letters), grid, block, values, {"shared_size": shared}))
        self.device.launch(file, name, *arguments, grid=grid, block=block, **how, **macros)

    def place(self, handler):
        """Where an array of the host, or what is on the card already, lies for the launches to come."""
        array = getattr(handler, "array", handler)
        if array is handler:
            self.places[id(handler)] = handler, handler
        if id(array) not in self.places:         # the array is kept, so that its id stays its own
            driver = self.device.driver
            place = (driver.to_device(array) if isinstance(handler, driver.In) else
                     driver.mem_alloc(array.nbytes))
            self.places[id(array)] = place, array
        return self.places[id(array)][0]

    def again(self):
        for function, grid, block, values, more in self.launches:
            function.prepared_call(grid, block, *values, **more)


@contextlib.contextmanager
def recording():
    """with recording() as recorded: the wrappers that are called inside are recorded."""
    from scratch.cuda.kernels import launch as device
    recorded = Recorded(device)
    modules = [module for name, module in list(sys.modules.items())
               if name.startswith("scratch.cuda.kernels.") and module is not device
               and getattr(module, "launch", None) is device.launch]
    for module in modules:
        module.launch = recorded.launch
    try:
        yield recorded
    finally:
        for module in modules:
            module.launch = device.launch


def timed(run, launches):
    """Seconds of one run() of so many, by the card's events."""
    from scratch.cuda.kernels.launch import driver
    begin, end = driver.Event(), driver.Event()
    begin.record()
    for _ in range(launches):
        run()
    end.record()
    end.synchronize()
    return begin.time_till(end) / 1000 / launches


def counts(seconds, quick=False):
    """(turns, launches in a turn) for launches that take so many seconds.

    >>> counts(1e-5), counts(1e-3), counts(0.05), counts(2.0)
    ((5, 200), (5, 10), (5, 10), (4, 1))
    """
    if quick:
        return 2, 1
    launches = min(max(math.ceil(0.002 / max(seconds, 1e-7)), REPEATED // TURNS), 1000)
    if TURNS * launches * seconds <= LONGEST or launches * seconds <= 2 * LONGEST / REPEATED:
        return TURNS, launches
    launches = max(1, int(LONGEST / TURNS / seconds))
    return min(TURNS, max(2, int(LONGEST / seconds))), launches


def measured(runs, quick=False):
    """{name: (median seconds, launches)} of runs, in turns."""
    planned = {}
    for name, run in runs.items():
        timed(run, 1)                            # the first launch is none that counts
        planned[name] = counts(timed(run, 1), quick)
    timers = {name: lambda run=run, each=planned[name][1]: timed(run, each) for name, run in runs.items()}
    taken = turns(timers, min(count for count, _ in planned.values()), warm=0)
    return {name: (statistics.median(each), len(each) * planned[name][1]) for name, each in taken.items()}


def row(**found):
    """Hand a row to the process that waits for it."""
    print("row", json.dumps({key: significant(value) for key, value in found.items()}), flush=True)


# ---- what there is to measure, read from the wrappers ----------------------------------------------------

def wrappers():
    """{name: module} of scratch/cuda/kernels: the wrappers that are there."""
    from scratch.cuda import kernels
    names = sorted(path.stem for path in Path(kernels.__file__).parent.glob("*.py"))
    return {name: importlib.import_module(f"scratch.cuda.kernels.{name}") for name in names
            if name not in ("__init__", "launch")}


def multiplications(module, sizes):
    """Every rung of the ladder, at every size; A B is compared in 64 rows."""
    import numpy as np
    from scratch.cuda.kernels import launch
    for n in sizes:
        a, b = np.random.default_rng(n).standard_normal((2, n, n), dtype=np.float32)
        rows = np.random.default_rng(0).integers(n, size=64)
        expected, scale = a[rows].astype(np.float64) @ b, math.sqrt(n)
        rungs = [rung for rung in module.RUNGS if rung != "cpu" and (rung != "tensor" or launch.on_gpu())]

        def right(found, rung, expected=expected, rows=rows, scale=scale):
            close = 2e-2 if rung == "tensor" else 1e-4        # float16 factors, or float32
            np.testing.assert_allclose(found[rows], expected, rtol=0, atol=close * scale, err_msg=rung)
        yield ({"kernel": "matmul", "n": n}, {"FLOP": 2 * n**3}, right,
               {rung: lambda rung=rung, a=a, b=b: module.matmul(a, b, rung) for rung in rungs})


def bandwidth(modules, elements, columns):
    """What moves each number once or twice: bytes that have to move, by NumPy's results."""
    import numpy as np
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((2, elements), dtype=np.float32)
    matrix = x.reshape(-1, columns)
    gain, shift = rng.standard_normal((2, columns), dtype=np.float32)

    def close(expected, tolerance=0.0):
        def right(found, how):
            if tolerance or not np.array_equal(found, expected):
                np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=how)
        return right
    each, size = {"elements": elements}, x.nbytes
    if module := modules.get("add"):
        yield ({"kernel": "add", **each}, {"bytes": 3 * size}, close(x + y),
               {how: lambda how=how: module.add(x, y, how) for how in module.HOW})
    if module := modules.get("reduce"):
        from scratch.cuda.kernels import launch
        ways = [how for how in (*module.EACH, *module.ATOMIC) if how != "warps" or launch.on_gpu()]
        positive = np.abs(x)                     # so that what is left out of a sum shows
        yield ({"kernel": "reduce", **each}, {"bytes": size}, close(positive.sum(dtype=np.float64), 3e-6),
               {how: lambda how=how: module.reduce(positive, how=how) for how in ways})
    if module := modules.get("transpose"):
        yield ({"kernel": "transpose", **each, "columns": columns}, {"bytes": 2 * size}, close(matrix.T),
               {how: lambda how=how: module.transpose(matrix, how) for how in module.HOW})
    if module := modules.get("softmax"):
        e = np.exp(matrix - matrix.max(axis=1, keepdims=True))
        yield ({"kernel": "softmax", **each, "columns": columns}, {"bytes": 2 * size},
               close(e / e.sum(axis=1, keepdims=True), 1e-5),
               {how: lambda how=how: module.softmax(matrix, how) for how in module.HOW})
    if module := modules.get("layernorm"):
        apart = matrix - matrix.mean(axis=1, keepdims=True)
        var = (apart * apart).mean(axis=1, keepdims=True)
        yield ({"kernel": "layernorm", **each, "columns": columns}, {"bytes": 2 * size},
               close(gain * apart / np.sqrt(var + np.float32(1e-5)) + shift, 1e-3),
               {"two passes": lambda: module.layernorm(matrix, gain, shift)})


def attentions(module, sizes):
    """Causal attention, forward and backward, each way; a head and its last rows are compared."""
    import numpy as np
    for N, T, D in sizes:
        q, k, v, d_y = np.random.default_rng(T).standard_normal((4, N, T, D), dtype=np.float32)
        scores = q[0, -8:].astype(np.float64) @ k[0].T / math.sqrt(D)
        scores[np.arange(8)[:, None] + T - 8 < np.arange(T)] = -np.inf
        e = np.exp(scores - scores.max(axis=1, keepdims=True))
        expected = e / e.sum(axis=1, keepdims=True) @ v[0]

        def right(found, how, expected=expected):
            np.testing.assert_allclose(found[0][0, -8:], expected, atol=1e-4, err_msg=how)

        def finite(found, how):
            assert all(np.isfinite(each).all() for each in found)
        each = {"heads": N, "positions": T, "channels": D}
        FLOP = 2 * N * T * T * D                 # of q kᵀ and of the weights times v, half of each
        yield ({"kernel": "attention", **each}, {"FLOP": FLOP}, right,
               {how: lambda how=how, q=q, k=k, v=v: module.attention(q, k, v, True, how)
                for how in module.HOW})
        if hasattr(module, "attention_back"):
            y, lse = module.attention(q, k, v, True)
            yield ({"kernel": "attention, backward", **each}, {"FLOP": 2.5 * FLOP}, finite,
                   {"tiles": lambda d_y=d_y, q=q, k=k, v=v, y=y, lse=lse: module.attention_back(
                       d_y, q, k, v, y, lse, True)})


def training(modules, elements, columns):
    """What a GPT's training step needs beside: bytes that have to move, by NumPy's results."""
    import numpy as np
    rng = np.random.default_rng(1)
    x, d_y = rng.standard_normal((2, elements // columns, columns), dtype=np.float32)
    gain, rows, size = np.ones(columns, np.float32), len(x), x.nbytes
    each = {"elements": elements, "columns": columns}

    def close(expected, tolerance=1e-4):
        def right(found, how):
            found = found[0] if isinstance(found, tuple) else found
            np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance, err_msg=how)
        return right

    def one(kernel, moved, right, call):
        return {"kernel": kernel, **each}, {"bytes": moved}, right, {"kernel": call}
    if module := modules.get("adamw"):
        p, g = x.ravel(), d_y.ravel()

        def step():
            changed, m, s = p.copy(), np.zeros_like(p), np.zeros_like(p)
            module.adamw(changed, g, m, s, 1)
            return changed
        first = p * (1 - 1e-3 * 0.01) - 1e-3 * g / (np.abs(g) + 1e-8)
        yield one("adamw", 7 * size, close(first, 1e-5), step)
    if module := modules.get("cross_entropy"):
        target = rng.integers(columns, size=rows)
        e = np.exp(x - x.max(axis=1, keepdims=True))
        share = e / e.sum(axis=1, keepdims=True)
        lse, ones = np.log(np.exp(x).sum(axis=1)), np.ones(rows, np.float32)
        yield one("cross_entropy", size, close(lse - x[np.arange(rows), target]),
                  lambda: module.cross_entropy(x, target))
        share[np.arange(rows), target] -= 1
        yield one("cross_entropy, backward", 2 * size, close(share),
                  lambda: module.cross_entropy_back(ones, x, target, lse))
    if module := modules.get("rmsnorm"):
        inv_rms = 1 / np.sqrt((x * x).mean(axis=1) + np.float32(1e-5))
        x_hat = x * inv_rms[:, None]
        yield one("rmsnorm", 2 * size, close(x_hat), lambda: module.rmsnorm(x, gain))
        d_x = inv_rms[:, None] * (d_y - x_hat * (d_y * x_hat).mean(axis=1, keepdims=True))
        yield one("rmsnorm, backward", 3 * size, close(d_x, 1e-3),
                  lambda: module.rmsnorm_back(d_y, x, gain, inv_rms))
    if module := modules.get("embedding"):
        ids = rng.integers(rows, size=rows)
        yield one("embedding", 2 * size, close(x[ids], 0), lambda: module.embedding(x, ids))
        order, d_table = np.argsort(ids, kind="stable"), np.zeros_like(x)
        found, first = np.unique(ids[order], return_index=True)
        d_table[found] = np.add.reduceat(d_y[order], first)
        yield one("embedding, backward", 3 * size, close(d_table),
                  lambda: module.embedding_back(d_y, ids, rows))
    if module := modules.get("rotary"):
        heads = x.reshape(-1, min(1024, rows * columns // 64), 64)

        def returns(found, how):
            np.testing.assert_allclose(module.rotary(found, back=True), heads, atol=1e-4, err_msg=how)
        yield one("rotary", 2 * size, returns, lambda: module.rotary(heads))


def work(quick):
    """(labels, what it costs, how it is checked, {way: call}), ..., the small ones first."""
    sizes = QUICK if quick else globals()
    modules = wrappers()
    yield from bandwidth(modules, sizes["ELEMENTS"], sizes["COLUMNS"])
    yield from training(modules, sizes["ELEMENTS"], sizes["COLUMNS"])
    if "attention" in modules:
        yield from attentions(modules["attention"], sizes["HEADS"])
    yield from multiplications(modules["matmul"], sizes["SIZES"])


def kernels(quick):
    import numpy as np
    from scratch.cuda.kernels.launch import driver
    elements = QUICK["ELEMENTS"] if quick else ELEMENTS
    x = np.zeros(elements, np.float32)
    source, target = driver.to_device(x), driver.to_device(x)
    seconds, launches = measured({"": lambda: driver.memcpy_dtod(target, source, x.nbytes)}, quick)[""]
    copying = 2 * x.nbytes / seconds
    row(kernel="copy", rung="memcpy_dtod", elements=elements, seconds=seconds, launches=launches,
        **{"GB/s": copying / 1e9})
    for labels, cost, right, ways in work(quick):
        runs, kept = {}, []
        for way, call in ways.items():
            try:
                with recording() as recorded:
                    found = call()
                right(found, way)
                runs[way] = recorded.again
                kept.append(recorded)
            except Exception as error:           # it is wrong, or the card cannot; the others go on
                row(**labels, rung=way, failed=f"{type(error).__name__}: {error}"[:300])
        for way, (seconds, launches) in (measured(runs, quick) if runs else {}).items():
            speed = ({"GFLOP/s": cost["FLOP"] / seconds / 1e9} if "FLOP" in cost else
                     {"GB/s": cost["bytes"] / seconds / 1e9, "of copying": cost["bytes"] / seconds / copying})
            row(**labels, rung=way, seconds=seconds, launches=launches, **speed, **clock())
    return {}


def programs(quick):
    """Compile what kernels() and tuning() will launch, for tools/gpu.py: ways are called at small sizes."""
    for _, _, _, ways in work(True):
        for call in ways.values():
            with contextlib.suppress(Exception), recording():
                call()
    from scratch.cuda.kernels import launch, matmul
    for sizes in itertools.islice(candidates(), TRIED):
        macros, _ = matmul.plan(TUNED, *3 * [4096], sizes)
        launch.module(launch.FOLDER / matmul.RUNGS[TUNED].file, **macros)
    return {}


def candidates():
    """Sizes to try for the rung "warps", large tiles first, two blocks to a multiprocessor."""
    from scratch.cuda.kernels.launch import driver
    room = driver.Device(0).get_attribute(driver.device_attribute.MAX_SHARED_MEMORY_PER_MULTIPROCESSOR)
    tiles = sorted(itertools.product((64, 128, 256), repeat=2), key=lambda sides: -sides[0] * sides[1])
    for (BM, BN), BK, WM, WN, STAGES in itertools.product(tiles, (16, 8, 32), (64, 32), (64, 32), (2, 3, 4)):
        threads = 32 * (BM // WM) * (BN // WN)
        if (threads in (128, 256) and BK * BM % (4 * threads) == BK * BN % (4 * threads) == 0
                and threads % (BN // 4) == threads % (BM // 4) == 0 and BK * BM > 1000
                and 4 * STAGES * BK * (BM + BN + 8) <= room // 2 - 1024):
            yield {"BM": BM, "BN": BN, "BK": BK, "WM": WM, "WN": WN, "STAGES": STAGES, "UNROLL": 1}


def tuning(quick):
    """Other sizes of the ladder's best rung, timed at n = 4096 for as long as there is time."""
    import numpy as np
    from scratch.cuda.kernels import matmul
    from scratch.cuda.kernels.launch import driver
    n = 256 if quick else 4096                   # which the tiles divide
    a, b = np.random.default_rng(0).standard_normal((2, n, n), dtype=np.float32)

    def product(sizes):
        with recording() as recorded:
            matmul.matmul(a, b, TUNED, **sizes)
        return recorded.again
    found, end = [], time.monotonic() + TUNING
    for sizes in itertools.islice(candidates(), 2 if quick else TRIED):
        if found and time.monotonic() > end:
            break
        with contextlib.suppress(driver.Error):  # too many registers for so large a block
            found.append((timed(product(sizes), 3), sizes))
    _, sizes = min(found, key=lambda each: each[0])
    seconds, launches = measured({"": product(sizes)}, quick)[""]
    row(kernel="matmul", n=n, rung="tuned", sizes=sizes, of=TUNED, tried=len(found), seconds=seconds,
        launches=launches, **{"GFLOP/s": 2 * n**3 / seconds / 1e9}, **clock())
    return {}


# ---- PyTorch --------------------------------------------------------------------------------------------

def torch_and_device(quick):
    import torch
    if not torch.cuda.is_available() and not quick:
        sys.exit("this PyTorch has no CUDA, or finds no card")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    return torch, torch.device("cuda" if torch.cuda.is_available() else "cpu")


def pytorch(quick):
    torch, device = torch_and_device(quick)
    sizes = QUICK if quick else globals()
    F = torch.nn.functional

    def seconds_of(run, launches):
        if device.type == "cpu":
            begin = time.perf_counter()
            for _ in range(launches):
                run()
            return (time.perf_counter() - begin) / launches
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(launches):
            run()
        end.record()
        end.synchronize()
        return begin.elapsed_time(end) / 1000 / launches

    def take(run, **labels):
        run()
        rounds, launches = counts(seconds_of(run, 1), quick)
        times = [seconds_of(run, launches) for _ in range(rounds)]
        row(**labels, seconds=statistics.median(times), launches=rounds * launches)

    def product(n, dtype):
        a, b = torch.randn(2, n, n, device=device).to(dtype)
        c = torch.empty_like(a)
        take(lambda: torch.matmul(a, b, out=c), kernel="matmul", n=n, rung=str(dtype).removeprefix("torch."))

    def attention(N, T, D):
        q, k, v = (torch.randn(1, N, T, D, device=device, requires_grad=True) for _ in range(3))
        each = {"heads": N, "positions": T, "channels": D, "rung": "float32"}
        with torch.no_grad():
            take(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True), kernel="attention", **each)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        d_y = torch.ones_like(y)
        take(lambda: torch.autograd.grad(y, (q, k, v), d_y, retain_graph=True), kernel="attention, backward",
             **each)
    for n in sizes["SIZES"]:
        for dtype in (torch.float32, torch.float16)[:2 if device.type == "cuda" else 1]:
            product(n, dtype)
    elements, columns = sizes["ELEMENTS"], sizes["COLUMNS"]
    x = torch.randn(elements // columns, columns, device=device)
    y, ones = torch.randn_like(x), torch.ones(columns, device=device)
    for name, run in {
            "copy": lambda: y.copy_(x), "add": lambda: torch.add(x, y), "reduce": lambda: x.sum(),
            "transpose": lambda: x.T.contiguous(), "softmax": lambda: F.softmax(x, 1),
            "layernorm": lambda: F.layer_norm(x, (columns,), ones, ones)}.items():
        take(run, kernel=name, elements=elements, rung="float32")
    of_training(torch, device, take, elements, columns)
    for each in sizes["HEADS"]:
        attention(*each)
    return {"PyTorch": torch.__version__}


def of_training(torch, device, take, elements, columns):
    """PyTorch's own of what training() measures; the way back is a call of autograd."""
    F, rows = torch.nn.functional, elements // columns
    x, ones = torch.randn(rows, columns, device=device), torch.ones(columns, device=device)
    labels = torch.randint(columns, (rows,), device=device)
    ids = torch.randint(rows, (rows,), device=device)
    p = torch.nn.Parameter(torch.randn(elements, device=device))
    p.grad = torch.randn_like(p)
    take(torch.optim.AdamW([p], fused=True).step, kernel="adamw", elements=elements, rung="float32")
    for name, forward in {"cross_entropy": lambda x: F.cross_entropy(x, labels, reduction="none"),
                          "rmsnorm": lambda x: F.rms_norm(x, (columns,), ones, 1e-5),
                          "embedding": lambda x: F.embedding(ids, x)}.items():
        with torch.no_grad():
            take(lambda: forward(x), kernel=name, elements=elements, rung="float32")    # noqa: B023
        leaf = x.clone().requires_grad_()
        y = forward(leaf)
        d_y = torch.ones_like(y)
        take(lambda: torch.autograd.grad(y, leaf, d_y, retain_graph=True),    # noqa: B023
             kernel=f"{name}, backward", elements=elements, rung="float32")


# ---- scratch.torch --------------------------------------------------------------------------------------

def gpt(engine, quick):
    """Steps of makemore's GPT on the card, in scratch.torch or in PyTorch, from the same weights."""
    from . import torch as steps
    if engine == steps.OURS:
        from scratch.torch.__main__ import pretend
        pretend()
    import torch
    device = "cuda" if engine == steps.OURS or torch.cuda.is_available() else "cpu"
    if device == "cpu" and not quick:
        sys.exit("this PyTorch has no CUDA, or finds no card")
    from scratch.makemore import gpt as models, transformer
    weights, ids, targets = steps.gpt_start()
    layers = 1 if quick else steps.LAYERS
    model = models.GPT(transformer.Config(steps.V, steps.T, layers, steps.H, steps.C))
    weights["head.weight"] = weights["body.symbols.weight"]
    wanted = model.state_dict().keys()
    model.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items() if name in wanted})
    model = model.to(device)
    X, Y = torch.from_numpy(ids).to(device), torch.from_numpy(targets).to(device)
    pairs = ((X[rows], Y[rows]) for rows in (torch.from_numpy(each).to(device)
                                             for each in steps.minibatches(len(X))))

    def rates():
        while True:
            yield steps.GPT_RATE
    training = transformer.train(model, pairs, rates(), steps.DECAY, steps.BETAS)
    losses, times = [], []
    for _ in range(2 if quick else STEPS):
        begin = time.perf_counter()
        losses.append(next(training))            # which reads the loss, and so waits for the card
        times.append(time.perf_counter() - begin)
    row(kernel="GPT step", rung=engine, seconds=statistics.median(times[len(times) // 3:]), losses=losses[:5],
        launches=len(times))
    return {}


# ---- the environment, and the tests ---------------------------------------------------------------------

def environment(quick):
    from scratch.cuda.kernels.launch import compiler, driver
    on = driver.Device(0)
    found = {"device": on.name(), "compute capability": list(on.compute_capability()),
             "memory, GiB": on.total_memory() / 2**30, "driver": driver.get_driver_version(),
             "CUDA": list(driver.get_version()), "multiprocessors": on.multiprocessor_count,
             "GPU's state": nvidia_smi(), "through": compiler.__name__.partition(".")[0],
             "versions": versions("pycuda", "numpy", "torch")}
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run(["nvcc", "--version"], capture_output=True, text=True, check=True).stdout
        found["nvcc"] = (re.findall(r"V(\d[\d.]*)", said) or said.split("\n"))[0]
    return {key: significant(value) for key, value in found.items() if value is not None}


def versions(*packages):
    found = {"Python": platform.python_version()}
    for name in packages:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[name] = importlib.metadata.version(name)
    return found


QUERY = "driver_version,clocks.sm,clocks.mem,clocks.max.sm,power.limit,temperature.gpu"


def nvidia_smi(query=QUERY):
    """Clocks and driver as nvidia-smi tells them, or None."""
    try:
        run = subprocess.run(["nvidia-smi", f"--query-gpu={query}", "--format=csv,noheader", "--id=0"],
                             capture_output=True, text=True)
    except OSError:
        return None
    return dict(zip(query.split(","), run.stdout.strip().split(", "))) if run.returncode == 0 else None


def clock():
    """The clock of the multiprocessors, as it is behind a measurement."""
    state = nvidia_smi("clocks.sm")
    return {"clock": state["clocks.sm"]} if state else {}


def run_tests(quick):
    """The outcome of pytest; failures are rows."""
    wanted = ["tests/cuda/kernels/test_launch.py"] if quick else TESTS
    several = ["-n", "4", "--dist", "worksteal"] if importlib.util.find_spec("xdist") and not quick else []
    command = [sys.executable, "-m", "pytest", "-q", "-rfE", "-p", "no:cacheprovider",
               "--continue-on-collection-errors", *several, *wanted]    # if a package lacks, the others run
    lines, how = [], {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **how) as run:
        for line in run.stdout:
            lines.append(line.rstrip())
            if found := re.match(r"(?:FAILED|ERROR) (\S+)(?: - (.*))?", line):
                row(kernel="test", rung=found[1], failed=(found[2] or "")[:300])
    outcome = {kind: int(number) for number, kind in re.findall(
        r"(\d+) (passed|failed|skipped|errors?|xfailed)", lines[-1] if lines else "")}
    if not outcome:
        sys.exit("\n".join(lines[-20:]))
    return {"outcome": outcome}


TASKS = {"environment": environment, "kernels": kernels, "PyTorch": pytorch, "tests": run_tests,
         "tuning": tuning, "programs": programs,
         OURS: lambda quick: gpt(OURS, quick), f"{THEIRS}'s GPT": lambda quick: gpt(THEIRS, quick)}
