"""Extremes and order have PyTorch's values, places, ties and slopes, along every axis."""

import pytest

from torch_parity import agree_along, agree_of_all

ALONG = ["max({})", "min({})", "amax({})", "amin({})", "argmax({})", "argmin({})", "sort({})",
         "sort({}, descending=True)", "argsort({})", "median({})"]
WHOLE = ["max()", "min()", "amax()", "argmax()", "argmin()", "median()", "topk(2)", "amax((0, 1))",
         "max(0, keepdim=True)"]


@pytest.mark.parametrize("text", ALONG)
def test_along_an_axis_in_every_layout(text):
    agree_along(text)


@pytest.mark.parametrize("text", WHOLE)
def test_of_all_in_every_layout(text):
    agree_of_all(text)
