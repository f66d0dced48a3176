"""torch.accelerator: the device beside the processor, if there is one.

    >>> is_available() == (current_accelerator() is not None)
    True

Scripts ask it for a device that is faster than the processor: a GPU, if PyCUDA finds
one (cuda.py).

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from . import cuda
from .dispatch import device


def is_available():
    return cuda.is_available()


def device_count():
    return cuda.device_count()


def current_accelerator(check_available=False):
    """The device, or None."""
    return device("cuda") if is_available() else None


def synchronize(device=None):
    """Wait until it is done: kernels have finished when they return."""
