"""The same numbers elsewhere: flips, rolls, repetitions, triangles, diagonals and grids equal PyTorch's."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_programs import both, same, unequal

from scratch import torch as ours

SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 4]), max_size=3).map(tuple)
OF_ANY = [
    "flip(0)", "flip(-1, 0)", "roll(1)", "roll(1, 0)", "roll((1, -2), (0, 1))", "repeat(2)",
    "repeat(2, 1, 3)", "repeat(1, 2)", "tile((2,))", "tile((2, 1, 1, 2))", "repeat_interleave(2)",
    "repeat_interleave(3, 0)", "repeat_interleave(torch.arange(len(x)), 0)", "tril()", "triu(1)",
    "tril(-1)", "diag()", "diag(1)", "diag_embed()", "diag_embed(-1)", "trace()", "diagonal(1)"]


@settings(max_examples=150)
@given(SHAPES, st.sampled_from(OF_ANY), st.booleans())
def test_arrangements_and_their_gradients_equal_pytorchs(shape, text, turned):
    """Oracle: PyTorch: numbers, strides, gradients and the classes of errors, for any number of axes."""
    base = f"(torch.arange({math.prod(shape)}).double() + 1).view({shape}).requires_grad_()"
    lines = [f"b = {base}", "x = b" + ".mT" * (turned and len(shape) > 1), f"y = x.{text}",
             "g, = torch.autograd.grad((y * y * y).sum(), b, create_graph=True)",
             "h, = torch.autograd.grad((g * g).sum(), b)"]
    theirs, mine = both(lines)
    if "y" in theirs:
        assert not unequal(mine["y"], theirs["y"]), (lines, unequal(mine["y"], theirs["y"]))
    for name in ("g", "h"):
        if name in theirs:
            assert same(mine[name], theirs[name]), (lines, name)


@pytest.mark.parametrize("text", [
    "torch.meshgrid(x, y, indexing='ij')", "torch.meshgrid(x, y, indexing='xy')",
    "torch.cartesian_prod(x, y)", "torch.cartesian_prod(x)", "torch.combinations(x)",
    "torch.combinations(x, 3)", "torch.combinations(y, 2, with_replacement=True)",
    "torch.tril_indices(3, 4)", "torch.triu_indices(3, 4, 1)", "torch.tril_indices(2, 2, -2)"])
def test_grids_equal_pytorchs(text):
    """Oracle: PyTorch."""
    theirs, mine = both(["x, y = torch.arange(4), torch.arange(3) + 10", f"z = {text}"])
    a, b = theirs["z"], mine["z"]
    for each, other in zip(*([a], [b]) if not isinstance(a, tuple) else (a, b), strict=True):
        assert same(other, each)


def test_a_causal_mask_is_a_triangle_of_ones():
    assert ours.ones(3, 3).tril().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
