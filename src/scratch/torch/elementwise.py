"""Operations number by number: each is its kernel, its slopes, and nothing else.

    >>> from . import tensor
    >>> a = tensor([[1.0], [2.0]], requires_grad=True)           # (2, 1)
    >>> b = tensor([10.0, 20.0, 30.0])                           # (3): broadcast to (2, 3)
    >>> (a * b).sum().backward()
    >>> a.grad.tolist()            # each a met three numbers of b, so three slopes add up
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
from .operands import compute, result_type
from .storage import broadcast, layout
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


def one(name, slope=None, kind=FLOAT, result=SAME, kernel=None, label=None, whole=None):
    """An operation on each number; whole is what it does with whole numbers, if other."""
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


def copied(a):
    return a.clone(memory_format="contiguous" if a.packed else "preserve")


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
for name in ("logical_not", "isnan", "isinf", "isfinite"):
    one(name, kind=ANY, result=BOOL)


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
two("remainder", lambda g: g,
    lambda g, a, b: -g * OPERATIONS["div"](a, b, rounding_mode="floor"), kind=NUMBER,
    label="RemainderBackward1")
two("fmod", lambda g: g,
    lambda g, a, b: -g * OPERATIONS["div"](a, b, rounding_mode="trunc"), kind=NUMBER,
    label="FmodBackward1")
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


def slope_kernel(name, value, slopes):
    """The slope of a function that is its own kernel, and has slopes itself."""
    def function(g, y):
        if g.packed and y.packed and g.dtype is y.dtype and g.dtype in FAST and (
                not Mode.grad or not records(g, y)) and g.shape == y.shape and g.shape:
            backend = y.storage.backend
            return wrap(backend[name](g.native, y.native), y.dtype, backend)
        return value(g, y)
    return function


tanh_slope = slope_kernel("tanh_slope", lambda g, y: g * (1 - y * y), None)
sigmoid_slope = slope_kernel("sigmoid_slope", lambda g, y: g * (1 - y) * y, None)


# what takes more than its operands

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
        alpha = bool(alpha) if kind is bool_ else alpha
    return pure_add(a, b if alpha == 1 else b * alpha)


@operation
def sub(a, b, *, alpha=1):
    """a - alpha * b."""
    for x in (a, b):
        if x.dtype is bool_ if isinstance(x, Tensor) else x is True or x is False:
            raise RuntimeError("bools cannot be subtracted; use ^ (logical_xor), or ~ "
                               "(logical_not)")
    return pure_sub(a, b if alpha == 1 else b * alpha)


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
        y = OPERATIONS["trunc"](pure_div(plain_a, plain_b))
    else:
        y = OPERATIONS["floor_divide"](plain_a - OPERATIONS["fmod"](plain_a, plain_b),
                                       plain_b)
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
        return pure_round(a * scale) / scale
    return pure_round(a)


@operation
def addcmul(a, b, c, *, value=1):
    """a + value * b * c."""
    y = a.detach() + value * b.detach() * c.detach()
    if records(a, b, c):
        record(y, "AddcmulBackward0", (a, lambda g: g),
               (b, lambda g, c, value: g * (c * value), c, value),
               (c, lambda g, b, value: g * (b * value), b, value))
    return y


@operation
def addcdiv(a, b, c, *, value=1):
    """a + value * b / c."""
    y = a.detach() + value * (b.detach() / c.detach())
    if records(a, b, c):
        record(y, "AddcdivBackward0", (a, lambda g: g),
               (b, lambda g, c, value: g * (value / c), c, value),
               (c, lambda g, b, c, value: -g * (value * b / (c * c)), b, c, value))
    return y


@operation
def lerp(start, end, weight):
    """start + weight * (end - start), exact at both ends."""
    a, b, w = start.detach(), end.detach(), weight
    if isinstance(weight, Tensor):
        w = weight.detach()
        y = OPERATIONS["where"](w.abs() < 0.5, a + w * (b - a), b - (b - a) * (1 - w))
    else:
        y = a + w * (b - a) if abs(w) < 0.5 else b - (b - a) * (1 - w)
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
    if records(a, b):
        record(y, "XlogyBackward0",
               (a, lambda g, a, b: g * xlogy((a != 0).to(g.dtype), b), a, b),
               (b, lambda g, a, b: g * a / b, a, b))
    return y


@operation
def logaddexp(a, b):
    """ln(eᵃ + eᵇ), without overflow."""
    high = OPERATIONS["maximum"](a.detach(), b.detach())
    high = high.masked_fill(high.isinf(), 0)
    y = ((a.detach() - high).exp() + (b.detach() - high).exp()).log() + high
    if records(a, b):
        record(y, "LogaddexpBackward0",
               (a, lambda g, a, y: g * (a - y).exp(), a, OUTPUT),
               (b, lambda g, b, y: g * (b - y).exp(), b, OUTPUT))
    return y


@operation
def logit(a, eps=None):
    """ln(a / (1 - a))."""
    a = a if eps is None else a.clamp(eps, 1 - eps)
    return (a / (1 - a)).log()


for name, other in dict(
        absolute="abs", negative="neg", multiply="mul", divide="div",
        true_divide="div", subtract="sub", greater="gt", greater_equal="ge", less="lt",
        less_equal="le", not_equal="ne", arccos="acos", arcsin="asin", arctan="atan",
        arctan2="atan2", fix="trunc", sgn="sign").items():
    OPERATIONS[name] = OPERATIONS[other]
    setattr(Tensor, name, OPERATIONS[other])
