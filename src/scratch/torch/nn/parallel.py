"""torch.nn.parallel: models on several devices, which there are not.

    >>> DistributedDataParallel(None)
    Traceback (most recent call last):
    ...
    NotImplementedError: scratch.torch has one process and one device: no \
DistributedDataParallel

Chapter: docs/torch/modules.md.  To copy: this folder.
"""

from .module import Module


class DistributedDataParallel(Module):
    """Refused: a model in several processes, which exchange gradients."""

    def __init__(self, *arguments, **options):
        raise NotImplementedError("scratch.torch has one process and one device: no "
                                  f"{type(self).__name__}")


class DataParallel(DistributedDataParallel):
    """Refused: a model on several devices, which share a batch."""
