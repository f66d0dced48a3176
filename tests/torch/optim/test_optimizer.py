"""Groups of parameters, state_dict, hooks and refusals are those of torch.optim.Optimizer."""

import pytest
import torch
from both import assert_like, error_of, mine

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


def two(library):
    return [library.ones(2, requires_grad=True), library.ones(1, requires_grad=True)]


@BOTH
def test_groups_have_settings_of_their_own(library):
    a, b = two(library)
    optimizer = library.optim.SGD([{"params": [a]}, {"params": b, "lr": 0.5, "note": "mine"}], lr=0.1,
                                  momentum=0.9)
    assert [(g["lr"], g["momentum"], len(g["params"])) for g in optimizer.param_groups] == [(0.1, 0.9, 1),
                                                                                            (0.5, 0.9, 1)]
    assert optimizer.param_groups[1]["note"] == "mine" and optimizer.defaults["lr"] == 0.1
    (a.sum() + b.sum()).backward()
    optimizer.step()
    assert a.tolist() == pytest.approx([0.9, 0.9]) and b.item() == 0.5
    more = library.ones(3, requires_grad=True)
    optimizer.add_param_group({"params": more})
    assert optimizer.param_groups[2]["lr"] == 0.1 and optimizer.param_groups[2]["params"] == [more]
    state = optimizer.state_dict()
    assert [g["params"] for g in state["param_groups"]] == [[0], [1], [2]] and sorted(state["state"]) == [0,
                                                                                                          1]


@BOTH
def test_a_gradient_of_none_moves_nothing_and_zero_grad_forgets(library):
    a, b = two(library)
    optimizer = library.optim.Adam([a, b])
    a.sum().backward()
    optimizer.step()
    assert b.tolist() == [1.0] and list(optimizer.state) == [a]
    optimizer.zero_grad(set_to_none=False)
    assert a.grad.tolist() == [0.0, 0.0] and b.grad is None
    optimizer.zero_grad()
    assert a.grad is None


@BOTH
def test_a_closure_is_called_with_gradients_on(library):
    a, _ = two(library)
    optimizer = library.optim.SGD([a], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (a * a).sum()
        loss.backward()
        return loss

    assert optimizer.step(closure).item() == 2.0 and a.tolist() == pytest.approx([0.8, 0.8])
    assert optimizer.step() is None


@BOTH
def test_names_are_kept(library):
    net = library.nn.Linear(2, 1)
    optimizer = library.optim.SGD(net.named_parameters(), lr=0.1)
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]
    assert optimizer.param_groups[0]["params"][0] is net.weight


@BOTH
def test_hooks_run_before_and_after_a_step(library):
    a, _ = two(library)
    optimizer, seen = library.optim.SGD([a], lr=0.1), []
    before = optimizer.register_step_pre_hook(lambda opt, args,
                                              kwargs: seen.append(("before", opt is optimizer)))
    optimizer.register_step_post_hook(lambda opt, args, kwargs: seen.append("after"))
    optimizer.step()
    before.remove()
    optimizer.step()
    assert seen == [("before", True), "after", "after"]


@BOTH
def test_a_loaded_state_is_a_copy_in_the_parameters_dtype(library):
    a = library.ones(2, requires_grad=True)
    optimizer = library.optim.Adam([a], lr=0.5)
    a.sum().backward()
    optimizer.step()
    state = optimizer.state_dict()
    b = library.ones(2, dtype=library.float64, requires_grad=True)
    other = library.optim.Adam([b], lr=0.1, weight_decay=0.3)
    other.load_state_dict(state)
    kept = other.state[b]
    assert kept["exp_avg"].dtype == library.float64 and kept["step"].dtype == library.float32
    assert other.param_groups[0]["lr"] == 0.5 and other.param_groups[0]["weight_decay"] == 0
    kept["exp_avg"].fill_(9.0)
    assert optimizer.state[a]["exp_avg"].tolist() != [9.0, 9.0]
    assert other.param_groups[0]["params"][0] is b


@pytest.mark.parametrize("wrong", [
    lambda lib: lib.optim.SGD([], lr=0.1), lambda lib: lib.optim.SGD(lib.ones(1), lr=0.1),
    lambda lib: lib.optim.SGD([3], lr=0.1), lambda lib: lib.optim.SGD([lib.ones(1, requires_grad=True) * 2],
                                                                      lr=0.1),
    lambda lib: lib.optim.SGD([{"params": {1, 2}}], lr=0.1),
    lambda lib: lib.optim.SGD(two(lib) * 2, lr=0.1).add_param_group(3),
    lambda lib: lib.optim.SGD(two(lib), lr=0.1).add_param_group([lib.ones(1)]),
    lambda lib: again(lib), lambda lib: lib.optim.SGD(two(lib),
                                                      0.1).load_state_dict(lib.optim.SGD(two(lib)[:1],
                                                                                         0.1).state_dict()),
    lambda lib: lib.optim.SGD([{"params": two(lib)}], 0.1).load_state_dict(
        lib.optim.SGD([{"params": each} for each in two(lib)], 0.1).state_dict())])
@pytest.mark.filterwarnings("ignore")
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, ours) is error_of(wrong, torch) is not None


def again(lib):
    a, b = two(lib)
    lib.optim.SGD([{"params": [a]}, {"params": [b, a]}], lr=0.1)


def test_errors_teach():
    a, b = two(ours)
    with pytest.raises(ValueError, match="a generator such as parameters"):
        ours.optim.SGD([], lr=0.1)
    with pytest.raises(ValueError, match="in two groups, and would be moved twice"):
        again(ours)
    with pytest.raises(ValueError, match=r"groups of \[1\] parameters, and this optimizer has"):
        ours.optim.SGD([a, b], 0.1).load_state_dict(ours.optim.SGD([a], 0.1).state_dict())
    with pytest.raises(NotImplementedError, match="Optimizer has no rule"):
        a.sum().backward()
        ours.optim.Optimizer([a], {}).step()


def test_a_step_count_that_is_a_number_is_taken_too():
    """Files of older versions have an int where there is a tensor today."""
    a = ours.ones(2, requires_grad=True)
    optimizer = ours.optim.Adam([a])
    optimizer.load_state_dict({"state": {0: {"step": 3, "exp_avg": ours.zeros(2),
                                             "exp_avg_sq": ours.zeros(2)}},
                               "param_groups": optimizer.state_dict()["param_groups"]})
    a.sum().backward()
    optimizer.step()
    assert_like(optimizer.state[a]["step"], torch.tensor(4.0)) or mine(a)
