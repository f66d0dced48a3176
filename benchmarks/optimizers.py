"""Race the optimizers on names: each rule at many rates, held constant or falling, with five seeds.

    python -m benchmarks optimizers

The network sees three letters and takes 2,000 steps.  For each rule, and for a rate that is constant or
falls along a cosine, rates are tried until the best mean on dev has two worse ones on either side.  A
seed draws the first weights and the minibatches, the same ones for all rules.  A training whose losses
are no numbers, or above that of guessing, has diverged: null.
"""

import math
import statistics
from functools import partial

import torch
import torch.nn.functional as F

from scratch.makemore.evaluate import loss
from scratch.makemore.mlp import MLP
from scratch.makemore.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp, cosine

from .harness import bracketed, significant
from .names import book
from .provenance import provenance
from .results import write

STEPS, SEEDS = 2000, (1, 2, 3, 4, 5)
FIRST = {SGD: 0.5, Momentum: 0.05, Nesterov: 0.05, AdaGrad: 0.1, RMSProp: 0.005, Adam: 0.01, AdamW: 0.01}


def main(options):
    torch.set_num_threads(1)
    words = book()
    examples, *held_out = (words.examples(part, 3) for part in ("train", "dev", "test"))
    rows = []
    for rule, first in FIRST.items():
        for schedule in ("constant", "cosine"):
            rows += bracketed(first, partial(raced, examples, held_out, rule, schedule), on_dev)
    write(options.out, rows=rows, origin=provenance(__file__, "torch", used="one core used"),
          what=f"an MLP of three letters, {STEPS:,} steps of 32 contexts; "
               f"nats per character after the last one, for the seeds {SEEDS[0]} to {SEEDS[-1]}")


def on_dev(row):
    """The mean over the seeds; infinity if one of them diverged."""
    return math.inf if None in row["dev"] else statistics.mean(row["dev"])


def raced(examples, held_out, rule, schedule, rate):
    """The row of one rule and rate: a loss for each seed, null where training diverged."""
    dev, test = zip(*race(rule, rate, schedule, examples, held_out))
    row = {"rule": rule.__name__, "schedule": schedule, "rate": rate, "dev": list(dev), "test": list(test)}
    print(*row.values(), flush=True)
    return row


def race(rule, lr, schedule, examples, held_out):
    """Train one network for each seed -> its losses on dev and test, None if it diverged.

    All seeds take a step together, since a small step's time goes into calling its operations: their
    parameters are stacked, and no rule mixes numbers.
    """
    contexts, targets = examples
    generators = [torch.Generator().manual_seed(seed) for seed in SEEDS]
    nets = [MLP(27, generator=g, output_scale=0.01) for g in generators]
    for net in nets:
        net.W1.data *= 0.3
    stacked = [torch.stack([p.detach() for p in each]).requires_grad_()
               for each in zip(*(net.parameters() for net in nets))]
    optimizer, which = rule(stacked, lr), torch.arange(len(SEEDS))[:, None, None]
    for step in range(STEPS):
        batch = torch.stack([torch.randint(len(targets), (32,), generator=g) for g in generators])    # (S, B)
        optimizer.lr = lr * cosine(step, STEPS) if schedule == "cosine" else lr
        optimizer.zero_grad()
        logits = forward(stacked, which, contexts[batch])                                         # (S, B, V)
        each = F.cross_entropy(logits.flatten(0, 1), targets[batch].flatten(), reduction="none")
        (each.sum() / batch.shape[1]).backward()
        optimizer.step()
    for net, *parts in zip(nets, *stacked):
        for p, part in zip(net.parameters(), parts):
            p.data.copy_(part)
    return [scores(net, held_out) for net in nets]


def forward(stacked, which, contexts):
    """MLP's logits for contexts (S, B, T), with parameters (S, ...)."""
    embedding, W1, b1, W2, b2 = stacked
    x = embedding[which, contexts].flatten(2)
    hidden = torch.baddbmm(b1[:, None], x, W1).tanh()
    return torch.baddbmm(b2[:, None], hidden, W2)


def scores(net, held_out):
    try:
        found = [significant(loss(net, *each), 6) for each in held_out]
    except ValueError:    # its logits are not numbers
        return None, None
    return found if max(found) < math.log(27) else (None, None)
