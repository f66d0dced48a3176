"""What the table may compose of other kernels, in one each: where training is long.

softmax, log_softmax, standardize and gelu_tanh, and their slopes, of float32 in rows,
and a step of Adam. Of other numbers they are composed, as for every backend.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from ... import dtypes
from ...dispatch import COMPOSED
from ...storage import numel
from .elementwise import empty
from .machine import address, kernel
from .numbered import in_rows


def simple(*views):
    """Whether all are float32, with axes, row after row, and there are some."""
    return all([each.dtype is dtypes.float32 and each.shape for each in views]) and (
        0 not in views[0].shape and in_rows(*views))


def add(kernels):
    composed = {}

    def otherwise(name, *arguments, **settings):
        if name not in composed:
            composed[name] = COMPOSED[name](kernels)
        return composed[name](*arguments, **settings)

    def along_rows(name):
        def of_rows(a, axis):
            if not simple(a) or axis % len(a.shape) != len(a.shape) - 1:
                return otherwise(name, a, axis)
            y, n = empty(a.shape, a.dtype), a.shape[-1]
            kernel(name)(address(a), address(y), numel(a.shape) // n, n)
            return y
        return of_rows

    def standardize(x, axes, n, eps):
        """x -> x̂, μ, σ², 1 / √(σ² + ε)"""
        if not simple(x) or axes != (len(x.shape) - 1,):
            return otherwise("standardize", x, axes, n, eps)
        y, *rest = [empty(shape, x.dtype)
                    for shape in (x.shape, *[(*x.shape[:-1], 1)] * 3)]
        kernel("standardize")(address(x), address(y), *map(address, rest),
                              numel(x.shape) // n, n, eps)
        return y, *rest

    def standardize_back(d, x, mean, inv_std, axes, n):
        """d_x̂, x, μ, 1 / √(σ² + ε) -> d_x"""
        if not simple(d, x, mean, inv_std) or axes != (len(x.shape) - 1,):
            return otherwise("standardize_back", d, x, mean, inv_std, axes, n)
        y = empty(x.shape, x.dtype)
        kernel("standardize_back")(*map(address, (d, x, mean, inv_std, y)),
                                   numel(x.shape) // n, n)
        return y

    def gelu_tanh(x):
        """x -> x (1 + t) / 2, t"""
        if not simple(x):
            return otherwise("gelu_tanh", x)
        y, t = empty(x.shape, x.dtype), empty(x.shape, x.dtype)
        kernel("gelu_tanh")(address(x), address(y), address(t), numel(x.shape))
        return y, t

    def gelu_tanh_back(g, x, t):
        """g, x, t -> g ((1 + t) / 2 + x (1 - t²) / 2 · K (1 + 3 A x²))"""
        if not simple(g, x, t):
            return otherwise("gelu_tanh_back", g, x, t)
        y = empty(x.shape, x.dtype)
        kernel("gelu_tanh_back")(*map(address, (g, x, t, y)), numel(x.shape))
        return y

    def adam(g, room, p, v, s, largest=None, *, keep, beta1, beta2, root, eps, rate):
        if largest is not None or not simple(g, p, v, s):
            return otherwise("adam", g, room, p, v, s, largest, keep=keep, beta1=beta1,
                             beta2=beta2, root=root, eps=eps, rate=rate)
        kernel("adam")(*map(address, (g, p, v, s)), numel(p.shape), keep, 1 - beta1,
                       beta2, 1 - beta2, root, eps, rate)

    kernels |= {name: along_rows(name) for name in ("softmax", "log_softmax")}
    kernels |= {each.__name__: each for each in (
        standardize, standardize_back, gelu_tanh, gelu_tanh_back, adam)}
