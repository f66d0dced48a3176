"""The block, and the lecture's fourth exercise: a feature from a paper, rotary positions.

    B  examples    H  heads    T  positions    C  channels    D  channels of a head

The module has both, and its tests judge them. With yours in place, train the model
that they make, as the chapter's fourth exercise does.

Exercises: Block.forward, Rotary.__call__.
Chapter: docs/makemore/gpt.md.  In place of: scratch.makemore.transformer.
"""

import torch

from scratch.makemore import transformer
from scratch.makemore.transformer import Config


class Block(transformer.Block):
    """The book's, but for the method that you write.

    self.attention, self.mlp, self.norm1, self.norm2 and self.dropout are its parts; if
    self.pre, each part reads the stream normalised, and else the sum is normalised.
    """

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        """x (B, T, C) -> x (B, T, C).

        All but x is for the attention: self.attention(..., mask, rotate=rotate,
        cache=cache, maps=maps). What a part makes goes through self.dropout before it
        is added.

        What is in a block? Attention, then an MLP

        >>> block = Block(Config(5, 5, layers=1, heads=1, channels=2))
        >>> asked = []
        >>> def attention(x, mask=None, rotate=None, cache=None, maps=None):
        ...     asked.append((mask, rotate, cache, maps))
        ...     return 10 * x
        >>> block.attention, block.mlp = torch.nn.Module(), torch.nn.Module()
        >>> block.attention.forward, block.mlp.forward = attention, lambda x: 100 * x
        >>> block(torch.zeros(1, 1, 2), "mask", "rotate", maps="maps").tolist(), asked
        ([[[0.0, 0.0]]], [('mask', 'rotate', None, 'maps')])

        Why add, and not replace? Residual connections

        >>> stream = torch.tensor([[[3.0, 1.0]]])       # normalised, it is 1 and -1
        >>> [round(each) for each in block(stream).flatten().tolist()]
        [113, -109]
        >>> block.pre = False
        >>> [round(each) for each in block(stream).flatten().tolist()]
        [1, -1]
        """
        raise NotImplementedError("Block.forward is yours to write")


class Rotary(transformer.Rotary):
    """The book's, but for the method that you write.

    Rotary(positions, D, like) has made self.cos and self.sin, (T, D / 2) each: of the angle
    t * 10000^(-2i / D) by which pair i of channels turns at position t.
    """

    def __call__(self, x):
        """x (..., T, D) -> x turned, (..., T, D). Pair i are channels i and D / 2 + i.

        A turn by an angle makes (a cos - b sin, a sin + b cos) of a pair (a, b).

        How does it know where a letter stands? Positional encodings

        >>> x = torch.tensor([[1.0, 0.0], [1.0, 0.0]], dtype=torch.float64)
        >>> Rotary([0, 1], 2, x)(x)[0].tolist()         # at place 0: as it was
        [1.0, 0.0]
        >>> [round(each, 4) for each in Rotary([0, 1], 2, x)(x)[1].tolist()]    # by 1
        [0.5403, 0.8415]
        >>> q, k = torch.tensor([[[1.0, 2.0, 3.0, 4.0]], [[2.0, 0.0, 1.0, 5.0]]])
        >>> def product(t, s):
        ...     return round((Rotary([t], 4, q)(q) @ Rotary([s], 4, k)(k).T).item(), 3)
        >>> product(5, 3) == product(105, 103) != product(5, 4)
        True
        """
        raise NotImplementedError("Rotary.__call__ is yours to write")
