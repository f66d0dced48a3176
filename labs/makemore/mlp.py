"""The network's forward pass, one minibatch after another, and the lecture's three exercises.

    B  examples of a minibatch    T  positions of a context    V  symbols
    C  channels of an embedding   H  hidden units

The first two are in the module, and its tests judge them. The other three are yours
alone: the examples of their docstrings judge them.

Exercises: MLP.__call__, train, settings, calmed, mixture.
Chapter: docs/makemore/mlp.md.  In place of: scratch.makemore.mlp.
Not in a page: settings, which trains for 10,000 steps.
"""

import math
from itertools import repeat

import torch
import torch.nn.functional as F

from scratch.makemore import mlp
from scratch.makemore.bigram import Bigram, count_pairs
from scratch.makemore.data import Vocabulary, batches, book, dataset, read_words, split
from scratch.makemore.evaluate import loss


class MLP(mlp.MLP):
    """The book's MLP, but for the method that you write."""

    def __call__(self, contexts):
        """contexts (B, T) ids -> logits (B, V).

        self.embedding is (V, C), self.W1 (T * C, H), self.b1 (H), self.W2 (H, V) and
        self.b2 (V).

        How can letters be alike? Embeddings

        >>> model = MLP(5, block_size=2, channels=3, hidden=4)
        >>> with torch.no_grad():
        ...     model.embedding.zero_()[1] = 1.0       # the row of symbol 1
        ...     _ = model.W1.zero_()
        ...     _ = model.W1[:3, 0].fill_(100.0)       # unit 0 looks at the first symbol
        ...     _ = model.W1[3:, 1].fill_(100.0)       # unit 1 at the second
        ...     _ = model.b1.zero_(), model.b2.zero_(), model.W2.zero_()
        ...     model.W2[0, 2], model.W2[1, 3] = 7.0, 9.0
        >>> model(torch.tensor([[1, 0], [0, 1], [1, 1], [4, 4]]))[:, 2:4].tolist()
        [[7.0, 0.0], [0.0, 9.0], [7.0, 9.0], [0.0, 0.0]]

        How does the network answer? The multilayer perceptron

        >>> model = MLP(27, generator=torch.Generator().manual_seed(2147483647))
        >>> model(torch.zeros(32, 3, dtype=torch.int64)).shape
        torch.Size([32, 27])
        """
        raise NotImplementedError("MLP.__call__ is yours to write")


def train(model, batches, rates):
    """Pairs (contexts, targets), a learning rate for each -> the loss of each step.

    A generator: for each rate, take the next minibatch, F.cross_entropy of its logits,
    move every tensor of model.parameters() by -rate times its gradient, and yield the
    loss as it was before, a float. No minibatch is taken for which there is no rate.

    Why only a few examples at a time? Stochastic gradient descent

    >>> class Scale:                                   # one parameter, logits (0, w)
    ...     w = torch.zeros(1, requires_grad=True)
    ...     def parameters(self):
    ...         return [self.w]
    ...     def __call__(self, contexts):
    ...         return torch.stack([0 * self.w, self.w], 1).expand(len(contexts), 2)
    >>> model, contexts = Scale(), torch.zeros(4, 1, dtype=torch.int64)
    >>> source = repeat((contexts, torch.ones(4, dtype=torch.int64)))
    >>> steps = train(model, source, [2.0, 0.0])
    >>> round(next(steps), 6)                          # ln 2
    0.693147
    >>> round(model.w.item(), 6)                       # slope -1/2, rate 2
    1.0
    >>> round(next(steps), 6), round(model.w.item(), 6)
    (0.313262, 1.0)
    """
    raise NotImplementedError("train is yours to write")


def dev_loss(steps=10_000, rate=0.1, batch=32, hidden_scale=1.0, seed=1, **sizes):
    """Train the book's network on the book's names -> nats per character on dev."""
    words = read_words(book())
    vocabulary, parts = Vocabulary(words), split(words)
    block_size = sizes.get("block_size", 3)
    examples, dev = (dataset(part, vocabulary, block_size) for part in parts[:2])
    generator = torch.Generator().manual_seed(seed)
    model = mlp.MLP(len(vocabulary), generator=generator, **sizes)
    model.W1.data *= hidden_scale
    for _ in mlp.train(model, batches(*examples, batch, generator), mlp.two_rates(steps, rate)):
        pass
    return loss(model, *dev)


def settings():
    """-> {name: value}, arguments of dev_loss that beat the lecture's network.

    The lecture's has 2.46 nats on dev after 10,000 steps of 32 examples. With no more
    of either, get below 2.25. What may be set: rate, hidden_scale, output_scale,
    block_size, channels, hidden.

    How fast may it learn? The learning rate

    >>> yours = settings()
    >>> yours.get("steps", 10_000) <= 10_000 and yours.get("batch", 32) <= 32
    True
    >>> dev_loss(**yours) < 2.25
    True
    """
    raise NotImplementedError("settings is yours to write")


def calmed(model):
    """model -> the same model, changed so that its first loss is that of a guess, ln V.

    Change what has to be changed in place (with torch.no_grad()), and leave it able to
    learn: no parameter may have a gradient of 0 everywhere.

    How does the network answer? The multilayer perceptron

    >>> model = mlp.MLP(27, generator=torch.Generator().manual_seed(1))
    >>> contexts = torch.randint(27, (500, 3), generator=torch.Generator().manual_seed(2))
    >>> targets = contexts[:, 0]
    >>> loss(model, contexts, targets) > 10
    True
    >>> model = calmed(model)
    >>> abs(loss(model, contexts, targets) - math.log(27)) < 0.02
    True
    >>> value = F.cross_entropy(model(contexts), targets)
    >>> all(slope.any() for slope in torch.autograd.grad(value, model.parameters()))
    True
    """
    raise NotImplementedError("calmed is yours to write")


def mixture(one, other):
    """Two models -> a model: the logarithm of the mean of their probabilities.

    Return anything that has a block_size (the larger one's) and makes logits (B, V) of
    contexts (B, T); each of the two wants as many of the last symbols as its own
    block_size says.

    Learning the names, or learning to name? Overfitting

    >>> pairs = Bigram(torch.tensor([[0, 3], [1, 0]]), alpha=0)      # sure: 0, 1, 0, 1
    >>> even = Bigram(torch.zeros(2, 2), alpha=1)
    >>> mixture(pairs, even)(torch.tensor([[0], [1]])).exp().tolist()
    [[0.25, 0.75], [0.75, 0.25]]
    >>> wide = mlp.MLP(2, block_size=4, generator=torch.Generator().manual_seed(1))
    >>> both = mixture(pairs, wide)
    >>> both.block_size
    4
    >>> both(torch.tensor([[0, 0, 0, 1]])).exp().sum().item()
    1.0
    """
    raise NotImplementedError("mixture is yours to write")
