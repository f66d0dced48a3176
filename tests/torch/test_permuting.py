"""Axes in another order and axes that repeat: PyTorch's strides, memory and slopes."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, ours_of, variants

TEXTS = ["x.permute(1, 0)", "x.permute(2, 0, 1)", "x.transpose(0, 1)", "x.transpose(-1, -2)", "x.t()",
         "x.T", "x.mT", "x.movedim(0, -1)", "x.expand(3, 4)", "x.expand(2, 3, 4)",
         "x.expand(5, -1, -1, -1)", "x.expand(-1, 4)", "x.expand_as(torch.ones(2, 3, 4))",
         "x.broadcast_to(2, 3, 4)", "torch.broadcast_tensors(x, torch.ones(4))", "x.swapaxes(0, 1)",
         "x.adjoint()", "x.t().view(-1)", "x.t().reshape(-1)", "x.t().flatten()",
         "x.T.contiguous().view(2, -1)"]


@pytest.mark.parametrize("text", TEXTS)
def test_views_in_every_layout(text):
    for name, x in variants().items():
        if "as_strided" not in text or name not in ("gaps", "repeated"):
            agree(text, x=x)


@pytest.mark.parametrize("text", TEXTS)
def test_what_shares_memory_in_pytorch_shares_it_here(text):
    for name, x in variants(gradients=False).items():
        if "as_strided" in text and name == "gaps":
            continue
        y = ours_of(x)
        try:
            theirs = eval(text, {"torch": torch, "x": x})
        except Exception:
            continue
        mine = eval(text, {"torch": ours, "x": y})
        for a, b in zip(*[each if isinstance(each, (list, tuple)) else [each] for each in (theirs, mine)]):
            shares = a.untyped_storage().data_ptr() == x.untyped_storage().data_ptr() and a.numel() > 0
            if a.numel():
                assert shares == (b.untyped_storage().data_ptr() == y.untyped_storage().data_ptr()), text
                if shares:
                    assert a.storage_offset() - x.storage_offset() == b.storage_offset() - y.storage_offset()
                    assert a._is_view() == b._is_view() or "detach" in text or a is x, text
