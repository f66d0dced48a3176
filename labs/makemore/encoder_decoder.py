"""Cross-attention, a decoder's block, and the prefix mask.

    B  examples    S  positions that are read    T  positions that are written
    C  channels    H  heads                      D  channels of a head, C / H

The layers are made for you, and attention(q, k, v, mask) is the book's: it returns the
answers and the weights.

Exercises: CrossAttention.forward, DecoderBlock.forward, prefix.
Chapter: docs/makemore/families.md.  In place of: scratch.makemore.encoder_decoder.
"""

import torch

from scratch.makemore import encoder_decoder
from scratch.makemore.attention import attention, causal
from scratch.makemore.transformer import Config


class CrossAttention(encoder_decoder.CrossAttention):
    """The book's, but for the method that you write."""

    def forward(self, x, memory, mask=None, maps=None):
        """x (B, T, C), memory (B, S, C) -> (B, T, C): x asks, and memory answers.

        self.q makes queries, self.kv keys and then values; self.split divides the
        channels among heads; self.out is applied to the heads' answers, side by side.
        maps, if it is a list, gets the weights (B, H, T, S), detached.

        How can one network read and another write? Cross-attention

        >>> layer, maps = CrossAttention(4, heads=2), []
        >>> x, memory = torch.randn(1, 3, 4), torch.randn(1, 5, 4)
        >>> layer(x, memory, maps=maps).shape           # as many rows as ask
        torch.Size([1, 3, 4])
        >>> maps[0].shape                               # 3 ask, 5 are asked
        torch.Size([1, 2, 3, 5])
        >>> torch.allclose(layer(x, memory), layer(x, memory.flip(1)), atol=1e-6)
        True
        >>> torch.allclose(layer(x, memory), layer(x.flip(1), memory).flip(1), atol=1e-6)
        True
        """
        raise NotImplementedError("CrossAttention.forward is yours to write")


class DecoderBlock(encoder_decoder.DecoderBlock):
    """The book's, but for the method that you write."""

    def forward(self, x, memory, mask=None, seen=None, maps=None):
        """x (B, T, C), memory (B, S, C) -> (B, T, C).

        Three additions to the stream: self.attention of self.norm1 under mask,
        self.cross of self.norm3 under seen (it gets maps), self.mlp of self.norm2.

        How can one network read and another write? Cross-attention

        >>> block = DecoderBlock(Config(5, 8, layers=1, heads=2, channels=4))
        >>> x, memory = torch.randn(1, 3, 4), torch.randn(1, 5, 4)
        >>> y = block(x, memory, causal(3))
        >>> other = x.clone()
        >>> other[0, 2] += 1                            # the future of positions 0 and 1
        >>> (block(other, memory, causal(3)) - y).abs().amax(-1)[0] > 1e-6
        tensor([False, False,  True])
        >>> other = memory.clone()
        >>> other[0, 4] += 1                            # the end of what was read
        >>> (block(x, other, causal(3)) - y).abs().amax(-1)[0] > 1e-6
        tensor([True, True, True])
        """
        raise NotImplementedError("DecoderBlock.forward is yours to write")


def prefix(S, T):
    """mask (S + T, S + T), True where a row may look: S see each other, T follow.

    What may each position see? Four masks

    >>> prefix(2, 3).int()
    tensor([[1, 1, 0, 0, 0],
            [1, 1, 0, 0, 0],
            [1, 1, 1, 0, 0],
            [1, 1, 1, 1, 0],
            [1, 1, 1, 1, 1]], dtype=torch.int32)
    >>> torch.equal(prefix(0, 4), causal(4))
    True
    """
    raise NotImplementedError("prefix is yours to write")
