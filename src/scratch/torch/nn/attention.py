"""Attention: each position asks, and mixes the values whose keys answer it.

    >>> from .. import tensor
    >>> q = tensor([[0.0, 4.0]])                            # one that asks
    >>> k = tensor([[4.0, 0.0], [0.0, 4.0]])                # two that can be asked
    >>> v = tensor([[10.0], [20.0]])
    >>> scaled_dot_product_attention(q, k, v)               # nearly all of the second
    tensor([[19.9999]])
    >>> attention = MultiheadAttention(8, 2, batch_first=True)
    >>> x = ones(3, 5, 8)
    >>> y, weights = attention(x, x, x)
    >>> y.shape, weights.shape
    (torch.Size([3, 5, 8]), torch.Size([3, 5, 5]))

    B  examples    T  positions that ask    S  positions that are asked
    H  heads       E  channels              D  channels of a head, E / H

A float mask is added to the scores. A boolean one means opposite things in the two: for
scaled_dot_product_attention True is where a query may look, for MultiheadAttention
where it may not.

Vaswani and others, Attention is all you need, NIPS 2017, section 3.2.

Without a mask of its own, scaled_dot_product_attention leaves all to the backend if
that has kernels for it (cuda/kernels/attention.py), which hold no T * S weights.

Left out: add_bias_kv and add_zero_attn.

Chapter: docs/torch/modules.md.
"""

import math

from .. import bool as boolean
from .. import empty, inf, ones
from ..autograd import Function, Mode
from ..tensor import wrap
from . import init
from .activations import softmax
from .dropout import dropout
from .gelu import in_rows
from .layers import Linear, linear
from .module import Module
from .parameter import Parameter


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p=0.0,
                                 is_causal=False, scale=None, enable_gqa=False):
    """q (..., T, D), k (..., S, D), v (..., S, C) -> softmax(q kᵀ scale) v (..., T, C)

    scale is 1/√D unless it is given. is_causal lets query t look at keys 0 to t. A
    query that may look nowhere gets zeros. enable_gqa: fewer heads of k and v than of
    q, each for a group of neighbouring queries.
    """
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    if enable_gqa:
        times = query.shape[-3] // key.shape[-3]
        key, value = (each.repeat_interleave(times, -3) for each in (key, value))
    if is_causal and attn_mask is not None:
        raise RuntimeError("a mask and is_causal are two masks; give one of them")
    fits = query.storage.backend.get("attention_fits")
    if (fits and attn_mask is None and not dropout_p
            and fits(query.native, key.native, value.native)):
        return InTiles.apply(query, key, value, scale, is_causal)
    if is_causal:
        attn_mask = causal(query, key)
    weights = attention_weights(query * scale, key, attn_mask)
    return dropout(weights, dropout_p).matmul(value)


def causal(query, key):
    """(T, S): True where query t may look, at keys 0 to t."""
    everything = ones(query.shape[-2], key.shape[-2], dtype=boolean,
                      device=query.device)
    return everything.tril()


def attention_weights(query, key, mask):
    """q (..., T, D), scaled, and k (..., S, D) -> weights (..., T, S)"""
    scores = query.matmul(key.transpose(-2, -1))
    if mask is None:
        return softmax(scores, -1)
    if mask.dtype != boolean:
        return softmax(scores + mask, -1)
    weights = softmax(scores.masked_fill(~mask, -inf), -1)
    if bool(mask.any(-1).all()):
        return weights
    return weights.masked_fill(~mask.any(-1, keepdim=True), 0.0)    # 0 / 0 in softmax


class InTiles(Function):
    """softmax(q kᵀ scale) v by the backend's kernels, which hold no row of weights.

    The slope of a slope comes from the definition, in tensor operations.
    """

    @staticmethod
    def forward(ctx, q, k, v, scale, is_causal):
        ctx.scale, ctx.causal = scale, is_causal
        ctx.ahead = 0 if is_causal else k.shape[-2]
        backend = q.storage.backend
        y, lse = (wrap(each, q.dtype, backend) for each in backend["attention"](
            in_rows(q), in_rows(k), in_rows(v), scale, ctx.ahead))
        ctx.save_for_backward(q, k, v, y, lse)
        return y

    @staticmethod
    def backward(ctx, g):
        q, k, v, y, lse = ctx.saved_tensors
        if Mode.grad:
            mask = causal(q, k) if ctx.causal else None
            w = attention_weights(q * ctx.scale, k, mask)
            d_w = g.matmul(v.transpose(-2, -1))
            d_score = w * (d_w - (w * d_w).sum(-1, keepdim=True)) * ctx.scale
            return (d_score.matmul(k), d_score.transpose(-2, -1).matmul(q),
                    w.transpose(-2, -1).matmul(g), None, None)
        backend = q.storage.backend
        slopes = backend["attention_back"](
            *map(in_rows, (g, q, k, v, y, lse)), ctx.scale, ctx.ahead)
        return (*(wrap(each, q.dtype, backend) for each in slopes), None, None)


class NonDynamicallyQuantizableLinear(Linear):
    """A Linear; it is the name under which PyTorch prints the last one of attention."""


class MultiheadAttention(Module):
    """q (T, B, E), k (S, B, kdim), v (S, B, vdim) -> y (T, B, E), weights (B, T, S).

    With batch_first B comes first, and all three may come without it. in_proj_weight is
    the three matrices of queries, keys and values, one below the other, unless keys or
    values have another size.
    """

    def __init__(self, embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False,
                 add_zero_attn=False, kdim=None, vdim=None, batch_first=False,
                 device=None, dtype=None):
        super().__init__()
        if add_bias_kv or add_zero_attn:
            raise NotImplementedError("MultiheadAttention here has neither add_bias_kv "
                                      "nor add_zero_attn")
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(f"{embed_dim} channels and {num_heads} heads: both are at "
                             "least 1")
        if embed_dim % num_heads:
            raise AssertionError(f"{embed_dim} channels do not divide among "
                                 f"{num_heads} heads")
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.head_dim = embed_dim // num_heads
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self.dropout, self.batch_first = dropout, batch_first
        kind = {"device": device, "dtype": dtype}
        self.together = self.kdim == self.vdim == embed_dim
        separate = {"q_proj_weight": embed_dim, "k_proj_weight": self.kdim,
                    "v_proj_weight": self.vdim}
        if self.together:
            self.in_proj_weight = Parameter(empty(3 * embed_dim, embed_dim, **kind))
        for name, inputs in separate.items():
            self.register_parameter(name, None if self.together else
                                    Parameter(empty(embed_dim, inputs, **kind)))
        if not self.together:
            self.register_parameter("in_proj_weight", None)
        if bias:
            self.in_proj_bias = Parameter(empty(3 * embed_dim, **kind))
        else:
            self.register_parameter("in_proj_bias", None)
        self.out_proj = NonDynamicallyQuantizableLinear(
            embed_dim, embed_dim, bias, **kind)
        self._reset_parameters()

    def _reset_parameters(self):
        for weight in (self.in_proj_weight, self.q_proj_weight, self.k_proj_weight,
                       self.v_proj_weight):
            if weight is not None:
                init.xavier_uniform_(weight)
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)

    def forward(self, query, key, value, key_padding_mask=None, need_weights=True,
                attn_mask=None, average_attn_weights=True, is_causal=False):
        """key_padding_mask (B, S), attn_mask (T, S) or (B * H, T, S) -> y, weights.

        weights are the mean over heads, or (B, H, T, S) if they are not to be averaged,
        or None if they are not needed.
        """
        if is_causal and attn_mask is None:
            raise RuntimeError("is_causal is a promise about attn_mask; give the mask")
        for name, each, size in (("query", query, self.embed_dim),
                                 ("key", key, self.kdim), ("value", value, self.vdim)):
            if each.shape[-1] != size:
                raise AssertionError(f"the {name} is {tuple(each.shape)}; {size} "
                                     "channels were expected")
        alone = query.ndim == 2
        q, k, v = (each.unsqueeze(0) if alone else
                   (each if self.batch_first else each.transpose(0, 1))
                   for each in (query, key, value))                        # (B, T, E)
        q, k, v = (self.split(each) for each in self.project(q, k, v))  # (B, H, T, D)
        mask = self.joined_mask(q, k, key_padding_mask, attn_mask)
        weights = attention_weights(q / math.sqrt(self.head_dim), k, mask)
        weights = dropout(weights, self.dropout, self.training)         # (B, H, T, S)
        joined = weights.matmul(v).permute(2, 0, 1, 3).flatten(2)       # (T, B, E)
        y = self.out_proj(joined)                  # (T, B, E), as dropout expects it
        y = y.squeeze(1) if alone else (y.transpose(0, 1) if self.batch_first else y)
        if not need_weights:
            return y, None
        shown = weights.mean(1) if average_attn_weights else weights
        return y, shown.squeeze(0) if alone else shown

    def project(self, q, k, v):
        """Queries, keys and values, each (B, T, E) by its own matrix."""
        if self.together and q is k and k is v:
            return linear(q, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        weights = (self.in_proj_weight.chunk(3) if self.together else
                   (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight))
        b = self.in_proj_bias
        biases = (None,) * 3 if b is None else b.chunk(3)
        return map(linear, (q, k, v), weights, biases)

    def split(self, x):
        """(B, T, E) -> (B, H, T, D)"""
        return x.unflatten(-1, (self.num_heads, self.head_dim)).transpose(1, 2)

    def joined_mask(self, q, k, key_padding_mask, attn_mask):
        """Both masks -> one to add to the scores (B, H, T, S), or None."""
        B, H, T, S = *q.shape[:3], k.shape[2]
        mask = None
        if attn_mask is not None:
            if attn_mask.shape not in ((T, S), (B * H, T, S)):
                raise RuntimeError(f"attn_mask is {tuple(attn_mask.shape)}; {(T, S)} "
                                   f"or {(B * H, T, S)} was expected")
            mask = added(attn_mask, q).view((T, S) if attn_mask.ndim == 2 else
                                            (B, H, T, S))
        if key_padding_mask is not None:
            if key_padding_mask.shape not in ((S,), (B, S)):
                raise AssertionError("key_padding_mask is "
                                     f"{tuple(key_padding_mask.shape)}; {(B, S)} was "
                                     "expected")
            padding = added(key_padding_mask, q).view(-1, 1, 1, S)
            mask = padding if mask is None else mask + padding
        return mask


def added(mask, like):
    """A boolean mask, True where nobody may look -> -inf there and 0 elsewhere."""
    if mask.dtype != boolean:
        return mask
    return like.new_zeros(mask.shape).masked_fill_(mask, -inf)
