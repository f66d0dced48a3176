"""The same numbers elsewhere: another dtype, another device, a copy, no history.

    >>> from . import float64, tensor
    >>> x = tensor([1.9, -1.9])
    >>> x.long().tolist(), x.to(float64).dtype, x.to(x.dtype) is x
    ([1, -1], torch.float64, True)
    >>> d = x.detach()                       # no copy: writing to it is seen in x
    >>> d[0] = 7
    >>> x.tolist(), x.clone().data_ptr() == x.data_ptr()
    ([7.0, -1.899999976158142], False)

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from . import dtypes
from .dispatch import backend_of, device as device_of, dtype_of
from .graph import record, records
from .operands import finish
from .storage import Storage, dense_like, layout
from .tensor import Tensor, empty, look, method, operation

NAMES = {"float32": "Float", "float64": "Double", "float16": "Half",
         "bfloat16": "BFloat16", "int64": "Long", "int32": "Int", "int16": "Short",
         "int8": "Char", "uint8": "Byte", "bool": "Bool"}


@method
def to(x, *target, dtype=None, device=None, copy=False, non_blocking=False,
       memory_format=None, other=None):
    """x as another dtype, on another device, or as another tensor is; x if it is so."""
    for each in (*target, other):
        if isinstance(each, Tensor):
            dtype, device = each.dtype, each.device
        elif isinstance(each, (str, device_of)) or each.__class__ is int:
            device = each
        elif each is not True and each is not False and each is not None:
            dtype = dtype_of(each)
    kind = x.dtype if dtype is None else dtype_of(dtype)
    before = x.storage.backend
    backend = before if device is None else backend_of(device)
    if kind is x.dtype and backend is before and not copy:
        return x
    y = empty(x.shape, kind, backend, dense_like(x.shape, x.strides))
    if backend is before:
        backend["copy"](y.native, x.native)
        finish(y)
    else:
        carry(x, y)
    if records(x):
        if kind.category == 2:
            record(y, "ToCopyBackward0", (x, moved_back, x.dtype, x.device))
    return y


def carry(x, y):
    """Copy numbers between backends, as bytes."""
    before, backend = x.storage.backend, y.storage.backend
    data = before["to_bytes"](before["cast"](x.native, x.dtype), x.dtype)
    flat = backend["buffer"](backend["from_bytes"](data, x.dtype))
    shape, strides = layout(x.shape)
    backend["copy"](y.native, backend["view"](flat, x.dtype, shape, strides, 0))
    finish(y)


def moved_back(g, dtype, device):
    return g.to(dtype=dtype, device=device)


def conversion(name, kind):
    def convert(x, memory_format=None):
        return x.to(kind)
    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"The numbers as {kind}."
    method(convert)


for name, kind in [("float", dtypes.float32), ("double", dtypes.float64),
                   ("half", dtypes.float16), ("bfloat16", dtypes.bfloat16),
                   ("int", dtypes.int32), ("long", dtypes.int64),
                   ("bool", dtypes.bool_), ("short", dtypes.int16),
                   ("char", dtypes.int8), ("byte", dtypes.uint8)]:
    conversion(name, kind)


def type_of(x, dtype=None, non_blocking=False):
    """x as a dtype; without one, the name of its type, "torch.FloatTensor"."""
    if dtype is None:
        return f"torch.{NAMES[x.dtype.name]}Tensor"
    if isinstance(dtype, str):
        letters = {f"torch.{name}Tensor": kind for kind, name in NAMES.items()}
        if dtype not in letters:
            raise ValueError(f"{dtype!r} is no tensor type")
        dtype = dtypes.named(letters[dtype])
    return x.to(dtype)


Tensor.type = type_of


@method
def type_as(x, other):
    """x with the dtype and device of other."""
    return x.to(other)


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
    strides = (None if memory_format == "contiguous"
               else dense_like(x.shape, x.strides))
    return copied(x, strides)


def copied(x, strides):
    backend = x.storage.backend
    y = empty(x.shape, x.dtype, backend, strides)
    backend["copy"](y.native, x.native)
    if records(x):
        record(y, "CloneBackward0", (x, unchanged))
    return y


def unchanged(g):
    return g


@method
def contiguous(x, memory_format=None):
    """x if its elements lie row after row, or else a copy in which they do."""
    return x if x.packed else copied(x, None)


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


def data(x):
    """The same numbers without history or version: writing to it goes unnoticed."""
    storage = Storage(x.storage.buffer, x.dtype, x.storage.backend)
    return look(storage, x.shape, x.strides, x.offset)


def set_data(x, other):
    """Look at the memory of another tensor from now on, with its shape and strides."""
    if not isinstance(other, Tensor):
        raise TypeError(f"data is a tensor, not {other!r:.40}")
    if x.requires_grad and other.dtype.category != 2:
        raise RuntimeError(f"a tensor that requires a gradient cannot be {other.dtype}")
    x.storage, x.dtype, x.native = other.storage, other.dtype, other.native
    x.shape, x.strides, x.offset = other.shape, other.strides, other.offset
    x.packed = other.packed
    if x.base is not None:
        x.seen = x.storage.version


Tensor.data = property(data, set_data)
