"""LoRA: what the layer computes, and the one matrix that it becomes.

    N  inputs    M  outputs    R  rank, of B A

The module has both, and its tests judge yours.

Exercises: LoRA.forward, LoRA.merged.
Chapter: docs/makemore/tuning.md.  In place of: scratch.makemore.lora.
"""

import copy

import torch
from torch import nn

from scratch.makemore import lora


class LoRA(lora.LoRA):
    """The book's, but for the methods that you write.

    self.linear is the nn.Linear with W (M, N) and b, self.A (R, N) and self.B (M, R) are
    the two thin matrices, self.scale is alpha / R.
    """

    def forward(self, x):
        """x (..., N) -> W x + b + scale * B A x, (..., M); B A is never made.

        Must all weights move? LoRA

        >>> layer = LoRA(nn.Linear(2, 3), rank=1, alpha=10.0)
        >>> for p, value in zip(layer.parameters(), ([[1.0, 2.0]], [[1.0], [0.0], [-1.0]],
        ...                     [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]], [0.5, 0.5, 0.5])):
        ...     p.data = torch.tensor(value)
        >>> layer(torch.tensor([[3.0, 4.0], [0.0, 0.0]])).tolist()    # A x is 11
        [[113.5, 4.5, -109.5], [0.5, 0.5, 0.5]]
        """
        raise NotImplementedError("LoRA.forward is yours to write")

    @torch.no_grad()
    def merged(self):
        """-> one nn.Linear, with the same bias, that computes the same; self stays as it is.

        Must all weights move? LoRA

        >>> layer = LoRA(nn.Linear(2, 3, bias=False), rank=1, alpha=10.0)
        >>> for p, value in zip(layer.parameters(), ([[1.0, 2.0]], [[1.0], [0.0], [-1.0]],
        ...                     [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]])):
        ...     p.data = torch.tensor(value)
        >>> layer.merged().weight.tolist()
        [[11.0, 20.0], [0.0, 1.0], [-10.0, -20.0]]
        >>> layer.linear.weight.tolist()
        [[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]
        """
        raise NotImplementedError("LoRA.merged is yours to write")
