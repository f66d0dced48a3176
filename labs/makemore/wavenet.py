"""A layer that looks at places d apart, and a tree turned into a stack of them.

    B  examples   L  ids of a text   C  channels   F  features   V  symbols
    n  neighbours that are fused     d  dilation   T  positions of the tree's context

Exercises: Dilated.__call__, convolve.
Chapter: docs/makemore/wavenet.md.  In place of: scratch.makemore.wavenet.
"""

import torch

from scratch.makemore import wavenet
from scratch.makemore.layers import FlattenConsecutive, Linear, Sequential
from scratch.makemore.wavenet import tree


class Dilated(wavenet.Dilated):
    """The book's Dilated, but for the method that you write."""

    def __call__(self, x):
        """x (B, L, C) -> y (B, L - (n-1)d, F): self.linear of n places, self.d apart.

        self.linear wants the n places side by side, (..., n * C), the leftmost first.
        Raises ValueError ("... positions, and 2 of them 4 apart take 5") if L is less
        than (n-1)d + 1.

        What is a dilated causal convolution?

        >>> add = Linear(2, 1, bias=False)              # two places of one channel
        >>> with torch.no_grad():
        ...     _ = add.weight.copy_(torch.tensor([[10.0, 1.0]]))
        >>> x = torch.tensor([[[1.0], [2.0], [3.0], [4.0]]])
        >>> Dilated(add, 2, 1)(x).flatten().tolist()
        [12.0, 23.0, 34.0]
        >>> Dilated(add, 2, 3)(x).flatten().tolist()
        [14.0]
        """
        raise NotImplementedError("Dilated.__call__ is yours to write")


def convolve(model):
    """A tree -> a Sequential of its layers, ids (B, L) -> logits (B, L - T + 1, V).

    Leave out each FlattenConsecutive, and put a Dilated around the layer that follows it;
    the dilation is 1 at first, and grows by the factor n with each round. Everything
    else goes in as it is.

    How often is the same pair fused?

    >>> model = tree(27, block_size=8).eval()
    >>> [layer.d for layer in convolve(model).layers if hasattr(layer, "d")]
    [1, 2, 4]
    >>> convolve(model)(torch.zeros(5, 11, dtype=torch.int64)).shape
    torch.Size([5, 4, 27])
    """
    raise NotImplementedError("convolve is yours to write")
