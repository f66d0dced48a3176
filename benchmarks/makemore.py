"""Measure the makemore models beside the leanest PyTorch.

    python -m benchmarks makemore    about a minute; --rounds 3 for a quick look

Each pair does the same mathematics from the same start, which is checked first.  One thread.

What "leanest" means: for the network, autograd with every saving known to us that keeps it readable
as PyTorch (one call per layer, no .grad to be kept and cleared, no optimizer object); its gradient by
hand, which is another program, is measured beside it and has no budget.  For the neural bigram, whose
own step has its gradient by hand, the peer has, too.
"""

import math
import random
import sys
from functools import partial

import torch
import torch.nn.functional as F

from scratch.makemore import bigram, mlp
from scratch.makemore.data import Vocabulary, batches, dataset
from scratch.makemore.sample import sample

from .harness import budget, median, ratio, seconds, turns
from .names import book
from .provenance import provenance
from .results import write

SEED = 2147483647
BATCH, RATE = 32, 0.1
STEPS = 400           # of the network in a round
FULL = 1000           # full-batch steps of the neural bigram in a round
LINES = 1_000_000
NAMES = 5000          # sampled at once; one at a time, a twentieth of it


def main(options):
    torch.set_num_threads(1)
    words = book()
    vocabulary, train = words.vocabulary, words.train

    network = network_steps(train, vocabulary)
    check(network)
    steps = measured(network, options.rounds)
    table = bigram_steps(train, vocabulary)
    check(table)
    full = measured(table, options.rounds)
    drawing = measured(samplers(vocabulary, train), options.rounds)
    counting = [count_a_million(words.words) for _ in range(max(3, options.rounds // 3))]

    budgets = [
        budget("MLP, minibatch step: time, of the leanest autograd's",
               ratio(steps["ours"], steps["leanest"]), 1.1, "times"),
        budget("neural bigram, full-batch step: time, of the leanest's",
               ratio(full["ours"], full["leanest"]), 1.1, "times"),
        budget("counting the pairs of a million lines, median", median(counting), 1.2, "s"),
        budget("sampling 5,000 names at once, against one at a time",
               ratio(drawing["one at a time"], drawing["at once"]), 20, "times as fast", "higher"),
    ]
    write(options.out, origin=provenance(__file__, "torch", used="one thread", rounds=options.rounds),
          budgets=budgets, rows=[], sections={
              "MLP, minibatch step": {"rows": microseconds(steps)},
              "neural bigram, full-batch step": {"rows": microseconds(full)},
              "sampling": {"rows": [{"way": name, "names per second": median(1 / each for each in took)}
                                    for name, took in drawing.items()]}})
    return budgets


# The network's step, written three times

def network_steps(train, vocabulary):
    """{name: a function that takes so many steps and returns their losses}."""
    contexts, targets = dataset(train, vocabulary, 3)
    V = len(vocabulary)

    def start():
        generator = torch.Generator().manual_seed(SEED)
        model = mlp.MLP(V, generator=generator, output_scale=0.01)
        return model, generator

    def ours():
        model, generator = start()

        def run(steps):
            return list(mlp.train(model, batches(contexts, targets, BATCH, generator), [RATE] * steps))
        return run

    def leanest():
        model, generator = start()
        parameters = embedding, W1, b1, W2, b2 = model.parameters()
        N, T = contexts.shape
        width = T * embedding.shape[1]

        def run(steps):
            losses = []
            for _ in range(steps):
                rows = torch.randint(N, (BATCH,), generator=generator)
                x = embedding[contexts[rows]].view(BATCH, width)
                hidden = torch.addmm(b1, x, W1).tanh_()
                loss = F.cross_entropy(torch.addmm(b2, hidden, W2), targets[rows])
                slopes = torch.autograd.grad(loss, parameters)
                with torch.no_grad():
                    torch._foreach_add_(parameters, slopes, alpha=-RATE)
                losses.append(loss.item())
            return losses
        return run

    def lecture():
        model, generator = start()
        parameters = embedding, W1, b1, W2, b2 = model.parameters()

        def run(steps):
            losses = []
            for _ in range(steps):
                rows = torch.randint(0, contexts.shape[0], (BATCH,), generator=generator)
                x = embedding[contexts[rows]]
                hidden = torch.tanh(x.view(x.shape[0], -1) @ W1 + b1)
                loss = F.cross_entropy(hidden @ W2 + b2, targets[rows])
                for parameter in parameters:
                    parameter.grad = None
                loss.backward()
                for parameter in parameters:
                    parameter.data += -RATE * parameter.grad
                losses.append(loss.item())
            return losses
        return run

    def by_hand():
        model, generator = start()
        embedding, W1, b1, W2, b2 = (parameter.detach() for parameter in model.parameters())
        each, (N, T) = torch.arange(BATCH), contexts.shape
        C = embedding.shape[1]

        def run(steps):
            losses = []
            for _ in range(steps):
                rows = torch.randint(N, (BATCH,), generator=generator)
                ids, right = contexts[rows], targets[rows]
                x = embedding[ids].view(BATCH, T * C)
                hidden = torch.addmm(b1, x, W1).tanh_()
                logprobs = torch.addmm(b2, hidden, W2).log_softmax(1)
                losses.append(-logprobs[each, right].mean().item())
                d_logits = logprobs.exp_()
                d_logits[each, right] -= 1
                d_logits /= BATCH
                d_hidden = (d_logits @ W2.T).mul_(1 - hidden * hidden)
                d_x = d_hidden @ W1.T
                W2.addmm_(hidden.T, d_logits, alpha=-RATE)
                b2.sub_(d_logits.sum(0), alpha=RATE)
                W1.addmm_(x.T, d_hidden, alpha=-RATE)
                b1.sub_(d_hidden.sum(0), alpha=RATE)
                embedding.index_add_(0, ids.view(-1), d_x.view(-1, C), alpha=-RATE)
            return losses
        return run

    return {"ours": (ours, STEPS), "leanest": (leanest, STEPS), "as in the lecture": (lecture, STEPS),
            "gradient by hand": (by_hand, STEPS)}


# The neural bigram's

def bigram_steps(train, vocabulary):
    """Gradient descent on the table of logits, all examples at each step."""
    counts, V = bigram.count_pairs(train, vocabulary), len(vocabulary)
    rate = 50.0

    def ours():
        model = bigram.NeuralBigram(V, torch.Generator().manual_seed(SEED))
        return lambda steps: bigram.fit(model, counts, steps, rate)

    def leanest():
        W = torch.randn(V, V, generator=torch.Generator().manual_seed(SEED))
        share = (counts / counts.sum()).float()
        row = share.sum(1, keepdim=True)
        flat, scaled, pulled = share.view(-1), rate * share, -rate * row

        def run(steps):
            losses = []
            for _ in range(steps):
                logprobs = W.log_softmax(1)
                losses.append(flat.dot(logprobs.view(-1)))
                W.addcmul_(logprobs.exp_(), pulled).add_(scaled)
            return [-loss.item() for loss in losses]
        return run

    def autograd():
        W = torch.randn(V, V, generator=torch.Generator().manual_seed(SEED)).requires_grad_()
        contexts, targets = dataset(train, vocabulary, 1)
        contexts = contexts[:, 0]

        def run(steps):
            losses = []
            for _ in range(steps):
                loss = F.cross_entropy(W[contexts], targets)
                [slope] = torch.autograd.grad(loss, [W])
                with torch.no_grad():
                    W.add_(slope, alpha=-rate)
                losses.append(loss.item())
            return losses
        return run

    return {"ours": (ours, FULL), "leanest": (leanest, FULL), "autograd, an example a row": (autograd, 5)}


# Sampling and counting

def samplers(vocabulary, train):
    model = mlp.MLP(len(vocabulary), generator=torch.Generator().manual_seed(SEED), output_scale=0.01)
    contexts, targets = dataset(train, vocabulary, 3)
    drawn = batches(contexts, targets, 32, torch.Generator().manual_seed(1))
    for _ in mlp.train(model, drawn, mlp.two_rates(5000)):
        pass

    def one_at_a_time(count):
        return [sample(model, vocabulary, 1, seed=n)[0] for n in range(count)]

    def at_once(count):
        return sample(model, vocabulary, count, seed=1)

    return {"at once": (lambda: at_once, NAMES), "one at a time": (lambda: one_at_a_time, NAMES // 20)}


def count_a_million(words):
    """Seconds to count the pairs of a million lines, the vocabulary included."""
    lines = random.Random(1).choices(words, k=LINES)
    found = []
    took = seconds(lambda: found.append(bigram.count_pairs(lines, Vocabulary(lines))))
    assert found[0].sum().item() == sum(map(len, lines)) + LINES
    return took


# Measuring

def check(contestants):
    """All take the same steps, or their times mean nothing."""
    found = {name: begin()(20) for name, (begin, _) in contestants.items()}
    for name, losses in found.items():
        for ours, theirs in zip(losses, found["ours"]):
            if not math.isclose(ours, theirs, rel_tol=1e-4):
                sys.exit(f"{name} has a loss of {ours} where ours has {theirs}")


def measured(contestants, rounds):
    """{name: seconds per unit of work, for each round}."""
    runs = {name: (begin(), count) for name, (begin, count) in contestants.items()}
    for run, count in runs.values():
        run(max(1, count // 10))    # warm up
    timers = {name: partial(seconds, partial(run, count), count) for name, (run, count) in runs.items()}
    return turns(timers, rounds)


def microseconds(times):
    return [{"way": name, "µs": median(1e6 * each for each in took), "of ours": ratio(took, times["ours"])}
            for name, took in times.items()]
