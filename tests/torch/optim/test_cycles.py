"""Cycles and restarts: what test_lr_scheduler.py does not see of them."""

import pytest
import torch
from both import error_of

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


def sgd(library, **settings):
    return library.optim.SGD([library.ones(1, requires_grad=True)], lr=0.8, **settings)


@BOTH
@pytest.mark.filterwarnings("ignore")
def test_restarts_take_steps_between_two_whole_ones(library):
    schedule = library.optim.lr_scheduler.CosineAnnealingWarmRestarts(sgd(library), 2, 2)
    found = []
    for epoch in (0, 0.5, 1.75, 2.0, 4.5, 6.0, 20.25):
        schedule.step(epoch)
        found.append((schedule.get_last_lr()[0], schedule.T_cur, schedule.T_i, schedule.last_epoch))
    assert found[:2] == [(0.8, 0, 2, 0),
                         (pytest.approx(0.6828427124746190, rel=1e-15), 0.5, 2, 0)]
    assert [each[1:] for each in found[2:]] == [(1.75, 2, 1), (0.0, 4, 2), (2.5, 4, 4), (0.0, 8, 6),
                                                (6.25, 16, 20)]


@BOTH
def test_an_optimizer_without_momentum_has_none_to_cycle(library):
    s = library.optim.lr_scheduler
    adagrad = library.optim.Adagrad([library.ones(1, requires_grad=True)])
    assert error_of(s.OneCycleLR, adagrad, 0.5, 9) is error_of(s.CyclicLR, adagrad, 0.1, 0.5) is ValueError
    assert s.OneCycleLR(adagrad, 0.5, 9, cycle_momentum=False).get_last_lr() == [pytest.approx(0.02,
                                                                                               rel=1e-14)]


@BOTH
@pytest.mark.filterwarnings("ignore")
def test_there_is_no_rate_after_the_end_of_one_cycle(library):
    schedule = library.optim.lr_scheduler.OneCycleLR(sgd(library, momentum=0.9), 0.5, total_steps=4)
    for _ in range(4):
        schedule.step()
    assert error_of(schedule.step) is ValueError
