"""Writing into a tensor: add_, copy_, fill_, and every operation with an underscore.

    >>> from . import tensor, zeros
    >>> x = zeros(2, 3)
    >>> row = x[1]                           # a view
    >>> row.add_(1).mul_(tensor([1.0, 2.0, 3.0])).tolist()
    [1.0, 2.0, 3.0]
    >>> x.tolist(), x._version
    ([[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]], 2)

`inplace(function)` makes such a method: the result is computed, written into the first
operand, and that has the history of the result from now on (history.py). Where no
history is kept, and dtype and shape fit, the kernel writes there itself.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from . import dtypes
from .graph import record, records, wants
from .history import check_writable, overwritten
from .modes import UNTRACKED, Mode
from .operands import convert_number, finish
from .storage import broadcast, overlaps, shared
from .tensor import OPERATIONS, Tensor, method


def inplace(function, name=None):
    """The method name_, which writes what function computes into its first operand."""
    name = name or function.__name__ + "_"
    kernel = getattr(function, "kernel", None)

    def write(x, *arguments, **settings):
        if kernel and not settings and directly(kernel, x, arguments):
            x.storage.version += 1
            return x
        check_writable(x, name, *arguments)
        for each in arguments:
            check_shared(x, each, name)
        return put(x, function(x, *arguments, **settings), name)

    write.__name__ = write.__qualname__ = name
    write.__doc__ = f"{name[:-1]}, written into the first operand."
    return method(write)


FAST = {dtypes.float32, dtypes.float64}


def directly(kernel, x, operands):
    """Let the kernel write into x, if nothing stands against it -> whether it did."""
    if x.dtype not in FAST or kernel.startswith("bitwise") or (
            x.storage.version is UNTRACKED) or Mode.grad and (
            wants(x) or records(*operands)):
        return False
    backend, natives = x.storage.backend, []
    for each in operands:
        if each.__class__ is float or each.__class__ is int:
            natives.append(each)
        elif not isinstance(each, Tensor) or each.dtype is not x.dtype or (
                each.storage.backend is not backend or each.storage is x.storage
                or each.shape != x.shape
                and broadcast(x.shape, each.shape) != x.shape):
            return False
        else:
            natives.append(each.native)
    if not x.packed and overlaps(x.shape, x.strides):
        return False
    backend[kernel](x.native, *natives, x.native)
    return True


def put(x, y, name):
    """Write y, which was computed from x, into x, which gets the history of y."""
    if y.dtype is not x.dtype and not dtypes.can_cast(y.dtype, x.dtype):
        raise RuntimeError(f"{name} computes {y.dtype}, which a tensor of {x.dtype} "
                           "cannot hold")
    if y.shape != x.shape:
        raise RuntimeError(f"{name} computes a result of shape {tuple(y.shape)}, and "
                           f"a tensor in place keeps its own, {tuple(x.shape)}")
    check_overlap(x, name)
    if y.node is None and Mode.grad and wants(x):     # eq_ and its like: no slope
        y = y.to(x.dtype)
        record(y, f"{name.strip('_').capitalize()}Backward0", (x, zeros))
    keep_old(x, y.node)
    x.storage.backend["copy"](x.native, y.native)
    return overwritten(x, y, name)


def keep_old(x, node):
    """A slope that needs x as it was gets a copy: x is about to be overwritten."""
    if node is None or not any(saved is x for saved, _ in node.saved):
        return
    old = x.clone()
    node.saved[:] = [(old, 0) if saved is x else (saved, version)
                     for saved, version in node.saved]
    node.slopes[:] = [each and (each[0], [old if x is saved else saved
                                          for saved in each[1]])
                      for each in node.slopes]


def check_shared(x, source, name):
    """RuntimeError if some of what is read would be overwritten before it is read."""
    if isinstance(source, Tensor) and source.storage is x.storage and (
            shared(x, source) == "part"):
        raise RuntimeError(f"{name} would read from memory that it writes to: clone() "
                           "the operand first")


def check_overlap(x, name):
    if not x.packed and overlaps(x.shape, x.strides) and 0 not in x.shape:
        raise RuntimeError(
            f"{name} would write to a tensor in which one place in memory stands for "
            f"several elements (strides {x.strides}, as expand() makes them); clone() "
            "it first")


@method
def copy_(x, source, non_blocking=False):
    """Write the numbers of source, broadcast and converted, into x."""
    check_writable(x, "copy_", source)
    if not isinstance(source, Tensor):
        return x.fill_(source)
    if source.shape:                           # one number may be written anywhere
        check_overlap(x, "copy_")
    check_shared(x, source, "copy_")
    backend = x.storage.backend
    if source.shape != x.shape and broadcast(x.shape, source.shape) != x.shape:
        raise RuntimeError(f"a tensor of shape {tuple(source.shape)} does not "
                           f"broadcast to {tuple(x.shape)}")
    moved = source
    if source.storage.backend is not backend:
        moved = source.detach().to(x.device)
        if moved.storage.backend is not backend:
            from .converting import carry
            from .tensor import empty
            moved = empty(source.shape, source.dtype, backend)
            carry(source, moved)
    backend["copy"](x.native, moved.native)
    finish(x)
    if not Mode.grad or not records(x, source):
        x.storage.version += 1
        return x
    y = x.alias()
    back = (source, moved_back, source.dtype, source.device)
    record(y, "CopyBackwards", (x, zeros),
           *[back] * (x.dtype.category == 2 and source.dtype.category == 2))
    return overwritten(x, y, "copy_")


def moved_back(g, dtype, device):
    return g.to(dtype=dtype, device=device)


def zeros(g):
    return g.new_zeros(g.shape)


@method
def fill_(x, value):
    """Write one number, or a 0-d tensor, everywhere."""
    if isinstance(value, Tensor):
        if value.shape:
            raise RuntimeError("fill_() takes one number or a 0-d tensor, and this one "
                               f"has the shape {tuple(value.shape)}")
        return x.copy_(value)
    check_writable(x, "fill_")
    number = convert_number(value, x.dtype)    # overlaps do not matter: all are equal
    if x.dtype is dtypes.bfloat16:
        number = dtypes.rounded(number, x.dtype)
    x.storage.backend["fill"](x.native, number)
    if not Mode.grad or not wants(x):
        x.storage.version += 1
        return x
    return overwritten(x, record(x.alias(), "FillBackward0", (x, zeros)), "fill_")


@method
def zero_(x):
    """Write 0 everywhere."""
    return fill_(x, 0)


for name in """neg exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sin cos tan
        asin acos atan sinh cosh tanh asinh acosh atanh sigmoid erf erfc floor ceil
        trunc sign abs logical_not bitwise_not mul div add sub pow square round relu
        clamp clip clamp_min clamp_max lerp addcmul addcdiv masked_fill remainder fmod
        floor_divide eq ne lt le gt ge logical_and logical_or logical_xor bitwise_and
        bitwise_or bitwise_xor nan_to_num xlogy absolute negative multiply divide
        true_divide subtract addmm baddbmm addmv""".split():
    if name in OPERATIONS:
        inplace(OPERATIONS[name], name + "_")
