"""Tensors put together are PyTorch's, with their dtypes, strides and slopes."""

import pytest
import torch

from torch_parity import agree

TOGETHER = ["torch.cat([x, x * 2])", "torch.cat([x, x], 1)", "torch.cat([x, x.t().reshape(3, 4)], -1)",
            "torch.stack([x, x])",
            "torch.stack([x, x * 2], 1)", "torch.stack([x, x], -1)", "torch.hstack([x, x])",
            "torch.vstack([x, x[0]])",
            "torch.cat([x, torch.tensor([])])", "torch.cat([x, torch.ones(2, 4, dtype=torch.int64)])",
            "torch.concat([x])",
            "torch.cat((x[0], x[1]))", "torch.stack(list(x))", "torch.cat(x.split(1), 1)"]


@pytest.mark.parametrize("text", TOGETHER)
def test_put_together(text):
    x = torch.arange(12.0, dtype=torch.float64).view(3, 4)
    agree(text, x=x.requires_grad_())
    agree(text, x=x.detach().t().contiguous().t().requires_grad_())
