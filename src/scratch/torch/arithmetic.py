"""Sums, differences, quotients and powers, with PyTorch's extra arguments.

    >>> from . import tensor
    >>> x = tensor([7.0, -7.0])
    >>> add(x, 1, alpha=3).tolist(), div(x, 2, rounding_mode="floor").tolist()
    ([10.0, -4.0], [3.0, -4.0])
    >>> lerp(x, tensor([8.0, 9.0]), 0.5).tolist(), (2 ** x).tolist()
    ([7.5, 1.0], [128.0, 0.0078125])

elementwise.py makes most operations with one line each; these take more than their
operands, or choose between two formulas.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import math

from .elementwise import (NUMBER, bool_, pure_add, pure_div, pure_neg, pure_round,
                          pure_sub, two, zeros)
from .graph import OUTPUT, record, records
from .operands import as_one, result_type
from .tensor import OPERATIONS, Tensor, operation


two("remainder", lambda g: g,
    lambda g, a, b: -g * OPERATIONS["div"](a, b, rounding_mode="floor"), kind=NUMBER,
    label="RemainderBackward1")


two("fmod", lambda g: g,
    lambda g, a, b: -g * OPERATIONS["div"](a, b, rounding_mode="trunc"), kind=NUMBER,
    label="FmodBackward1")


@operation
def neg(a):
    """-a."""
    if a.dtype is bool_:
        raise RuntimeError("bools have no negative; use ~ (logical_not)")
    return pure_neg(a)


@operation
def add(a, b, *, alpha=1):
    """a + alpha * b."""
    if alpha != 1:
        kind = result_type(a, b)
        if isinstance(alpha, float) and kind.category < 2:
            raise RuntimeError(f"alpha is a whole number for {kind}, not {alpha}")
        b, alpha = as_kind(b, kind), bool(alpha) if kind is bool_ else alpha
    return pure_add(a, b) if alpha == 1 else as_one(pure_add(a, b * alpha), a, b)


def as_kind(b, kind):
    """b, which is to be multiplied by alpha, in a dtype that says so already."""
    weaker = isinstance(b, Tensor) and b.dtype.category < kind.category
    return b.to(kind) if weaker else b


def of_bools(x):
    return x.dtype is bool_ if isinstance(x, Tensor) else x is True or x is False


@operation
def sub(a, b, *, alpha=1):
    """a - alpha * b."""
    if of_bools(a) or of_bools(b):
        raise RuntimeError("bools cannot be subtracted; use ^ (logical_xor), or ~ "
                           "(logical_not)")
    if isinstance(alpha, float) and (kind := result_type(a, b)).category < 2:
        raise RuntimeError(f"alpha is a whole number for {kind}, not {alpha}")
    return pure_sub(a, b) if alpha == 1 else as_one(pure_sub(a, b * alpha), a, b)


pure_rsub = two("rsub", lambda g: -g, lambda g: g, label="RsubBackward1",
                kernel="rsub")


@operation
def rsub(a, b, *, alpha=1):
    """b - alpha * a."""
    if a.dtype is bool_ or b is True or b is False:
        return sub(b, a)
    return pure_rsub(a if alpha == 1 else a * alpha, b)


@operation
def div(a, b, *, rounding_mode=None):
    """a / b; rounding_mode "floor" or "trunc" keeps whole numbers whole."""
    if rounding_mode is None:
        return pure_div(a, b)
    if rounding_mode not in ("floor", "trunc"):
        raise RuntimeError(f"rounding_mode is None, 'floor' or 'trunc', not "
                           f"{rounding_mode!r}")
    plain_a, plain_b = (x.detach() if isinstance(x, Tensor) else x for x in (a, b))
    if rounding_mode == "floor":
        y = OPERATIONS["floor_divide"](plain_a, plain_b)
    elif result_type(a, b).category == 2:
        y = as_one(OPERATIONS["trunc"](pure_div(plain_a, plain_b)), a, b)
    else:
        y = plain_a - OPERATIONS["fmod"](plain_a, plain_b)
        y = as_one(OPERATIONS["floor_divide"](y, plain_b), a, b)
    if records(a, b):
        record(y, "DivBackward1", (a, zeros), (b, zeros))
    return y


def divided(number, a):
    """number / a, in PyTorch's order: the reciprocal, times the number."""
    return a.reciprocal() * number


def power_slope_a(g, a, b):
    """b · a^(b - 1), and 0 for b = 0."""
    if isinstance(b, Tensor):
        return OPERATIONS["where"](b == 0, 0.0, g * (b * a ** (b - 1)))
    return zeros(g) if b == 0 else g * (b * a ** (b - 1))


def power_slope_b(g, a, b, y):
    """y · ln a, and 0 where a = 0 and b ≥ 0."""
    if not isinstance(a, Tensor):
        log = math.log(a) if a > 0 else -math.inf if a == 0 else math.nan
        slope = y * log
        return g * (OPERATIONS["where"](b >= 0, 0.0, slope) if a == 0 else slope)
    return g * OPERATIONS["where"]((a == 0) & (b >= 0), 0.0, y * a.log())


power = two("pow", power_slope_a, power_slope_b, kind=NUMBER)
power_of = two("pow", power_slope_a, power_slope_b, label="PowBackward2", kind=NUMBER)
power_by = two("pow", power_slope_a, power_slope_b, label="PowBackward1", kind=NUMBER)


@operation
def pow(a, b):
    """aᵇ; whole numbers to a negative number are an error, as in PyTorch."""
    if not isinstance(a, Tensor):
        return power_of(a, b.contiguous())
    if isinstance(b, Tensor):
        return power_by(a, b)
    if b < 0 and type(b) is int and a.dtype.category < 2:
        raise RuntimeError("whole numbers to a negative power are fractions; make them "
                           "floats first")
    return power(a, b)


@operation
def square(a):
    """a²."""
    return pow(a, 2)


@operation
def round(a, *, decimals=0):
    """To the nearest whole number, and a half to the even one."""
    if decimals:
        scale = 10.0 ** decimals
        return as_one(pure_round(a * scale) / scale, a)
    return pure_round(a)


@operation
def addcmul(a, b, c, *, value=1):
    """a + value * b * c."""
    y = as_one(a.detach() + value * b.detach() * c.detach(), a, b, c)
    if records(a, b, c):
        record(y, "AddcmulBackward0", (a, lambda g: g),
               (b, lambda g, c, value: g * (c * value), c, value),
               (c, lambda g, b, value: g * (b * value), b, value))
    return y


@operation
def addcdiv(a, b, c, *, value=1):
    """a + value * b / c."""
    if 2 not in [x.dtype.category for x in (a, b, c)]:
        raise RuntimeError("addcdiv() divides floats, and these are whole numbers")
    y = as_one(a.detach() + value * (b.detach() / c.detach()), a, b, c)
    if records(a, b, c):
        record(y, "AddcdivBackward0", (a, lambda g: g),
               (b, lambda g, c, value: g * (value / c), c, value),
               (c, lambda g, b, c, value: -g * (value * b / (c * c)), b, c, value))
    return y


@operation
def lerp(start, end, weight):
    """start + weight * (end - start), exact at both ends."""
    if end.dtype is not start.dtype:
        raise RuntimeError(f"lerp() from {start.dtype} to {end.dtype}: convert one")
    if start.dtype.category != 2:
        raise NotImplementedError(f"lerp() is of floats, and these are {start.dtype}")
    a, b, w = start.detach(), end.detach(), weight
    if isinstance(weight, Tensor):
        w = weight.detach()
        y = OPERATIONS["where"](w.abs() < 0.5, a + w * (b - a), b - (b - a) * (1 - w))
    else:
        y = a + w * (b - a) if abs(w) < 0.5 else b - (b - a) * (1 - w)
    y = as_one(y, start, end, *[weight] * isinstance(weight, Tensor))
    if records(start, end, weight):
        record(y, f"LerpBackward{1 if isinstance(weight, Tensor) else 0}",
               (start, lambda g, w: g * (1 - w), weight),
               (end, lambda g, w: g * w, weight),
               (weight, lambda g, a, b: g * (b - a), start, end))
    return y


@operation
def xlogy(a, b):
    """a · ln b, and 0 where a is 0, whatever b is."""
    plain_a, plain_b = (x.detach() if isinstance(x, Tensor) else x for x in (a, b))
    logs = plain_b.log() if isinstance(b, Tensor) else math.log(b) if b else -math.inf
    y = OPERATIONS["where"](plain_a == 0, 0.0, plain_a * logs)
    if isinstance(b, Tensor):
        y = OPERATIONS["where"](plain_b.isnan(), plain_b, y)
    y = as_one(y, a, b)
    if records(a, b):
        record(y, "XlogyBackward0",
               (a, lambda g, a, b: g * xlogy((a != 0).to(g.dtype), b), a, b),
               (b, lambda g, a, b: g * a / b, a, b))
    return y


@operation
def logaddexp(a, b):
    """ln(eᵃ + eᵇ), without overflow."""
    kind = result_type(a, b)
    if kind.category != 2:
        raise NotImplementedError(f"logaddexp() is of floats, and these are {kind}")
    a, b = a.to(kind), b.to(kind)
    high = OPERATIONS["maximum"](a.detach(), b.detach())
    high = OPERATIONS["where"](high.isinf(), 0.0, high)
    y = ((a.detach() - high).exp() + (b.detach() - high).exp()).log() + high
    y = as_one(y, a, b)
    if records(a, b):
        record(y, "LogaddexpBackward0",
               (a, lambda g, a, y: g * (a - y).exp(), a, OUTPUT),
               (b, lambda g, b, y: g * (b - y).exp(), b, OUTPUT))
    return y


@operation
def logit(a, eps=None):
    """ln(a / (1 - a)); NaN, and its slope too, for what is no probability."""
    if eps is None:
        x = a * OPERATIONS["where"]((a < 0) | (a > 1), math.nan, 1)
    else:
        x = a.clamp(eps, 1 - eps)
    return as_one((x / (1 - x)).log(), a)


for name, other in dict(
        absolute="abs", negative="neg", multiply="mul", divide="div",
        true_divide="div", subtract="sub", greater="gt", greater_equal="ge", less="lt",
        less_equal="le", not_equal="ne", arccos="acos", arcsin="asin", arctan="atan",
        arctan2="atan2", fix="trunc", sgn="sign").items():
    OPERATIONS[name] = OPERATIONS[other]
    setattr(Tensor, name, OPERATIONS[other])
