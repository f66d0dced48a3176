"""The kernel of layernorm.cu normalises rows as NumPy in float64 and PyTorch do."""

import numpy as np
import pytest
from shapes import load_checked

from kernels import EPS, broken, compiled, needs_nvcc, on_cpu, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.layernorm import layernorm

T = 32
COLUMNS = [1, 2, T - 1, T, T + 1, 2 * T, 127, 997]


def given(R, C, mean=0.0):
    rng = np.random.default_rng(1000 * R + C)
    x = rng.standard_normal((R, C), dtype=np.float32) + np.float32(mean)
    return x, rng.standard_normal(C, dtype=np.float32), rng.standard_normal(C, dtype=np.float32)


def spec(x, gain, shift, eps=1e-5):
    """Layer normalisation in float64."""
    x = x.astype(np.float64)
    mean = x.mean(axis=1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=1, keepdims=True)
    return gain * (x - mean) / np.sqrt(var + eps) + shift


def check(x, gain, shift, threads=T, **options):
    """Within the roundings of float32.

    The mean is off by a rounding of max |x| for each addition on its way, of which there are
    C / T in a loop and a tree's; divided by the deviation that is an error of x_hat.  Everything
    after it is a few roundings of the result's parts.
    """
    expected = spec(x, gain, shift, *options.values())
    deviation = np.sqrt(x.astype(np.float64).var(axis=1, keepdims=True) + 1e-5)
    roundings = x.shape[1] / threads + 12
    x_hat = np.abs(x - x.astype(np.float64).mean(axis=1, keepdims=True)) / deviation
    off = roundings * EPS * ((np.abs(x).max(axis=1, keepdims=True) / deviation + x_hat)
                             * np.abs(gain) + np.abs(shift))
    got = layernorm(x, gain, shift, threads=threads, **options)
    assert got.dtype == np.float32 and got.shape == expected.shape
    assert (np.abs(got - expected) <= off).all()      # a nan is not <= anything


@pytest.mark.parametrize("C", COLUMNS)
def test_it_is_layer_normalisation_at_every_length_of_a_row(C):
    check(*given(5, C))


@pytest.mark.parametrize("threads", [1, 2, 256])
def test_every_power_of_two_does(threads):
    check(*given(3, 301), threads=threads)


def test_a_large_mean_costs_no_more_digits_than_x_has():
    """x² - mean² would leave nothing: at 3,000 its rounding is 1, the variance's size."""
    check(*given(4, 500, mean=3000.0))


def test_a_constant_row_becomes_the_shift():
    _, gain, shift = given(1, 65)
    np.testing.assert_array_equal(layernorm(np.full((2, 65), 2.5), gain, shift), [shift, shift])


def test_another_eps():
    check(*given(3, 50), eps=0.5)


def test_it_is_what_pytorch_computes():
    torch = pytest.importorskip("torch")
    x, gain, shift = given(7, 130)
    expected = torch.nn.functional.layer_norm(torch.tensor(x), (130,), torch.tensor(gain),
                                              torch.tensor(shift))
    np.testing.assert_allclose(layernorm(x, gain, shift), expected.numpy(), rtol=20 * EPS,
                               atol=20 * EPS)


def test_a_nan_spoils_its_row_and_no_other():
    x, gain, shift = given(2, 71)
    x[0, 70] = np.nan
    got = layernorm(x, gain, shift, threads=T)
    assert np.isnan(got[0]).all() and not np.isnan(got[1]).any()


def test_no_rows_make_no_rows():
    assert layernorm(np.zeros((0, 3)), [1] * 3, [0] * 3).shape == (0, 3)


@on_cpu
def test_the_kernel_does_not_go_beyond_its_rows_or_meet_another_thread():
    with watched():
        for C in (1, T - 1, 2 * T + 1):
            check(*given(2, C))


@on_cpu
def test_no_barrier_can_be_spared(monkeypatch, tmp_path):
    """Each of block_sum's three in turn: memcheck finds the threads that meet."""
    from scratch.cuda.cpu.memcheck import WrongAccess
    parts = (launch.FOLDER / "layernorm.cu").read_text(encoding="utf-8").split("__syncthreads();")
    assert len(parts) == 4
    monkeypatch.setattr(launch, "FOLDER", tmp_path)
    for n in range(1, 4):
        text = "".join(part if m in (0, n) else "__syncthreads();" + part
                       for m, part in enumerate(parts))
        (tmp_path / "layernorm.cu").write_text(text, encoding="utf-8")
        with watched(), pytest.raises(WrongAccess, match="race"):
            layernorm(*given(1, 2 * T), threads=T)


@pytest.mark.parametrize("old, new", [
    (" + eps", ""), ("squares += (x[c] - mean) * (x[c] - mean)", "squares += x[c] * x[c]"),
    ("partial) / C + eps", "partial) / (C - 1) + eps")])
def test_a_layer_norm_with_a_wrong_variance_is_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "layernorm.cu", old, new)
    x, gain, shift = given(3, 100, mean=2.0)
    with pytest.raises(AssertionError):
        check(x, gain, shift, eps=0.5)


def test_every_shape_comment_is_true():
    module = load_checked(launch.FOLDER / "layernorm.py", R=5, C=3)
    module.layernorm(*given(5, 3))
    assert not module.unreached_shapes()


@pytest.mark.parametrize("arguments, message", [
    (dict(x=[1], gain=[1], shift=[1]), "1 dimensions"),
    (dict(x=[[1, 2]], gain=[1], shift=[1, 1]), "gain has 1 elements and shift 2; x has 2"),
    (dict(x=[[1]], gain=[1], shift=[1], threads=48), "power of two")])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        layernorm(**arguments)


@needs_nvcc
def test_nvcc_compiles_the_kernel_with_a_float_of_shared_memory_a_thread():
    found = compiled("layernorm.cu", THREADS=256)
    for each in found.values():
        assert each.shared == 4 * 256 and each.registers <= 48 and each.stack == 0
    assert len(found) == 2
