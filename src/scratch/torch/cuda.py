"""torch.cuda: whether there is a GPU, and what scripts say to it.

    >>> is_available() == (device_count() > 0)
    True

A GPU is one that PyCUDA finds. device="cuda" works without one as well, since the cuda
backend's kernels then run on the processor (scratch.cuda); but a script that asks
is_available() wants to know whether that is faster, and it is not. Where the
environment variable SCRATCH_CUDA is "cpu", somebody wants it nevertheless: yes.

Random numbers for a GPU are drawn by the generator of the processor, so that a seed and
a state for one is a seed and a state for the other.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import os

from . import random
from .dispatch import backend_of, device

__path__ = []    # for `import torch.cuda.amp`, which has its home in amp.py


def device_count():
    """How many GPUs there are; one, the processor, where SCRATCH_CUDA is "cpu"."""
    if os.environ.get("SCRATCH_CUDA") == "cpu":
        try:
            backend_of("cuda")
            return 1
        except ImportError:    # no PoCL
            return 0
    try:
        import pycuda.driver
        pycuda.driver.init()
        return pycuda.driver.Device.count()
    except Exception:    # no PyCUDA, no driver, no GPU: each with an error of its own
        return 0


def is_available():
    return device_count() > 0


def is_bf16_supported():
    """No: bfloat16 is computed as float32 and rounded, on every device."""
    return False


def current_device():
    """The number of the GPU in use; there is one."""
    return 0


def set_device(which):
    """Use a GPU: the first one is in use already, and others are not."""
    if device(which).index not in (None, 0):
        raise RuntimeError(f"scratch.torch uses one GPU, cuda:0, and not {which}")


def synchronize(device=None):
    """Wait until the GPU is done: kernels have finished when they return."""


def empty_cache():
    """Give memory back that is kept for later: none is."""


def manual_seed(seed):
    """Seed the generator, which is that of the processor."""
    random.manual_seed(seed)


def manual_seed_all(seed):
    random.manual_seed(seed)


def get_rng_state(device="cuda"):
    return random.get_rng_state()


def set_rng_state(new_state, device="cuda"):
    random.set_rng_state(new_state)
