"""A thread's lane is known, and what only calculates; any other assembler is refused."""

import contextlib

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu import cxx
from scratch.cuda.cpu.translator.tokens import Unsupported
from scratch.cuda.cpu.translator.translate import translate


def test_lanes_count_along_x_then_y_then_z():
    """CUDA's manual: thread (x, y, z) of a block (X, Y, Z) has the number x + y X + z X Y."""
    lanes = np.zeros((4, 3, 5), np.int32)
    SourceModule("""
    __device__ unsigned lane() { unsigned n; asm("mov.u32 %0, %laneid;" : "=r"(n)); return n; }
    __global__ void k(int *o)
    {
        unsigned mine[1];
        asm volatile("mov.u32 %0, %%laneid;" : "=r"(mine[0]) :);
        o[threadIdx.x + 5 * (threadIdx.y + 3 * threadIdx.z)] = lane() == mine[0] ? mine[0] : -1;
    }""").get_function("k")(cuda.Out(lanes), block=(5, 3, 4))
    assert lanes.ravel().tolist() == [n % 32 for n in range(60)]


CALCULATES = r"""
__global__ void k(unsigned *o, long long *w, float *x, double *y, int a, unsigned b)
{
    asm("add.s32 %0, %1, %2;" : "=r"(o[0]) : "r"(a), "r"(b));
    asm("sub.u32 %0, %1, 7;\n\tshl.b32 %0, %0, 33;" : "=r"(o[1]) : "r"(b));
    asm volatile ("shr.s32 %0, %1, 1;" : "=r"(o[2]) : "r"(a));
    asm("shr.u32 %0, %1, 1;" : "=r"(o[3]) : "r"(a));
    asm("mad.lo.u32 %0, %1, %1, 1;" : "+r"(o[4]) : "r"(b));
    asm("xor.b32 %0, %0, 0xff; not.b32 %0, %0;" : "+r"(o[5]));
    asm("mov.b32 %0, %1;" : "=r"(o[6]) : "f"(x[0]));
    unsigned low, high;
    asm("mov.b64 {%0, %1}, %2;" : "=r"(low), "=r"(high) : "d"(y[0]));
    asm("mov.b64 %0, {%1, %2};" : "=l"(w[0]) : "r"(low), "r"(high));
    asm("mov.b64 %0, {%2, %1};" : "=d"(y[1]) : "r"(high), "r"(low));
    asm("mul.lo.s64 %0, %0, %1;" : "+l"(w[1]) : "l"((long long)a));
    asm("fma.rn.f32 %0, %1, %1, %1;" : "=f"(x[1]) : "f"(x[0]));
    asm("add.f64 %0, %0, %0;" : "+d"(y[2]) :: "memory");
}"""


@pytest.mark.parametrize("engine", [contextlib.nullcontext, cxx.alone], ids=["OpenCL C", "C++"])
def test_assembler_that_calculates_is_what_the_same_expression_is(engine):
    if engine is cxx.alone and not cxx.find():
        pytest.skip("no C++ compiler")
    with engine():
        k = SourceModule(CALCULATES).get_function("k")
    o, w, a, b = np.arange(7, dtype=np.uint32), np.array([0, 5]), -9, 3_000_000_000
    x, y = np.float32([1.5, 0]), np.array([np.pi, 0, 0.25])
    k(*map(cuda.InOut, (o, w, x, y)), np.int32(a), np.uint32(b), block=(1, 1, 1))
    low = 2**32
    assert o.tolist() == [b - 9, 0, -5 % low, (a % low) >> 1, (b * b + 1) % low, ~(5 ^ 0xFF) % low,
                          0x3FC00000]
    assert w.tolist() == [int(np.float64(np.pi).view(np.int64)), -45]
    assert x[1] == 3.75 and y.tolist() == [np.pi, np.pi, 0.5]


@pytest.mark.parametrize("text", [
    'asm("bar.sync 0;");', 'asm("mov.u32 %0, %smid;" : "=r"(n));',
    'asm("mov.u32 %0, %laneid;" : "=r"(n) : "r"(n));', 'asm("add.cc.u32 %0, %0, %0;" : "+r"(n));',
    'asm("add.s32 %0, %1, 1;" : "=r"(n));', 'asm("mul.s32 %0, %0, %0;" : "+r"(n));',
    'asm("add.s64 %0, %0, 1;" : "+r"(n));', 'asm("add.f32 %0, %0, 1;" : "+r"(n));',
    'asm("{ .reg .u32 t; mov.u32 t, %0; }" : "+r"(n));'])
def test_other_assembler_is_refused(text):
    with pytest.raises(Unsupported, match="assembler"):
        translate(f"__global__ void k(int n) {{ {text} }}")
