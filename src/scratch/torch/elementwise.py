"""Operations number by number: each is its kernel, its slopes, and nothing else.

    >>> from . import tensor
    >>> a = tensor([[1.0], [2.0]], requires_grad=True)           # (2, 1)
    >>> b = tensor([10.0, 20.0, 30.0])                       # (3), broadcast to (2, 3)
    >>> (a * b).sum().backward()
    >>> a.grad.tolist()          # each a met three numbers of b, so three slopes add up
    [[60.0], [60.0]]

    a, b  inputs      y  the result      g  ∂loss/∂y

`one(name, slope)` and `two(name, slope_a, slope_b)` make an operation. A slope is a
function of g and of what its parameters name, and that is what a node saves: `lambda g,
y: g * y` saves the result and not the input. Shapes may broadcast in the forward pass
only: undoing it is a sum, which walk.py takes once for all.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math

from . import dtypes
from .graph import OUTPUT, record, records
from .modes import Mode
from .operands import (as_one, common_strides, compute, relaid, result_strides,
                       result_type)
from .storage import broadcast, dense_like, laid_out_like, layout
from .tensor import OPERATIONS, Tensor, operation, wrap


bool_ = dtypes.bool_
FLOAT, ANY = "as floats", "as they are"          # what operands become
NUMBER, BITS = "no bools", "no floats"
SAME, BOOL = "the operands' dtype", "bool"                     # what the result is


def arguments_of(slope, *names):
    """The places, among a, b and y, of what a slope takes after g."""
    if slope is None:
        return []
    code = slope.__code__
    return [names.index(name) for name in code.co_varnames[1:code.co_argcount]]


def computed_as(kind, dtype, name):
    """The dtype in which an operation on this dtype is computed."""
    if kind is FLOAT and dtype.category != 2:
        return dtypes.Default.floating
    if kind is NUMBER and dtype is bool_:
        raise NotImplementedError(f"{name}() is of numbers, and these are bools")
    if kind is BITS and dtype.category == 2:
        raise NotImplementedError(f"{name}() is of bits, and these are floats")
    return dtype


def one(name, slope=None, kind=FLOAT, result=SAME, kernel=None, label=None, whole=None,
        lies=None):
    """An operation on each number; whole: what it does with whole ones, if other.

    lies(a) -> the result's strides, if PyTorch composes it of several operations.
    """
    kernel, label = kernel or name, label or f"{name.capitalize()}Backward0"
    needs = arguments_of(slope, "a", "y")
    same, fast = result is SAME, result is SAME and kind is not BITS

    def function(a):
        try:
            dtype = a.dtype
        except AttributeError:
            raise TypeError(f"{name}() is of a tensor, not of {a!r:.40}") from None
        if fast and a.packed and dtype in FAST and a.shape:
            backend = a.storage.backend
            y = wrap(backend[kernel](a.native), dtype, backend)
        elif whole is not None and dtype.category == 1:
            return whole(a)
        else:
            dtype = computed_as(kind, dtype, name)
            y = compute(kernel, (a,), dtype, dtype if same else bool_, a.shape)
            y = y if lies is None else relaid(y, lies(a))
        if slope is not None and Mode.grad and (
                a.needs or a.base is not None and a.base.needs):
            saved = a, OUTPUT
            record(y, label, (a, slope, *[saved[n] for n in needs]))
        return y

    return finished(function, name, kernel)


def in_rows(x):
    """Whether a result lies as x does where it lies row after row: sizes of 1 count."""
    return x.strides == layout(x.shape)[1]


FAST = {dtypes.float32, dtypes.float64}    # what needs no conversion before or after


def two(name, slope_a=None, slope_b=None, kind=ANY, result=SAME, kernel=None,
        label=None, tensors=False):
    """An operation on pairs of numbers, of two tensors or of a tensor and a number.

    With tensors=True it refuses Python numbers, as PyTorch does for some.
    """
    kernel, label = kernel or name, label or f"{name.capitalize()}Backward0"
    needs_a = arguments_of(slope_a, "a", "b", "y")
    needs_b = arguments_of(slope_b, "a", "b", "y")
    same, fast = result is SAME, result is SAME and kind is not BITS

    def function(a, b):
        both = isinstance(b, Tensor) and isinstance(a, Tensor)
        if both and fast and a.dtype is b.dtype and a.packed and b.packed and (
                a.dtype in FAST and a.storage.backend is b.storage.backend
                and (a.shape or b.shape) and (
                    a.shape == b.shape or in_rows(a) and in_rows(b)
                    and 0 not in broadcast(a.shape, b.shape))):
            backend = a.storage.backend
            y = wrap(backend[kernel](a.native, b.native), a.dtype, backend)
        elif (b.__class__ is float and fast and not tensors and a.dtype in FAST
              and a.shape and in_rows(a)):
            backend = a.storage.backend
            y = wrap(backend[kernel](a.native, b), a.dtype, backend)
        else:
            if tensors and not both:
                raise TypeError(f"{name}() is of two tensors, not of {a!r:.40} and "
                                f"{b!r:.40}")
            dtype = a.dtype if both and a.dtype is b.dtype else result_type(a, b)
            dtype = computed_as(kind, dtype, name)
            lies = (a,) if kernel == "pow" and not both else None
            y = compute(kernel, (a, b), dtype, dtype if same else bool_, None, lies)
        if slope_a is not None and Mode.grad and records(a, b):
            saved = a, b, OUTPUT
            record(y, label, (a, slope_a, *[saved[n] for n in needs_a]),
                   (b, slope_b, *[saved[n] for n in needs_b]))
        return y

    return finished(function, name, kernel)


def finished(function, name, kernel):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name}, number by number."
    function.kernel = kernel        # inplace.py may let it write into its operand
    return operation(function)


def zeros(g):
    return g.new_zeros(g.shape)


def no_slope(g):
    raise RuntimeError("floor_divide() has no slope to compute: it is 0 nearly "
                       "everywhere and undefined where it jumps")


def lies_as_isinf(a):
    """Of |a| == inf, which PyTorch computes; of whole numbers, of a copy."""
    if a.dtype.category != 2:
        return dense_like(a.shape, a.strides)
    return laid_out_like(a.shape, [result_strides(a.shape, (a,))])


def lies_as_isfinite(a):
    """Of (a == a) * (|a| != inf)."""
    own, other = result_strides(a.shape, (a,)), lies_as_isinf(a)
    return common_strides(a.shape, [own, other]) if a.dtype.category == 2 else other


def copied(a):
    return as_one(a.clone(), a)


# one operand

pure_neg = one("neg", lambda g: -g, kind=ANY)
one("exp", lambda g, y: g * y)
one("exp2", lambda g, y: g * y * math.log(2))
one("expm1", lambda g, y: g * (y + 1))
one("log", lambda g, a: g / a)
one("log2", lambda g, a: g / (a * math.log(2)))
one("log10", lambda g, a: g / (a * math.log(10)))
one("log1p", lambda g, a: g / (a + 1), label="Log1PBackward0")
one("sqrt", lambda g, y: g / (2 * y))
one("rsqrt", lambda g, y: -0.5 * g * y ** 3)
one("reciprocal", lambda g, y: -g * (y * y))
one("sin", lambda g, a: g * a.cos())
one("cos", lambda g, a: g * -a.sin())
one("tan", lambda g, y: g * (1 + y * y))
one("asin", lambda g, a: g * (1 - a * a).rsqrt())
one("acos", lambda g, a: g * -(1 - a * a).rsqrt())
one("atan", lambda g, a: g / (a * a + 1))
one("sinh", lambda g, a: g * a.cosh())
one("cosh", lambda g, a: g * a.sinh())
one("tanh", lambda g, y: tanh_slope(g, y))
one("asinh", lambda g, a: g * (a * a + 1).rsqrt())
one("acosh", lambda g, a: g * (a * a - 1).rsqrt())
one("atanh", lambda g, a: g / (1 - a * a))
one("sigmoid", lambda g, y: sigmoid_slope(g, y))
one("erf", lambda g, a: 2 / math.sqrt(math.pi) * (-(a * a)).exp() * g)
one("erfc", lambda g, a: -2 / math.sqrt(math.pi) * (-(a * a)).exp() * g)
for name in ("floor", "ceil", "trunc"):
    one(name, zeros, kind=NUMBER, whole=copied)
pure_round = one("round", zeros, kind=NUMBER, whole=copied)
one("sign", zeros, kind=ANY)
one("abs", lambda g, a: g * a.sign(), kind=NUMBER)
one("bitwise_not", kind=BITS)
for name in ("logical_not", "isnan"):
    one(name, kind=ANY, result=BOOL)
one("isinf", kind=ANY, result=BOOL, lies=lies_as_isinf)
one("isfinite", kind=ANY, result=BOOL, lies=lies_as_isfinite)


# two operands

pure_add = two("add", lambda g: g, lambda g: g)
pure_sub = two("sub", lambda g: g, lambda g: -g)
pure_mul = two("mul", lambda g, b: g * b, lambda g, a: g * a)
pure_div = two("div", lambda g, b: g / b, lambda g, a, b: -g * (a / b / b), kind=FLOAT)
two("maximum", lambda g, a, b: half_where(g, a < b, a == b),
    lambda g, a, b: half_where(g, b < a, a == b), tensors=True)
two("minimum", lambda g, a, b: half_where(g, a > b, a == b),
    lambda g, a, b: half_where(g, b > a, a == b), tensors=True)
two("fmax", lambda g, a, b: g.masked_fill(~((a >= b) | b.isnan()), 0),
    lambda g, a, b: g.masked_fill((a >= b) | b.isnan(), 0), tensors=True)
two("fmin", lambda g, a, b: g.masked_fill(~((a <= b) | b.isnan()), 0),
    lambda g, a, b: g.masked_fill((a <= b) | b.isnan(), 0), tensors=True)
two("atan2", lambda g, a, b: g * b / (a * a + b * b),
    lambda g, a, b: g * -a / (a * a + b * b), kind=FLOAT, tensors=True)
two("floor_divide", no_slope, no_slope, kind=NUMBER)
for name in ("eq", "ne", "lt", "le", "gt", "ge"):
    two(name, result=BOOL)
for name in ("logical_and", "logical_or", "logical_xor"):
    two(name, result=BOOL, tensors=True)
for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
             "bitwise_right_shift"):
    two(name, kind=BITS)


def half_where(g, lost, tied):
    """Half of g where both operands are equal, 0 where this one lost, else g."""
    return OPERATIONS["where"](tied, g / 2, g).masked_fill_(lost, 0)


def slope_kernel(name, value):
    """A slope by its own kernel; if it is recorded, by tensor operations (value)."""
    def function(g, y):
        if g.packed and y.packed and g.dtype is y.dtype and g.dtype in FAST and (
                not Mode.grad or not records(g, y)) and g.shape == y.shape and g.shape:
            backend = y.storage.backend
            return wrap(backend[name](g.native, y.native), y.dtype, backend)
        return value(g, y)
    return function


tanh_slope = slope_kernel("tanh_slope", lambda g, y: g * (1 - y * y))
sigmoid_slope = slope_kernel("sigmoid_slope", lambda g, y: g * (1 - y) * y)
