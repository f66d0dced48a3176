"""GELU: values, slopes, and slopes of slopes are PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, mine

from scratch.torch.nn import functional as f

DTYPES = {torch.float64: 1e-10, torch.float32: 3e-5}    # and tolerances: slopes of slopes cancel


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("approximate", ["none", "tanh"])
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 5)])
def test_gelu_and_its_slopes(shape, approximate, dtype):
    """Oracle: torch.nn.functional.gelu."""
    x = 3 * torch.randn(shape, dtype=dtype)
    assert_same_function(lambda x: f.gelu(x, approximate=approximate),
                         lambda x: F.gelu(x, approximate=approximate),
                         [x.requires_grad_()], DTYPES[dtype], DTYPES[dtype])


def test_gelu_of_a_view_and_far_out():
    """Oracle: torch.nn.functional.gelu, on a transposed tensor with infinities."""
    x = torch.tensor([[0.0, -100.0, float("inf")], [100.0, 1e-30, float("nan")]])
    for approximate in ("none", "tanh"):
        assert_like(f.gelu(mine(x).T, approximate=approximate), F.gelu(x.T, approximate=approximate))
