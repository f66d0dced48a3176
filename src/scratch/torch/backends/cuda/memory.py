"""Memory of the device, and strided views of it: what the cuda backend calculates with.

    >>> merged((2, 3, 4), ((12, 4, 1), (0, 0, 1)))    # a row that is repeated six times
    ((6, 4), ((4, 1), (0, 1)))
    >>> merged((2, 3), ((3, 1), (3, 1)))              # both lie row after row: one axis
    ((6,), ((1,), (1,)))

    Memory    numbers on the device; freed when nothing refers to it any more
    View      a Memory, and the shape, strides and offset by which it is read: a native

Numbers stay on the device from one kernel to the next. They come here where somebody
wants to read them (to_list, to_bytes), and go there from lists and bytes; `copies`
counts both.

bool is a byte, 0 or 1, and bfloat16 a float that is rounded. Left out: float16, which
the processor that kernels run on without a GPU does not have.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools
from collections import Counter

import numpy as np

from ... import dtypes
from ...storage import broadcast_strides, contiguous_strides, numel

TYPES = {kind: np.dtype(kind.code or "f") for kind in dtypes.DTYPES.values()
         if kind is not dtypes.float16}
TYPES[dtypes.bool_] = np.dtype("u1")
copies = Counter()    # "to the device", "from the device": how often numbers went there


@functools.cache
def engine():
    """PyCUDA, or what stands in for it on a processor; scratch.cuda finds out."""
    try:
        from ....cuda import autoinit, compiler, driver, tools
    except ImportError as error:
        raise ImportError("the cuda backend computes through scratch.cuda, which is "
                          f"not there or finds no engine: {error}") from error
    return Engine(autoinit, compiler, driver, tools)


class Engine:
    """The modules of PyCUDA that are used here, and where memory comes from."""

    def __init__(self, autoinit, compiler, driver, tools):
        self.context, self.compiler, self.driver = autoinit.context, compiler, driver
        self.on_gpu = compiler.__name__.startswith("pycuda")
        # a GPU waits for all of its kernels to allocate; a pool keeps what was freed
        self.allocate = (tools.DeviceMemoryPool().allocate if self.on_gpu
                         else driver.mem_alloc)


def type_of(dtype):
    """NumPy's type of the numbers in memory; NotImplementedError for float16."""
    if dtype not in TYPES:
        raise NotImplementedError(
            f"the cuda backend has no {dtype}, in which the processors that run its "
            "kernels without a GPU cannot compute; it has float32, float64, bfloat16 "
            "and whole numbers: convert it first, with .float() or .bfloat16()")
    return TYPES[dtype]


class Memory:
    """So many numbers of a dtype on the device."""

    __slots__ = ("allocation", "address", "dtype", "count")

    def __init__(self, count, dtype):
        size = max(count, 1) * type_of(dtype).itemsize
        self.allocation = engine().allocate(size)
        self.address, self.dtype, self.count = int(self.allocation), dtype, count


class View:
    """A Memory, and how to read it: x[i, j] is number offset + i·s₀ + j·s₁."""

    __slots__ = ("memory", "dtype", "shape", "strides", "offset")

    def __init__(self, memory, dtype, shape, strides=None, offset=0):
        self.memory, self.dtype, self.shape, self.offset = memory, dtype, shape, offset
        self.strides = contiguous_strides(shape) if strides is None else strides

    @property
    def ndim(self):
        return len(self.shape)

    @property
    def size(self):
        return numel(self.shape)

    @property
    def address(self):
        """Where the first element is, in the device's memory."""
        return self.memory.address + self.offset * TYPES[self.dtype].itemsize

    @property
    def packed(self):
        """Whether the elements lie row after row."""
        return self.strides == contiguous_strides(self.shape)

    def reading(self, shape):
        """The strides that read it as one of this shape, to which it broadcasts."""
        if self.shape == shape:
            return self.strides
        return broadcast_strides(self.shape, self.strides, shape)


@functools.lru_cache(20_000)
def merged(shape, strides):
    """A shape and the strides of several operands, with as few axes as may be.

    Axes of size 1 go; two neighbours are one axis if every operand steps through both
    as through one.
    """
    sizes, steps = [], []
    for axis, n in enumerate(shape):
        here = [each[axis] for each in strides]
        if n == 1:
            continue
        if sizes and all(before == step * n for before, step in zip(steps[-1], here)):
            sizes[-1] *= n
            steps[-1] = here
        else:
            sizes.append(n)
            steps.append(here)
    return tuple(sizes), tuple(zip(*steps)) or ((),) * len(strides)


# the kernels of the table that make memory, look at it or copy it

def empty(shape, dtype):
    return View(Memory(numel(shape), dtype), dtype, tuple(shape))


def buffer(native):
    return native.memory


def memory_of(buffer):
    return buffer.memory if isinstance(buffer, View) else buffer


def view(buffer, dtype, shape, strides, offset):
    """A view of the numbers in buffer; ValueError if it would reach beyond them."""
    memory = memory_of(buffer)
    last = offset + sum([(n - 1) * stride for n, stride in zip(shape, strides)])
    if numel(shape) and not 0 <= last < memory.count:
        raise ValueError(f"element {last} of a storage of {memory.count} numbers")
    return View(memory, dtype, tuple(shape), tuple(strides), offset)


def length(buffer):
    return memory_of(buffer).count


def address(buffer):
    return memory_of(buffer).address


def sent(array, dtype):
    """An ndarray -> a new View with its numbers."""
    native = empty(array.shape, dtype)
    if array.size:
        copies["to the device"] += 1
        engine().driver.memcpy_htod(native.memory.allocation,
                                    np.ascontiguousarray(array, type_of(dtype)))
    return native


def fetched(native):
    """The numbers of a View that lies row after row -> an ndarray."""
    array = np.empty(native.shape, type_of(native.dtype))
    if array.size:
        copies["from the device"] += 1
        engine().driver.memcpy_dtoh(array, native.address)
    return array


def from_list(numbers, dtype):
    """Lists in lists of numbers, of one length at each depth, or a number -> a View."""
    array = np.array(numbers)
    if dtype is dtypes.bool_:
        array = array != 0
    return sent(array.astype(type_of(dtype)), dtype)


def from_bytes(data, dtype):
    if dtype is dtypes.bfloat16:      # the upper half of a float32
        wide = np.frombuffer(data, "<u2").astype("<u4") << 16
        return sent(wide.view("<f4"), dtype)
    return sent(np.frombuffer(data, type_of(dtype)), dtype)
