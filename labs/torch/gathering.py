"""Scatter-add: what was taken out by an index is added back at the same places.

    g        ∂loss/∂result           shape    of the tensor that was taken from
    index    where it was taken      at       the axis, counted from 0

Exercises: index_select_back, gather_back.
Chapter: docs/torch/autograd.md.  In place of: scratch.torch.gathering.
"""

from scratch import torch


def index_select_back(g, shape, at, index):
    """The way back of x.index_select(at, index), which takes whole rows along axis `at`.

    index is a vector. Tensors have index_add: out of place, so that this way back has one itself.

    What is the gradient of a choice? Indexing and scatter-add

    >>> g = torch.tensor([[1.0, 10.0], [2.0, 20.0], [3.0, 30.0]])
    >>> index_select_back(g, (4, 2), 0, torch.tensor([3, 0, 1])).tolist()
    [[2.0, 20.0], [3.0, 30.0], [0.0, 0.0], [1.0, 10.0]]
    >>> index_select_back(g, (4, 2), 0, torch.tensor([3, 0, 3])).tolist()      # row 3 was taken twice
    [[2.0, 20.0], [0.0, 0.0], [0.0, 0.0], [4.0, 40.0]]
    >>> index_select_back(g, (3, 3), 1, torch.tensor([2, 2])).tolist()         # along the other axis
    [[0.0, 0.0, 11.0], [0.0, 0.0, 22.0], [0.0, 0.0, 33.0]]
    """
    raise NotImplementedError("index_select_back is yours to write")


def gather_back(g, shape, at, index):
    """The way back of x.gather(at, index): y[i, j] = x[i, index[i, j]] along axis 1.

    What is the gradient of a choice? Indexing and scatter-add

    >>> g = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    >>> gather_back(g, (2, 3), 1, torch.tensor([[2, 0], [1, 2]])).tolist()
    [[2.0, 0.0, 1.0], [0.0, 3.0, 4.0]]
    >>> gather_back(g, (2, 3), 1, torch.tensor([[2, 2], [0, 0]])).tolist()     # the same place twice
    [[0.0, 0.0, 3.0], [7.0, 0.0, 0.0]]
    >>> gather_back(g, (3, 2), 0, torch.tensor([[2, 0], [2, 1]])).tolist()
    [[0.0, 2.0], [0.0, 4.0], [4.0, 0.0]]
    """
    raise NotImplementedError("gather_back is yours to write")
