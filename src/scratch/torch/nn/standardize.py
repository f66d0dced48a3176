"""Mean 0 and variance 1 over some axes, as one node: layer norm, and what others share.

    >>> from .. import tensor
    >>> x = tensor([[1.0, 2.0, 6.0]], requires_grad=True)
    >>> y = layer_norm(x, (3,))
    >>> y
    tensor([[-0.9258, -0.4629,  1.3887]], grad_fn=<NativeLayerNormBackward0>)
    >>> y[0, 0].backward()
    >>> x.grad.round(decimals=3)                     # all three numbers moved the first
    tensor([[ 0.1760, -0.2200,  0.0440]])

    x̂   (x - μ) / √(σ² + ε)    n   numbers that one mean is taken over    g   ∂loss/∂y

As in gelu.py, the value and the slope are a kernel each, and slopes of slopes come from
the definition in tensor operations. What is saved is x, μ and 1/√(σ² + ε), which x̂ is
computed from again: less memory for a little time.

Ioffe and Szegedy, ICML 2015, whose appendix has the slope; Ba and others, 2016.

Chapter: docs/torch/modules.md.
"""

import math

from ..autograd import Mode, record, records
from ..dispatch import composed
from ..tensor import wrap
from .gelu import WIDE, in_rows


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """x (..., *normalized_shape) -> γ (x - μ) / √(σ² + ε) + β, over those axes"""
    shape = tuple(normalized_shape)
    if not shape or input.shape[-len(shape):] != shape:
        raise RuntimeError(f"x is {tuple(input.shape)}, and its last axes should be "
                           f"{shape}")
    for name, each in (("weight", weight), ("bias", bias)):
        if each is not None and each.shape != shape:
            raise RuntimeError(f"the {name} is {tuple(each.shape)}; {shape} was "
                               "expected")
    axes = tuple(range(input.ndim - len(shape), input.ndim))
    return standardized(input, axes, weight, bias, eps, "NativeLayerNormBackward0")[0]


def standardized(x, axes, weight, bias, eps, label):
    """x -> γ (x - μ) / √(σ² + ε) + β, μ and σ² over axes; and μ and σ².

    γ and β broadcast to x, or are None.
    """
    if x.dtype not in WIDE:
        if not x.is_floating_point():
            raise RuntimeError(f"normalisation is of floats, and x is {x.dtype}")
        wide = [None if each is None else each.float() for each in (x, weight, bias)]
        y, mean, var = standardized(wide[0], axes, *wide[1:], eps, label)
        return y.to(x.dtype), mean, var
    backend, n = x.storage.backend, math.prod([x.shape[axis] for axis in axes])
    x_hat, mean, var, inv_std = backend["standardize"](in_rows(x), axes, n, eps)
    y = x_hat
    if weight is not None:
        y = backend["mul"](x_hat, weight.native)
    if bias is not None:
        y = backend["add"](y, bias.native, y if y is not x_hat else None)
    y, mean, var, inv_std = (wrap(each, x.dtype, backend)
                             for each in (y, mean, var, inv_std))
    if records(x, weight, bias):
        saved = x, mean, inv_std
        record(y, label, (x, towards_x, weight, *saved, axes, n, eps),
               (weight, towards_weight, *saved, axes, n, eps),
               (bias, towards_bias))
    return y, mean, var


def hat(x, axes, n, eps):
    """x̂ and 1 / √(σ² + ε), in tensor operations"""
    centred = x - x.sum(axes, keepdim=True) / n
    inv_std = (centred.square().sum(axes, keepdim=True) / n + eps).rsqrt()
    return centred * inv_std, inv_std


def towards_x(g, weight, x, mean, inv_std, axes, n, eps):
    """d_x = inv_std (d_x̂ - mean(d_x̂) - x̂ mean(d_x̂ x̂)), where d_x̂ = g γ

    Each x moved μ, and σ, too; the two means are what came back from there.
    """
    d = g if weight is None else g * weight
    if Mode.grad:
        x_hat, inv_std = hat(x, axes, n, eps)
        via_mean = d.sum(axes, keepdim=True) / n
        via_var = x_hat * ((d * x_hat).sum(axes, keepdim=True) / n)
        return inv_std * (d - via_mean - via_var)
    backend = x.storage.backend
    return wrap(backend["standardize_back"](
        in_rows(d), in_rows(x), mean.native, inv_std.native, axes, n), x.dtype, backend)


def towards_weight(g, x, mean, inv_std, axes, n, eps):
    """g x̂, which autograd sums to the shape of γ"""
    return g * (hat(x, axes, n, eps)[0] if Mode.grad else (x - mean) * inv_std)


def towards_bias(g):
    return g


@composed
def standardize(backend):
    """x -> x̂, μ, σ², 1 / √(σ² + ε)"""
    mul, add, sub, div = (backend[name] for name in ("mul", "add", "sub", "div"))
    total, rsqrt = backend["sum"], backend["rsqrt"]

    def kernel(x, axes, n, eps):
        mean = div(total(x, axes, True), float(n))
        x_hat = sub(x, mean)
        var = div(total(mul(x_hat, x_hat), axes, True), float(n))
        inv_std = rsqrt(add(var, eps))
        return mul(x_hat, inv_std, x_hat), mean, var, inv_std
    return kernel


@composed
def standardize_back(backend):
    """d_x̂, x, μ, 1 / √(σ² + ε) -> d_x"""
    mul, sub, div, total = (backend[name] for name in ("mul", "sub", "div", "sum"))

    def kernel(d, x, mean, inv_std, axes, n):
        x_hat = sub(x, mean)
        x_hat = mul(x_hat, inv_std, x_hat)
        via_mean = div(total(d, axes, True), float(n))
        via_var = div(total(mul(d, x_hat), axes, True), float(n))
        x_hat = mul(x_hat, via_var, x_hat)
        left = sub(sub(d, via_mean), x_hat, x_hat)
        return mul(left, inv_std, left)
    return kernel
