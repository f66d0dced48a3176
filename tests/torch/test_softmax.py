"""softmax and its logarithms have PyTorch's values and slopes, along every axis."""

import pytest

from torch_parity import agree_along, agree_of_all

ALONG = ["softmax({})", "log_softmax({})", "logsumexp({})"]
WHOLE = ["logsumexp((0, 1))", "softmax(0, dtype=torch.float32)"]


@pytest.mark.parametrize("text", ALONG)
def test_along_an_axis_in_every_layout(text):
    agree_along(text)


@pytest.mark.parametrize("text", WHOLE)
def test_of_all_in_every_layout(text):
    agree_of_all(text)
