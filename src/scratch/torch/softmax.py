"""softmax, its logarithm, and the logarithm of the sum that it divides by.

    >>> from . import tensor
    >>> x = tensor([[0.0, 0.0], [1000.0, 0.0]])
    >>> x.softmax(1).tolist(), x.log_softmax(1)[1].tolist(), x.logsumexp(1)[1].item()
    ([[0.5, 0.5], [1.0, 0.0]], [0.0, -1000.0], 1000.0)

The largest number of the axis is subtracted first, so that no eˣ overflows; the result
is the same, since numerator and denominator shrink alike.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math

from . import dtypes
from .dispatch import dtype_of
from .graph import OUTPUT, record, records
from .operands import finish
from .reductions import spread
from .tensor import OPERATIONS, Tensor, axes, axis, operation, wrap


@operation
def softmax(x, dim=None, dtype=None):
    """eˣ / Σ eˣ along an axis: positive, and summing to 1."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = softmax_axis(x, dim, "softmax")
    y = along(x, at, "softmax")
    if records(x):
        record(y, "SoftmaxBackward0", (x, softmax_back, OUTPUT, at))
    return y


def softmax_axis(x, dim, name):
    if x.dtype.category != 2:
        raise NotImplementedError(f"{name}() is of floats, and this is {x.dtype}")
    return axis(dim, x.ndim)


def along(x, at, kernel):
    """Run a kernel along one axis that a 0-d tensor has too."""
    backend = x.storage.backend
    if not x.shape:
        flat = wrap(backend[kernel](x.reshape(1).native, 0), x.dtype, backend)
        return finish(flat.reshape(()).detach())
    if not x.numel():
        return x.new_zeros(x.shape)
    return finish(wrap(backend[kernel](x.native, at), x.dtype, backend))


def softmax_back(g, y, at):
    """y (g - Σ g y)."""
    gy = g * y
    return gy - y * gy.sum(at, keepdim=True)


@operation
def log_softmax(x, dim=None, dtype=None):
    """x - log Σ eˣ along an axis."""
    x = x if dtype is None else x.to(dtype_of(dtype))
    at = softmax_axis(x, dim, "log_softmax")
    y = along(x, at, "log_softmax")
    if records(x):
        record(y, "LogSoftmaxBackward0", (x, log_softmax_back, OUTPUT, at))
    return y


def log_softmax_back(g, y, at):
    """g - softmax · Σ g."""
    return g - y.exp() * g.sum(at, keepdim=True)


@operation
def logsumexp(x, dim, keepdim=False):
    """log Σ eˣ along axes, without overflow."""
    x = x if x.dtype.category == 2 else x.to(dtypes.Default.floating)
    dims = axes(dim, x.ndim)
    if 0 in x.shape and 0 in [x.shape[n] for n in dims]:
        return x.sum(dims, keepdim) - math.inf
    with_axes = x.detach().amax(dims, True)
    high = with_axes.masked_fill(with_axes.abs() == math.inf, 0)
    y = (x.detach() - high).exp().sum(dims, True).log() + high
    y = y if keepdim or not x.shape else y.squeeze(dims)
    y = y.detach()
    if records(x):
        record(y, "LogsumexpBackward0", (x, logsumexp_back, x, OUTPUT, dims, keepdim))
    return y


def logsumexp_back(g, x, y, dims, keepdim):
    """softmax."""
    g, y = spread(g, x.shape, dims, keepdim), spread(y, x.shape, dims, keepdim)
    return g * (x - y).exp()


for name in ("softmax", "log_softmax"):
    setattr(Tensor, name, OPERATIONS[name])
