"""Several views at once: PyTorch's parts, memory, and gradients of some or all of them."""

import pytest

from torch_parity import agree_as_views, share_alike

TEXTS = ["x.unbind()", "x.unbind(-1)", "x.split(2)", "x.split(1, -1)", "x.split([1, 2])", "x.chunk(2)",
         "x.chunk(3, -1)", "x.tensor_split(2)", "x.tensor_split([1], 0)", "list(x)"]


@pytest.mark.parametrize("text", TEXTS)
def test_views_in_every_layout(text):
    agree_as_views(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_shares_memory_in_pytorch_shares_it_here(text):
    share_alike(text)
