"""One kernel of the dispatch table by each of the three backends, for the tests of the cuda backend.

Where nothing can run CUDA C, the tests that import this are skipped; in CI they fail.
"""

import os
import subprocess
import sys

import pytest

from scratch.torch import dtypes
from scratch.torch.backends import cuda as by_cuda
from scratch.torch.backends import numpy as by_numpy
from scratch.torch.backends import python as by_python
from scratch.torch.dispatch import Backend
from torch_tables import checks, comparing

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
check = checks(both, natives, made_of, viewed, same)


def error_of(expression):
    """The class of the error in which an expression of tensors ends, or None; in a process of its own, since
    on a card a kernel that asserts what is not so takes all that the process has there with it."""
    code = ("from scratch import torch\nfrom scratch.torch.nn import functional as F\n"
            f"try:\n    ({expression}).tolist()\nexcept Exception as error:\n    print(type(error).__name__)")
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    found = run.stdout.strip() or None
    assert run.returncode == 0 or found, run.stderr
    assert found in (None, "IndexError", "LogicError"), found    # of a processor, at once, and of a card
    return found
