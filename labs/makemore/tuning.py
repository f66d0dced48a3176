"""Which positions of an instruction count in the loss: those of the answer.

    N  instructions    T  positions of a row, the block_size

The module has it, and its tests judge yours.

Exercises: rows.
Chapter: docs/makemore/tuning.md.  In place of: scratch.makemore.tuning.
"""

import torch

from scratch.makemore import data
from scratch.makemore.data import Vocabulary
from scratch.makemore.tuning import SIGNS


def rows(pairs, vocabulary, block_size, mask=True):
    """[(prompt, answer)] -> ids (N, T) and targets (N, T), as data.rows makes them.

    With the mask, the targets before the answer are -1. Its first symbol is a target,
    and so is the boundary that ends it. ValueError, with the prompt, for an answer that
    is empty; data.rows raises the others.

    What is learnt from an instruction? The answers' mask

    >>> vocabulary = Vocabulary([SIGNS])
    >>> ids, targets = rows([("count a:", "1"), ("spell ab:", "a b")], vocabulary, 14)
    >>> shown = lambda row: "".join("-" if id < 0 else vocabulary.decode([id]) for id in row)
    >>> for read, wanted in zip(ids, targets):
    ...     print(shown(read), shown(wanted))
    .count a:1.... --------1.----
    .spell ab:a b. ---------a b.-
    >>> ids, targets = rows([("count a:", "1")], vocabulary, 14, mask=False)
    >>> print(shown(targets[0]))
    count a:1.----
    """
    raise NotImplementedError("rows is yours to write")
