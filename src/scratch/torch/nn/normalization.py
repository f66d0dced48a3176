"""Mean 0 and variance 1: over a batch, over an example's channels, over groups of them.

    >>> x = tensor([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
    >>> LayerNorm(3)(x).detach()                       # row by row
    tensor([[-1.2247,  0.0000,  1.2247],
            [-1.2247,  0.0000,  1.2247]])
    >>> BatchNorm1d(3)(x).detach()                     # column by column
    tensor([[-1.0000, -1.0000, -1.0000],
            [ 1.0000,  1.0000,  1.0000]])
    >>> LayerNorm(3)
    LayerNorm((3,), eps=1e-05, elementwise_affine=True, bias=True)

    B  examples    C  channels    ...  positions, or height and width    G  groups
    γ, β  weight and bias, learnt: y = γ (x - μ) / √(σ² + ε) + β

They differ in what one mean is taken over: batch norm over all examples and positions
of a channel, layer norm over the last axes of one example, group norm over the
positions of some channels of one example, instance norm over those of one. RMS norm
takes no mean away. Only batch norm makes an example's result depend on the others, so
that it keeps running statistics, to do without the others in eval.

Ioffe and Szegedy, ICML 2015; Ba and others, 2016; Wu and He, ECCV 2018; Zhang and
Sennrich, NeurIPS 2019 (RMS).

Chapter: docs/torch/modules.md.
"""

import math

from .. import finfo, no_grad, ones, tensor, zeros
from ..autograd import Function, Mode
from ..tensor import wrap
from . import init
from .gelu import in_rows
from .standardize import layer_norm, standardized
from .module import Module
from .parameter import Parameter


def rms_norm(input, normalized_shape, weight=None, eps=None):
    """x (..., *normalized_shape) -> γ x / √(mean of x² + ε), over those axes"""
    shape = checked_shape(input, normalized_shape)
    axes = tuple(range(-len(shape), 0))
    eps = finfo(input.dtype).eps if eps is None else eps
    rows = input.reshape(-1, math.prod(shape)) if input.numel() else input
    fits = input.storage.backend.get("rows_fit")
    if fits and fits(rows.native) and (weight is None or weight.dtype is input.dtype):
        gain = None if weight is None else weight.reshape(-1)
        return RMS.apply(rows, gain, eps).view(input.shape)
    return root_mean_square(input, weight, axes, eps)


def root_mean_square(x, weight, axes, eps):
    y = x * (x.square().mean(axes, keepdim=True) + eps).rsqrt()
    return y if weight is None else y * weight


class RMS(Function):
    """x (B, C), γ (C) or None -> γ x / √(mean of x² + ε), by a kernel of the backend.

    The slope of a slope comes from the definition, in tensor operations.
    """

    @staticmethod
    def forward(ctx, x, gain, eps):
        backend, ctx.eps = x.storage.backend, eps
        y, inv_rms = (wrap(each, x.dtype, backend) for each in backend["rms_norm"](
            in_rows(x), None if gain is None else in_rows(gain), eps))
        ctx.save_for_backward(x, gain, inv_rms)
        return y

    @staticmethod
    def backward(ctx, g):
        x, gain, inv_rms = ctx.saved_tensors
        if Mode.grad:
            C = x.shape[1]
            inv = (x.square().mean(1, keepdim=True) + ctx.eps).rsqrt()
            d_hat = g if gain is None else g * gain
            via_rms = x * inv.square() * (d_hat * x).sum(1, keepdim=True) / C
            d_x = inv * (d_hat - via_rms)
            return d_x, None if gain is None else (g * x * inv).sum(0), None
        backend = x.storage.backend
        slopes = backend["rms_norm_back"](in_rows(g), in_rows(x), None if gain is None
                                          else in_rows(gain), inv_rms.native)
        d_x, d_gain = (wrap(each, x.dtype, backend) for each in slopes)
        return d_x, None if gain is None else d_gain, None


def batch_norm(input, running_mean, running_var, weight=None, bias=None,
               training=False, momentum=0.1, eps=1e-5):
    """x (B, C, ...) -> y alike, channel by channel.

    In training, μ and σ² are the batch's, and the running ones, which may be None, move
    toward them by the share momentum, σ² with m - 1 in place of m; in eval, the running
    ones are used.
    """
    if input.ndim < 2:
        raise ValueError(f"batch_norm takes (B, C, ...), not {tuple(input.shape)}")
    axes = (0, *range(2, input.ndim))
    along = (-1, *[1] * (input.ndim - 2))               # from (C) to (C, 1, ...)
    weight, bias = (None if each is None else each.view(along)
                    for each in (weight, bias))
    if not training:
        if running_mean is None or running_var is None:
            raise RuntimeError("in eval, batch_norm needs running_mean and running_var")
        scale = (running_var + eps).rsqrt().view(along)
        scale = scale if weight is None else scale * weight
        y = (input - running_mean.view(along)) * scale
        return y if bias is None else y + bias
    m = input.numel() // max(input.shape[1], 1)
    if m <= 1:
        raise ValueError(f"x is {tuple(input.shape)}: one number per channel has no "
                         "variance; train on more examples, or eval() first")
    y, mean, var = standardized(input, axes, weight, bias, eps,
                                "NativeBatchNormBackward0")
    with no_grad():
        for kept, new in ((running_mean, mean), (running_var, var * (m / (m - 1)))):
            if kept is not None:
                kept.mul_(1 - momentum).add_(new.view(-1), alpha=momentum)
    return y


def group_norm(input, num_groups, weight=None, bias=None, eps=1e-5):
    """x (B, C, ...) -> y alike, over the positions of C / G neighbouring channels"""
    B, C, *places = input.shape
    if C % num_groups:
        raise RuntimeError(f"{C} channels do not divide into {num_groups} groups")
    groups = input.reshape(B, num_groups, -1)                           # (B, G, n)
    y = layer_norm(groups, groups.shape[-1:], eps=eps).reshape(input.shape)
    along = (C, *[1] * len(places))
    y = y if weight is None else y * weight.view(along)
    return y if bias is None else y + bias.view(along)


def instance_norm(input, running_mean=None, running_var=None, weight=None, bias=None,
                  use_input_stats=True, momentum=0.1, eps=1e-5):
    """x (B, C, ...) -> y alike, over the positions of each channel of each example"""
    if running_mean is not None or running_var is not None or not use_input_stats:
        raise NotImplementedError("instance_norm here keeps no running statistics")
    return group_norm(input, input.shape[1], weight, bias, eps)


def checked_shape(input, normalized_shape):
    """normalized_shape as a tuple, which must be how the shape of x ends."""
    shape = tuple(normalized_shape)
    if not shape or tuple(input.shape[-len(shape):]) != shape:
        raise RuntimeError(f"x is {tuple(input.shape)}, and its last axes should be "
                           f"{shape}")
    return shape


class LayerNorm(Module):
    """x (..., *normalized_shape) -> y alike, over those axes of each example."""

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True,
                 device=None, dtype=None):
        super().__init__()
        self.normalized_shape = as_shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        learnt(self, self.normalized_shape, elementwise_affine,
               elementwise_affine and bias, device, dtype)

    def reset_parameters(self):
        reset_learnt(self)

    def forward(self, input):
        return layer_norm(input, self.normalized_shape, self.weight, self.bias,
                          self.eps)

    def extra_repr(self):
        return (f"{self.normalized_shape}, eps={self.eps}, elementwise_affine="
                f"{self.elementwise_affine}, bias={self.bias is not None}")


class RMSNorm(Module):
    """x (..., *normalized_shape) -> y alike; eps None is the dtype's own epsilon."""

    def __init__(self, normalized_shape, eps=None, elementwise_affine=True, device=None,
                 dtype=None):
        super().__init__()
        self.normalized_shape = as_shape(normalized_shape)
        self.eps, self.elementwise_affine = eps, elementwise_affine
        learnt(self, self.normalized_shape, elementwise_affine, None, device, dtype)

    def reset_parameters(self):
        reset_learnt(self)

    def forward(self, input):
        return rms_norm(input, self.normalized_shape, self.weight, self.eps)

    def extra_repr(self):
        return (f"{self.normalized_shape}, eps={self.eps}, elementwise_affine="
                f"{self.elementwise_affine}")


class BatchNorm(Module):
    """What BatchNorm1d and BatchNorm2d share: statistics, and the numbers learnt."""

    axes = {}    # numbers of axes that x may have -> what they are called

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True,
                 track_running_stats=True, device=None, dtype=None, *, bias=True):
        super().__init__()
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        learnt(self, (num_features,), affine, affine and bias, device, dtype)
        kind = {"device": device, "dtype": dtype}
        kept = {"running_mean": zeros(num_features, **kind),
                "running_var": ones(num_features, **kind),
                "num_batches_tracked": tensor(0, device=device)}
        for name, buffer in kept.items():
            self.register_buffer(name, buffer if track_running_stats else None)

    def reset_running_stats(self):
        if self.track_running_stats:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self):
        self.reset_running_stats()
        reset_learnt(self)

    def forward(self, input):
        if input.ndim not in self.axes:
            raise ValueError(f"{self._get_name()} takes "
                             f"{' or '.join(self.axes.values())}, not a tensor of "
                             f"shape {tuple(input.shape)}")
        if input.shape[1] != self.num_features:
            raise RuntimeError(f"x is {tuple(input.shape)}, of {input.shape[1]} "
                               f"channels, and {self.num_features} were expected")
        share = 0.0 if self.momentum is None else self.momentum
        if self.training and self.track_running_stats:
            self.num_batches_tracked.add_(1)
            if self.momentum is None:                   # the mean of all batches so far
                share = 1.0 / float(self.num_batches_tracked)
        from_batch = self.training or self.running_mean is None
        remembered = not self.training or self.track_running_stats
        return batch_norm(input, self.running_mean if remembered else None,
                          self.running_var if remembered else None, self.weight,
                          self.bias, from_batch, share, self.eps)

    def _load_from_state_dict(self, state_dict, prefix, *rest):
        """Files from before PyTorch 0.4 have no num_batches_tracked: take our own."""
        key = f"{prefix}num_batches_tracked"
        if self.track_running_stats and key not in state_dict:
            state_dict[key] = self.num_batches_tracked
        super()._load_from_state_dict(state_dict, prefix, *rest)

    def extra_repr(self):
        return (f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, "
                f"affine={self.affine}, bias={self.bias is not None}, "
                f"track_running_stats={self.track_running_stats}")


class BatchNorm1d(BatchNorm):
    """x (B, C) or (B, C, T) -> y alike: each channel has mean 0, variance 1."""

    axes = {2: "(B, C)", 3: "(B, C, T)"}


class BatchNorm2d(BatchNorm):
    """x (B, C, height, width) -> y alike: each channel has mean 0, variance 1."""

    axes = {4: "(B, C, height, width)"}


class GroupNorm(Module):
    """x (B, C, ...) -> y alike: each group of channels of an example by itself."""

    def __init__(self, num_groups, num_channels, eps=1e-5, affine=True, device=None,
                 dtype=None, *, bias=True):
        super().__init__()
        if num_channels % num_groups:
            raise ValueError(f"{num_channels} channels do not divide into {num_groups} "
                             "groups")
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        learnt(self, (num_channels,), affine, affine and bias, device, dtype)

    def reset_parameters(self):
        reset_learnt(self)

    def forward(self, input):
        return group_norm(input, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self):
        return (f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine="
                f"{self.affine}, bias={self.bias is not None}")


def as_shape(size):
    return (size,) if isinstance(size, int) else tuple(size)


def learnt(module, shape, weight, bias, device, dtype):
    """Give a module γ = 1 and β = 0, or None; no bias at all where bias is None."""
    kind = {"device": device, "dtype": dtype}
    module.register_parameter(
        "weight", Parameter(ones(shape, **kind)) if weight else None)
    if bias is not None:
        module.register_parameter(
            "bias", Parameter(zeros(shape, **kind)) if bias else None)


def reset_learnt(module):
    if module.weight is not None:
        init.ones_(module.weight)
    if getattr(module, "bias", None) is not None:
        init.zeros_(module.bias)
