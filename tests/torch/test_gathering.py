"""gather, scatter and their relatives: elements by number along an axis, and where their gradients go."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_programs import both, same, unequal

from scratch import torch as ours

SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 4]), max_size=3).map(tuple)


def numbered(shape):
    """Text of a leaf of float64 whose elements are 1, 2, 3, ..., with a gradient."""
    count = math.prod(shape)
    return f"(torch.arange({count}).double() + 1).view({shape}).requires_grad_()"


@st.composite
def places(draw, shape, n, low=0):
    """Text of whole numbers from low to n - 1 in a shape; one in ten is beyond the end."""
    wrong = draw(st.integers(0, 9)) == 0
    count = math.prod(shape)
    numbers = draw(st.lists(st.integers(low, max(n - 1 + wrong, low)), min_size=count, max_size=count))
    kind = draw(st.sampled_from(["int64", "int64", "int32"]))
    return f"torch.tensor({numbers}, dtype=torch.{kind}).view({shape})"


def compare(lines):
    """Run lines that make y of x, w and index; compare y, its gradients and those of their squares."""
    theirs, mine = both([*lines, "s = (y * y * y).sum()",
                         "g = torch.autograd.grad(s, (x, w), create_graph=True, allow_unused=True)",
                         "h = torch.autograd.grad((g[0] * g[0]).sum(), x, allow_unused=True)[0]"])
    if "y" in theirs:
        assert not unequal(mine["y"], theirs["y"]), (lines, unequal(mine["y"], theirs["y"]))
    for a, b in zip(theirs.get("g", ()), mine.get("g", ())):
        assert (a is None) == (b is None) and (a is None or same(b, a)), lines
    if theirs.get("h") is not None:
        assert same(mine["h"], theirs["h"]), lines


@settings(max_examples=60)
@given(st.data())
def test_gather_and_its_gradients_equal_pytorchs(data):
    """Oracle: PyTorch, and its classes of errors for indices beyond the end and of other shapes."""
    shape = data.draw(SHAPES)
    axis = data.draw(st.integers(-max(len(shape), 1), max(len(shape), 1) - 1))
    around = tuple(data.draw(st.integers(0, n + (data.draw(st.integers(0, 15)) == 0))) for n in shape)
    index = data.draw(places(around, shape[axis] if shape else 1))
    turned = "x.mT.contiguous().mT" if len(shape) > 1 and data.draw(st.booleans()) else "x"
    compare([f"x = {numbered(shape)}", "w = x", f"index = {index}", f"y = {turned}.gather({axis}, index)"])


@settings(max_examples=60)
@given(st.data(), st.sampled_from(["scatter", "scatter_add"]))
def test_scatter_and_its_gradients_equal_pytorchs(data, name):
    """Oracle: PyTorch, where each place is written to once; scatter_add also where several fall together."""
    shape = data.draw(SHAPES.filter(lambda shape: math.prod(shape) > 0))
    axis = data.draw(st.integers(0, max(len(shape) - 1, 0)))
    index = data.draw(places(shape, shape[axis] if shape else 1))
    if name == "scatter":    # a permutation along the axis
        index = f"torch.rand({shape}).argsort({axis})" if shape else "torch.tensor(0)"
        order = list(range(shape[axis] if shape else 1))[::-1]
        lead = [1] * len(shape)
        if shape:
            lead[axis] = -1
            index = f"torch.tensor({order}).view({lead}).expand({shape}).contiguous()"
    compare([f"x = {numbered(shape)}", f"w = {numbered(shape)}", f"index = {index}",
             f"y = x.{name}({axis}, index, w * w)"])


@settings(max_examples=60)
@given(st.data(), st.sampled_from([
    "index_select({0}, index)", "index_add({0}, index, w)", "index_copy({0}, index, w)",
    "index_add({0}, index, w, alpha=2)", "index_fill({0}, index, 0.5)"]))
def test_whole_places_along_an_axis_equal_pytorchs(data, text):
    """Oracle: PyTorch."""
    shape = data.draw(SHAPES.filter(lambda shape: math.prod(shape) > 0))
    axis = data.draw(st.integers(0, max(len(shape) - 1, 0)))
    n = shape[axis] if shape else 1
    count = data.draw(st.integers(0, 3))
    if "copy" in text:    # of equal indices, which one is last is not defined
        numbers = data.draw(st.permutations(range(n)))[:count]
    else:
        numbers = data.draw(st.lists(st.integers(0, n - 1), min_size=count, max_size=count))
    source = list(shape)
    if shape:
        source[axis] = len(numbers)
    elif len(numbers) != 1:
        numbers = [0]
    compare([f"x = {numbered(shape)}", f"w = {numbered(tuple(source))}",
             f"index = torch.tensor({numbers}, dtype=torch.int64)", f"y = x.{text.format(axis)}"])


@settings(max_examples=40)
@given(st.data())
def test_take_counts_from_either_end(data):
    """Oracle: PyTorch."""
    shape = data.draw(SHAPES.filter(lambda shape: math.prod(shape) > 0))
    count = math.prod(shape)
    index = data.draw(places(data.draw(SHAPES), count, -count))
    compare([f"x = {numbered(shape)}", "w = x", f"y = x.take({index})"])
    if shape:
        axis = data.draw(st.integers(0, len(shape) - 1))
        one = tuple(1 if at != axis else n for at, n in enumerate(shape))
        numbers = data.draw(st.lists(st.integers(-shape[axis], shape[axis] - 1), min_size=math.prod(one),
                                     max_size=math.prod(one)))
        compare([f"x = {numbered(shape)}", "w = x", f"index = torch.tensor({numbers}).view({one})",
                 f"y = torch.take_along_dim(x, index, {axis})"])


def test_in_place_forms_write_into_their_tensor():
    x = ours.zeros(2, 3)
    index = ours.tensor([[0, 1, 0]])
    x.scatter_add_(0, index, ours.ones(1, 3)).scatter_(1, ours.tensor([[2], [0]]), 5.0)
    x.index_fill_(0, ours.tensor([-1]), 7)
    assert x.tolist() == [[1, 0, 5], [7, 7, 7]] and x._version == 3


@pytest.mark.parametrize("statement, error, words", [
    ("x.gather(0, t.tensor([[3]]))", RuntimeError, "index 3 on axis 0, whose places are numbered from 0"),
    ("x.gather(0, t.tensor([[-1]]))", RuntimeError, "index -1"),
    ("x.gather(0, t.tensor([0]))", RuntimeError, "as many axes"),
    ("x.gather(0, t.tensor([[0.5]]))", RuntimeError, "int64 or int32"),
    ("x.index_select(0, t.tensor([3]))", IndexError, "index 3"),
    ("x.index_select(0, t.tensor([[0]]))", IndexError, "vector"),
    ("x[:0].index_select(0, t.tensor([0, 0]))", RuntimeError, "axis 0 has no places, and the index 2"),
    ("x.index_add(0, t.tensor([0]), t.ones(2, 4))", RuntimeError, "2 places in source"),
    ("x.index_add(0, t.tensor([0]), t.ones(1, 3))", RuntimeError, "differ on other axes"),
    ("x.scatter(0, t.tensor([[0]]), t.ones(1, 1).double())", RuntimeError, "float64"),
    ("x.scatter_add(0, t.tensor([[0]]), 1.0)", TypeError, "adds a tensor"),
    ("x.scatter(0, t.tensor([[0]]), 1.0, reduce='multiply')", NotImplementedError, "reduce='add'"),
    ("x.take(t.tensor([12]))", IndexError, "12"),
])
def test_what_is_refused_says_why(statement, error, words):
    with pytest.raises(error, match=words):
        eval(statement, {"t": ours, "x": ours.zeros(3, 4)})
