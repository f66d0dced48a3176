"""Reductions and products of matrices by kernels.py.

    stay, go    the axes of a result, and those that are reduced

Sums of float32 are added up in float64 and rounded once.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from array import array

from ... import dtypes
from ...storage import broadcast, broadcast_strides, numel
from ..views import View
from .elementwise import KINDS, empty
from .machine import address, kernel, room
from .walks import filled, joined

WAYS = {}    # {(name, dtype): the words of the template, the dtype of the result}
for kind in KINDS:
    floats = kind.category == 2
    total = kind if floats else dtypes.int64
    wide = "wide" if floats else "wide_whole"
    for each, result, *words in (
            ("sum", total, "add", "zero" if floats else "whole_zero", wide),
            ("prod", total, "mul", "unit" if floats else "whole_one", wide),
            ("max", kind, "highest" if floats else "larger", "head", "itself"),
            ("min", kind, "lowest" if floats else "smaller", "head", "itself"),
            ("any", dtypes.bool_, "either_bit", "false_first", "true"),
            ("all", dtypes.bool_, "both_bits", "true_first", "true")):
        WAYS[each, kind] = dict(zip(("OP", "FIRST", "WIDE"), words)), result

PLANS = {}


def planned(shape, strides, axes, keepdim):
    """(shape of the result, the walk in six axes or None, a sum's rows or columns)."""
    key = shape, strides, axes, keepdim
    found = PLANS.get(key)
    if found is None:
        if len(PLANS) > 5000:
            PLANS.clear()
        found = PLANS[key] = plan(shape, strides, axes, keepdim)
    return found


def plan(shape, strides, axes, keepdim):
    every = range(len(shape))
    axes = every if axes is None else (axes,) if type(axes) is int else axes
    result = tuple([1 if axis in axes else shape[axis] for axis in every
                    if keepdim or axis not in axes])
    (stay, [kept]), (go, [gone]) = (
        joined([shape[axis] for axis in chosen], [[strides[axis] for axis in chosen]])
        for chosen in ([axis for axis in every if axis not in axes],
                       [axis for axis in every if axis in axes]))
    if len(stay) > 3 or len(go) > 3:
        return result, None, None
    steps = array("i", filled(stay, 3, 1) + filled(go, 3, 1) + filled(kept, 3, 0)
                  + filled(gone, 3, 0))
    flat = None
    if len(stay) < 2 and len(go) == 1:
        kept = kept or [0]
        if gone == [1]:
            flat = "sum_rows", (stay or [1])[0], go[0], kept[0]
        elif kept == [1]:
            flat = "sum_columns", go[0], stay[0], gone[0]
    return result, steps, flat


def reduction(name, plain):
    made = {}

    def make(kind):
        words, result = WAYS[name, kind]
        return kernel("reduce", T=KINDS[kind], R=KINDS[result], **words), result

    def reduce(a, axes, keepdim):
        shape, kind = tuple(a.shape), a.dtype
        result, steps, flat = planned(shape, tuple(a.strides), axes, keepdim)
        if (name, kind) not in WAYS or steps is None or 0 in shape:
            return plain(a, axes, keepdim)
        if flat and name == "sum" and kind is dtypes.float32:
            y = empty(result, kind)
            which, *sizes = flat
            kernel(which)(address(a), address(y), *sizes)
            return y
        if kind not in made:
            made[kind] = make(kind)
        run, kind = made[kind]
        y = empty(result, kind)
        run(address(a), address(y), steps.buffer_info()[0])
        return y
    return reduce


PRODUCTS = {}


def product_plan(left, right):
    """Shapes and strides of two operands -> the result's shape, the walk, K; or None.
    """
    (shape, strides), (other, steps) = left, right
    if len(shape) == 1:
        shape, strides = (1, *shape), (0, *strides)
    if len(other) == 1:
        other, steps = (*other, 1), (*steps, 0)
    (*lead, M, K), (*batch, inner, N) = shape, other
    if K != inner:
        return None
    lead, batch = tuple(lead), tuple(batch)
    together = tuple(broadcast(lead, batch))
    a = broadcast_strides(lead, tuple(strides[:-2]), together)
    b = broadcast_strides(batch, tuple(steps[:-2]), together)
    sizes, (a, b) = joined(together, (a, b))
    if len(sizes) > 2:
        return None
    result = (*together, *(M,) * (len(left[0]) > 1), *(N,) * (len(right[0]) > 1))
    return result, array("i", [
        *filled(sizes, 2, 1), M, K, N, *filled(a, 2, 0), *strides[-2:],
        *filled(b, 2, 0), *steps[-2:]]), K


def add(kernels):
    plain = dict(kernels)

    def matmul(a, b):
        """(..., M, K) @ (..., K, N) of float32."""
        if not a.dtype is b.dtype is dtypes.float32:
            return plain["matmul"](a, b)
        key = a.shape, a.strides, b.shape, b.strides
        if key not in PRODUCTS:
            if len(PRODUCTS) > 5000:
                PRODUCTS.clear()
            PRODUCTS[key] = product_plan(key[:2], key[2:])
        found = PRODUCTS[key]
        if found is None:
            return plain["matmul"](a, b)
        shape, steps, K = found
        y = empty(shape, dtypes.float32)
        if numel(shape):
            kernel("matmul")(address(a), address(b), address(y), room(8 * K + 32),
                             steps.buffer_info()[0])
        return y

    def transpose(a):
        """The two axes of a matrix exchanged: a view of the same memory."""
        return View(a.array, a.dtype, a.shape[::-1], a.strides[::-1], a.offset)

    kernels |= {name: reduction(name, plain[name])
                for name in ("sum", "prod", "max", "min", "any", "all")}
    kernels |= {"matmul": matmul, "transpose": transpose}
