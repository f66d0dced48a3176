"""Pooling has PyTorch's values, slopes and texts."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_same_function, error_of

from scratch import torch as ours
from scratch.torch.nn import functional as f

CASES = [
    ("max_pool1d", (2, 3, 7), (2,)), ("max_pool1d", (3, 7), (3, 1, 1)),
    ("max_pool1d", (2, 3, 9), (2, 2, 0, 3)),
    ("max_pool2d", (2, 3, 6, 7), (2,)), ("max_pool2d", (3, 6, 7), ((2, 3), (1, 2), (1, 0))),
    ("avg_pool1d", (2, 3, 7), (2,)), ("avg_pool1d", (3, 7), (3, 1, 1)),
    ("avg_pool1d", (3, 7), (3, 1, 1, False, False)),
    ("avg_pool2d", (2, 3, 6, 7), (2,)), ("avg_pool2d", (2, 3, 6, 7), (3, 2, 1, False, False)),
    ("adaptive_avg_pool1d", (2, 3, 7), (3,)), ("adaptive_avg_pool1d", (3, 7), (1,)),
    ("adaptive_avg_pool2d", (2, 3, 6, 7), ((2, 3),)), ("adaptive_avg_pool2d", (2, 3, 6, 7), ((1, None),)),
    ("adaptive_avg_pool2d", (2, 3, 6, 7), (4,)),
]


@pytest.mark.parametrize("name, shape, settings", CASES,
                         ids=[f"{name}-{n}" for n, (name, *_) in enumerate(CASES)])
def test_values_and_slopes(name, shape, settings):
    """Oracle: torch.nn.functional."""
    x = torch.randn(shape, dtype=torch.float64, requires_grad=True)
    assert_same_function(lambda x: getattr(f, name)(x, *settings), lambda x: getattr(F, name)(x, *settings),
                         [x], 1e-9)


def test_of_equal_numbers_the_first_gets_the_slope():
    """Oracle: torch.nn.functional.max_pool1d."""
    x = torch.tensor([[1.0, 1.0, 1.0, 0.0, 2.0, 2.0]], requires_grad=True)
    assert_same_function(lambda x: f.max_pool1d(x, 3), lambda x: F.max_pool1d(x, 3), [x], second=False)


def test_modules_read_as_pytorchs():
    for make in (lambda nn: nn.MaxPool1d(2), lambda nn: nn.MaxPool2d((2, 3), 1, 1),
                 lambda nn: nn.AvgPool1d(3, padding=1),
                 lambda nn: nn.AvgPool2d(2, stride=1), lambda nn: nn.AdaptiveAvgPool1d(3),
                 lambda nn: nn.AdaptiveAvgPool2d((1, 2))):
        a, b = make(ours.nn), make(torch.nn)
        assert repr(a) == repr(b)
        x = torch.randn(2, 6, 6, dtype=torch.float64)
        assert_same_function(a, b, [x], 1e-9)


def test_what_is_refused():
    for wrong in (lambda lib: lib.nn.functional.max_pool1d(lib.ones(2, 5), 2, padding=2),
                  lambda lib: lib.nn.functional.max_pool1d(lib.ones(5), 2),
                  lambda lib: lib.nn.functional.avg_pool1d(lib.ones(2, 5), 9)):
        assert error_of(wrong, ours) is error_of(wrong, torch) is RuntimeError
    with pytest.raises(NotImplementedError, match="no ceil_mode"):
        f.max_pool1d(ours.ones(1, 5), 2, ceil_mode=True)
    with pytest.raises(NotImplementedError, match="no return_indices"):
        ours.nn.MaxPool1d(2, return_indices=True)
