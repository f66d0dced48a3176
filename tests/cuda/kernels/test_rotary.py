"""The kernel of rotary.cu turns as the book's Rotary does, and back."""

import numpy as np
import pytest
from shapes import load_checked

from kernels import EPS, broken, on_cpu, watched
from scratch.cuda.kernels import launch
from scratch.cuda.kernels.rotary import rotary

torch = pytest.importorskip("torch")
book = pytest.importorskip("scratch.makemore.transformer")


def given(N, T, D):
    return np.random.default_rng(T).standard_normal((N, T, D), dtype=np.float32)


def check(x):
    """Oracle: makemore's Rotary and its autograd, in float64."""
    wide = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    expected = book.Rotary(range(x.shape[1]), x.shape[2], wide)(wide)
    d_y = given(*x.shape)
    expected.backward(torch.tensor(d_y, dtype=torch.float64))
    np.testing.assert_allclose(rotary(x, threads=32), expected.detach(), rtol=0, atol=16 * EPS)
    np.testing.assert_allclose(rotary(d_y, back=True, threads=32), wide.grad, rtol=0, atol=16 * EPS)


@pytest.mark.parametrize("T, D", [(1, 2), (5, 6), (11, 12), (33, 64)])
def test_heads_are_turned_as_the_books_are_and_slopes_are_turned_back(T, D):
    check(given(3, T, D))


def test_a_dot_product_depends_on_the_distance_of_places_alone():
    q, k = (np.broadcast_to(each, (1, 50, 16)) for each in given(2, 1, 16))
    scores = rotary(q)[0] @ rotary(k)[0].T
    np.testing.assert_allclose(scores[7:, 7:], scores[:-7, :-7], rtol=0, atol=100 * EPS)


def test_no_heads():
    assert rotary(np.ones((0, 3, 4))).shape == (0, 3, 4)


@on_cpu
def test_the_kernel_does_not_go_beyond_its_arrays_or_meet_another_thread():
    with watched():
        check(given(2, 5, 6))


def test_a_turn_the_wrong_way_is_noticed(monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "rotary.cu", "a * c - b * s", "a * c + b * s")
    with pytest.raises(AssertionError):
        check(given(2, 5, 6))


def test_every_shape_comment_is_true():
    checked = load_checked(launch.FOLDER / "rotary.py", N=2, T=3, D=10, P=5)
    checked.rotary(given(2, 3, 10))
    assert not checked.unreached_shapes()


def test_an_odd_head_is_told_what_is_wrong():
    with pytest.raises(ValueError, match="heads of 3 channels"):
        rotary(np.ones((1, 1, 3)))
