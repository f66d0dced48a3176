"""Elementwise kernels, and copies: templates of kernels.py, filled in.

    KINDS      dtypes that have kernels, and how kernels.py calls their numbers
    BY_...     operations, and the function of kernels.py that is the template's word OP

An operation on other dtypes, or on operands with more axes than a kernel walks through,
is left to the backend in plain Python.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import importlib.util
from array import array

from ... import dtypes
from ...dispatch import COMPARE, TWO
from ...storage import broadcast, contiguous_strides, numel
from ..views import CODES, View
from .machine import address, kernel
from .walks import spread, walk

KINDS = {dtypes.float32: "f32", dtypes.float64: "f64", dtypes.int64: "i64",
         dtypes.int32: "i32", dtypes.bool_: "u8"}
ZERO = {kind: array(code, [0]) for kind, code in CODES.items()}
AXES = 4    # that an elementwise kernel walks through

FLOATS, WHOLE, TRUTH = "f32 f64", "i64 i32", "u8"
ANY = f"{FLOATS} {WHOLE} {TRUTH}"
BY_FOUR = {    # of float32 at once, and then of float64 by itself or by Math
    "neg": "minus", "abs": "absolute", "square": "square", "sqrt": "root",
    "reciprocal": "reciprocal", "rsqrt": "rsqrt", "floor": "down", "ceil": "up",
    "trunc": "cut", "round": "half_even", "exp": "exp", "log": "log", "tanh": "tanh",
    "sigmoid": "sigmoid", "add": "add", "sub": "sub", "rsub": "rsub", "mul": "mul",
    "div": "div", "maximum": "highest", "minimum": "lowest"}
NOT_BY_ITSELF = {"exp", "log", "tanh", "sigmoid"}
BY_MATH = {    # JavaScript's own, of float64
    "exp", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin",
    "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh"}
BY_ONE = {    # name: (function, kinds, whether the result is a truth)
    "sign": ("sign", f"{FLOATS} {WHOLE}", False), "logical_not": ("false", ANY, True),
    "isnan": ("nan", FLOATS, True), "isinf": ("infinite", FLOATS, True),
    "isfinite": ("finite", FLOATS, True), "eq": ("eq", ANY, True),
    "ne": ("ne", ANY, True), "lt": ("lt", ANY, True), "le": ("le", ANY, True),
    "gt": ("gt", ANY, True), "ge": ("ge", ANY, True),
    "bitwise_and": ("both_bits", f"{WHOLE} {TRUTH}", False),
    "bitwise_or": ("either_bit", f"{WHOLE} {TRUTH}", False),
    "bitwise_xor": ("one_bit", f"{WHOLE} {TRUTH}", False),
    "logical_and": ("both_bits", TRUTH, True), "bitwise_not": ("false", TRUTH, True),
    "logical_or": ("either_bit", TRUTH, True), "logical_xor": ("one_bit", TRUTH, True),
    "pow": ("power", FLOATS, False), "atan2": ("atan2", FLOATS, False)}
WHOLE_TOO = {    # of the first list, also for whole numbers
    "neg": "minus", "abs": "size_of", "square": "square", "add": "add", "sub": "sub",
    "rsub": "rsub", "mul": "mul", "maximum": "larger", "minimum": "smaller"}
POWERS = {2: "square", 3: "cube", 0.5: "root"}    # that are no powers


def empty(shape, dtype):
    return View(ZERO[dtype] * numel(shape), dtype, tuple(shape))


WALKS = {}    # {(shape, strides, ...): a walk, or None}


def found_walk(shape, *strides):
    """A walk, and its address, remembered: most shapes come again."""
    key = shape, strides
    found = WALKS.get(key)
    if found is None:
        if len(WALKS) > 5000:
            WALKS.clear()
        steps = walk(shape, strides, AXES)
        found = WALKS[key] = steps, steps and steps.buffer_info()[0]
    return found[1]


def run(make, shape, *views):
    """Walk views through a kernel; False if they have too many axes."""
    at = found_walk(shape, *[each.strides if each.shape == shape
                             else spread(each, shape) for each in views])
    if at is None:
        return False
    if 0 not in shape:
        make(*[address(each) for each in views], at)
    return True


def apart(out, *operands):
    """Whether writing to out changes no number of an operand that is still to be read.
    """
    for each in operands:
        if each.array is out.array and not (
                each.offset == out.offset and each.strides == out.strides
                and each.shape == out.shape):
            return False
    return True


def template(name, kind, operands):
    """The kernel of an operation on such numbers, or None; of one or two operands."""
    T = KINDS.get(kind)
    if T == "f32" and name in BY_FOUR:
        return kernel("one" if operands == 1 else "two", OP=BY_FOUR[name])
    shell = "each_one" if operands == 1 else "each_two"
    if T in ("f32", "f64") and name in BY_MATH:
        return kernel(shell, T=T, R=T, OP="by_math", F=name)
    if T == "f64" and name in BY_FOUR and name not in NOT_BY_ITSELF:
        return kernel(shell, T=T, R=T, OP=BY_FOUR[name])
    if T in ("i64", "i32") and name in WHOLE_TOO:
        return kernel(shell, T=T, R=T, OP=WHOLE_TOO[name])
    function, kinds, truth = BY_ONE.get(name, ("", "", False))
    if T in kinds.split():
        return kernel(shell, T=T, R="u8" if truth else T, OP=function)
    return None


def operation(name, plain):
    """The kernel of the table: WebAssembly's where it has one, else plain Python's."""
    truth, made = BY_ONE.get(name, ("", "", False))[2], {}

    def one(a, out=None):
        kind = a.dtype
        if kind not in made:
            made[kind] = template(name, kind, 1)
        result = dtypes.bool_ if truth else kind
        return worked(made[kind], result, a.shape, out, a) or plain(a, out)

    def two(a, b, out=None):
        if a.__class__ is not View or b.__class__ is not View:
            if name == "pow" and b in POWERS and a.dtype in (dtypes.float32,
                                                             dtypes.float64):
                return power(a, b, out)
            kind = a.dtype if a.__class__ is View else b.dtype
            operands = [each if each.__class__ is View else constant(each, kind)
                        for each in (a, b)]
            if None in operands:
                return plain(a, b, out)
        else:
            operands, kind = (a, b), a.dtype
        if kind not in made:
            made[kind] = template(name, kind, 2)
        x, y = operands
        if x.dtype is not y.dtype:
            return plain(a, b, out)
        shape = x.shape if x.shape == y.shape else tuple(
            broadcast(tuple(x.shape), tuple(y.shape)))
        result = dtypes.bool_ if truth else kind
        return worked(made[kind], result, shape, out, x, y) or plain(a, b, out)

    def power(a, b, out):
        if (b, a.dtype) not in made:
            T = KINDS[a.dtype]
            made[b, a.dtype] = kernel("each_one", T=T, R=T, OP=POWERS[b]) \
                if T == "f64" else kernel("one", OP=POWERS[b])
        return worked(made[b, a.dtype], a.dtype, a.shape, out, a) or plain(a, b, out)

    return two if name in TWO or name in COMPARE else one


def constant(number, kind):
    """A Python number as a view without axes; None if it is none of this kind."""
    if kind not in KINDS or kind.category == 1 and type(number) is float:
        return None
    return View(array(CODES[kind], [number]), kind, ())


def worked(make, kind, shape, out, *operands):
    """The result of a kernel; None if there is none for these operands."""
    if make is None:
        return None
    if out is None:
        y = empty(shape, kind)
    elif (out.dtype is kind and tuple(out.shape) == tuple(shape)
          and apart(out, *operands)):
        y = out
    else:
        return None
    return y if run(make, shape, *operands, y) else None


def converter(source, target, side_by_side):
    """The kernel that makes numbers of one dtype into numbers of another, or None."""
    T, R = KINDS.get(source), KINDS.get(target)
    if T == R == "f32" and side_by_side:
        return kernel("one", OP="itself")
    if not (T and R) or R == "i32" != T:
        return None
    to_whole = R == "i64" and source.category == 2
    how = "itself" if T == R else "true" if R == "u8" else (
        "to_whole" if to_whole else "convert")
    return kernel("each_one", T=T, R=R, OP=how)


def add(kernels):
    """Put these kernels into a table, in place of plain Python's."""
    plain = dict(kernels)

    def copy(to, a):
        side_by_side = a.strides[-1:] == to.strides[-1:] == (1,)
        make = converter(a.dtype, to.dtype, side_by_side)
        if make is None or not apart(to, a) or not run(make, tuple(to.shape), a, to):
            plain["copy"](to, a)

    def cast(a, dtype):
        y = empty(a.shape, dtype)
        make = converter(a.dtype, dtype, a.strides == y.strides)
        return y if make and run(make, tuple(a.shape), a, y) else plain["cast"](a,
            dtype)

    def fill(a, number):
        one = constant(number, a.dtype)
        if one is None or not run(converter(a.dtype, a.dtype, False), tuple(a.shape),
                                  one, a):
            plain["fill"](a, number)

    def where(condition, a, b, out=None):
        kind = next((each.dtype for each in (a, b) if each.__class__ is View), None)
        operands = [each if each.__class__ is View else kind and constant(each, kind)
                    for each in (a, b)]
        if (kind not in KINDS or condition.dtype is not dtypes.bool_
                or None in operands or operands[0].dtype is not operands[1].dtype):
            return plain["where"](condition, a, b, out)
        operands = (condition, *operands)
        shape = tuple(broadcast(*[tuple(each.shape) for each in operands]))
        made = worked(kernel("choose", T=KINDS[kind]), kind, shape, out, *operands)
        return made or plain["where"](condition, a, b, out)

    def view(buffer, dtype, shape, strides, offset):
        """As in views.py, and sooner."""
        buffer = buffer.array if buffer.__class__ is View else buffer
        last = offset
        for n, stride in zip(shape, strides):
            last += (n - 1) * stride
        if not 0 <= last < len(buffer) and 0 not in shape:
            raise ValueError(f"element {last} of a storage of {len(buffer)} numbers")
        return View(buffer, dtype, shape, strides, offset)

    def as_array(a):
        """For Tensor.numpy(); where there is no NumPy, the memory itself in one row."""
        if importlib.util.find_spec("numpy"):
            return plain["as_array"](a)
        rows = cast(a, a.dtype) if a.strides != contiguous_strides(a.shape) else a
        return memoryview(rows.array)[rows.offset:rows.offset + numel(rows.shape)]

    kernels |= {name: operation(name, plain.get(name)) for name in
                {*BY_FOUR, *BY_MATH, *BY_ONE} & plain.keys()}
    kernels |= {each.__name__: each for each in (
        copy, cast, fill, where, view, as_array)}
    kernels["empty"] = empty
