"""References are the variables that they refer to, and values get a place of their own."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.translator.tokens import SourceError, Unsupported
from scratch.cuda.cpu.translator.translate import translate

SOURCE = """
struct S { float a[3]; int n; };
const float HALF = 0.5f;
__device__ void swap(float &a, float &b) { float t = a; a = b; b = t; }
__device__ void count(int &n, int by = 2) { n += by; }
__device__ void both(const float &seen, float &changed) { changed = 7; changed += seen; }
__device__ float read(const float &x) { return x; }
__device__ float third(const float (&a)[3]) { return a[2]; }
__device__ float &largest(float *x, int n)
{
    int at = 0;
    for (int i = 1; i < n; i++) if (x[i] > x[at]) at = i;
    return x[at];
}
__device__ void fill(S &s, const S &other)
{
    s.n = other.n + 1;
    for (int i = 0; i < 3; i++) s.a[i] = other.a[2 - i];
}
__global__ void k(float *o, float *x, int n)
{
    __shared__ float shared[2];
    swap(x[0], x[1]); o[0] = x[0];
    int i = 0; count(i); count(i, n); o[1] = i;
    both(x[2], x[2]); o[2] = x[2];
    o[3] = read(n) + read(x[0] + 1) + read(HALF) + read(threadIdx.x);
    largest(x, 3) = 0; o[4] = x[2];
    S s = {{1, 2, 3}, 4}, t; fill(t, s); o[5] = t.n + 10 * t.a[0]; o[6] = third(t.a);
    float &first = x[0]; const float &second = x[1]; first += 2; o[7] = x[0] + second;
    auto &same = first; same = 9; o[8] = x[0];
    shared[0] = 1; shared[1] = 5; swap(shared[0], shared[1]); o[9] = shared[0];
}"""


def test_what_is_referred_to_changes():
    """By hand; both(x, x) sees its own change, 7 + 7, and read(int) gets a float of it."""
    o, x = np.zeros(10, np.float32), np.float32([1, 2, 3])
    SourceModule(SOURCE).get_function("k")(cuda.InOut(o), cuda.InOut(x), np.int32(3), block=(1, 1, 1))
    assert o.tolist() == [2, 5, 14, 6.5, 0, 35, 1, 5, 9, 5]


@pytest.mark.parametrize("text, what", [
    ("__device__ void f(int &&n) { }", "values about to end"),
    ("__device__ void f(int &n) { { int n = 3; } }", "the name of another variable"),
    ("__device__ int f(int &n) { return n; }\n__device__ int f(float x) { return 1; }\n"
     "__global__ void k(int *x) { x[0] = f(x[1]); }", "give them two names"),
    ("__global__ void k(int *x) { int &a = x[0], &b = x[1]; a = b; }", "several references"),
])
def test_what_is_left_out_is_refused_by_name(text, what):
    with pytest.raises(Unsupported, match=what):
        translate(text)


def test_a_kernel_has_no_references():
    """nvcc: a __global__ function cannot have a parameter with reference type."""
    with pytest.raises(SourceError, match="a kernel cannot"):
        translate("__global__ void k(float &x) { x = 1; }")
