"""One vector for each word, out of the vectors of its positions.

    B  examples    T  positions    C  channels

ends(ids) (B), how many positions each word takes, both boundaries included, is the
book's.

Exercises: pooled.
Chapter: docs/makemore/pretraining.md.  In place of: scratch.makemore.bert.
"""

import torch

from scratch.makemore.bert import ends


def pooled(x, ids, where="first"):
    """x (B, T, C), ids (B, T) -> (B, C): one vector for each word.

    The state at the first boundary, at the last one, or the mean over the letters,
    neither boundary nor filling among them. Any other word is a ValueError:
    "where='middle'; known are 'first', 'mean' and 'last'".

    Where should a vector be read? First, mean, last

    >>> ids = torch.tensor([[0, 1, 2, 0, 0], [0, 3, 0, 0, 0]])      # "ab" and "c"
    >>> x = torch.arange(10.0).view(2, 5, 1)
    >>> pooled(x, ids)[:, 0].tolist()
    [0.0, 5.0]
    >>> pooled(x, ids, "last")[:, 0].tolist()                       # not the row's end
    [3.0, 7.0]
    >>> pooled(x, ids, "mean")[:, 0].tolist()                       # of letters only
    [1.5, 6.0]
    """
    raise NotImplementedError("pooled is yours to write")
