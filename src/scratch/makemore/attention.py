"""Attention: each position sends a query and mixes the values whose keys fit it.

    >>> keys = torch.tensor([[4.0, 0.0], [0.0, 4.0]])         # of two positions
    >>> values = torch.tensor([[10.0], [20.0]])
    >>> query = torch.tensor([[0.0, 4.0]])                    # like the second key
    >>> y, weights = attention(query, keys, values)
    >>> print(f"{y.item():.2f}, and {weights[0, 1]:.4f} of it from the second")
    20.00, and 1.0000 of it from the second
    >>> causal(3).int()                                       # row t sees columns 0..t
    tensor([[1, 0, 0],
            [1, 1, 0],
            [1, 1, 1]], dtype=torch.int32)

    B  examples    T  positions that look   S  positions that can be looked at
    H  heads       C  channels              D  channels of a head, C / H

A mask is boolean and broadcasts to (B, H, T, S): True where a query may look. (The
masks of torch.nn.MultiheadAttention are True where it may not.) Of positions that are
hidden from it, a query takes exactly 0. If all are hidden, its answer is 0.

Ashish Vaswani and others, Attention is all you need, NIPS 2017, section 3.2.

Left out: attention computed in tiles, without ever holding all T * S weights, which
torch.nn.functional.scaled_dot_product_attention does where it can, with the same
results, and so does scratch.cuda.kernels.attention.

Chapter: docs/makemore/attention.md.  To copy: this file alone (needs torch).
"""

import math

import torch
from torch import nn


def attention(q, k, v, mask=None, dropout=None):
    """q (..., T, D), k and v (..., S, D) -> y (..., T, D), weights (..., T, S).

    weights = softmax(q kᵀ / √D), a row for each query, and y = weights v. dropout, if
    it is given, is a function that is applied to the weights.
    """
    scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    if mask is not None:
        if mask.dtype != torch.bool:
            raise TypeError(f"the mask is {mask.dtype}; it must be boolean, True where "
                            "a query may look")
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    weights = scores.softmax(dim=-1)
    if mask is not None:
        weights = weights * mask         # 0 already, unless everything was hidden
    if dropout is not None:
        weights = dropout(weights)
    return weights @ v, weights


def bidirectional(T, device=None):
    """mask (T, T): every position sees every position."""
    return torch.ones(T, T, dtype=torch.bool, device=device)           # (T, T)


def causal(T, S=None, device=None):
    """mask (T, S): the T queries are the last of S positions; none sees ahead."""
    S = T if S is None else S
    everything = torch.ones(T, S, dtype=torch.bool, device=device)     # (T, S)
    return everything.tril(S - T)                                      # (T, S)


def padding(lengths, S):
    """lengths (B) -> mask (B, 1, 1, S): False behind the end of an example.

    It hides keys from all heads and queries. Combine it with other masks by &.
    """
    positions = torch.arange(S, device=lengths.device)                 # (S)
    return (positions < lengths[:, None])[:, None, None]                  # (B, 1, 1, S)


class MultiHeadAttention(nn.Module):
    """x (B, T, C) -> y (B, T, C): H attentions at once, each on D channels of its own.

    Weights are laid out as in torch.nn.MultiheadAttention, whose in_proj is qkv here,
    with the rows of the queries first, and whose out_proj is out.
    """

    def __init__(self, channels, heads, dropout=0.0):
        super().__init__()
        if channels % heads:
            raise ValueError(f"{channels} channels do not divide among {heads} heads")
        self.heads = heads
        self.qkv = nn.Linear(channels, 3 * channels)    # three matrices as one
        self.out = nn.Linear(channels, channels)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        """rotate, if given, turns queries and keys (transformer.py's Rotary).

        With a cache, x holds the newest positions only, and cache.extend(k, v) returns
        the keys and values of all so far (gpt.py's Memory). The weights are appended to
        the list maps, if there is one.
        """
        q, k, v = map(self.split, self.qkv(x).chunk(3, dim=-1))    # (B, H, T, D)
        if rotate is not None:
            q, k = rotate(q), rotate(k)                            # (B, H, T, D)
        if cache is not None:
            k, v = cache.extend(k, v)                              # (B, H, S, D)
        y, weights = attention(q, k, v, mask, self.dropout)
        if maps is not None:
            maps.append(weights.detach())
        joined = y.transpose(1, 2).flatten(2)                      # (B, T, C)
        return self.out(joined)                                    # (B, T, C)

    def split(self, x):
        """(B, T, C) -> (B, H, T, D): the channels divided, heads before positions."""
        heads = x.unflatten(-1, (self.heads, -1))                  # (B, T, H, D)
        return heads.transpose(1, 2)                               # (B, H, T, D)
