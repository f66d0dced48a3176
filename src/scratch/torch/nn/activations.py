"""What stands between two linear maps: tanh, ReLU, GELU, softmax and their relatives.

    >>> from .. import tensor
    >>> x = tensor([-2.0, 0.0, 2.0])
    >>> relu(x), leaky_relu(x, 0.1)
    (tensor([0., 0., 2.]), tensor([-0.2000,  0.0000,  2.0000]))
    >>> gelu(x)                                        # x times the share below x
    tensor([-0.0455,  0.0000,  1.9545])
    >>> Softmax(dim=0)(x).sum()
    tensor(1.)
    >>> LeakyReLU(0.1)
    LeakyReLU(negative_slope=0.1)

    x   a tensor of any shape; the result has the same, but for glu
    Φ   the distribution function of the standard normal distribution
    σ   1 / (1 + e⁻ˣ)

Each is a function here, and under it the module of torch.nn that calls it, so that it
can stand in a Sequential. inplace=True overwrites x, and so saves its memory.

Nair and Hinton, ICML 2010 (ReLU); Clevert and others, ICLR 2016 (ELU); Hendrycks and
Gimpel, 2016 (GELU and SiLU); Klambauer and others, NIPS 2017 (SELU); Dauphin and
others, ICML 2017 (GLU); Misra, BMVC 2020 (Mish).

Chapter: docs/torch/modules.md.
"""

import warnings

from .. import bool as bool_, where, zeros_like
from ..operands import as_copy, as_one, convert_number
from .gelu import gelu
from .module import Module
from .parameter import Parameter


def relu(input, inplace=False):
    """max(0, x)"""
    return input.relu_() if inplace else input.relu()


def relu6(input, inplace=False):
    """min(max(0, x), 6)"""
    return hardtanh(input, 0.0, 6.0, inplace)


def leaky_relu(input, negative_slope=0.01, inplace=False):
    """x above 0, and a small multiple of x below"""
    x = kept(of_floats(input, "leaky_relu"), inplace)
    return written(as_one(where(x > 0, x, x * negative_slope), x), input, inplace)


def prelu(input, weight):
    """leaky_relu whose slope is learnt; one weight, or one for each channel (dim 1)."""
    if weight.numel() > 1 and input.ndim > 1:
        weight = weight.view(-1, *[1] * (input.ndim - 2))
    weight = weight if input.shape else weight.view(())
    return as_copy(where(input > 0, input, input * weight), input)


def elu(input, alpha=1.0, inplace=False):
    """x above 0, and α (eˣ - 1) below, which levels off at -α"""
    x = kept(of_floats(input, "elu"), inplace)
    below = alpha * x.clamp(max=0).expm1()    # no eˣ where it would overflow
    return written(as_one(where(x <= 0, below, x), x), input, inplace)


def selu(input, inplace=False):
    """elu with the two constants that keep mean 0 and variance 1 from layer to layer"""
    alpha, scale = 1.6732632423543772, 1.0507009873554805
    x = kept(of_floats(input, "selu"), inplace)
    return written(as_one(scale * elu(x, alpha), x), input, inplace)


def celu(input, alpha=1.0, inplace=False):
    """max(0, x) + min(0, α (eˣᐟᵅ - 1))"""
    x = kept(of_floats(input, "celu"), inplace)
    below = alpha * (x.clamp(max=0) / alpha).expm1()
    return written(as_one(where(x <= 0, below, x), x), input, inplace)


def silu(input, inplace=False):
    """x σ(x), also called swish"""
    x = kept(of_floats(input, "silu"), inplace)
    return written(x * x.sigmoid(), input, inplace)


def mish(input, inplace=False):
    """x tanh(ln(1 + eˣ))"""
    x = kept(of_floats(input, "mish"), inplace)
    return written(as_one(x * softplus(x).tanh(), x), input, inplace)


def softplus(input, beta=1.0, threshold=20.0):
    """ln(1 + eᵝˣ) / β, a relu without a corner; x itself once βx is above threshold"""
    scaled = of_floats(input, "softplus") * beta
    soft = scaled.clamp(max=threshold).exp().log1p() / beta
    return as_one(where(scaled > threshold, input, soft), input)


def logsigmoid(input):
    """ln σ(x), without taking the logarithm of a 0"""
    x = of_floats(input, "logsigmoid").contiguous()
    return x.minimum(zeros_like(x)) - (-x.abs()).exp().log1p()


def hardtanh(input, min_val=-1.0, max_val=1.0, inplace=False):
    """x, kept between min_val and max_val, where its slope is 0 already"""
    if input.dtype is bool_:
        raise RuntimeError("hardtanh() is of numbers, and these are bools")
    x = kept(input, inplace)
    min_val, max_val = (convert_number(each, x.dtype) for each in (min_val, max_val))
    outside = (x <= min_val) | (x >= max_val)
    y = where(outside, x.detach().clamp(min_val, max_val), x)
    return written(as_copy(y, x), input, inplace)


def hardsigmoid(input, inplace=False):
    """0 up to -3, 1 from 3 on, and the straight line between"""
    x = kept(of_floats(input, "hardsigmoid"), inplace)
    return written(as_one(hardtanh(x, -3.0, 3.0) / 6 + 0.5, x), input, inplace)


def hardswish(input, inplace=False):
    """0 up to -3, x from 3 on, and between them x (x + 3) / 6"""
    x = kept(of_floats(input, "hardswish"), inplace)
    y = where(x <= -3, 0.0, where(x < 3, x * (x + 3) / 6, x))
    return written(as_one(y, x), input, inplace)


def softsign(input):
    """x / (1 + |x|)"""
    return input / (input.abs() + 1)


def tanhshrink(input):
    """x - tanh x"""
    return input - input.tanh()


def threshold(input, threshold, value, inplace=False):
    """x above the threshold, and value elsewhere"""
    x = kept(input, inplace)
    threshold, value = (convert_number(each, x.dtype) for each in (threshold, value))
    return written(as_one(where(x <= threshold, value, x), x), input, inplace)


def of_floats(input, name):
    """input; NotImplementedError for whole numbers, as PyTorch has it."""
    if input.is_floating_point():
        return input
    raise NotImplementedError(f"{name}() is of floats, and these are {input.dtype}; "
                              "make them some with .float()")


def kept(input, inplace):
    """input, or a copy of it for its slope, if input is going to be overwritten."""
    return input.clone() if inplace and input.requires_grad else input


def written(result, input, inplace):
    """result, or, if asked for, input with the result written over it."""
    return input.copy_(result) if inplace else result


def tanh(input):
    return input.tanh()


def sigmoid(input):
    return input.sigmoid()


def softmax(input, dim=None, _stacklevel=3, dtype=None):
    """eˣ / Σ eˣ along dim: positive, and summing to 1"""
    return input.softmax(usual_dim(input, dim), dtype=dtype)


def log_softmax(input, dim=None, _stacklevel=3, dtype=None):
    """ln softmax(x), computed without the softmax"""
    return input.log_softmax(usual_dim(input, dim), dtype=dtype)


def usual_dim(input, dim):
    """dim, or, with a warning, the one that PyTorch takes if there is none."""
    if dim is not None:
        return dim
    warnings.warn("softmax is along one axis: say which, dim=-1 for instance",
                  stacklevel=4)
    return 0 if input.ndim in (0, 1, 3) else 1


def softmin(input, dim=None, _stacklevel=3, dtype=None):
    """softmax(-x)"""
    return softmax(-input, dim, dtype=dtype)


def glu(input, dim=-1):
    """The first half of the channels, each times σ of its partner in the second half"""
    if input.shape[dim] % 2:
        raise RuntimeError(f"glu halves dim {dim}, whose size {input.shape[dim]} is "
                           "odd")
    a, b = input.chunk(2, dim)
    return a * b.sigmoid()


class Activation(Module):
    """A function of x and of settings, which are the module's attributes.

    A subclass names its function, and the settings with their default values.
    """

    settings = {}

    def __init__(self, *values, **named):
        super().__init__()
        for name, value in zip(self.settings, values):
            if name in named:
                raise TypeError(f"{self._get_name()} is given {name} twice")
            named[name] = value
        if len(values) > len(self.settings) or not named.keys() <= self.settings.keys():
            takes = ", ".join(self.settings) or "nothing"
            given = [*map(repr, values), *(f"{name}=" for name in named)]
            raise TypeError(f"{self._get_name()} takes {takes}; it was given "
                            f"{', '.join(given)}")
        for name, default in self.settings.items():
            setattr(self, name, named.get(name, default))

    def forward(self, input):
        return self.function(input, **{name: getattr(self, name)
                                       for name in self.settings})

    def extra_repr(self):
        """All but inplace, which is told of where it is true."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self.settings
                         if name != "inplace" or self.inplace)


class Tanh(Activation):
    function = staticmethod(tanh)


class Sigmoid(Activation):
    function = staticmethod(sigmoid)


class LogSigmoid(Activation):
    function = staticmethod(logsigmoid)


class Softsign(Activation):
    function = staticmethod(softsign)


class Tanhshrink(Activation):
    function = staticmethod(tanhshrink)


class ReLU(Activation):
    function, settings = staticmethod(relu), {"inplace": False}


class ReLU6(Activation):
    function, settings = staticmethod(relu6), {"inplace": False}


class LeakyReLU(Activation):
    function = staticmethod(leaky_relu)
    settings = {"negative_slope": 0.01, "inplace": False}


class ELU(Activation):
    function, settings = staticmethod(elu), {"alpha": 1.0, "inplace": False}


class CELU(Activation):
    function, settings = staticmethod(celu), {"alpha": 1.0, "inplace": False}


class SELU(Activation):
    function, settings = staticmethod(selu), {"inplace": False}


class GELU(Activation):
    function, settings = staticmethod(gelu), {"approximate": "none"}

    def extra_repr(self):
        return f"approximate={self.approximate!r}"


class SiLU(Activation):
    function, settings = staticmethod(silu), {"inplace": False}


class Mish(Activation):
    function, settings = staticmethod(mish), {"inplace": False}


class Softplus(Activation):
    function, settings = staticmethod(softplus), {"beta": 1.0, "threshold": 20.0}


class Hardtanh(Activation):
    function = staticmethod(hardtanh)
    settings = {"min_val": -1.0, "max_val": 1.0, "inplace": False}


class Hardsigmoid(Activation):
    function, settings = staticmethod(hardsigmoid), {"inplace": False}


class Hardswish(Activation):
    function, settings = staticmethod(hardswish), {"inplace": False}


class Softmax(Activation):
    function, settings = staticmethod(softmax), {"dim": None}


class LogSoftmax(Activation):
    function, settings = staticmethod(log_softmax), {"dim": None}


class Softmin(Activation):
    function, settings = staticmethod(softmin), {"dim": None}


class GLU(Activation):
    function, settings = staticmethod(glu), {"dim": -1}


class PReLU(Module):
    """leaky_relu with a slope to learn, for all numbers or for each channel."""

    def __init__(self, num_parameters=1, init=0.25, device=None, dtype=None):
        super().__init__()
        from .. import full
        self.num_parameters = num_parameters
        self.weight = Parameter(full((num_parameters,), init, device=device,
                                     dtype=dtype))

    def forward(self, input):
        return prelu(input, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"
