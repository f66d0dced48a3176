"""Operators of structures are found by the types of their operands."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.driver.devices import CompileError

HEAD = """
__device__ float3 operator+(float3 a, float3 b) { return make_float3(a.x + b.x, a.y + b.y, a.z + b.z); }
__device__ float3 operator-(float3 a, float3 b) { return make_float3(a.x - b.x, a.y - b.y, a.z - b.z); }
__device__ float3 operator-(float3 a) { return make_float3(-a.x, -a.y, -a.z); }
__device__ float3 operator*(float3 a, float s) { return make_float3(a.x * s, a.y * s, a.z * s); }
__device__ float3 operator*(float s, float3 a) { return a * s; }
__device__ void operator+=(float3 &a, const float3 &b) { a.x += b.x; a.y += b.y; a.z += b.z; }
__device__ bool operator==(float3 a, float3 b) { return a.x == b.x && a.y == b.y && a.z == b.z; }
__device__ float dot(float3 a, float3 b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
__device__ float clamp(float f, float a, float b) { return fmaxf(a, fminf(f, b)); }
__device__ float3 clamp(float3 v, float a, float b)
{
    return make_float3(clamp(v.x, a, b), clamp(v.y, a, b), clamp(v.z, a, b));
}
"""


def test_vectors_are_added_as_their_elements():
    """By hand: p = (1, 2, 3) + 0.5 (2, 2, 2) - -(1, 1, 1) = (3, 4, 5); dot (3, 4, 5) (1, 2, 3) = 26."""
    text = HEAD + """__global__ void k(float3 *o, const float3 *in, int n)
    {
        float3 p = in[0] + 0.5f * make_float3(2, 2, 2) - -make_float3(1, 1, 1), sums[2] = {p, p};
        o[0] = p;
        for (int i = 0; i < n; i++) sums[i & 1] += make_float3(i, 2 * i, 0) * (float)(i > 0);
        o[1] = sums[0]; o[2] = sums[1];
        o[3] = make_float3(dot(p, in[0]), n + n * 2, p == in[0] ? 1 : 2);
        o[4] = clamp(in[0] * 2, 3, 5.0f);
    }"""
    o, given = np.zeros((5, 3), np.float32), np.float32([[1, 2, 3]])
    SourceModule(text, no_extern_c=True).get_function("k")(
        cuda.InOut(o), cuda.In(given), np.int32(3), block=(1, 1, 1))
    assert o.tolist() == [[3, 4, 5], [5, 8, 5], [4, 6, 5], [26, 9, 2], [3, 4, 5]]


def test_an_operator_that_nobody_defined_is_an_error_with_its_line():
    with pytest.raises(CompileError, match="kernel.cu:"):
        SourceModule(HEAD + "__global__ void k(float3 *o) { o[0] = o[1] / o[2]; }", no_extern_c=True)
