"""Where results lie in memory is where PyTorch puts them; shapes broadcast as its do."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.torch import storage
from scratch.torch.storage import Size


@st.composite
def layouts(draw, dense=False):
    """A tensor of PyTorch of up to 4 axes, permuted and, unless dense, cut and repeated."""
    shape = draw(st.lists(st.integers(1, 3), min_size=1, max_size=4))
    x = torch.zeros([2 * n for n in shape])
    if dense:
        x = torch.zeros(shape)
    else:
        x = x[tuple(draw(st.sampled_from([slice(None, n), slice(None, None, 2)])) for n in shape)]
        x = torch.stack([x])[0] if draw(st.booleans()) else x
    x = x.permute(draw(st.permutations(range(len(shape)))))
    if not dense and draw(st.booleans()):
        x = x[:1].expand(draw(st.integers(1, 3)), *x.shape[1:])
    return x


@given(layouts())
@settings(max_examples=150, deadline=None)
def test_a_copy_lies_as_pytorchs_does(x):
    assert storage.dense_like(tuple(x.shape), x.stride()) == torch.empty_like(x).stride()
    assert storage.is_contiguous(tuple(x.shape), x.stride()) == x.is_contiguous()


@given(layouts(), st.data())
@settings(max_examples=150, deadline=None)
def test_a_sum_lies_as_pytorchs_does(x, data):
    y = torch.zeros(x.shape).permute(data.draw(st.permutations(range(x.ndim)))).contiguous()
    y = y.permute(data.draw(st.permutations(range(x.ndim))))
    if y.shape == x.shape and not (x.is_contiguous() and y.is_contiguous()) and x.stride() != y.stride():
        assert storage.laid_out_like(tuple(x.shape), [x.stride(), y.stride()]) == (x + y).stride()


@given(st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=1, max_size=3))
@settings(max_examples=150, deadline=None)
def test_shapes_broadcast_or_do_not(shapes):
    try:
        expected = torch.broadcast_shapes(*shapes)
    except RuntimeError:
        with pytest.raises(RuntimeError, match="broadcast"):
            storage.broadcast(*map(tuple, shapes))
    else:
        assert storage.broadcast(*map(tuple, shapes)) == tuple(expected)


@given(st.lists(st.integers(0, 3), max_size=4))
def test_contiguous_strides_are_pytorchs(shape):
    assert storage.contiguous_strides(tuple(shape)) == torch.empty(shape).stride()


def test_a_size_is_a_tuple_that_prints_and_counts_as_pytorchs():
    mine, theirs = Size([2, 3, 4]), torch.Size([2, 3, 4])
    assert mine == theirs == (2, 3, 4) and repr(mine) == repr(theirs) and mine.numel() == theirs.numel() == 24
    assert repr(mine[1:]) == repr(theirs[1:]) and repr(mine + (1,)) == repr(theirs + (1,)) and mine[-1] == 4
    assert repr(Size()) == repr(torch.Size()) and Size().numel() == 1


def test_overlaps_and_reach():
    assert storage.overlaps((2, 3), (0, 1)) and not storage.overlaps((1, 3), (0, 1))
    assert storage.reach((2, 3), (3, 1)) == 6 and storage.reach((2, 0), (3, 1)) == 0 and storage.reach((),
        ()) == 1
