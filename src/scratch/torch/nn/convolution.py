"""Convolutions: the same small sum of products at every place.

    >>> from .. import tensor
    >>> x = tensor([[[1.0, 2.0, 4.0, 8.0]]])           # (B, C, T)
    >>> conv1d(x, tensor([[[-1.0, 1.0]]]))             # each minus the one before
    tensor([[[1., 2., 4.]]])
    >>> Conv2d(3, 16, 5, padding=2)
    Conv2d(3, 16, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))

    B  examples    C  channels    K  places of a kernel    T  positions; for images
    G  groups      O  output channels                      height and width

A convolution is a product of matrices: windows() lays out what the kernel sees at each
place, K numbers of each channel, and each row of the weight is multiplied with that. It
takes K times the memory of x, and works for any number of axes.

LeCun and others, Backpropagation applied to handwritten zip code recognition, 1989.

Left out: transposed convolutions, convolutions over three axes.

Chapter: docs/torch/modules.md.
"""

import itertools
import math

from .. import empty, stack
from . import init
from .module import Module
from .padding import PLACES, around, pad, times
from .parameter import Parameter


def windows(x, kernel, stride, dilation):
    """x (B, C, *places) -> (B, C, K, *outputs): what a kernel sees at each place."""
    outputs = [(size - each * (k - 1) - 1) // step + 1 for size, k, step, each
               in zip(x.shape[2:], kernel, stride, dilation)]
    if min(outputs) < 1:
        raise RuntimeError(f"a kernel of {kernel} does not fit into "
                           f"{tuple(x.shape[2:])}")
    seen = []
    for at in itertools.product(*map(range, kernel)):
        cut = tuple(slice(each * n, each * n + step * (out - 1) + 1, step) for n, each,
                    step, out in zip(at, dilation, stride, outputs))
        seen.append(x[(slice(None), slice(None), *cut)])
    return stack(seen, 2)


def convolution(input, weight, bias, stride, padding, dilation, groups, axes):
    """x (B, C, ...) or (C, ...), weight (O, C / G, *kernel) -> (B, O, ...)"""
    if input.ndim not in (axes + 1, axes + 2):
        raise RuntimeError(f"x is {tuple(input.shape)}; a batch of channels with "
                           f"{axes} more axes, or one example, was expected")
    x = input if input.ndim == axes + 2 else input.unsqueeze(0)
    outputs, share, *kernel = weight.shape
    if x.shape[1] != share * groups or outputs % groups:
        raise RuntimeError(f"x is {tuple(input.shape)}, and the weight "
                           f"{tuple(weight.shape)} in {groups} groups takes "
                           f"{share * groups} channels")
    stride, dilation = times(stride, axes), times(dilation, axes)
    x = pad(x, around(padding, kernel, stride, dilation))
    seen = windows(x, kernel, stride, dilation)                # (B, C, K, *places)
    B, C, K, *places = seen.shape
    columns = seen.reshape(B, groups, C // groups * K, -1)     # (B, G, C // G * K, n)
    rows = weight.reshape(groups, outputs // groups, -1)       # (G, O // G, C // G * K)
    y = rows.matmul(columns).reshape(B, outputs, *places)
    if bias is not None:
        y = y + bias.view(-1, *[1] * axes)
    return y if input.ndim == axes + 2 else y.squeeze(0)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x (B, C, T), weight (O, C / G, K) -> (B, O, T')"""
    return convolution(input, weight, bias, stride, padding, dilation, groups, 1)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """x (B, C, h, w), weight (O, C / G, kh, kw) -> (B, O, h', w')"""
    return convolution(input, weight, bias, stride, padding, dilation, groups, 2)


class Conv(Module):
    """What Conv1d and Conv2d share: x (B, C, ...) -> (B, O, ...)."""

    axes = 1

    def __init__(self, in_channels, out_channels, kernel_size, stride=1, padding=0,
                 dilation=1, groups=1, bias=True, padding_mode="zeros", device=None,
                 dtype=None):
        super().__init__()
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(f"{in_channels} and {out_channels} channels do not divide "
                             f"into {groups} groups")
        if padding_mode not in ("zeros", *PLACES):
            raise ValueError("padding_mode is 'zeros', "
                             f"{', '.join(map(repr, PLACES))}; not {padding_mode!r}")
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride = (times(each, self.axes)
                                         for each in (kernel_size, stride))
        self.padding = (padding if isinstance(padding, str) else
                        times(padding, self.axes))
        self.dilation, self.groups = times(dilation, self.axes), groups
        self.padding_mode = padding_mode
        around(padding, self.kernel_size, self.stride, self.dilation)    # or it refuses
        kind = {"device": device, "dtype": dtype}
        self.weight = Parameter(empty(out_channels, in_channels // groups,
                                      *self.kernel_size, **kind))
        if bias:
            self.bias = Parameter(empty(out_channels, **kind))
        else:
            self.register_parameter("bias", None)
        self.reset_parameters()

    def reset_parameters(self):
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))
        if self.bias is not None:
            fan_in = math.prod(self.weight.shape[1:])
            if fan_in:
                init.uniform_(self.bias, -1 / math.sqrt(fan_in), 1 / math.sqrt(fan_in))

    def forward(self, input):
        padding = self.padding
        if self.padding_mode != "zeros":
            ends = around(padding, self.kernel_size, self.stride, self.dilation)
            input, padding = pad(input, ends, self.padding_mode), 0
        return convolution(input, self.weight, self.bias, self.stride, padding,
                           self.dilation, self.groups, self.axes)

    def extra_repr(self):
        ones = (1,) * self.axes
        said = [f"{self.in_channels}, {self.out_channels}, kernel_size="
                f"{self.kernel_size}, stride={self.stride}"]
        if self.padding != (0,) * self.axes:
            said.append(f"padding={self.padding}")
        if self.dilation != ones:
            said.append(f"dilation={self.dilation}")
        if self.groups != 1:
            said.append(f"groups={self.groups}")
        if self.bias is None:
            said.append("bias=False")
        if self.padding_mode != "zeros":
            said.append(f"padding_mode={self.padding_mode}")
        return ", ".join(said)


class Conv1d(Conv):
    """x (B, C, T) -> (B, O, T')"""


class Conv2d(Conv):
    """x (B, C, h, w) -> (B, O, h', w')"""

    axes = 2
