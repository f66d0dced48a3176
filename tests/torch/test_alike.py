"""New tensors like another have PyTorch's shapes, dtypes and strides."""

import pytest
import torch

from torch_parity import agree, variants

TEXTS = ["torch.zeros_like(x)", "torch.ones_like(x)", "torch.full_like(x, 3)", "torch.empty_like(x).stride()",
         "torch.zeros_like(x, dtype=torch.int64)", "x.new_zeros(2, 2)", "x.new_ones((3,))",
         "x.new_full((2,), 1.5)",
         "x.new_tensor([1, 2])", "x.new_empty(2, 3).shape", "x.new_zeros(())",
         "x.new_empty_strided((2, 3), (1, 2)).stride()",
         "torch.empty_strided((2, 3), (1, 2)).stride()", "torch.ones_like(x, requires_grad=True)",
         "x.new_zeros(-1)"]


@pytest.mark.parametrize("text", TEXTS)
def test_like_a_tensor_of_every_layout(text):
    for x in variants().values():
        agree(text, x=x)
    agree(text, x=torch.tensor([[1, 2], [3, 4]]).t())
