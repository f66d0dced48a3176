"""Names that older scripts use: LongTensor and its kind, and Variable.

    >>> LongTensor([3, 1]).dtype, FloatTensor(2, 3).shape
    (torch.int64, torch.Size([2, 3]))
    >>> isinstance(LongTensor([3, 1]), FloatTensor)
    False
    >>> Variable(FloatTensor([1.0]), requires_grad=True)
    tensor([1.], requires_grad=True)

There was a class of tensors for each dtype, and one more for those that were tracked.
Since 2018 there is one class, and torch.tensor(data, dtype=...) says what is wanted.
LongTensor(3) has three numbers, whatever was in their memory, and not the number 3.

Left out: tensors of a GPU under such names (torch.cuda.FloatTensor).

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from . import dtypes
from .creation import empty, tensor
from .storage import Size
from .tensor import OPERATIONS, Tensor


class Typed(type):
    """A class of which tensors of one dtype are instances, and which makes them."""

    def __instancecheck__(cls, x):
        return isinstance(x, Tensor) and x.dtype is cls.dtype

    def __call__(cls, *data, device=None):
        """Sizes, or one sequence of numbers, or a tensor of this dtype."""
        if len(data) != 1 or isinstance(data[0], (int, Size)):
            return empty(*data or (0,), dtype=cls.dtype, device=device)
        [data] = data
        if isinstance(data, float):
            raise TypeError(f"{cls.__name__} takes sizes, or numbers in a sequence, "
                            f"not {data!r}")
        if not isinstance(data, Tensor):
            return tensor(data, dtype=cls.dtype, device=device)
        if data.dtype is not cls.dtype:
            raise TypeError(f"{cls.__name__} is of {cls.dtype}, and this tensor of "
                            f"{data.dtype}; to() converts it")
        return data.detach()


KINDS = {"ByteTensor": dtypes.uint8, "CharTensor": dtypes.int8,
         "ShortTensor": dtypes.int16, "IntTensor": dtypes.int32,
         "LongTensor": dtypes.int64, "HalfTensor": dtypes.float16,
         "BFloat16Tensor": dtypes.bfloat16, "FloatTensor": dtypes.float32,
         "DoubleTensor": dtypes.float64, "BoolTensor": dtypes.bool_}
for name, dtype in KINDS.items():
    OPERATIONS[name] = globals()[name] = Typed(name, (), {"dtype": dtype})


class Tracked(type):
    """A class of which all tensors are instances."""

    def __instancecheck__(cls, x):
        return isinstance(x, Tensor)


class Variable(metaclass=Tracked):
    """Variable(tensor) -> a tensor on the same memory, without a history."""

    def __new__(cls, data=None, requires_grad=False):
        data = empty(0) if data is None else data
        if not isinstance(data, Tensor):
            raise TypeError(f"a Variable is made of a tensor, not of {data!r:.60}")
        return data.detach().requires_grad_(requires_grad)
