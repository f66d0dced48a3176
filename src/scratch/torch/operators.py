"""Python's signs for tensors: + - * / // % ** @ == < & | ^ ~ and the rest.

    >>> from . import tensor
    >>> x = tensor([1, 2, 3])
    >>> (2 * x + 1).tolist(), (x > 1).tolist(), (1 / x).dtype, (-x ** 2).tolist()
    ([3, 5, 7], [False, True, True], torch.float32, [-1, -4, -9])

A number of another library (np.float32(2)) is taken as a Python number; what is neither
a number nor a tensor is left to the other operand, as Python asks.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from .arithmetic import divided
from .elementwise import pure_add, pure_div
from .tensor import OPERATIONS, Tensor


def operator(name, function, reflected=None):
    """a + b, by function, and 2 + a, by reflected (called with 2 and a)."""
    def forward(a, b):
        if isinstance(b, (Tensor, int, float)):
            return function(a, b)
        b = as_operand(b)
        return NotImplemented if b is None else function(a, b)

    def backward(a, b):
        if not isinstance(b, (int, float)):
            b = as_operand(b)
        return NotImplemented if b is None else reflected(b, a)

    setattr(Tensor, f"__{name}__", forward)
    if reflected is not None:
        setattr(Tensor, f"__r{name}__", backward)


def as_operand(b):
    """np.float32(2) as 2.0, an array as a tensor, and anything else as None."""
    if hasattr(b, "__array__"):
        if getattr(b, "shape", None) == ():
            return b.item()
        from .creation import as_tensor
        return as_tensor(b)
    return None


def swapped(name):
    """Where the order does not matter, 2 + a is a + 2."""
    function = OPERATIONS[name]
    return lambda b, a: function(a, b)


def floor_divide(a, b):
    return OPERATIONS["floor_divide"](a, b)


for name, function, reflected in [
        ("add", pure_add, lambda b, a: pure_add(a, b)), ("mul", "mul", swapped("mul")),
        ("sub", "sub", lambda b, a: OPERATIONS["rsub"](a, b)),
        ("truediv", pure_div, divided),
        ("floordiv", "floor_divide", OPERATIONS["floor_divide"]),
        ("mod", "remainder", OPERATIONS["remainder"]),
        ("pow", "pow", OPERATIONS["pow"]),
        ("and", "bitwise_and", swapped("bitwise_and")),
        ("or", "bitwise_or", swapped("bitwise_or")),
        ("xor", "bitwise_xor", swapped("bitwise_xor")),
        ("lshift", "bitwise_left_shift", OPERATIONS["bitwise_left_shift"]),
        ("rshift", "bitwise_right_shift", OPERATIONS["bitwise_right_shift"]),
        ("eq", "eq", None), ("ne", "ne", None), ("lt", "lt", None), ("le", "le", None),
        ("gt", "gt", None), ("ge", "ge", None)]:
    operator(name, OPERATIONS.get(function, function), reflected)

for name, written in [
        ("iadd", "add_"), ("isub", "sub_"), ("imul", "mul_"), ("itruediv", "div_"),
        ("ipow", "pow_"), ("ifloordiv", "floor_divide_"), ("imod", "remainder_"),
        ("iand", "bitwise_and_"), ("ior", "bitwise_or_"), ("ixor", "bitwise_xor_")]:
    setattr(Tensor, f"__{name}__", getattr(Tensor, written))

Tensor.__neg__, Tensor.__abs__ = Tensor.neg, Tensor.abs
Tensor.__reversed__ = lambda x: x.flip(0) if x.shape else x


def invert(x):
    """~x, of bools and of the bits of whole numbers."""
    if x.dtype.category == 2:
        raise TypeError(f"~ is of whole numbers and bools, and this is {x.dtype}")
    return x.bitwise_not()


Tensor.__invert__ = invert
Tensor.__pos__ = lambda x: x.positive()
