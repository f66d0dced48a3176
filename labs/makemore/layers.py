"""The layers that normalise: by the batch, by the row, and folded away.

    m    numbers that one mean is taken over, for x (B, F) B, for (B, T, F) B * T

A layer's tensors are those that the book's __init__ makes: weight (γ) and bias (β), each (F), and in
BatchNorm1d running_mean and running_var; self.eps, self.momentum, self.correction, self.training.

Exercises: BatchNorm1d.__call__, BatchNorm1d.moments, LayerNorm.__call__, fold.
Chapter: docs/makemore/batchnorm.md.  In place of: scratch.makemore.layers.
"""

import torch

from scratch.makemore import layers
from scratch.makemore.layers import Linear


def tenths(tensor):
    """Its numbers, to three decimals, for the examples."""
    return [[round(x, 3) + 0.0 for x in row] for row in tensor.detach().tolist()]


class BatchNorm1d(layers.BatchNorm1d):
    """The book's BatchNorm1d, but for the two methods that you write."""

    def __call__(self, x):
        """x (B, F) or (B, T, F) -> y alike:  y = γ (x - μ) / √(σ² + ε) + β, by feature.

        self.moments(x) has mean and variance of the batch, for training; in eval they are
        the running ones. Take x to the precision of the weight first, and refuse other
        shapes: ValueError, "(B, F) or (B, T, F) was expected" with the number for F.

        What if the network did it itself?

        >>> norm = BatchNorm1d(2, eps=0.0)
        >>> x = torch.tensor([[1.0, 10.0], [3.0, 50.0]])
        >>> tenths(norm(x))
        [[-1.0, -1.0], [1.0, 1.0]]
        >>> norm.weight.data[:], norm.bias.data[:] = 2.0, 5.0
        >>> tenths(norm(x))
        [[3.0, 3.0], [7.0, 7.0]]

        And when there is no batch?

        >>> norm = BatchNorm1d(2, eps=0.0).eval()
        >>> norm.running_mean[:], norm.running_var[:] = 1.0, 4.0
        >>> tenths(norm(x))
        [[0.0, 4.5], [1.0, 24.5]]
        >>> tenths(norm(x[:1]))
        [[0.0, 4.5]]

        Which axes, with positions?

        >>> norm = BatchNorm1d(1, eps=0.0)
        >>> y = norm(torch.tensor([[[1.0], [2.0]], [[5.0], [8.0]]]))
        >>> [round(v, 3) for v in y.flatten().tolist()]
        [-1.095, -0.73, 0.365, 1.461]
        >>> norm(torch.ones(2, 3))
        Traceback (most recent call last):
        ValueError: x is (2, 3), and (B, 1) or (B, T, 1) was expected
        """
        raise NotImplementedError("BatchNorm1d.__call__ is yours to write")

    def moments(self, x):
        """Mean and variance of each feature of x (B, F) or (B, T, F): two tensors (F).

        The variance divides by m - self.correction. In passing, running_mean and
        running_var move toward them by the share self.momentum, without a gradient; for
        running_var the variance divides by m - 1. ValueError ("one number has no
        variance") if m is 1.

        And when there is no batch?

        >>> norm = BatchNorm1d(1, momentum=0.5)
        >>> mean, var = norm.moments(torch.tensor([[1.0], [3.0]]))
        >>> mean.item(), var.item()
        (2.0, 1.0)
        >>> norm.running_mean.item(), norm.running_var.item()      # half way from 0 and 1
        (1.0, 1.5)
        >>> norm.moments(torch.tensor([[1.0]]))
        Traceback (most recent call last):
        ValueError: x is (1, 1): one number has no variance; train on more examples, or eval() first

        Which axes, with positions?

        >>> x = torch.arange(12.0).view(2, 3, 2)
        >>> mean, var = BatchNorm1d(2).moments(x)
        >>> mean.tolist()
        [5.0, 6.0]
        >>> [round(v, 3) for v in var.tolist()]
        [11.667, 11.667]
        """
        raise NotImplementedError("BatchNorm1d.moments is yours to write")


class LayerNorm(layers.LayerNorm):
    """The book's LayerNorm, but for the method that you write."""

    def __call__(self, x):
        """x (..., F) -> y alike:  y = γ (x - μ) / √(σ² + ε) + β, row by row.

        What if each row does it for itself?

        >>> norm = LayerNorm(2, eps=0.0)
        >>> tenths(norm(torch.tensor([[1.0, 3.0], [50.0, 10.0]])))
        [[-1.0, 1.0], [1.0, -1.0]]
        >>> norm.weight.data[:], norm.bias.data[:] = 2.0, 5.0
        >>> tenths(norm(torch.tensor([[1.0, 3.0]])))
        [[3.0, 7.0]]
        >>> tuple(norm(torch.ones(4, 3, 2)).shape)
        (4, 3, 2)
        """
        raise NotImplementedError("LayerNorm.__call__ is yours to write")


def fold(linear, norm):
    """A Linear with bias that computes what norm.eval() makes of linear's outputs.

    linear.weight is (outputs, inputs), and linear.bias may be None.

    Can it be folded away?

    >>> linear, norm = Linear(2, 1), BatchNorm1d(1, eps=0.0)
    >>> linear.weight.data[:], linear.bias.data[:] = torch.tensor([[2.0, 4.0]]), 1.0
    >>> norm.running_mean[:], norm.running_var[:] = 3.0, 4.0
    >>> norm.weight.data[:], norm.bias.data[:] = 10.0, 7.0
    >>> folded = fold(linear, norm)                # 10 (2a + 4b + 1 - 3) / 2 + 7
    >>> folded.weight.tolist(), folded.bias.tolist()
    ([[10.0, 20.0]], [-3.0])
    >>> linear.weight.tolist()                     # as it was
    [[2.0, 4.0]]
    """
    raise NotImplementedError("fold is yours to write")
