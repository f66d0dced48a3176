"""GELU: x times the share of the normal distribution that lies below x, as one node.

    >>> from .. import tensor
    >>> x = tensor([-2.0, 0.0, 2.0], requires_grad=True)
    >>> y = gelu(x)
    >>> y
    tensor([-0.0455,  0.0000,  1.9545], grad_fn=<GeluBackward0>)
    >>> y.sum().backward()
    >>> x.grad
    tensor([-0.0852,  0.5000,  1.0852])

    Φ, φ   the normal distribution's function, and its density, the slope of Φ
    t      tanh(√(2/π) (x + 0.044715 x³)), of which (1 + t) / 2 is nearly Φ
    g      ∂loss/∂y

Written in tensor operations it would be eight nodes, each with its saved tensors and
its own pass through new memory. Here the value is one kernel and the slope another,
made of the backend's primitive ones, which write over their own results. A backend may
have better ones under these names.

Slopes of slopes: where the graph of a gradient is wanted (create_graph), the slope is
computed by its definition, in tensor operations, which record themselves. It is also
what the kernel is tested against.

Hendrycks and Gimpel, Gaussian error linear units, 2016.

Chapter: docs/torch/modules.md.
"""

import math

from ..autograd import Mode, record, records
from ..dispatch import composed
from ..dtypes import float32, float64
from ..operands import alike, as_one
from ..tensor import wrap

K, A = math.sqrt(2 / math.pi), 0.044715    # of the approximation
WIDE = (float32, float64)                  # dtypes that are computed as they are


def gelu(input, *, approximate="none"):
    """x Φ(x), or with "tanh" x (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2"""
    if approximate not in ("none", "tanh"):
        raise RuntimeError(f"approximate is 'none' or 'tanh', not {approximate!r}")
    if input.dtype not in WIDE:
        if not input.is_floating_point():
            raise NotImplementedError(f"gelu is of floats, and x is {input.dtype}")
        return gelu(input.float(), approximate=approximate).to(input.dtype)
    if not input.shape:
        return gelu(input.view(1), approximate=approximate).view(())
    backend, kind = input.storage.backend, f"gelu_{approximate}"
    y, share = (wrap(each, input.dtype, backend)
                for each in backend[kind](in_rows(input)))
    y = y if input.packed else as_one(alike(y, input), input)
    if records(input):
        record(y, "GeluBackward0", (input, gelu_back, input, share, approximate))
    return y


def gelu_back(g, x, share, approximate):
    """g (Φ + x φ), Φ and φ approximate or not; share is what was kept of Φ."""
    if Mode.grad:
        if approximate == "none":
            cdf = ((x / math.sqrt(2)).erf() + 1) / 2
            return g * (cdf + x * (-x * x / 2).exp() / math.sqrt(2 * math.pi))
        t = (K * (x + A * x**3)).tanh()
        return g * ((1 + t) / 2 + x * (1 - t * t) / 2 * K * (1 + 3 * A * x * x))
    backend = x.storage.backend
    return wrap(backend[f"gelu_{approximate}_back"](
        in_rows(g), in_rows(x), share.native), x.dtype, backend)


def in_rows(x):
    """The native of x, its elements row after row, as results of kernels lie."""
    return x.native if x.packed else x.detach().contiguous().native


@composed
def gelu_tanh(backend):
    """x -> x (1 + t) / 2, t"""
    mul, add, tanh = backend["mul"], backend["add"], backend["tanh"]

    def kernel(x):
        t = mul(x, x)
        t = mul(add(mul(t, K * A, t), K, t), x, t)    # K (x + A x³)
        t = tanh(t, t)
        y = add(t, 1.0)
        return mul(mul(y, x, y), 0.5, y), t
    return kernel


@composed
def gelu_tanh_back(backend):
    """g, x, t -> g ((1 + t) / 2 + x (1 - t²) / 2 · K (1 + 3 A x²))"""
    mul, add, sub = backend["mul"], backend["add"], backend["sub"]

    def kernel(g, x, t):
        d = mul(x, x)
        d = mul(add(mul(d, 3 * K * A, d), K, d), x, d)
        s = mul(t, t)
        d = mul(d, sub(1.0, s, s), d)
        d = add(add(d, t, d), 1.0, d)
        return mul(mul(d, 0.5, d), g, d)
    return kernel


@composed
def gelu_none(backend):
    """x -> x Φ(x), Φ(x)"""
    mul, add, erf = backend["mul"], backend["add"], backend["erf"]

    def kernel(x):
        cdf = erf(mul(x, math.sqrt(0.5)))
        cdf = mul(add(cdf, 1.0, cdf), 0.5, cdf)
        return mul(x, cdf), cdf
    return kernel


@composed
def gelu_none_back(backend):
    """g, x, Φ -> g (Φ + x φ(x))"""
    mul, add, exp = backend["mul"], backend["add"], backend["exp"]

    def kernel(g, x, cdf):
        d = mul(x, x)
        d = exp(mul(d, -0.5, d), d)
        d = mul(mul(d, 1 / math.sqrt(2 * math.pi), d), x, d)
        return mul(add(d, cdf, d), g, d)
    return kernel
