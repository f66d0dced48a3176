"""Variances, deviations and norms have PyTorch's values, dtypes and slopes, along every axis."""

import pytest

from torch_parity import agree_along, agree_of_all

ALONG = ["var({})", "std({})", "var({}, correction=0)", "norm(dim={})", "norm(1, {})", "norm(3, {})",
         "norm(math.inf, {})"]
WHOLE = ["var()", "std()", "norm()", "norm(1)", "norm(0)", "norm(math.inf)", "var(unbiased=False)",
         "std(correction=0)", "var((0, 1))"]


@pytest.mark.parametrize("text", ALONG)
def test_along_an_axis_in_every_layout(text):
    agree_along(text)


@pytest.mark.parametrize("text", WHOLE)
def test_of_all_in_every_layout(text):
    agree_of_all(text)
