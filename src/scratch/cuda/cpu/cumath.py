"""PyCUDA's functions of whole arrays for the CPU engine, by NumPy.

    >>> import numpy as np
    >>> sqrt(gpuarray.to_gpu(np.float32([4, 9])))
    array([2., 3.], dtype=float32)
    >>> modf(gpuarray.to_gpu(np.float32([2.5])))
    (array([0.5], dtype=float32), array([2.], dtype=float32))
"""

import numpy as np

from . import gpuarray

__all__ = ["acos", "asin", "atan", "ceil", "cos", "cosh", "exp", "fabs", "floor",
           "fmod", "frexp", "ldexp", "log", "log10", "modf", "sin", "sinh", "sqrt",
           "tan", "tanh"]


def _elementwise(function):
    """PyCUDA's function of one array, made of NumPy's."""
    def apply(array, stream_or_out=None, *, out=None, stream=None):
        if isinstance(stream_or_out, gpuarray.GPUArray):
            out = stream_or_out
        with np.errstate(all="ignore"):      # a GPU makes nan and inf without a warning
            result = function(array.host)
        return gpuarray.holding(result, out)
    apply.__doc__ = f"{function.__name__} of every element -> GPUArray."
    return apply


fabs = _elementwise(np.fabs)
ceil = _elementwise(np.ceil)
floor = _elementwise(np.floor)
exp = _elementwise(np.exp)
log = _elementwise(np.log)
log10 = _elementwise(np.log10)
sqrt = _elementwise(np.sqrt)
sin = _elementwise(np.sin)
cos = _elementwise(np.cos)
tan = _elementwise(np.tan)
asin = _elementwise(np.arcsin)
acos = _elementwise(np.arccos)
atan = _elementwise(np.arctan)
sinh = _elementwise(np.sinh)
cosh = _elementwise(np.cosh)
tanh = _elementwise(np.tanh)


def fmod(arg, mod, stream=None):
    """The remainder of arg / mod, with the sign of arg."""
    return gpuarray.holding(np.fmod(arg.host, mod.host))


def frexp(arg, stream=None):
    """arg = significand · 2^exponent -> (significands, exponents), of arg's type."""
    significand, exponent = np.frexp(arg.host)
    return gpuarray.holding(significand), gpuarray.holding(exponent.astype(arg.dtype))


def ldexp(significand, exponent, stream=None):
    """significand · 2^exponent."""
    return gpuarray.holding(np.ldexp(significand.host, exponent.host.astype(np.int32)))


def modf(arg, stream=None):
    """(fractional parts, whole parts)."""
    fraction, whole = np.modf(arg.host)
    return gpuarray.holding(fraction), gpuarray.holding(whole)
