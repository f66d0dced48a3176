"""The n-gram model's two ideas: a context is a number, and shorter contexts can help.

    B    examples        T    symbols of context        V    symbols

Exercises: as_number, look_up, mixed.
Chapter: docs/makemore/ngrams.md.  In place of: scratch.makemore.ngram.
"""

import torch


def as_number(contexts, V):
    """(B, T) -> (B): the ids of a context, read as digits of a number in base V.

    A context of no symbols, T = 0, is the number 0.

    What does more context buy? Trigrams and n-grams

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

    It is 0 for those that are not in it. numbers may have any shape, and the result has
    the same. torch.searchsorted finds the places of all of them at once, including those
    of missing numbers.

    What does more context buy? Trigrams and n-grams

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
    counts of each length are distributed by the estimate of the shorter ones, those of
    the shortest by guess. Where there are neither counts nor pseudocounts, the estimate
    of the shorter ones stands.

    What can the shorter contexts say? Interpolation

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
