"""Tensors filled with random numbers: x.uniform_(), x.normal_() and their kind.

    >>> from . import Generator, zeros
    >>> g = Generator().manual_seed(2147483647)
    >>> x = zeros(2, 3)
    >>> _ = x.t().uniform_(generator=g)    # a view's numbers, in the order of memory
    >>> [round(u, 4) for u in x.flatten().tolist()]
    [0.7081, 0.3542, 0.1054, 0.5996, 0.0904, 0.0899]
    >>> x[:, 0].random_(1, 7, generator=g).tolist()
    [3.0, 5.0]

    draw      how many numbers, their dtype, whether they lie contiguous -> values
    values    what draws.py and normal.py give: a list, or NumPy's array

A tensor is filled in the order of its memory, whatever the order of its axes, and with
as many words as PyTorch uses. What is to be filled on another device is drawn here and
copied there.

Left out: Poisson, and torch.distributions.

Chapter: docs/torch/random.md.  To copy: this folder.
"""

from . import dtypes
from .draws import (bernoulli, bits, cauchy, exponential, geometric, in_pieces,
                    listed, signed, uniform, whole)
from .normal import log_normal, normal
from .random import chosen
from .tensor import Tensor, method, wrap


def tensor_of(values, shape, dtype, backend):
    """values -> a new tensor of this shape, row after row."""
    values = values if backend.name == "numpy" else listed(values)
    native = backend["from_list"](values, dtype)
    if dtype is dtypes.bfloat16:
        native = backend["cast"](native, dtype)
    flat = wrap(native, dtype, backend)
    return flat if len(shape) == 1 else flat.view(shape)


def fill(tensor, draw):
    """Write what is drawn into a tensor, in the order of its memory -> the tensor."""
    order = in_memory(tensor)
    shape = [tensor.shape[axis] for axis in order]
    values = draw(tensor.numel(), tensor.dtype, tensor.packed)
    found = tensor_of(values, shape, tensor.dtype, tensor.storage.backend)
    return tensor.copy_(found if tensor.packed else found.permute(inverse(order)))


def in_memory(tensor):
    """The axes of a tensor, those first that step farthest in memory."""
    axes = range(len(tensor.shape))
    if tensor.packed:
        return axes
    return sorted(axes, key=lambda axis: -tensor.strides[axis])


def inverse(order):
    """What undoes a permutation of axes."""
    return sorted(order, key=list(order).__getitem__)


def floating(dtype, name):
    if dtype.category != 2:
        raise NotImplementedError(f"{name} gives floating-point numbers, not {dtype}")


# what is drawn: functions that make draw(how many, their dtype, whether contiguous)

def uniform_draw(generator, low=0.0, high=1.0):
    generator = chosen(generator)

    def draw(n, dtype, packed):
        floating(dtype, "uniform_")
        wide = dtype is dtypes.float64
        values = in_pieces(n, lambda n: uniform(generator, n, low, high, wide))
        if dtype.itemsize == 2:    # rounded to so few bits, some would be high itself
            top = dtypes.rounded(high, dtype)
            values = [low if dtypes.rounded(x, dtype) == top else x
                      for x in listed(values)]
        return values
    return draw


def normal_draw(generator, mean=0.0, std=1.0):
    generator = chosen(generator)

    def draw(n, dtype, packed):
        floating(dtype, "normal_")
        return normal(generator, n, mean, std, dtype.itemsize, packed)
    return draw


def whole_draw(generator, low, high):
    generator = chosen(generator)
    if low >= high:
        raise RuntimeError(f"there is no whole number from {low} to below {high}")

    def draw(n, dtype, packed):
        least, most = range_of(dtype)
        if low < least or high - 1 > most:
            raise RuntimeError(f"{dtype} holds {least} to {most}, and the numbers are "
                               f"to be {low} to {high - 1}")
        return in_pieces(n, lambda n: whole(generator, n, low, high))
    return draw


def range_of(dtype):
    """The smallest and the largest number of a dtype."""
    if dtype.category == 0:
        return 0, 1
    limits = (dtypes.iinfo, dtypes.finfo)[dtype.category - 1](dtype)
    return limits.min, limits.max


def simple_draw(generator, function, *arguments):
    """What has the same values in each dtype: function(generator, n, *arguments)."""
    generator = chosen(generator)

    def draw(n, dtype, packed):
        return in_pieces(n, lambda n: function(generator, n, *arguments))
    return draw


def check(true, name, wanted, got):
    if not true:
        raise RuntimeError(f"{name}: {wanted} is needed, and it is {got}")


@method
def uniform_(self, from_=0.0, to=1.0, *, generator=None, **named):
    """Fill with uniform numbers, from_ <= x < to."""
    from_ = named.pop("from", from_)    # PyTorch's name, a keyword of Python's
    check(from_ <= to, "uniform_", "from <= to", f"{from_} and {to}")
    return fill(self, uniform_draw(generator, float(from_), float(to)))


@method
def normal_(self, mean=0.0, std=1.0, *, generator=None):
    """Fill with normal numbers."""
    check(std >= 0, "normal_", "std >= 0", std)
    return fill(self, normal_draw(generator, float(mean), float(std)))


@method
def random_(self, *bounds, generator=None, **named):
    """Fill with whole numbers: random_(to), random_(from, to), or all that there are.

    random_(from, None) has no upper bound. For a floating-point dtype, all are those
    up to which it has every whole number.
    """
    if named:    # PyTorch's names, of which "from" is a keyword of Python's
        bounds = *bounds, *(named[name] for name in ("from", "to") if name in named)
    low, to = (0, *bounds) if len(bounds) == 1 else bounds or (0, None)
    if any(not hasattr(n, "__index__") for n in (low, 0 if to is None else to)):
        raise TypeError("random_(to) or random_(from, to), of whole numbers: not "
                        f"{low!r} and {to!r}")
    dtype = self.dtype
    if dtype.category == 2:
        most = round(2 / dtypes.finfo(dtype).eps)
    else:
        most = dtypes.iinfo(dtype).max if dtype.category else 1
    if not bounds:
        count = 64 if dtype.itemsize == 8 else 32
        return fill(self, simple_draw(generator, bits, count, most + 1))
    if to is None and low == -2**63:
        check(dtype in FULL, "random_", "one of " + str(FULL), dtype)
        return fill(self, simple_draw(generator, signed))
    return fill(self, whole_draw(generator, low, most + 1 if to is None else to))


FULL = dtypes.int64, dtypes.float64, dtypes.float32, dtypes.bfloat16    # of all 64 bits


@method
def bernoulli_(self, p=0.5, *, generator=None):
    """Fill with 1, with the probability p, and 0; p may be a tensor of them."""
    if not isinstance(p, Tensor):
        check(0 <= p <= 1, "bernoulli_", "a probability, 0 to 1,", p)
        return fill(self, simple_draw(generator, bernoulli, float(p)))
    floating(p.dtype, "bernoulli_")
    if bool(((p < 0) | (p > 1) | p.isnan()).any()):
        raise RuntimeError("bernoulli_: a probability is not 0 to 1")
    p = p.detach().expand(self.shape).permute(*in_memory(self)).flatten()
    chances, wide = p.tolist(), p.dtype is dtypes.float64
    generator = chosen(generator)

    def draw(n, dtype, packed):
        u = in_pieces(n, lambda n: uniform(generator, n, wide=wide))
        return [u < p for u, p in zip(listed(u), chances)]
    return fill(self, draw)


@method
def exponential_(self, lambd=1.0, *, generator=None):
    """Fill with waiting times for what happens lambd times per unit of time."""
    check(lambd > 0, "exponential_", "lambd > 0", lambd)
    check(self.dtype.category == 2, "exponential_", "a dtype of floats", self.dtype)
    return fill(self, simple_draw(generator, exponential, lambd))


@method
def geometric_(self, p, *, generator=None):
    """Fill with how many throws there are until the first success."""
    check(0 < p < 1, "geometric_", "0 < p < 1", p)
    return fill(self, simple_draw(generator, geometric, p))


@method
def cauchy_(self, median=0.0, sigma=1.0, *, generator=None):
    """Fill with numbers so spread that their mean does not settle: Cauchy's."""
    check(sigma > 0, "cauchy_", "sigma > 0", sigma)
    check(self.dtype.category == 2, "cauchy_", "a dtype of floats", self.dtype)
    return fill(self, simple_draw(generator, cauchy, median, sigma))


@method
def log_normal_(self, mean=1.0, std=2.0, *, generator=None):
    """Fill with numbers whose logarithms are normal, with this mean and std."""
    check(std > 0, "log_normal_", "std > 0", std)
    floating(self.dtype, "log_normal_")
    return fill(self, simple_draw(generator, log_normal, mean, std))
