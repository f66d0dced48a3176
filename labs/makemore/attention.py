"""Attention, its mask, and many heads as one operation: the GPT lecture's first exercise.

    B  examples    T  positions that look   S  positions that can be looked at
    H  heads       C  channels              D  channels of a head, C / H

Exercises: attention, causal, MultiHeadAttention.forward.
Chapter: docs/makemore/attention.md.  In place of: scratch.makemore.attention.
"""

import math

import torch

from scratch.makemore import attention as book


def attention(q, k, v, mask=None, dropout=None):
    """q (..., T, D), k and v (..., S, D) -> y (..., T, D), weights (..., T, S).

    softmax(q kᵀ / √D) v. mask is boolean, broadcasts to the weights and is True where a
    query may look; another dtype is a TypeError ("... boolean, True where a query may
    look").
    Hidden positions have weight 0, even where all are hidden; neither the answer nor its
    gradients may be nan there. (Fill in torch.finfo(dtype).min, and multiply the weights
    by the mask.) dropout, if it is given, is a function to be applied to the weights.

    Where does a softmax come in? Attention scores

    >>> v = torch.tensor([[2.0], [4.0], [9.0]])
    >>> zeros = torch.zeros(3, 1)
    >>> attention(zeros, zeros, v)[0].tolist()                  # the mean
    [[5.0], [5.0], [5.0]]

    Who decides what is interesting? Queries, keys and values

    >>> q = torch.tensor([[0.0, 0.0, 200.0]])
    >>> y, weights = attention(q, torch.eye(3), v)
    >>> y.tolist(), weights.tolist()
    ([[9.0]], [[0.0, 0.0, 1.0]])

    Why divide by √D?

    >>> k = torch.tensor([[2.0, 0, 0, 0], [0, 0, 0, 0]])
    >>> _, weights = attention(k[:1], k, k)                     # scores 4/2 and 0
    >>> round(weights[0, 1].item(), 4)
    0.1192

    Who may look at whom? Masks

    >>> past = torch.ones(3, 3, dtype=torch.bool).tril()
    >>> attention(zeros, zeros, v, past)[0].tolist()
    [[2.0], [3.0], [5.0]]
    >>> attention(zeros, zeros, v, past & False)[0].tolist()
    [[0.0], [0.0], [0.0]]
    """
    raise NotImplementedError("attention is yours to write")


def causal(T, S=None, device=None):
    """mask (T, S): the T queries are the last of S positions (S = T if not given).

    Who may look at whom? Masks

    >>> causal(3).int().tolist()
    [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    >>> causal(2, 4).int().tolist()                             # positions 2 and 3 of 4
    [[1, 1, 1, 0], [1, 1, 1, 1]]
    """
    raise NotImplementedError("causal is yours to write")


class MultiHeadAttention(book.MultiHeadAttention):
    """The book's, except for the method that you write.

    self.qkv is a Linear from C to 3 C channels (queries, keys, values), self.out one
    from C to C; self.split makes (B, H, T, D) of (B, T, C); self.dropout is for the
    weights.
    """

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        """x (B, T, C) -> y (B, T, C).

        rotate, if given, is a function to be applied to q and to k; cache, if given,
        has a method extend(k, v), which gives back all keys and values so far, to be
        used in their place; maps, if given, is a list, to which the weights are
        appended (detached).

        Why several heads? Multi-head attention

        >>> layer = MultiHeadAttention(4, 2)
        >>> with torch.no_grad():
        ...     for parameter in layer.parameters():
        ...         _ = parameter.zero_()
        ...     _ = layer.qkv.weight[8:].copy_(torch.eye(4))    # values are x itself
        ...     _ = layer.out.weight.copy_(2 * torch.eye(4))
        >>> x = torch.tensor([[[1.0, 2, 3, 4], [5, 6, 7, 8]]])
        >>> layer(x).tolist()                                   # twice the mean
        [[[6.0, 8.0, 10.0, 12.0], [6.0, 8.0, 10.0, 12.0]]]
        >>> maps = []
        >>> _ = layer(x, book.causal(2), maps=maps)
        >>> maps[0].shape, maps[0][0, 1].tolist()
        (torch.Size([1, 2, 2, 2]), [[1.0, 0.0], [0.5, 0.5]])
        """
        raise NotImplementedError("MultiHeadAttention.forward is yours to write")
