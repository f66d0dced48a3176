"""Tensors and NumPy's arrays, in the same memory.

    >>> from . import int16
    >>> frombuffer(bytearray([1, 0, 2, 1]), dtype=int16)    # the bytes of any buffer
    tensor([  1, 258], dtype=torch.int16)

After x = from_numpy(array), x.mul_(10) is seen in the array, and x.numpy() is it again.
NumPy is imported when an array is asked for, and not before: with the python backend
everything else works without it. There from_numpy() copies, and x.numpy() shares.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from . import dtypes
from .creation import of_numbers, settled
from .dispatch import backend_of, dtype_of
from .storage import Storage, layout, reach
from .tensor import look, method, public, wrap


@public
def from_numpy(array):
    """A tensor in the memory of a NumPy array: writing to one changes the other."""
    import numpy as np
    if not isinstance(array, np.ndarray):
        raise TypeError(f"expected np.ndarray, and got {type(array).__name__}")
    kind = dtypes.DTYPES.get(array.dtype.name)
    if kind is None or not array.dtype.isnative:
        raise TypeError(f"no dtype of scratch.torch is NumPy's {array.dtype}")
    size = array.itemsize
    if any(stride < 0 for stride in array.strides):
        raise ValueError("a tensor's strides are not negative, and this array's are: "
                         "copy() it first")
    backend = backend_of("cpu")
    if backend.name != "numpy":
        return of_numbers(array.reshape(-1).tolist(), array.shape, kind, backend)
    if array.flags.c_contiguous:
        y = wrap(array, kind, backend)
        y.strides = layout(array.shape)[1]
        return y
    strides = tuple(stride // size for stride in array.strides)
    flat = np.lib.stride_tricks.as_strided(
        array, (reach(array.shape, strides),), (size,))
    return look(Storage(flat, kind, backend), array.shape, strides, 0)


def array_copied(data):
    """A copy of what has __array__."""
    import numpy as np
    array = np.array(data, order="C")
    if array.dtype == object or array.dtype.name not in dtypes.DTYPES:
        raise TypeError(f"no dtype of scratch.torch is NumPy's {array.dtype}")
    return from_numpy(array)


@method
def numpy(x, *, force=False):
    """A NumPy array in the same memory."""
    if x.requires_grad and not force:
        raise RuntimeError("this tensor requires a gradient, and an array keeps none; "
                           "detach() it first")
    if x.dtype is dtypes.bfloat16:
        raise TypeError("NumPy has no bfloat16; use x.float().numpy()")
    backend = x.storage.backend
    if not x.is_cpu and not force:
        raise TypeError(f"this tensor is on {x.device}; cpu() it first")
    if backend.name == "numpy":
        return x.native
    if "as_array" in backend:            # the array of Python's that it lies in
        return backend["as_array"](x.native)
    import numpy as np
    return np.array(x.tolist(), np.dtype(x.dtype.code)).reshape(tuple(x.shape))


@method
def __array__(x, dtype=None, copy=None):
    import numpy as np
    array = np.asarray(x.numpy(), dtype)
    return array.copy() if copy else array


@public
def frombuffer(buffer, *, dtype, count=-1, offset=0, requires_grad=False):
    """A tensor of the bytes of a buffer."""
    kind = dtype_of(dtype)
    data = memoryview(buffer).cast("B")[offset:]
    count = len(data) // kind.itemsize if count < 0 else count
    backend = backend_of("cpu")
    if backend.name == "numpy" and kind.code:
        import numpy as np
        array = np.frombuffer(buffer, np.dtype(kind.code), count, offset)
        return settled(wrap(array, kind, backend), requires_grad)
    native = backend["from_bytes"](bytes(data[:count * kind.itemsize]), kind)
    return settled(wrap(native, kind, backend), requires_grad)
