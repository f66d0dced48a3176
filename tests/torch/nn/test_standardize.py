"""Layer norm: values, slopes, and slopes of slopes are PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_same_function, error_of, mine

from scratch.torch.nn import functional as f

DTYPES = {torch.float64: 1e-10, torch.float32: 3e-5}    # and tolerances: slopes of slopes cancel


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("shape, last, affine", [((4, 5), 1, True), ((2, 3, 4), 1, False),
                                                 ((2, 3, 4), 2, True),
                                                 ((5,), 1, True), ((0, 3), 1, True)])
def test_layer_norm_and_its_slopes(shape, last, affine, dtype):
    """Oracle: torch.nn.functional.layer_norm."""
    x = torch.randn(shape, dtype=dtype, requires_grad=True)
    inside = shape[len(shape) - last:]
    more = [torch.randn(inside, dtype=dtype, requires_grad=True) for _ in range(2)] if affine else [None,
                                                                                                    None]
    assert_same_function(lambda x, w, b: f.layer_norm(x, inside, w, b), lambda x, w,
                         b: F.layer_norm(x, inside, w, b),
                         [x, *more], DTYPES[dtype], DTYPES[dtype])


def test_layer_norm_of_views_and_without_some_gradients():
    """Oracle: torch.nn.functional.layer_norm where only the weight, or only x, requires a gradient."""
    x, w = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, dtype=torch.float64)
    for flags in ((True, False), (False, True)):
        inputs = [each.requires_grad_(flag) for each, flag in zip((x, w), flags)]
        assert_same_function(lambda x, w: f.layer_norm(x.T, (5,), w, eps=0.1),
                             lambda x, w: F.layer_norm(x.T, (5,), w, eps=0.1), inputs, 1e-9, 1e-9)


def test_layer_norm_refuses_other_shapes():
    x = torch.randn(2, 3)
    for shape, w in (((2,), None), ((3,), torch.ones(2)), ((), None)):
        assert error_of(f.layer_norm, mine(x), shape, mine(w)) is error_of(F.layer_norm, x, shape,
                                                                           w) is RuntimeError
