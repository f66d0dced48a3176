"""PyCUDA's GPUArray for the CPU engine: an array whose memory is the device's.

    >>> x = to_gpu(np.float32([1, 2, 3]))
    >>> (2 * x + 1).get()
    array([3., 5., 7.], dtype=float32)
    >>> float(dot(x, x).get()), float(max(x).get())
    (14.0, 3.0)
    >>> x[1:].shape, x.reshape(3, 1).T.shape, arange(4, dtype=np.int32) ** 2
    ((2,), (1, 3), array([0, 1, 4, 9], dtype=int32))

A GPUArray is passed to kernels as it is, or as .gpudata.  On a GPU each operation is a
launch; here it is one of NumPy's on .host, a view of the same memory.
Shapes and types come out as PyCUDA's do: comparisons have the type of the array, whole
numbers divided by an array are whole numbers, a sum has the shape ().

Left out: textures, gathering of several arrays at once (multi_take and its like).
"""

import builtins
import math
import operator
import struct
import types
import warnings

import numpy as np

from . import driver, tools
from .driver.devices import NotOnCPU
from .driver.transfers import at

__all__ = ["GPUArray", "all", "any", "arange", "concatenate", "dot", "empty",
           "empty_like", "if_positive", "logical_and", "logical_not", "logical_or",
           "max", "maximum", "min", "minimum", "ones", "ones_like", "reshape", "splay",
           "stack", "subset_dot", "subset_max", "subset_min", "subset_sum", "sum",
           "take", "to_gpu", "to_gpu_async", "transpose", "vec", "where", "zeros",
           "zeros_like"]


def splay(n, dev=None):
    """A grid and a block for n elements."""
    threads = 128 if n >= 128 else builtins.max(32, -(-n // 32) * 32)
    return (builtins.max(1, builtins.min(-(-n // threads), 256)), 1), (threads, 1, 1)


class Flags:
    """How an array lies in memory."""

    def __init__(self, host):
        self.c_contiguous = bool(host.flags.c_contiguous)
        self.f_contiguous = bool(host.flags.f_contiguous)
        self.forc = self.c_contiguous or self.f_contiguous


class GPUArray:
    """shape and dtype are as NumPy's, gpudata the memory, base what it is a view of."""

    __array_priority__ = 100

    def __init__(self, shape, dtype, allocator=driver.mem_alloc, base=None,
                 gpudata=None, strides=None, order="C"):
        if np.size(shape) and np.asarray(shape).dtype.kind not in "iu":
            raise TypeError(f"shape={shape}: sizes are whole numbers")
        self.shape = tuple(int(size) for size in np.ravel(shape))
        self.dtype = np.dtype(dtype)
        if builtins.any(size < 0 for size in self.shape):
            raise ValueError("negative dimensions are not allowed")
        self.size = self.mem_size = math.prod(self.shape)
        self.nbytes = self.size * self.dtype.itemsize
        self.allocator, self.base = allocator, base
        if strides is None:
            if order not in ("C", "F"):
                raise ValueError(f"invalid order: {order}")
            strides, step = [], self.dtype.itemsize
            for size in self.shape if order == "F" else self.shape[::-1]:
                strides.append(step)
                step *= builtins.max(size, 1)
            strides = strides if order == "F" else strides[::-1]
        self.strides = tuple(strides)
        if gpudata is None and self.size:
            gpudata = allocator(self.nbytes)
        self.gpudata, self.held = gpudata, (None, None)

    @property
    def host(self):
        """The memory that gpudata is now, as a NumPy array; gpudata may be set."""
        place = int(self.gpudata) if self.size else 0
        if self.held[0] != place:
            self.held = place, self.look()
        return self.held[1]

    def look(self):
        if not self.size:
            return np.empty(self.shape, self.dtype)
        reach = sorted([(size - 1) * stride for size, stride in
                        zip(self.shape, self.strides)])
        before = -builtins.sum(r for r in reach if r < 0)
        after = builtins.sum(r for r in reach if r > 0) + self.dtype.itemsize
        start = at(int(self.gpudata) - before, before + after, "GPUArray")
        return np.ndarray(self.shape, self.dtype, start.data, before, self.strides)

    # -- layout

    @property
    def ptr(self):
        return int(self.gpudata)

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def flags(self):
        return Flags(self.host)

    @property
    def T(self):
        return self.transpose()

    @property
    def _grid(self):
        return splay(self.size)[0]

    @property
    def _block(self):
        return splay(self.size)[1]

    @property
    def __cuda_array_interface__(self):
        return {"shape": self.shape, "strides": self.strides, "version": 3,
                "data": (self.ptr if self.size else 0, False),
                "typestr": self.dtype.str, "stream": None}

    # -- to and from the host

    def set(self, ary, async_=False, stream=None):
        """Copy from a host array."""
        if ary.size != self.size:
            raise ValueError("ary and self must be the same size")
        if ary.dtype != self.dtype:
            raise ValueError("ary and self must have the same dtype")
        if ary.shape != self.shape:
            warnings.warn("Setting array from one with different shape.", stacklevel=2)
        self.host[...] = getattr(ary, "host", ary).reshape(self.shape)

    def get(self, ary=None, pagelocked=False, async_=False, stream=None):
        """A copy as a host array."""
        if ary is None:
            return np.array(self.host, order="K")
        if ary.size != self.size:
            raise ValueError("self and ary must be the same size")
        if ary.dtype != self.dtype:
            raise TypeError("self and ary must have the same dtype")
        ary.reshape(self.shape)[...] = self.host
        return ary

    def set_async(self, ary, stream=None):
        self.set(ary)

    def get_async(self, stream=None, ary=None):
        return self.get(ary)

    def copy(self):
        return holding(self.host)

    def __str__(self):
        return str(self.get())

    def __repr__(self):
        return repr(self.get())

    def __len__(self):
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __bool__(self):
        if self.size != 1:
            raise ValueError("The truth value of an array with more than one element "
                             "is ambiguous. Use a.any() or a.all()")
        return bool(self.host.reshape(())[()])

    __hash__ = None

    # -- views

    def seen(self, host, base=None):
        """A GPUArray on the memory of host, which is a view of self.host."""
        address = int(self.gpudata) if self.size else 0
        offset = host.__array_interface__["data"][0] - (
            self.host.__array_interface__["data"][0]) if self.size and host.size else 0
        base = self if base is None else base
        return GPUArray(host.shape, host.dtype, self.allocator, base,
                        address + offset, host.strides)

    def reshape(self, *shape, order="C"):
        """The same numbers in another shape; a view."""
        if not self.flags.forc:
            raise RuntimeError("only contiguous arrays may be used as arguments to "
                               "this operation")
        if isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        shape = list(shape)
        if shape.count(-1) > 1:
            raise ValueError("can only specify one unknown dimension")
        if -1 in shape:
            rest = -math.prod(shape)
            shape[shape.index(-1)] = self.size // rest if rest else 0
        if math.prod(shape) != self.size:
            raise ValueError("total size of new array must be unchanged")
        return GPUArray(shape, self.dtype, self.allocator, self,
                        int(self.gpudata) if self.size else None, order=order)

    def ravel(self):
        return self.reshape(self.size)

    def view(self, dtype=None):
        """The same bytes as numbers of another type."""
        dtype = self.dtype if dtype is None else np.dtype(dtype)
        if not self.shape or dtype.itemsize == self.dtype.itemsize:
            return self.seen(self.host.view(dtype))
        axis = builtins.min(range(self.ndim), key=lambda n: abs(self.strides[n]))
        if self.shape[axis] * self.dtype.itemsize % dtype.itemsize:
            raise ValueError("new type not compatible with array")
        moved = np.moveaxis(self.host, axis, -1)
        return self.seen(np.moveaxis(moved.view(dtype), -1, axis))

    def squeeze(self):
        return self.seen(self.host.squeeze())

    def transpose(self, axes=None):
        if axes is not None and len(axes) != self.ndim:
            raise ValueError("axes don't match array")
        return self.seen(self.host.transpose(axes), self.base)

    def __getitem__(self, index):
        parts = index if isinstance(index, tuple) else (index,)
        for part in parts:
            if not (isinstance(part, (slice, int, np.integer)) or part is Ellipsis
                    or part is None):
                raise IndexError(f"invalid subindex {part!r}")
        whole = parts if Ellipsis in parts else (*parts, Ellipsis)    # never a copy
        return self.seen(self.host[whole])

    def __setitem__(self, index, value):
        part = self[index]
        if np.isscalar(value):
            part.host[...] = value
            return
        value = getattr(value, "host", value)
        if value.dtype != part.dtype:
            raise ValueError("ary and self must have the same dtype")
        if value.shape != part.shape:
            raise ValueError("ary and self must have the same shape")
        part.host[...] = value

    # -- arithmetic

    def fill(self, value, stream=None):
        self.contiguous()
        self.host[...] = value
        return self

    def contiguous(self, *others):
        for array in (self, *others):
            if isinstance(array, GPUArray) and not array.flags.forc:
                raise RuntimeError("only contiguous arrays may be used as arguments to "
                                   "this operation")

    def apply(self, function, a, b, dtype=None, out=None):
        """function of a and b, one of them self, the other an array or a number."""
        other = b if a is self else a
        if not (isinstance(other, GPUArray) or np.isscalar(other)):
            return NotImplemented
        self.contiguous(other)
        if isinstance(other, GPUArray) and other.shape != self.shape and (
                () not in (self.shape, other.shape)):
            raise NotImplementedError("Broadcasting binary operator with shapes: "
                                      f"{self.shape}, {other.shape}.")
        a, b = (getattr(value, "host", value) for value in (a, b))
        if dtype is None:
            dtype = np.result_type(a, b)
        with np.errstate(all="ignore"):      # a GPU gives no warning
            result = function(a, b)
        return holding(np.asarray(result).astype(dtype, copy=False), out)

    def __add__(self, other): return self.apply(operator.add, self, other)
    def __radd__(self, other): return self.apply(operator.add, other, self)
    def __sub__(self, other): return self.apply(operator.sub, self, other)
    def __rsub__(self, other): return self.apply(operator.sub, other, self)
    def __mul__(self, other): return self.apply(operator.mul, self, other)
    def __rmul__(self, other): return self.apply(operator.mul, other, self)

    def __truediv__(self, other):
        if np.isscalar(other):
            self.whole(other, np.result_type(self.host, other), divides=True)
        return self.apply(operator.truediv, self, other)

    def __rtruediv__(self, other): return self.apply(operator.truediv, other, self)
    def __pow__(self, other): return self.apply(power, self, other)
    def __rpow__(self, other): return self.apply(power, other, self)

    def in_place(self, function, other):
        self.whole(other, self.dtype, function is operator.truediv)
        return self.apply(function, self, other, self.dtype, self)

    def __iadd__(self, other): return self.in_place(operator.add, other)
    def __isub__(self, other): return self.in_place(operator.sub, other)
    def __imul__(self, other): return self.in_place(operator.mul, other)
    def __itruediv__(self, other): return self.in_place(operator.truediv, other)

    @staticmethod
    def whole(number, dtype, divides=False):
        """PyCUDA's error for a number, or 1 / number, that its kernel cannot take."""
        if np.isscalar(number) and dtype.kind in "iu" and not (
                isinstance(number, (int, np.integer)) and (number == 1 or not divides)):
            raise struct.error("required argument is not an integer: PyCUDA's kernel "
                               f"for {dtype} takes whole numbers"
                               + ", and divides by no number but 1" * divides)

    def __ipow__(self, other):
        return self.apply(power, self, other, self.dtype, self)

    __div__, __rdiv__, __idiv__ = __truediv__, __rtruediv__, __itruediv__

    def compare(self, function, other):
        dtype = np.result_type(self.host, other.host) if isinstance(
            other, GPUArray) else self.dtype
        return self.apply(function, self, other, dtype)

    def __eq__(self, other): return self.compare(operator.eq, other)
    def __ne__(self, other): return self.compare(operator.ne, other)
    def __lt__(self, other): return self.compare(operator.lt, other)
    def __le__(self, other): return self.compare(operator.le, other)
    def __gt__(self, other): return self.compare(operator.gt, other)
    def __ge__(self, other): return self.compare(operator.ge, other)

    def __pos__(self): return self
    def __neg__(self): return holding(-self.host)
    def __abs__(self): return holding(np.abs(self.host))

    def _new_like_me(self, dtype=None, order="K"):
        return empty_like(self, dtype, order)

    def mul_add(self, selffac, other, otherfac, add_timer=None, stream=None, out=None):
        """selffac · self + otherfac · other."""
        both = selffac * self.host + otherfac * other.host
        return holding(both.astype(np.result_type(self.host, other.host)), out)

    def reverse(self, stream=None):
        self.contiguous()
        return holding(self.host.reshape(-1)[::-1].reshape(self.shape))

    def astype(self, dtype, stream=None):
        self.contiguous()
        with np.errstate(all="ignore"):
            return holding(self.host.astype(dtype))

    def any(self, stream=None, allocator=None):
        return any(self)

    def all(self, stream=None, allocator=None):
        return all(self)

    @property
    def real(self):
        return holding(self.host.real) if self.dtype.kind == "c" else self

    @property
    def imag(self):
        return holding(self.host.imag)

    def conj(self, out=None):
        return holding(self.host.conj(), out) if self.dtype.kind == "c" else self

    conjugate = conj

    def bind_to_texref(self, *_, **__):
        raise NotOnCPU("textures cannot run on the CPU engine")

    bind_to_texref_ext = bind_to_texref


def power(a, b):
    """a ** b as C's pow has it, whole numbers too: 2 to the -1 is 0."""
    if np.result_type(a, b).kind in "iu":
        return np.power(np.asarray(a, float), b)
    return np.power(a, b)


def _get_common_dtype(obj1, obj2):
    """Of what is computed from an array and an array or a number."""
    other = np.zeros(1, obj2.dtype) if hasattr(obj2, "dtype") else obj2
    return (np.zeros(1, obj1.dtype) + other).dtype


# ---- making them ---------------------------------------------------------------------

def holding(host, out=None, allocator=None):
    """A GPUArray with the values of a host array, new or written into out."""
    host = np.asarray(host)
    if out is None:
        fortran = host.flags.f_contiguous and not host.flags.c_contiguous
        out = GPUArray(host.shape, host.dtype, allocator or driver.mem_alloc,
                       order="F" if fortran else "C")
    out.host[...] = host
    return out


def to_gpu(ary, allocator=driver.mem_alloc):
    """A copy on the device."""
    ary = np.asarray(ary)
    result = GPUArray(ary.shape, ary.dtype, allocator, strides=ary.strides if (
        ary.flags.c_contiguous or ary.flags.f_contiguous) else None)
    result.set(ary)
    return result


def to_gpu_async(ary, allocator=driver.mem_alloc, stream=None):
    return to_gpu(ary, allocator)


empty = GPUArray


def zeros(shape, dtype=np.float64, allocator=driver.mem_alloc, order="C"):
    return GPUArray(shape, dtype, allocator, order=order).fill(
        np.zeros((), dtype)[()])


def ones(shape, dtype=np.float64, allocator=driver.mem_alloc, order="C"):
    return GPUArray(shape, dtype, allocator, order=order).fill(1)


def empty_like(other_ary, dtype=None, order="K"):
    return holding(np.empty_like(other_ary.host, dtype, order))


def zeros_like(other_ary, dtype=None, order="K"):
    return holding(np.zeros_like(other_ary.host, dtype, order))


def ones_like(other_ary, dtype=None, order="K"):
    return holding(np.ones_like(other_ary.host, dtype, order))


def arange(*args, dtype=None, start=None, stop=None, step=None, stream=None):
    """arange([start,] stop[, step], dtype=...)."""
    if not args:
        raise IndexError("arange(): the stop has to be an argument without a name")
    if isinstance(args[-1], np.dtype):
        *args, dtype = args
    if len(args) > 3:
        raise ValueError("too many arguments")
    given = dict(start=start, stop=stop, step=step)
    for name, value in zip(["stop"] if len(args) == 1 else given, args):
        if given[name] is not None:
            raise ValueError(f"may not specify {name!r} by position and keyword")
        given[name] = value
    start, stop, step = given.values()
    if stop is None:
        raise ValueError("stop argument required")
    start, step = start or 0, 1 if step is None else step
    if dtype is None:
        dtype = np.array([start, stop, step]).dtype
        if dtype != np.float32:
            warnings.warn("behavior change: arange guessed dtype other than float32. "
                          "suggest specifying explicit dtype.", stacklevel=2)
    dtype = np.dtype(dtype)
    count = math.ceil((dtype.type(stop) - dtype.type(start)) / dtype.type(step))
    numbers = dtype.type(start) + np.arange(count) * dtype.type(step)
    return holding(numbers.astype(dtype))


# ---- of whole arrays -----------------------------------------------------------------

def sum(a, dtype=None, stream=None, allocator=None):
    return holding(np.sum(a.host, dtype=dtype or a.dtype), allocator=allocator)


def dot(a, b, dtype=None, stream=None, allocator=None):
    """Σ a b, of arrays of one shape."""
    dtype = dtype or np.result_type(a.host, b.host)
    products = a.host.ravel().astype(dtype) * b.host.ravel()
    return holding(np.sum(products, dtype=dtype), allocator=allocator)


def max(a, stream=None):
    return holding(np.max(a.host))


def min(a, stream=None):
    return holding(np.min(a.host))


def any(a, stream=None, allocator=None):
    return holding(np.any(a.host), allocator=allocator)


def all(a, stream=None, allocator=None):
    return holding(np.all(a.host), allocator=allocator)


def subset_sum(subset, a, dtype=None, stream=None, allocator=None):
    """The sum of the elements at the indices in subset."""
    return sum(take(a, subset), dtype, allocator=allocator)


def subset_dot(subset, a, b, dtype=None, stream=None, allocator=None):
    return dot(take(a, subset), take(b, subset), dtype, allocator=allocator)


def subset_max(subset, a, stream=None):
    return max(take(a, subset))


def subset_min(subset, a, stream=None):
    return min(take(a, subset))


def take(a, indices, out=None, stream=None):
    return holding(a.host[indices.host], out)


def if_positive(criterion, then_, else_, out=None, stream=None):
    """then_ where criterion is above 0, else_ elsewhere."""
    return chosen(criterion.host > 0, criterion, then_, else_, out)


def where(criterion, then_, else_, out=None, stream=None):
    """then_ where criterion is not 0, else_ elsewhere."""
    return chosen(criterion.host != 0, criterion, then_, else_, out)


def chosen(yes, criterion, then_, else_, out):
    if not criterion.shape == then_.shape == else_.shape:
        raise ValueError("shapes do not match")
    if then_.dtype != else_.dtype:
        raise ValueError("dtypes do not match")
    return holding(np.where(yes, then_.host, else_.host), out)


def maximum(a, b, out=None, stream=None):
    return pairwise(np.fmax, a, b, out)


def minimum(a, b, out=None, stream=None):
    return pairwise(np.fmin, a, b, out)


def pairwise(function, a, b, out):
    a, b = (getattr(value, "host", value) for value in (a, b))
    dtype = np.result_type(a, b)
    return holding(np.asarray(function(a, b)).astype(dtype), out)


def logical_and(x1, x2, /, out=None, *, allocator=None):
    return logical(np.logical_and, [x1, x2], out)


def logical_or(x1, x2, /, out=None, *, allocator=None):
    return logical(np.logical_or, [x1, x2], out)


def logical_not(x, /, out=None, *, allocator=None):
    return logical(np.logical_not, [x], out)


def logical(function, values, out):
    values = [getattr(value, "host", value) for value in values]
    result = np.asarray(function(*values))
    return holding(result if out is None else result.astype(out.dtype), out)


def concatenate(arrays, axis=0, allocator=None):
    shapes = {array.shape[:axis] + array.shape[axis + 1:] for array in arrays}
    if len(shapes) > 1:
        raise ValueError("arrays do not have the same shape except along axis "
                         f"{axis}: {[array.shape for array in arrays]}")
    return holding(np.concatenate([array.host for array in arrays], axis))


def stack(arrays, axis=0, allocator=None):
    if len({array.shape for array in arrays}) != 1:
        raise ValueError("arrays must have the same shape")
    return holding(np.stack([array.host for array in arrays], axis))


def transpose(a, axes=None):
    return a.transpose(axes)


def reshape(a, *shape, order="C"):
    return a.reshape(*shape, order=order)


# ---- CUDA's vectors as types of NumPy's ----------------------------------------------

def vector_types():
    """vec.float3 and vec.make_float3(x, y, z), and so on."""
    vec = types.SimpleNamespace()
    for name, dtype in tools.VECTORS.items():
        setattr(vec, name, dtype)
        setattr(vec, f"make_{name}",
                lambda *numbers, dtype=dtype: np.array(numbers, dtype=dtype))
    return vec


vec = vector_types()
