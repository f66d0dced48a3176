"""Schedules that go up as well as down: cycles, restarts, one cycle.

    >>> from .. import tensor
    >>> from .rules import SGD
    >>> optimizer = SGD([tensor([1.0], requires_grad=True)], lr=1.0, momentum=0.9)
    >>> schedule = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    >>> rates = []
    >>> for step in range(10):
    ...     rates.append(round(optimizer.param_groups[0]["lr"], 2))
    ...     optimizer.step()
    ...     if step < 9:
    ...         schedule.step()
    >>> rates
    [0.04, 0.52, 1.0, 0.95, 0.81, 0.61, 0.39, 0.19, 0.05, 0.0]

A large rate shakes the parameters out of a narrow minimum, and a small one lets them
settle. Loshchilov and Hutter, ICLR 2017 (restarts); Smith, WACV 2017 (cycles); Smith
and Topin, 2018 (one cycle).

Chapter: docs/torch/modules.md.
"""

import math

from .schedule import LRScheduler, each


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half a wave down in T_0 steps, then again from base, T_mult times as long."""

    def __init__(self, optimizer, T_0, T_mult=1, eta_min=0.0, last_epoch=-1):
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"{name} is a whole number, 1 or more, not {value!r}")
        self.T_0 = self.T_i = T_0
        self.T_mult, self.eta_min, self.T_cur = T_mult, eta_min, last_epoch
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        wave = 1 + math.cos(math.pi * self.T_cur / self.T_i)
        return [self.eta_min + (base - self.eta_min) * wave / 2
                for base in self.base_lrs]

    def step(self, epoch=None):
        """Go on by one, or to t = epoch, which may lie between two whole numbers."""
        if epoch is None and self.last_epoch < 0:
            epoch = 0
        if epoch is None:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur %= self.T_i
                self.T_i *= self.T_mult
        elif epoch < 0:
            raise ValueError(f"t is 0 or more, not {epoch}")
        else:
            self.T_cur, self.T_i = epoch, self.T_0
            while self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        self.last_epoch = math.floor(epoch)
        self._put(self.get_lr())


class CyclicLR(LRScheduler):
    """Up from base_lr to max_lr in step_size_up steps, down again, and so on.

    mode "triangular2" halves each cycle's height, "exp_range" multiplies it by gamma^t.
    Momentum, or Adam's β₁, goes the other way, from max_momentum to base_momentum.
    """

    def __init__(self, optimizer, base_lr, max_lr, step_size_up=2000,
                 step_size_down=None, mode="triangular", gamma=1.0, scale_fn=None,
                 scale_mode="cycle", cycle_momentum=True, base_momentum=0.8,
                 max_momentum=0.9, last_epoch=-1):
        if mode not in SCALES and scale_fn is None:
            raise ValueError(f"mode is one of {', '.join(map(repr, SCALES))}, not "
                             f"{mode!r}, or a scale_fn is given")
        count = len(optimizer.param_groups)
        base = each(base_lr, count)
        if last_epoch == -1:
            for group, rate in zip(optimizer.param_groups, base):
                group["lr"] = rate
        self.max_lrs = each(max_lr, count)
        down = step_size_up if step_size_down is None else step_size_down
        self.total_size = float(step_size_up) + float(down)
        self.step_ratio = step_size_up / self.total_size
        self.mode, self.gamma, self.scale_fn = mode, gamma, scale_fn
        self.scale_mode = scale_mode if scale_fn else SCALES[mode][0]
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            check_momentum(optimizer)
            self.base_momentums, self.max_momentums = (
                each(value, count) for value in (base_momentum, max_momentum))
            for group, momentum in zip(optimizer.param_groups, self.max_momentums):
                set_momentum(group, momentum)
        super().__init__(optimizer, last_epoch)
        self.base_lrs = base

    def get_lr(self):
        cycle = math.floor(1 + self.last_epoch / self.total_size)
        x = 1.0 + self.last_epoch / self.total_size - cycle
        height = x / self.step_ratio if x <= self.step_ratio else (
            (x - 1) / (self.step_ratio - 1))
        at = cycle if self.scale_mode == "cycle" else self.last_epoch
        scale = self.scale_fn(at) if self.scale_fn else SCALES[self.mode][1](self, at)
        if self.cycle_momentum:
            for group, low, high in zip(self.optimizer.param_groups,
                                        self.base_momentums, self.max_momentums):
                set_momentum(group, high - (high - low) * height * scale)
        return [low + (high - low) * height * scale
                for low, high in zip(self.base_lrs, self.max_lrs)]


SCALES = {    # by what a cycle's height is multiplied
    "triangular": ("cycle", lambda self, cycle: 1.0),
    "triangular2": ("cycle", lambda self, cycle: 1 / 2.0 ** (cycle - 1)),
    "exp_range": ("iterations", lambda self, t: self.gamma ** t),
}


class OneCycleLR(LRScheduler):
    """Up from max_lr / div_factor to max_lr, then down to a far smaller rate.

    The way up takes the share pct_start of total_steps (or epochs · steps_per_epoch);
    with three_phase the way down to the start takes as long, and the rest goes on from
    there. The end is the start divided by final_div_factor. Momentum, or Adam's β₁,
    goes the other way.
    """

    def __init__(self, optimizer, max_lr, total_steps=None, epochs=None,
                 steps_per_epoch=None, pct_start=0.3, anneal_strategy="cos",
                 cycle_momentum=True, base_momentum=0.85, max_momentum=0.95,
                 div_factor=25.0, final_div_factor=1e4, three_phase=False,
                 last_epoch=-1):
        if total_steps is None and (epochs is None or steps_per_epoch is None):
            raise ValueError("give total_steps, or both epochs and steps_per_epoch")
        self.total_steps = (epochs * steps_per_epoch if total_steps is None else
                            total_steps)
        if not isinstance(self.total_steps, int) or self.total_steps <= 0:
            raise ValueError(f"a whole number of steps was expected, above 0, not "
                             f"{self.total_steps!r}")
        if not isinstance(pct_start, float) or not 0 <= pct_start <= 1:
            raise ValueError(f"pct_start={pct_start!r}, but it is a float between 0 "
                             "and 1")
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(f"anneal_strategy is 'cos' or 'linear', not "
                             f"{anneal_strategy!r}")
        self._anneal_func_type = anneal_strategy
        top = float(pct_start * self.total_steps) - 1
        names = [("initial_lr", "max_lr", "max_momentum", "base_momentum"),
                 ("max_lr", "initial_lr", "base_momentum", "max_momentum"),
                 ("initial_lr", "min_lr", "max_momentum", "max_momentum")]
        if three_phase:
            ends = [top, 2 * pct_start * self.total_steps - 2, self.total_steps - 1]
        else:
            ends = [top, self.total_steps - 1]
            names[1:] = [("max_lr", "min_lr", "base_momentum", "max_momentum")]
        self._schedule_phases = [
            {"end_step": end, "start_lr": a, "end_lr": b, "start_momentum": c,
             "end_momentum": d} for end, (a, b, c, d) in zip(ends, names)]
        if last_epoch == -1:
            for group, high in zip(optimizer.param_groups,
                                   each(max_lr, len(optimizer.param_groups))):
                group["initial_lr"], group["max_lr"] = high / div_factor, high
                group["min_lr"] = group["initial_lr"] / final_div_factor
        self.cycle_momentum = cycle_momentum
        if cycle_momentum:
            check_momentum(optimizer)
            count = len(optimizer.param_groups)
            if last_epoch == -1:
                for group, high, low in zip(optimizer.param_groups,
                                            each(max_momentum, count),
                                            each(base_momentum, count)):
                    set_momentum(group, high)
                    group["max_momentum"], group["base_momentum"] = high, low
        super().__init__(optimizer, last_epoch)

    def get_lr(self):
        t = self.last_epoch
        if t > self.total_steps:
            raise ValueError(f"step {t} of a schedule of {self.total_steps}: there is "
                             "no rate after its end")
        start = 0.0
        for phase in self._schedule_phases:
            if t <= phase["end_step"] or phase is self._schedule_phases[-1]:
                break
            start = phase["end_step"]
        part = (t - start) / (phase["end_step"] - start)
        rates = []
        for group in self.optimizer.param_groups:
            rates.append(self.between(group[phase["start_lr"]], group[phase["end_lr"]],
                                      part))
            if self.cycle_momentum:
                set_momentum(group, self.between(group[phase["start_momentum"]],
                                                 group[phase["end_momentum"]], part))
        return rates

    def between(self, a, b, part):
        """From a to b, along half a wave or a line."""
        if self._anneal_func_type == "linear":
            return (b - a) * part + a
        return b + (a - b) / 2.0 * (math.cos(math.pi * part) + 1)


def check_momentum(optimizer):
    if not {"momentum", "betas"} & optimizer.defaults.keys():
        raise ValueError(f"{type(optimizer).__name__} has no momentum to cycle; say "
                         "cycle_momentum=False")


def set_momentum(group, momentum):
    if "betas" in group:
        group["betas"] = (momentum, *group["betas"][1:])
    else:
        group["momentum"] = momentum
