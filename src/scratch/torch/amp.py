"""torch.amp: what scripts say about mixed precision, and where it is refused.

    >>> scaler = GradScaler("cpu", enabled=False)
    >>> scaler.scale(3.0), scaler.get_scale(), scaler.state_dict()
    (3.0, 1.0, {})
    >>> GradScaler("cpu")
    Traceback (most recent call last):
    ...
    NotImplementedError: scratch.torch has no float16 in which gradients would vanish; \
say GradScaler(enabled=False)

A training loop that can also run in float16 has these calls in it, switched off where
it does not: the scaler then hands on what it gets, and steps when it is told. Where no
GPU is there, PyTorch switches off a scaler for one by itself, and so does this.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import warnings

from . import cuda
from .machine import autocast, is_autocast_enabled    # torch.amp.autocast

__all__ = ["GradScaler", "autocast", "is_autocast_available", "is_autocast_enabled"]


def is_autocast_available(device_type):
    return False


class GradScaler:
    """What would multiply losses so that their gradients fit into float16; if enabled.

    The arguments between device and enabled say by how much, and are not looked at.
    """

    def __init__(self, device="cuda", init_scale=65536.0, growth_factor=2.0,
                 backoff_factor=0.5, growth_interval=2000, enabled=True):
        if enabled and device == "cuda" and not cuda.is_available():
            warnings.warn("a GradScaler for a GPU, and there is none: it is switched "
                          "off", stacklevel=2)
            enabled = False
        if enabled:
            raise NotImplementedError("scratch.torch has no float16 in which gradients "
                                      "would vanish; say GradScaler(enabled=False)")

    def scale(self, outputs):
        return outputs

    def unscale_(self, optimizer):
        """Gradients are what they are."""

    def step(self, optimizer, *arguments, **settings):
        return optimizer.step(*arguments, **settings)

    def update(self, new_scale=None):
        """There is no scale to change."""

    def get_scale(self):
        return 1.0

    def is_enabled(self):
        return False

    def state_dict(self):
        return {}

    def load_state_dict(self, state_dict):
        """What a scaler that is switched off saves is empty."""
