"""What operands have in common: one dtype, one device, one shape, one order in memory.

    >>> from . import arange, float16, tensor
    >>> result_type(tensor([1, 2]), 0.5), result_type(tensor([1.5], dtype=float16), 7)
    (torch.float32, torch.float16)
    >>> compute("add", (arange(6).view(3, 2).t(), 1), int64, int64).stride()
    (1, 2)

A Python number, and a tensor without axes, adapt to tensors with axes (dtypes.py). A
result lies in memory as its operands do (storage.py): the sum of two transposed
matrices is transposed.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .storage import (Size, broadcast, broadcast_strides, channels_last, dense_like,
                      is_channels_last, is_contiguous, is_dense, laid_out_like, layout)
from .tensor import Tensor, empty, public, wrap

int64 = dtypes.int64


@public
def result_type(*operands):
    """The dtype of an operation on tensors and Python numbers.

    Tensors with axes decide; one without axes, or a number, changes the result only if
    its category is higher: int64 with 0.5 is the default dtype, float16 with 7 float16.
    """
    wide = zero = number = None
    for x in operands:
        if isinstance(x, Tensor):
            if x.shape:
                wide = x.dtype if wide is None else dtypes.PROMOTED[wide, x.dtype]
            else:
                zero = x.dtype if zero is None else dtypes.PROMOTED[zero, x.dtype]
        else:
            kind = dtypes.of_number(x)
            number = kind if number is None else dtypes.PROMOTED[number, kind]
    found = wide
    for weaker in (zero, number):
        if weaker is not None and (found is None or weaker.category > found.category):
            found = weaker
    return found


@public
def can_cast(source, target):
    """Whether a result of one dtype may be written into a tensor of another."""
    return dtypes.can_cast(source, target)


@public
def broadcast_shapes(*shapes):
    """The shape that results when tensors of these shapes meet."""
    return broadcast(*[Size([n]) if isinstance(n, int) else Size(n) for n in shapes])


def same_device(*operands):
    """The backend that all tensors share; one number from the CPU may join any."""
    backend = first = None
    for x in operands:
        if isinstance(x, Tensor):
            own = x.storage.backend
            if backend is None or own is not backend and x.shape:
                if backend is not None and first.shape:
                    raise elsewhere(backend, x)
                backend, first = own, x
    return backend


def elsewhere(backend, x):
    return RuntimeError(f"one tensor is on {backend.device}, computed by "
                        f"{backend.name}, and another on {x.device}, computed by "
                        f"{x.storage.backend.name}; move one of them with .to(device)")


def native(x, kind, backend):
    """x as a kernel takes it: a native of that dtype and backend, or a number."""
    if isinstance(x, Tensor):
        if x.storage.backend is not backend:
            if x.shape:
                raise elsewhere(backend, x)
            return convert_number(x.item(), kind)
        return x.native if x.dtype is kind else backend["cast"](x.native, kind)
    return convert_number(x, kind)


def convert_number(number, kind):
    """A Python number as one of that dtype, which it must fit."""
    if kind.category == 2:
        return number if number.__class__ is float else float(number)
    if kind.category == 0:
        return bool(number)
    number = int(number)
    if not -1 << 63 <= number < 1 << 63:
        raise OverflowError(f"{number} does not fit into 64 bits")
    low = dtypes.iinfo(kind).min
    return (number - low) % (1 << 8 * kind.itemsize) + low    # in a circle, as in C


def result_strides(shape, operands, kind=None):
    """How a result lies in memory: as its operands do, once cast to dtype kind."""
    tensors = [x for x in operands if isinstance(x, Tensor)]
    lies = [x.strides if kind in (None, x.dtype) else dense_like(x.shape, x.strides)
            for x in tensors]
    if len(tensors) == len(operands) and all([x.shape == shape for x in tensors]):
        return common_strides(shape, lies)
    return laid_out_like(shape, [
        strides if x.shape == shape else broadcast_strides(x.shape, strides, shape)
        for x, strides in zip(tensors, lies)])


def common_strides(shape, lies):
    """How a result lies whose operands have its shape, and these strides.

    If they have the same, it takes them as they are, also those that lead nowhere, of
    axes of size 1. Contiguous operands and images with channels last are of one layout.
    """
    if all([is_contiguous(shape, strides) for strides in lies]):
        return layout(shape)[1]
    if len(shape) == 4 and all([is_channels_last(shape, each) for each in lies]):
        return channels_last(shape)
    if all([strides == lies[0] for strides in lies]) and is_dense(shape, lies[0]):
        return lies[0]
    return laid_out_like(shape, lies)


def compute(name, operands, kind, result_kind, shape=None, like=None):
    """Run an elementwise kernel: its operands as dtype kind -> a new tensor.

    It lies in memory as `like` do, by default the operands.
    """
    backend = same_device(*operands)
    if shape is None:
        shape = broadcast(*[x.shape for x in operands if isinstance(x, Tensor)])
    wider = kind is dtypes.float16 and backend.name == "numpy" and not all(
        [isinstance(x, Tensor) for x in operands])    # a number keeps its digits
    natives = [native(x, dtypes.float32 if wider else kind, backend) for x in operands]
    if shape and 0 not in shape and not wider and all(
            [x.packed and x.strides == layout(x.shape)[1]
             for x in operands if isinstance(x, Tensor)]):
        y = wrap(backend[name](*natives), result_kind, backend)
    else:
        y = empty(shape, result_kind, backend,
                  result_strides(shape, like or operands, kind))
        backend[name](*natives, y.native)
    return y if result_kind is not dtypes.bfloat16 else finish(y)


def finish(y):
    """bfloat16 is computed in float32, so the result is rounded to it."""
    if y.dtype is dtypes.bfloat16:
        backend = y.storage.backend
        backend["copy"](y.native, backend["round_bfloat16"](y.native))
    return y


def alike(y, x):
    """y, whose elements lie row after row, with its elements lying as those of x do."""
    strides = dense_like(x.shape, x.strides)
    if strides == y.strides:
        return y
    z = empty(y.shape, y.dtype, y.storage.backend, strides)
    y.storage.backend["copy"](z.native, y.native)
    return z


def as_one(y, *operands):
    """y, composed of several operations, with the strides that one would give it.

    They differ on axes of size 1 at most, where no element shows it.
    """
    return relaid(y, result_strides(y.shape, operands, y.dtype))


def as_copy(y, x):
    """y with the strides of a copy of x, as PyTorch has some results of one operand."""
    return relaid(y, dense_like(x.shape, x.strides))


def relaid(y, strides):
    """y, a new result, with these strides, unless that would move an element."""
    if all([n == 1 or a == b for n, a, b in zip(y.shape, y.strides, strides)]):
        y.strides = strides
    return y
