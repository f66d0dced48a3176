"""Three parts of the block of today: RMSNorm, the gated MLP, grouped-query attention.

    B  examples    T  positions    S  positions so far    C  channels    F  hidden units
    H  heads       G  heads of keys and values    R  queries for each, H / G
    D  channels of a head

The module has them all, and its tests judge yours.

Exercises: RMSNorm.forward, MLP.forward, Attention.forward.
Chapter: docs/makemore/modern.md.  In place of: scratch.makemore.modern.
"""

import torch
import torch.nn.functional as F

from scratch.makemore import modern
from scratch.makemore.attention import attention
from scratch.makemore.modern import Config


class RMSNorm(modern.RMSNorm):
    """The book's, but for the method that you write. It has self.weight (C), self.eps."""

    def forward(self, x):
        """x (..., C) -> x / √(mean of x² + eps) * weight, over the last dimension.

        Which half of a layer norm is needed? RMSNorm

        >>> norm = RMSNorm(2, eps=0.0)
        >>> norm(torch.tensor([[1.0, 7.0], [7.0, -1.0]])).flatten().tolist()    # by 5
        [0.20000000298023224, 1.399999976158142, 1.399999976158142, -0.20000000298023224]
        >>> RMSNorm(2)(torch.zeros(2)).tolist()
        [0.0, 0.0]
        """
        raise NotImplementedError("RMSNorm.forward is yours to write")


class MLP(modern.MLP):
    """The book's, but for the method that you write.

    self.hidden and self.out are its linear layers; self.gate is the third one, or None.
    """

    def forward(self, x):
        """x (..., C) -> (..., C).

        Without a gate, out(gelu(hidden(x))), GELU approximated by tanh; with one,
        out(silu(gate(x)) * hidden(x)). Both functions are in torch.nn.functional.

        Can a hidden unit be shut? SwiGLU

        >>> mlp = MLP(Config(1, 1, heads=1, channels=1, hidden=1, mlp="swiglu"))
        >>> for p, value in zip(mlp.parameters(), (100.0, 0.0, 3.0, 1.0, 10.0, 0.5)):
        ...     _ = p.data.fill_(value)
        >>> mlp(torch.tensor([1.0])).item()             # 10 * 100 * (3 + 1) + 0.5
        4000.5
        >>> mlp(torch.tensor([-1.0])).item()            # the gate is shut
        0.5
        """
        raise NotImplementedError("MLP.forward is yours to write")


class Attention(modern.Attention):
    """The book's, but for the method that you write.

    self.qkv makes queries, keys and values, self.sizes channels of each; self.out is the
    last layer; self.q_norm and self.k_norm work on (..., D). self.split(x) makes
    (B, H, T, D) of (B, T, H * D).
    """

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        """x (B, T, C) -> (B, T, C).

        In this order: queries and keys are normalised, then turned by rotate, if there
        is one; cache.extend(k, v) has those of all positions so far. Only the last S
        columns of the mask are used, S being how many keys there are. Query head n uses
        keys and values n // R. The weights (B, H, T, S) are appended to the list maps.

        Who needs so many keys? Grouped-query attention

        >>> config = Config(1, 1, heads=2, kv_heads=1, channels=2)
        >>> layer, maps = Attention(config), []
        >>> layer.qkv.weight.data = torch.tensor([[8.0, 0], [0, 8], [8, 0], [0, 1]])
        >>> layer.out.weight.data = torch.eye(2)
        >>> for bias in (layer.qkv.bias, layer.out.bias):
        ...     _ = bias.data.zero_()
        >>> x = torch.tensor([[[1.0, 0.0], [0.0, 1.0]]])
        >>> y = layer(x, maps=maps)
        >>> maps[0][0].round(decimals=3).tolist()       # queries of 0 look at both alike
        [[[1.0, 0.0], [0.5, 0.5]], [[0.5, 0.5], [1.0, 0.0]]]
        >>> y[0].round(decimals=3).tolist()
        [[0.0, 0.5], [0.5, 0.0]]
        """
        raise NotImplementedError("Attention.forward is yours to write")
