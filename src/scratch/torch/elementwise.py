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
only: undoing it is a sum, which autograd.py takes once for all.

Python numbers and tensors without axes adapt to the dtype of the other operand
(dtypes.py). add_, mul_ and the others with an underscore write to their first operand.

Chapter: docs/torch/autograd.md.  To copy: this file and torch/.
"""

import math

from . import dtypes
from .autograd import (OUTPUT, Mode, check_writable, overwritten, record,
                       records)
from .dispatch import dtype_of
from .storage import Size, broadcast, broadcast_strides, laid_out_like, overlaps
from .tensor import OPERATIONS, Tensor, empty, method, operation, public, wrap

bool_, int64 = dtypes.bool_, dtypes.int64
FLOAT, SAME, BOOL = "a float", "the operands' dtype", "bool"


# operands: one dtype, one device

def result_type(*operands):
    """The dtype of an operation on tensors and Python numbers.

    Tensors with axes decide; one without axes, or a number, changes the result only if
    its category is higher: int64 with 0.5 is the default dtype, float16 with 7 float16.
    """
    wide = zero = number = None
    for x in operands:
        if isinstance(x, Tensor):
            if x.shape:
                wide = x.dtype if wide is None else dtypes.PROMOTED[wide, x.dtype]
            else:
                zero = x.dtype if zero is None else dtypes.PROMOTED[zero, x.dtype]
        else:
            kind = dtypes.of_number(x)
            number = kind if number is None else dtypes.PROMOTED[number, kind]
    found = wide
    for weaker in (zero, number):
        if weaker is not None and (found is None or weaker.category > found.category):
            found = weaker
    return found


def same_device(*operands):
    """The backend that all tensors share; one number from the CPU may join any."""
    backend = None
    for x in operands:
        if isinstance(x, Tensor) and (backend is None or x.shape):
            if backend is not None and x.storage.backend is not backend and first.shape:
                raise RuntimeError(
                    f"one tensor is on {backend.device} and another on {x.device}; "
                    "move one of them with .to(device)")
            backend, first = x.storage.backend, x
    return backend


def native(x, kind, backend):
    """x as a kernel takes it: a native of that dtype and backend, or a Python number."""
    if isinstance(x, Tensor):
        if x.storage.backend is not backend:
            if x.shape:
                raise RuntimeError(f"one tensor is on {backend.device} and another on "
                                   f"{x.device}; move one of them with .to(device)")
            return convert_number(x.item(), kind)
        return x.native if x.dtype is kind else backend["cast"](x.native, kind)
    return convert_number(x, kind)


def convert_number(number, kind):
    """A Python number as one of that dtype, which it must fit."""
    if kind.category == 2:
        return float(number)
    if kind.category == 0:
        return bool(number)
    number = int(number)
    bits = 8 * kind.itemsize
    if not -(1 << bits - kind.is_signed) <= number < 1 << bits - kind.is_signed:
        raise RuntimeError(f"{number} does not fit into {kind}")
    return number


def result_strides(shape, operands):
    """How a result lies in memory: as its operands do."""
    return laid_out_like(shape, [x.strides if x.shape == shape
                                 else broadcast_strides(x.shape, x.strides, shape)
                                 for x in operands if isinstance(x, Tensor)])


def compute(name, operands, kind, result_kind, shape=None):
    """Run an elementwise kernel: its operands as dtype kind -> a new tensor."""
    backend = same_device(*operands)
    if shape is None:
        shape = broadcast(*[x.shape for x in operands if isinstance(x, Tensor)])
    natives = [native(x, kind, backend) for x in operands]
    if shape and all([x.packed for x in operands if isinstance(x, Tensor)]):
        made = backend[name](*natives)
        return finish(wrap(made, result_kind, backend))
    y = empty(shape, result_kind, backend, result_strides(shape, operands))
    backend[name](*natives, y.native)
    return finish(y)


def finish(y):
    """bfloat16 is computed in float32, so the result is rounded to it."""
    if y.dtype is dtypes.bfloat16:
        backend = y.storage.backend
        backend["copy"](y.native, backend["round_bfloat16"](y.native))
    return y


# making operations

def arguments_of(slope, *names):
    """The names, among a, b and y, that a slope takes after g."""
    code = slope.__code__
    return [names.index(name) for name in code.co_varnames[1:code.co_argcount]]


def one(name, slope=None, kind=FLOAT, result=SAME, kernel=None, label=None):
    """An operation on each number: kind FLOAT turns whole numbers into floats first."""
    kernel = kernel or name
    label = label or f"{name.capitalize()}Backward0"
    needs = [] if slope is None else arguments_of(slope, "a", "y")
    fast = result is SAME

    def function(a):
        dtype = a.dtype
        if fast and a.packed and dtype.category == 2 and a.shape \
                and dtype.itemsize > 2:
            backend = a.storage.backend
            y = wrap(backend[kernel](a.native), dtype, backend)
        else:
            if kind is FLOAT and dtype.category != 2:
                dtype = dtypes.Default.floating
            y = compute(kernel, (a,), dtype, bool_ if result is BOOL else dtype, a.shape)
        if slope is not None and Mode.grad and (
                a.needs or a.base is not None and a.base.needs):
            saved = (a, OUTPUT)
            record(y, label, (a, slope, *[saved[n] for n in needs]))
        return y

    return finished(function, name, slope)


def two(name, slope_a=None, slope_b=None, kind=SAME, result=SAME, kernel=None,
        label=None):
    """An operation on pairs of numbers, of two tensors or a tensor and a number."""
    kernel = kernel or name
    label = label or f"{name.capitalize()}Backward0"
    needs_a = [] if slope_a is None else arguments_of(slope_a, "a", "b", "y")
    needs_b = [] if slope_b is None else arguments_of(slope_b, "a", "b", "y")
    fast = result is SAME

    def function(a, b):
        both = isinstance(b, Tensor) and isinstance(a, Tensor)
        if (fast and both and a.dtype is b.dtype and a.packed and b.packed
                and a.dtype.category == 2 and a.dtype.itemsize > 2
                and a.storage.backend is b.storage.backend
                and (a.shape == b.shape or broadcast(a.shape, b.shape))
                and (a.shape or b.shape)):
            backend = a.storage.backend
            y = wrap(backend[kernel](a.native, b.native), a.dtype, backend)
        else:
            dtype = a.dtype if both and a.dtype is b.dtype else result_type(a, b)
            if kind is FLOAT and dtype.category != 2:
                dtype = dtypes.Default.floating
            y = compute(kernel, (a, b), dtype, bool_ if result is BOOL else dtype)
        if slope_a is not None and Mode.grad and records(a, b):
            saved = (a, b, OUTPUT)
            record(y, label, (a, slope_a, *[saved[n] for n in needs_a]),
                   (b, slope_b, *[saved[n] for n in needs_b]))
        return y

    return finished(function, name, slope_a)


def finished(function, name, slope):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"{name}, number by number."
    return operation(function)


def inplace(function, name=None):
    """The method name_, which writes what function computes into its first operand."""
    name = name or function.__name__ + "_"

    def write(x, *arguments, **settings):
        y = function(x, *arguments, **settings)
        return put(x, y, name)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"{name[:-1]}, written into the first operand."
    return method(write)


def put(x, y, name):
    """Write y, which was computed from x, into x; x has the history of y from now on."""
    check_writable(x, name)
    if y.dtype is not x.dtype and not dtypes.can_cast(y.dtype, x.dtype):
        raise RuntimeError(f"{name} computes {y.dtype}, which a tensor of {x.dtype} "
                           "cannot hold")
    if y.shape != x.shape:
        raise RuntimeError(f"{name} computes a result of shape {tuple(y.shape)}, and "
                           f"a tensor in place keeps its own, {tuple(x.shape)}")
    check_overlap(x, name)
    keep_old(x, y.node)
    x.storage.backend["copy"](x.native, y.native)
    return overwritten(x, y, name)


def keep_old(x, node):
    """A slope that needs x as it was gets a copy, since x is about to be overwritten."""
    if node is None or not any(saved is x for saved, _ in node.saved):
        return
    old = clone(x)
    node.saved[:] = [(old, 0) if saved is x else (saved, version)
                     for saved, version in node.saved]
    node.slopes[:] = [(slope, [old if each is x else each for each in arguments])
                      for slope, arguments in node.slopes]


def check_overlap(x, name):
    if not x.packed and overlaps(x.shape, x.strides):
        raise RuntimeError(
            f"{name} would write to a tensor in which one place in memory stands for "
            f"several elements (strides {x.strides}, as expand() makes them); clone() "
            "it first")


# one operand

one("neg", lambda g: -g, kind=SAME)
one("exp", lambda g, y: g * y)
one("exp2", lambda g, y: g * y * math.log(2))
one("expm1", lambda g, y: g * (y + 1))
one("log", lambda g, a: g / a)
one("log2", lambda g, a: g / (a * math.log(2)))
one("log10", lambda g, a: g / (a * math.log(10)))
one("log1p", lambda g, a: g / (a + 1))
one("sqrt", lambda g, y: g / (2 * y))
one("rsqrt", lambda g, y: g * (-0.5 * y ** 3))
one("reciprocal", lambda g, y: -g * y * y)
one("sin", lambda g, a: g * a.cos())
one("cos", lambda g, a: -g * a.sin())
one("tan", lambda g, y: g * (1 + y * y))
one("asin", lambda g, a: g * (1 - a * a).rsqrt())
one("acos", lambda g, a: -g * (1 - a * a).rsqrt())
one("atan", lambda g, a: g / (a * a + 1))
one("sinh", lambda g, a: g * a.cosh())
one("cosh", lambda g, a: g * a.sinh())
one("tanh", lambda g, y: g * (1 - y * y))
one("asinh", lambda g, a: g * (a * a + 1).rsqrt())
one("acosh", lambda g, a: g * (a * a - 1).rsqrt())
one("atanh", lambda g, a: g / (1 - a * a))
one("sigmoid", lambda g, y: g * (1 - y) * y)
one("erf", lambda g, a: g * (2 / math.sqrt(math.pi) * (-a * a).exp()))
one("erfc", lambda g, a: g * (-2 / math.sqrt(math.pi) * (-a * a).exp()))
one("floor", lambda g: g.new_zeros(g.shape), kind=SAME)
one("ceil", lambda g: g.new_zeros(g.shape), kind=SAME)
one("trunc", lambda g: g.new_zeros(g.shape), kind=SAME)
one("sign", lambda g: g.new_zeros(g.shape), kind=SAME)
one("abs", lambda g, a: g * a.sign(), kind=SAME)
one("logical_not", kind=SAME, result=BOOL)
one("isnan", kind=SAME, result=BOOL)
one("isinf", kind=SAME, result=BOOL)
one("isfinite", kind=SAME, result=BOOL)
one("bitwise_not", kind=SAME)


# two operands

two("mul", lambda g, b: g * b, lambda g, a: g * a)
two("div", lambda g, b: g / b, lambda g, b, y: -g * (y / b), kind=FLOAT)
two("maximum", lambda g, a, b: half_where(g, a > b, a == b),
    lambda g, a, b: half_where(g, b > a, a == b))
two("minimum", lambda g, a, b: half_where(g, a < b, a == b),
    lambda g, a, b: half_where(g, b < a, a == b))
two("fmax", lambda g, a, b: g.masked_fill(~(a >= b) & ~b.isnan(), 0),
    lambda g, a, b: g.masked_fill((a >= b) | b.isnan(), 0))
two("fmin", lambda g, a, b: g.masked_fill(~(a <= b) & ~b.isnan(), 0),
    lambda g, a, b: g.masked_fill((a <= b) | b.isnan(), 0))
two("atan2", lambda g, a, b: g * b / (a * a + b * b),
    lambda g, a, b: g * -a / (a * a + b * b), kind=FLOAT)
two("floor_divide", lambda g: no_slope("floor_divide"),
    lambda g: no_slope("floor_divide"))
two("remainder", lambda g: g, lambda g, a, b: -g * a.div(b, rounding_mode="floor"))
two("fmod", lambda g: g, lambda g, a, b: -g * a.div(b, rounding_mode="trunc"))
for name in ("eq", "ne", "lt", "le", "gt", "ge", "logical_and", "logical_or",
             "logical_xor"):
    two(name, result=BOOL)
for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
             "bitwise_right_shift"):
    two(name)


def no_slope(name):
    raise RuntimeError(f"the slope of {name} is 0 nearly everywhere, and undefined "
                       "elsewhere: there is no gradient to compute")


def half_where(g, won, tied):
    """g where this operand won, and half of it where both are equal."""
    return where(tied, g / 2, g).masked_fill(~(won | tied), 0)


def scaled(b, alpha):
    return b if alpha == 1 else b * alpha


pure_add = two("add", lambda g: g, lambda g: g)
pure_sub = two("sub", lambda g: g, lambda g: -g)
pure_div = OPERATIONS["div"]


@operation
def add(a, b, *, alpha=1):
    """a + alpha * b."""
    return pure_add(a, b if alpha == 1 else b * alpha)


@operation
def sub(a, b, *, alpha=1):
    """a - alpha * b."""
    for x in (a, b):
        if x.dtype is bool_ if isinstance(x, Tensor) else x is True or x is False:
            raise RuntimeError("bools cannot be subtracted; use ^ (logical_xor), or ~ "
                               "(logical_not)")
    return pure_sub(a, b if alpha == 1 else b * alpha)


@operation
def rsub(a, b, *, alpha=1):
    """b - alpha * a."""
    return sub(b, a, alpha=alpha)


@operation
def div(a, b, *, rounding_mode=None):
    """a / b; rounding_mode "floor" or "trunc" keeps whole numbers whole."""
    if rounding_mode is None:
        return pure_div(a, b)
    if rounding_mode == "floor":
        return OPERATIONS["floor_divide"](a, b)
    if rounding_mode != "trunc":
        raise RuntimeError(f"rounding_mode is None, 'floor' or 'trunc', not "
                           f"{rounding_mode!r}")
    kind = result_type(a, b)
    if kind.category == 2:
        return OPERATIONS["trunc"](pure_div(a, b).detach())
    return ((a - OPERATIONS["fmod"](a, b)) / b).to(kind)


def power_slope_a(g, a, b):
    """b · a^(b - 1), and 0 for b = 0."""
    if isinstance(b, Tensor):
        return where(b == 0, 0.0, g * (b * a ** (b - 1)))
    return g.new_zeros(g.shape) if b == 0 else g * (b * a ** (b - 1))


def power_slope_b(g, a, b, y):
    """y · ln a, and 0 where a = 0 and b ≥ 0."""
    if not isinstance(a, Tensor):
        return g * (y * math.log(a)) if a else where(b >= 0, 0.0, g * y * -math.inf)
    return where((a == 0) & (b >= 0), 0.0, g * (y * a.log()))


power = two("pow", power_slope_a, power_slope_b, label="PowBackward0")


@operation
def pow(a, b):
    """aᵇ; of whole numbers a negative power is an error, as in PyTorch."""
    if isinstance(b, (int, float)) and isinstance(a, Tensor):
        if type(b) is int and b < 0 and a.dtype.category < 2:
            raise RuntimeError("whole numbers to a negative power are fractions; make "
                               "them floats first")
        if b == 1 and a.dtype.category == 2 or b == 0:
            pass
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
        return plain_round(a * scale) / scale
    return plain_round(a)


plain_round = one("round", lambda g: g.new_zeros(g.shape), kind=SAME)
operation(round)


@operation
def relu(a):
    """max(0, a): slope 1 above zero, and 0 at it."""
    y = compute("maximum", (a, 0), a.dtype, a.dtype, a.shape)
    if records(a):
        record(y, "ReluBackward0", (a, lambda g, y: g.masked_fill(y <= 0, 0), OUTPUT))
    return y


def at_least_and_most(a, low, high):
    y = a
    if low is not None:
        y = compute("maximum", (y, low), *[result_type(y, low)] * 2)
    if high is not None:
        y = compute("minimum", (y, high), *[result_type(y, high)] * 2)
    return y


@operation
def clamp(a, min=None, max=None):
    """a, but at least min and at most max; the slope is 0 where it was changed."""
    if min is None and max is None:
        raise RuntimeError("clamp() needs min, max or both")
    y = at_least_and_most(a, min, max)
    if records(a, min, max):
        record(y, "ClampBackward0" if not isinstance(min, Tensor)
               and not isinstance(max, Tensor) else "ClampBackward1",
               (a, clamp_slope, a, min, max),
               (min, lambda g, a, low, high: g * (a < low if high is None
                                                  else (a < low) & (low < high)),
                a, min, max),
               (max, lambda g, a, low, high: g * (a > high if low is None
                                                  else (a > high) | (high < low)),
                a, min, max))
    return y


def clamp_slope(g, a, low, high):
    inside = True
    if low is not None:
        inside = a >= low
    if high is not None:
        inside = (a <= high) & inside
    return where(inside, g, 0.0)


OPERATIONS["clip"] = Tensor.clip = clamp


@operation
def clamp_min(a, min):
    """a, but at least min."""
    return clamp(a, min)


@operation
def clamp_max(a, max):
    """a, but at most max."""
    return clamp(a, None, max)


@operation
def lerp(start, end, weight):
    """start + weight * (end - start), exact at both ends."""
    if isinstance(weight, Tensor):
        near = start + weight * (end - start)
        return where(weight.abs() < 0.5, near, end - (end - start) * (1 - weight))
    if abs(weight) < 0.5:
        return start + weight * (end - start)
    return end - (end - start) * (1 - weight)


@operation
def addcmul(a, b, c, *, value=1):
    """a + value * b * c."""
    return a + (b * c if value == 1 else value * b * c)


@operation
def addcdiv(a, b, c, *, value=1):
    """a + value * b / c."""
    return a + (b / c if value == 1 else value * (b / c))


@operation
def xlogy(a, b):
    """a · ln b, and 0 where a is 0, whatever b is."""
    logs = b.log() if isinstance(b, Tensor) else math.log(b)
    y = a * logs
    zero = where(a == 0, 0.0, y)
    return where(b.isnan(), b, zero) if isinstance(b, Tensor) else zero


@operation
def logaddexp(a, b):
    """ln(eᵃ + eᵇ), without overflow."""
    high = OPERATIONS["maximum"](a, b).detach()
    return ((a - high).exp() + (b - high).exp()).log() + high


@operation
def logit(a, eps=None):
    """ln(a / (1 - a))."""
    a = a if eps is None else clamp(a, eps, 1 - eps)
    return (a / (1 - a)).log()


@operation
def where(condition, a=None, b=None):
    """a where the condition is true, b elsewhere; alone, the indices where it is."""
    if a is None:
        return condition.nonzero(as_tuple=True)
    if not isinstance(condition, Tensor):    # x.where(condition, other)
        raise TypeError(f"the condition is a tensor of bools, not {condition!r:.60}")
    if condition.dtype is not bool_:
        if isinstance(a, Tensor) and a.dtype is bool_:
            condition, a = a, condition
        elif condition.dtype is not dtypes.uint8:
            raise RuntimeError(f"the condition is bools, not {condition.dtype}")
    kind = result_type(a, b)
    backend = same_device(condition, a, b)
    parts = condition, a, b
    shape = broadcast(*[x.shape for x in parts if isinstance(x, Tensor)])
    y = empty(shape, kind, backend, result_strides(shape, parts))
    backend["where"](native(condition, bool_, backend), native(a, kind, backend),
                     native(b, kind, backend), y.native)
    if records(a, b):
        record(y, "WhereBackward0",
               (a, lambda g, condition: where(condition, g, 0.0), condition),
               (b, lambda g, condition: where(condition, 0.0, g), condition))
    return y


Tensor.where = lambda a, condition, b: where(condition, a, b)


@operation
def masked_fill(a, mask, value):
    """a, with value where the mask is true."""
    if mask.dtype is not bool_:
        raise RuntimeError(f"a mask is bools, not {mask.dtype}")
    if isinstance(value, Tensor) and value.shape:
        raise RuntimeError("masked_fill() takes one number, and value has the shape "
                           f"{tuple(value.shape)}")
    kind = a.dtype
    number = value if not isinstance(value, Tensor) else value
    if not dtypes.can_cast(result_type(number), kind):
        raise RuntimeError(f"value {value} cannot be held by {kind}")
    backend = same_device(a, mask)
    shape = broadcast(a.shape, mask.shape)
    y = empty(shape, kind, backend, result_strides(shape, (a, mask)))
    backend["where"](mask.native, native(number, kind, backend), a.native, y.native)
    if records(a, value):
        record(y, "MaskedFillBackward0",
               (a, lambda g, mask: g.masked_fill(mask, 0), mask),
               (value, lambda g, mask: where(mask, g, 0.0).sum(), mask))
    return y


# dtypes and copies

@method
def to(x, *target, dtype=None, device=None, copy=False, non_blocking=False,
       memory_format=None):
    """x as another dtype, on another device, or as another tensor is; x if it is so."""
    from .dispatch import backend_of, device as Device
    for each in target:
        if isinstance(each, Tensor):
            dtype, device = each.dtype, each.device
        elif isinstance(each, (str, Device)) or type(each) is int:
            device = each
        elif each is not True and each is not False and each is not None:
            dtype = dtype_of(each)
    kind = x.dtype if dtype is None else dtype_of(dtype)
    before = x.storage.backend
    backend = before if device is None else backend_of(device)
    if kind is x.dtype and backend is before and not copy:
        return x
    strides = laid_out_like(x.shape, [x.strides])
    y = empty(x.shape, kind, backend, strides)
    if backend is before:
        backend["copy"](y.native, x.native)
    else:
        moved = backend["from_bytes"](before["to_bytes"](
            before["cast"](x.native, x.dtype), x.dtype), x.dtype)
        backend["copy"](y.native, backend["view"](
            backend["buffer"](moved), x.dtype, x.shape, contiguous(x.shape), 0))
    finish(y)
    if kind.category == 2 and records(x):
        record(y, "ToCopyBackward0", (x, moved_back, x.dtype, x.device))
    return y


def contiguous(shape):
    from .storage import layout
    return layout(shape)[1]


def moved_back(g, dtype, device):
    return g.to(dtype=dtype, device=device)


def conversion(name, kind):
    def convert(x):
        return x.to(kind())
    convert.__name__, convert.__doc__ = name, f"The numbers as {kind()}."
    return method(convert)


for name, kind in [("float", dtypes.float32), ("double", dtypes.float64),
                   ("half", dtypes.float16), ("bfloat16", dtypes.bfloat16),
                   ("int", dtypes.int32), ("long", dtypes.int64), ("bool", bool_),
                   ("short", dtypes.int16), ("char", dtypes.int8),
                   ("byte", dtypes.uint8)]:
    conversion(name, lambda kind=kind: kind)


@method
def type(x, kind=None):
    """x as a dtype; without one, the name of its old type, "torch.FloatTensor"."""
    if kind is None:
        names = {"float32": "Float", "float64": "Double", "float16": "Half",
                 "bfloat16": "BFloat16", "int64": "Long", "int32": "Int",
                 "int16": "Short", "int8": "Char", "uint8": "Byte", "bool": "Bool"}
        return f"torch.{names[x.dtype.name]}Tensor"
    return x.to(kind)


del type


@method
def type_as(x, other):
    """x with the dtype of other."""
    return x.to(other.dtype)


@method
def cpu(x):
    """x on the CPU."""
    return x.to(device="cpu")


@method
def cuda(x, device=None):
    """x on the GPU."""
    return x.to(device="cuda" if device is None else device)


@operation
def clone(x, *, memory_format=None):
    """A copy with a memory of its own; its gradient is the original's."""
    backend = x.storage.backend
    y = empty(x.shape, x.dtype, backend, None if memory_format == "contiguous"
              else laid_out_like(x.shape, [x.strides]))
    backend["copy"](y.native, x.native)
    if records(x):
        record(y, "CloneBackward0", (x, unchanged))
    return y


def unchanged(g):
    return g


@method
def contiguous(x, memory_format=None):    # noqa: F811
    """x if its elements lie row after row, or else a copy in which they do."""
    if x.packed:
        return x
    backend = x.storage.backend
    y = empty(x.shape, x.dtype, backend)
    backend["copy"](y.native, x.native)
    if records(x):
        record(y, "CloneBackward0", (x, unchanged))
    return y


@method
def copy_(x, source, non_blocking=False):
    """Write the numbers of source, broadcast and converted, into x."""
    check_writable(x, "copy_")
    check_overlap(x, "copy_")
    backend = x.storage.backend
    if source.shape != x.shape:
        if broadcast(x.shape, source.shape) != x.shape:
            raise RuntimeError(f"a tensor of shape {tuple(source.shape)} does not "
                               f"broadcast to {tuple(x.shape)}")
    moved = source if source.storage.backend is backend else source.to(x.device)
    backend["copy"](x.native, moved.native)
    finish(x)
    if not records(x, source):
        x.storage.version += 1
        return x
    y = x.alias()
    if records(source) and x.dtype.category == 2:
        record(y, "CopyBackwards", (x.alias() if not x.requires_grad else x, nothing),
               (source, moved_back, source.dtype, source.device))
    else:
        record(y, "CopyBackwards", (x, nothing))
    return overwritten(x, y, "copy_")


def nothing(g):
    return g.new_zeros(g.shape)


@method
def fill_(x, value):
    """Write one number, or a 0-d tensor, everywhere."""
    if isinstance(value, Tensor):
        if value.shape:
            raise RuntimeError("fill_() takes one number or a 0-d tensor, and this one "
                               f"has the shape {tuple(value.shape)}")
        return x.copy_(value)
    check_writable(x, "fill_")
    x.storage.backend["fill"](x.native, dtypes.rounded(value, x.dtype)
                              if x.dtype is dtypes.bfloat16 else value)
    if not records(x):
        x.storage.version += 1
        return x
    y = x.alias()
    record(y, "FillBackward0", (x, nothing))
    return overwritten(x, y, "fill_")


@method
def zero_(x):
    """Write 0 everywhere."""
    return fill_(x, 0)


@operation
def detach(x):
    """The same numbers in the same memory, without history: no gradient passes."""
    return x.alias()


@method
def detach_(x):
    """Forget this tensor's history."""
    if x.base is not None:
        raise RuntimeError("a view cannot forget its base; use detach()")
    x.node, x.needs = None, False
    return x


for name in """neg exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sin cos tan
        asin acos atan sinh cosh tanh sigmoid erf floor ceil trunc sign abs logical_not
        bitwise_not mul div add sub pow square round relu clamp clip clamp_min clamp_max
        lerp addcmul addcdiv masked_fill remainder fmod floor_divide eq ne lt le gt ge
        logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor""".split():
    inplace(OPERATIONS[name], name + "_")

for name, other in dict(
        absolute="abs", negative="neg", multiply="mul", divide="div",
        true_divide="div", subtract="sub", greater="gt", greater_equal="ge", less="lt",
        less_equal="le", not_equal="ne", arccos="acos", arcsin="asin", arctan="atan",
        arctan2="atan2", fix="trunc", sgn="sign").items():
    OPERATIONS[name] = OPERATIONS[other]
    setattr(Tensor, name, OPERATIONS[other])


@operation
def isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |a - b| ≤ atol + rtol · |b|, number by number."""
    if a.dtype is not b.dtype:
        raise RuntimeError(f"isclose() compares one dtype, not {a.dtype} with {b.dtype}")
    same = a == b
    if equal_nan and a.dtype.category == 2:
        same = same | (a.isnan() & b.isnan())
    if rtol == 0 and atol == 0 or a.dtype is bool_:
        return same
    near = (a.double() - b.double()).abs() <= atol + rtol * b.double().abs()
    if a.dtype is not dtypes.float64:
        near = (a - b).abs() <= atol + (rtol * b).abs()
    return same | (near & (a - b).isfinite())


@operation
def allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all numbers are close; NaN is close to nothing, unless equal_nan."""
    return bool(isclose(a, b, rtol, atol, equal_nan).all())


@operation
def equal(a, b):
    """Whether shape and all numbers are equal."""
    return a.shape == b.shape and bool((a == b).all())


@public
def can_cast(source, target):
    """Whether a result of one dtype may be written into a tensor of another."""
    return dtypes.can_cast(source, target)


public(result_type)


@public
def broadcast_shapes(*shapes):
    """The shape that results when tensors of these shapes meet."""
    return broadcast(*[Size([n]) if isinstance(n, int) else Size(n) for n in shapes])


# Python's operators

def operator(name, function, reflected=None):
    """a + b, 2 + a and a += b by one function; what it does not know is left to others."""
    def forward(a, b):
        if isinstance(b, (Tensor, int, float)):
            return function(a, b)
        return function(a, b) if (b := as_number(b)) is not None else NotImplemented

    setattr(Tensor, f"__{name}__", forward)
    if reflected is not None:
        def backward(a, b):
            if isinstance(b, (int, float)) or (b := as_number(b)) is not None:
                return reflected(b, a)
            return NotImplemented
        setattr(Tensor, f"__r{name}__", backward)


def as_number(b):
    """A number of another library (np.float32(2)) as Python's, an array as a tensor."""
    if hasattr(b, "__array__"):
        if getattr(b, "shape", None) == ():
            return b.item()
        from .creation import tensor
        return tensor(b)
    return None


for name, function, reflected in [
        ("add", "add", "add"), ("sub", "sub", "sub"), ("mul", "mul", "mul"),
        ("truediv", "div", "div"), ("floordiv", "floor_divide", "floor_divide"),
        ("mod", "remainder", "remainder"), ("pow", "pow", "pow"),
        ("and", "bitwise_and", "bitwise_and"), ("or", "bitwise_or", "bitwise_or"),
        ("xor", "bitwise_xor", "bitwise_xor"), ("eq", "eq", None), ("ne", "ne", None),
        ("lt", "lt", None), ("le", "le", None), ("gt", "gt", None), ("ge", "ge", None),
        ("lshift", "bitwise_left_shift", None), ("rshift", "bitwise_right_shift", None)]:
    operator(name, OPERATIONS[function], reflected and OPERATIONS[reflected])

for name, method_name in [
        ("iadd", "add_"), ("isub", "sub_"), ("imul", "mul_"), ("itruediv", "div_"),
        ("ipow", "pow_"), ("ifloordiv", "floor_divide_"), ("imod", "remainder_"),
        ("iand", "bitwise_and_"), ("ior", "bitwise_or_"), ("ixor", "bitwise_xor_")]:
    setattr(Tensor, f"__{name}__", getattr(Tensor, method_name))

Tensor.__neg__, Tensor.__abs__ = Tensor.neg, Tensor.abs
Tensor.__invert__ = Tensor.bitwise_not
Tensor.__pos__ = lambda x: x


def data(x):
    """The same numbers without history or version: writing to it goes unnoticed."""
    from .storage import Storage
    from .tensor import look
    storage = Storage(x.storage.buffer, x.dtype, x.storage.backend)
    return look(storage, x.shape, x.strides, x.offset)


def set_data(x, other):
    """Look at the memory of another tensor from now on, with its shape and strides."""
    if other.dtype is not x.dtype and x.requires_grad and other.dtype.category != 2:
        raise RuntimeError(f"a tensor that requires a gradient cannot hold {other.dtype}")
    x.storage, x.dtype = other.storage, other.dtype
    x.shape, x.strides, x.offset = other.shape, other.strides, other.offset
    x.packed = other.packed
    x.native = other.native
    if x.base is not None:
        x.seen = x.storage.version


Tensor.data = property(data, set_data)
