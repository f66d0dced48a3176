"""Arguments reach a kernel as CUDA lays them out; In, Out and InOut say how arrays are copied."""

import numpy as np
import pytest

from scratch.cuda import compiler, driver as cuda

SOURCE = """
__global__ void scale(float *x, float a, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= a;
}
struct Mixed { char letter; double number; int count; };
__global__ void mixed(char a, double *out, Mixed m, short b, float c)
{
    out[0] = a; out[1] = m.letter; out[2] = m.number; out[3] = m.count; out[4] = b; out[5] = c;
}
__global__ void truth(bool yes, unsigned long long big, int *out) { out[0] = yes; out[1] = big >> 40; }
"""


@pytest.fixture(scope="module")
def module():
    return compiler.SourceModule(SOURCE)


@pytest.fixture
def scale(module):
    return module.get_function("scale")


@pytest.fixture
def x():
    return np.arange(10, dtype=np.float32)


@pytest.mark.parametrize("handler, expected", [(cuda.In, 1), (cuda.InOut, 3)])
def test_in_is_not_copied_back_and_inout_is(scale, handler, expected):
    y = np.ones(4, np.float32)
    scale(handler(y), np.float32(3), np.int32(4), block=(4, 1, 1))
    np.testing.assert_array_equal(y, expected)


def test_pointers_may_be_numbers(scale, x):
    there = cuda.to_device(x)
    scale(np.uintp(int(there) + 4), np.float32(2), np.int32(3), block=(8, 1, 1))
    np.testing.assert_array_equal(cuda.from_device_like(there, x), np.where((x > 0) & (x < 4), 2 * x, x))


def test_arguments_are_laid_out_as_cuda_lays_them_out(module):
    kind = np.dtype([("letter", "i1"), ("number", "f8"), ("count", "i4")], align=True)
    out = np.zeros(6)
    module.get_function("mixed")(np.int8(-3), cuda.Out(out), np.array((7, 2.5, 9), kind), np.int16(-300),
                                 np.float32(0.5), block=(1, 1, 1))
    assert out.tolist() == [-3, 7, 2.5, 9, -300, 0.5]


def test_bools_and_long_numbers_arrive_whole(module):
    out = np.zeros(2, np.int32)
    module.get_function("truth")(np.int8(1), np.uint64(3 << 40), cuda.Out(out), block=(1, 1, 1))
    assert out.tolist() == [1, 3]


@pytest.mark.parametrize("number", [3, 3.0, [1.0], None, "text"])
def test_pythons_own_numbers_are_no_arguments(scale, x, number):
    with pytest.raises(TypeError, match="parameter #1"):
        scale(cuda.In(x), number, np.int32(10), block=(1, 1, 1))
