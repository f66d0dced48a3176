"""From logits to a symbol: change the distribution, then let a random number choose.

    B  words in the making    V  symbols    p  probabilities

The rest is the book's: check(temperature, top_k, top_p) refuses what is out of range,
keep(p, kept) sets p to 0 where kept is false and gives each row the sum 1 again, rank(p)
says for each symbol whether it is the likeliest (0), the next (1), and so on, and
likelier(p) says how much probability all likelier symbols have together.

Exercises: choose, distribution.
Chapter: docs/makemore/sampling.md.  In place of: scratch.makemore.sample.
"""

import torch

from scratch.makemore.sample import check, keep, likelier, rank


def choose(p, chance):
    """p (B, V), chance (B) in [0, 1), float64 -> ids (B): the piece that chance falls on.

    Never an id of probability 0, whatever the rounding: if the pieces do not quite
    reach 1, stretch them. torch.searchsorted finds places in sorted rows.

    How are a thousand words drawn at once? Batches and seeds

    >>> p = torch.tensor([[0.25, 0.5, 0.25]], dtype=torch.float64)
    >>> for chance in (0.0, 0.2, 0.25, 0.7, 0.8):
    ...     print(choose(p, torch.tensor([chance], dtype=torch.float64)).tolist())
    [0]
    [0]
    [1]
    [1]
    [2]
    >>> both = torch.tensor([[0.0, 1.0, 0.0], [0.5, 0.0, 0.5]], dtype=torch.float64)
    >>> choose(both, torch.tensor([0.0, 0.5], dtype=torch.float64)).tolist()
    [1, 2]
    >>> short = torch.tensor([[0.5, 0.4, 0.0]], dtype=torch.float64)      # sum 0.9
    >>> choose(short, torch.tensor([0.99], dtype=torch.float64)).tolist()
    [1]
    """
    raise NotImplementedError("choose is yours to write")


def distribution(logits, temperature=1.0, top_k=None, top_p=None):
    """logits (B, V) -> p (B, V), float64: tempered, cut to top_k, then to top_p.

    Check the settings first. Subtract each row's largest logit before you divide, so
    that no temperature is too small. Raise ValueError ("the model's logits are not all
    numbers") if there is a nan anywhere in p. top_p keeps a symbol if the likelier ones
    hold less than top_p, and always the likeliest; a top_p of 1 changes nothing.

    What does temperature do?

    >>> logits = torch.tensor([[0.6, 0.3, 0.1]]).log()
    >>> distribution(logits).round(decimals=4).tolist()
    [[0.6, 0.3, 0.1]]
    >>> distribution(logits, temperature=0.5).round(decimals=4).tolist()   # 36 : 9 : 1
    [[0.7826, 0.1957, 0.0217]]
    >>> distribution(logits, temperature=1e-300).tolist()
    [[1.0, 0.0, 0.0]]

    Why cut off the tail? Top-k

    >>> distribution(logits, top_k=2).round(decimals=4).tolist()           # 6 : 3
    [[0.6667, 0.3333, 0.0]]
    >>> distribution(torch.zeros(1, 4), top_k=3).round(decimals=4).tolist()
    [[0.3333, 0.3333, 0.3333, 0.0]]

    How many is k? Top-p, or nucleus sampling

    >>> distribution(logits, top_p=0.8).round(decimals=4).tolist()
    [[0.6667, 0.3333, 0.0]]
    >>> distribution(logits, top_p=0.5).tolist()
    [[1.0, 0.0, 0.0]]
    >>> distribution(logits, top_p=0.0).tolist()
    [[1.0, 0.0, 0.0]]
    """
    raise NotImplementedError("distribution is yours to write")
