"""What all schedules share: the first step, the warning about order, a schedule that goes on."""

import warnings

import pytest
import torch

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


def optimizer(library):
    return library.optim.SGD([library.ones(1, requires_grad=True)], lr=0.8)


@BOTH
def test_a_schedule_of_ones_own(library):
    class Halving(library.optim.lr_scheduler.LRScheduler):
        def get_lr(self):
            return [base / 2 ** self.last_epoch for base in self.base_lrs]

    opt = optimizer(library)
    schedule = Halving(opt)
    assert opt.param_groups[0]["initial_lr"] == 0.8
    assert schedule.last_epoch == 0 and schedule.get_last_lr() == [0.8]
    opt.step()
    schedule.step()
    assert opt.param_groups[0]["lr"] == 0.4 and schedule.last_epoch == 1


@BOTH
def test_the_wrong_order_is_warned_of(library):
    opt = optimizer(library)
    schedule = library.optim.lr_scheduler.StepLR(opt, 3)
    with pytest.warns(UserWarning, match="optimizer.step"):
        schedule.step()
    opt = optimizer(library)
    schedule = library.optim.lr_scheduler.StepLR(opt, 3)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opt.step()
        schedule.step()
        schedule.step()


@BOTH
def test_a_schedule_goes_on_from_an_epoch(library):
    opt = optimizer(library)
    opt.param_groups[0]["initial_lr"] = 0.8
    schedule = library.optim.lr_scheduler.ExponentialLR(opt, 0.5, last_epoch=2)
    assert schedule.last_epoch == 3 and opt.param_groups[0]["lr"] == 0.8
    opt.step()
    schedule.step()
    assert opt.param_groups[0]["lr"] == 0.4
    with pytest.raises(KeyError, match="initial_lr"):
        library.optim.lr_scheduler.StepLR(optimizer(library), 3, last_epoch=2)
