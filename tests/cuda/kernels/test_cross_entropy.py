"""The kernels of cross_entropy.cu give PyTorch's losses and, backwards, its autograd's slopes."""

import numpy as np
import pytest

from kernels import EPS, broken, on_cpu, watched
from scratch.cuda.kernels.cross_entropy import cross_entropy, cross_entropy_back

torch = pytest.importorskip("torch")
T = 32


def given(R, C, size=1.0):
    rng = np.random.default_rng(1000 * R + C)
    return np.float32(size) * rng.standard_normal((R, C), dtype=np.float32), rng.integers(0, C, R)


def check(x, target):
    """Oracle: PyTorch, in float64.  A sum of C weights is off by C roundings at most, a difference of
    logits by one of its size."""
    d_loss = np.linspace(1, 2, len(x), dtype=np.float32)
    loss, lse = cross_entropy(x, target, threads=T)
    d_x = cross_entropy_back(d_loss, x, target, lse, threads=T)
    wide = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    expected = torch.nn.functional.cross_entropy(wide, torch.as_tensor(target), reduction="none",
                                                 ignore_index=-100)
    expected.backward(torch.tensor(d_loss, dtype=torch.float64))
    finite = np.abs(x[np.isfinite(x)]).max()
    off = EPS * (x.shape[1] / T + 4 * finite + 20)
    np.testing.assert_allclose(loss, expected.detach(), rtol=4 * EPS, atol=off)
    np.testing.assert_allclose(d_x, wide.grad, rtol=0, atol=4 * off)


@pytest.mark.parametrize("C", [1, 2, T - 1, T, T + 1, 997])
def test_losses_and_slopes_are_pytorchs_at_every_number_of_classes(C):
    check(*given(5, C))


def test_large_logits_do_not_overflow_and_minus_infinity_has_no_share():
    check(*given(4, 100, size=100.0))
    x, target = given(4, 70)
    x[:, 1::2], target = -np.inf, target // 2 * 2
    check(x, target)


def test_a_row_whose_target_is_negative_does_not_count():
    x, target = given(4, 9)
    target[1] = -100
    check(x, target)
    loss, lse = cross_entropy(x, target, threads=T)
    assert loss[1] == 0 and not cross_entropy_back(np.ones(4), x, target, lse, threads=T)[1].any()


def test_no_rows():
    loss, lse = cross_entropy(np.zeros((0, 3)), [])
    assert loss.shape == lse.shape == (0,)
    assert cross_entropy_back([], np.zeros((0, 3)), [], lse).shape == (0, 3)


@on_cpu
def test_no_kernel_goes_beyond_its_rows_or_meets_another_thread():
    with watched():
        check(*given(2, T + 3))


@pytest.mark.parametrize("old, new", [("*sum * shrink", "*sum"), (" - (c == wanted)", "")])
def test_a_cross_entropy_without_one_of_its_parts_is_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "cross_entropy.cu", old, new)
    with pytest.raises(AssertionError):
        check(*given(4, 100))


@pytest.mark.parametrize("arguments, message", [
    (dict(x=[[1, 2]], target=[0, 1]), "each has one target"),
    (dict(x=[[1, 2]], target=[2]), "target 2 is no column"),
    (dict(x=[1], target=[0]), "1 dimensions"), (dict(x=[[1]], target=[0], threads=3), "power of two")])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        cross_entropy(**arguments)


def test_the_way_back_says_what_does_not_fit():
    with pytest.raises(ValueError, match="x has 1 rows, d_loss 2 numbers and lse 1"):
        cross_entropy_back([1, 1], [[1, 2]], [0], [1])
