"""A text that goes on: cut it into windows, and find what was copied from it.

    N  windows    T  positions of a window    L  tokens of a text

Characters, draw, stream, losses and nats_per_byte are the book's.

Exercises: windows, matches, copied.
Chapter: docs/stack/writing.md.  In place of: scratch.makemore.texts.
"""

import torch


def windows(ids, T):
    """ids (L) -> contexts (N, T), targets (N, T): the ids, and those that follow.

    Every place begins a window that has T ids and one more behind it. Make views: Tensor.unfold
    walks a tensor in overlapping steps. Raise ValueError ("5 ids make no window of 5 with its
    targets") for a text that is too short.

    Where does a text begin? Windows over a stream

    >>> contexts, targets = windows(torch.tensor([7, 8, 9, 7, 8]), 3)
    >>> contexts.tolist()
    [[7, 8, 9], [8, 9, 7]]
    >>> targets.tolist()
    [[8, 9, 7], [9, 7, 8]]
    >>> contexts.stride()
    (1, 1)
    """
    raise NotImplementedError("windows is yours to write")


def matches(text, corpus):
    """For each place of a text: how long what begins there stands in the corpus.

    One place further on, a match is shorter by one at most: do not begin at 0 again.

    Does it write, or does it copy? Memorisation

    >>> matches("a new text", "the text, a text")
    [2, 1, 0, 1, 0, 5, 4, 3, 2, 1]
    >>> matches("abc", "")
    [0, 0, 0]
    >>> matches("aaaa", "baa")
    [2, 2, 2, 1]
    """
    raise NotImplementedError("matches is yours to write")


def copied(found, length):
    """The share of a text's places that are inside of a match of that length or more.

    found is what matches returns. A place inside of two matches counts once.

    Does it write, or does it copy? Memorisation

    >>> copied([2, 1, 0, 1, 0, 5, 4, 3, 2, 1], 3)
    0.5
    >>> copied([2, 1, 0, 1, 0, 5, 4, 3, 2, 1], 2)
    0.7
    >>> copied([2, 2, 1], 2)
    1.0
    """
    raise NotImplementedError("copied is yours to write")
