"""Three cells, and a long text cut into stretches.

    B  words side by side   T  letters of a stretch   C  channels   H  hidden units
    N  ids of a stream      x  a letter's embedding   h, c  what is kept

self.sums(x, h) gives W_ih x + b_ih and W_hh h + b_hh, each cut into its blocks of (B, H).

Exercises: RNNCell.__call__, GRUCell.__call__, LSTMCell.__call__, stretches.
Chapter: docs/makemore/recurrent.md.  In place of: scratch.makemore.recurrent.
"""

import torch

from scratch.makemore import recurrent


def all_of(cell, number):
    """The cell with every weight and bias equal to a number, in float64."""
    with torch.no_grad():
        for p in cell.parameters():
            p.data = torch.full_like(p, number, dtype=torch.float64)
    return cell


class RNNCell(recurrent.RNNCell):
    """The book's RNNCell, but for the method that you write."""

    def __call__(self, x, state):
        """x (B, C), state (h,) with h (B, H) -> (h',):  h' = tanh(W_ih x + ... + b_hh)

        How can a network read any length?

        >>> cell = all_of(RNNCell(1, 1), 0.5)
        >>> x = torch.ones(1, 1, dtype=torch.float64)
        >>> [h] = cell(x, (0 * x,))
        >>> round(h.item(), 6)                      # tanh(0.5 + 0.5 + 0 + 0.5)
        0.905148
        >>> [h] = cell(x, (h,))
        >>> round(h.item(), 6)
        0.960519
        """
        raise NotImplementedError("RNNCell.__call__ is yours to write")


class GRUCell(recurrent.GRUCell):
    """The book's GRUCell, but for the method that you write."""

    def __call__(self, x, state):
        """x (B, C), state (h,) -> (h',), with the blocks of both sums in the order r, z, n.

        r, z = σ(x_r + h_r), σ(x_z + h_z);  n = tanh(x_n + r h_n);  h' = (1 - z) n + z h

        What does a gate change? GRU and LSTM

        >>> cell = all_of(GRUCell(1, 1), 0.0)       # gates at one half, n = 0
        >>> x = torch.ones(1, 1, dtype=torch.float64)
        >>> cell(x, (8 * x,))[0].item()
        4.0
        >>> with torch.no_grad():
        ...     _ = cell.bias_ih[1].fill_(100.0)    # z open: everything is kept
        >>> cell(x, (8 * x,))[0].item()
        8.0
        """
        raise NotImplementedError("GRUCell.__call__ is yours to write")


class LSTMCell(recurrent.LSTMCell):
    """The book's LSTMCell, but for the method that you write."""

    def __call__(self, x, state):
        """x (B, C), state (h, c) -> (h', c'), with the blocks in the order i, f, g, o.

        i, f, o are σ of their sums, g is tanh;  c' = f c + i g;  h' = o tanh(c')

        What does a gate change? GRU and LSTM

        >>> cell = all_of(LSTMCell(1, 1), 0.0)      # gates at one half, g = 0
        >>> x = torch.ones(1, 1, dtype=torch.float64)
        >>> h, c = cell(x, (x, 8 * x))
        >>> c.item(), round(h.item(), 6)            # half of 8, half of tanh 4
        (4.0, 0.499665)
        """
        raise NotImplementedError("LSTMCell.__call__ is yours to write")


def stretches(stream, batch, T):
    """ids (N) -> pairs of ids (B, T) and what follows each, a generator.

    Cut the stream into batch parts of (N - 1) // batch ids, read all of them side by
    side, T at a time; a rest that is shorter than T is left out. Raises ValueError ("25
    ids in 3 parts are 8 each, and do not make stretches of 9") if nothing is left.

    How is a long text learnt? Truncated backpropagation

    >>> for ids, targets in stretches(torch.arange(9), batch=2, T=2):
    ...     print(ids.tolist(), targets.tolist())
    [[0, 1], [4, 5]] [[1, 2], [5, 6]]
    [[2, 3], [6, 7]] [[3, 4], [7, 8]]
    """
    raise NotImplementedError("stretches is yours to write")
