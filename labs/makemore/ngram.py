"""The n-gram model's two ideas: any context as a number, and trust in shorter ones.

    B    examples        T    symbols of context        V    symbols

Exercises: as_number, look_up, mixed.
Chapter: docs/makemore/ngrams.md.  In place of: scratch.makemore.ngram.
"""

import torch


def as_number(contexts, V):
    """(B, T) -> (B): the ids of a context, read as digits of a number in base V.

    A context of no symbols, T = 0, is the number 0.

    What does more context buy?

    >>> as_number(torch.tensor([[0, 0, 7], [0, 1, 0], [1, 2, 3]]), 10).tolist()
    [7, 10, 123]
    >>> as_number(torch.tensor([[0, 26], [1, 0]]), 27).tolist()    # neighbours
    [26, 27]
    >>> as_number(torch.zeros(2, 0, dtype=torch.int64), 27).tolist()
    [0, 0]
    """
    raise NotImplementedError("as_number is yours to write")


def look_up(tally, numbers):
    """How often each number is in a tally (ascending numbers, and their counts).

    0 for those that are not; numbers may have any shape, and so has the result.
    torch.searchsorted finds the places of all of them at once, of missing ones, too.

    What does more context buy?

    >>> tally = torch.tensor([3, 7, 8]), torch.tensor([20, 1, 5])
    >>> look_up(tally, torch.tensor([7, 3, 8])).tolist()
    [1, 20, 5]
    >>> look_up(tally, torch.tensor([[0, 3], [5, 99]])).tolist()
    [[0, 20], [0, 0]]
    """
    raise NotImplementedError("look_up is yours to write")


def mixed(evidence, strengths, guess):
    """The probability that counts of several lengths of context give together.

    evidence holds a pair (count, total) for each length, the longest last. The pseudo-
    counts of each are distributed by the estimate of those before it, first by guess.
    Where there are no counts, neither real nor pseudocounts, what came before stands.

    What can the shorter contexts say?

    >>> even = torch.tensor([0.5, 0.5])
    >>> once = torch.tensor([1, 0]), torch.tensor([1, 1])          # came, and did not
    >>> mixed([once], [1.0], even).tolist()
    [0.75, 0.25]
    >>> mixed([once, once], [1.0, 1.0], even).tolist()
    [0.875, 0.125]
    >>> never = torch.tensor([0, 0]), torch.tensor([0, 0])
    >>> mixed([once, never], [1.0, 1.0], even).tolist()            # as the shorter one
    [0.75, 0.25]
    >>> mixed([once, never], [1.0, 0.0], even).tolist()
    [0.75, 0.25]
    """
    raise NotImplementedError("mixed is yours to write")
