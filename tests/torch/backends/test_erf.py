"""erf and erfc are right to a few units in the last place, in float32 and float64, and at the ends."""

import numpy as np
import pytest
import torch

from scratch.torch.backends.erf import erf, erfc


def units(found, exact):
    """How many units in the last place of `found`'s dtype the numbers are apart."""
    unit = np.spacing(np.abs(exact).astype(found.dtype)).astype(np.float64)
    return np.abs(found.astype(np.float64) - exact) / unit


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_erf_and_erfc_between_minus_six_and_six(dtype):
    """The oracle is PyTorch's in float64, which is right to a unit."""
    x = np.concatenate([np.linspace(-6, 6, 5001), np.linspace(-1.01, 1.01, 2001)]).astype(dtype)
    exact = torch.from_numpy(x).double()
    assert units(erf(x), torch.erf(exact).numpy()).max() <= 3
    assert units(erfc(x), torch.erfc(exact).numpy()).max() <= (6 if dtype is np.float64 else 1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_ends_and_nan(dtype):
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, 40.0, -40.0], dtype)
    assert erf(x).dtype == erfc(x).dtype == dtype
    assert np.array_equal(erf(x), torch.erf(torch.from_numpy(x)).numpy(), equal_nan=True)
    assert np.array_equal(erfc(x), torch.erfc(torch.from_numpy(x)).numpy(), equal_nan=True)
    assert np.signbit(erf(x))[1] and erf(np.float64(0.5)[None], np.empty(1, np.float32)).dtype == np.float32
