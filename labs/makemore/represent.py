"""How alike are vectors, along which axes do they differ, and do two models agree?

    N  vectors    Q  queries    C  channels, of one model or two (A)    K  axes kept

Exercises: similarity, pca, cka.
Chapter: docs/makemore/representations.md.  In place of: scratch.makemore.represent.
Not in a page: pca, for which torch.linalg.svd needs NumPy there.
"""

import torch

x = torch.tensor([[3.0, 0.0], [9.0, 0.9], [0.0, 1.0], [0.0, -2.0]])


def rounded(tensor):
    """Its numbers to three decimals, for the examples."""
    return (tensor.double() * 1e3).round().div(1e3).add(0.0).tolist()


def similarity(queries, x, measure="cosine"):
    """queries (Q, C), x (N, C) -> (Q, N), larger for nearer.

    "cosine" is the dot product of directions, "euclid" minus the distance. ValueError, which names
    both, for any other measure.

    Which names are near? Cosine, Euclid and pooling

    >>> rounded(similarity(x[:1], x))
    [[1.0, 0.995, 0.0, 0.0]]
    >>> rounded(similarity(x[:1], x, "euclid"))
    [[0.0, -6.067, -3.162, -3.606]]
    >>> rounded(similarity(x[2:], x[2:]))
    [[1.0, -1.0], [-1.0, 1.0]]
    >>> similarity(x, x, "manhattan")
    Traceback (most recent call last):
    ValueError: measure='manhattan'; known are 'cosine' and 'euclid'
    """
    raise NotImplementedError("similarity is yours to write")


def pca(x, count=2):
    """x (N, C) -> places (N, K), axes (K, C), shares of the variance (K), by the SVD.

    Of each axis, the number that is largest without its sign is positive.

    Which directions matter most? PCA from the SVD

    >>> line = torch.tensor([[1.0, 1.0], [2.0, 3.0], [3.0, 5.0]])     # along (1, 2)
    >>> places, axes, shares = pca(line, 1)
    >>> rounded(axes), rounded(shares)
    ([[0.447, 0.894]], [1.0])
    >>> rounded(places)
    [[-2.236], [0.0], [2.236]]
    >>> rounded(pca(-line, 1)[1])
    [[0.447, 0.894]]
    >>> [part.shape for part in pca(torch.eye(5), 3)]
    [torch.Size([5, 3]), torch.Size([3, 5]), torch.Size([3])]
    """
    raise NotImplementedError("pca is yours to write")


def cka(a, b):
    """a (N, A), b (N, C), row n of both of the same thing -> a float, linear CKA.

    |bᵀa|² / (|aᵀa| |bᵀb|), the means subtracted before.

    Do they know the same? CKA, with baselines

    >>> round(cka(x, 5 * x + 1), 4)
    1.0
    >>> turned = x @ torch.tensor([[0.6, 0.8], [-0.8, 0.6]])
    >>> round(cka(x, turned), 4)
    1.0
    >>> round(cka(x, x[:, :1]), 3)                 # of the first channel alone
    0.995
    >>> round(cka(x, torch.tensor([[1.0], [1.0], [1.0], [-3.0]])), 3)
    0.309
    """
    raise NotImplementedError("cka is yours to write")
