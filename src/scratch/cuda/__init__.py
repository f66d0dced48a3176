"""CUDA C through PyCUDA on a GPU, or through PyOpenCL and PoCL on any processor.

    from scratch.cuda import autoinit, compiler, driver as cuda, gpuarray

imports PyCUDA's own modules where PyCUDA finds a GPU, and elsewhere modules of the same
names from cpu/, so that the lines after it are the same.  `engine` says which: "gpu" or
"cpu".  The environment variable SCRATCH_CUDA chooses one of them.

    python -m scratch.cuda info                  the engine, its device and its limits
    python -m scratch.cuda run script.py         run an unmodified PyCUDA script
    python -m scratch.cuda memcheck script.py    ... and check its accesses to memory

    kernels/    kernels and their wrappers: what to copy
    cpu/        PyCUDA's modules for the CPU, on a translator of CUDA C to OpenCL C

Nothing is looked for, and no module of PyCUDA imported, before the first of NAMES is.

Chapter: docs/cuda/without-a-gpu.md.
"""

import functools
import importlib
import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

NAMES = ("autoinit", "compiler", "cumath", "curandom", "driver", "elementwise",
         "gpuarray", "reduction", "scan", "tools")

wanted = os.environ.get("SCRATCH_CUDA", "")
if wanted not in ("", "gpu", "cpu"):
    raise ImportError(f"SCRATCH_CUDA={wanted}: it may be gpu or cpu")


@functools.cache
def find_engine():
    """ "gpu" where PyCUDA finds a device, else "cpu"; NoEngine if there is no PoCL."""
    if wanted != "cpu":
        try:
            import pycuda.driver
            pycuda.driver.init()
            if pycuda.driver.Device.count():
                return "gpu"
            missing = "no device"
        except Exception as error:      # PyCUDA fails in many ways without a GPU
            missing = error
        if wanted == "gpu":
            raise ImportError(f"SCRATCH_CUDA=gpu, and PyCUDA finds no GPU: {missing}")
    from .cpu import pocl
    pocl.get_engine()
    return "cpu"


def package():
    """The package that the modules come from: PyCUDA, or cpu/."""
    return "pycuda" if find_engine() == "gpu" else f"{__name__}.cpu"


class StandIn:
    """An importer: each module that it knows is, in truth, a module of another name.

    knows(name) says whether it knows it, and home(name), asked when it is imported, its
    other name. Importing it by either name gives one module object.
    """

    def __init__(self, knows, home):
        self.knows, self.home = knows, home

    def find_spec(self, name, path=None, target=None):
        return ModuleSpec(name, self) if self.knows(name) else None

    def create_module(self, spec):
        """None: an empty module, until exec_module puts the real one in its place."""

    def exec_module(self, module):
        home = self.home(module.__name__)
        try:
            real = importlib.import_module(home)
        except Exception as error:       # PyCUDA built without CURAND, for example
            if home in NEEDED or not home.startswith("pycuda."):
                raise
            real = Missing(home, error)
        sys.modules[module.__name__] = real      # from which import takes its result


NEEDED = {f"pycuda.{name}" for name in ("autoinit", "compiler", "driver")}


class Missing(ModuleType):
    """In the place of a module of PyCUDA that cannot be imported, until it is used."""

    def __init__(self, name, error):
        super().__init__(name)
        self.__error = error

    def __getattr__(self, name):
        if name.startswith("__"):        # what import asks any module for
            raise AttributeError(name)
        raise ImportError(f"{self.__name__}.{name}: this PyCUDA has no {self.__name__} "
                          f"({self.__error!r}); install one that was built with it, or "
                          "set SCRATCH_CUDA=cpu")


HERE = {f"{__name__}.{name}": name for name in NAMES}
sys.meta_path.append(StandIn(HERE.__contains__,
                             lambda name: f"{package()}.{HERE[name]}"))


def __getattr__(name):
    if name == "engine":
        return find_engine()
    if name in NAMES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"{__name__} has no {name}")
