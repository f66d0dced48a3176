"""SGD takes the steps that torch.optim.SGD takes."""

import math

import pytest
import torch

from scratch.micrograd.engine import Value
from scratch.micrograd.optim import SGD


@pytest.mark.parametrize("settings", [
    {"lr": 0.1}, {"lr": 0.05, "momentum": 0.9}, {"lr": 0.1, "weight_decay": 0.01},
    {"lr": 0.03, "momentum": 0.8, "weight_decay": 0.1}], ids=lambda settings: ", ".join(settings))
def test_a_hundred_steps_are_pytorchs(settings):
    """Oracle: torch.optim.SGD in float64 on the same curved loss, the rate halved half way."""
    def loss(a, b):
        return (a * b - 2) ** 2 + (a - 0.5).tanh() * 0.3

    ours = [Value(1.5), Value(-0.5)]
    theirs = [torch.tensor(number, dtype=torch.float64, requires_grad=True) for number in (1.5, -0.5)]
    optimizer, oracle = SGD(ours, **settings), torch.optim.SGD(theirs, **settings)
    for step in range(100):
        if step == 50:
            optimizer.lr = oracle.param_groups[0]["lr"] = settings["lr"] / 2
        for each, inputs in ((optimizer, ours), (oracle, theirs)):
            value = loss(*inputs)
            each.zero_grad()
            value.backward()
            each.step()
    assert [p.data for p in ours] == pytest.approx([p.item() for p in theirs], rel=1e-10)


def test_zero_grad_forgets_and_step_alone_does_not():
    x = Value(1.0)
    optimizer = SGD([x], lr=0.5)
    (x * 3).backward()
    optimizer.step()
    assert (x.data, x.grad) == (-0.5, 3.0)
    optimizer.zero_grad()
    assert x.grad == 0.0


@pytest.mark.parametrize("make, error, says", [
    (lambda: SGD([], lr=0.1), ValueError, "no parameter"),
    (lambda: SGD([Value(1.0) * 2], lr=0.1), TypeError, "a leaf Value"),
    (lambda: SGD([1.0], lr=0.1), TypeError, "not 1.0"),
    (lambda: SGD([Value(1.0)], lr=-0.1), ValueError, "lr must not be negative"),
    (lambda: SGD([Value(1.0)], lr=math.nan), ValueError, "lr must not be negative or nan, as nan"),
    (lambda: SGD([Value(1.0)], lr=0.1, momentum=-1), ValueError, "momentum"),
    (lambda: SGD([Value(1.0)], lr=0.1, weight_decay=-1), ValueError, "weight_decay"),
])
def test_what_cannot_be_optimised_is_an_error_that_says_why(make, error, says):
    with pytest.raises(error, match=says):
        make()
