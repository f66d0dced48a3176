"""New tensors like another: its shape, or its dtype and device.

    >>> from . import float64, tensor
    >>> x = tensor([[1.0, 2.0, 3.0]], dtype=float64)
    >>> zeros_like(x).dtype, x.t().new_ones(2).tolist(), ones_like(x.t()).stride()
    (torch.float64, [1.0, 1.0], (1, 3))

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from . import dtypes
from .creation import arange, full, settled, sizes_and_kind, tensor
from .dispatch import backend_of, dtype_of
from .modes import Mode
from .storage import Storage, dense_like, layout, reach
from .tensor import empty as empty_tensor, look, method, public


def like(name, number):
    def make(x, *, dtype=None, device=None, requires_grad=False, memory_format=None,
             layout=None):
        kind = x.dtype if dtype is None else dtype_of(dtype)
        backend = x.storage.backend if device is None else backend_of(device)
        y = empty_tensor(x.shape, kind, backend,
                         dense_like(x.shape, x.strides))
        if number is not None:
            backend["fill"](y.native, number)
        return settled(y, requires_grad)
    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"{name[:-5]}, with the shape, dtype and device of x."
    return public(make)


zeros_like, ones_like = like("zeros_like", 0), like("ones_like", 1)
empty_like = like("empty_like", None)


@public
def full_like(x, fill_value, *, dtype=None, device=None, requires_grad=False,
              memory_format=None):
    """One number, in the shape, dtype and device of x."""
    y = empty_like(x, dtype=dtype, device=device).fill_(fill_value)
    y.storage.version = Mode.version
    return settled(y, requires_grad)


def new_like(name, number):
    def make(x, *size, dtype=None, device=None, requires_grad=False):
        shape, kind, backend = sizes_and_kind(
            size or ((),), dtype or x.dtype, device or x.device)
        y = empty_tensor(shape, kind, backend)
        if number is not None:
            backend["fill"](y.native, number)
        return settled(y, requires_grad)
    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"{name[4:]} of a given shape, with the dtype and device of x."
    return method(make)


new_like("new_zeros", 0), new_like("new_ones", 1), new_like("new_empty", None)


@method
def new_full(x, size, fill_value, *, dtype=None, device=None, requires_grad=False):
    """One number, in a given shape, with the dtype and device of x."""
    return full(size, fill_value, dtype=dtype or x.dtype, device=device or x.device,
                requires_grad=requires_grad)


@method
def new_tensor(x, data, *, dtype=None, device=None, requires_grad=False):
    """Numbers, with the dtype and device of x."""
    return tensor(data, dtype=dtype or x.dtype, device=device or x.device,
                  requires_grad=requires_grad)


@method
def new_empty_strided(x, size, stride, *, dtype=None, device=None):
    """Whatever was in memory, with given strides."""
    kind = dtype or x.dtype
    backend = backend_of(device or x.device) if device else x.storage.backend
    shape, strides = tuple(size), tuple(stride)
    if strides == layout(shape)[1]:
        return empty_tensor(shape, kind, backend)
    native = backend["empty"]((max(1, reach(shape, strides)),), kind)
    return look(Storage(backend["buffer"](native), kind, backend), shape, strides, 0)


@public
def empty_strided(size, stride, *, dtype=None, device=None, requires_grad=False):
    """Whatever was in memory, with given strides."""
    like = empty_tensor((), dtype_of(dtype or dtypes.Default.floating),
                        backend_of(device))
    return settled(new_empty_strided(like, size, stride), requires_grad)


@method
def new_positions(x, count):
    """0 to count - 1, on the device of x."""
    return arange(count, device=x.device)
