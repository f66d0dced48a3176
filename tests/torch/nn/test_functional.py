"""torch.nn.functional: what it gathers has PyTorch's names, and what is only here PyTorch's numbers."""

import inspect

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function

from scratch import torch as ours
from scratch.torch.nn import functional as f

NAMES = [name for name, each in vars(f).items() if inspect.isfunction(each) and hasattr(F, name)]


def arguments(function):
    """The names of its arguments; none where it is written in C++, or hidden behind a dispatcher."""
    try:
        names = list(inspect.signature(function).parameters)
    except ValueError:
        return []
    return [] if set(names) <= {"args", "kwargs"} else names


def test_every_public_function_has_a_name_of_pytorchs():
    here = {name for name, each in vars(f).items() if inspect.isfunction(each) and not name.startswith("_")}
    assert len(NAMES) > 60 and here - set(NAMES) == {"empty_like",
                                                     "zeros_like"}    # which it imports for itself


@pytest.mark.parametrize("name", [name for name in NAMES if arguments(getattr(F, name))])
def test_arguments_have_pytorchs_names_and_order(name):
    """Oracle: the signature of PyTorch's function, where Python can see it."""
    here, there = arguments(getattr(f, name)), arguments(getattr(F, name))
    assert here[:2] == there[:2] and [each for each in there if each in here] == here


@pytest.mark.parametrize("settings", [{}, {"dim": 0}, {"p": 1.0}, {"p": 3.0, "dim": -1}])
def test_normalize(settings):
    """Oracle: torch.nn.functional.normalize, a row of zeros included."""
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert_same_function(lambda x: f.normalize(x, **settings), lambda x: F.normalize(x, **settings), [x],
                         1e-8,
                         second=settings.get("p") != 1.0)
    assert_like(f.normalize(ours.zeros(2, 3)), F.normalize(torch.zeros(2, 3)))


@pytest.mark.parametrize("hard", [False, True])
def test_gumbel_softmax(hard):
    """Oracle: torch.nn.functional.gumbel_softmax from the same seed, and its gradient."""
    x = torch.randn(6, 5, requires_grad=True)
    copy = ours.tensor(x.tolist(), requires_grad=True)
    ours.manual_seed(1), torch.manual_seed(1)
    y, z = f.gumbel_softmax(copy, 0.7, hard), F.gumbel_softmax(x, 0.7, hard)
    assert_like(y, z, 1e-5, 1e-6)
    y[0, 0].backward(), z[0, 0].backward()
    assert_like(copy.grad, x.grad, 1e-4, 1e-6)


def test_a_graph_is_named_as_pytorch_names_it():
    x = ours.randn(2, 3).requires_grad_()
    y = ours.tensor([0, 1])
    names = [f.gelu(x), f.layer_norm(x, (3,)), f.cross_entropy(x, y), f.softmax(x, 1), f.log_softmax(x, 1),
             f.batch_norm(x, None, None, training=True)]
    assert [each.grad_fn.name() for each in names] == [
        "GeluBackward0", "NativeLayerNormBackward0", "NllLossBackward0", "SoftmaxBackward0",
        "LogSoftmaxBackward0",
        "NativeBatchNormBackward0"]
