"""What scripts ask of the machine: threads, compilation, precision, determinism.

    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> @compile
    ... def double(x):
    ...     return 2 * x
    >>> double(21)
    42
    >>> autocast("cpu", enabled=True)
    Traceback (most recent call last):
    ...
    NotImplementedError: scratch.torch has no autocast: each tensor computes in its \
own dtype. Convert with .to(torch.bfloat16), or say enabled=False

What only makes a script faster may be asked for and changes nothing: compile returns
the function as it is, and a number of threads is remembered. (NumPy's are decided when
NumPy is loaded, by OMP_NUM_THREADS.) Operations are deterministic, so that this need
not be asked for either. What would change numbers is refused.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import contextlib
import os

from .tensor import public


class Asked:
    """What was asked for, to be given back."""

    threads = None
    precision, deterministic = "highest", False


@public
def get_num_threads():
    """How many threads were asked for; at first OMP_NUM_THREADS, or one per core."""
    told = os.environ.get("OMP_NUM_THREADS", "")
    return Asked.threads or (int(told) if told.isdigit() else os.cpu_count() or 1)


@public
def set_num_threads(number):
    """Remember a number of threads."""
    if type(number) is not int or number < 1:
        raise RuntimeError(f"a number of threads is 1 or more, not {number!r}")
    Asked.threads = number


@public
def compile(model=None, **how):
    """The function or module itself, which is not made faster; or a decorator."""
    return model if model is not None else lambda model: model


class autocast(contextlib.ContextDecorator):
    """A block in which products of matrices would be of another dtype; if enabled."""

    def __init__(self, device_type, dtype=None, enabled=True, cache_enabled=None):
        if enabled:
            raise NotImplementedError(
                "scratch.torch has no autocast: each tensor computes in its own dtype. "
                "Convert with .to(torch.bfloat16), or say enabled=False")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


public(autocast)


@public
def is_autocast_enabled(device_type=None):
    return False


@public
def set_float32_matmul_precision(precision):
    """"highest" is what products have; "high" and "medium" would allow less."""
    if precision not in ("highest", "high", "medium"):
        raise RuntimeError(f"a precision is highest, high or medium, not {precision!r}")
    Asked.precision = precision


@public
def get_float32_matmul_precision():
    return Asked.precision


@public
def use_deterministic_algorithms(mode, *, warn_only=False):
    """They are in any case; what was asked for is remembered."""
    Asked.deterministic = bool(mode)


@public
def are_deterministic_algorithms_enabled():
    return Asked.deterministic
