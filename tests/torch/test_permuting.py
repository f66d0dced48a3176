"""Axes in another order and axes that repeat: PyTorch's strides, memory and slopes."""

import pytest

from torch_parity import agree_as_views, share_alike

TEXTS = ["x.permute(1, 0)", "x.permute(2, 0, 1)", "x.transpose(0, 1)", "x.transpose(-1, -2)", "x.t()",
         "x.T", "x.mT", "x.movedim(0, -1)", "x.expand(3, 4)", "x.expand(2, 3, 4)",
         "x.expand(5, -1, -1, -1)", "x.expand(-1, 4)", "x.expand_as(torch.ones(2, 3, 4))",
         "x.broadcast_to(2, 3, 4)", "torch.broadcast_tensors(x, torch.ones(4))", "x.swapaxes(0, 1)",
         "x.adjoint()", "x.t().view(-1)", "x.t().reshape(-1)", "x.t().flatten()",
         "x.T.contiguous().view(2, -1)"]


@pytest.mark.parametrize("text", TEXTS)
def test_views_in_every_layout(text):
    agree_as_views(text)


@pytest.mark.parametrize("text", TEXTS)
def test_what_shares_memory_in_pytorch_shares_it_here(text):
    share_alike(text)
