"""Race the optimizers on names: every rule at many rates, held constant or falling, with five seeds.

    python -m benchmarks optimizers

The network sees three letters and takes 2,000 steps.  For each rule, and for a rate that is constant or
falls along a cosine, rates of 1, 2 and 5 times powers of ten are tried upward and downward until the best
mean on dev has two worse ones on either side.  A seed draws the first weights and the minibatches, the
same ones for all rules.  A training whose loss is no number, or above that of guessing, has diverged: null.
"""

import math
import statistics

import torch
import torch.nn.functional as F

from scratch.makemore.evaluate import loss
from scratch.makemore.mlp import MLP
from scratch.makemore.optimizers import SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, RMSProp, cosine

from .harness import significant
from .names import book
from .provenance import provenance
from .results import write

STEPS, SEEDS, SIDE = 2000, (1, 2, 3, 4, 5), 2
FIRST = {SGD: 0.5, Momentum: 0.05, Nesterov: 0.05, AdaGrad: 0.1, RMSProp: 0.005, Adam: 0.01, AdamW: 0.01}


def main(options):
    torch.set_num_threads(1)
    words = book()
    examples, *held_out = (words.examples(part, 3) for part in ("train", "dev", "test"))
    rows = []
    for rule in FIRST:
        for falling in (False, True):
            rows += searched(rule, falling, examples, held_out)
    write(options.out, rows=rows, origin=provenance(__file__, "torch", used="one core used"),
          what=f"an MLP of three letters, {STEPS:,} steps of 32 contexts; "
               "nats per character after the last one, for each seed")


def searched(rule, falling, examples, held_out):
    """The rows of one rule and schedule, for rates on both sides of its best."""
    schedule, places, found = "cosine" if falling else "constant", [place(FIRST[rule])], {}
    while places:
        for n in places:
            scores = [race(rule, rate(n), falling, seed, examples, held_out) for seed in SEEDS]
            diverged = any(each is None for each in scores)
            found[n] = math.inf if diverged else statistics.mean(dev for dev, _ in scores), scores
            print(f"{rule.__name__:9} {schedule:8} {rate(n):7g} {found[n][0]:.4f}", flush=True)
        best = min(found, key=lambda n: found[n][0])
        places = [n for n in range(best - SIDE, best + SIDE + 1) if n not in found]
    return [{"rule": rule.__name__, "schedule": schedule, "rate": rate(n),
             **{part: [each and significant(each[k], 6) for each in found[n][1]]
                for k, part in enumerate(("dev", "test"))}}
            for n in sorted(found)]


def race(rule, lr, falling, seed, examples, held_out):
    """Train once -> the losses on dev and test, or None if it diverged."""
    contexts, targets = examples
    g = torch.Generator().manual_seed(seed)
    net = MLP(27, generator=g, output_scale=0.01)
    net.W1.data *= 0.3
    optimizer = rule(net.parameters(), lr)
    for step in range(STEPS):
        batch = torch.randint(len(targets), (32,), generator=g)
        optimizer.lr = lr * cosine(step, STEPS) if falling else lr
        optimizer.zero_grad()
        F.cross_entropy(net(contexts[batch]), targets[batch]).backward()
        optimizer.step()
    try:
        scores = [loss(net, *each) for each in held_out]
    except ValueError:    # its logits are not numbers
        return None
    return scores if max(scores) < math.log(27) else None


def rate(n):
    """The n-th of ..., 0.1, 0.2, 0.5, 1, 2, 5, ...; the 0-th is 1."""
    return significant((1, 2, 5)[n % 3] * 10.0 ** (n // 3))


def place(number):
    return next(n for n in range(-30, 30) if rate(n) == number)
