"""The layers that normalise, by the batch, by the row and folded away, and the one that drops.

    m    numbers that one mean is taken over, for x (B, F) B, for (B, T, F) B * T

A layer's tensors are those that the book's __init__ makes: weight (γ) and bias (β), each (F), and in
BatchNorm1d running_mean and running_var; self.eps, self.momentum, self.correction, self.training.

Exercises: BatchNorm1d.__call__, BatchNorm1d.moments, LayerNorm.__call__, fold, Dropout.__call__.
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

        What if the network did it itself? Normalising by the batch

        >>> norm = BatchNorm1d(2, eps=0.0)
        >>> x = torch.tensor([[1.0, 10.0], [3.0, 50.0]])
        >>> tenths(norm(x))
        [[-1.0, -1.0], [1.0, 1.0]]
        >>> norm.weight.data[:], norm.bias.data[:] = 2.0, 5.0
        >>> tenths(norm(x))
        [[3.0, 3.0], [7.0, 7.0]]

        And when there is no batch? Running statistics

        >>> norm = BatchNorm1d(2, eps=0.0).eval()
        >>> norm.running_mean[:], norm.running_var[:] = 1.0, 4.0
        >>> tenths(norm(x))
        [[0.0, 4.5], [1.0, 24.5]]
        >>> tenths(norm(x[:1]))
        [[0.0, 4.5]]

        Which axes, with positions? One mean for each feature

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

        And when there is no batch? Running statistics

        >>> norm = BatchNorm1d(1, momentum=0.5)
        >>> mean, var = norm.moments(torch.tensor([[1.0], [3.0]]))
        >>> mean.item(), var.item()
        (2.0, 1.0)
        >>> norm.running_mean.item(), norm.running_var.item()      # half way from 0 and 1
        (1.0, 1.5)
        >>> norm.moments(torch.tensor([[1.0]]))
        Traceback (most recent call last):
        ValueError: x is (1, 1): one number has no variance; train on more examples, or eval() first

        Which axes, with positions? One mean for each feature

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

        What if each row does it for itself? Layer normalisation

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

    Can it be folded away? Into the layer before

    >>> linear, norm = Linear(2, 2), BatchNorm1d(2, eps=0.0)
    >>> linear.weight.data[:] = torch.tensor([[2.0, 4.0], [1.0, 1.0]])
    >>> linear.bias.data[:] = torch.tensor([1.0, 0.0])
    >>> norm.running_mean[:], norm.running_var[:] = torch.tensor([3.0, 0.0]), torch.tensor([4.0, 1.0])
    >>> norm.weight.data[:], norm.bias.data[:] = torch.tensor([10.0, 1.0]), torch.tensor([7.0, 0.0])
    >>> folded = fold(linear, norm)                # 10 (2a + 4b + 1 - 3) / 2 + 7, and a + b
    >>> folded.weight.tolist(), folded.bias.tolist()
    ([[10.0, 20.0], [1.0, 1.0]], [-3.0, 0.0])
    >>> linear.weight.tolist()                     # as it was
    [[2.0, 4.0], [1.0, 1.0]]
    """
    raise NotImplementedError("fold is yours to write")


class Dropout(layers.Dropout):
    """The book's Dropout, but for the method that you write."""

    def __call__(self, x):
        """x -> in training, each number 0 with probability p, else x / (1 - p); in eval, x.

        self.p, self.generator and self.training are set. Draw anew at every call, from
        the generator, with bernoulli_; p = 1 leaves zeros, and p = 0 draws nothing.

        What if units go missing? Dropout

        >>> drop, ones = Dropout(0.75, torch.Generator().manual_seed(1)), torch.ones(10_000)
        >>> y = drop(ones)
        >>> sorted(set(y.tolist()))
        [0.0, 4.0]
        >>> abs(y.mean().item() - 1) < 0.1             # the mean is what it was
        True
        >>> torch.equal(drop(ones), y)                 # other numbers at the next step
        False
        >>> drop.eval()(ones).equal(ones)
        True
        >>> Dropout(1.0)(ones).abs().max().item()
        0.0
        """
        raise NotImplementedError("Dropout.__call__ is yours to write")
