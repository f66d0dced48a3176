"""Where C++ converts real numbers to integers by itself, the text gets calls that do it as a GPU does."""

import numpy as np
import pytest

from scratch.cuda import compiler, driver as cuda, engine
from scratch.cuda.cpu import cxx
from scratch.cuda.cpu.cxx.diagnostics import Errors, converted

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
needs_cxx = pytest.mark.skipif(cxx.find() is None, reason="no C++ compiler of GCC's for the second engine")


@needs_cxx
def test_a_mistake_is_told_with_its_line_and_message():
    with pytest.raises(Errors) as found:
        converted(cxx.find(), [], "int f()\n{\n    return missing;\n}\n")
    assert "'missing' was not declared" in str(found.value.errors[0]) and 3 in found.value.errors[0]


@needs_cxx
def test_a_text_without_conversions_stays_as_it_is():
    text = "int f(int x) { int n = 2 * x; n += x; return n; }"
    assert converted(cxx.find(), [], text) == text


@needs_cxx
def test_conversions_are_a_gpus_wherever_cxx_makes_them():
    """A GPU gives the nearest of a type's numbers, of fewer than 32 bits those that are left of it."""
    body = """__device__ float f(float a) { return a; } __device__ int g(int a) { return a; }
    __global__ void k(int *x, float big) {
        unsigned char c = big; short h = 1; int i = 1, *p = &i; unsigned u[2] = {(unsigned)-big, 0};
        h += f(40000.5f); *p += f(big); if (i) u[1] += f(-3); c = true ? -big : 0; c -= 0.5f;
        x[0] = c; x[1] = h; x[2] = i; x[3] = u[1]; x[4] = g(big); x[5] = u[0];
        x[6] = 1 << (int)big; x[7] = big; }"""
    found = np.zeros(8, np.int32)
    with cxx.alone():
        kernel = compiler.SourceModule(body).get_function("k")
    kernel(cuda.InOut(found), np.float32(1e10), block=(1, 1, 1))
    assert found.tolist() == [0, 40001 - 65536, 2**31 - 1, 0, 2**31 - 1, 0, 0, 2**31 - 1]
