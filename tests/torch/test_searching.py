"""nonzero, masks, bincount, unique and searchsorted find what PyTorch's find."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_programs import both, same, unequal

from scratch import torch as ours

SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 4]), max_size=3).map(tuple)


@st.composite
def tensors(draw, kind=None):
    """Text of a tensor of few different numbers, some of them 0, sometimes transposed."""
    shape = draw(SHAPES)
    kind = draw(st.sampled_from(["float64", "int64", "bool"])) if kind is None else kind
    size = max(1, torch.Size(shape).numel())
    numbers = draw(st.lists(st.integers(0, 3), min_size=size, max_size=size))
    text = f"torch.tensor({numbers}).to(torch.{kind})[:{torch.Size(shape).numel()}].view({shape})"
    return text + ".mT" * (len(shape) > 1 and draw(st.booleans()))


@settings(max_examples=60)
@given(tensors())
def test_nonzero_equals_pytorchs(x):
    """Oracle: PyTorch, as one tensor and as one vector for each axis."""
    theirs, mine = both([f"x = {x}", "y = x.nonzero()", "z = x.nonzero(as_tuple=True)", "w = torch.where(x)"])
    assert not unequal(mine["y"], theirs["y"])
    for name in ("z", "w"):
        assert len(mine[name]) == len(theirs[name])
        assert all(same(a, b) for a, b in zip(mine[name], theirs[name]))


@settings(max_examples=60)
@given(tensors("float64"), st.data())
def test_masked_select_and_scatter_equal_pytorchs(x, data):
    """Oracle: PyTorch, with their gradients."""
    theirs, mine = both([
        f"x = {x}.clone().requires_grad_()", "y = x.masked_select(x > 1)", "w = torch.arange(64.0).double()",
        "z = x.masked_scatter(x > 1, w.requires_grad_())", "s = (y * y).sum() + (z * z * z).sum()",
        "g, h = torch.autograd.grad(s, (x, w))"])
    for name in ("y", "z", "g", "h"):
        assert same(mine[name], theirs[name]), name


@settings(max_examples=40)
@given(st.lists(st.integers(-1, 6), max_size=12), st.integers(-1, 9), st.booleans())
def test_bincount_equals_pytorchs(numbers, least, weighted):
    """Oracle: PyTorch; a number below 0 is a RuntimeError in both."""
    weights = ", torch.arange(len(x)).float()" if weighted else ""
    theirs, mine = both([f"x = torch.tensor({numbers}, dtype=torch.int64)",
                         f"y = torch.bincount(x{weights}, minlength={least})"])
    if "y" in theirs:
        assert not unequal(mine["y"], theirs["y"])


@settings(max_examples=40)
@given(tensors())
def test_unique_equals_pytorchs(x):
    """Oracle: PyTorch: the numbers in order, where each came from, and how often it was there."""
    theirs, mine = both([f"x = {x}", "y, i, c = torch.unique(x, return_inverse=True, return_counts=True)"])
    for name in ("y", "i", "c"):
        assert same(mine[name], theirs[name]), (x, name)


@settings(max_examples=40)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.lists(st.integers(-1, 10), max_size=6),
       st.booleans())
def test_searchsorted_equals_pytorchs(sequence, values, right):
    """Oracle: PyTorch, with equal numbers on either side."""
    theirs, mine = both([f"s = torch.tensor({sorted(sequence)})",
                         f"v = torch.tensor({values}, dtype=torch.int64)",
                         f"y = torch.searchsorted(s, v, right={right})",
                         f"z = torch.bucketize(v, s, right={right})",
                         f"w = torch.searchsorted(s, 4, right={right})"])
    for name in ("y", "z", "w"):
        assert same(mine[name], theirs[name]), name


@settings(max_examples=60)
@given(tensors(), st.integers(-3, 2))
def test_unique_along_an_axis_equals_pytorchs(x, dim):
    """Oracle: PyTorch; slices without a number are a RuntimeError in both."""
    theirs, mine = both([
        f"x = {x}", f"y, i, c = x.unique(dim={dim}, return_inverse=True, return_counts=True)"])
    for name in ("y", "i", "c") if "y" in theirs else ():
        assert same(mine[name], theirs[name]), (x, dim, name)


def test_a_source_that_is_too_short_is_refused():
    with pytest.raises(RuntimeError, match="source has 1"):
        ours.zeros(3).masked_scatter(ours.tensor([True, True, False]), ours.ones(1))
