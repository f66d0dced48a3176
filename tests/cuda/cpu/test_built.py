"""A program of PoCL's has its arguments where CUDA has them, and its own failures as errors."""

import numpy as np
import pytest

from scratch.cuda import engine
from scratch.cuda.cpu.built import Built
from scratch.cuda.cpu.driver.devices import LaunchError, LogicError
from scratch.cuda.cpu.translator.translate import translate

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")


def test_arguments_are_aligned_as_a_gpu_aligns_them_and_shared_memory_is_counted():
    built = Built(translate("__global__ void k(char a, double b, short c, int *d)\n{ __shared__ float s[5]; "
                            "s[threadIdx.x] = b; d[0] = s[0]; }"))
    assert built.layout["k"] == (20, [(0, 1), (8, 8), (16, 2), (24, 8)])


def test_variables_begin_with_their_values():
    built = Built(translate("__device__ int n[3] = {7, 8};\n__global__ void k(int *x) { x[0] = n[1]; }"))
    x = np.zeros(1, np.int32)
    built.launch("k", (1, 1, 1), (1, 1, 1), np.array([x.ctypes.data], np.uint64), 0)
    assert x[0] == 8 and [size for _, size in built.variables.values()] == [12]


@pytest.mark.parametrize("body, error, says", [
    ("assert(x[0] == 1);", LogicError, "k: the assertion in line 2 is false"),
    ("if (threadIdx.x < x[0] + 1) __syncthreads();", LaunchError, "k, line 2: in block")])
def test_a_failure_is_an_error_with_its_line(body, error, says):
    built = Built(translate(f"__global__ void k(int *x)\n{{ {body} }}"))
    x = np.zeros(1, np.int32)
    with pytest.raises(error, match=says):
        built.launch("k", (1, 1, 1), (4, 1, 1), np.array([x.ctypes.data], np.uint64), 0)
