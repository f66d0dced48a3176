"""Every schedule gives PyTorch's rates, to the last digit, alone, together, and after loading a state."""

import math

import pytest
import torch
from both import error_of

from scratch import torch as ours

MAKE = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, lambda t: 0.95 ** t),
    "LambdaLR of two": lambda s, o: s.LambdaLR(o, [lambda t: 0.95 ** t, lambda t: 1 / (1 + t)]),
    "MultiplicativeLR": lambda s, o: s.MultiplicativeLR(o, lambda t: 0.9 + 0.01 * t),
    "StepLR": lambda s, o: s.StepLR(o, 4, gamma=0.3),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [3, 8, 8], gamma=0.5),
    "ConstantLR": lambda s, o: s.ConstantLR(o, factor=0.25, total_iters=6),
    "LinearLR": lambda s, o: s.LinearLR(o, start_factor=0.1, end_factor=0.7, total_iters=7),
    "ExponentialLR": lambda s, o: s.ExponentialLR(o, 0.9),
    "PolynomialLR": lambda s, o: s.PolynomialLR(o, total_iters=9, power=2.0),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, T_max=6, eta_min=0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, eta_min=0.01),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.1, [0.5, 0.7], step_size_up=3, step_size_down=5),
    "CyclicLR, triangular2": lambda s, o: s.CyclicLR(o, 0.1, 0.5, step_size_up=3, mode="triangular2"),
    "CyclicLR, exp_range": lambda s, o: s.CyclicLR(o, [0.1, 0.2], 0.5, step_size_up=3, mode="exp_range",
                                                   gamma=0.9),
    "CyclicLR, a function": lambda s, o: s.CyclicLR(o, 0.1, 0.5, step_size_up=3,
                                                    scale_fn=lambda x: 1 / (x + 1)),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, max_lr=0.5, total_steps=40),
    "OneCycleLR, three phases": lambda s, o: s.OneCycleLR(o, max_lr=[0.5, 0.9], epochs=4, steps_per_epoch=10,
                                                          anneal_strategy="linear", three_phase=True,
                                                          pct_start=0.4),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 8), s.ConstantLR(o, 0.5, 3)], [4, 12]),
    "SequentialLR of exponents": lambda s, o: s.SequentialLR(o,
                                                             [s.ConstantLR(o, 0.1, 2),
                                                              s.ExponentialLR(o, 0.8)], [2]),
    "SequentialLR of functions": lambda s, o: s.SequentialLR(
        o, [s.LambdaLR(o, lambda t: (t + 1) / 5), s.StepLR(o, 3), s.CosineAnnealingWarmRestarts(o, 4)],
        [5, 9]),
    "ChainedScheduler": lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.5, 4), s.ExponentialLR(o, 0.9)],
                                                        o),
}
every = pytest.mark.parametrize("make", MAKE.values(), ids=MAKE)


def optimizer(library, rule="SGD"):
    a, b = library.ones(1, requires_grad=True), library.ones(1, requires_grad=True)
    settings = {"momentum": 0.9} if rule == "SGD" else {}
    return getattr(library.optim, rule)([{"params": [a]}, {"params": [b], "lr": 0.3}], lr=0.8, **settings)


def rates(library, make, steps, rule="SGD", state=None, start=0):
    """The rates (and momenta) of both groups at each step, and the schedule."""
    opt = optimizer(library, rule)
    schedule = make(library.optim.lr_scheduler, opt)
    if state is not None:
        schedule.load_state_dict(state[0])
        opt.load_state_dict(state[1])
    seen = []
    for _ in range(steps):
        seen.append([(g["lr"], g.get("momentum"), g.get("betas")) for g in opt.param_groups])
        opt.step()
        schedule.step()
    return seen, schedule, opt


@every
@pytest.mark.parametrize("rule", ["SGD", "Adam"])
@pytest.mark.filterwarnings("ignore")
def test_rates_are_pytorchs_to_the_last_digit(make, rule):
    """Oracle: torch.optim.lr_scheduler."""
    a, one, _ = rates(ours, make, 30, rule)
    b, other, _ = rates(torch, make, 30, rule)
    assert a == b
    assert one.get_last_lr() == other.get_last_lr()


@pytest.mark.parametrize("name", [name for name in MAKE if " " not in name
                                  and name not in ("SequentialLR", "ChainedScheduler")])
@pytest.mark.parametrize("last_epoch", [0, 1, 4, 5])
@pytest.mark.filterwarnings("ignore")
def test_a_schedule_goes_on_where_another_was(name, last_epoch):
    """Oracle: torch.optim.lr_scheduler with last_epoch, on groups that have what an earlier schedule left."""
    seen = []
    for library in (ours, torch):
        opt, s = optimizer(library), library.optim.lr_scheduler
        for group in opt.param_groups:
            group.update(initial_lr=0.7, max_lr=0.5, min_lr=0.01, max_momentum=0.9, base_momentum=0.8)
        made = MAKE[name](s, optimizer(library))
        more = {"lr_lambda": lambda t: 0.9 + t / 100, "step_size": 4, "milestones": [3, 8], "gamma": 0.9,
                "T_max": 6,
                "T_0": 3, "base_lr": 0.1, "max_lr": 0.5, "total_steps": 40}
        wanted = type(made).__init__.__code__.co_varnames
        schedule = type(made)(opt, last_epoch=last_epoch, **{key: more[key] for key in more if key in wanted})
        found = [schedule.get_last_lr()]
        for _ in range(4):
            schedule.step()
            found.append(schedule.get_last_lr())
        seen.append((found, schedule.last_epoch))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", [name for name in MAKE if not name.startswith("CyclicLR")])
@pytest.mark.filterwarnings("ignore")
def test_a_state_goes_on_in_the_other_library(name):
    """Oracle: 25 steps on PyTorch in one go, against 10 on either and 15 on the other.

    Not CyclicLR, whose state has a function in it, which belongs to one library.
    """
    make = MAKE[name]
    whole, _, _ = rates(torch, make, 25)
    for first, second in ((ours, torch), (torch, ours), (ours, ours)):
        begun, schedule, opt = rates(first, make, 10)
        settings = {"state": {}, "param_groups": opt.state_dict()["param_groups"]}
        rest, _, _ = rates(second, make, 15, state=(schedule.state_dict(), settings))
        assert begun + rest == whole


@pytest.mark.parametrize("name", ["StepLR", "MultiStepLR", "ConstantLR", "LinearLR", "ExponentialLR",
                                  "PolynomialLR",
                                  "CosineAnnealingLR", "CosineAnnealingWarmRestarts", "LambdaLR"])
@pytest.mark.filterwarnings("ignore")
def test_a_step_to_anywhere(name):
    """Oracle: torch.optim.lr_scheduler, whose step() takes the number of an epoch."""
    seen = []
    for library in (ours, torch):
        opt = optimizer(library)
        schedule = MAKE[name](library.optim.lr_scheduler, opt)
        found = []
        for epoch in (0, 3, 8, 9, 2, 20):
            schedule.step(epoch)
            found.append(schedule.get_last_lr())
        seen.append(found)
    assert seen[0] == seen[1]


@pytest.mark.parametrize("settings", [{}, {"mode": "max", "patience": 1},
                                      {"threshold_mode": "abs", "threshold": 0.5},
                                      {"mode": "max", "threshold_mode": "abs", "patience": 2, "cooldown": 3},
                                      {"patience": 0, "min_lr": [0.1, 0.2], "factor": 0.5, "eps": 0.05}])
def test_a_plateau_cuts_the_rate(settings):
    """Oracle: torch.optim.lr_scheduler.ReduceLROnPlateau, on losses that fall, rest and rise."""
    losses = [math.cos(t / 3) + 1 / (1 + t) for t in range(40)] + [0.5] * 15 + [math.nan, 0.1]
    seen = []
    for library in (ours, torch):
        schedule = library.optim.lr_scheduler.ReduceLROnPlateau(optimizer(library), **settings)
        found = []
        for loss in losses:
            schedule.step(library.tensor(loss))
            found.append(schedule.get_last_lr())
        seen.append((found, schedule.num_bad_epochs, schedule.best, schedule.last_epoch))
    assert repr(seen[0]) == repr(seen[1])


def test_a_function_that_is_an_object_is_kept_in_the_state():
    class Slowing:
        def __init__(self):
            self.speed = 0.5

        def __call__(self, t):
            return 1 / (1 + self.speed * t)

    for library in (ours, torch):
        opt = optimizer(library)
        schedule = library.optim.lr_scheduler.LambdaLR(opt, [Slowing(), lambda t: 1.0])
        assert schedule.state_dict()["lr_lambdas"] == [{"speed": 0.5}, None]
        state = schedule.state_dict()
        state["lr_lambdas"] = [{"speed": 2.0}, None]
        schedule.load_state_dict(state)
        assert schedule.lr_lambdas[0].speed == 2.0


@pytest.mark.parametrize("wrong", [
    lambda s, o: s.LambdaLR(o, [abs]), lambda s, o: s.StepLR(o, 3, last_epoch=2), lambda s,
    o: s.ConstantLR(o, 1.5),
    lambda s, o: s.LinearLR(o, 0.0), lambda s, o: s.LinearLR(o, 0.5, 2.0), lambda s,
    o: s.CosineAnnealingWarmRestarts(o, 0),
    lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 0.5), lambda s,
    o: s.CosineAnnealingWarmRestarts(o, 3).step(-1),
    lambda s, o: s.CyclicLR(o, 0.1, 0.5, mode="x"), lambda s, o: s.CyclicLR(o, [0.1], 0.5),
    lambda s, o: s.OneCycleLR(o, 0.5), lambda s, o: s.OneCycleLR(o, 0.5, total_steps=-1),
    lambda s, o: s.OneCycleLR(o, 0.5, total_steps=9, pct_start=2.0),
    lambda s, o: s.OneCycleLR(o, 0.5, total_steps=9, anneal_strategy="x"),
    lambda s, o: s.OneCycleLR(o, [1], total_steps=9),
    lambda s, o: s.SequentialLR(o, [s.StepLR(o, 3)], [4]), lambda s, o: s.ReduceLROnPlateau(o, factor=1.0),
    lambda s, o: s.ReduceLROnPlateau(o, mode="x"), lambda s, o: s.ReduceLROnPlateau(o, threshold_mode="x"),
    lambda s, o: s.ChainedScheduler([])])
@pytest.mark.filterwarnings("ignore")
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, ours.optim.lr_scheduler, optimizer(ours)) is \
        error_of(wrong, torch.optim.lr_scheduler, optimizer(torch)) is not None


def test_a_schedule_of_another_optimizer_is_refused():
    for library in (ours, torch):
        s, o, other = library.optim.lr_scheduler, optimizer(library), optimizer(library)
        assert error_of(s.SequentialLR, o, [s.StepLR(o, 1), s.StepLR(other, 1)], [3]) is ValueError
        assert error_of(s.ChainedScheduler, [s.StepLR(o, 1), s.StepLR(other, 1)]) is ValueError


def test_a_name_that_is_not_here_is_refused_by_name():
    with pytest.raises(AttributeError, match="has no torch.optim.lr_scheduler.SWALR"):
        ours.optim.lr_scheduler.SWALR    # noqa: B018
