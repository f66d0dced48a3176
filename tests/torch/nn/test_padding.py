"""pad has PyTorch's values and slopes in all modes."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_same_function, error_of
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours
from scratch.torch.nn import functional as f


@settings(max_examples=40)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=3), st.lists(st.integers(-2, 3), max_size=6),
       st.integers(0, 99))
def test_constant(shape, pad, seed):
    """Oracle: torch.nn.functional.pad, negative numbers and refusals included."""
    pad = pad[:len(pad) // 2 * 2]
    g = torch.Generator().manual_seed(seed)
    x = torch.randn(shape, dtype=torch.float64, generator=g).requires_grad_()
    theirs, mine = (error_of(library.nn.functional.pad, library.zeros(shape), pad) for library in (torch,
                                                                                                   ours))
    assert mine is theirs
    if theirs is None:
        assert_same_function(lambda x: f.pad(x, pad, value=1.5), lambda x: F.pad(x, pad, value=1.5), [x],
                             1e-12)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
@pytest.mark.parametrize("shape, pad", [((2, 5), (2, 1)), ((2, 3, 4), (0, 3)), ((2, 2, 3, 4), (1, 2, 2, 0))])
def test_modes(mode, shape, pad):
    """Oracle: torch.nn.functional.pad."""
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    assert_same_function(lambda x: f.pad(x, pad, mode), lambda x: F.pad(x, pad, mode), [x], 1e-12)


def test_whole_numbers_and_unknown_modes():
    assert f.pad(ours.tensor([[1, 2]]), (1, 0)).tolist() == [[0, 1, 2]]
    assert error_of(f.pad, ours.ones(2), (1, 1), "x") is error_of(F.pad, torch.ones(2), (1, 1), "x")
    with pytest.raises(RuntimeError, match=r"pad is \(1,\): it takes two numbers for an axis"):
        f.pad(ours.ones(2), (1,))
