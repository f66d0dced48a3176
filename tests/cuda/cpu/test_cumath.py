"""Functions of whole arrays agree with NumPy's."""

import numpy as np
import pytest

from scratch.cuda import cumath, gpuarray

NAMES = {"exp": np.exp, "log": np.log, "log10": np.log10, "sqrt": np.sqrt, "sin": np.sin, "cos": np.cos,
         "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "sinh": np.sinh,
         "cosh": np.cosh,
         "tanh": np.tanh, "fabs": np.abs, "ceil": np.ceil, "floor": np.floor}
X = np.linspace(0.05, 0.95, 19)


@pytest.mark.parametrize("dtype, rtol", [(np.float32, 1e-6), (np.float64, 1e-13)])
@pytest.mark.parametrize("name", NAMES)
def test_a_function_of_an_array_is_numpys(name, dtype, rtol):
    x = X.astype(dtype)
    got = getattr(cumath, name)(gpuarray.to_gpu(x))
    assert got.dtype == dtype
    np.testing.assert_allclose(got.get(), NAMES[name](x), rtol=10 * rtol)


def test_parts_of_numbers_are_taken_apart():
    x = gpuarray.to_gpu(np.float32([2.5, -0.75, 8]))
    fraction, whole = cumath.modf(x)
    significand, exponent = cumath.frexp(x)
    assert fraction.get().tolist() == [0.5, -0.75, 0] and whole.get().tolist() == [2, 0, 8]
    assert cumath.ldexp(significand, exponent).get().tolist() == [2.5, -0.75, 8]
    assert cumath.fmod(x, gpuarray.to_gpu(np.float32([2, 0.5, 3]))).get().tolist() == [0.5, -0.25, 2]
