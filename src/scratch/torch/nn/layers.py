"""The layers that most networks begin with: Linear, Embedding, Dropout, Flatten.

    >>> from .. import ones, tensor
    >>> layer = Linear(3, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(ones(4, 3)).shape                        # y = x Wᵀ + b, for each row
    torch.Size([4, 2])
    >>> table = Embedding(27, 10)
    >>> table(tensor([[0, 5], [13, 13]])).shape        # a row of 10 for each id
    torch.Size([2, 2, 10])
    >>> one_hot(tensor([2, 0]), 3)                     # what it is a shortcut for
    tensor([[0, 0, 1],
            [1, 0, 0]])
    >>> Flatten()(ones(4, 3, 2)).shape
    torch.Size([4, 6])

    B  examples    C  channels    V  symbols    T  positions

Numbers begin as PyTorch's do, drawn in its order from the global generator, so that one
seed makes one network in either: Linear uniform between ±1/√inputs, Embedding normal.

Srivastava and others, Dropout, JMLR 15, 2014; Bengio and others, JMLR 3, 2003 (tables
of embeddings).

Left out: sparse gradients and the growing norms of Embedding (max_norm), EmbeddingBag.

Chapter: docs/torch/modules.md.
"""

import math

from .. import (
    arange, empty, empty_like, int64, no_grad, where)
from . import init
from .module import Module
from .parameter import Parameter


def linear(input, weight, bias=None):
    """x (..., inputs), W (outputs, inputs), b (outputs) -> x Wᵀ + b (..., outputs)"""
    if input.shape[-1:] != weight.shape[-1:]:
        raise RuntimeError(f"x is {tuple(input.shape)}, and its last axis must be as "
                           f"long as a row of the weight {tuple(weight.shape)}")
    if bias is None:
        return input.matmul(weight.t())
    if input.ndim == 2 and weight.ndim == 2:
        return bias.addmm(input, weight.t())
    if input.ndim > 2 and weight.ndim == 2:
        rows = input.reshape(-1, input.shape[-1])    # one product of matrices
        return bias.addmm(rows, weight.t()).view(*input.shape[:-1], weight.shape[0])
    return input.matmul(weight.t()) + bias


class Linear(Module):
    """x (..., in_features) -> y (..., out_features):  y = x Wᵀ + b."""

    def __init__(self, in_features, out_features, bias=True, device=None, dtype=None):
        super().__init__()
        self.in_features, self.out_features = in_features, out_features
        self.weight = Parameter(empty(out_features, in_features, device=device,
                                      dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))      # ±1/√inputs
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features) if self.in_features else 0
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input):
        return linear(input, self.weight, self.bias)

    def extra_repr(self):
        return (f"in_features={self.in_features}, out_features={self.out_features}, "
                f"bias={self.bias is not None}")


class Bilinear(Module):
    """x₁ (..., I), x₂ (..., J) -> y (..., K):  y_k = x₁ W_k x₂ + b_k."""

    def __init__(self, in1_features, in2_features, out_features, bias=True,
                 device=None, dtype=None):
        super().__init__()
        self.in1_features, self.in2_features = in1_features, in2_features
        self.out_features = out_features
        self.weight = Parameter(empty(out_features, in1_features, in2_features,
                                      device=device, dtype=dtype))
        if bias:
            self.bias = Parameter(empty(out_features, device=device, dtype=dtype))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        bound = 1 / math.sqrt(self.in1_features)
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input1, input2):
        return bilinear(input1, input2, self.weight, self.bias)

    def extra_repr(self):
        return (f"in1_features={self.in1_features}, in2_features={self.in2_features}, "
                f"out_features={self.out_features}, bias={self.bias is not None}")


def bilinear(input1, input2, weight, bias=None):
    """x₁ (..., I), x₂ (..., J), W (K, I, J), b (K) -> (..., K)"""
    each = input1[..., None, None, :].matmul(weight)            # (..., K, 1, J)
    y = (each.squeeze(-2) * input2[..., None, :]).sum(-1)       # (..., K)
    return y if bias is None else y + bias


def embedding(input, weight, padding_idx=None, max_norm=None, norm_type=2.0,
              scale_grad_by_freq=False, sparse=False):
    """ids of any shape, W (V, C) -> rows of W (..., C); padding_idx sends none back."""
    if max_norm is not None or scale_grad_by_freq or sparse:
        raise NotImplementedError("an embedding here has neither max_norm nor "
                                  "scale_grad_by_freq nor sparse gradients")
    ids = input.reshape(-1)
    try:
        rows = weight.index_select(0, ids)
    except IndexError:
        raise IndexError(f"ids are {int(ids.min())} to {int(ids.max())}; the table has "
                         f"rows 0 to {len(weight) - 1}") from None
    if padding_idx is not None:
        padding = (ids == padding_idx % len(weight))[:, None]
        rows = where(padding, rows.detach(), rows)
    return rows.view(*input.shape, weight.shape[1])


class Embedding(Module):
    """ids of any shape -> rows of a table (..., C), which begin as normal numbers.

    The row padding_idx begins as zeros, and no gradient reaches it.
    """

    def __init__(self, num_embeddings, embedding_dim, padding_idx=None, max_norm=None,
                 norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None,
                 _freeze=False, device=None, dtype=None):
        super().__init__()
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        if padding_idx is not None:
            if not -num_embeddings <= padding_idx < num_embeddings:
                raise AssertionError(f"padding_idx={padding_idx} is no row of the "
                                     f"table of {num_embeddings}")
            padding_idx %= num_embeddings
        self.padding_idx, self.max_norm = padding_idx, max_norm
        self.norm_type, self.sparse = norm_type, sparse
        self.scale_grad_by_freq = scale_grad_by_freq
        if _weight is None:
            self.weight = Parameter(empty(num_embeddings, embedding_dim, device=device,
                                          dtype=dtype), requires_grad=not _freeze)
            self.reset_parameters()
        else:
            self.weight = Parameter(_weight, requires_grad=not _freeze)

    @classmethod
    def from_pretrained(cls, embeddings, freeze=True, padding_idx=None, **settings):
        """A table whose rows are given, and stay what they are unless freeze=False."""
        return cls(*embeddings.shape, padding_idx, _weight=embeddings, _freeze=freeze,
                   **settings)

    def reset_parameters(self):
        init.normal_(self.weight)
        if self.padding_idx is not None:
            with no_grad():
                self.weight[self.padding_idx] = 0

    def forward(self, input):
        return embedding(input, self.weight, self.padding_idx, self.max_norm,
                         self.norm_type, self.scale_grad_by_freq, self.sparse)

    def extra_repr(self):
        padding = ("" if self.padding_idx is None else
                   f", padding_idx={self.padding_idx}")
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


def one_hot(tensor, num_classes=-1):
    """ids of any shape -> (..., num_classes) int64, 1 at the id and 0 elsewhere.

    Without num_classes there are as many as the largest id asks for.
    """
    if tensor.dtype != int64:
        raise RuntimeError(f"one_hot takes ids of dtype int64, not {tensor.dtype}")
    if num_classes == -1:
        if tensor.numel() == 0:
            raise RuntimeError("without an id, one_hot must be told num_classes")
        num_classes = int(tensor.max()) + 1
    if tensor.numel() and not 0 <= int(tensor.min()) <= int(tensor.max()) < num_classes:
        raise RuntimeError(f"ids are {int(tensor.min())} to {int(tensor.max())}, and "
                           f"there are {num_classes} classes, from 0 on")
    return (tensor[..., None] == arange(num_classes, device=tensor.device)).to(int64)


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
    shape = input.shape[:input.ndim - ndim + 2]                  # (B, C) or (C)
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


class Identity(Module):
    """x -> x; what it is given when it is made is ignored."""

    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, input):
        return input


class Flatten(Module):
    """x (B, ...) -> (B, all others); start_dim and end_dim choose other axes."""

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__()
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input):
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self):
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Unflatten(Module):
    """One axis of x -> several."""

    def __init__(self, dim, unflattened_size):
        super().__init__()
        self.dim, self.unflattened_size = dim, unflattened_size

    def forward(self, input):
        return input.unflatten(self.dim, self.unflattened_size)

    def extra_repr(self):
        return f"dim={self.dim}, unflattened_size={self.unflattened_size}"
