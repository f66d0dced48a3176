"""Speculative decoding's one rule: which guesses are kept, and what stands for the first that is not.

    B  texts    K  ids guessed ahead    V  symbols
    p  the large model's distributions    q  the small one's

The module has it, and its tests judge yours, by a chi-squared test among others.

Exercises: verify.
Chapter: docs/makemore/modern.md.  In place of: scratch.makemore.speculative.
"""

import torch


def verify(p, q, drafted, generator=None):
    """p (B, K + 1, V), q (B, K, V), drafted (B, K) -> ids (B, K + 1), kept (B).

    drafted[:, n] was drawn from q[:, n] and is kept with probability min(1, p / q) of
    it, if all before it were. Of each row of ids the first kept + 1 count: the guesses
    that were kept, and then a draw: from max(0, p - q) at the first that was not, or
    from p[:, K] if all were. torch.rand and torch.multinomial take the generator.

    Can a small model write for a large one? Speculative decoding

    >>> q = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]])            # guesses 0, 1
    >>> p = torch.tensor([[[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]]])
    >>> ids, kept = verify(p, q, torch.tensor([[0, 1]]))                  # 1 is refused
    >>> kept.tolist(), ids[0, :2].tolist()
    ([1], [0, 2])
    >>> ids, kept = verify(p[:, [0, 0, 1]], q[:, [0, 0]], torch.tensor([[0, 0]]))
    >>> kept.tolist(), ids.tolist()
    ([2], [[0, 0, 2]])
    """
    raise NotImplementedError("verify is yours to write")
