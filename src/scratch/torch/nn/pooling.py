"""Pooling: one number, the largest or the mean, for each window of many.

    >>> from .. import tensor
    >>> x = tensor([[[1.0, 2.0, 4.0, 8.0]]])                    # (B, C, T)
    >>> max_pool1d(x, 2), avg_pool1d(x, 2)
    (tensor([[[2., 8.]]]), tensor([[[1.5000, 6.0000]]]))
    >>> MaxPool2d(2)
    MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)

    B  examples    C  channels    K  places of a window    T  positions; for images
                                                           height and width

Left out: ceil_mode, the places of the maxima (return_indices), pooling over three axes.

Chapter: docs/torch/modules.md.
"""

from .. import cat, inf
from .convolution import windows
from .module import Module
from .padding import around, pad, times


def pool(input, kernel_size, stride, padding, dilation, ceil_mode, axes, value):
    """x (B, C, ...) or (C, ...) -> windows (B, C, K, ...)"""
    if ceil_mode:
        raise NotImplementedError("pooling here has no ceil_mode; pad x instead")
    if input.ndim not in (axes + 1, axes + 2):
        raise RuntimeError(f"x is {tuple(input.shape)}; {axes + 1} or {axes + 2} axes "
                           "were expected")
    kernel = times(kernel_size, axes)
    stride = kernel if stride is None else times(stride, axes)
    if any(2 * n > k for n, k in zip(times(padding, axes), kernel)):
        raise RuntimeError(f"padding {padding} is more than half of the kernel "
                           f"{kernel}")
    dilation = times(dilation, axes)
    x = input if input.ndim == axes + 2 else input.unsqueeze(0)
    x = pad(x, around(padding, kernel, stride, dilation), value=value)
    return windows(x, kernel, stride, dilation)


def max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, axes):
    seen = pool(input, kernel_size, stride, padding, dilation, ceil_mode, axes, -inf)
    y = seen.max(2).values
    return y if input.ndim == axes + 2 else y.squeeze(0)


def avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad, axes):
    seen = pool(input, kernel_size, stride, padding, 1, ceil_mode, axes, 0)
    y = seen.mean(2)
    if padding and not count_include_pad:
        ones = input.detach() * 0 + 1
        inside = pool(ones, kernel_size, stride, padding, 1, ceil_mode, axes, 0)
        y = y / inside.mean(2)
    return y if input.ndim == axes + 2 else y.squeeze(0)


def only_values(return_indices):
    if return_indices:
        raise NotImplementedError("max pooling here gives no places of the maxima")


def max_pool1d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    only_values(return_indices)
    return max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, 1)


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False,
               return_indices=False):
    only_values(return_indices)
    return max_pool(input, kernel_size, stride, padding, dilation, ceil_mode, 2)


def avg_pool1d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True):
    return avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                    1)


def avg_pool2d(input, kernel_size, stride=None, padding=0, ceil_mode=False,
               count_include_pad=True):
    return avg_pool(input, kernel_size, stride, padding, ceil_mode, count_include_pad,
                    2)


def adaptive(input, output_size, axes, reduce):
    """Each axis cut into parts, as equal as can be, and each part reduced."""
    sizes = times(output_size, axes)
    for axis, parts in zip(range(-axes, 0), sizes):
        size = input.shape[axis]
        parts = size if parts is None else parts
        pieces = [reduce(input.narrow(axis, n * size // parts,
                                      -(-(n + 1) * size // parts) - n * size // parts),
                         axis) for n in range(parts)]
        input = cat(pieces, axis)
    return input


def adaptive_avg_pool1d(input, output_size):
    return adaptive(input, output_size, 1, lambda x, axis: x.mean(axis, keepdim=True))


def adaptive_avg_pool2d(input, output_size):
    return adaptive(input, output_size, 2, lambda x, axis: x.mean(axis, keepdim=True))


class MaxPool(Module):
    """The largest number of each window."""

    def __init__(self, kernel_size, stride=None, padding=0, dilation=1,
                 return_indices=False, ceil_mode=False):
        super().__init__()
        if return_indices:
            raise NotImplementedError("pooling here has no return_indices")
        self.kernel_size, self.stride = kernel_size, stride or kernel_size
        self.padding, self.dilation, self.ceil_mode = padding, dilation, ceil_mode

    def forward(self, input):
        return max_pool(input, self.kernel_size, self.stride, self.padding,
                        self.dilation, self.ceil_mode, self.axes)

    def extra_repr(self):
        return (f"kernel_size={self.kernel_size}, stride={self.stride}, padding="
                f"{self.padding}, dilation={self.dilation}, ceil_mode={self.ceil_mode}")


class MaxPool1d(MaxPool):
    axes = 1


class MaxPool2d(MaxPool):
    axes = 2


class AvgPool(Module):
    """The mean of each window."""

    def __init__(self, kernel_size, stride=None, padding=0, ceil_mode=False,
                 count_include_pad=True):
        super().__init__()
        self.kernel_size, self.stride = kernel_size, stride or kernel_size
        self.padding, self.ceil_mode = padding, ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, input):
        return avg_pool(input, self.kernel_size, self.stride, self.padding,
                        self.ceil_mode, self.count_include_pad, self.axes)

    def extra_repr(self):
        shown = (times(each, self.axes) if self.axes == 1 else each
                 for each in (self.kernel_size, self.stride, self.padding))
        return "kernel_size={}, stride={}, padding={}".format(*shown)


class AvgPool1d(AvgPool):
    axes = 1


class AvgPool2d(AvgPool):
    axes = 2


class AdaptiveAvgPool(Module):
    """Means of output_size parts."""

    def __init__(self, output_size):
        super().__init__()
        self.output_size = output_size

    def forward(self, input):
        return adaptive(input, self.output_size, self.axes,
                        lambda x, axis: x.mean(axis, keepdim=True))

    def extra_repr(self):
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(AdaptiveAvgPool):
    axes = 1


class AdaptiveAvgPool2d(AdaptiveAvgPool):
    axes = 2
