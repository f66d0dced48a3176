"""How sure a loss is: the losses of words, and the standard error of their mean.

    N    characters, ends of words included        W    words

Exercises: by_word, standard_error.
Chapter: docs/makemore/comparing.md.  In place of: scratch.makemore.evaluate.
"""

import torch


def by_word(nats, targets):
    """nats (N), targets (N) -> the sum of each word's nats (W), and its length (W).

    A word ends where the target is 0, and its end counts as a character. Loops are
    right, too. index_add_ adds up what belongs to one word, bincount counts.

    How sure is a loss? The standard error

    >>> nats = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]).double()
    >>> sums, lengths = by_word(nats, torch.tensor([5, 0, 0, 3, 3, 0]))
    >>> sums.tolist()                     # two characters, then one, then three
    [3.0, 4.0, 56.0]
    >>> lengths.tolist()
    [2, 1, 3]
    """
    raise NotImplementedError("by_word is yours to write")


def standard_error(nats, targets):
    """How far the mean of nats (N) would typically move if other words had been drawn.

    The words are what was drawn at random: add up the squares of what each word has
    above the mean of all characters, not those of single characters.

    How sure is a loss? The standard error

    >>> nats = torch.tensor([1.0, 3.0]).double()
    >>> round(standard_error(nats, torch.tensor([0, 0])), 6)         # two words
    0.707107
    >>> standard_error(nats, torch.tensor([1, 0]))                   # a single word
    0.0
    >>> long = torch.tensor([1.0, 1.0, 1.0, 3.0, 3.0, 3.0]).double()
    >>> round(standard_error(long, torch.tensor([4, 4, 0, 4, 4, 0])), 6)
    0.707107

    Is the difference real? Paired comparison

    >>> one = torch.tensor([1.0, 3.0, 2.0]).double()
    >>> standard_error((one + 0.5) - one, torch.tensor([0, 0, 0]))   # always as far apart
    0.0
    """
    raise NotImplementedError("standard_error is yours to write")
