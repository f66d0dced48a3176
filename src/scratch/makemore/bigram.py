"""The bigram model: which character follows which, first counted, then learnt.

    >>> words = ["emma", "ava"]
    >>> vocabulary = Vocabulary(words)
    >>> counts = count_pairs(words, vocabulary)
    >>> m = vocabulary.ids["m"]
    >>> counts[m].tolist()               # how often . a e m v came after an m
    [0, 1, 0, 1, 0]
    >>> model = Bigram(counts, alpha=0.5)
    >>> (9 * model.probabilities[m]).tolist()      # out of 2 pairs + 5 pseudocounts / 2
    [1.0, 3.0, 1.0, 3.0, 1.0]
    >>> round(model.loss(counts), 4)     # nats per character; guessing costs ln 5
    0.9961
    >>> vocabulary.decode(draw(model.probabilities, torch.Generator().manual_seed(9)))
    'ava'

    B    examples        V    symbols
    W    (V, V)          a row of logits for each symbol that can come before

Left out: more context than one symbol, without which the model cannot know how long a
word already is; and thousands of symbols, for which a table of all pairs is too large.

Chapter: docs/makemore/bigrams.md.  To copy: this file, data.py and
layers.py (needs torch).
"""

import torch

from .data import Vocabulary
from .layers import Layer


def count_pairs(words, vocabulary):
    """[word] -> counts (V, V), int64: [i, j] is how often symbol j came after i.

    A pair is a number of two digits in base V, and bincount counts numbers.
    """
    V, stream = len(vocabulary), vocabulary.stream(words)
    pairs = stream[:-1] * V + stream[1:]
    return torch.bincount(pairs, minlength=V * V).view(V, V)    # (V, V)


class Bigram:
    """contexts (B, 1) -> log-probabilities (B, V) of what comes next, from counts."""

    block_size = 1

    def __init__(self, counts, alpha=1.0):
        self.probabilities = smoothed(counts, alpha)            # (V, V)
        self.logits = self.probabilities.log()                  # (V, V)

    def __call__(self, contexts):
        return self.logits[contexts[:, -1]]                     # (B, V)

    def log_likelihood(self, counts):
        """The log of the probability of all words with these pairs: nats, at most 0.

        -inf if one of the pairs was never counted and alpha is 0.
        """
        return torch.xlogy(counts, self.probabilities).sum().item()

    def loss(self, counts):
        """Average negative log-likelihood, nats per character."""
        return -self.log_likelihood(counts) / counts.sum().item()


def smoothed(counts, alpha):
    """counts (V, V) -> rows of probabilities (V, V), float64: alpha is added to each.

    A row without counts is uniform, as it is for every alpha > 0.
    """
    if not 0 <= alpha < float("inf"):
        raise ValueError(f"alpha={alpha}, but it is a number of pairs, 0 or more")
    counts = counts.double() + alpha                            # (V, V)
    totals = counts.sum(dim=1, keepdim=True)                    # (V, 1)
    return torch.where(totals > 0, counts / totals, 1 / len(counts))    # (V, V)


def draw(probabilities, generator):
    """(V, V) -> the ids of one word, drawn symbol by symbol until the boundary.

    Lay a row's probabilities end to end from 0 to 1, and take the symbol on which a
    uniform random number falls. This needs only torch.rand, whose numbers have stayed
    the same from version to version of PyTorch; those of torch.multinomial have not.
    """
    ends = probabilities.double().cumsum(dim=1)                 # (V, V)
    ends = ends / ends[:, -1:]                                  # (V, V)  1 at the last
    word, id = [], 0
    while True:
        u = torch.rand((), dtype=torch.float64, generator=generator)
        id = int(torch.searchsorted(ends[id], u, right=True))    # first end beyond u
        if id == 0:
            return word
        word.append(id)


class NeuralBigram(Layer):
    """contexts (B, 1) -> logits (B, V): one layer of weights, to be learnt."""

    block_size = 1

    def __init__(self, V, generator=None):
        self.W = torch.randn(V, V, generator=generator)         # (V, V)
        self.W.requires_grad_()

    def __call__(self, contexts):
        return self.W[contexts[:, -1]]                          # (B, V)

    @property
    def probabilities(self):
        return self.W.detach().softmax(dim=1)                   # (V, V)


def fit(model, counts, steps, rate, decay=0.0):
    """Gradient descent on loss + decay · mean W² -> [loss before each step].

    counts (V, V) stand for all examples: those with the same context have the same
    logits, so that a mean over N examples is a sum over V · V pairs. The loss is that
    of the examples alone, in nats per character.
    """
    W, N = model.W.detach(), counts.sum()                       # (V, V), ()
    share = counts.to(W.dtype) / N                              # (V, V)  of each pair
    weights = -share.view(-1)                                   # (V * V) in the loss
    pull = rate * share                                         # (V, V)  to what came
    push = -rate * share.sum(dim=1, keepdim=True)               # (V, 1)  from p
    shrink = 1 - 2 * rate * decay / W.numel()
    losses = []
    for _ in range(steps):
        log_p = W.log_softmax(dim=1)                            # (V, V)
        losses.append(weights.dot(log_p.view(-1)))
        if decay:
            W *= shrink                                         # (V, V)
        W.addcmul_(push, log_p.exp_()).add_(pull)               # (V, V)  W - rate d_W
    return [loss.item() for loss in losses]
