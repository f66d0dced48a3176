"""Schedules: the learning rate of each group as a function of the step.

    >>> from .. import tensor
    >>> from .rules import SGD
    >>> w = tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([w], lr=1.0)
    >>> warm = LinearLR(optimizer, start_factor=0.25, total_iters=3)
    >>> down = CosineAnnealingLR(optimizer, T_max=4)
    >>> schedule = SequentialLR(optimizer, [warm, down], milestones=[3])
    >>> rates = []
    >>> for step in range(8):
    ...     rates.append(round(optimizer.param_groups[0]["lr"], 2))
    ...     optimizer.step()
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 0.85, 0.5, 0.15, 0.0]

    t     last_epoch, how often the schedule was stepped: 0 when it is made
    lr    the rate that a group has now      base   what it had before the schedule

Most compute the next rate from lr and not from base, so that two schedules of one
optimizer multiply; the closed form, from base, is for step(t), which SequentialLR
needs. Rates are PyTorch's to the last digit.

The base is in schedule.py, and what goes up and down is in cycles.py. Loshchilov and
Hutter, ICLR 2017 (cosine).

Chapter: docs/torch/modules.md.
"""

import bisect
import math
import types
from collections import Counter

from .. import inf
from .cycles import CosineAnnealingWarmRestarts, CyclicLR, OneCycleLR
from .schedule import LRScheduler, each


class LambdaLR(LRScheduler):
    """base · lr_lambda(t); one function for all groups, or a list of them."""

    def __init__(self, optimizer, lr_lambda, last_epoch=-1):
        self.lr_lambdas = functions(optimizer, lr_lambda)
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        return [base * function(self.last_epoch)
                for base, function in zip(self.base_lrs, self.lr_lambdas)]

    def state_dict(self):
        """Of lr_lambdas that are objects, their attributes; of functions, None."""
        kept = [None if isinstance(one, types.FunctionType) else dict(vars(one))
                for one in self.lr_lambdas]
        return super().state_dict() | {"lr_lambdas": kept}

    def load_state_dict(self, state_dict):
        kept = dict(state_dict)
        for mine, saved in zip(self.lr_lambdas, kept.pop("lr_lambdas")):
            if saved is not None:
                vars(mine).update(saved)
        super().load_state_dict(kept)


class MultiplicativeLR(LambdaLR):
    """lr · lr_lambda(t), from t = 1 on."""

    def get_lr(self):
        if self._is_initial:
            return self._rates()
        return [lr * function(self.last_epoch)
                for lr, function in zip(self._rates(), self.lr_lambdas)]


def functions(optimizer, given):
    count = len(optimizer.param_groups)
    if not isinstance(given, (list, tuple)):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"{len(given)} functions, and {count} groups")
    return list(given)


class StepLR(LRScheduler):
    """Times gamma every step_size steps."""

    def __init__(self, optimizer, step_size, gamma=0.1, last_epoch=-1):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        if self.last_epoch == 0 or self.last_epoch % self.step_size:
            return self._rates()
        return self._times(self.gamma)

    def _get_closed_form_lr(self):
        return [base * self.gamma ** (self.last_epoch // self.step_size)
                for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """Times gamma at each of the milestones."""

    def __init__(self, optimizer, milestones, gamma=0.1, last_epoch=-1):
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        if self.last_epoch not in self.milestones:
            return self._rates()
        return self._times(self.gamma ** self.milestones[self.last_epoch])

    def _get_closed_form_lr(self):
        milestones = sorted(self.milestones.elements())
        passed = bisect.bisect_right(milestones, self.last_epoch)
        return [base * self.gamma ** passed for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """Times factor until t = total_iters, and base from then on."""

    def __init__(self, optimizer, factor=1.0 / 3, total_iters=5, last_epoch=-1):
        if not 0 <= factor <= 1:
            raise ValueError(f"factor={factor}, but it is between 0 and 1")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        if self.last_epoch == 0:
            return self._times(self.factor)
        if self.last_epoch != self.total_iters:
            return self._rates()
        return self._times(1.0 / self.factor)

    def _get_closed_form_lr(self):
        below = self.last_epoch < self.total_iters
        return [base * (self.factor + (not below) * (1 - self.factor))
                for base in self.base_lrs]


class LinearLR(LRScheduler):
    """A straight line from start_factor to end_factor, at t = total_iters."""

    def __init__(self, optimizer, start_factor=1.0 / 3, end_factor=1.0, total_iters=5,
                 last_epoch=-1):
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            raise ValueError("start_factor is above 0, end_factor 0 or more, and "
                             f"neither above 1, not {start_factor} and {end_factor}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        if self.last_epoch == 0:
            return self._times(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates()
        rise = self.end_factor - self.start_factor
        return self._times(1.0 + rise / (
            self.total_iters * self.start_factor + (self.last_epoch - 1) * rise))

    def _get_closed_form_lr(self):
        rise = self.end_factor - self.start_factor
        t = min(self.total_iters, self.last_epoch)
        return [base * (self.start_factor + rise * t / self.total_iters)
                for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """Times gamma at each step."""

    def __init__(self, optimizer, gamma, last_epoch=-1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        return self._rates() if self._is_initial else self._times(self.gamma)

    def _get_closed_form_lr(self):
        return [base * self.gamma ** self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """base · (1 - t / total_iters)^power, and 0 from total_iters on."""

    def __init__(self, optimizer, total_iters=5, power=1.0, last_epoch=-1):
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._rates()
        now, before = (1.0 - t / self.total_iters
                       for t in (self.last_epoch, self.last_epoch - 1))
        return self._times((now / before) ** self.power)

    def _get_closed_form_lr(self):
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * left ** self.power for base in self.base_lrs]


class CosineAnnealingLR(LRScheduler):
    """Half a wave down from base to eta_min at t = T_max, and up again after it."""

    def __init__(self, optimizer, T_max, eta_min=0.0, last_epoch=-1):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        t, T, low = self.last_epoch, self.T_max, self.eta_min
        if self._is_initial or t == 0:
            return self._rates()
        if (t - 1 - T) % (2 * T) == 0:    # from the bottom, where the ratio is x / 0
            return [lr + (base - low) * (1 - math.cos(math.pi / T)) / 2
                    for base, lr in zip(self.base_lrs, self._rates())]
        now, before = (1 + math.cos(math.pi * each / T) for each in (t, t - 1))
        return [now / before * (lr - low) + low for lr in self._rates()]

    def _get_closed_form_lr(self):
        wave = 1 + math.cos(math.pi * self.last_epoch / self.T_max)
        return [self.eta_min + (base - self.eta_min) * wave / 2
                for base in self.base_lrs]


class SequentialLR(LRScheduler):
    """One schedule after the other: the next begins, at t = 0, at each milestone."""

    def __init__(self, optimizer, schedulers, milestones, last_epoch=-1):
        if not schedulers or len(milestones) != len(schedulers) - 1:
            raise ValueError(f"{len(schedulers)} schedules need {len(schedulers) - 1} "
                             f"milestones, and {len(milestones)} are given")
        if any(one.optimizer is not optimizer for one in schedulers):
            raise ValueError("a schedule is another optimizer's")
        self._schedulers, self._milestones = schedulers, milestones
        self.last_epoch = last_epoch + 1
        self.optimizer = optimizer
        for group in optimizer.param_groups:    # each schedule has made its first step:
            group["lr"] = group["initial_lr"]   # undo them
        for scheduler in schedulers:
            scheduler.last_epoch -= 1
        schedulers[0]._initial_step()
        self._last_lr = schedulers[0].get_last_lr()

    def step(self):
        self.last_epoch += 1
        n = bisect.bisect_right(self._milestones, self.last_epoch)
        begins = n > 0 and self._milestones[n - 1] == self.last_epoch
        self._schedulers[n].step(*[0] * begins)
        self._last_lr = self._schedulers[n].get_last_lr()

    def state_dict(self):
        return {name: value for name, value in vars(self).items()
                if name not in ("optimizer", "_schedulers")} | {
                    "_schedulers": [one.state_dict() for one in self._schedulers]}

    def load_state_dict(self, state_dict):
        kept = dict(state_dict)
        for scheduler, saved in zip(self._schedulers, kept.pop("_schedulers")):
            scheduler.load_state_dict(saved)
        vars(self).update(kept)


class ChainedScheduler(SequentialLR):
    """Several schedules at once: each changes the rate that the one before has left."""

    def __init__(self, schedulers, optimizer=None):
        if not schedulers:
            raise ValueError("there is no schedule to chain")
        self._schedulers = list(schedulers)
        self.optimizer = optimizer or schedulers[0].optimizer
        if any(one.optimizer is not self.optimizer for one in schedulers):
            raise ValueError("a schedule is another optimizer's")
        self._last_lr = self._rates()

    def step(self):
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._rates()


class ReduceLROnPlateau(LRScheduler):
    """Times factor once step(loss) has seen none better for more than patience steps.

    Better is lower (mode "min") or higher ("max") than the best by the share threshold,
    or by threshold itself ("abs"). After a cut, cooldown steps are not counted.
    """

    def __init__(self, optimizer, mode="min", factor=0.1, patience=10, threshold=1e-4,
                 threshold_mode="rel", cooldown=0, min_lr=0, eps=1e-8):
        if factor >= 1.0:
            raise ValueError(f"factor={factor}, but it cuts the rate, below 1")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            raise ValueError("mode is 'min' or 'max' and threshold_mode 'rel' or "
                             f"'abs', not {mode!r} and {threshold_mode!r}")
        self.optimizer, self.mode, self.factor = optimizer, mode, factor
        self.patience, self.cooldown, self.eps = patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.min_lrs = each(min_lr, len(optimizer.param_groups))
        self.last_epoch, self._last_lr = 0, self._rates()
        self.best = inf if mode == "min" else -inf
        self.cooldown_counter = self.num_bad_epochs = 0

    def is_better(self, a, best):
        gap = self.threshold if self.mode == "max" else -self.threshold
        bar = best * (1.0 + gap) if self.threshold_mode == "rel" else best + gap
        return a > bar if self.mode == "max" else a < bar

    def step(self, metrics, epoch=None):
        current = float(metrics)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self.is_better(current, self.best):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            for group, low in zip(self.optimizer.param_groups, self.min_lrs):
                lower = max(group["lr"] * self.factor, low)
                if group["lr"] - lower > self.eps:
                    group["lr"] = lower
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._rates()


_LRScheduler = LRScheduler    # its name in older scripts


def __getattr__(name):
    raise AttributeError(f"scratch.torch has no torch.optim.lr_scheduler.{name}")
