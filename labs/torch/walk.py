"""Broadcasting undone: what was repeated on the way forward is added up on the way back.

    g    ∂loss/∂result, of the shape that two operands broadcast to

Exercises: unbroadcast.
Chapter: docs/torch/autograd.md.  In place of: scratch.torch.walk.
"""

from scratch import torch


def unbroadcast(g, shape):
    """g -> the gradient of an operand of that shape, which broadcasting repeated.

    Shapes are matched from the right. An axis that the operand has not is summed away; one
    of length 1 that became longer is summed, and stays, of length 1.

    Why is the gradient of a broadcast a sum?

    >>> g = torch.tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    >>> unbroadcast(g, (2, 3)).tolist()               # nothing was repeated
    [[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]]
    >>> unbroadcast(g, (3,)).tolist()                 # a row, used twice
    [11.0, 22.0, 33.0]
    >>> unbroadcast(g, (2, 1)).tolist()               # a column, used three times
    [[6.0], [60.0]]
    >>> unbroadcast(g, (1, 3)).tolist(), unbroadcast(g, ()).tolist()
    ([[11.0, 22.0, 33.0]], 66.0)
    >>> unbroadcast(torch.ones(5, 1, 3), (1, 3)).tolist()      # an axis of 1 that stayed one
    [[5.0, 5.0, 5.0]]
    >>> unbroadcast(torch.ones(4, 2, 3), (2, 1)).tolist()      # of both kinds
    [[12.0], [12.0]]
    """
    raise NotImplementedError("unbroadcast is yours to write")
