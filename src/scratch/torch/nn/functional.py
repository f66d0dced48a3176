"""torch.nn.functional: the layers without their memory, functions of tensors alone.

    >>> from .. import tensor
    >>> import math
    >>> logits = tensor([[0.0, math.log(3.0)]])
    >>> softmax(logits, dim=1)
    tensor([[0.2500, 0.7500]])
    >>> cross_entropy(logits, tensor([1]))             # -ln 0.75
    tensor(0.2877)
    >>> normalize(tensor([[3.0, 4.0]]))
    tensor([[0.6000, 0.8000]])

Each stands beside the layer that calls it: activations.py, layers.py, losses.py, and so
on. Those whose derivative is worth a formula of its own have a module too: gelu.py,
standardize.py, cross_entropy.py. Here all have the name by which
`import torch.nn.functional as F` finds them.

Chapter: docs/torch/modules.md.
"""

from types import FunctionType

from .. import empty_like, zeros_like
from ..tensor import of_tensors as _of_tensors
from .activations import (
    celu, elu, gelu, glu, hardsigmoid, hardswish, hardtanh, leaky_relu, log_softmax,
    logsigmoid, mish, prelu, relu, relu6, selu, sigmoid, silu, softmax, softmin,
    softplus, softsign, tanh, tanhshrink, threshold)
from .attention import scaled_dot_product_attention
from .convolution import conv1d, conv2d
from .dropout import dropout, dropout1d, dropout2d
from .embedding import embedding, one_hot
from .layers import bilinear, linear
from .losses import (
    binary_cross_entropy, binary_cross_entropy_with_logits, cosine_embedding_loss,
    cosine_similarity, cross_entropy, hinge_embedding_loss, huber_loss, kl_div, l1_loss,
    margin_ranking_loss, mse_loss, nll_loss, pairwise_distance, smooth_l1_loss,
    soft_margin_loss, triplet_margin_loss)
from .normalization import (
    batch_norm, group_norm, instance_norm, layer_norm, rms_norm)
from .padding import pad
from .pooling import (
    adaptive_avg_pool1d, adaptive_avg_pool2d, avg_pool1d, avg_pool2d, max_pool1d,
    max_pool2d)


def normalize(input, p=2.0, dim=1, eps=1e-12):
    """x / its p-norm over dim, so that every row (or column) has the length 1."""
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def gumbel_softmax(logits, tau=1, hard=False, dim=-1):
    """A draw from softmax(logits), made soft: its gradient reaches the logits.

    hard gives ones and zeros, and the gradient of the soft numbers. Jang and others,
    ICLR 2017; Maddison and others, ICLR 2017.
    """
    noise = -empty_like(logits).exponential_().log()
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    first = soft.argmax(dim, keepdim=True)
    return zeros_like(soft).scatter_(dim, first, 1.0) - soft.detach() + soft


globals().update({name: _of_tensors(function, __name__)    # and of no list
                  for name, function in list(globals().items())
                  if isinstance(function, FunctionType) and name[0] != "_"})


def __getattr__(name):
    raise AttributeError(f"scratch.torch has no torch.nn.functional.{name}")
