"""Walks through a module find the same as PyTorch's, in the same order, and acts reach all of it."""

import pytest
import torch
from both import error_of, network_of_everything as make

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


@pytest.mark.parametrize("walk", [
    lambda m: [name for name, _ in m.named_parameters()],
    lambda m: [name for name, _ in m.named_parameters(remove_duplicate=False)],
    lambda m: [name for name, _ in m.named_parameters(recurse=False, prefix="p")],
    lambda m: [name for name, _ in m.named_parameters(prefix="p.q")],
    lambda m: [name for name, _ in m.named_buffers()],
    lambda m: [name for name, _ in m.named_buffers(remove_duplicate=False)],
    lambda m: [name for name, _ in m.named_modules()],
    lambda m: [name for name, _ in m.named_modules(remove_duplicate=False, prefix="x")],
    lambda m: [name for name, _ in m.named_children()],
    lambda m: [type(each).__name__ for each in m.children()],
    lambda m: [type(each).__name__ for each in m.modules()],
    lambda m: [tuple(p.shape) for p in m.parameters()],
    lambda m: [tuple(b.shape) for b in m.buffers()],
    lambda m: list(m.state_dict()), lambda m: list(m.state_dict(prefix="net.")),
    lambda m: [type(t).__name__ for t in m.state_dict(keep_vars=True).values()],
    lambda m: [type(t).__name__ for t in m.state_dict().values()],
    lambda m: type(m.get_submodule("child.0")).__name__, lambda m: m.get_submodule("") is m,
    lambda m: tuple(m.get_parameter("child.0.weight").shape),
    lambda m: tuple(m.get_buffer("first.kept").shape),
    lambda m: error_of(m.get_submodule, "child.5"), lambda m: error_of(m.get_parameter, "plain"),
    lambda m: error_of(m.get_buffer, "first.w"),
    lambda m: sorted(set(dir(m)) & {"shared", "first", "none", "plain", "absent", "child"}),
    repr,
])
def test_walks_find_the_same_in_the_same_order(walk):
    """Oracle: the same class on PyTorch."""
    assert walk(make(ours)) == walk(make(torch))


@BOTH
def test_modes_reach_all_modules(library):
    m = make(library)
    assert m.eval() is m and not any(each.training for each in m.modules())
    m.first.train()
    assert [each.training for each in m.modules()] == [False, True, False, False, False]
    assert m.train() is m and all(each.training for each in m.modules())


@BOTH
def test_apply_goes_from_the_inside_out(library):
    m, seen = make(library), []
    assert m.apply(lambda each: seen.append(type(each).__name__)) is m
    assert seen == ["Inner", "Linear", "Tanh", "Sequential", "Outer"]


@BOTH
def test_gradients_are_forgotten_or_zeroed_and_switched_off(library):
    m = make(library)
    m(library.ones(1, 2)).sum().backward()
    m.zero_grad(set_to_none=False)
    assert all(not p.grad.any() for p in m.parameters())
    m.zero_grad()
    assert all(p.grad is None for p in m.parameters())
    assert m.requires_grad_(False) is m and not any(p.requires_grad for p in m.parameters())


@BOTH
def test_a_dtype_applies_to_floats_and_keeps_the_parameters_themselves(library):
    m = make(library)
    m.register_buffer("ids", library.tensor([1]))
    m(library.ones(1, 2)).sum().backward()
    before = list(m.parameters())
    assert m.double() is m
    assert all(p is q for p, q in zip(before, m.parameters()))
    assert {p.dtype for p in m.parameters()} == {p.grad.dtype for p in m.parameters()} == {library.float64}
    assert m.ids.dtype == library.int64 and m.first.kept.dtype == library.float64
    m.to(library.zeros(1, dtype=library.float16))
    assert m.shared.dtype == library.float16
    assert m.to("cpu", library.float32).shared.dtype == m.float().shared.dtype == library.float32
    assert m.half().shared.dtype == library.float16 and m.bfloat16().shared.dtype == library.bfloat16
