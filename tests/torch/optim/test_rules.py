"""Each rule takes PyTorch's steps, and keeps what PyTorch keeps, in a form that either loads."""

import copy
import math

import pytest
import torch
from both import assert_like, error_of, mine, theirs
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours

RULES = {
    "SGD": [{}, {"momentum": 0.8}, {"momentum": 0.8, "nesterov": True}, {"momentum": 0.8, "dampening": 0.3},
            {"weight_decay": 0.1}, {"maximize": True, "momentum": 0.5, "weight_decay": 0.1}],
    "Adam": [{}, {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}, {"amsgrad": True},
             {"maximize": True},
             {"decoupled_weight_decay": True, "weight_decay": 0.1}],
    "AdamW": [{}, {"betas": (0.8, 0.95), "weight_decay": 0.3}, {"amsgrad": True, "fused": None}],
    "RMSprop": [{}, {"alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}, {"momentum": 0.8}, {"centered": True},
                {"centered": True, "momentum": 0.5}, {"centered": True, "maximize": True}],
    "Adagrad": [{}, {"weight_decay": 0.1, "lr_decay": 0.1},
                {"initial_accumulator_value": 0.5, "maximize": True}],
}
CASES = [(name, each) for name, several in RULES.items() for each in several]
every = pytest.mark.parametrize("name, chosen", CASES, ids=[f"{name} {chosen}" for name, chosen in CASES])


def beginning(library, dtype):
    """A matrix, a column of another (its memory has gaps), a number, and one that gets no gradient."""
    kind = getattr(library, dtype)
    wide = library.tensor([[1.0, -2.0, 0.5], [0.3, 4.0, -1.0]], dtype=kind)
    made = [wide, library.tensor([[0.1, 7.0], [0.2, 7.0], [0.3, 7.0]], dtype=kind)[:, 0],
            library.tensor(2.0, dtype=kind), library.ones(2, dtype=kind)]
    return [each.detach().requires_grad_() for each in made]


def bumpy(parameters, step):
    """A loss that is no quadratic, and differs from step to step."""
    W, b, c, _ = parameters
    return (W @ b * math.cos(step)).tanh().sum() + (W * c).sin().mean() + 0.1 * (b - c).square().sum()


def walk(library, optimizer, parameters, steps, change_rate=False):
    for step in steps:
        if change_rate:
            optimizer.param_groups[0]["lr"] = 0.05 * (1 + math.sin(step))
        optimizer.zero_grad()
        bumpy(parameters, step).backward()
        optimizer.step()


@every
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_forty_steps_are_pytorchs(name, chosen, dtype):
    """Oracle: torch.optim, with a rate that changes at every step, and what it keeps."""
    a, b = beginning(ours, dtype), beginning(torch, dtype)
    one = getattr(ours.optim, name)(a, lr=0.05, **chosen)
    other = getattr(torch.optim, name)(b, lr=0.05, **chosen)
    walk(ours, one, a, range(40), change_rate=True)
    walk(torch, other, b, range(40), change_rate=True)
    tolerance = 1e-10 if dtype == "float64" else 1e-4    # 40 roundings, which quotients enlarge,
    if dtype == "float32" and "centered" in chosen:      # and differences of nearly equal numbers
        tolerance = 1e-3
    assert_like(a, b, tolerance, tolerance)
    assert a[3].tolist() == [1.0, 1.0]
    kept, its = one.state_dict(), other.state_dict()
    assert kept["param_groups"] == its["param_groups"]
    assert {n: list(each) for n, each in kept["state"].items()} == {n: list(each) for n,
                                                                    each in its["state"].items()}
    for n, each in kept["state"].items():
        for key, value in each.items():
            assert_like(value, its["state"][n][key], tolerance * 10, tolerance * 10)
    assert repr(one) == repr(other)


@every
def test_training_goes_on_from_the_others_state(name, chosen):
    """10 steps on one library, then 10 on the other from its state_dict; oracle: 20 steps on PyTorch."""
    b = beginning(torch, "float64")
    whole = getattr(torch.optim, name)(b, lr=0.05, **chosen)
    walk(torch, whole, b, range(20))
    for first, second, carry in ((ours, torch, theirs), (torch, ours, mine)):
        a = beginning(first, "float64")
        one = getattr(first.optim, name)(a, lr=0.05, **chosen)
        walk(first, one, a, range(10))
        after = [carry(each).detach().requires_grad_() for each in a]
        two = getattr(second.optim, name)(after, lr=0.9)
        two.load_state_dict(carry(copy.deepcopy(one.state_dict())))
        walk(second, two, after, range(10, 20))
        assert_like([each if second is ours else mine(each) for each in after], b, 1e-10, 1e-10)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(CASES), st.lists(st.lists(st.floats(-100, 100, width=32), min_size=3, max_size=3),
                                        min_size=1, max_size=6))
def test_any_gradients(case, gradients):
    """Oracle: torch.optim in float32, on gradients that come from nowhere, zeros and large ones included."""
    name, chosen = case
    seen = []
    for library in (ours, torch):
        p = library.tensor([1.0, -2.0, 0.5], requires_grad=True)
        optimizer = getattr(library.optim, name)([p], **chosen)
        for gradient in gradients:
            p.grad = library.tensor(gradient)
            optimizer.step()
        seen.append(p)
    assert_like(*seen, 1e-4, 1e-5)


@pytest.mark.parametrize("wrong", [
    lambda lib, p: lib.optim.SGD([p], lr=-0.1), lambda lib, p: lib.optim.SGD([p], lr=0.1, momentum=-1),
    lambda lib, p: lib.optim.SGD([p], lr=0.1, nesterov=True), lambda lib,
    p: lib.optim.SGD([p], lr=0.1, weight_decay=-1),
    lambda lib, p: lib.optim.SGD([p], lr=0.1, nesterov=True, momentum=0.9, dampening=0.1),
    lambda lib, p: lib.optim.Adam([p], lr=-1), lambda lib, p: lib.optim.Adam([p], betas=(1.0, 0.9)),
    lambda lib, p: lib.optim.Adam([p], betas=(0.9, -0.1)), lambda lib, p: lib.optim.Adam([p], eps=-1.0),
    lambda lib, p: lib.optim.AdamW([p], weight_decay=-1.0), lambda lib, p: lib.optim.RMSprop([p], alpha=-1.0),
    lambda lib, p: lib.optim.RMSprop([p], momentum=-1.0), lambda lib,
    p: lib.optim.Adagrad([p], lr_decay=-1.0),
    lambda lib, p: lib.optim.Adagrad([p], initial_accumulator_value=-1.0)])
def test_settings_that_make_no_sense_are_refused(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, ours, ours.ones(1, requires_grad=True)) is \
        error_of(wrong, torch, torch.ones(1, requires_grad=True)) is ValueError


def test_what_is_left_out_is_refused_by_name():
    p = ours.ones(1, requires_grad=True)
    with pytest.raises(NotImplementedError, match="no differentiable"):
        ours.optim.SGD([p], lr=0.1, differentiable=True)
    with pytest.raises(NotImplementedError, match="no capturable"):
        ours.optim.Adam([p], capturable=True)
    with pytest.raises(AttributeError, match="no torch.optim.Rprop; it has SGD, Adam, AdamW, RMSprop"):
        ours.optim.Rprop    # noqa: B018


@every
def test_a_step_is_seen_by_a_graph_that_had_saved_the_parameter(name, chosen):
    """As in PyTorch, whose in-place steps raise the version of the parameter."""
    for library in (ours, torch):
        p = library.ones(2, requires_grad=True)
        optimizer = getattr(library.optim, name)([p], **chosen)
        loss = (p * p).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        assert error_of(loss.backward) is RuntimeError


def test_a_rate_may_be_a_tensor():
    """Oracle: torch.optim with lr=torch.tensor(0.1)."""
    seen = []
    for library in (ours, torch):
        p = library.ones(2, requires_grad=True)
        optimizer = library.optim.Adam([p], lr=library.tensor(0.1))
        p.sum().backward()
        optimizer.step()
        seen.append(p)
    assert_like(*seen)
