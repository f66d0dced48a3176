"""A long context fused two by two: as a tree of layers, and as dilated convolutions.

    >>> g = torch.Generator().manual_seed(1)
    >>> model = tree(27, block_size=8, channels=24, hidden=128, generator=g)
    >>> sum(p.numel() for p in model.parameters())
    76579
    >>> contexts = torch.randint(27, (5, 8), generator=g)
    >>> model(contexts).shape                            # (B, T) ids -> (B, V)
    torch.Size([5, 27])
    >>> everywhere = convolve(model.eval())          # the same layers, at all positions
    >>> name = torch.tensor([[0] * 8 + [5, 13, 13, 1]])
    >>> everywhere(name).shape                           # (B, L) ids -> (B, L - 7, V)
    torch.Size([1, 5, 27])
    >>> torch.allclose(everywhere(name)[0, -1], model(name[:, -8:])[0], atol=1e-6)
    True

    B  examples   T  positions of a context, nᵏ   V  symbols   C  channels   F  features
    n  neighbours that are fused, a convolution's width   d  dilation   L  ids of a text

The tree of van den Oord and others, WaveNet: a generative model for raw audio, 2016, as
in Karpathy's fifth makemore lecture: layer k sees n times as far as layer k - 1.

Left out: the paper's gates, residual and skip connections, for which a network of three
layers has no need; a net of thirty does.

Chapter: docs/makemore/wavenet.md.  To copy: this file and layers.py (needs
torch).
"""

import torch

from .layers import (
    BatchNorm1d, Embedding, FlattenConsecutive, Layer, Linear, Sequential, Tanh)


def tree(symbols, block_size=8, channels=24, hidden=128, n=2, generator=None,
         output_scale=0.1, correction=0):
    """A model, contexts (B, T) -> logits (B, V): T positions become T/n, ..., n, 1.

    In each round FlattenConsecutive puts n neighbours side by side, and a linear layer,
    batch norm and tanh fuse them. The last layer's first weights are multiplied by
    output_scale. Raises ValueError unless block_size is a power of n.
    """
    layers = [Embedding(symbols, channels, generator)]
    positions, width = block_size, channels
    while positions > 1:
        if n < 2 or positions % n:
            raise ValueError(f"a context of {block_size} is no power of {n}, so that "
                             f"groups of {n} do not end in one")
        layers += [FlattenConsecutive(n),
                   Linear(n * width, hidden, bias=False, generator=generator),
                   BatchNorm1d(hidden, correction=correction), Tanh()]
        positions, width = positions // n, hidden
    layers.append(Linear(width, symbols, generator=generator))
    layers[-1].weight.data *= output_scale
    model = Sequential(*layers)
    model.block_size = block_size
    return model


class Dilated(Layer):
    """x (B, L, C) -> y (B, L - (n-1)d, F):  y_t = x_t W₀ᵀ + x_{t+d} W₁ᵀ + ... + b.

    A convolution that looks at n positions, d apart. W is linear.weight (F, n * C), its
    columns in n blocks; the linear layer is shared, not copied. Without any padding,
    y[:, i] is the answer for the context that ends at x[:, i + (n-1)d]: it sees nothing
    of what comes later, it is causal.
    """

    def __init__(self, linear, n=2, d=1):
        self.linear, self.n, self.d = linear, n, d

    def __call__(self, x):
        rest = x.shape[1] - (self.n - 1) * self.d         # how many answers
        if rest < 1:
            raise ValueError(f"{x.shape[1]} positions, and {self.n} of them {self.d} "
                             f"apart take {(self.n - 1) * self.d + 1}")
        taps = [x[:, k * self.d:k * self.d + rest] for k in range(self.n)]
        return self.linear(torch.cat(taps, dim=2))


def convolve(model):
    """A tree -> a model of the same layers, ids (B, L) -> logits (B, L - T + 1, V).

    The logits at i are the tree's for the context ids[:, i:i + T]. What overlapping
    contexts have in common is computed once. In training, batch norm takes statistics
    over other positions than in the tree, so that the two agree only in eval.
    """
    layers, n, d = [], 1, 1
    for layer in model.layers:
        if isinstance(layer, FlattenConsecutive):
            n = layer.n                                   # of the next layer
        elif n > 1:
            layers.append(Dilated(layer, n, d))
            n, d = 1, n * d
        else:
            layers.append(layer)
    return Sequential(*layers)
