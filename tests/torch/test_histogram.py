"""A histogram counts what PyTorch's counts."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(-4, 4, width=32), max_size=30), st.integers(1, 20), st.booleans(),
       st.sampled_from([(0, 0), (-2.5, 3.1), (-3, 3), (0, 1)]))
def test_counts_are_pytorchs(numbers, bins, wide, limits):
    """By torch.histc, in two types, with limits and without."""
    dtype = "float64" if wide else "float32"
    mine = ours.histc(ours.tensor(numbers, dtype=getattr(ours, dtype)), bins, *limits)
    theirs = torch.histc(torch.tensor(numbers, dtype=getattr(torch, dtype)), bins, *limits)
    assert mine.tolist() == theirs.tolist() and str(mine.dtype) == str(theirs.dtype)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.floats(-4, 4, width=32), max_size=30), st.integers(1, 20), st.booleans(),
       st.sampled_from([None, (-2.5, 3.1), (-3.0, 3.0), (0.0, 1.0), (2.0, 2.0)]))
def test_counts_and_edges_are_pytorchs(numbers, bins, wide, limits):
    """By torch.histogram."""
    dtype = "float64" if wide else "float32"
    mine = ours.histogram(ours.tensor(numbers, dtype=getattr(ours, dtype)), bins, range=limits)
    theirs = torch.histogram(torch.tensor(numbers, dtype=getattr(torch, dtype)), bins, range=limits)
    assert mine.hist.tolist() == theirs.hist.tolist()
    np.testing.assert_allclose(mine.bin_edges.tolist(), theirs.bin_edges.tolist(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("call", ["T.histc(T.tensor([1, 2]))", "T.histogram(T.tensor([1, 2]), 3)",
                                  "T.histogram(T.ones(2), 0)", "T.histogram(T.ones(2), 3, range=(2.0, 1.0))",
                                  "T.histogram(T.tensor([float('nan')]), 3)",
                                   "T.histc(T.tensor([1.0]), 0)",
                                  "T.histc(T.tensor([1.0, float('nan')]))", "T.histc(T.ones(2), 3, 2, 1)"])
def test_what_pytorch_does_not_count_is_refused(call):
    """By torch.histc: an error of the same class."""
    with pytest.raises((RuntimeError, NotImplementedError)) as theirs:
        eval(call, {"T": torch})
    with pytest.raises(theirs.type) as mine:
        eval(call, {"T": ours})
    assert mine.type is theirs.type
