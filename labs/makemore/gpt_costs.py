"""The key-value cache, its size, and the operations of a forward pass.

    B  examples    T  positions    V  symbols    S  positions so far
    C  channels    H  heads        D  channels of a head, C / H    L  layers

The module has the first, and its tests judge it. The other two are the chapter's, and
are judged by the examples in their docstrings.

Exercises: Memory.extend, cache_bytes, forward_flops.
Chapter: docs/makemore/gpt-costs.md.  In place of: scratch.makemore.gpt.
"""

import torch

from scratch.makemore import gpt
from scratch.makemore.transformer import Config


class Memory(gpt.Memory):
    """One layer's keys and values, (B, H, S, D) each; None before the first extend."""

    def extend(self, k, v):
        """The newest (B, H, T, D) -> all (B, H, S, D), which are also kept.

        self.keys and self.values are what was kept.

        What does the next letter cost? The key-value cache

        >>> memory = Memory()
        >>> k, v = memory.extend(torch.ones(1, 1, 2, 3), torch.zeros(1, 1, 2, 3))
        >>> k.shape, memory.keys.shape
        (torch.Size([1, 1, 2, 3]), torch.Size([1, 1, 2, 3]))
        >>> k, v = memory.extend(torch.full((1, 1, 1, 3), 2.0), torch.ones(1, 1, 1, 3))
        >>> k[0, 0, :, 0].tolist(), v[0, 0, :, 0].tolist()
        ([1.0, 1.0, 2.0], [0.0, 0.0, 1.0])
        """
        raise NotImplementedError("Memory.extend is yours to write")


def cache_bytes(config, positions, size=4):
    """How many bytes the keys and values of so many positions take, in all layers.

    config has layers and channels; each number takes size bytes.

    What does the next letter cost? The key-value cache

    >>> cache_bytes(Config(5, 5, layers=1, heads=1, channels=2), 1)    # 2 keys, 2 values
    16
    >>> config = Config(5, 9, layers=3, heads=2, channels=8)
    >>> cache_bytes(config, 7, size=2)
    672
    >>> cache = gpt.Cache(3)
    >>> _ = gpt.GPT(config).logits(torch.zeros(1, 7, dtype=torch.int64), cache)
    >>> cache_bytes(config, 7) == sum(m.keys.nbytes + m.values.nbytes for m in cache.layers)
    True
    """
    raise NotImplementedError("cache_bytes is yours to write")


def forward_flops(config, T):
    """Multiplications and additions of matrix products in a forward pass of T positions.

    config has symbols (V), layers (L) and channels (C). A product of (n, m) and (m, k)
    takes 2 n m k. The matrices are those of the blocks and the head; scores and mixing
    are products as well, of T positions with T.

    What does a training step cost? FLOPs

    >>> forward_flops(Config(5, 5, layers=0, heads=1, channels=8), 3)    # the head alone
    240
    >>> forward_flops(Config(5, 5, layers=2, heads=1, channels=8), 3)
    10032
    >>> forward_flops(Config(5, 5, layers=2, heads=4, channels=8), 3)    # heads: no matter
    10032
    """
    raise NotImplementedError("forward_flops is yours to write")
