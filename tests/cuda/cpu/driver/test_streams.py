"""Events measure what lies between them."""

import numpy as np
import pytest

from scratch.cuda import compiler, driver as cuda

SOURCE = """
__global__ void scale(float *x, float a, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= a;
}
"""


def test_events_measure_what_lies_between_them():
    x = np.arange(10, dtype=np.float32)
    scale = compiler.SourceModule(SOURCE).get_function("scale")
    start, end = cuda.Event(), cuda.Event()
    start.record()
    scale(cuda.In(x), np.float32(2), np.int32(10), block=(4, 1, 1))
    end.record()
    end.synchronize()
    assert 0 < start.time_till(end) < 60_000
    assert start.time_till(end) == pytest.approx(end.time_since(start))
    assert scale(cuda.In(x), np.float32(2), np.int32(10), block=(4, 1, 1), time_kernel=True) > 0


def test_an_event_that_was_not_recorded_has_no_time():
    with pytest.raises(cuda.LogicError):
        cuda.Event().time_since(cuda.Event().record())
