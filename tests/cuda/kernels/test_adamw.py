"""The kernel of adamw.cu takes the steps of torch.optim.AdamW."""

import numpy as np
import pytest

from kernels import EPS, broken, on_cpu, watched
from scratch.cuda.kernels.adamw import adamw

torch = pytest.importorskip("torch")


def check(N, steps=5, grid=1024, **options):
    """Oracle: PyTorch, in float64; each step's own few roundings add up."""
    rng = np.random.default_rng(N)
    p = rng.standard_normal(N, dtype=np.float32)
    theirs = torch.tensor(p, dtype=torch.float64, requires_grad=True)
    names = {"rate": "lr", "decay": "weight_decay"}
    optimizer = torch.optim.AdamW([theirs], **{names.get(name, name): each for name, each in options.items()})
    m, s = np.zeros_like(p), np.zeros_like(p)
    for step in range(1, steps + 1):
        g = rng.standard_normal(N, dtype=np.float32)
        adamw(p, g, m, s, step, grid=grid, **options)
        theirs.grad = torch.tensor(g, dtype=torch.float64)
        optimizer.step()
    np.testing.assert_allclose(p, theirs.detach(), rtol=4 * steps * EPS, atol=8 * steps * EPS)


@pytest.mark.parametrize("N", [1, 255, 256, 257, 1000])
def test_steps_are_pytorchs_at_every_size(N):
    check(N)


def test_a_small_grid_goes_through_all_of_it():
    check(1000, grid=2)


def test_other_rates_and_decays():
    check(50, rate=0.1, betas=(0.8, 0.99), eps=1e-3, decay=0.3)


def test_nothing_to_learn():
    check(0)


@on_cpu
def test_no_thread_goes_beyond_the_arrays_or_meets_another():
    with watched():
        check(300, steps=1)


@pytest.mark.parametrize("old, new", [("mean / correct1", "mean"), (" - rate * decay * p[i]", "")])
def test_a_step_without_one_of_its_parts_is_noticed(old, new, monkeypatch, tmp_path):
    broken(monkeypatch, tmp_path, "adamw.cu", old, new)
    with pytest.raises(AssertionError):
        check(100, decay=0.3)


def test_arrays_that_cannot_be_changed_in_place_are_refused():
    p = np.zeros(4, np.float32)
    for wrong in ([0] * 4, np.zeros(4), np.zeros(3, np.float32), np.zeros(8, np.float32)[::2]):
        with pytest.raises(ValueError, match="m has to be a contiguous array of float32"):
            adamw(p, p, wrong, p, 1)
    with pytest.raises(ValueError, match="the first step is 1"):
        adamw(p, p, p, p, 0)
