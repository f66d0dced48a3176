"""Train with five seeds, and at several rates, what the chapters train once.

    python -m benchmarks seeds            all
    python -m benchmarks seeds memory     one of them

trees: eight letters in one flat layer or fused two by two (wavenet.md).  memory: recurrent cells that are
to name the first of 25 letters; those that fail were given more rates.  stretches: an RNN whose gradients
reach 1 or 16 letters back (both recurrent.md).  A row has the losses for one rate, seed by seed, in nats.
"""

import statistics

import torch
import torch.nn.functional as F

from scratch.makemore.data import batches
from scratch.makemore.evaluate import loss
from scratch.makemore.layers import BatchNorm1d, Embedding, FlattenConsecutive, Linear, Sequential, Tanh
from scratch.makemore.mlp import train as descend, two_rates
from scratch.makemore.optimizers import AdamW, clip_grad_norm
from scratch.makemore.recurrent import GRUCell, LSTMCell, Recurrent, RNNCell, stretches, train
from scratch.makemore.wavenet import tree

from .harness import significant
from .names import book
from .provenance import provenance
from .results import write

SEEDS = (1, 2, 3, 4, 5)


def main(options):
    torch.set_num_threads(1)
    words = book()
    for name in options.sections or SECTIONS:
        measure, what, contestants = SECTIONS[name]
        rows = []
        for model, (rates, *settings) in contestants.items():
            rows += [trained(measure, words, model, settings, rate) for rate in rates]
        write(options.out, sections={name: {
            "what": f"{what}, for the seeds {SEEDS[0]} to {SEEDS[-1]}", "rows": rows,
            "from": provenance(__file__, "torch", used="one core used")}})


def trained(measure, words, model, settings, rate):
    """The row of one model and rate."""
    found = [measure(words, seed, rate, *settings) for seed in SEEDS]
    row = {"model": model, "rate": rate, "parameters": found[0]["parameters"],
           "losses": [significant(each["loss"], 6) for each in found]}
    print(*row.values(), flush=True)
    return row


def size(model):
    return sum(p.numel() for p in model.parameters())


def remembered(words, seed, rate, cell, bias=0.0, steps=200, k=25):
    """Read k random letters and say which was the first: the mean loss of the last 20 steps."""
    g = torch.Generator().manual_seed(seed)
    net = Recurrent(9, cell, channels=8, hidden=32, generator=g)
    net.cell.bias_ih.data[32:64] += bias
    optimizer, losses = AdamW(net.parameters(), lr=rate, weight_decay=0.0), []
    for _ in range(steps):
        ids = torch.randint(1, 9, (64, k), generator=g)
        value = F.cross_entropy(net(ids), ids[:, 0])
        optimizer.zero_grad()
        value.backward()
        clip_grad_norm(net.parameters(), 1.0)
        optimizer.step()
        losses.append(value.item())
    return {"parameters": size(net), "loss": statistics.mean(losses[-20:])}


def stretched(words, seed, rate, T, batch, steps=400):
    """An RNN on the stream of all names, in stretches of T letters: the loss on dev."""
    g = torch.Generator().manual_seed(seed)
    net = Recurrent(27, RNNCell, channels=16, hidden=64, generator=g)
    stream = words.vocabulary.stream(words.train)
    for _ in train(net, stretches(stream, batch, T), [rate] * steps, limit=1.0):
        pass
    return {"parameters": size(net), "loss": loss(net, *words.examples("dev", 16))}


def flat(T, hidden, generator):
    return Sequential(Embedding(27, 10, generator), FlattenConsecutive(T),
                      Linear(10 * T, hidden, bias=False, generator=generator), BatchNorm1d(hidden),
                      Tanh(), Linear(hidden, 27, generator=generator))


def fused(words, seed, rate, kind, steps=2000):
    """The flat network or the tree, by minibatches at two rates: the loss on dev."""
    g = torch.Generator().manual_seed(seed)
    if kind == "flat":
        net = flat(8, 200, g)
        net.layers[-1].weight.data *= 0.1
    else:
        net = tree(27, 8, 10, 68, generator=g)
    for _ in descend(net, batches(*words.examples("train", 8), 32, g), two_rates(steps, rate)):
        pass
    return {"parameters": size(net), "loss": loss(net.eval(), *words.examples("dev", 8))}


SECTIONS = {    # name: (what measures it, what it is, {model: (the rates, more)})
    "trees": (fused, "dev after 2,000 steps of 32 contexts, the rate a tenth in the second half", {
        "flat": ((0.05, 0.1, 0.2, 0.5, 1.0), "flat"), "tree": ((0.05, 0.1, 0.2, 0.5), "tree")}),
    "memory": (remembered, "the first of 25 letters, the last 20 of 200 steps", {
        "RNN": ((0.003, 0.01, 0.03), RNNCell), "LSTM": ((0.003, 0.01, 0.03), LSTMCell),
        "LSTM, f open": ((0.01,), LSTMCell, 3.0), "GRU": ((0.01,), GRUCell)}),
    "stretches": (stretched, "dev after 400 steps of 256 letters", {
        "T = 1": ((0.002, 0.005, 0.01), 1, 256), "T = 16": ((0.005, 0.01, 0.02), 16, 16)}),
}
