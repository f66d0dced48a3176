"""Parts as views: PyTorch's strides, offsets, memory and slopes."""

import pytest

from torch_parity import agree_as_views, share_alike

TEXTS = ["x.select(0, 1)", "x.select(-1, -1)", "x.narrow(0, 1, 2)", "x.narrow(-1, 0, 1)", "x.diagonal()",
         "x.diagonal(1)", "x.diagonal(-1, 0, 1)", "x.diagonal(0, 1, 2)", "x.as_strided((2, 2), (2, 1))",
         "x.as_strided((2, 2), (1, 1), 1)", "x.as_strided((3,), (0,), 1)", "x.unfold(-1, 2, 1)",
         "x.unfold(0, 2, 2)"]


@pytest.mark.parametrize("text", TEXTS)
def test_views_in_every_layout(text):
    agree_as_views(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_shares_memory_in_pytorch_shares_it_here(text):
    share_alike(text)
