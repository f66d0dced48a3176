"""Both kernels of softmax.cu are softmax, at every size and for every kind of row."""

import numpy as np
import pytest
from shapes import load_checked

from kernels import EPS, broken, compiled, needs_nvcc, on_cpu, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.softmax import HOW, softmax

T = 32
COLUMNS = [1, 2, T - 1, T, T + 1, 2 * T, 127, 997]


def spec(x):
    """Softmax in float64."""
    x = np.asarray(x, np.float64)
    with np.errstate(all="ignore"):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)


def check(x, how, threads=T):
    """Within the roundings of float32, relative to each probability.

    x - max is rounded to EPS max |x - max|, which exp hands on as a relative error; exp itself is
    good to 2 EPS; the sum is a loop of C / T additions and a tree; online, every new maximum
    multiplies the sum by one more exp, which is as far off.
    """
    x = np.asarray(x, np.float32)
    finite = x[np.isfinite(x)]
    spread = float(np.ptp(finite)) if finite.size else 0.0
    roundings = 2 * spread + x.shape[1] / threads + 20
    np.testing.assert_allclose(softmax(x, how, threads), spec(x), rtol=roundings * EPS,
                               atol=1e-37)          # below, float32 has fewer digits


def rows(R, C, scale=1.0):
    return scale * np.random.default_rng(1000 * R + C).standard_normal((R, C), dtype=np.float32)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("C", COLUMNS)
def test_both_kernels_are_softmax_at_every_length_of_a_row(how, C):
    check(rows(5, C), how)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("threads", [1, 2, 256])
def test_every_power_of_two_does(how, threads):
    check(rows(3, 301), how, threads)


@pytest.mark.parametrize("how", HOW)
def test_large_inputs_do_not_overflow(how):
    """exp(89) is beyond float32."""
    check(rows(4, 100, scale=50.0), how)
    check(rows(4, 100) + 1e4, how)


@pytest.mark.parametrize("how", HOW)
def test_ascending_and_descending_rows_find_their_maximum(how):
    """Ascending, every element is a new maximum to the online kernel."""
    row = np.linspace(-8, 8, 333)
    check([row, row[::-1]], how)


@pytest.mark.parametrize("how", HOW)
def test_columns_of_minus_infinity_do_not_count(how):
    x = rows(6, 3 * T)
    x[0, :T] = x[1, -T:] = x[2, ::2] = -np.inf        # whole threads, first, last, every other
    x[3, 1:] = -np.inf
    x[4, :] = -np.inf                                 # nothing is left: nan, as in PyTorch
    got = softmax(x, how, threads=T)
    assert np.isnan(got[4]).all()
    check(x, how)


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 1, T, 70])
def test_a_nan_or_an_infinity_spoils_its_row_and_no_other(how, value, place):
    x = rows(2, 71)
    x[0, place] = value
    got = softmax(x, how, threads=T)
    assert np.isnan(got[0]).all() and not np.isnan(got[1]).any()


def test_it_is_what_pytorch_computes():
    torch = pytest.importorskip("torch")
    x = rows(7, 130)
    for how in HOW:
        np.testing.assert_allclose(softmax(x, how), torch.softmax(torch.tensor(x), 1).numpy(),
                                   rtol=60 * EPS)


def test_no_rows_make_no_rows():
    assert softmax(np.zeros((0, 3))).shape == (0, 3)


@on_cpu
@pytest.mark.parametrize("how", HOW)
def test_no_kernel_goes_beyond_its_rows_or_meets_another_thread(how):
    with watched():
        for C in (1, T - 1, 2 * T + 1):
            check(rows(2, C), how)


@on_cpu
@pytest.mark.parametrize("how, barriers", [("stable", 5), ("online", 2)])
def test_no_barrier_can_be_spared(how, barriers, monkeypatch, tmp_path):
    """Each in turn: memcheck finds the threads that meet."""
    from scratch.cuda.cpu.memcheck import WrongAccess
    stable, mark, online = (launch.FOLDER / "softmax.cu").read_text(encoding="utf-8").partition(
        "// exp(x - max), and 0")
    parts = (stable if how == "stable" else mark + online).split("__syncthreads();")
    assert len(parts) == 1 + barriers
    monkeypatch.setattr(launch, "FOLDER", tmp_path)
    for n in range(1, len(parts)):
        text = "".join(part if m in (0, n) else "__syncthreads();" + part
                       for m, part in enumerate(parts))
        (tmp_path / "softmax.cu").write_text(text, encoding="utf-8")
        with watched(), pytest.raises(WrongAccess, match="race"):
            softmax(rows(1, 2 * T), how, threads=T)


@pytest.mark.parametrize("old, new", [
    ("x[c] - row_max", "x[c]"), ("x == -INFINITY ? 0.0f : ", ""),
    ("row_sum * weight(row_max, larger)", "row_sum"), ("partial[t] += ", "partial[t] = ")])
def test_a_softmax_without_one_of_its_parts_is_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "softmax.cu", old, new)
    x = rows(4, 100, scale=50.0)
    x[0, :50] = -np.inf
    with pytest.raises(AssertionError):
        for how in HOW:
            check(x, how)


def test_every_shape_comment_is_true():
    module = load_checked(launch.FOLDER / "softmax.py", R=5, C=3)
    module.softmax(rows(5, 3))
    assert not module.unreached_shapes()


@pytest.mark.parametrize("arguments, message", [
    (dict(x=[1]), "1 dimensions"), (dict(x=[[1]], how="fast"), "stable, online"),
    (dict(x=[[1]], threads=48), "power of two")])
def test_bad_input_is_told_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        softmax(**arguments)


@needs_nvcc
def test_nvcc_compiles_the_kernels_with_one_float_and_two_of_shared_memory_a_thread():
    found = compiled("softmax.cu", THREADS=256)
    for (name, _), each in found.items():
        assert each.shared == 4 * 256 * (2 if name == "softmax_online" else 1)
        assert each.registers <= 48 and each.stack == 0
    assert len(found) == 4
