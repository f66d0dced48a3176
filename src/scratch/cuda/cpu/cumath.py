"""PyCUDA's functions of whole arrays for the CPU engine, by NumPy.

    >>> import numpy as np
    >>> sqrt(gpuarray.to_gpu(np.float32([4, 9])))
    array([2., 3.], dtype=float32)
    >>> modf(gpuarray.to_gpu(np.float32([2.5])))
    (array([0.5], dtype=float32), array([2.], dtype=float32))
"""

import numpy as np

from . import gpuarray

NAMES = {"fabs": "fabs", "ceil": "ceil", "floor": "floor", "exp": "exp", "log": "log",
         "log10": "log10", "sqrt": "sqrt", "sin": "sin", "cos": "cos", "tan": "tan",
         "asin": "arcsin", "acos": "arccos", "atan": "arctan", "sinh": "sinh",
         "cosh": "cosh", "tanh": "tanh"}


def elementwise(name):
    """PyCUDA's function of one array, made of NumPy's."""
    def function(array, stream_or_out=None, *, out=None, stream=None):
        if isinstance(stream_or_out, gpuarray.GPUArray):
            out = stream_or_out
        with np.errstate(all="ignore"):      # a GPU makes nan and inf without a word
            result = getattr(np, name)(array.host)
        return gpuarray.holding(result, out)
    function.__doc__ = f"{name} of every element -> GPUArray."
    return function


for ours, theirs in NAMES.items():
    globals()[ours] = elementwise(theirs)


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
