"""Clipping, and parameters as one vector, are PyTorch's."""

import math

import pytest
import torch
from both import assert_like, error_of

from scratch import torch as ours
from scratch.torch.nn import utils


def parameters(library, size=1.0):
    """Three tensors, two of which have a gradient."""
    made = [library.tensor([[3.0, -4.0]]), library.tensor([12.0]), library.tensor([1.0])]
    for each in made:
        each.requires_grad_()
    for each in made[:2]:
        each.grad = (each.detach() * size)
    return made


@pytest.mark.parametrize("norm_type", [2.0, 1.0, math.inf, 3.0])
@pytest.mark.parametrize("limit", [1.0, 100.0])
def test_the_norm_is_returned_and_the_gradients_scaled(norm_type, limit):
    """Oracle: torch.nn.utils.clip_grad_norm_."""
    a, b = parameters(ours), parameters(torch)
    assert_like(utils.clip_grad_norm_(iter(a), limit, norm_type),
                torch.nn.utils.clip_grad_norm_(iter(b), limit, norm_type))
    assert_like([each.grad for each in a[:2]], [each.grad for each in b[:2]])
    assert a[2].grad is None
    assert_like(utils.clip_grad_norm_(a[0], 0.5), torch.nn.utils.clip_grad_norm_(b[0], 0.5))
    assert_like(utils.clip_grad_norm_(a[2], 0.5), torch.nn.utils.clip_grad_norm_(b[2], 0.5))


def test_gradients_that_are_not_finite_are_refused_if_asked():
    assert not math.isfinite(utils.clip_grad_norm_(parameters(ours, math.inf), 1.0))
    for library in (ours, torch):
        assert error_of(lambda lib: lib.nn.utils.clip_grad_norm_(parameters(lib, math.inf), 1.0,
                                                                 error_if_nonfinite=True),
                                                                 library) is RuntimeError


def test_the_two_halves_and_clipping_each_number():
    """Oracle: torch.nn.utils."""
    a, b = parameters(ours), parameters(torch)
    totals = [lib.nn.utils.get_total_norm([p.grad for p in ps[:2]]) for lib, ps in ((ours, a), (torch, b))]
    assert_like(*totals)
    ours.nn.utils.clip_grads_with_norm_(a, 2.0, totals[0]), torch.nn.utils.clip_grads_with_norm_(b, 2.0,
                                                                                                 totals[1])
    assert_like([each.grad for each in a[:2]], [each.grad for each in b[:2]])
    utils.clip_grad_value_(a, 0.5), torch.nn.utils.clip_grad_value_(b, 0.5)
    assert_like([each.grad for each in a[:2]], [each.grad for each in b[:2]])


@pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])
def test_parameters_as_a_vector_and_back(library):
    nets = [library.nn.Linear(3, 2), library.nn.Linear(3, 2)]
    vector = library.nn.utils.parameters_to_vector(nets[0].parameters())
    assert tuple(vector.shape) == (8,) and vector.requires_grad
    before = list(nets[1].parameters())
    library.nn.utils.vector_to_parameters(vector, nets[1].parameters())
    assert all(p is q for p, q in zip(before, nets[1].parameters()))
    for name in ("weight", "bias"):
        assert getattr(nets[1], name).tolist() == getattr(nets[0], name).tolist()
    assert nets[1].weight.is_leaf and error_of(library.nn.utils.vector_to_parameters, 3, before) is TypeError
