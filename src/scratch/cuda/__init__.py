"""CUDA C through PyCUDA on a GPU, or through PyOpenCL and PoCL on any processor.

    from scratch.cuda import autoinit, compiler, driver as cuda, gpuarray

is PyCUDA itself where it finds a device, and otherwise modules with the same names, so
that the lines after it are the same.  engine says which: "gpu" or "cpu".  The variable
SCRATCH_CUDA in the environment chooses one of them.

    python -m scratch.cuda info             which engine, which device, which limits
    python -m scratch.cuda run script.py    an unmodified PyCUDA script
    python -m scratch.cuda memcheck script.py    the same, looking for wrong accesses

Chapter: docs/cuda/without-a-gpu.md.
"""

import importlib
import os
import sys

NAMES = ("driver", "compiler", "gpuarray", "elementwise", "reduction", "scan", "cumath",
         "curandom", "tools", "autoinit")
CONTEXT = ("autoinit",)    # make a context when they are imported, so not before


def find_engine():
    """ "gpu" where PyCUDA finds a device, else "cpu"; NoEngine if there is no PoCL."""
    wanted = os.environ.get("SCRATCH_CUDA", "")
    if wanted not in ("", "gpu", "cpu"):
        raise ImportError(f"SCRATCH_CUDA={wanted}: it may be gpu or cpu")
    if wanted != "cpu":
        try:
            import pycuda.driver
            pycuda.driver.init()
            if pycuda.driver.Device.count():
                return "gpu"
        except Exception as error:      # PyCUDA fails in many ways without a GPU
            if wanted == "gpu":
                raise ImportError(f"SCRATCH_CUDA=gpu, and PyCUDA finds none: {error}"
                                  ) from error
    from . import pocl
    pocl.get_engine()
    return "cpu"


engine = find_engine()
if engine == "gpu":
    for name in set(NAMES) - set(CONTEXT):
        sys.modules[f"{__name__}.{name}"] = importlib.import_module(f"pycuda.{name}")


def __getattr__(name):
    if name not in NAMES:
        raise AttributeError(f"scratch.cuda has no {name}")
    if engine == "gpu":
        return importlib.import_module(f"pycuda.{name}")
    return importlib.import_module(f"{__name__}.{name}")
