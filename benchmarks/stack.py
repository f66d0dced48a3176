"""Measure one GPT step on every machine of the book, where its time goes, and what a longer training writes.

    python -m benchmarks stack              all of it (half an hour)
    python -m benchmarks stack machines     a step on Values, on our torch's backends, and on PyTorch
    python -m benchmarks stack kernels      a step of ours: how much of it is in matrix products, in other
                                            kernels, and in the Python above them
    python -m benchmarks stack written      a GPT that reads the book, on ours and on PyTorch

A step is the loss of some names, its gradients, and SGD.  All machines begin with the same weights, and
their losses are compared.  Each runs in a process of its own, on one thread, and is measured in time of
the processor; the cuda backend is measured without a GPU, its kernels compiled before.
"""

import os
import time
from collections import Counter
from functools import partial

from .harness import ROOT, budget, median, ratio, significant, task, turns
from .provenance import provenance
from .results import write
from .torch import ALONE, either

ALONE = {**ALONE, "SCRATCH_CUDA": "cpu", "POCL_MAX_PTHREAD_COUNT": "1"}
WHAT = "one GPT step on every machine of the book, where its time goes, and what a longer training writes"
VALUES, THEIRS = "Values", "PyTorch"
SIZES = {    # layers, heads, channels, and names in a batch
    "small": (1, 2, 8, 4),
    "default": (4, 4, 64, 32),
    "large": (6, 8, 128, 128),
}
T, RATE = 16, 0.1
MACHINES = {"small": [VALUES, "python", "numpy", "cuda", THEIRS],
            "default": ["python", "numpy", "cuda", THEIRS]}
LOSSES = 3                # compared, of the first steps
CLOSE = 1e-5              # relative: float32 sums in another order
SECONDS, MOST = 2.0, 200  # a machine is measured for so long, or for so many steps
BOOK = dict(tokens=1024, T=64, layers=4, heads=4, channels=128, batch=16, rate=2e-3, steps=3000)
PROMPT, WRITTEN_AT = "The gradient", (30, 300, 3000)


def main(options):
    wanted = [options.section] if options.section else ["machines", "kernels", "written"]
    judged = []
    for name in wanted:
        section = {"machines": machines, "kernels": kernels, "written": written}[name](options)
        judged += section["budgets"]
        packages = ["numpy", "torch"] + (["pyopencl"] if name == "machines" else [])
        conditions = {**BOOK, "prompt": PROMPT} if name == "written" else {"rounds": options.rounds}
        origin = provenance(__file__, *packages, used="one thread", clock="time of the processor",
                            load=" ".join(f"{each:.1f}" for each in os.getloadavg()), **conditions)
        write(options.out, what=WHAT, sections={name: {"from": origin, **section}})
    return judged


# A step on every machine

def machines(options):
    rows, judged = [], []
    for size, names in MACHINES.items():
        found = turns({name: partial(task, "stack", "step", size, name, **ALONE) for name in names},
                      options.rounds)
        expected = found[THEIRS][0]["losses"]
        apart = max(abs(a / b - 1) for results in found.values() for each in results
                    for a, b in zip(each["losses"], expected, strict=True))
        judged.append(budget(f"{size}: first losses, largest relative difference from PyTorch's",
                             significant(apart, 2), CLOSE))
        ms = {name: [each["ms"] for each in results] for name, results in found.items()}
        rows += [{"size": size, "machine": name, "ms": median(ms[name]),
                  "times PyTorch's": ratio(ms[name], ms[THEIRS])} for name in names]
    return {"budgets": judged, "rows": rows}


def step(size, machine):
    """Steps on one machine -> their losses, and how long one takes."""
    run = value_steps(size) if machine == VALUES else tensor_steps(size, machine)
    losses, times = [], []
    while len(losses) < LOSSES or sum(times) < 1e3 * SECONDS and len(losses) < MOST:
        begin = time.process_time()
        losses.append(next(run))
        times.append(1e3 * (time.process_time() - begin))
    times = sorted(times[1:])    # the first makes what later ones find: kernels, averages
    return {"losses": losses[:LOSSES], "ms": times[len(times) // 2]}


def tensor_steps(size, machine):
    torch, names, targets, model, device = start(size, machine)
    from scratch.makemore import transformer

    def pairs():
        while True:
            yield names, targets

    def rates():
        while True:
            yield RATE
    model.to(device)
    names, targets = names.to(device), targets.to(device)
    return transformer.train(model, pairs(), rates(), optimizer=torch.optim.SGD(model.parameters(), lr=RATE))


def start(size, machine):
    """-> torch, ids and targets of some names, a GPT, and the device that computes."""
    torch = either(THEIRS if machine in (THEIRS, VALUES) else "scratch.torch")
    from scratch.makemore import data, gpt, transformer
    layers, heads, channels, count = SIZES[size]
    words = data.read_words()
    vocabulary = data.Vocabulary(words)
    names, targets = data.rows(words[:count], vocabulary, T)
    config = transformer.Config(len(vocabulary), T, layers, heads, channels)
    model = gpt.GPT(config, torch.Generator().manual_seed(1))
    return torch, names, targets, model, "cpu" if machine in (THEIRS, VALUES) else machine


def value_steps(size):
    from scratch.micrograd.gpt import GPT
    from scratch.micrograd.optim import SGD
    _, names, targets, theirs, _ = start(size, VALUES)
    layers, heads, channels, _ = SIZES[size]
    model = GPT(theirs.config.symbols, T, layers, heads, channels)
    model.load_state_dict({name: each.tolist() for name, each in theirs.state_dict().items()})
    optimizer = SGD(model.parameters(), lr=RATE)
    texts = [([id for id, y in zip(ids, row) if y >= 0], [y for y in row if y >= 0])
             for ids, row in zip(names.tolist(), targets.tolist())]
    count = sum(len(row) for _, row in texts)
    while True:
        loss = sum(model.loss(ids, row) * (len(row) / count) for ids, row in texts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        yield loss.data


# Where the time goes

def kernels(options):
    rows = []
    for size in SIZES:
        found = turns({"ours": partial(task, "stack", "profile", size, **ALONE),
                       THEIRS: partial(task, "stack", "step", size, THEIRS, **ALONE)}, options.rounds)
        parts = found["ours"][0]["ms"]
        row = {"size": size, **{part: median([each["ms"][part] for each in found["ours"]]) for part in parts},
               THEIRS: median([each["ms"] for each in found[THEIRS]])}
        rows.append({**row, **found["ours"][0]["calls"]})
        print(row, flush=True)
    return {"budgets": [], "rows": rows}


BOOKKEEPING = {"view", "buffer", "length", "address", "empty"}    # that compute no number


def profile(size):
    """A step of ours on NumPy: its time, and of that what was spent in kernels."""
    whole = step(size, "numpy")["ms"]
    run = tensor_steps(size, "numpy")
    from scratch.torch import dispatch
    spent, calls, inside = Counter(), Counter(), []

    def timed(part, kernel):
        def wrapper(*arguments, **named):
            if inside:    # called by a kernel that is composed of others
                return kernel(*arguments, **named)
            inside.append(kernel)
            begin = time.thread_time()
            try:
                return kernel(*arguments, **named)
            finally:
                spent[part] += time.thread_time() - begin
                calls[part] += 1
                inside.clear()
        return wrapper

    backend = dispatch.backend_of("numpy")
    for _ in range(3):
        next(run)            # what is composed is in the table from here on
    for name, kernel in list(backend.items()):
        if name not in BOOKKEEPING:
            backend[name] = timed("products" if name == "matmul" else "other kernels", kernel)
    taken, begin = 0, time.process_time()
    while taken < 3 or time.process_time() - begin < SECONDS:
        next(run)
        taken += 1
    ms = {part: 1e3 * each / taken for part, each in spent.items()}
    return {"ms": {"step": whole, **ms, "above them": whole - sum(ms.values())},
            "calls": {f"calls of {part}": each // taken for part, each in calls.items()}}


# What it writes

def written(options):
    found = {name: task("stack", "train", name, **ALONE) for name in ("numpy", THEIRS)}
    ours, theirs = found["numpy"], found[THEIRS]
    near = [abs(a / b - 1) for a, b in zip(ours["losses"], theirs["losses"])][:100]
    judged = [budget("a hundred steps: losses, largest relative difference from PyTorch's",
                     significant(max(near), 2), 1e-3)]
    rows = [{"machine": {"numpy": "scratch.torch"}.get(name, name), "seconds": significant(each["seconds"]),
             "losses": [round(loss, 4) for loss in each["losses"][::10]],
             "texts": each["texts"]} for name, each in found.items()]
    return {"budgets": judged, "rows": rows}


def train(machine):
    torch = either(THEIRS if machine == THEIRS else "scratch.torch")
    from scratch.bpe.tokenizer import RegexTokenizer
    from scratch.makemore import data, gpt, texts, transformer
    from scratch.makemore.optimizers import cosine_rates
    text = (ROOT / "data/book.txt").read_text(encoding="utf-8")
    tokenizer = RegexTokenizer()
    tokenizer.train(text, BOOK["tokens"])
    windows = texts.windows(torch.tensor(tokenizer.encode(text)), BOOK["T"])
    generator = torch.Generator().manual_seed(1)
    model = gpt.GPT(transformer.Config(BOOK["tokens"], BOOK["T"], BOOK["layers"], BOOK["heads"],
                                       BOOK["channels"]), generator)
    minibatches = data.batches(*windows, BOOK["batch"], generator)
    losses, told, begin = [], {}, time.process_time()
    for loss in transformer.train(model, minibatches, cosine_rates(BOOK["steps"], BOOK["rate"])):
        losses.append(loss)
        if len(losses) in WRITTEN_AT:
            told[len(losses)] = texts.write(model, tokenizer, PROMPT, 80, seed=1, temperature=0.7)
    return {"losses": losses, "texts": told, "seconds": time.process_time() - begin}


TASKS = {"step": step, "profile": profile, "train": train}
