"""Arrays of Python's hold numbers as a dtype does, and views of them are walked by strides."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.torch import dtypes
from scratch.torch.backends.views import View, from_list, numbers, places, stored, to_list, view, write


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=3), st.integers(0, 4))
def test_places_are_offset_plus_index_times_stride(axes, offset):
    """Oracle: the formula, over every index."""
    shape, strides = tuple(n for n, _ in axes), tuple(stride for _, stride in axes)
    expected = [offset + sum(i * s for i, s in zip(index, strides)) for index in np.ndindex(*shape)]
    assert list(places(View(None, dtypes.int64, shape, strides, offset))) == expected


@settings(max_examples=60)
@given(st.sampled_from([kind for kind in dtypes.DTYPES.values() if kind.category]), st.data())
def test_numbers_are_rounded_or_wrapped_on_the_way_in(kind, data):
    """Oracle: PyTorch's conversions from float64 and int64."""
    if kind.category == 2:
        few = data.draw(st.lists(st.floats(-1e5, 1e5), min_size=1, max_size=5))
        expected = torch.tensor(few, dtype=torch.float64).to(getattr(torch, kind.name)).double().tolist()
    else:
        few = data.draw(st.lists(st.integers(-2 ** 63, 2 ** 63 - 1), min_size=1, max_size=5))
        expected = torch.tensor(few).to(getattr(torch, kind.name)).tolist()
    assert numbers(stored(few, kind, (len(few),))) == expected


def test_what_is_no_number_stays_none_in_floats():
    assert math.isnan(numbers(stored([math.nan], dtypes.bfloat16, (1,)))[0])
    assert numbers(stored([1e300, -math.inf], dtypes.float16, (2,))) == [math.inf, -math.inf]


def test_writing_through_a_view_changes_its_array_only_there():
    a = from_list([0] * 6, dtypes.int64)
    write(view(a, dtypes.int64, (2,), (3,), 1), [7, 8], dtypes.int64)
    assert to_list(a) == [0, 7, 0, 0, 8, 0]


def test_fractions_are_cut_off_and_truth_is_not_zero():
    """Oracle: PyTorch: 2.7 becomes 2, -2.7 becomes -2, and 0.5 is true."""
    assert to_list(from_list([2.7, -2.7], dtypes.int32)) == [2, -2]
    assert to_list(write(from_list([False, True], dtypes.bool_), [0.5, 0.0], dtypes.float64)) == [True, False]


def test_rows_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="rows of 1 numbers, and others, at depth 2"):
        from_list([[1], [2, 3]], dtypes.float32)
