"""New tensors: from numbers, of one number, in even steps, like another.

    >>> tensor([[1, 2], [3, 4.5]]).dtype, tensor([True]).dtype, tensor(7).shape
    (torch.float32, torch.bool, torch.Size([]))
    >>> zeros(2, 3).shape, arange(1, 10, 4).tolist(), linspace(0, 1, 5).tolist()
    (torch.Size([2, 3]), [1, 5, 9], [0.0, 0.25, 0.5, 0.75, 1.0])

Whole numbers become int64, bools bool, and floats the default dtype, float32.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

import math

from . import dtypes
from .dispatch import backend_of, dtype_of
from .draws import fma
from .operands import finish
from .tensor import Tensor, empty as empty_tensor, public, shape_of, wrap


bool_, int64 = dtypes.bool_, dtypes.int64


def settled(y, requires_grad):
    return y.requires_grad_() if requires_grad else y


# from numbers

@public
def tensor(data, *, dtype=None, device=None, requires_grad=False, pin_memory=False):
    """A new tensor with the numbers of nested lists, an array or another tensor."""
    if dtype is not None:
        dtype = dtype_of(dtype)
    if isinstance(data, Tensor):
        y = data.detach().to(dtype=dtype, device=device, copy=True)
        return settled(y, requires_grad)
    if hasattr(data, "__array__") and not isinstance(data, (int, float)):
        from .arrays import array_copied
        y = array_copied(data).to(dtype=dtype, device=device)
        return settled(y, requires_grad)
    shape, numbers, kind = flattened(data)
    kind = kind if dtype is None else dtype
    backend = backend_of(device)
    return settled(of_numbers(numbers, shape, kind, backend), requires_grad)


def of_numbers(numbers, shape, kind, backend):
    """A flat list of Python numbers -> a tensor."""
    if kind.category == 1:
        try:
            numbers = [n if n.__class__ is int else int(n) for n in numbers]
        except (ValueError, OverflowError):    # of nan and inf
            raise RuntimeError(f"{kind} has neither nan nor inf") from None
        low, high = dtypes.iinfo(kind).min, dtypes.iinfo(kind).max
        if numbers and (min(numbers) < low or max(numbers) > high):
            wrong = RuntimeError if max(map(abs, numbers)) < 1 << 63 else ValueError
            raise wrong(f"{kind} holds {low} to {high}, and among the numbers are "
                        f"{min(numbers)} and {max(numbers)}")
    elif kind.category == 0:
        numbers = list(map(bool, numbers))
    else:
        numbers = list(map(float, numbers))
    native = backend["from_list"](numbers, kind)
    y = finish(wrap(native, kind, backend))
    return y if y.shape == shape else y.view(shape).detach()


def flattened(data):
    """Nested lists -> (shape, flat numbers, the dtype that they have together)."""
    shape, level = [], [data]
    while True:
        listed = [isinstance(each, (list, tuple, range)) for each in level]
        if not any(listed):
            break
        if not all(listed):
            raise (TypeError if not listed[0] else ValueError)(
                "the lists are not equally deep: a number stands beside a list")
        sizes = set(map(len, level))
        if len(sizes) > 1:
            raise ValueError(f"the lists on axis {len(shape)} are not equally long: "
                             f"{' and '.join(map(str, sorted(sizes)))} numbers")
        shape.append(sizes.pop())
        level = [each for inner in level for each in inner]
        if not level:
            break
    if level and hasattr(level[0], "shape") and level[0].shape:    # a list of vectors
        rows = [each.tolist() for each in level]
        inner, numbers, kind = flattened(rows)
        own = level[0].dtype
        return (*shape, *inner[1:]), numbers, own if isinstance(
            level[0], Tensor) else dtypes.DTYPES.get(own.name, kind)
    kind = None
    numbers = []
    for each in level:
        if each.__class__ is float or each.__class__ is int or each.__class__ is bool:
            own = dtypes.of_number(each)
        else:
            each, own = one_number(each)
        numbers.append(each)
        if own is not kind:
            kind = own if kind is None else dtypes.PROMOTED[kind, own]
    return tuple(shape), numbers, kind or dtypes.Default.floating


def one_number(each):
    """Another kind of number (np.int64(3), a 0-d tensor) as Python's; its dtype."""
    if isinstance(each, Tensor):
        return each.item(), each.dtype
    if hasattr(each, "dtype") and hasattr(each, "item"):
        found = each.item()
        return found, dtypes.DTYPES.get(each.dtype.name, dtypes.of_number(found))
    if isinstance(each, str):
        raise ValueError(f"a tensor holds numbers, not the string {each!r:.40}")
    try:
        return each, dtypes.of_number(each)
    except TypeError as error:
        raise RuntimeError(f"no dtype is that of {error}") from None


@public
def as_tensor(data, dtype=None, device=None):
    """data as a tensor, in its own memory if it is a tensor or an array already."""
    if isinstance(data, Tensor):
        return data.to(dtype=dtype, device=device)
    if hasattr(data, "__array__") and hasattr(data, "__setitem__"):    # no np.float64
        from .arrays import from_numpy
        return from_numpy(data).to(dtype=dtype, device=device)
    return tensor(data, dtype=dtype, device=device)


@public
def asarray(data, *, dtype=None, device=None, copy=None):
    """as_tensor(), or with copy=True tensor()."""
    if copy:
        return tensor(data, dtype=dtype, device=device)
    return as_tensor(data, dtype, device)


@public
def scalar_tensor(number, *, dtype=None, device=None, requires_grad=False):
    """One number without axes."""
    return full((), number, dtype=dtype or dtypes.Default.floating, device=device,
                requires_grad=requires_grad)


# of one number

def sizes_and_kind(sizes, dtype, device, default=None):
    kind = (default or dtypes.Default.floating) if dtype is None else dtype_of(dtype)
    shape = shape_of(sizes)
    if shape and min(shape) < 0:
        raise RuntimeError(f"a tensor of shape {shape}: a size is not negative")
    return shape, kind, backend_of(device)


def filled(shape, number, kind, backend):
    y = empty_tensor(shape, kind, backend)
    backend["fill"](y.native, number)
    return y


def maker(name, number):
    def make(*size, dtype=None, device=None, requires_grad=False, out=None, layout=None,
             pin_memory=False):
        size = size or ((),)
        shape, kind, backend = sizes_and_kind(size, dtype, device)
        return settled(filled(shape, number, kind, backend), requires_grad)
    make.__name__ = make.__qualname__ = name
    make.__doc__ = f"A tensor of {name}."
    return public(make)


zeros, ones = maker("zeros", 0), maker("ones", 1)


@public
def empty(*size, dtype=None, device=None, requires_grad=False, out=None, layout=None,
          pin_memory=False, memory_format=None):
    """A tensor of whatever was in its memory: for results that are written at once."""
    shape, kind, backend = sizes_and_kind(size or ((),), dtype, device)
    return settled(empty_tensor(shape, kind, backend), requires_grad)


@public
def full(size, fill_value, *, dtype=None, device=None, requires_grad=False, out=None,
         layout=None):
    """A tensor of one number everywhere."""
    if isinstance(size, int):
        raise TypeError(f"a shape is a tuple of sizes, ({size},), and not {size}")
    if isinstance(fill_value, Tensor):
        fill_value = fill_value.item()
    default = dtypes.of_number(fill_value)
    shape, kind, backend = sizes_and_kind((size,), dtype, device, default)
    return settled(finish(filled(shape, fill_value, kind, backend)), requires_grad)


@public
def eye(n, m=None, *, dtype=None, device=None, requires_grad=False):
    """Ones on the diagonal, zeros elsewhere."""
    y = zeros(n, n if m is None else m, dtype=dtype, device=device)
    y.diagonal().fill_(1)
    return settled(y, requires_grad)


# in even steps

@public
def arange(*limits, dtype=None, device=None, requires_grad=False, start=None, end=None,
           step=None, out=None):
    """start, start + step, ... before end."""
    if end is not None:
        limits = (start or 0, end)
    limits = [each.item() if isinstance(each, Tensor) else
              each.item() if hasattr(each, "item") else each for each in limits]
    if len(limits) == 1:
        limits = [0, *limits]
    if len(limits) == 3:
        step = limits.pop()
    start, end = limits
    step = 1 if step is None else step
    if step == 0:
        raise RuntimeError("arange() in steps of 0 never ends")
    if (end - start) * step < 0:
        raise RuntimeError(f"arange() from {start} to {end} in steps of {step} goes "
                           "the other way")
    default = (int64 if all(isinstance(each, int) for each in (start, end, step))
               else dtypes.Default.floating)
    kind = default if dtype is None else dtype_of(dtype)
    backend = backend_of(device)
    if kind.category == 1:
        numbers = range(int(start), int(end), int(step) or 1)
    else:
        count = max(0, math.ceil((end - start) / step))
        numbers = [start + k * step for k in range(count)]
    if "arange" in backend and isinstance(numbers, range):
        return settled(wrap(backend["arange"](numbers, kind), kind, backend),
                       requires_grad)
    return settled(of_numbers(list(numbers), (len(numbers),), kind, backend),
                   requires_grad)


@public
def linspace(start, end, steps, *, dtype=None, device=None, requires_grad=False):
    """steps numbers from start to end, both included, in even steps."""
    if steps < 0:
        raise RuntimeError(f"linspace() of {steps} numbers")
    kind = dtypes.Default.floating if dtype is None else dtype_of(dtype)
    start, end = (each.item() if isinstance(each, Tensor) else each
                  for each in (start, end))
    if kind.category == 2:
        start, end = (dtypes.rounded(float(each), kind) for each in (start, end))
    step = (end - start) / (steps - 1) if steps > 1 else 0.0
    if kind.category == 2:
        step = dtypes.rounded(end - start, kind) / max(steps - 1, 1)
        step = dtypes.rounded(step, kind)
    half = steps // 2        # from both ends, so that both are exact
    numbers = [fma(step, k, start) if k < half else fma(-step, steps - 1 - k, end)
               for k in range(steps)]        # rounded once, as PyTorch's are
    if steps == 1:
        numbers = [start]
    return settled(of_numbers(numbers, (steps,), kind, backend_of(device)),
                   requires_grad)


@public
def logspace(start, end, steps, base=10.0, *, dtype=None, device=None,
             requires_grad=False):
    """base to the power of linspace(start, end, steps)."""
    powers = linspace(start, end, steps, dtype=dtypes.float64)
    kind = dtypes.Default.floating if dtype is None else dtype_of(dtype)
    return settled((base ** powers).to(dtype=kind, device=device), requires_grad)
