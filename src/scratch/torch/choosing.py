"""Choosing number by number: where, masks, limits, and whether numbers are close.

    >>> from . import tensor
    >>> x = tensor([-2.0, 0.5, 3.0], requires_grad=True)
    >>> x.clamp(-1, 1).tolist(), where(x > 0, x, 0.1 * x).tolist()
    ([-1.0, 0.5, 1.0], [-0.20000000298023224, 0.5, 3.0])
    >>> x.relu().sum().backward()
    >>> x.grad.tolist()                      # what was not chosen has no slope
    [0.0, 1.0, 1.0]

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import OUTPUT, record, records
from .modes import Mode
from .operands import (as_copy, compute, finish, native, result_strides, result_type,
                       same_device)
from .storage import broadcast
from .tensor import OPERATIONS, Tensor, empty, operation, public, wrap

bool_ = dtypes.bool_


@public
def where(condition, a=None, b=None):
    """a where the condition is true, b elsewhere; alone, the indices where it is."""
    if a is None and b is None:
        return condition.nonzero(as_tuple=True)
    if not isinstance(condition, Tensor):
        raise TypeError(f"the condition is a tensor of bools, not {condition!r:.60}")
    if condition.dtype is not bool_ and condition.dtype is not dtypes.uint8:
        raise RuntimeError(f"the condition is bools, not {condition.dtype}")
    kind = result_type(a, b)
    backend = same_device(condition, a, b)
    parts = condition, *[x.detach().to(kind) if isinstance(x, Tensor)
                         and x.dtype is not kind else x for x in (a, b)]
    shape = broadcast(*[x.shape for x in parts if isinstance(x, Tensor)])
    y = empty(shape, kind, backend, result_strides(shape, parts))
    backend["where"](*[native(x, each, backend) for x, each in zip(
        parts, (bool_, kind, kind))], y.native)
    if Mode.grad and records(a, b):
        record(y, "WhereBackward0",
               (a, lambda g, condition: where(condition, g, 0.0), condition),
               (b, lambda g, condition: where(condition, 0.0, g), condition))
    return y


Tensor.where = lambda a, condition, b: where(condition, a, b)


@operation
def masked_fill(a, mask, value):
    """a, with one number where the mask is true."""
    if mask.dtype is not bool_:
        raise RuntimeError(f"a mask is bools, not {mask.dtype}")
    if isinstance(value, Tensor) and value.shape:
        raise RuntimeError("masked_fill() takes one number, and value has the shape "
                           f"{tuple(value.shape)}")
    kind = a.dtype
    if isinstance(value, Tensor) and not dtypes.can_cast(value.dtype, kind):
        raise RuntimeError(f"{value.dtype} cannot be held by {kind}")
    backend = same_device(a, mask)
    shape = broadcast(a.shape, mask.shape)
    y = empty(shape, kind, backend)
    backend["where"](mask.native, native(value, kind, backend), a.native, y.native)
    finish(y)
    if Mode.grad and records(a, value):
        record(y, f"MaskedFillBackward{1 if isinstance(value, Tensor) else 0}",
               (a, lambda g, mask: masked_fill(g, mask, 0), mask),
               (value, lambda g, mask: where(mask, g, 0.0).sum(), mask))
    return y


@operation
def relu(a):
    """max(0, a): slope 1 above zero, and 0 at it."""
    if a.dtype is bool_:
        raise RuntimeError("relu() is of numbers, and these are bools")
    y = compute("maximum", (a, 0), a.dtype, a.dtype, a.shape, (a,))
    if Mode.grad and records(a):
        record(y, "ReluBackward0", (a, gate, OUTPUT))
    return y


def gate(g, y):
    """g where y is positive, or is NaN, else 0."""
    backend = g.storage.backend
    d = wrap(backend["zeroed"](g.native, backend["le"](y.native, 0)), g.dtype, backend)
    if Mode.grad and records(g, y):
        record(d, "ThresholdBackwardBackward0", (g, gate, y),
               (y, lambda gg: gg.new_zeros(gg.shape)))
    return d


@operation
def clamp(a, min=None, max=None):
    """a, but at least min and at most max; the slope is 0 where it was changed."""
    if min is None and max is None:
        raise RuntimeError("clamp() needs min, max or both")
    if None not in (min, max) and isinstance(min, Tensor) != isinstance(max, Tensor):
        raise TypeError("clamp() takes two numbers or two tensors, and min and max are "
                        f"{min!r:.30} and {max!r:.30}")
    label = ("ClampBackward0" if isinstance(min, Tensor) or isinstance(max, Tensor)
             else "ClampBackward1")
    return limited(a, min, max, label)


def limited(a, low, high, label):
    y, lies = a, [x for x in (a, low, high) if isinstance(x, Tensor)]
    for name, limit in (("maximum", low), ("minimum", high)):
        if limit is not None:
            kind = result_type(y, limit)
            last = name == "minimum" or high is None
            y = compute(name, (y, limit), kind, kind, None, lies if last else None)
    if Mode.grad and records(a, low, high):
        record(y, label, (a, inside_slope, a, low, high),
               (low, low_slope, a, low, high), (high, high_slope, a, low, high))
    return y


def inside_slope(g, a, low, high):
    inside = None if low is None else a >= low
    if high is not None:
        inside = a <= high if inside is None else (a <= high) & inside
    return where(inside, g, 0.0)


def low_slope(g, a, low, high):
    return g * (a < low if high is None else (a < low) & (low < high))


def high_slope(g, a, low, high):
    return g * (a > high if low is None else (a > high) | (high < low))


OPERATIONS["clip"] = Tensor.clip = clamp


@operation
def clamp_min(a, min):
    """a, but at least min."""
    return limited(a, min, None, f"ClampMinBackward{int(isinstance(min, Tensor))}")


@operation
def clamp_max(a, max):
    """a, but at most max."""
    return limited(a, None, max, f"ClampMaxBackward{int(isinstance(max, Tensor))}")


@operation
def nan_to_num(a, nan=0.0, posinf=None, neginf=None):
    """a, with other numbers in place of nan, inf and -inf."""
    if a.dtype.category != 2:
        return a.clone()
    limits = dtypes.finfo(a.dtype)
    y = where(a.isnan(), nan, a)
    y = where(a == float("inf"), limits.max if posinf is None else posinf, y)
    y = where(a == float("-inf"), limits.min if neginf is None else neginf, y)
    return as_copy(y, a)


# whether numbers are alike

@operation
def isclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether |a - b| ≤ atol + rtol · |b|, number by number."""
    if a.dtype is not b.dtype:
        raise RuntimeError(f"isclose() is of one dtype, not {a.dtype} and {b.dtype}")
    if rtol < 0 or atol < 0:
        raise RuntimeError(f"rtol and atol are not negative, as {rtol} or {atol}")
    a, b = a.detach(), b.detach()
    same = a == b
    if equal_nan and a.dtype.category == 2:
        same = same | (a.isnan() & b.isnan())
    if rtol == 0 and atol == 0 or a.dtype is bool_:
        return same
    distance = (a - b).abs()
    return same | ((distance <= atol + (rtol * b).abs()) & distance.isfinite())


@operation
def allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether all numbers are close; NaN is close to nothing, unless equal_nan."""
    return bool(isclose(a, b, rtol, atol, equal_nan).all())


@operation
def equal(a, b):
    """Whether shape and all numbers are equal."""
    if not isinstance(b, Tensor):
        raise TypeError(f"equal() compares two tensors, not one with {b!r:.40}")
    if a.shape != b.shape:
        return False
    return bool((a.detach() == b.detach()).all())


