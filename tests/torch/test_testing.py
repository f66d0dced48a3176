"""assert_close accepts and refuses what PyTorch's does, and says what is wrong."""

import math

import pytest
import torch
from both import error_of, mine
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from scratch.torch.testing import assert_close

NUMBERS = st.one_of(st.floats(-2, 2), st.sampled_from([0.0, 1.0, math.inf, -math.inf, math.nan]))
CASES = [
    (1, 1), (1, 1.0), (1.0, 1.0 + 1e-9), (1.0, 1.1), (math.nan, math.nan), ([1, 2], [1, 2]), ([1], [1, 2]),
    ((1.0,), [1.0]), ({"a": 1}, {"a": 1}), ({"a": 1}, {"b": 1}), ("a", "a"), (None, None), (None, 1),
    (True, True),
    ([[1.0], [2.0]], [[1.0], [2.5]]), (torch.ones(2), [1.0, 1.0]), (torch.ones(1), 1.0),
    (torch.ones(2), torch.ones(3)), (torch.ones(2), torch.ones(2).double()),
    (torch.ones(2), torch.ones(2) * 1.00001),
    (torch.tensor([1, 2]), torch.tensor([1, 3])),
    (torch.ones(2).half(), torch.ones(2).half() * 1.0005), ({"a": [torch.ones(1)]}, {"a": [torch.ones(1)]}),
    (torch.ones(0), torch.ones(0)), (torch.ones(2, 3), torch.ones(3, 2).T), (torch.Size([1]), (1,))]
SETTINGS = [{}, {"rtol": 0.1, "atol": 0.1}, {"equal_nan": True}, {"check_dtype": False},
            {"check_stride": True}, {"rtol": 0, "atol": 0}]


@pytest.mark.parametrize("case", range(len(CASES)))
@pytest.mark.parametrize("chosen", SETTINGS, ids=str)
def test_what_passes_and_what_does_not(case, chosen):
    """Oracle: torch.testing.assert_close, and the class of its error."""
    a, b = CASES[case]
    if isinstance(a, torch.Tensor) and isinstance(b, torch.Tensor) and a.stride() != b.stride():
        pair = mine(a), mine(b.T.contiguous()).T
    else:
        pair = mine(a), mine(b)
    assert error_of(lambda: assert_close(*pair, **chosen)) is error_of(
        lambda: torch.testing.assert_close(a, b, **chosen))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4), st.sampled_from(SETTINGS),
       st.sampled_from(["float32", "float64", "float16"]))
@example([(1.0, 1.0 + 1.4e-6)], {}, "float32")
def test_any_numbers(pairs, chosen, dtype):
    """Oracle: torch.testing.assert_close."""
    errors = []
    for library in (ours, torch):
        a, b = (library.tensor(each, dtype=getattr(library, dtype)) for each in zip(*pairs))
        errors.append(error_of(library.testing.assert_close, a, b) if not chosen else error_of(
            lambda a=a, b=b, lib=library: lib.testing.assert_close(a, b, **chosen)))
    assert errors[0] is errors[1]


def test_one_tolerance_alone_is_refused_and_bools_are_compared():
    for library in (ours, torch):
        one = library.ones(1)
        assert error_of(lambda: library.testing.assert_close(one, one, rtol=0.1)) is ValueError    # noqa: B023
        yes = library.tensor([True, False])
        library.testing.assert_close(yes, yes)
        assert error_of(library.testing.assert_close, yes, ~yes) is AssertionError


def test_the_error_names_the_place():
    with pytest.raises(AssertionError, match=r"\['w'\]: \[1\]: 1 of 4 numbers differ: at \(0, 1\) 2.0"):
        assert_close({"w": [1.0, ours.tensor([[1.0, 2.0], [3.0, 4.0]])]},
                     {"w": [1.0, ours.tensor([[1.0, 5.0], [3.0, 4.0]])]})
    with pytest.raises(AssertionError, match="^mine$"):
        assert_close(1, 2, msg="mine")
    with pytest.raises(AssertionError, match="^step 3: 1 is not 2"):
        assert_close(1, 2, msg=lambda text: f"step 3: {text}")
