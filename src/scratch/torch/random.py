"""Random tensors, and where the seed goes: PyTorch's generator of the CPU, to the bit.

    >>> from . import manual_seed, rand, randint, randn, Generator
    >>> _ = manual_seed(42)
    >>> rand(2).tolist(), randint(0, 10, (4,)).tolist()
    ([0.8822692632675171, 0.9150039553642273], [6, 7, 0, 4])
    >>> g = Generator().manual_seed(2147483647)
    >>> [round(z, 4) for z in randn(27, 27, generator=g)[0, :3].tolist()]
    [1.5674, -0.2373, -0.0274]

    generator    a state and all that follows from it; default_generator if none is given
    values       what draws.py and normal.py give: a list, or NumPy's array

A seed becomes 624 words, the state (mersenne.py); a word becomes a number (draws.py,
normal.py); and here numbers are put into tensors, in the order of their memory. Each
function uses as many words as PyTorch's and in the same order, so that a script with a
seed goes on with the same numbers whatever it draws in between.

What is drawn for another device is drawn here and copied there: PyTorch has a different
generator for a GPU, with other numbers. Left out: Poisson, and torch.distributions.

Chapter: docs/torch/random.md.  To copy: this file and torch/.
"""

import contextlib
import os
import struct
from bisect import bisect_left

from . import dtypes
from .autograd import no_grad
from .creation import empty, empty_like
from .dispatch import backend_of, device, dtype_of
from .draws import (bernoulli as truths, bits, cauchy, exponential, geometric,
                    in_pieces, permutation, single, uniform, whole)
from .mersenne import N, MersenneTwister, seeded
from .normal import log_normal
from .normal import normal as normals
from .storage import Size
from .tensor import Tensor, method, operation, public, shape_of, wrap

STATE = struct.Struct(f"<QiiQ{N}Q3di4xf?3x")    # as PyTorch keeps it: 5056 bytes


class Generator(MersenneTwister):
    """A twister, its seed, and the second of a pair of normal numbers, if it is left."""

    def __init__(self, device="cpu"):
        self.device = globals()["device"](device)
        self.manual_seed(67280421310721)    # PyTorch's, if nobody says another

    def manual_seed(self, seed):
        """Begin anew: from here on, the same seed gives the same numbers."""
        if not hasattr(seed, "__index__"):
            raise RuntimeError(f"a seed is a whole number, not {seed!r}")
        seed = seed.__index__()
        if not -2**63 <= seed < 2**64:
            raise ValueError(f"a seed has 64 bits, and {seed} has more")
        self.first, self.spare = seed % 2**64, None
        self.state, self.used, self.twisted = seeded(seed), N, False
        return self

    def seed(self):
        """Begin anew, nobody knows where: by a seed of the operating system's."""
        seed = int.from_bytes(os.urandom(8), "little")
        self.manual_seed(seed)
        return seed

    def initial_seed(self):
        """The seed that it began with."""
        return self.first

    def get_state(self):
        """All that the next numbers depend on, as 5056 bytes (uint8), PyTorch's."""
        left = N + 1 - self.used
        following = self.used if self.twisted else 0
        kept = self.spare is not None
        state = STATE.pack(self.first, left, 1, following, *self.state,
                           0.0, self.spare if kept else 0.0, 0.0, kept, 0.0, False)
        backend = backend_of("cpu")
        return wrap(backend["from_bytes"](state, dtypes.uint8), dtypes.uint8, backend)

    def set_state(self, state):
        """Go on from a state that get_state() gave, ours or PyTorch's."""
        if not isinstance(state, Tensor):
            raise TypeError(f"a state is a tensor, not a {type(state).__name__}")
        if state.dtype is not dtypes.uint8:
            raise TypeError(f"a state is of bytes (uint8), not of {state.dtype}")
        if state.numel() != STATE.size:
            raise RuntimeError(f"a state has {STATE.size} bytes, and this has "
                               f"{state.numel()}")
        first, left, seeded, following, *rest = STATE.unpack(bytes(state.tolist()))
        if not (seeded and 0 < left <= N and following <= N):
            raise RuntimeError("these are not the bytes of a generator's state")
        self.first, self.used, self.twisted = first, N + 1 - left, following > 0
        self.state[:] = type(self.state)("I", rest[:N])
        self.spare = rest[N + 1] if rest[N + 3] else None
        return self

    def clone_state(self):
        """Another generator, which goes on from here by itself."""
        return Generator(self.device).set_state(self.get_state())

    def __repr__(self):
        return f"<generator, seed {self.first}>"


default_generator = Generator()
default_generator.seed()


@public
def manual_seed(seed):
    """Seed the default generator -> the generator."""
    return default_generator.manual_seed(int(seed))


def seed():
    """Seed the default generator from the operating system -> the seed."""
    return default_generator.seed()


def initial_seed():
    """The seed that the default generator began with."""
    return default_generator.initial_seed()


def get_rng_state():
    """The state of the default generator: see Generator.get_state."""
    return default_generator.get_state()


def set_rng_state(new_state):
    """Let the default generator go on from a state."""
    default_generator.set_state(new_state)


for function in (seed, initial_seed, get_rng_state, set_rng_state):
    public(function)


@contextlib.contextmanager
def fork_rng(devices=None, enabled=True):
    """What is drawn in this block leaves the default generator where it was."""
    state = default_generator.get_state()
    try:
        yield
    finally:
        if enabled:
            default_generator.set_state(state)


def chosen(generator):
    """The generator that was given, or the default one."""
    if generator is None:
        return default_generator
    if isinstance(generator, Generator):
        return generator
    raise TypeError(f"a generator is a torch.Generator, not a {type(generator).__name__}")


def tensor_of(values, shape, dtype, backend):
    """values -> a new tensor of this shape, row after row."""
    if not isinstance(values, list) and backend.name != "numpy":
        values = values.tolist()
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


def made(draw, shape, dtype=None, device=None, requires_grad=False, out=None,
         layout=None, pin_memory=False):
    """A new tensor of what is drawn; or out, if one is given, which has the shape."""
    if any(n < 0 for n in shape):
        raise RuntimeError(f"a size is 0 or more, and {tuple(shape)} has one below")
    if out is not None:
        if out.shape != shape:
            raise RuntimeError(f"out is {tuple(out.shape)}, and {tuple(shape)} is drawn")
        return fill(out, draw)
    dtype = dtypes.Default.floating if dtype is None else dtype_of(dtype)
    values = draw(Size(shape).numel(), dtype, True)
    found = tensor_of(values, shape, dtype, backend_of(device))
    return found.requires_grad_() if requires_grad else found


def sizes(size, name):
    """rand(2, 3), rand((2, 3)) and rand(size=(2, 3)) -> (2, 3)."""
    if not size:
        raise TypeError(f"{name}() needs a size, such as {name}(3) or {name}(2, 3); "
                        f"{name}(()) is of one number")
    return shape_of(size)


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
            values = values if isinstance(values, list) else values.tolist()
            top = dtypes.rounded(high, dtype)
            values = [low if dtypes.rounded(x, dtype) == top else x for x in values]
        return values
    return draw


def normal_draw(generator, mean=0.0, std=1.0):
    generator = chosen(generator)

    def draw(n, dtype, packed):
        floating(dtype, "normal_")
        return normals(generator, n, mean, std, dtype.itemsize, packed)
    return draw


def whole_draw(generator, low, high):
    generator = chosen(generator)
    if low >= high:
        raise RuntimeError(f"there is no whole number from {low} to below {high}")

    def draw(n, dtype, packed):
        if dtype.category < 2:
            limits = dtypes.iinfo(dtype) if dtype.category else None
            least, most = (limits.min, limits.max) if limits else (0, 1)
            if low < least or high - 1 > most:
                raise RuntimeError(f"{dtype} holds {least} to {most}, and the numbers "
                                   f"are to be {low} to {high - 1}")
        return in_pieces(n, lambda n: whole(generator, n, low, high))
    return draw


def simple_draw(generator, function, *arguments):
    """What has the same values in each dtype: function(generator, n, *arguments)."""
    generator = chosen(generator)

    def draw(n, dtype, packed):
        return in_pieces(n, lambda n: function(generator, n, *arguments))
    return draw


# new tensors

@public
def rand(*size, generator=None, **kind):
    """Uniform numbers, 0 <= u < 1: rand(2, 3) or rand((2, 3)).

    kind may have a dtype, a device, requires_grad and out.
    """
    shape = sizes(size or tuple([kind.pop("size")] if "size" in kind else ()), "rand")
    return made(uniform_draw(generator), shape, **kind)


@public
def randn(*size, generator=None, **kind):
    """Normal numbers, of mean 0 and standard deviation 1: randn(2, 3)."""
    shape = sizes(size or tuple([kind.pop("size")] if "size" in kind else ()), "randn")
    return made(normal_draw(generator), shape, **kind)


@public
def randint(*bounds, size=None, low=0, high=None, generator=None, dtype=None, **kind):
    """Whole numbers from low, or 0, to below high: randint(low, high, size)."""
    if size is None and bounds:
        *bounds, size = bounds
    if not isinstance(size, (tuple, list)) or len(bounds) > 2:
        raise TypeError("randint(high, size) or randint(low, high, size), with a size "
                        f"like (2, 3) and not {size!r}")
    if len(bounds) == 2:
        low, high = bounds
    elif bounds:
        low, high = (0, *bounds) if high is None else (*bounds, high)
    if high is None:
        raise TypeError("randint(high, size) needs to know below what")
    dtype = dtypes.int64 if dtype is None else dtype
    return made(whole_draw(generator, int(low), int(high)), shape_of((size,)), dtype,
                **kind)


@public
def randperm(n, *, generator=None, dtype=None, **kind):
    """The numbers 0 to n - 1, each once, in a random order."""
    generator = chosen(generator)
    dtype = dtypes.int64 if dtype is None else dtype_of(dtype)
    if n < 0:
        raise RuntimeError(f"a permutation of {n} numbers: there are 0 or more")
    if dtype is dtypes.bool_:
        raise NotImplementedError("a permutation is of numbers, not of truths")
    most = dtypes.iinfo(dtype).max if dtype.category == 1 else 2 / dtypes.finfo(dtype).eps
    if n - 1 > most:
        raise RuntimeError(f"{dtype} cannot tell {n} numbers apart")
    return made(lambda n, dtype, packed: permutation(generator, n), (n,), dtype, **kind)


def like(tensor, dtype=None, device=None, requires_grad=False, layout=None,
         memory_format=None):
    """Memory for a tensor like this one, with the same order of axes if it is dense."""
    return empty_like(tensor, dtype=dtype, device=device, requires_grad=requires_grad)


@public
def rand_like(input, *, generator=None, requires_grad=False, **kind):
    """rand, in the shape, the dtype and on the device of input."""
    found = fill(like(input, **kind), uniform_draw(generator))
    return found.requires_grad_(requires_grad)


@public
def randn_like(input, *, generator=None, requires_grad=False, **kind):
    """randn, in the shape, the dtype and on the device of input."""
    found = fill(like(input, **kind), normal_draw(generator))
    return found.requires_grad_(requires_grad)


@public
def randint_like(input, *bounds, low=0, high=None, generator=None, requires_grad=False,
                 **kind):
    """randint(low, high), in the shape, the dtype and on the device of input."""
    if bounds:
        low, high = (low, *bounds) if len(bounds) == 1 and high is None else (
            bounds if len(bounds) == 2 else (*bounds, high))
    found = fill(like(input, **kind), whole_draw(generator, int(low), int(high)))
    return found.requires_grad_(requires_grad)


@public
def normal(mean=0.0, std=1.0, size=None, *, generator=None, out=None, **kind):
    """Normal numbers, each with its own mean and std if these are tensors."""
    if not (isinstance(mean, Tensor) or isinstance(std, Tensor)):
        if size is None:
            raise TypeError("normal(mean, std, size): two numbers say no size")
        check(std >= 0, "normal", "std >= 0", std)
        return made(normal_draw(generator, mean, std), shape_of((size,)), out=out, **kind)
    with no_grad():
        if not isinstance(std, Tensor):
            check(std >= 0, "normal", "std >= 0", std)
            found = fill(empty_like(mean), normal_draw(generator, 0.0, std)).add_(mean)
        else:
            if bool((std < 0).any()):
                raise RuntimeError("normal: each std is 0 or more, and one is below")
            shape = (mean + std).shape if isinstance(mean, Tensor) else std.shape
            model = mean if isinstance(mean, Tensor) else std
            found = made(normal_draw(generator), shape, model.dtype, model.device)
            found = found.mul_(std).add_(mean)
        return found if out is None else out.copy_(found)


@operation
def bernoulli(input, p=None, *, generator=None, out=None):
    """0 and 1: 1 with the probability that input has in that place, or else with p."""
    with no_grad():
        found = empty(input.shape, dtype=input.dtype, device=input.device)
        bernoulli_(found, input if p is None else p, generator=generator)
    return found if out is None else out.copy_(found)


@operation
def multinomial(input, num_samples, replacement=False, *, generator=None, out=None):
    """Row (V) of weights -> num_samples of the numbers 0 to V - 1; so for rows (B, V).

    One number, and several that are all different, are found by a race: an exponential
    number is the time that each needs, a weight makes it that much shorter, and the
    first to arrive have the largest weight / time. Several with replacement are looked
    up in the sums of the weights from the left.

    PyTorch once looked up all of them. The race came for different numbers (version
    1.6), then for a single one, and its times were Intel's until version 2.7: the names
    that a model draws from one seed changed each time.
    """
    check_weights(input, num_samples, replacement)
    with no_grad():
        if num_samples == 1 or not replacement:
            if bool(((input < 0) | ~input.isfinite()).any()):
                raise RuntimeError("a weight is below 0, infinite or not a number")
            if input.numel() and bool((input.sum(-1) == 0).any()):
                raise RuntimeError("all weights of a row are 0: there is nothing to draw")
            race = input / exponential_(empty_like(input), generator=generator)
            if num_samples == 1:
                found = race.argmax(-1, keepdim=True)
            else:
                found = race.topk(num_samples)[1]
        else:
            found = looked_up(input, num_samples, chosen(generator))
    return found if out is None else out.copy_(found)


def check_weights(input, num_samples, replacement):
    if input.dim() not in (1, 2):
        raise RuntimeError(f"weights are one row or rows, (V) or (B, V), not "
                           f"{tuple(input.shape)}")
    if input.dtype.category != 2:
        raise RuntimeError(f"weights are floating-point numbers, not {input.dtype}")
    if num_samples <= 0:
        raise RuntimeError(f"{num_samples} numbers cannot be drawn")
    if not replacement and num_samples > input.shape[-1]:
        raise RuntimeError(f"{num_samples} different numbers cannot be drawn from "
                           f"{input.shape[-1]}; replacement=True draws some again")


def looked_up(input, num_samples, generator):
    """For each u, the first number whose weight and all before it sum to u or more."""
    exact = each_same if input.dtype is dtypes.float64 else single
    rows = input.tolist() if input.dim() == 2 else [input.tolist()]
    found = []
    for weights in rows:
        sums, total = [], 0.0
        for weight in weights:
            if not 0 <= weight < float("inf"):
                raise RuntimeError(f"a weight is {weight}, and not a number from 0 on")
            total = exact(total + weight)
            sums.append(total)
        if not total > 0:
            raise RuntimeError("all weights of a row are 0: there is nothing to draw")
        sums = [exact(sum / total) for sum in sums]
        sums[-1] = 1.0
        u = in_pieces(num_samples, lambda n: uniform(generator, n, wide=True))
        found += [bisect_left(sums, u) for u in (u if isinstance(u, list) else u.tolist())]
    shape = (*input.shape[:-1], num_samples)
    return tensor_of(found, shape, dtypes.int64, input.storage.backend)


def each_same(x):
    return x


# tensors that are there

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
def random_(self, from_=None, to=None, *, generator=None, **named):
    """Fill with whole numbers: random_(to), random_(from, to), or all that there are.

    For a floating-point dtype, all are those up to which it has every whole number.
    """
    from_ = named.pop("from", from_)
    dtype = self.dtype
    if dtype.category == 2:
        most = round(2 / dtypes.finfo(dtype).eps)
    else:
        most = dtypes.iinfo(dtype).max if dtype.category else 1
    if from_ is None and to is None:
        count = 64 if dtype.itemsize == 8 else 32
        return fill(self, simple_draw(generator, bits, count, most + 1))
    if to is None:
        from_, to = 0, from_
    return fill(self, whole_draw(generator, int(from_ or 0), int(to)))


@method
def bernoulli_(self, p=0.5, *, generator=None):
    """Fill with 1, with the probability p, and 0; p may be a tensor of probabilities."""
    if not isinstance(p, Tensor):
        check(0 <= p <= 1, "bernoulli_", "a probability, 0 to 1,", p)
        return fill(self, simple_draw(generator, truths, float(p)))
    floating(p.dtype, "bernoulli_")
    if bool(((p < 0) | (p > 1) | p.isnan()).any()):
        raise RuntimeError("bernoulli_: a probability is not 0 to 1")
    p = p.detach().expand(self.shape).permute(*in_memory(self)).flatten()
    chances, wide = p.tolist(), p.dtype is dtypes.float64
    generator = chosen(generator)

    def draw(n, dtype, packed):
        u = in_pieces(n, lambda n: uniform(generator, n, wide=wide))
        return [u < p for u, p in zip(u if isinstance(u, list) else u.tolist(), chances)]
    return fill(self, draw)


@method
def exponential_(self, lambd=1.0, *, generator=None):
    """Fill with waiting times for what happens lambd times per unit of time."""
    check(lambd > 0, "exponential_", "lambd > 0", lambd)
    check(self.dtype.category == 2, "exponential_", "a floating-point dtype", self.dtype)
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
    check(self.dtype.category == 2, "cauchy_", "a floating-point dtype", self.dtype)
    return fill(self, simple_draw(generator, cauchy, median, sigma))


@method
def log_normal_(self, mean=1.0, std=2.0, *, generator=None):
    """Fill with numbers whose logarithms are normal, with this mean and std."""
    check(std > 0, "log_normal_", "std > 0", std)
    floating(self.dtype, "log_normal_")
    return fill(self, simple_draw(generator, log_normal, mean, std))
