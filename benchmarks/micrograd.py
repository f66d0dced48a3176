"""Measure the scalar engine beside micrograd and PyTorch.

    pip install micrograd==0.1.0      the peer, which the book itself does not need
    python -m benchmarks micrograd    some minutes; --rounds 1 for a quick look

The task is micrograd's own demonstration: one full-batch step of training a 2-16-16-1 network of
relu neurons on 100 points of two half-moons, with the hinge loss and weight decay.  One text,
`loss` below, is the forward pass of every scalar engine.  A step is forward, backward, update and
setting the gradients to zero; each engine runs in a process of its own.
"""

import gc
import importlib.util
import math
import random
import resource
import statistics
import sys
import time
from functools import partial

from .harness import budget, median, ratio, significant, task, turns
from .provenance import provenance
from .results import write

TASK = "one full-batch training step: 2-16-16-1 relu network, 100 points, hinge loss, weight decay"
SIZES = [2, 16, 16, 1]
STEPS, SECONDS = 8, 2      # at least so many steps, and for at least so long
RATE = 0.05
LINKS = 1_000_000
PEER = "micrograd 0.1.0, as shipped"


def main(options):
    if importlib.util.find_spec("micrograd") is None:
        sys.exit("micrograd is what this compares with, and it is not installed:\n"
                 "    pip install micrograd==0.1.0")
    found = turns({name: partial(told, name) for name in ENGINES}, options.rounds)
    rows = [engine(name, found) for name in STEPPERS]
    judged = budgets(found)
    chains = [{"engine": CHAIN, "links": LINKS, "seconds": median(map(seconds, found[CHAIN])),
               "MB beyond bare Python": memory(found[CHAIN])},
              {"engine": DEPTH, "links": found[DEPTH][0]["links"]}]
    write(options.out, origin=provenance(__file__, "micrograd", "torch", task=TASK, rounds=options.rounds),
          budgets=judged, rows=rows, sections={"chains": {"rows": chains}})
    return judged


def told(name):
    """What an engine's process measured, printed, too."""
    result = task("micrograd", name)
    print(f"{name}: {seconds(result):.4g} s", flush=True)
    return result


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


def points_and_weights():
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
    points, weights = points_and_weights()
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
    points, weights = points_and_weights()
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
    points, weights = points_and_weights()
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
    points, weights = points_and_weights()
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


def with_memory(name):
    before = peak()
    result = ENGINES[name](name)
    return {**result, "MB": peak() - before}


TASKS = {name: partial(with_memory, name) for name in ENGINES}


# The report

def engine(name, found):
    """One engine's medians over the rounds; the ratio is taken round by round, then its median."""
    check_losses(name, found)
    peer, own = (list(map(seconds, found[each])) for each in (PEER, name))
    ratios = [a / b for a, b in zip(peer, own)]
    one = {"engine": name, "ms per step": median(1000 * each for each in own),
           "times as fast": ratio(peer, own), "range": significant([min(ratios), max(ratios)]),
           "MB beyond bare Python": memory(found[name])}
    if "compiling s" in found[name][0]:
        one["compiling s"] = median(result["compiling s"] for result in found[name])
    return one


def check_losses(name, found):
    """All engines train alike, or their times mean nothing."""
    for ours, theirs in zip(found[name][0]["losses"], found[PEER][0]["losses"]):
        if not math.isclose(ours, theirs, rel_tol=1e-9):
            sys.exit(f"{name} has a loss of {ours} where {PEER} has {theirs}")


def memory(results):
    return median(result["MB"] for result in results)


def budgets(found):
    def faster(slow, fast):
        return ratio(map(seconds, found[slow]), map(seconds, found[fast]))

    off = "micrograd 0.1.0, collector off"
    return [
        budget("ours, against micrograd as shipped", faster(PEER, "ours"), 15, "times", "higher"),
        budget("the same, collector off in both", faster(off, "ours, collector off"), 2, "times", "higher"),
        budget("ours, against a PyTorch tensor per number",
               faster("PyTorch, a tensor per number", "ours"), 6, "times", "higher"),
        budget("compiled, against micrograd as shipped",
               faster(PEER, "ours, compiled for the batch"), 200, "times", "higher"),
        budget("memory beyond bare Python's, of micrograd's",
               significant(memory(found["ours"]) / memory(found[PEER])), 0.333),
        budget("a million links and back, the best round",
               significant(min(map(seconds, found[CHAIN]))), 1.5, "s"),
    ]
