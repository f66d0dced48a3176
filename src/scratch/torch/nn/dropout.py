"""Dropout: in training, some numbers become 0 by chance, and the rest larger for it.

    >>> from .. import manual_seed, ones
    >>> _ = manual_seed(4)
    >>> layer = Dropout(0.5)
    >>> layer(ones(8))
    tensor([2., 0., 2., 0., 0., 0., 2., 0.])
    >>> layer.eval()(ones(3))
    tensor([1., 1., 1.])

    p   the probability that a number becomes 0

What is left is divided by 1 - p, so that the mean stays what it is without dropout, and
eval has nothing to do. The mask is drawn from the global generator in the order in
which x lies in memory, as PyTorch draws it.

Srivastava and others, Dropout, JMLR 15, 2014.

Chapter: docs/torch/modules.md.
"""

from .. import empty_like
from .module import Module


def dropout(input, p=0.5, training=True, inplace=False):
    """x -> each number 0 with probability p, else x / (1 - p); x if not training.

    The division keeps the mean what it is without dropout.
    """
    check_probability(p)
    if not training or p == 0 or input.numel() == 0:
        return input
    return masked(input, empty_like(input), p, inplace)


def dropout1d(input, p=0.5, training=True, inplace=False):
    """x (B, C, T) -> whole channels (T) of an example dropped"""
    return channel_dropout(input, p, training, inplace, 3)


def dropout2d(input, p=0.5, training=True, inplace=False):
    """x (B, C, height, width) -> whole channels of an example dropped"""
    return channel_dropout(input, p, training, inplace, 4)


def channel_dropout(input, p, training, inplace, ndim):
    check_probability(p)
    if not training or p == 0 or input.numel() == 0:
        return input
    shape = input.shape[:input.ndim - ndim + 2]                  # B, C, or C alone
    shape = (*shape, *[1] * (ndim - 2))
    return masked(input, input.new_empty(shape), p, inplace)


def masked(input, mask, p, inplace):
    """input times a new mask of 0 and 1 / (1 - p), written into the tensor mask."""
    mask.bernoulli_(1 - p)
    if p < 1:
        mask.div_(1 - p)
    return input.mul_(mask) if inplace else input * mask


def check_probability(p):
    if not 0 <= p <= 1:
        raise ValueError(f"p={p}, but it is a probability, between 0 and 1")


class Dropout(Module):
    """x -> in training, each number 0 with probability p, else x / (1 - p)."""

    function = staticmethod(dropout)

    def __init__(self, p=0.5, inplace=False):
        super().__init__()
        check_probability(p)
        self.p, self.inplace = p, inplace

    def forward(self, input):
        return self.function(input, self.p, self.training, self.inplace)

    def extra_repr(self):
        return f"p={self.p}, inplace={self.inplace}"


class Dropout1d(Dropout):
    """Whole channels of x (B, C, T) are dropped."""

    function = staticmethod(dropout1d)


class Dropout2d(Dropout):
    """Whole channels of x (B, C, height, width) are dropped."""

    function = staticmethod(dropout2d)
