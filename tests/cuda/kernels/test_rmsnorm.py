"""The kernels of rmsnorm.cu normalise as torch.nn.functional.rms_norm, and have its slopes."""

import numpy as np
import pytest

from kernels import EPS, broken, on_cpu, watched
from scratch.cuda.kernels.rmsnorm import rmsnorm, rmsnorm_back

torch = pytest.importorskip("torch")
T = 32


def given(R, C):
    rng = np.random.default_rng(1000 * R + C)
    return rng.standard_normal((R, C), dtype=np.float32), rng.standard_normal(C, dtype=np.float32)


def check(x, gain, eps=1e-5):
    """Oracle: PyTorch and its autograd, in float64.  Sums of C / T products in a loop, then a tree; the
    gain's slope is a sum of R."""
    d_y = given(len(x) + 1, x.shape[1])[0][1:]
    y, inv_rms = rmsnorm(x, gain, eps, threads=T)
    d_x, d_gain = rmsnorm_back(d_y, x, gain, inv_rms, threads=T)
    wide, wide_gain = (torch.tensor(each, dtype=torch.float64, requires_grad=True) for each in (x, gain))
    expected = torch.nn.functional.rms_norm(wide, (x.shape[1],), wide_gain, eps)
    expected.backward(torch.tensor(d_y, dtype=torch.float64))
    off = EPS * (x.shape[1] / T + 20)
    np.testing.assert_allclose(y, expected.detach(), rtol=off, atol=off)
    largest = float(inv_rms.max()) * float(np.abs(gain * d_y).max() + 1)
    np.testing.assert_allclose(d_x, wide.grad, rtol=off, atol=4 * off * largest)
    np.testing.assert_allclose(d_gain, wide_gain.grad, rtol=off, atol=off * len(x) * 4)


@pytest.mark.parametrize("C", [1, 2, T - 1, T, T + 1, 997])
def test_rows_and_slopes_are_pytorchs_at_every_length_of_a_row(C):
    check(*given(5, C))


def test_another_eps():
    check(*given(3, 50), eps=0.5)


def test_a_nan_spoils_its_row_and_no_other():
    x, gain = given(2, 71)
    x[0, 70] = np.nan
    y, _ = rmsnorm(x, gain, threads=T)
    assert np.isnan(y[0]).all() and not np.isnan(y[1]).any()


def test_no_rows():
    y, inv_rms = rmsnorm(np.zeros((0, 3)), [1] * 3)
    d_x, d_gain = rmsnorm_back(y, y, [1] * 3, inv_rms)
    assert y.shape == d_x.shape == (0, 3) and not d_gain.any()


@on_cpu
def test_no_kernel_goes_beyond_its_rows_or_meets_another_thread():
    with watched():
        check(*given(3, T + 3))


@pytest.mark.parametrize("old, new", [(" + eps", ""), (" - x[c] * inv * via_rms", "")])
def test_an_rms_norm_without_one_of_its_parts_is_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "rmsnorm.cu", old, new)
    with pytest.raises(AssertionError):
        check(*given(3, 50), eps=0.5)


@pytest.mark.parametrize("arguments, message", [
    (dict(x=[1], gain=[1]), "1 dimensions"), (dict(x=[[1, 2]], gain=[1]), "gain has 1 elements, and x has 2"),
    (dict(x=[[1]], gain=[1], threads=48), "power of two")])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        rmsnorm(**arguments)


def test_the_way_back_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"d_y is \(1, 2\) and inv_rms \(1,\); for x of \(1, 3\)"):
        rmsnorm_back([[1, 1]], [[1, 1, 1]], [1, 1, 1], [1])
