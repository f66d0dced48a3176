"""The functions of cuComplex.h are those of complex numbers."""

import numpy as np

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule

SOURCE = """#include <cuComplex.h>
__global__ void one(const cuFloatComplex *a, const cuComplex *b, cuFloatComplex *out, float *real)
{
    cuFloatComplex z = a[0], w = make_cuFloatComplex(b[0].x, cuCimagf(b[0]));
    out[0] = cuCaddf(z, w);
    out[1] = cuCsubf(z, w);
    out[2] = cuCmulf(z, w);
    out[3] = cuCdivf(z, w);
    out[4] = cuConjf(z);
    out[5] = cuCfmaf(z, w, z);
    real[0] = cuCabsf(z);
    real[1] = cuCrealf(z);
}
__global__ void two(const cuDoubleComplex *a, cuDoubleComplex *out)
{
    out[0] = cuCdiv(cuCmul(a[0], a[0]), make_cuDoubleComplex(cuCabs(a[0]), cuCreal(a[0])));
    out[1] = cuComplexFloatToDouble(cuComplexDoubleToFloat(a[0]));
}"""


def test_functions_agree_with_numpy():
    """Small whole numbers and quarters, so that all but the quotients are exact."""
    module = SourceModule(SOURCE)
    z, w = np.complex64(3 - 4j), np.complex64(0.5 + 2j)
    out, real = np.empty(6, np.complex64), np.empty(2, np.float32)
    module.get_function("one")(cuda.In(np.array([z])), cuda.In(np.array([w])), cuda.Out(out), cuda.Out(real),
                               block=(1, 1, 1))
    np.testing.assert_allclose(out, [z + w, z - w, z * w, z / w, z.conj(), z * w + z], rtol=1e-6)
    assert real.tolist() == [5, 3]
    a, out = np.array([1e200 + 1e200j]), np.empty(2, np.complex128)
    module.get_function("two")(cuda.In(a / 1e100), cuda.Out(out), block=(1, 1, 1))
    np.testing.assert_allclose(out[0], (a / 1e100) ** 2 / complex(2 ** 0.5 * 1e100, 1e100), rtol=1e-12)


def test_a_program_without_the_header_may_have_the_names():
    """As in the Julia set of CUDA by Example, whose cuComplex is a structure of its own."""
    module = SourceModule("""struct cuComplex {
        float r, i;
        __device__ cuComplex(float a, float b) : r(a), i(b) { }
        __device__ float magnitude2() { return r * r + i * i; }
        __device__ cuComplex operator*(const cuComplex &a)
        { return cuComplex(r * a.r - i * a.i, i * a.r + r * a.i); }
    };
    extern "C" __global__ void k(float *x) { cuComplex z(1, 2); z = z * z; x[0] = z.magnitude2(); }
    """, no_extern_c=True)
    x = np.zeros(1, np.float32)
    module.get_function("k")(cuda.Out(x), block=(1, 1, 1))
    assert x[0] == 25
