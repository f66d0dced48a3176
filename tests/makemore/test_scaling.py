"""A law that made the losses is found again, and the work of a training is counted."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from shapes import load_checked

from scratch.makemore import scaling
from scratch.makemore.gpt import GPT
from scratch.makemore.scaling import Law, fit, flops, refits
from scratch.makemore.transformer import Config

LAW = Law(0.6, 9.0, 0.33, 40.0, 0.42)
N = [2e4, 8e4, 3e5, 1e6] * 3
D = [1e5] * 4 + [4e5] * 4 + [2e6] * 4


def test_the_law_behind_exact_losses_is_found():
    found = fit(N, D, [LAW(n, d) for n, d in zip(N, D)])
    assert dataclasses.astuple(found) == pytest.approx(dataclasses.astuple(LAW), rel=1e-3)
    assert found(4e6, 8e6) == pytest.approx(LAW(4e6, 8e6), rel=1e-5)


def test_no_other_exponents_nearby_fit_noisy_losses_better():
    """Oracle: least squares by NumPy, for exponents all around the best."""
    noise = np.random.default_rng(1).normal(0, 0.01, len(N))
    losses = [LAW(n, d) + e for n, d, e in zip(N, D, noise)]
    found = fit(N, D, losses)
    squares = sum((found(n, d) - y) ** 2 for n, d, y in zip(N, D, losses))
    for a in np.linspace(0.05, 1.5, 15):
        for b in np.linspace(0.05, 1.5, 15):
            columns = np.stack([np.ones(len(N)), np.array(N) ** -a, np.array(D) ** -b], 1)
            weights, *_ = np.linalg.lstsq(columns, np.array(losses))
            if (weights >= 0).all():
                assert squares <= ((columns @ weights - losses) ** 2).sum() * (1 + 1e-9)
    laws = refits(N, D, losses, count=20)
    spread = [law(4e6, 4e6) for law in laws]
    assert min(spread) < LAW(4e6, 4e6) < max(spread)
    assert refits(N, D, losses, count=2) == laws[:2]


def test_the_best_size_for_a_work_is_the_least_loss_along_it():
    """Oracle: a search over sizes."""
    C = 1e12
    sizes = np.exp(np.linspace(math.log(1e3), math.log(1e8), 20_001))
    least = sizes[np.argmin([LAW(n, C / (6 * n)) for n in sizes])]
    assert LAW.best_size(C) == pytest.approx(least, rel=1e-3)


def test_the_work_is_that_of_the_products_that_are_taken():
    """Oracle: PyTorch's counter of floating-point operations, forward and backward."""
    from torch.utils.flop_counter import FlopCounterMode

    config = Config(50, block_size=8, layers=3, heads=2, channels=12)
    model = GPT(config)
    ids = torch.zeros(5, 8, dtype=torch.int64)
    with FlopCounterMode(display=False) as counter:
        model(ids, ids).backward()
    assert counter.get_total_flops() == flops(config, 5 * 8)


def test_too_few_trainings_are_refused():
    with pytest.raises(ValueError, match="4 sizes, 4 budgets and 4 losses; five numbers"):
        fit(N[:4], D[:4], [1.0] * 4)


def test_every_shape_comment_is_true():
    checked = load_checked(scaling.__file__, n=12, K=21**2)
    checked.fit(N, D, [LAW(n, d) for n, d in zip(N, D)], finer=1)
    assert not checked.unreached_shapes()
