"""A thread's lane is known; any other assembler is refused."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
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


@pytest.mark.parametrize("text", ['asm("bar.sync 0;");', 'asm("mov.u32 %0, %smid;" : "=r"(n));',
                                  'asm("mov.u32 %0, %laneid;" : "=r"(n) : "r"(n));'])
def test_other_assembler_is_refused(text):
    with pytest.raises(Unsupported, match="assembler"):
        translate(f"__global__ void k(int n) {{ {text} }}")
