"""Which machine computes: devices, and the table of kernels that each backend fills.

    >>> device("cuda:1"), device("cpu").type
    (device(type='cuda', index=1), 'cpu')
    >>> kernels = backend_of("cpu")
    >>> a = kernels["from_list"]([1, 2], dtypes.int64)
    >>> kernels["to_list"](kernels["add"](a, 10))
    [11, 12]

A backend is a dictionary from the name of a kernel to a function. A kernel takes and
gives natives: what the backend itself calculates with (for NumPy an ndarray, a strided
view of the storage's memory). `x.native` is the native of a tensor, made when it is
first asked for, and kept.

    memory       empty(shape, dtype)                  contiguous, whatever was there
                 view(buffer, dtype, shape, strides, offset)       shares the memory
                 buffer(native)                       what a Storage keeps of it
                 length(buffer)   address(buffer)     in numbers; as data_ptr() gives it
                 from_list(numbers, dtype)   to_list(native)       nested, or a number
                 from_bytes(bytes, dtype)    to_bytes(native)      little-endian
    write        fill(a, number)   copy(to, a)        broadcast and converted to `to`
    convert      cast(a, dtype)
    one by one   exp(a, out=None), add(a, b, out=None), where(c, a, b, out=None): the
                 names of ONE, TWO and COMPARE; operands of one dtype, or Python numbers
    reduce       sum prod max min any all (a, axes, keepdim)    argmax argmin (a, axis,
                 keepdim), the first of equal ones; NaN wins in max and min
    along axes   matmul(a, b)   cumsum cumprod (a, axis)   transpose(a), if any
                 sort(a, axis, descending) -> values, indices; stable
                 attention(q, k, v, scale, ahead) -> y, lse, attention_back, if any, for
                 what attention_fits(q, k, v); cross_entropy, rms_norm and their _back,
                 if any, for matrices that rows_fit(x)
    by number    take(a, index) = a[index], along axis 0
                 put(to, index, a): to[index] = a, of equal indices the last counts
                 add_at(to, index, a): to[index] += a, equal indices add up
                 take_all(a, indices) = a[i, j, ...]    put_all, add_all: if it has them
                 gather(a, axis, index)   scatter(to, axis, index, a)   scatter_add(...)
                 extent(index): the smallest and the largest, None where they are on a
                 device from which they would have to be copied
                 outside(index, low, high): one that is not from low to high - 1, or
                 None; there, a kernel looks, and stops the program itself

Without `out` a kernel gives a new native in row order; with it, it writes there. What
is missing from a table, and has a definition in COMPOSED, is composed of the rest:
a backend may do better with a kernel of that name (softmax, sigmoid).

A fourth backend: `register("web", table)`; then device="web" computes with it.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import importlib
import importlib.util
import os

from . import dtypes

ONE = ("neg abs sign exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal square "
       "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh sigmoid erf erfc "
       "floor ceil trunc round logical_not bitwise_not isnan isinf isfinite").split()
TWO = ("add sub rsub mul div pow floor_divide remainder fmod maximum minimum fmax "
       "fmin atan2 "
       "logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor "
       "bitwise_left_shift bitwise_right_shift").split()
COMPARE = "eq ne lt le gt ge".split()

BACKENDS, COMPOSED = {}, {}
BUILT_IN = {"numpy", "python", "cuda"}


class Backend(dict):
    """{name: kernel}, and which device its memory belongs to."""

    def __init__(self, name, table, device=None):
        super().__init__(table)
        self.name, self.device = name, globals()["device"](device or name)

    def __missing__(self, name):
        if name in COMPOSED:
            kernel = self[name] = COMPOSED[name](self)
            return kernel
        raise NotImplementedError(f"the {self.name} backend has no kernel {name!r}")

    __hash__ = object.__hash__
    __eq__ = object.__eq__

    def __repr__(self):
        return f"<the {self.name} backend: {len(self)} kernels>"

    def __reduce__(self):
        return backend_of, (str(self.device),)


class device:    # PyTorch's name
    """Where a tensor's numbers are: a type and, of several such devices, which."""

    __slots__ = ("type", "index")

    def __init__(self, kind, index=None):
        if isinstance(kind, device):
            kind, index = kind.type, kind.index if index is None else index
        if type(kind) is int:
            kind, index = "cuda", kind
        name, colon, number = kind.partition(":")
        if colon:
            if not number.isdigit():
                raise RuntimeError(f"{kind!r} is no device; write 'cuda' or 'cuda:0'")
            index = int(number)
        if name not in ("cpu", "cuda", "meta") and not known(name):
            raise RuntimeError(
                f"{name!r} is no device here; there are "
                f"{', '.join(sorted({'cpu', *BUILT_IN, *BACKENDS}))}")
        self.type, self.index = name, index

    def __eq__(self, other):
        return (isinstance(other, device)
                and (self.type, self.index) == (other.type, other.index))

    def __hash__(self):
        return hash((self.type, self.index))

    def __repr__(self):
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self):
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __reduce__(self):
        return device, (self.type, self.index)


def known(name):
    return name in BACKENDS or name in BUILT_IN


def register(name, table, device=None):
    """Add a backend: a table of kernels, and the device that it is chosen by."""
    BACKENDS[name] = table
    FOUND.clear()
    MADE.pop((name, name), None)
    return made(name, device or name)


MADE = {}     # {(name, type of device): Backend}


def made(name, kind):
    """The backend of a registered table for a type of device, the same each time."""
    if (name, kind) not in MADE:
        MADE[name, kind] = Backend(name, BACKENDS[name], kind)
    return MADE[name, kind]


class Chosen:
    """Which backend the device "cpu" means, and which device a new tensor is on."""

    cpu = os.environ.get("SCRATCH_TORCH_BACKEND") or None
    default = "cpu"


def use(name):
    """Compute what is on the cpu with this backend from now on: "numpy" or "python"."""
    before, Chosen.cpu = cpu_backend(), name
    FOUND.clear()
    backend_of("cpu")
    return before


def cpu_backend():
    """NumPy's where it is installed, else the one of the standard library."""
    if Chosen.cpu is None:
        Chosen.cpu = "numpy" if importlib.util.find_spec("numpy") else "python"
    return Chosen.cpu


FOUND = {}    # {what was asked for: backend}


def backend_of(where=None):
    """The backend of a device, a device's name, or None for the default device."""
    found = FOUND.get(where)
    if found is None:
        found = FOUND[where] = find(where)
    return found


def find(where):
    wanted = device(Chosen.default if where is None else where)
    kind, name = wanted.type, cpu_backend() if wanted.type == "cpu" else wanted.type
    if kind == "cuda":
        kind = "cuda:0"
        if wanted.index:
            raise RuntimeError(f"scratch.torch uses one GPU, cuda:0, and not {wanted}")
    if name not in BACKENDS:
        if name not in BUILT_IN:
            raise RuntimeError(f"there is no backend {name!r}")
        module = importlib.import_module(f".backends.{name}", __package__)
        BACKENDS[name] = module.table()
    return made(name, kind)


def composed(function):
    """Define a kernel by others: function(backend) -> the kernel."""
    COMPOSED[function.__name__] = function
    return function


def set_default_device(where):
    """Where new tensors are made from now on."""
    Chosen.default = str(device("cpu" if where is None else where))
    FOUND.clear()


def get_default_device():
    return device(Chosen.default)


@composed
def sigmoid(backend):
    exp, add, div, neg = (backend[name] for name in ("exp", "add", "div", "neg"))

    def kernel(a, out=None):
        return div(1.0, add(exp(neg(a)), 1.0), out)
    return kernel


@composed
def rsqrt(backend):
    return lambda a, out=None: backend["div"](1.0, backend["sqrt"](a), out)


@composed
def reciprocal(backend):
    return lambda a, out=None: backend["div"](1.0, a, out)


@composed
def rsub(backend):
    return lambda a, b, out=None: backend["sub"](b, a, out)


@composed
def tanh_slope(backend):
    """g · (1 - y²)."""
    sub, mul = backend["sub"], backend["mul"]
    return lambda g, y: mul(g, sub(1.0, mul(y, y)))


@composed
def sigmoid_slope(backend):
    """g · (1 - y) · y."""
    sub, mul = backend["sub"], backend["mul"]
    return lambda g, y: mul(mul(g, sub(1.0, y)), y)


@composed
def square(backend):
    return lambda a, out=None: backend["mul"](a, a, out)


@composed
def extent(backend):
    """index -> its smallest and its largest number."""
    def kernel(index):
        every = tuple(range(index.ndim))
        return tuple([backend["to_list"](backend[name](index, every, False))
                      for name in ("min", "max")])
    return kernel


@composed
def outside(backend):
    """index, low, high -> an index that is not low <= i < high, or None."""
    def kernel(index, low, high):
        least, most = backend["extent"](index)
        return least if least < low else most if most >= high else None
    return kernel


@composed
def zeroed(backend):
    """a, and 0 where the mask is true; a product would make NaN of an infinite a."""
    return lambda a, mask: backend["where"](mask, 0.0, a)


@composed
def softmax(backend):
    """exp(a - max) / sum, along one axis."""
    def kernel(a, axis):
        e = backend["exp"](backend["sub"](a, backend["max"](a, (axis,), True)))
        return backend["div"](e, backend["sum"](e, (axis,), True))
    return kernel


@composed
def log_softmax(backend):
    """a - max - log(sum(exp(a - max))), along one axis."""
    def kernel(a, axis):
        shifted = backend["sub"](a, backend["max"](a, (axis,), True))
        total = backend["sum"](backend["exp"](shifted), (axis,), True)
        return backend["sub"](shifted, backend["log"](total))
    return kernel


PYTHON = {float: dtypes.float64, int: dtypes.int64, bool: dtypes.bool_}


def dtype_of(kind):
    """A dtype given as PyTorch allows: a dtype, or Python's float, int or bool."""
    if isinstance(kind, dtypes.dtype):
        return kind
    if kind in PYTHON:
        return PYTHON[kind]
    raise TypeError(f"{kind!r} is no dtype")
