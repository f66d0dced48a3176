"""A tensor is printed as PyTorch prints it, to the letter."""

import math

import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from scratch.torch.printing import DEFAULT, as_text, describe, options, set_printoptions

FLOATS = [torch.float32, torch.float64, torch.float16, torch.bfloat16]
WHOLE = [torch.int64, torch.int32, torch.uint8, torch.bool]
SHAPES = st.lists(st.sampled_from([0, 1, 2, 3, 5, 7, 8, 12, 40]), max_size=4).map(tuple).filter(
    lambda shape: math.prod(shape) <= 4000)
NUMBERS = st.one_of(st.floats(-10, 10), st.integers(-2000, 2000).map(float), st.floats(),
                    st.sampled_from([0.0, -0.0, math.inf, -math.inf, math.nan, 1e-4, 9.9e-5, 1e8,
                                     1.5, 1001.0]))
OPTIONS = st.fixed_dictionaries({}, optional={
    "precision": st.sampled_from([0, 1, 2, 4, 8]), "threshold": st.sampled_from([5, 50, 1000]),
    "edgeitems": st.integers(0, 4), "linewidth": st.sampled_from([20, 40, 80, 120]),
    "sci_mode": st.booleans(), "profile": st.sampled_from(["default", "short", "full"])})


@pytest.fixture(autouse=True)
def printed_as_usual():
    yield
    set_printoptions(profile="default")
    torch.set_printoptions(profile="default")


@st.composite
def tensors(draw):
    """A tensor of PyTorch's of any dtype and a shape of up to four axes, from few numbers repeated."""
    shape, dtype = draw(SHAPES), draw(st.sampled_from(FLOATS + WHOLE))
    few = draw(st.lists(NUMBERS, min_size=1, max_size=6))
    if dtype in WHOLE:
        few = [int(x) % 1000 if math.isfinite(x) else 7 for x in few]
    numbers = [few[n % len(few)] for n in range(math.prod(shape))]
    if dtype in FLOATS:
        numbers = torch.tensor(numbers, dtype=torch.float64)
    tensor = torch.as_tensor(numbers).to(dtype).view(shape)
    if dtype in FLOATS and draw(st.booleans()):
        tensor.requires_grad_()
        return tensor * 1 if draw(st.booleans()) else tensor
    return tensor


@settings(max_examples=100)
@given(tensors(), OPTIONS)
@example(torch.arange(2000.0), {})
@example(torch.zeros(40, 40, requires_grad=True) * 2, {})
@example(torch.ones(3, 2, 4, 2).double().exp(), {"linewidth": 40})
@example(torch.empty(0, dtype=torch.int64), {"edgeitems": 0})
def test_text_equals_pytorchs(tensor, chosen):
    """Oracle: repr of PyTorch's tensor under the same options."""
    set_printoptions(profile="default")
    torch.set_printoptions(profile="default")
    set_printoptions(**chosen)
    torch.set_printoptions(**chosen)
    assert describe(tensor, torch.get_default_dtype()) == repr(tensor)


@settings(max_examples=60)
@given(tensors())
def test_our_tensors_print_as_pytorchs(tensor):
    """Oracle: repr and str of PyTorch's tensor with the same numbers, dtype and history."""
    name = str(tensor.dtype).partition(".")[2]
    numbers = tensor.detach().reshape(-1).tolist()
    mine = ours.tensor(numbers, dtype=getattr(ours, name)).view(tuple(tensor.shape))
    if tensor.requires_grad:
        mine.requires_grad_()
        mine = mine * 1 if tensor.grad_fn else mine
    assert repr(mine) == repr(tensor) and f"{mine}" == f"{tensor}"


@pytest.mark.parametrize("text", [
    "torch.tensor(3.5)", "torch.tensor([1.5, 2.0]).exp()", "torch.ones(2, requires_grad=True)[0]",
    "torch.nn.Parameter(torch.zeros(2, 2))", "[torch.tensor(1.0), torch.zeros(2, 2)]",
    "torch.ones(3, requires_grad=True).view(3, 1).double()", "torch.ones(2, requires_grad=True).max()",
    "torch.nn.Linear(2, 3)(torch.zeros(1, 2)).grad_fn.name()", "torch.arange(4).view(2, 2) > 1",
    "torch.zeros(2, 3).max(1)", "torch.Size([2, 3])", "torch.float32", "torch.finfo(torch.float32).max",
    "f'{torch.tensor(2.5):.2f} {torch.tensor(7)} {torch.tensor(True)!s:>6}'"])
def test_what_chapters_print_is_printed_alike(text):
    """Oracle: PyTorch's own text for what the book shows."""
    spaces = [{"torch": library} for library in (torch, ours)]
    assert repr(eval(text, spaces[1])) == repr(eval(text, spaces[0]))


def test_a_format_that_needs_a_number_is_refused_for_several():
    for library in (torch, ours):
        with pytest.raises(TypeError, match="format"):
            f"{library.ones(2):.3f}"


def test_another_default_dtype_is_the_one_that_goes_without_saying():
    """Oracle: repr of PyTorch's tensors with float64 as the default."""
    tensors = [torch.ones(2), torch.ones(2).double(), torch.empty(0), torch.empty(0).double()]
    torch.set_default_dtype(torch.float64)
    try:
        assert [describe(tensor, torch.float64) for tensor in tensors] == [repr(tensor) for tensor in tensors]
    finally:
        torch.set_default_dtype(torch.float32)


def test_only_the_numbers_that_are_shown_decide_the_style():
    """A number of a billion in the middle of a long axis, which is left out, changes nothing."""
    row = [1.0] * 2000
    row[1000] = 1e9
    assert as_text(row, (2000,)) == "[1., 1., 1.,  ..., 1., 1., 1.]"
    row[0] = 1e9
    assert "1.0000e+09" in as_text(row, (2000,))


def test_options_stay_until_a_profile_resets_them():
    set_printoptions(precision=2, linewidth=40)
    set_printoptions(edgeitems=1)
    assert (options["precision"], options["linewidth"], options["edgeitems"]) == (2, 40, 1)
    set_printoptions(profile="default")
    assert options == DEFAULT


def test_an_unknown_profile_is_refused_by_name():
    with pytest.raises(ValueError, match="'long' is none of default, short, full"):
        set_printoptions(profile="long")
