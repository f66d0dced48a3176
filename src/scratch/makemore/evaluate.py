"""How well a model predicts, and how new the words are that it makes.

    >>> class Uniform:
    ...     block_size = 1
    ...     def __call__(self, contexts):
    ...         return torch.zeros(len(contexts), 27)       # every logit the same
    >>> contexts, targets = torch.zeros(5, 1, dtype=torch.int64), torch.arange(5)
    >>> nats = loss(Uniform(), contexts, targets)
    >>> print(f"{nats:.4f} nats, {bits(nats):.4f} bits, one of {perplexity(nats):.0f}")
    3.2958 nats, 4.7549 bits, one of 27
    >>> print(table(report(Uniform(), {"dev": (contexts, targets)})))
    split    characters     nats     bits   perplexity
    dev               5   3.2958   4.7549        27.00
    >>> novelty(["emma", "ava", "zig"], train=["emma"], test=["ava"])
    Novelty(train=['emma'], test=['ava'], new=['zig'])

    B  examples    T  positions of a context    V  symbols    nats  natural logarithm

A model is anything with a block_size T that makes logits (B, V) of contexts (B, T).
Every number is a mean over the characters of a split, ends of words included, in nats:
minus the logarithm of the probability that the model gave to what came. It is summed in
float64, because a running sum of float32 numbers loses digits as it grows.

    >>> nats = losses(Uniform(), contexts, targets)         # of each example
    >>> standard_error(nats, targets) < 1e-12               # all are alike
    True

Left out: the luck of training. A standard error is that of the words; how much another
seed would change a network takes several seeds to see.

Chapter: docs/makemore/comparing.md.  To copy: this file alone (needs torch).
"""

import math
from typing import NamedTuple

import torch


@torch.no_grad()
def losses(model, contexts, targets, batch=8192):
    """contexts (N, T), targets (N) -> nats of each example (N), float64.

    Raises ValueError if there are no examples, a target has no logit, or the model's
    answer is nan.
    """
    if len(targets) == 0:
        raise ValueError("no examples, so there is no mean loss")
    found = []
    for context, target in zip(contexts.split(batch), targets.split(batch)):
        logits = model(context).double()                     # (B, V)
        if not 0 <= target.min() <= target.max() < logits.shape[1]:
            raise ValueError(f"targets are {target.min()} to {target.max()}, and the "
                             f"model has logits for 0..{logits.shape[1] - 1}")
        logprobs = logits.log_softmax(dim=1)                 # (B, V)
        hits = logprobs.gather(1, target[:, None])           # (B, 1)
        found.append(-hits[:, 0])
    nats = torch.cat(found)                                  # (N)
    if nats.isnan().any():
        raise ValueError("the model's logits are not all numbers: its training "
                         "diverged, or it has no probabilities for a context")
    return nats                                              # (N)


def loss(model, contexts, targets, batch=8192):
    """The mean of losses: nats per character, a float; inf if a p is 0."""
    return losses(model, contexts, targets, batch).sum().item() / len(targets)


def by_word(nats, targets):
    """nats (N), targets (N) -> the sum of each word's nats (W), and its length (W).

    A word ends where the target is 0, and its end counts as a character.
    """
    word = (targets == 0).cumsum(0) - (targets == 0).long()  # (N)  0, 0, 0, 1, 1, ...
    lengths = torch.bincount(word)                           # (W)
    sums = torch.zeros(len(lengths), dtype=nats.dtype)       # (W)
    return sums.index_add_(0, word, nats), lengths


def standard_error(nats, targets):
    """How far the mean of nats (N) would typically move if other words had been drawn.

    The words are what was drawn at random, so each is one observation, whose letters
    stand or fall together. For the difference of two models on the same words, give it
    the difference of their losses.
    """
    sums, lengths = by_word(nats, targets)
    off = sums - nats.mean() * lengths                       # (W)  above the mean loss
    return off.square().sum().sqrt().item() / len(nats)


def bits(nats):
    """The same in bits: how many yes-or-no questions a character is worth."""
    return nats / math.log(2)


def perplexity(nats):
    """e^nats: among how many equally likely symbols a choice is as uncertain."""
    try:
        return math.exp(nats)
    except OverflowError:
        return math.inf


class Score(NamedTuple):
    """A number of characters, and the mean loss over them."""

    characters: int
    nats: float

    @property
    def bits(self):
        return bits(self.nats)

    @property
    def perplexity(self):
        return perplexity(self.nats)


def report(model, splits):
    """{name: (contexts, targets)} -> {name: Score}."""
    return {name: Score(len(targets), loss(model, contexts, targets))
            for name, (contexts, targets) in splits.items()}


def table(scores):
    """The scores of report() as text, a line per split."""
    lines = ["split    characters     nats     bits   perplexity"]
    for name, score in scores.items():
        lines.append(f"{name:8} {score.characters:>10} {score.nats:>8.4f} "
                     f"{score.bits:>8.4f} {score.perplexity:>12.2f}")
    return "\n".join(lines)


class Novelty(NamedTuple):
    """Words by where they were before: in train; in test and not in train; nowhere."""

    train: list
    test: list
    new: list


def novelty(words, train, test):
    """[word], and the words of two splits -> Novelty, each word in one of its lists."""
    train, test = set(train), set(test) - set(train)
    known = train | test
    return Novelty([word for word in words if word in train],
                   [word for word in words if word in test],
                   [word for word in words if word not in known])
