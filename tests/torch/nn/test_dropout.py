"""One seed drops the same numbers as in PyTorch."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, error_of, mine

from scratch import torch as ours
from scratch.torch.nn import functional as f


@pytest.mark.parametrize("kind, shape", [("Dropout", (5, 7)), ("Dropout", (40,)), ("Dropout1d", (4, 6, 3)),
                                         ("Dropout2d", (4, 6, 3, 2)), ("Dropout1d", (6, 3))])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_one_seed_drops_the_same_numbers(kind, shape, p):
    """Oracle: PyTorch's dropout from the same seed, and its gradient."""
    x = torch.randn(shape, requires_grad=True)
    a, b = getattr(ours.nn, kind)(p), getattr(torch.nn, kind)(p)
    copy = mine(x)
    ours.manual_seed(5), torch.manual_seed(5)
    y, z = a(copy), b(x)
    assert_like(y, z) and repr(a) == repr(b)
    y.sum().backward(), z.sum().backward()
    assert_like(copy.grad, x.grad)
    assert a.eval()(copy) is copy


def test_dropout_in_place():
    x = ours.ones(100)
    ours.manual_seed(5), torch.manual_seed(5)
    assert f.dropout(x, 0.5, inplace=True) is x
    assert_like(x, F.dropout(torch.ones(100), 0.5))


@pytest.mark.parametrize("wrong", [lambda f, lib: f.dropout(lib.ones(2), 1.5),
                                   lambda f, lib: lib.nn.Dropout(-0.1)])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, f, ours) is error_of(wrong, F, torch) is not None
