"""Several views at once: PyTorch's parts, memory, and gradients of some or all of them."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, ours_of, variants

TEXTS = ["x.unbind()", "x.unbind(-1)", "x.split(2)", "x.split(1, -1)", "x.split([1, 2])", "x.chunk(2)",
         "x.chunk(3, -1)", "x.tensor_split(2)", "x.tensor_split([1], 0)", "list(x)"]


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
