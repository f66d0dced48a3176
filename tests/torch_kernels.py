"""One kernel of the dispatch table by each of the three backends, for the tests of the cuda backend.

Where nothing can run CUDA C, the tests that import this are skipped; in CI they fail.
"""

import os

import pytest

from scratch.torch import dtypes
from scratch.torch.backends import cuda as by_cuda
from scratch.torch.backends import numpy as by_numpy
from scratch.torch.backends import python as by_python
from scratch.torch.dispatch import Backend
from torch_tables import comparing

try:
    KERNELS = {"cuda": Backend("cuda", by_cuda.table())}
except ImportError as error:
    if os.environ.get("CI"):
        raise
    pytest.skip(f"CUDA C cannot run here: {error}", allow_module_level=True)
KERNELS |= {"python": Backend("python", by_python.table()), "numpy": Backend("numpy", by_numpy.table())}


def as_array(native):
    found = by_cuda.fetched(by_cuda.kernels.rows(native))
    return found != 0 if native.dtype is dtypes.bool_ else found


both, natives, made_of, viewed, same = comparing(KERNELS, "cuda", as_array)
