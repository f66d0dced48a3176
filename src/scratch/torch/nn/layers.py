"""Layers that mix or rearrange: Linear, Bilinear, Flatten, Unflatten, Identity.

    >>> from .. import ones
    >>> layer = Linear(3, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(ones(4, 3)).shape                        # y = x Wᵀ + b, for each row
    torch.Size([4, 2])
    >>> Flatten()(ones(4, 3, 2)).shape
    torch.Size([4, 6])

    B  examples    I, J  inputs    K  outputs

Numbers begin as PyTorch's do, drawn in its order from the global generator, so that one
seed makes one network in either: weights and biases uniform between ±1/√inputs.

Chapter: docs/torch/modules.md.
"""

import math

from .. import empty
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
    if input.ndim == 1 and weight.ndim == 2:
        return bias.addmm(input.unsqueeze(0), weight.t()).view(weight.shape[0])
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
