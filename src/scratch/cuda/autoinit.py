"""Importing this makes a context, as `import pycuda.autoinit` does.

    >>> device.compute_capability()
    (6, 0)

Chapter: docs/cuda/without-a-gpu.md.  To copy: this file, devices.py, driver.py,
functions.py, memory.py, pocl.py and transfers.py.
"""

try:
    from . import driver
except ImportError:                  # copied out of the package, driver.py beside it
    import driver

driver.init()
context = driver.Device(0).make_context()
device = context.get_device()
