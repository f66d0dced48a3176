"""Measure our torch beside PyTorch, tinygrad and HIPS autograd.

    pip install tinygrad autograd    peers that the book does not need; tinygrad's CPU backend calls clang
    python -m benchmarks torch       some minutes; --rounds 1 for a quick look

MLP       the lecture's step: 3 letters of 10 numbers, 200 hidden units, 32 examples, cross-entropy
GPT       a step of scratch.makemore's default: 4 layers, 4 heads, 64 channels, 32 names, AdamW
import    from nothing to the library, and to its first tensor

Every contestant begins with the same weights and takes the same minibatches, and its losses are
compared with PyTorch's first.  Ours and PyTorch run one text; the others have the same mathematics in
their own words.  Each runs in a process of its own, on one thread, and is measured in time of the
processor, since wall time would count who else is at work on the machine.  A peer that is not
installed is left out; tinygrad is as it comes, without a search for faster kernels (BEAM).
"""

import importlib.util
import math
import os
import resource
import subprocess
import sys
import time
from functools import partial

from .harness import ROOT, budget, median, ratio, significant, task, turns
from .provenance import provenance
from .results import write

ALONE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ALONE |= {"DEV": "CPU", "TRAINING": "1"}    # what tinygrad computes on, and that its optimizers may step
OURS, THEIRS = "scratch.torch", "PyTorch"
PEERS = {"tinygrad, jit": "tinygrad", "tinygrad, no jit": "tinygrad", "HIPS autograd": "autograd"}
WARM, STEPS, SECONDS = 4, 6, 2.0     # steps that are not counted; at least so many, for at least so long
COMPARED = 5                          # losses, of the first steps
CLOSE = 1e-4                          # relative: float32 sums in another order, grown over five steps
V, T, B, C, H, LAYERS = 27, 16, 32, 64, 4, 4
MLP_RATE, GPT_RATE, BETAS, DECAY, EPS = 0.1, 5e-4, (0.9, 0.99), 0.01, 1e-8
IMPORTS = {    # what is run, in a process of its own
    "scratch.torch": "import scratch.torch", "PyTorch": "import torch",
    "scratch.torch and a tensor": "import scratch.torch; scratch.torch.ones(3)",
    "PyTorch and a tensor": "import torch; torch.ones(3)", "NumPy": "import numpy"}


def main(options):
    missing = sorted({name for name in PEERS.values() if importlib.util.find_spec(name) is None})
    for name in missing:
        print(f"{name} is not installed, and left out:  pip install {name}", flush=True)
    peers = [name for name, package in PEERS.items() if package not in missing]
    found = {kind: turns({name: partial(told, kind, name) for name in [OURS, THEIRS, *peers]},
                         options.rounds) for kind in STEPS_OF}
    imports = turns({name: partial(imported, code) for name, code in IMPORTS.items()}, max(3, options.rounds))
    judged = [*budgets(found, peers),
              budget("import of scratch.torch, processor time", median(imports["scratch.torch"]), 0.3, "s")]
    packages = sorted({"torch", "numpy", *(PEERS[name] for name in peers)})
    origin = provenance(__file__, *packages, used="one thread", clock="time of the processor",
                        rounds=options.rounds, load=" ".join(f"{each:.1f}" for each in os.getloadavg()))
    write(options.out, origin=origin, budgets=judged, rows=[], sections={
        **{f"{kind} step": {"rows": rows(of)} for kind, of in found.items()},
        "import": {"rows": [{"what": name, "ms": median([1e3 * each for each in took])}
                            for name, took in imports.items()]}})
    return judged


def told(kind, name):
    """What a contestant's process measured, printed, too."""
    result = task("torch", kind, name, **ALONE)
    print(f"{kind} {name}: {1e3 * step_time(result):.4g} ms", flush=True)
    return result


def imported(code):
    """Seconds of the processor that a line of imports takes in bare Python."""
    program = f"import time; begin = time.process_time(); {code}; print(time.process_time() - begin)"
    return float(subprocess.run([sys.executable, "-c", program], cwd=ROOT, env={**os.environ, **ALONE},
                                stdout=subprocess.PIPE, text=True, check=True).stdout)


def step_time(result):
    times = sorted(result["steps"])
    return times[len(times) // 2]


def rows(of):
    steps = {name: [step_time(each) for each in results] for name, results in of.items()}
    return [{"engine": name, "ms": median([1e3 * each for each in took]),
             "times PyTorch's": ratio(took, steps[THEIRS]),
             "MB of a step": median([each["step MB"] for each in of[name]]),
             "MB in all": median([each["MB"] for each in of[name]])} for name, took in steps.items()]


def budgets(found, peers):
    judged = []
    for kind, limit in (("MLP", 2), ("GPT", 4)):
        of = found[kind]
        expected = of[THEIRS][0]["losses"]
        apart = max(abs(a / b - 1) for results in of.values() for each in results
                    for a, b in zip(each["losses"], expected, strict=True))
        steps = {name: [step_time(each) for each in results] for name, results in of.items()}
        judged.append(budget(f"{kind}: first losses, largest relative difference from PyTorch's",
                             significant(apart, 2), CLOSE))
        judged.append(budget(f"{kind} step: time, of PyTorch's", ratio(steps[OURS], steps[THEIRS]), limit,
                             "times"))
        judged += [budget(f"{kind} step: time, of that of {name}", ratio(steps[OURS], steps[name]), 1,
                          "times") for name in peers]
    memory = [[each["step MB"] for each in found["GPT"][name]] for name in (OURS, THEIRS)]
    judged.append(budget("GPT step: peak memory above that of the model, of PyTorch's", ratio(*memory), 1.5,
                         "times"))
    return judged


# What all start from

def words():
    """Letters of the book's names, as numbers: [[1, 14, 14, 1], ...]."""
    text = (ROOT / "src/scratch/makemore/names.txt").read_text(encoding="utf-8").split()
    letters = sorted({letter for word in text for letter in word})
    assert len(letters) == V - 1
    return [[letters.index(letter) + 1 for letter in word] for word in text]


def mlp_start():
    """-> {name: weights}, contexts (N, 3), targets (N)."""
    import numpy as np
    rng = np.random.RandomState(1)
    sizes = {"C": (V, 10), "W1": (30, 200), "b1": (200,), "W2": (200, V), "b2": (V,)}
    scales = {"C": 1.0, "W1": 5 / 3 / math.sqrt(30), "b1": 0.01, "W2": 0.01, "b2": 0.0}
    weights = {name: (scales[name] * rng.randn(*size)).astype(np.float32) for name, size in sizes.items()}
    windows = [([0, 0, 0, *word][n:n + 3], ([*word, 0])[n]) for word in words()[:5000]
               for n in range(len(word) + 1)]
    return weights, np.array([x for x, _ in windows]), np.array([y for _, y in windows])


def gpt_start():
    """-> {name: weights}, ids (N, T), targets (N, T), where -1 is behind the word's end."""
    import numpy as np
    rng = np.random.RandomState(1)
    weights = {}
    for name, size in gpt_sizes().items():
        if "norm" in name or name.endswith("bias"):
            weights[name] = np.full(size, float("norm" in name and name.endswith("weight")), np.float32)
        else:
            weights[name] = (0.07 * rng.randn(*size)).astype(np.float32)
    ids, targets = np.zeros((5000, T), np.int64), np.full((5000, T), -1)
    for n, word in enumerate(words()[:5000]):
        ids[n, 1:len(word) + 1], targets[n, :len(word) + 1] = word, [*word, 0]
    return weights, ids, targets


def gpt_sizes():
    sizes = {"body.symbols.weight": (V, C), "body.positions.weight": (T, C)}
    for n in range(LAYERS):
        parts = {"attention.qkv": (3 * C, C), "attention.out": (C, C), "mlp.hidden": (4 * C, C),
                 "mlp.out": (C, 4 * C), "norm1": (C,), "norm2": (C,)}
        for part, size in parts.items():
            sizes[f"body.blocks.{n}.{part}.weight"], sizes[f"body.blocks.{n}.{part}.bias"] = size, size[:1]
    return sizes | {"body.last_norm.weight": (C,), "body.last_norm.bias": (C,)}


def minibatches(count):
    import numpy as np
    rng = np.random.RandomState(2)
    while True:
        yield rng.randint(count, size=B)


def measure(step):
    """Call step(), which returns a loss, again and again."""
    reset_peak()
    before, times, losses = memory("VmRSS"), [], []
    begin = time.process_time()
    while len(times) < WARM + STEPS or time.process_time() - begin < SECONDS:
        start = time.process_time()
        losses.append(step())
        times.append(time.process_time() - start)
    return {"steps": times[WARM:], "losses": losses[:COMPARED], "MB": memory("VmHWM"),
            "step MB": memory("VmHWM") - before}


def memory(which):
    """What this process holds now (VmRSS), or has held at most (VmHWM), in MB."""
    try:
        lines = open("/proc/self/status", encoding="utf-8").read().splitlines()
        return int(next(line for line in lines if line.startswith(which)).split()[1]) * 1024 / 1e6
    except OSError:    # not Linux
        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def reset_peak():
    """From here on, the most that is held is counted anew, where the system can."""
    try:
        with open("/proc/self/clear_refs", "w", encoding="utf-8") as file:
            file.write("5")
    except OSError:
        pass


# Ours and PyTorch: one text

def either(engine):
    """The torch that is meant, under its name."""
    if engine == OURS:
        from scratch.torch.__main__ import pretend
        pretend()
    import torch
    assert ("scratch" in torch.__version__) == (engine == OURS)
    torch.set_num_threads(1)
    return torch


def torch_mlp(engine):
    torch = either(engine)
    weights, contexts, targets = mlp_start()
    X, Y = torch.from_numpy(contexts), torch.from_numpy(targets)
    embedding, W1, b1, W2, b2 = parameters = [torch.from_numpy(each) for each in weights.values()]
    for parameter in parameters:
        parameter.requires_grad = True
    rows = map(torch.from_numpy, minibatches(len(X)))

    def step():
        ix = next(rows)
        hidden = torch.tanh(embedding[X[ix]].view(-1, 30) @ W1 + b1)
        loss = torch.nn.functional.cross_entropy(hidden @ W2 + b2, Y[ix])
        for parameter in parameters:
            parameter.grad = None
        loss.backward()
        for parameter in parameters:
            parameter.data += -MLP_RATE * parameter.grad
        return loss.item()
    return measure(step)


def torch_gpt(engine):
    torch = either(engine)
    from scratch.makemore import gpt, transformer
    weights, ids, targets = gpt_start()
    model = gpt.GPT(transformer.Config(V, T, LAYERS, H, C))
    weights["head.weight"] = weights["body.symbols.weight"]
    model.load_state_dict({name: torch.from_numpy(each) for name, each in weights.items()})
    X, Y = torch.from_numpy(ids), torch.from_numpy(targets)
    pairs = ((X[rows], Y[rows]) for rows in map(torch.from_numpy, minibatches(len(X))))

    def rates():
        while True:
            yield GPT_RATE
    training = transformer.train(model, pairs, rates(), DECAY, BETAS)
    return measure(lambda: next(training))


# tinygrad

def tinygrad_mlp(engine):
    from tinygrad import Tensor, TinyJit, nn
    weights, contexts, targets = mlp_start()
    parameters = embedding, W1, b1, W2, b2 = [Tensor(each).contiguous().realize().is_param_(True)
                                              for each in weights.values()]
    optimizer = nn.optim.SGD(parameters, lr=MLP_RATE)

    def step(x, y):
        hidden = (embedding[x].reshape(B, 30) @ W1 + b1).tanh()
        loss = (hidden @ W2 + b2).sparse_categorical_crossentropy(y)
        optimizer.zero_grad()
        loss.backward()
        return loss.realize(*optimizer.schedule_step())
    return with_tinygrad(TinyJit(step) if engine == "tinygrad, jit" else step, contexts, targets)


def tinygrad_gpt(engine):
    from tinygrad import Tensor, TinyJit, nn
    weights, ids, targets = gpt_start()
    W = {name: Tensor(each).contiguous().realize().is_param_(True) for name, each in weights.items()}
    optimizer = nn.optim.AdamW(list(W.values()), GPT_RATE, *BETAS, EPS, DECAY)
    ahead = Tensor.ones(T, T).triu(1).cast("bool").realize()

    def linear(name, x):
        return x @ W[f"{name}.weight"].T + W[f"{name}.bias"]

    def norm(name, x):
        return x.layernorm(eps=1e-5) * W[f"{name}.weight"] + W[f"{name}.bias"]

    def step(x, y):
        h = W["body.symbols.weight"][x] + W["body.positions.weight"]
        for n in range(LAYERS):
            at = f"body.blocks.{n}"
            q, k, v = (each.reshape(B, T, H, C // H).transpose(1, 2)
                       for each in linear(f"{at}.attention.qkv", norm(f"{at}.norm1", h)).chunk(3, dim=-1))
            scores = (q @ k.transpose(2, 3) / math.sqrt(C // H)).masked_fill(ahead, -1e30)
            y_ = (scores.softmax() @ v).transpose(1, 2).reshape(B, T, C)
            h = h + linear(f"{at}.attention.out", y_)
            h = h + linear(f"{at}.mlp.out", linear(f"{at}.mlp.hidden", norm(f"{at}.norm2", h)).gelu())
        logits = norm("body.last_norm", h) @ W["body.symbols.weight"].T
        nats = logits.reshape(B * T, V).sparse_categorical_crossentropy(
            y.reshape(B * T), ignore_index=-1, reduction="sum")
        loss = nats / (y >= 0).sum()
        optimizer.zero_grad()
        loss.backward()
        return loss.realize(*optimizer.schedule_step())
    return with_tinygrad(TinyJit(step) if engine == "tinygrad, jit" else step, ids, targets)


def with_tinygrad(step, examples, targets):
    from tinygrad import Tensor
    rows = minibatches(len(examples))

    def once():
        ix = next(rows)
        return step(Tensor(examples[ix].astype("int32")).realize(),
                    Tensor(targets[ix].astype("int32")).realize()).item()
    return measure(once)


# HIPS autograd

def autograd_mlp(engine):
    from autograd import numpy as np, value_and_grad
    weights, contexts, targets = mlp_start()
    weights, rows = list(weights.values()), minibatches(len(contexts))

    def loss(weights, x, y):
        embedding, W1, b1, W2, b2 = weights
        hidden = np.tanh(np.dot(embedding[x].reshape(B, 30), W1) + b1)
        return nll(np, np.dot(hidden, W2) + b2, y)
    slopes = value_and_grad(loss)

    def step():
        ix = next(rows)
        value, found = slopes(weights, contexts[ix], targets[ix])
        for weight, slope in zip(weights, found):
            weight -= MLP_RATE * slope
        return float(value)
    return measure(step)


def nll(np, logits, targets):
    """The mean of -log softmax(logits)[target]."""
    top = logits - np.max(logits, axis=1, keepdims=True)
    log_p = top - np.log(np.sum(np.exp(top), axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(targets)), targets])


def autograd_gpt(engine):
    import numpy
    from autograd import numpy as np, value_and_grad
    weights, ids, targets = gpt_start()
    rows = minibatches(len(ids))
    ahead = numpy.triu(numpy.full((T, T), -1e30, numpy.float32), 1)
    half, cube = numpy.float32(math.sqrt(2 / math.pi)), numpy.float32(0.044715)
    root = numpy.float32(1 / math.sqrt(C // H))

    def linear(W, name, x):
        return np.dot(x, W[f"{name}.weight"].T) + W[f"{name}.bias"]

    def norm(W, name, x):
        apart = x - np.mean(x, axis=-1, keepdims=True)
        var = np.mean(apart * apart, axis=-1, keepdims=True)
        return apart / np.sqrt(var + numpy.float32(1e-5)) * W[f"{name}.weight"] + W[f"{name}.bias"]

    def gelu(x):
        return numpy.float32(0.5) * x * (1 + np.tanh(half * (x + cube * (x * x * x))))

    def loss(W, x, y):
        h = W["body.symbols.weight"][x] + W["body.positions.weight"]
        for n in range(LAYERS):
            at = f"body.blocks.{n}"
            qkv = linear(W, f"{at}.attention.qkv", norm(W, f"{at}.norm1", h))
            q, k, v = (np.transpose(np.reshape(each, (B, T, H, C // H)), (0, 2, 1, 3))
                       for each in (qkv[..., :C], qkv[..., C:2 * C], qkv[..., 2 * C:]))
            scores = np.matmul(q, np.transpose(k, (0, 1, 3, 2))) * root + ahead
            p = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
            p = p / np.sum(p, axis=-1, keepdims=True)
            heads = np.reshape(np.transpose(np.matmul(p, v), (0, 2, 1, 3)), (B, T, C))
            h = h + linear(W, f"{at}.attention.out", heads)
            hidden = linear(W, f"{at}.mlp.hidden", norm(W, f"{at}.norm2", h))
            h = h + linear(W, f"{at}.mlp.out", gelu(hidden))
        logits = np.reshape(np.dot(norm(W, "body.last_norm", h), W["body.symbols.weight"].T), (B * T, V))
        counted = (y.reshape(-1) >= 0).nonzero()[0]
        return nll(np, logits[counted], y.reshape(-1)[counted])
    slopes = value_and_grad(loss)
    means = {name: numpy.zeros_like(each) for name, each in weights.items()}
    squares = {name: numpy.zeros_like(each) for name, each in weights.items()}
    taken = [0]

    def step():
        ix = next(rows)
        value, found = slopes(weights, ids[ix], targets[ix])
        taken[0] += 1
        for name, weight in weights.items():    # AdamW
            g, m, v = found[name], means[name], squares[name]
            m += (1 - BETAS[0]) * (g - m)
            v += (1 - BETAS[1]) * (g * g - v)
            weight *= 1 - GPT_RATE * DECAY
            m_hat, v_hat = m / (1 - BETAS[0] ** taken[0]), v / (1 - BETAS[1] ** taken[0])
            weight -= GPT_RATE * m_hat / (numpy.sqrt(v_hat) + EPS)
        return float(value)
    return measure(step)


STEPS_OF = {
    "MLP": {OURS: torch_mlp, THEIRS: torch_mlp, "tinygrad": tinygrad_mlp, "autograd": autograd_mlp},
    "GPT": {OURS: torch_gpt, THEIRS: torch_gpt, "tinygrad": tinygrad_gpt, "autograd": autograd_gpt}}
TASKS = {kind: lambda name, of=of: of[PEERS.get(name, name)](name) for kind, of in STEPS_OF.items()}
