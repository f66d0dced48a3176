"""Measure the scalar engine beside micrograd and PyTorch and write results/micrograd.json.

    pip install micrograd==0.1.0      the peer, which the book itself does not need
    python benchmarks/micrograd.py    some minutes; --rounds 1 for a quick look

The task is micrograd's own demonstration: one full-batch step of training a 2-16-16-1 network of
relu neurons on 100 points of two half-moons, with the hinge loss and weight decay.  One text,
`loss` below, is the forward pass of every scalar engine.  A step is forward, backward, update and
setting the gradients to zero; each engine runs in a process of its own, and the processes of one
round follow each other, so that a busy minute of the machine falls on all.  Exits with 1 if a
budget is missed.
"""

import argparse
import gc
import importlib.metadata
import importlib.util
import json
import math
import random
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.remove(str(Path(__file__).parent))    # or `import micrograd` would find this file

from weave.machine import provenance    # noqa: E402

SIZES = [2, 16, 16, 1]
STEPS, SECONDS = 8, 2      # at least so many steps, and for at least so long
RATE = 0.05
LINKS = 1_000_000
PEER = "micrograd 0.1.0, as shipped"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="processes per engine (5)")
    parser.add_argument("--engine", choices=ENGINES, help="what a single process runs; prints JSON")
    options = parser.parse_args()
    if options.engine:
        before = peak()
        result = ENGINES[options.engine](options.engine)
        return print(json.dumps({**result, "MB": peak() - before}))
    if importlib.util.find_spec("micrograd") is None:
        sys.exit("micrograd is what this compares with, and it is not installed:\n"
                 "    pip install micrograd==0.1.0")
    found = {name: [] for name in ENGINES}
    for number in range(options.rounds):
        for name, results in found.items():
            results.append(process(name))
            print(f"round {number + 1}, {name}: {seconds(results[-1]):.4g} s", flush=True)
    engines = [engine(name, found) for name in STEPPERS]
    rows = budgets(found)
    report(engines, rows, found, options.rounds)
    return not all(one["holds"] for one in rows)


def process(name):
    run = subprocess.run([sys.executable, __file__, "--engine", name], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"{name} failed:\n{run.stderr}")
    return json.loads(run.stdout)


def seconds(result):
    return statistics.median(result["steps"][1:]) if "steps" in result else result["seconds"]


# The task

def moons(rng, count=100):
    """Points (x, y, side) of two interleaving half circles, with noise."""
    points = []
    for n in range(count):
        angle = math.pi * rng.random()
        x, y, side = (math.cos(angle), math.sin(angle), 1.0) if n % 2 else \
                     (1.0 - math.cos(angle), 0.5 - math.sin(angle), -1.0)
        points.append((x + rng.gauss(0, 0.1), y + rng.gauss(0, 0.1), side))
    return points


def task():
    """The points and the first weights, the same for every engine."""
    rng = random.Random(1337)
    points = moons(rng)
    return points, [rng.uniform(-1, 1) for fan_in, fan_out in zip(SIZES, SIZES[1:])
                    for _ in range(fan_out * (fan_in + 1))]


def score(weights, x):
    """The network; each neuron takes its weights and its bias from the front of the list."""
    weights = iter(weights)
    for fan_out in SIZES[1:]:
        sums = [sum(next(weights) * xi for xi in x) + next(weights) for _ in range(fan_out)]
        x = [s.relu() for s in sums]
    return sums[0]


def loss(weights, points):
    margins = [(1 + -side * score(weights, (x, y))).relu() for x, y, side in points]
    return sum(margins) * (1.0 / len(margins)) + decay(weights)


def decay(weights):
    return 1e-4 * sum(w * w for w in weights)


def measure(step):
    """Call step(), which returns a loss, again and again."""
    times, losses, begin = [], [], time.perf_counter()
    while len(times) < STEPS or time.perf_counter() - begin < SECONDS:
        start = time.perf_counter()
        losses.append(step())
        times.append(time.perf_counter() - start)
    return {"steps": times, "losses": losses[:STEPS]}


def peak():
    """The most memory that this process has held, in MB; at its beginning, that of bare Python."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


# The engines

def graph_of_values(name):
    """micrograd or ours, with the collector of reference cycles on or off."""
    if name.startswith("micrograd"):
        from micrograd.engine import Value
    else:
        from scratch.micrograd.engine import Value
    points, weights = task()
    weights = [Value(w) for w in weights]
    if name.endswith("collector off"):
        gc.disable()

    def step():
        root = loss(weights, points)
        for w in weights:
            w.grad = 0.0
        root.backward()
        for w in weights:
            w.data -= RATE * w.grad
        return root.data
    return measure(step)


def compiled(name):
    """The same loss as a program: of the whole batch, or of one point and called for each."""
    from scratch.micrograd.trace import compile
    points, weights = task()
    begin = time.perf_counter()
    if name.endswith("batch"):
        program = compile(lambda *weights: loss(weights, points), weights)
    else:
        def one_loss(*inputs):
            *weights, x, y, side = inputs
            return (1 + -side * score(weights, (x, y))).relu() * (1.0 / len(points))
        one = compile(one_loss, [*weights, *points[0]])
        rest = compile(lambda *weights: decay(weights), weights)

        def program(weights):
            total, slopes = rest(weights)
            for point in points:
                value, more = one([*weights, *point])
                total += value
                slopes = [a + b for a, b in zip(slopes, more)]
            return total, slopes
    compiling = time.perf_counter() - begin

    def step():
        nonlocal weights
        value, slopes = program(weights)
        weights = [w - RATE * slope for w, slope in zip(weights, slopes)]
        return value
    return {**measure(step), "compiling s": compiling}


def torch_scalars(name):
    import torch
    torch.set_num_threads(1)
    points, weights = task()
    weights = [torch.tensor(w, dtype=torch.float64, requires_grad=True) for w in weights]
    descent = torch.optim.SGD(weights, lr=RATE, foreach=False)

    def step():
        root = loss(weights, points)
        descent.zero_grad()
        root.backward()
        descent.step()
        return root.item()
    return measure(step)


def torch_arrays(name):
    import torch
    torch.set_num_threads(1)
    points, weights = task()
    numbers, layers = iter(weights), []
    for fan_in, fan_out in zip(SIZES, SIZES[1:]):
        rows = [[next(numbers) for _ in range(fan_in + 1)] for _ in range(fan_out)]
        layers.append(torch.tensor(rows, dtype=torch.float64, requires_grad=True))
    points = torch.tensor(points, dtype=torch.float64)
    descent = torch.optim.SGD(layers, lr=RATE)

    def step():
        x = points[:, :2]
        for layer in layers:
            sums = x @ layer[:, :-1].T + layer[:, -1]
            x = sums.relu()
        margins = (1 - points[:, 2] * sums[:, 0]).relu()
        root = margins.mean() + 1e-4 * sum((layer * layer).sum() for layer in layers)
        descent.zero_grad()
        root.backward()
        descent.step()
        return root.item()
    return measure(step)


def long_chain(name):
    """Forward and backward through a million additions."""
    from scratch.micrograd.engine import Value
    begin = time.perf_counter()
    total = one = Value(1.0)
    for _ in range(LINKS):
        total = total + one
    total.backward()
    assert total.data == one.grad == LINKS + 1
    return {"seconds": time.perf_counter() - begin}


def deepest_chain(name):
    """The most additions in a row that the peer's backward() survives."""
    from micrograd.engine import Value

    def survives(links):
        total = one = Value(1.0)
        for _ in range(links):
            total = total + one
        try:
            total.backward()
        except RecursionError:
            return False
        return True
    begin = time.perf_counter()
    low, high = 1, LINKS    # survives, does not
    while high - low > 1:
        middle = min(2 * low, (low + high) // 2)
        low, high = (middle, high) if survives(middle) else (low, middle)
    return {"links": low, "seconds": time.perf_counter() - begin}


STEPPERS = {
    PEER: graph_of_values,
    "micrograd 0.1.0, collector off": graph_of_values,
    "ours": graph_of_values,
    "ours, collector off": graph_of_values,
    "ours, compiled for a point": compiled,
    "ours, compiled for the batch": compiled,
    "PyTorch, a tensor per number": torch_scalars,
    "PyTorch, arrays": torch_arrays,
}
CHAIN, DEPTH = "ours, a million links", "micrograd 0.1.0, deepest chain"
ENGINES = {**STEPPERS, CHAIN: long_chain, DEPTH: deepest_chain}


# The report

def engine(name, found):
    """One engine's medians over the rounds; the ratio is taken round by round, then its median."""
    check_losses(name, found)
    ratios = sorted(seconds(peer) / seconds(own) for peer, own in zip(found[PEER], found[name]))
    one = {"engine": name, "ms per step": rounded(1000 * statistics.median(map(seconds, found[name]))),
           "times as fast": rounded(statistics.median(ratios)),
           "range": [rounded(ratios[0]), rounded(ratios[-1])],
           "MB beyond bare Python": memory(found[name])}
    if "compiling s" in found[name][0]:
        one["compiling s"] = rounded(statistics.median(result["compiling s"] for result in found[name]))
    return one


def check_losses(name, found):
    """All engines train alike, or their times mean nothing."""
    for ours, theirs in zip(found[name][0]["losses"], found[PEER][0]["losses"]):
        if not math.isclose(ours, theirs, rel_tol=1e-9):
            sys.exit(f"{name} has a loss of {ours} where {PEER} has {theirs}")


def memory(results):
    return rounded(statistics.median(result["MB"] for result in results))


def rounded(number):
    return float(f"{number:.3g}")


def ratio(found, slow, fast):
    """The median over the rounds of how many times as fast."""
    return rounded(statistics.median(seconds(a) / seconds(b) for a, b in zip(found[slow], found[fast])))


def budgets(found):
    off = "micrograd 0.1.0, collector off"
    return [
        row("ours, against micrograd as shipped", ratio(found, PEER, "ours"), 15, "times", True),
        row("the same, collector off in both", ratio(found, off, "ours, collector off"), 2, "times", True),
        row("ours, against a PyTorch tensor per number",
            ratio(found, "PyTorch, a tensor per number", "ours"), 6, "times", True),
        row("compiled, against micrograd as shipped",
            ratio(found, PEER, "ours, compiled for the batch"), 200, "times", True),
        row("memory beyond bare Python's, of micrograd's",
            rounded(memory(found["ours"]) / memory(found[PEER])), 0.333, ""),
        row("a million links and back, the best round",
            rounded(min(map(seconds, found[CHAIN]))), 1.5, "s"),
    ]


def row(what, measured, limit, unit, more_is_better=False):
    holds = measured >= limit if more_is_better else measured <= limit
    print(f"{'ok  ' if holds else 'MISS'} {what:<44} {measured:>9g} {unit:<5} ({limit:g})", flush=True)
    return {"what": what, "measured": measured, "budget": limit, "unit": unit, "holds": holds}


def report(engines, rows, found, rounds):
    """Write results/micrograd.json: the engines, the budgets, and where they come from."""
    result = {
        **provenance(__file__, "micrograd", "torch"),
        "task": "one full-batch training step: 2-16-16-1 relu network, 100 points, hinge loss, weight decay",
        "processes per engine (medians)": rounds,
        "engines": engines,
        "chains": {"links, ours": LINKS,
                   "seconds": rounded(statistics.median(map(seconds, found[CHAIN]))),
                   "MB beyond bare Python": memory(found[CHAIN]),
                   "links, micrograd at most": found[DEPTH][0]["links"]},
        "rows": rows,
    }
    path = ROOT / "results" / "micrograd.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"wrote {path.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
