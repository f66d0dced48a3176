"""Importing this makes a context, as `import pycuda.autoinit` does.

    >>> device.compute_capability()
    (6, 0)
"""

from . import driver

__all__ = ["context", "device"]

driver.init()
context = driver.Device(0).make_context()
device = context.get_device()
