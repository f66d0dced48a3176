"""Where the seed goes: generators of random numbers, PyTorch's of the CPU to the bit.

    >>> from . import manual_seed, rand, randint
    >>> _ = manual_seed(42)
    >>> rand(2).tolist(), randint(0, 10, (4,)).tolist()
    ([0.8822692632675171, 0.9150039553642273], [6, 4, 6, 5])
    >>> state = get_rng_state()
    >>> before = rand(3).tolist()
    >>> set_rng_state(state)
    >>> rand(3).tolist() == before
    True

    seed     a number of 64 bits; two with the same last 32 bits begin alike
    state    all that the numbers to come depend on: 624 words, how many of them are
             used, and a normal number if one is left over

A seed becomes 624 words, the state (mersenne.py); a word of it becomes a number
(draws.py, normal.py); and numbers become tensors (filling.py, sampling.py). A function
that is not told which generator to use draws from the default one, of which there is
one in a program: whatever else draws from it, in between, moves it on.

There is one kind of generator here, for all devices. PyTorch has another one for a GPU,
which gives other numbers.

Chapter: docs/torch/random.md.  To copy: this folder.
"""

import contextlib
import os
import struct

from . import dispatch, dtypes
from .mersenne import N, MersenneTwister
from .tensor import Tensor, public, wrap

STATE = struct.Struct(f"<QiiQ{N}Q3di4xf?3x")    # as PyTorch keeps it: 5056 bytes


class Generator(MersenneTwister):
    """A twister, its seed, and a normal number if one is left over."""

    def __init__(self, device="cpu"):
        self.device = dispatch.device(device)
        self.manual_seed(67280421310721)    # PyTorch's, if nobody says another

    def manual_seed(self, seed):
        """Begin anew: from here on, the same seed gives the same numbers."""
        if not hasattr(seed, "__index__"):
            raise RuntimeError(f"a seed is a whole number, not {seed!r}")
        seed = seed.__index__()
        if not -2**63 <= seed < 2**64:
            raise ValueError(f"a seed has 64 bits, and {seed} has more")
        self.first, self.spare = seed % 2**64, None
        self.restart(seed)
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
        backend = dispatch.backend_of("cpu")
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
    raise TypeError("a generator is a torch.Generator, not a "
                    f"{type(generator).__name__}")
