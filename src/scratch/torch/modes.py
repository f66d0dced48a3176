"""Whether operations are recorded: no_grad, enable_grad, inference_mode.

    >>> from . import tensor
    >>> w = tensor(2.0, requires_grad=True)
    >>> with no_grad():
    ...     y = w * 3
    >>> y.requires_grad, (w * 3).requires_grad
    (False, True)

Left out: a mode for each thread. There is one, and whoever sets it sets it for all.

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

import functools

GENERATOR = 0x20    # the flag of a function with a yield, as inspect.CO_GENERATOR


class Untracked:
    """The version of what inference_mode made: it is not counted, and so not saved."""

    def __add__(self, more):
        return self

    def __repr__(self):
        return "untracked"


UNTRACKED = Untracked()


class Mode:
    """Whether operations are recorded, and which version new storages have."""

    grad = True
    inference = False
    version = 0


def is_grad_enabled():
    return Mode.grad


def is_inference_mode_enabled():
    return Mode.inference


class set_grad_enabled:    # PyTorch's names, here and below
    """Record operations, or not; as a call, a `with` block or a decorator."""

    def __init__(self, wanted):
        self.wanted = bool(wanted)
        self.before = [Mode.grad]    # what to go back to, a list since blocks nest
        Mode.grad = self.wanted

    def __enter__(self):
        Mode.grad = self.wanted

    def __exit__(self, *error):
        Mode.grad = self.before[0]

    def __call__(self, function):
        Mode.grad = self.before[0]
        return decorated(function, lambda: type(self)(self.wanted))


class Block:
    """A `with` block, or a decorator, within which grad mode is `wanted`."""

    wanted = None

    def __init__(self):
        self.before = []

    def __enter__(self):
        self.before.append(Mode.grad)
        Mode.grad = self.wanted

    def __exit__(self, *error):
        Mode.grad = self.before.pop()

    def __new__(cls, function=None):
        block = object.__new__(cls)
        if function is None:
            return block
        block.before = []
        return block(function)    # @torch.no_grad without brackets

    def __call__(self, function):
        return decorated(function, type(self))


class no_grad(Block):
    """Operations are not recorded: `with no_grad():` or `@no_grad()`."""

    wanted = False


class enable_grad(Block):
    """Operations are recorded, also inside of no_grad."""

    wanted = True


class inference_mode(Block):
    """As no_grad, for good: what is made here can be read later, but not recorded."""

    inference = True

    def __new__(cls, mode=True):
        if callable(mode):
            return super().__new__(cls, mode)
        block = object.__new__(cls)
        block.inference = bool(mode)
        return block

    def __init__(self, mode=True):
        self.before = []

    def __enter__(self):
        self.before.append((Mode.grad, Mode.inference, Mode.version))
        Mode.grad = not self.inference
        Mode.inference = self.inference
        Mode.version = UNTRACKED if self.inference else 0

    def __exit__(self, *error):
        Mode.grad, Mode.inference, Mode.version = self.before.pop()

    def __call__(self, function):
        return decorated(function, inference_mode)


def decorated(function, block):
    """function within a new block at each call; of a generator, at each step."""
    if getattr(function, "__code__", None) and function.__code__.co_flags & GENERATOR:
        @functools.wraps(function)
        def steps(*args, **settings):
            with block():
                generator = function(*args, **settings)
                sent = None
            while True:
                with block():
                    try:
                        found = generator.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield found
        return steps

    @functools.wraps(function)
    def call(*args, **settings):
        with block():
            return function(*args, **settings)
    return call
