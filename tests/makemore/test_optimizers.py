"""Each optimizer takes the steps of its namesake in torch.optim, and the schedules theirs."""

import copy
import math

import pytest
import torch

from scratch.makemore import optimizers
from scratch.makemore.optimizers import (
    SGD, AdaGrad, Adam, AdamW, Momentum, Nesterov, Optimizer, RMSProp, clip_grad_norm, cosine, cosine_rates,
    step_decay, warmup)

PAIRS = {    # ours and torch.optim's, with the same settings
    "SGD": (SGD, torch.optim.SGD, {}, {}),
    "SGD, decay": (SGD, torch.optim.SGD, {"weight_decay": 0.1}, {"weight_decay": 0.1}),
    "Momentum": (Momentum, torch.optim.SGD, {"momentum": 0.8}, {"momentum": 0.8}),
    "Momentum, decay": (Momentum, torch.optim.SGD, {"weight_decay": 0.1},
                        {"momentum": 0.9, "weight_decay": 0.1}),
    "Nesterov": (Nesterov, torch.optim.SGD, {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}),
    "Nesterov, decay": (Nesterov, torch.optim.SGD, {"weight_decay": 0.1},
                        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "AdaGrad": (AdaGrad, torch.optim.Adagrad, {}, {}),
    "AdaGrad, decay": (AdaGrad, torch.optim.Adagrad, {"weight_decay": 0.1}, {"weight_decay": 0.1}),
    "RMSProp": (RMSProp, torch.optim.RMSprop, {}, {}),
    "RMSProp, settings": (RMSProp, torch.optim.RMSprop, {"rho": 0.9, "eps": 1e-3, "weight_decay": 0.1},
                          {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    "Adam": (Adam, torch.optim.Adam, {}, {}),
    "Adam, settings": (Adam, torch.optim.Adam,
                       *[{"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}] * 2),
    "AdamW": (AdamW, torch.optim.AdamW, {}, {}),
    "AdamW, settings": (AdamW, torch.optim.AdamW, *[{"betas": (0.8, 0.95), "weight_decay": 0.1}] * 2),
}
RULES = [SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW]


def beginning(dtype=torch.float64):
    g = torch.Generator().manual_seed(1)
    return [torch.randn(3, 2, generator=g, dtype=dtype).requires_grad_(),
            torch.randn(2, generator=g, dtype=dtype).requires_grad_()]


def bumpy(parameters, step):
    """A loss that is no quadratic, with a minibatch's noise that depends on the step."""
    W, b = parameters
    g = torch.Generator().manual_seed(step)
    x = torch.randn(5, 3, generator=g, dtype=torch.float64).to(W.dtype)
    return ((x @ W + b).tanh() - x[:, :2]).square().mean() + 0.1 * W.sin().sum()


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("ours, theirs, mine, its", PAIRS.values(), ids=PAIRS)
def test_a_hundred_steps_are_those_of_torch_optim(ours, theirs, mine, its, dtype):
    """Oracle: torch.optim, with a rate that changes at every step."""
    a, b = beginning(dtype), beginning(dtype)
    one, other = ours(a, lr=0.05, **mine), theirs(b, lr=0.05, **its)
    for step in range(100):
        one.lr = other.param_groups[0]["lr"] = 0.05 * (1 + math.sin(step))
        for optimizer, parameters in ((one, a), (other, b)):
            optimizer.zero_grad()
            bumpy(parameters, step).backward()
            optimizer.step()
    tolerance = 1e-6 if dtype is torch.float32 else 1e-12
    for p, q in zip(a, b):
        torch.testing.assert_close(p, q, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("rule", RULES)
def test_a_parameter_without_a_gradient_stays_and_counts_no_step(rule):
    """Oracle: torch.optim's way; Adam's bias correction counts the steps of each parameter."""
    a, b = beginning()
    optimizer = rule([a, b], lr=0.1)
    before = b.clone()
    a.sum().backward()
    optimizer.step()
    assert torch.equal(b, before) and optimizer.steps == [1, 0]
    with torch.no_grad():
        assert (a != beginning()[0]).all()


@pytest.mark.parametrize("rule", RULES)
def test_an_optimizer_goes_on_from_its_state_as_if_nothing_had_happened(rule):
    ends = []
    for cut in (None, 7):
        parameters = beginning()
        optimizer = rule(parameters, lr=0.05)
        for step in range(15):
            if step == cut:
                state = copy.deepcopy(optimizer.state_dict())
                optimizer = rule(parameters, lr=0.5)
                optimizer.load_state_dict(state)
            optimizer.zero_grad()
            bumpy(parameters, step).backward()
            optimizer.step()
        ends.append(parameters)
    assert all(torch.equal(p, q) for p, q in zip(*ends))


def test_a_state_has_the_form_of_torchs():
    """Oracle: torch.optim.SGD with momentum; the settings are in param_groups, tensors by number in state."""
    (a, b), c = beginning(), beginning()
    ours, theirs = Momentum([a, b], lr=0.1), torch.optim.SGD(c, lr=0.1, momentum=0.9)
    for optimizer, parameters in ((ours, [a, b]), (theirs, c)):
        bumpy(parameters, 0).backward()
        optimizer.step()
    mine, its = ours.state_dict(), theirs.state_dict()
    assert mine.keys() == its.keys() and mine["state"].keys() == its["state"].keys()
    for n in (0, 1):
        torch.testing.assert_close(mine["state"][n]["v"], its["state"][n]["momentum_buffer"])
    [group] = mine["param_groups"]
    assert group == {"lr": 0.1, "weight_decay": 0.0, "momentum": 0.9, "params": [0, 1]}
    assert {name: its["param_groups"][0][name] for name in group} == group


def test_another_optimizers_state_is_refused():
    with pytest.raises(ValueError, match="0.s is missing, and \\(3, 2\\) in this Adam"):
        Adam(beginning()).load_state_dict(Momentum(beginning(), lr=0.1).state_dict())
    with pytest.raises(ValueError, match="0.v is \\(2,\\), and \\(3, 2\\)"):
        Momentum(beginning(), lr=0.1).load_state_dict(Momentum(beginning()[::-1], lr=0.1).state_dict())


def test_adams_first_step_has_the_size_of_the_rate_whatever_the_slope():
    """Oracle: with v̂ = g and ŝ = g², the step is lr · g / |g|."""
    for size in (1e-4, 1.0, 1e4):
        p = torch.zeros(2, dtype=torch.float64, requires_grad=True)
        optimizer = Adam([p], lr=0.01)
        (size * (p[0] - p[1])).backward()
        optimizer.step()
        assert p.tolist() == pytest.approx([-0.01, 0.01], rel=1e-3)


def test_decay_shrinks_all_weights_alike_only_in_adamw():
    """Two weights of size 1 and slopes a thousand times apart: λ/2 p² in Adam's slope is divided away."""
    left = {}
    for rule in (Adam, AdamW):
        p = torch.ones(2, dtype=torch.float64, requires_grad=True)
        optimizer = rule([p], lr=1e-3, weight_decay=0.1)
        sign = 1
        for _ in range(200):
            optimizer.zero_grad()
            sign = -sign          # slopes that cancel, so that what is left is the decay
            (sign * (p * torch.tensor([1000.0, 1.0])).sum()).backward()
            optimizer.step()
        left[rule] = (1 - p).tolist()
    assert left[AdamW][0] == pytest.approx(left[AdamW][1], rel=0.05)
    assert left[AdamW][0] == pytest.approx(1 - (1 - 1e-4) ** 200, rel=0.1)
    assert abs(left[Adam][0]) < abs(left[Adam][1]) / 5


@pytest.mark.parametrize("make, error, says", [
    (lambda: SGD([], lr=0.1), ValueError, "no parameter"),
    (lambda: SGD([torch.zeros(2)], lr=0.1), TypeError, "requires a gradient"),
    (lambda: SGD([beginning()[0] * 2], lr=0.1), TypeError, "no operation's result"),
    (lambda: SGD([1.0], lr=0.1), TypeError, "not 1.0"),
    (lambda: SGD(beginning(), lr=-0.1), ValueError, "lr must be a number from 0 on, not -0.1"),
    (lambda: SGD(beginning(), lr=math.nan), ValueError, "lr must be a number from 0 on, not nan"),
    (lambda: Momentum(beginning(), lr=0.1, momentum=1.0), ValueError, "momentum must be below 1"),
    (lambda: Adam(beginning(), betas=(0.9, 1.0)), ValueError, "beta2 must be below 1"),
    (lambda: RMSProp(beginning(), lr=0.1, rho=-1), ValueError, "rho must be a number from 0 on"),
    (lambda: Adam(beginning(), weight_decay=-1), ValueError, "weight_decay"),
    (lambda: clip_grad_norm(beginning(), 1.0), ValueError, r"call backward\(\) first"),
])
def test_what_cannot_be_optimized_is_an_error_that_says_why(make, error, says):
    with pytest.raises(error, match=says):
        make()


def test_an_optimizer_needs_a_rule():
    [p] = parameters = beginning()[:1]
    p.sum().backward()
    with pytest.raises(NotImplementedError, match="Optimizer has no rule"):
        Optimizer(parameters, lr=0.1).step()


def rates(schedule, steps=30):
    """The rates that a torch.optim.lr_scheduler sets, from a rate of 1."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule, found = schedule(optimizer), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def test_the_schedules_are_those_of_torch():
    """Oracle: CosineAnnealingLR, StepLR and LinearLR."""
    scheduler = torch.optim.lr_scheduler
    assert [cosine(step, 29, 0.1) for step in range(30)] == pytest.approx(
        rates(lambda o: scheduler.CosineAnnealingLR(o, 29, 0.1)))
    assert [step_decay(step, 7, 0.5) for step in range(30)] == pytest.approx(
        rates(lambda o: scheduler.StepLR(o, 7, 0.5)))
    assert [warmup(step, 8) for step in range(30)] == pytest.approx(
        rates(lambda o: scheduler.LinearLR(o, 1 / 8, total_iters=7)))


def test_the_schedules_begin_and_end_where_they_say():
    assert warmup(0, 0) == 1 and warmup(0, 4) == 0.25 and warmup(3, 4) == warmup(99, 4) == 1
    assert cosine(0, 10) == 1 and cosine(10, 10, 0.2) == cosine(99, 10, 0.2) == pytest.approx(0.2)
    assert [step_decay(step, 2) for step in range(4)] == pytest.approx([1, 1, 0.1, 0.1])


@pytest.mark.parametrize("limit", [0.01, 1.0, 100.0])
def test_clipping_is_that_of_torch(limit):
    """Oracle: torch.nn.utils.clip_grad_norm_."""
    a, b = beginning(), beginning()
    for parameters in (a, b):
        bumpy(parameters, 0).backward()
    before = torch.cat([p.grad.flatten() for p in a])
    length = clip_grad_norm(a, limit)
    torch.testing.assert_close(length, torch.nn.utils.clip_grad_norm_(b, limit))
    for p, q in zip(a, b):
        torch.testing.assert_close(p.grad, q.grad)
    after = torch.cat([p.grad.flatten() for p in a])
    assert after.norm().item() == pytest.approx(min(limit, length.item()), rel=1e-4)
    assert torch.cosine_similarity(before, after, 0).item() == pytest.approx(1.0)


def test_every_rule_is_named_in_the_modules_docstring_or_its_own_head():
    for rule in RULES:
        assert "p = p - lr" in rule.__doc__
    assert {rule.__name__ for rule in RULES} == {
        name for name, thing in vars(optimizers).items()
        if isinstance(thing, type) and issubclass(thing, Optimizer) and thing is not Optimizer}


def test_rates_rise_to_the_top_and_fall_to_almost_nothing():
    rates = cosine_rates(1000, 3e-3)
    assert len(rates) == 1000 and max(rates) == pytest.approx(3e-3) and rates[49] == max(rates)
    assert rates[0] == pytest.approx(3e-3 / 50) and 0 < rates[-1] < 1e-7
    assert cosine_rates(1, 1.0) == [0.5] and cosine_rates(0, 1.0) == []
