"""Brackets mean what they mean in PyTorch: what is picked, how it lies in memory, and its gradient."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_programs import both, same, unequal

from scratch import torch as ours

SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 3, 4]), max_size=4).map(tuple)


@st.composite
def tensors(draw, needs=None):
    """(shape, text): a tensor of float64 in that shape; often its axes are permuted, strided or expanded."""
    shape = draw(SHAPES)
    order = draw(st.permutations(range(len(shape)))) if shape else []
    step = draw(st.sampled_from([1, 1, 2]))
    base = [shape[axis] for axis in order]
    if base:
        base[-1] *= step
    text = f"torch.arange({math.prod(base)}, dtype=torch.float64).view({tuple(base)})"
    if draw(st.booleans() if needs is None else st.just(needs)):
        text += ".requires_grad_()"
    if base and step == 2:
        text += "[..., ::2]"
    if shape:
        text += f".permute({[list(order).index(axis) for axis in range(len(shape))]})"
    return shape, text


@st.composite
def indices(draw, shape):
    """Text of an index of a tensor of this shape; one in ten is wrong somewhere."""
    sizes, parts, dots = list(shape), [], False
    wide = draw(st.sampled_from([(2,), (1,), (2, 1), (3,), (0,), ()]))
    wrong = draw(st.integers(0, 9)) == 0

    def place(n):
        return draw(st.integers(-n, n - 1 + wrong)) if n else 0

    for _ in range(draw(st.integers(1, 4))):
        kinds = ["none", "int", "slice", "slice", "all", "list", "tensor", "tensor", "mask"]
        kind = draw(st.sampled_from([*kinds, *["dots"] * (not dots), "mask of two", "bool"]))
        n = sizes[0] if sizes else 0
        if kind in ("none", "dots", "bool"):
            says = {"none": ["None"], "dots": ["..."], "bool": ["True", "False"]}[kind]
            parts.append(draw(st.sampled_from(says)))
            if kind == "dots":
                dots, sizes = True, sizes[len(sizes) // 2:]
            continue
        if not sizes and not wrong:
            break
        taken = 1
        if kind == "int":
            parts.append(str(place(n)))
        elif kind == "slice":
            low, high = (draw(st.one_of(st.none(), st.integers(-n - 1, n + 1))) for _ in range(2))
            step = draw(st.sampled_from(["", ":1", ":2", ":3", *[":-1"] * wrong]))
            parts.append(f"{'' if low is None else low}:{'' if high is None else high}{step}")
        elif kind == "all":
            parts.append(":")
        elif kind == "list":
            parts.append(str([place(n) for _ in range(wide[0] if wide else 1)]))
        elif kind == "tensor":
            kind = draw(st.sampled_from(["int64", "int64", "int32"]))
            numbers = [place(n) for _ in range(math.prod(wide))]
            parts.append(f"torch.tensor({numbers}, dtype=torch.{kind}).view({wide})")
        else:
            taken = 2 if kind == "mask of two" and len(sizes) > 1 else 1
            numbers = [draw(st.booleans()) for _ in range(math.prod(sizes[:taken]) + wrong)]
            parts.append(f"torch.tensor({numbers}, dtype=torch.bool)"
                         + f".view({tuple(sizes[:taken])})" * (not wrong))
        sizes = sizes[taken:]
    return ", ".join(parts) or "..."


@settings(max_examples=150)
@given(st.data())
def test_what_brackets_pick_equals_pytorchs(data):
    """Oracle: PyTorch: numbers, shape, strides, offset, whether it is a view, and errors' classes."""
    shape, x = data.draw(tensors())
    index = data.draw(indices(shape))
    theirs, mine = both([f"x = {x}", f"y = x[{index}]"])
    if "y" in theirs:
        a, b = theirs["y"], mine["y"]
        assert not unequal(b, a), (x, index, unequal(b, a))
        assert b._is_view() == a._is_view()
        assert (b.grad_fn and b.grad_fn.name()) == (a.grad_fn and a.grad_fn.name())


@settings(max_examples=80)
@given(st.data())
def test_gradients_and_second_gradients_equal_pytorchs(data):
    """Oracle: PyTorch's autograd. What is picked twice has two gradients."""
    shape, x = data.draw(tensors(needs=True))
    theirs, mine = both([
        f"x = {x}", f"y = x[{data.draw(indices(shape))}]", "loss = (y * y * y).sum()",
        "[g] = torch.autograd.grad(loss, x, create_graph=True)",
        "[h] = torch.autograd.grad((g * g).sum(), x)"])
    for name in ("g", "h"):
        if name in theirs:
            assert same(mine[name], theirs[name]), (x, name)


@settings(max_examples=150)
@given(st.data())
def test_writing_through_brackets_equals_pytorchs(data):
    """Oracle: PyTorch, with numbers, with tensors that broadcast, and with += and the others."""
    shape, x = data.draw(tensors(needs=False))
    index = data.draw(indices(shape))
    names, _ = both([f"x = {x}", f"y = x[{index}]"])
    to = tuple(names["y"].shape) if "y" in names else ()
    some = tuple(data.draw(st.sampled_from([n, n, 1])) for n in to)[data.draw(st.integers(0, len(to))):]
    value = data.draw(st.sampled_from(
        ["7", "-0.5", "True", f"torch.ones({some}).double() * 3", f"torch.full({(1, *some)}, 2.0).double()",
         f"torch.ones({some}).double().mul(5).requires_grad_()", f"torch.ones({(2, *to)}).double()",
         "torch.tensor(4.0)", "[1.0]", "None", "x"]))
    sign = data.draw(st.sampled_from(["=", "=", "+=", "*="]))
    theirs, mine = both([f"x = {x}", "z = x * 1", f"z[{index}] {sign} {value}"])
    assert not unequal(mine["z"].detach(), theirs["z"].detach()), (x, index, sign, value)
    assert mine["z"].requires_grad == theirs["z"].requires_grad


@settings(max_examples=80)
@given(st.data())
def test_gradients_of_what_was_written_equal_pytorchs(data):
    """Oracle: PyTorch: no gradient where the old numbers are gone, and the new ones have theirs."""
    shape, x = data.draw(tensors(needs=True))
    index = data.draw(indices(shape))
    names, _ = both([f"x = {x}", f"y = x[{index}]"])
    if "y" not in names:
        return                                  # an index that is refused may have been written to in part
    to = tuple(names["y"].shape)
    some = tuple(data.draw(st.sampled_from([n, n, 1])) for n in to)[data.draw(st.integers(0, len(to))):]
    if "tensor" in index and "[0, 0" not in index:    # of equal indices, which is last is not defined
        lines = [f"z[{index}] = w * w"]
    else:
        lines = [f"z[{index}] {data.draw(st.sampled_from(['+=', '*=']))} w"]
    w = f"torch.full({some}, 1.5).double().requires_grad_()"
    theirs, mine = both([f"x = {x}", f"w = {w}", "z = x * x", *lines,
                         "g, h = torch.autograd.grad((z * z).sum(), (x, w), allow_unused=True)"])
    for name in ("z", "g", "h"):
        if theirs.get(name) is not None:
            assert same(mine[name], theirs[name]), (x, index, lines, name)


@settings(max_examples=60)
@given(st.data(), st.booleans())
def test_index_put_equals_pytorchs(data, accumulate):
    """Oracle: PyTorch. With accumulate, equal indices add up; without, their values are equal here."""
    shape, x = data.draw(tensors(needs=False))
    if not shape or not shape[0]:
        return
    rows = data.draw(st.lists(st.integers(-shape[0], shape[0] - 1), max_size=4))
    theirs, mine = both([f"x = {x}.contiguous()", f"i = torch.tensor({rows}, dtype=torch.int64)",
                         f"y = x.index_put((i,), torch.tensor(2.5).double(), accumulate={accumulate})",
                         f"x.index_put_((i,), torch.tensor(2.5).double(), accumulate={accumulate})"])
    for name in ("x", "y"):
        assert not unequal(mine[name], theirs[name])


def test_elements_written_through_a_view_are_seen_in_its_base():
    x = ours.zeros(2, 3)
    x[1][ours.tensor([0, 2])] = 5
    x.T[1, 0] = 7
    assert x.tolist() == [[0, 7, 0], [5, 0, 5]] and x._version == 2


def test_an_element_that_is_picked_twice_is_increased_once_or_twice():
    """Once by +=, which writes back what it read; twice by accumulate."""
    x, twice = ours.zeros(3), ours.tensor([1, 1])
    x[twice] += 1
    assert x.tolist() == [0, 1, 0]
    x.index_put_((twice,), ours.tensor(1.0), accumulate=True)
    assert x.tolist() == [0, 3, 0]


@pytest.mark.parametrize("statement, error, words", [
    ("x[5]", IndexError, "index 5 on axis 0, which has 3 places"),
    ("x[0, 0, 0]", IndexError, "too many indices: 3, for a tensor of 2 axes"),
    ("x[::-1]", ValueError, "flip"),
    ("x[1.0]", IndexError, "not a float"),
    ("x['a']", TypeError, "'a'"),
    ("x[t.tensor([1.0])]", IndexError, "int64"),
    ("x[t.tensor([True, False])]", IndexError, r"a mask of shape \(2,\)"),
    ("x[t.tensor([0, 7]), t.tensor([0, 0])]", IndexError, "index 7 is out of bounds for axis 0"),
    ("x[t.tensor([0, 1]), t.tensor([0, 1, 2])]", IndexError, "indices of shapes"),
    ("x[0] = t.ones(5)", RuntimeError, "broadcast"),
    ("x[t.tensor([0])] = t.ones(5)", RuntimeError, r"shape \(5,\) does not broadcast to \(1, 4\)"),
    ("x[t.tensor([0])] = t.ones(4).double()", RuntimeError, "same dtype"),
    ("x[0] = 'a'", TypeError, "a str cannot be assigned"),
    ("x[0] = [1, 2, 3, 4]", TypeError, "a list cannot be assigned"),
    ("x[t.tensor([0])] = x[:1]", RuntimeError, "clone"),
    ("del x[0]", TypeError, "keeps its elements"),
])
def test_what_is_refused_says_why(statement, error, words):
    with pytest.raises(error, match=words):
        exec(statement, {"t": ours, "x": ours.zeros(3, 4)})
