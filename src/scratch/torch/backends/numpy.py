"""The kernels of the dispatch table by NumPy: a native is an ndarray over the storage.

    >>> kernels = table()
    >>> a = kernels["from_list"]([1, 2, 3, 4, 5, 6], dtypes.float32)
    >>> columns = kernels["view"](a, dtypes.float32, (3, 2), (1, 3), 0)
    >>> kernels["to_list"](columns)
    [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    >>> kernels["sum"](columns, (0,), False).tolist()
    [6.0, 15.0]

Most kernels are NumPy's functions as they are. Where NumPy differs from PyTorch, a few
lines say how. NumPy's warnings about division by zero and overflow are switched off
(numpy.seterr) once this is loaded: PyTorch answers with inf and nan, and says nothing.

bfloat16 is kept in float32, each result rounded to what 16 bits can hold.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools

import numpy as np

from .. import dtypes
from .erf import erf, erfc

NATIVE = {kind: np.dtype(kind.code or "f") for kind in dtypes.DTYPES.values()}
np.seterr(all="ignore")


def empty(shape, dtype):
    return np.empty(shape, NATIVE[dtype])


def view(buffer, dtype, shape, strides, offset):
    """A view of the numbers in buffer; ValueError if it would reach beyond them."""
    kind = NATIVE[dtype]
    if 0 in shape:                    # it may begin beyond the end: there is nothing
        return np.empty(shape, kind)
    size = kind.itemsize
    return np.ndarray(shape, kind, buffer, offset * size, [s * size for s in strides])


def buffer(native):
    return native if native.flags.c_contiguous else in_memory_order(native)


def in_memory_order(native):
    """A dense array, its axes in any order -> the same memory, with one axis."""
    axes = sorted(range(native.ndim), key=lambda axis: -native.strides[axis])
    return native.transpose(axes).reshape(-1)


def length(buffer):
    return buffer.size


def address(buffer):
    return buffer.ctypes.data


def from_list(numbers, dtype):
    return np.array(numbers, NATIVE[dtype])


def to_list(native):
    return native.tolist()


def from_bytes(data, dtype):
    if dtype is dtypes.bfloat16:
        high = np.frombuffer(data, "<u2").astype("<u4") << 16
        return high.view("<f4").copy()
    return np.frombuffer(data, NATIVE[dtype]).copy()


def to_bytes(native, dtype):
    if dtype is dtypes.bfloat16:
        return (np.ascontiguousarray(native).view("<u4") >> 16).astype("<u2").tobytes()
    return native.tobytes()


def fill(a, number):
    a.fill(number)


def copy(to, a):
    if to.dtype == np.bool_ and a.dtype != np.bool_:
        a = a != 0
    np.copyto(to, a, casting="unsafe")


def cast(a, dtype):
    if dtype is dtypes.bool_:
        return a != 0 if a.dtype != np.bool_ else a.copy()
    if dtype is dtypes.bfloat16:
        return round_bfloat16(a.astype(np.float32))
    return a.astype(NATIVE[dtype], order="C")


def round_bfloat16(a):
    """float32 -> float32 with 16 zero bits: to the nearest, ties to the even one."""
    bits = a.view(np.uint32)
    kept = bits + (0x7FFF + (bits >> 16 & 1)) & np.uint32(0xFFFF0000)
    return np.where(np.isnan(a), a, kept.view(np.float32))


def rsqrt(a, out=None):
    return np.divide(1, np.sqrt(a), out)


def reciprocal(a, out=None):
    return np.divide(1, a, out)


def sigmoid(a, out=None):
    out = np.negative(a, out)
    out = np.exp(out, out if type(out) is np.ndarray else None)
    out = np.add(out, 1, out if type(out) is np.ndarray else None)
    return np.divide(1, out, out if type(out) is np.ndarray else None)


def sign(a, out=None):
    if a.dtype.kind == "f":        # 0 for NaN, where NumPy has NaN
        return np.subtract(a > 0, a < 0, out, dtype=a.dtype)
    return np.sign(a, out) if a.dtype != np.bool_ else np.logical_or(a, False, out)


def tan(a, out=None):
    """float32 by way of float64: NumPy's own is off by 3 units near π/2."""
    if a.dtype != np.float32:
        return np.tan(a, out)
    result = np.tan(a, dtype=np.float64).astype(np.float32)
    return result if out is None else write(out, result)


def pow(a, b, out=None):
    """aᵇ; whole numbers to a negative power are 0, but for 1 and -1."""
    kinds = {getattr(each, "dtype", np.dtype(type(each))).kind for each in (a, b)}
    if "f" in kinds:
        if type(b) in (int, float):
            if b == 2:
                return np.multiply(a, a, out)
            if b == 3:
                return np.multiply(np.multiply(a, a), a, out)
            if b == 0.5:
                return np.sqrt(a, out)
        return np.power(a, b, out)
    below = np.less(b, 0)
    result = np.power(a, np.where(below, 0, b).astype(getattr(a, "dtype", b.dtype)
                                                    if hasattr(b,
                                                        "dtype") else a.dtype))
    odd = np.where(np.equal(a, -1) & (np.remainder(b, 2) == 1), -1, 1)
    few = np.where(np.abs(a) == 1, odd, 0)
    result = np.where(below, few, result).astype(result.dtype)
    return result if out is None else write(out, result)


def write(out, result):
    np.copyto(out, result, casting="unsafe")
    return out


def floor_divide(a, b, out=None):
    refuse_zero(b, a)
    return np.floor_divide(a, b, out)


def remainder(a, b, out=None):
    refuse_zero(b, a)
    return np.remainder(a, b, out)


def fmod(a, b, out=None):
    refuse_zero(b, a)
    return np.fmod(a, b, out)


def refuse_zero(b, a):
    """Whole numbers have no inf: a division by 0 is an error."""
    kind = getattr(b, "dtype", None) or getattr(a, "dtype", None)
    if kind.kind in "iub" and getattr(a, "dtype", kind).kind in "iub":
        if not np.all(b) and getattr(a, "size", 1):
            raise RuntimeError("ZeroDivisionError: a whole number divided by 0")


def softmax(a, axis):
    e = np.subtract(a, a.max(axis, keepdims=True), order="C")
    np.exp(e, e)
    np.divide(e, np.add.reduce(e, axis, None, None, True), e)
    return e


def log_softmax(a, axis):
    y = np.subtract(a, a.max(axis, keepdims=True), order="C")
    np.subtract(y, np.log(np.add.reduce(np.exp(y), axis, None, None, True)), y)
    return y


def nonzero(a):
    """A vector of indices per axis, each in its own memory, and not in NumPy's rows."""
    return [np.ascontiguousarray(each) for each in np.nonzero(a)]


def arange(numbers, dtype):
    return np.arange(numbers.start, numbers.stop, numbers.step, NATIVE[dtype])


def where(condition, a, b, out=None):
    result = np.where(condition, a, b)
    return np.asarray(result) if out is None else write(out, result)


BITS = {np.dtype("f4"): np.int32, np.dtype("f8"): np.int64}


def zeroed(a, mask):
    """a, and 0 where the mask is true, by its bits: np.where takes four times as long.
    """
    bits = BITS.get(a.dtype)
    if not (bits and a.ndim and a.flags.c_contiguous and mask.flags.c_contiguous):
        return rows(np.where(mask, a.dtype.type(0), a))
    return (a.view(bits) & np.subtract(mask, 1, dtype=bits)).view(a.dtype)


def sum(a, axes, keepdim):
    """Floats are added in pairs of pairs, float16 in float32; the rest in int64."""
    kind = a.dtype
    if kind.kind != "f":
        kind = np.int64
    if kind == np.float16:
        return np.asarray(a.sum(axes, np.float32, keepdims=keepdim)).astype(kind)
    return rows(np.add.reduce(a, axes, kind, None, keepdim))


def prod(a, axes, keepdim):
    kind = a.dtype if a.dtype.kind == "f" else np.int64
    return rows(np.multiply.reduce(a, axes, kind, None, keepdim))


def reduction(function):
    def kernel(a, axes, keepdim):
        return rows(function.reduce(a, axes, None, None, keepdim))
    return kernel


def argmax(a, axis, keepdim):
    return np.asarray(np.argmax(a, axis, keepdims=keepdim))


def argmin(a, axis, keepdim):
    return np.asarray(np.argmin(a, axis, keepdims=keepdim))


def rows(made):
    """A result as the table promises it: an ndarray that lies row after row."""
    return np.ascontiguousarray(made) if made.__class__ is np.ndarray and made.ndim \
        else np.asarray(made)


def matmul(a, b):
    """(..., M, K) @ (..., K, N), float16 in float32."""
    if a.dtype == np.float16:
        return matmul(a.astype(np.float32), b.astype(np.float32)).astype(np.float16)
    return rows(np.matmul(a, b))


def transpose(a):
    """The two axes of a matrix exchanged: a view of the same memory."""
    return a.T


def cumsum(a, axis):
    kind = a.dtype if a.dtype.kind == "f" else np.int64
    return rows(np.cumsum(a, axis, kind)) if a.ndim else a.astype(kind)


def cumprod(a, axis):
    kind = a.dtype if a.dtype.kind == "f" else np.int64
    return rows(np.cumprod(a, axis, kind)) if a.ndim else a.astype(kind)


def sort(a, axis, descending):
    """Values and where they were; equal ones keep their order, and NaN is largest."""
    if not a.ndim:
        return a.copy(), np.zeros((), np.int64)
    if descending:    # sorted backwards from the end, equal ones would turn round
        backwards = np.flip(a, axis)
        order = np.flip(np.argsort(backwards, axis, kind="stable"), axis)
        order = a.shape[axis] - 1 - order
    else:
        order = np.argsort(a, axis, kind="stable")
    order = np.ascontiguousarray(order, np.int64)
    return rows(np.take_along_axis(a, order, axis)), order


def take(a, index):
    # np.take would first copy all of a that is not contiguous
    return rows(np.take(a, index, 0) if a.flags.c_contiguous else a[index])


def put(to, index, a):
    """to[index] = a, row by row; of equal indices, the last counts."""
    to[index] = a


def add_at(to, index, a):
    """to[index] += a, row by row; equal indices add up, in order.

    Many long rows are sorted first, so that those of one index are neighbours, and
    NumPy adds rows in place of numbers: 10 times as fast for a batch's embeddings.
    """
    if index.ndim == 1 and to.ndim > 1 and getattr(a, "size", 0) >= 5000:
        order = np.argsort(index, kind="stable")
        ids = index[order]
        starts = np.flatnonzero(np.concatenate(([True], ids[1:] != ids[:-1])))
        to[ids[starts]] += np.add.reduceat(a.take(order, 0), starts, 0)
        return
    if to.ndim > 1 and to.flags.c_contiguous and to.size:
        inner = to.shape[1:]             # one axis takes np.add.at a tenth of the time
        size = to.size // len(to)
        places = np.add.outer(index * size, np.arange(size)).reshape(-1)
        if type(a) is np.ndarray:
            a = np.broadcast_to(a, index.shape + inner).reshape(-1)
        to, index = to.reshape(-1), places
    np.add.at(to, index, a)


def take_all(a, indices):
    return rows(a[tuple(indices)])


def put_all(to, indices, a):
    to[tuple(indices)] = a


def add_all(to, indices, a):
    np.add.at(to, tuple(indices), a)


def gather(a, axis, index):
    if a.ndim == 0 or index.ndim == 0:
        return a.reshape(-1)[index.reshape(-1)].reshape(index.shape)
    if not index.size:
        return np.empty(index.shape, a.dtype)
    return rows(a[places(index, axis)])


def places(index, axis):
    """What a[...] takes to pick index along one axis, and each place along the rest."""
    each = list(grid(index.shape))
    each[axis] = index
    return tuple(each)


@functools.lru_cache(1000)
def grid(shape):
    """For each axis the numbers of its places, broadcast along the others."""
    return np.ogrid[tuple(map(slice, shape))]


def scatter(to, axis, index, a):
    if to.ndim == 0 or index.ndim == 0:
        to, index, axis = to.reshape(-1), index.reshape(-1), 0
    number = not hasattr(a, "shape")
    region = tuple(map(slice, index.shape))
    where = places(index, axis)
    to[where] = a if number else a.reshape(-1)[0] if not a.ndim else a[region]


def scatter_add(to, axis, index, a):
    if to.ndim == 0 or index.ndim == 0:
        to, index, axis, a = to.reshape(-1), index.reshape(-1), 0, np.reshape(a, -1)
    np.add.at(to, places(index, axis), a[tuple(map(slice, index.shape))])


def maximum(a, b, out=None):
    """NumPy wants `out` by its name here, and only here."""
    return np.maximum(a, b, out=out)


def minimum(a, b, out=None):
    return np.minimum(a, b, out=out)


def searchsorted(a, values, right):
    side = "right" if right else "left"
    return np.asarray(np.searchsorted(a, values, side), order="C")


UFUNCS = dict(
    neg="negative", abs="absolute", exp="exp", exp2="exp2", expm1="expm1", log="log",
    log2="log2", log10="log10", log1p="log1p", sqrt="sqrt", square="square", sin="sin",
    cos="cos", asin="arcsin", acos="arccos", atan="arctan", sinh="sinh",
    cosh="cosh", tanh="tanh", asinh="arcsinh", acosh="arccosh", atanh="arctanh",
    floor="floor", ceil="ceil", trunc="trunc", round="rint", logical_not="logical_not",
    bitwise_not="invert", isnan="isnan", isinf="isinf", isfinite="isfinite",
    add="add", sub="subtract", mul="multiply", div="divide", fmax="fmax", fmin="fmin",
    atan2="arctan2",
    logical_and="logical_and", logical_or="logical_or", logical_xor="logical_xor",
    bitwise_and="bitwise_and", bitwise_or="bitwise_or", bitwise_xor="bitwise_xor",
    bitwise_left_shift="left_shift", bitwise_right_shift="right_shift",
    eq="equal", ne="not_equal", lt="less", le="less_equal", gt="greater",
    ge="greater_equal")
OWN = (empty, view, buffer, length, address, from_list, to_list, from_bytes, to_bytes,
       fill, copy, cast, rsqrt, reciprocal, sigmoid, sign, tan, pow, floor_divide,
       remainder, fmod, where, sum, prod, argmax, argmin, matmul, transpose, cumsum,
       cumprod, sort, take, put, add_at, take_all, put_all, add_all, zeroed, gather,
       scatter, scatter_add, round_bfloat16, softmax, log_softmax,
       nonzero, arange, maximum,
       minimum, searchsorted)
REDUCTIONS = dict(max=np.maximum, min=np.minimum, any=np.logical_or,
                  all=np.logical_and)


def table():
    """{name of a kernel: function}."""
    kernels = {name: getattr(np, ufunc) for name, ufunc in UFUNCS.items()}
    kernels |= {kernel.__name__: kernel for kernel in OWN}
    kernels |= {name: reduction(ufunc) for name, ufunc in REDUCTIONS.items()}
    kernels |= {"erf": erf, "erfc": erfc}
    return kernels


def as_array(native):
    """For Tensor.numpy(): the native itself, which shares the memory."""
    return native
