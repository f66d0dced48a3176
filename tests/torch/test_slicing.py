"""Parts as views: PyTorch's strides, offsets, memory and slopes."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, ours_of, variants

TEXTS = ["x.select(0, 1)", "x.select(-1, -1)", "x.narrow(0, 1, 2)", "x.narrow(-1, 0, 1)", "x.diagonal()",
         "x.diagonal(1)", "x.diagonal(-1, 0, 1)", "x.diagonal(0, 1, 2)", "x.as_strided((2, 2), (2, 1))",
         "x.as_strided((2, 2), (1, 1), 1)", "x.as_strided((3,), (0,), 1)", "x.unfold(-1, 2, 1)",
         "x.unfold(0, 2, 2)"]


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
