"""LBFGS takes PyTorch's steps, keeps what PyTorch keeps, and trains what PyTorch's does."""

import copy

import pytest
import torch
from both import assert_like, error_of, mine, theirs

from scratch import torch as ours

CHOSEN = [{}, {"lr": 0.5, "history_size": 3, "max_iter": 8}, {"line_search_fn": "strong_wolfe"},
          {"line_search_fn": "strong_wolfe", "lr": 30.0, "max_iter": 6},
          {"line_search_fn": "strong_wolfe", "lr": 1e-4, "max_eval": 9}, {"tolerance_grad": 0.5},
          {"max_iter": 1}, {"max_eval": 3}, {"tolerance_change": 0.1}]
every = pytest.mark.parametrize("chosen", CHOSEN, ids=str)


def beginning(library, dtype="float64"):
    """A matrix, a column of another, and one that gets no gradient."""
    kind = getattr(library, dtype)
    made = [library.tensor([[1.0, -2.0, 0.5], [0.3, 2.0, -1.0]], dtype=kind),
            library.tensor([[0.1, 7.0], [0.2, 7.0], [0.3, 7.0]], dtype=kind)[:, 0],
            library.ones(2, dtype=kind)]
    return [each.detach().requires_grad_() for each in made]


def closure_of(optimizer, parameters):
    """A loss that is no quadratic, and has valleys."""
    W, b, _ = parameters

    def closure():
        optimizer.zero_grad()
        loss = (W @ b - 1).square().sum() + 0.1 * (W * W - 1).square().sum() + 0.1 * b.square().sum() + (
            W[0] * 3).sin().mean()
        loss.backward()
        return loss
    return closure


def made(library, chosen, parameters):
    optimizer = library.optim.LBFGS(parameters, **chosen)
    return optimizer, closure_of(optimizer, parameters)


@every
def test_steps_are_pytorchs(chosen):
    """Oracle: torch.optim.LBFGS: parameters, losses, how often it evaluated, the names of what it keeps."""
    a, b = beginning(ours), beginning(torch)
    (one, ask), (other, ask_theirs) = made(ours, chosen, a), made(torch, chosen, b)
    for _ in range(3):
        assert_like(one.step(ask), other.step(ask_theirs), 1e-8, 1e-8)    # 60 steps, each of which divides
        assert_like(a, b, 1e-8, 1e-8)
    kept, its = one.state_dict()["state"][0], other.state_dict()["state"][0]
    assert kept["n_iter"] == its["n_iter"] and kept["func_evals"] == its["func_evals"]
    assert its.keys() - kept.keys() <= {"al"} and len(kept.get("ro", ())) == len(its.get("ro") or ())
    assert one.state_dict()["param_groups"] == other.state_dict()["param_groups"] and repr(one) == repr(other)


def test_in_float32_the_first_steps_are_pytorchs():
    """Oracle: torch.optim.LBFGS. Later ones differ as roundings do, divided by what curvature is left."""
    a, b = beginning(ours, "float32"), beginning(torch, "float32")
    for library, parameters in ((ours, a), (torch, b)):
        optimizer, ask = made(library, {"max_iter": 6, "lr": 0.5}, parameters)
        optimizer.step(ask)
    assert_like(a, b, 1e-4, 1e-4)


@pytest.mark.parametrize("chosen", CHOSEN[1:3], ids=str)
def test_training_goes_on_from_the_others_state(chosen):
    """A step of one library, then one of the other from its state_dict; oracle: two of PyTorch's."""
    b = beginning(torch)
    whole, ask = made(torch, chosen, b)
    whole.step(ask), whole.step(ask)
    for first, second, carry in ((ours, torch, theirs), (torch, ours, mine)):
        a = beginning(first)
        one, ask = made(first, chosen, a)
        one.step(ask)
        after = [carry(each).detach().requires_grad_() for each in a]
        two, ask = made(second, {}, after)
        two.load_state_dict(carry(copy.deepcopy(one.state_dict())))
        two.step(ask)
        assert_like([each if second is ours else mine(each) for each in after], b, 1e-8, 1e-8)


@pytest.mark.parametrize("wrong", [
    lambda lib, p: lib.optim.LBFGS([{"params": [p]}, {"params": [lib.ones(1, requires_grad=True)]}]),
    lambda lib, p: lib.optim.LBFGS([p], lr=-1), lambda lib, p: lib.optim.LBFGS([p]).step(),
    lambda lib, p: made(lib, {"line_search_fn": "guess"}, beginning(lib))[0].step(
        lambda: (p * p).sum() + len([p.sum().backward()]))])
def test_what_pytorch_refuses_is_refused(wrong):
    """Oracle: the class of PyTorch's error, or none."""
    assert error_of(wrong, ours, ours.ones(1, requires_grad=True)) is \
        error_of(wrong, torch, torch.ones(1, requires_grad=True))


def test_without_a_closure_it_says_what_one_does():
    with pytest.raises(TypeError, match=r"call step\(closure\), where closure\(\) clears the gradients"):
        ours.optim.LBFGS([ours.ones(1, requires_grad=True)]).step()


def test_hooks_and_schedules_know_of_its_steps():
    """As of any other optimizer's."""
    p = ours.ones(2, requires_grad=True)
    optimizer, seen = ours.optim.LBFGS([p], lr=0.5), []
    optimizer.register_step_pre_hook(lambda *_: seen.append("before"))
    optimizer.register_step_post_hook(lambda *_: seen.append("after"))
    schedule = ours.optim.lr_scheduler.StepLR(optimizer, 1)

    def closure():
        optimizer.zero_grad()
        loss = p.square().sum()
        loss.backward()
        return loss
    optimizer.step(closure), schedule.step()
    assert seen == ["before", "after"] and optimizer.param_groups[0]["lr"] == 0.05


def waves(library, steps):
    """Two LSTM cells that learn to continue sine waves, a number at a time, in float64: the losses."""
    library.manual_seed(0)
    nn, size = library.nn, 6

    class Sequence(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.LSTMCell(1, size), nn.LSTMCell(size, size)
            self.linear = nn.Linear(size, 1)

        def forward(self, waves, future=0):
            h, c, h2, c2 = (library.zeros(len(waves), size, dtype=library.double) for _ in range(4))
            outputs = []
            for x in waves.split(1, dim=1):
                h, c = self.first(x, (h, c))
                h2, c2 = self.second(h, (h2, c2))
                outputs.append(self.linear(h2))
            for _ in range(future):
                h, c = self.first(outputs[-1], (h, c))
                h2, c2 = self.second(h, (h2, c2))
                outputs.append(self.linear(h2))
            return library.cat(outputs, dim=1)

    data = library.sin(library.arange(11, dtype=library.double) / 2 + library.tensor([[0.0], [1.0], [2.5]]))
    model, criterion, losses = Sequence().double(), nn.MSELoss(), []
    optimizer = library.optim.LBFGS(model.parameters(), lr=0.8, max_iter=6)

    def closure():
        optimizer.zero_grad()
        loss = criterion(model(data[:, :-1]), data[:, 1:])
        loss.backward()
        return loss
    for _ in range(steps):
        losses.append(optimizer.step(closure).item())
    with library.no_grad():
        losses.append(criterion(model(data[:, :5], future=6)[:, :-1], data[:, 1:]).item())
    return losses


def test_two_lstm_cells_learn_sine_waves_as_in_pytorch():
    """Oracle: the same lines with torch. It is how PyTorch's examples predict time sequences."""
    found, expected = waves(ours, 3), waves(torch, 3)
    assert found == pytest.approx(expected, rel=1e-6) and found[2] < 0.8 * found[0]
