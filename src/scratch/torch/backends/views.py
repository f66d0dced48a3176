"""Numbers of one dtype in an array of Python's, and strided views of them.

    >>> a = from_list([1, 2, 3, 4, 5, 6], dtypes.float32)
    >>> columns = view(a, dtypes.float32, (3, 2), (1, 3), 0)
    >>> to_list(columns), list(places(columns))
    ([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]], [0, 3, 1, 4, 2, 5])
    >>> stored([0.1, 1e300], dtypes.float32, (2,)).array        # rounded on the way in
    array('f', [0.10000000149011612, inf])
    >>> stored([200, 300], dtypes.int8, (2,)).array             # wrapped around
    array('b', [-56, 44])

    places    where in the array the elements of a view are, row after row

Bools are kept as bytes 0 and 1; float16 and bfloat16 as float32, whose values are
rounded on the way in.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import struct
import sys
from array import array

from .. import dtypes
from ..storage import broadcast_strides, contiguous_strides, numel

CODES = {kind: kind.code if kind.code and kind.code not in "?e" else "f"
         for kind in dtypes.DTYPES.values()} | {dtypes.bool_: "B"}
ROUNDED = dtypes.float16, dtypes.bfloat16


class View:
    """An array, and how to read it: x[i, j] is array[offset + i·s₀ + j·s₁]."""

    __slots__ = ("array", "dtype", "shape", "strides", "offset")

    def __init__(self, array, dtype, shape, strides=None, offset=0):
        self.array, self.dtype, self.shape, self.offset = array, dtype, shape, offset
        self.strides = contiguous_strides(shape) if strides is None else strides

    @property
    def ndim(self):
        return len(self.shape)


def places(a):
    """Where the elements of a view are in its array, row after row."""
    found = range(a.offset, a.offset + 1)
    for n, stride in zip(a.shape, a.strides):
        found = [place + i * stride for place in found for i in range(n)]
    return found


def numbers(a, shape=None):
    """The elements of a view, broadcast to a shape if one is given, as a list."""
    if not isinstance(a, View):
        return [a] * numel(shape)
    if shape is not None and a.shape != shape:
        strides = broadcast_strides(a.shape, a.strides, shape)
        a = View(a.array, a.dtype, shape, strides, a.offset)
    if a.strides == contiguous_strides(a.shape):
        return a.array[a.offset:a.offset + numel(a.shape)].tolist()
    return [a.array[place] for place in places(a)]


def stored(values, dtype, shape):
    """Python numbers -> a new view, in row order."""
    return View(packed(values, dtype), dtype, tuple(shape))


def packed(values, dtype):
    """Python numbers -> an array of a dtype that can hold them, rounded or wrapped."""
    if dtype in ROUNDED:
        values = [dtypes.rounded(value, dtype) for value in values]
    try:
        return array(CODES[dtype], values)
    except OverflowError:
        low, span = dtypes.iinfo(dtype).min, 2 ** (8 * dtype.itemsize)
        return array(CODES[dtype], [(value - low) % span + low for value in values])


def converted(values, source, target):
    """Numbers of one dtype as numbers of another: fractions are cut off."""
    if target is dtypes.bool_:
        return [value != 0 for value in values]
    if target.category == 1 and source.category == 2:
        lowest = dtypes.iinfo(dtypes.int64).min    # what a processor makes of nan, inf
        return [int(value) if -1e300 < value < 1e300 else lowest for value in values]
    return values


def write(to, values, dtype):
    """Store numbers of a dtype in the elements of a view."""
    values = packed(converted(values, dtype, to.dtype), to.dtype)
    if to.strides == contiguous_strides(to.shape):
        to.array[to.offset:to.offset + len(values)] = values
    else:
        for place, value in zip(places(to), values):
            to.array[place] = value
    return to


def empty(shape, dtype):
    return View(array(CODES[dtype], bytes(numel(shape) * array(CODES[dtype]).itemsize)),
                dtype, tuple(shape))


def view(buffer, dtype, shape, strides, offset):
    """A view of the numbers in buffer; ValueError if it would reach beyond them."""
    buffer = flat(buffer)
    last = offset + sum((n - 1) * stride for n, stride in zip(shape, strides))
    if numel(shape) and not 0 <= last < len(buffer):
        raise ValueError(f"element {last} of a storage of {len(buffer)} numbers")
    return View(buffer, dtype, shape, strides, offset)


def flat(buffer):
    return buffer.array if isinstance(buffer, View) else buffer


def buffer(native):
    return native.array


def length(buffer):
    return len(flat(buffer))


def address(buffer):
    return flat(buffer).buffer_info()[0]


def from_list(values, dtype):
    """Lists in lists of numbers, of one length at each depth, or a number -> a view."""
    shape, values = [], [values]
    while values and isinstance(values[0], (list, tuple)):
        shape.append(len(values[0]))
        if any(len(row) != shape[-1] for row in values):
            raise ValueError(f"rows of {shape[-1]} numbers, and others, at depth "
                             f"{len(shape)}")
        values = [each for row in values for each in row]
    whole = dtype.category < 2 and any(type(value) is float for value in values)
    return stored(converted(values, dtypes.float64 if whole else dtype, dtype), dtype,
                  shape)


def to_list(native):
    values = numbers(native)
    if native.dtype is dtypes.bool_:
        values = [value != 0 for value in values]
    if not native.shape:
        return values[0]
    for axis in reversed(range(1, native.ndim)):
        n = native.shape[axis]
        values = [values[i * n:i * n + n] for i in range(numel(native.shape[:axis]))]
    return values


def from_bytes(data, dtype):
    if dtype is dtypes.bfloat16:      # the upper half of a float32
        data = b"".join(b"\0\0" + data[n:n + 2] for n in range(0, len(data), 2))
    elif dtype is dtypes.float16:
        return from_list([x for x, in struct.iter_unpack("<e", data)], dtype)
    return from_list(little(array(CODES[dtype], data)).tolist(), dtype)


def to_bytes(native, dtype):
    if dtype is dtypes.float16:
        return struct.pack(f"<{numel(native.shape)}e", *numbers(native))
    data = little(array(CODES[dtype], numbers(native))).tobytes()
    if dtype is dtypes.bfloat16:
        return b"".join(data[n + 2:n + 4] for n in range(0, len(data), 4))
    return data


def little(values):
    if sys.byteorder == "big":
        values.byteswap()
    return values


def fill(a, number):
    kind = dtypes.float64 if isinstance(number, float) else dtypes.int64
    write(a, [number] * numel(a.shape), kind)


def copy(to, a):
    write(to, numbers(a, to.shape), a.dtype)


def cast(a, dtype):
    return stored(converted(numbers(a), a.dtype, dtype), dtype, a.shape)


def as_array(native):
    """For Tensor.numpy(): an ndarray that shares the memory, but for float16."""
    import numpy as np
    item = native.array.itemsize
    kind = np.bool_ if native.dtype is dtypes.bool_ else native.array.typecode
    found = np.ndarray(native.shape, kind, native.array, native.offset * item,
                       [stride * item for stride in native.strides])
    return found.astype(np.float16) if native.dtype is dtypes.float16 else found
