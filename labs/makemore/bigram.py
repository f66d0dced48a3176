"""The bigram model's four steps: count, divide, draw, and take the logarithm.

    V    symbols, the boundary among them          counts    (V, V), [i, j]: j after i

Exercises: count_pairs, smoothed, draw, Bigram.log_likelihood.
Chapter: docs/makemore/bigrams.md.  In place of: scratch.makemore.bigram.
"""

import torch

from scratch.makemore import bigram
from scratch.makemore.data import Vocabulary


def count_pairs(words, vocabulary):
    """[word] -> counts (V, V), int64: [i, j] is how often symbol j came after i.

    len(vocabulary) is V, and vocabulary.stream(words) is all words as one row of ids,
    with a 0 before, between and after them. A loop is right, too, but the book's tests
    count a million words, for which it takes torch.bincount.

    How do pairs become a table? A tensor of counts

    >>> vocabulary = Vocabulary(["ab"])
    >>> vocabulary.stream(["ab", "a"]).tolist()
    [0, 1, 2, 0, 1, 0]
    >>> count_pairs(["ab", "a"], vocabulary).tolist()      # .a twice, ab, a. and b.
    [[0, 2, 0], [1, 0, 1], [1, 0, 0]]
    >>> count_pairs(["bbb"], vocabulary)[2, 2].item()
    2
    >>> count_pairs(["a"], vocabulary).shape               # b has a row, too
    torch.Size([3, 3])
    """
    raise NotImplementedError("count_pairs is yours to write")


def smoothed(counts, alpha):
    """counts (V, V) -> rows of probabilities (V, V), float64: alpha is added to each.

    A row without counts is uniform, as it is for every alpha > 0. Raises ValueError if
    alpha is not a finite number of pairs, 0 or more ("a number of pairs, 0 or more").

    How does a row become a distribution? Broadcasting

    >>> counts = torch.tensor([[0, 4], [1, 1]])            # rows of unlike totals
    >>> smoothed(counts, 0).tolist()
    [[0.0, 1.0], [0.5, 0.5]]
    >>> smoothed(counts, 0).sum(1).tolist()
    [1.0, 1.0]

    What of the pairs that never came? Smoothing

    >>> smoothed(counts, 2).tolist()
    [[0.25, 0.75], [0.5, 0.5]]
    >>> smoothed(torch.tensor([[0, 0], [1, 0]]), 0).tolist()
    [[0.5, 0.5], [1.0, 0.0]]
    """
    raise NotImplementedError("smoothed is yours to write")


def draw(probabilities, generator):
    """(V, V) -> the ids of one word, drawn symbol by symbol until the boundary.

    Draw one number, torch.rand((), dtype=torch.float64, generator=generator), for each
    symbol, the last included, so that your words are the book's. Rows may have any sum.

    How is a word drawn? A dart at a stick

    >>> sure = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    >>> draw(sure, torch.Generator().manual_seed(1))       # 0, then 1, then 2, then 0
    [1, 2]
    >>> coin = torch.tensor([[0.0, 1.0], [0.5, 0.5]])
    >>> [len(draw(coin, torch.Generator().manual_seed(n))) for n in range(8)]
    [2, 1, 1, 1, 2, 1, 3, 1]
    >>> [len(draw(7 * coin, torch.Generator().manual_seed(n))) for n in range(3)]
    [2, 1, 1]
    """
    raise NotImplementedError("draw is yours to write")


class Bigram(bigram.Bigram):
    """The book's Bigram, but for the method that you write."""

    def log_likelihood(self, counts):
        """The log of the probability of all words with these pairs: nats, at most 0.

        self.probabilities (V, V) has the model's. -inf if one of the pairs was never
        counted and alpha is 0. Pairs that do not occur in counts add nothing, even if
        their probability is 0.

        How good is a model? Likelihood and loss

        >>> half = Bigram(torch.tensor([[1, 1], [1, 1]]), alpha=0)
        >>> half.log_likelihood(torch.tensor([[2, 0], [0, 1]]))      # 3 log 1/2
        -2.0794415416798357
        >>> half.log_likelihood(torch.zeros(2, 2))
        0.0
        >>> sure = Bigram(torch.tensor([[0, 1], [1, 0]]), alpha=0)
        >>> sure.log_likelihood(torch.tensor([[0, 5], [5, 0]]))
        0.0
        >>> sure.log_likelihood(torch.tensor([[1, 5], [5, 0]]))
        -inf
        """
        raise NotImplementedError("Bigram.log_likelihood is yours to write")
