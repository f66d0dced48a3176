"""Convolutions have PyTorch's values, slopes, beginnings and texts."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine, set_alike
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapes import load_checked

from scratch import torch as ours
from scratch.torch.nn import functional as f

pytestmark = pytest.mark.filterwarnings("ignore:.*Using padding:UserWarning")


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 2), st.integers(0, 2), st.integers(1, 2), st.integers(1, 3), st.integers(1, 3),
       st.integers(0, 2),
       st.integers(1, 2), st.booleans(), st.integers(1, 2))
def test_any_setting(axes, batch, groups, kernel, stride, padding, dilation, bias, share):
    """Oracle: torch.nn.functional.conv1d and conv2d, in float64."""
    places = [7, 6][:axes]
    assume(all(n + 2 * padding > dilation * (kernel - 1) for n in places))
    x = torch.randn(*[batch] * (batch > 0), share * groups, *places, dtype=torch.float64, requires_grad=True)
    W = torch.randn(2 * groups, share, *[kernel] * axes, dtype=torch.float64, requires_grad=True)
    b = torch.randn(2 * groups, dtype=torch.float64, requires_grad=True) if bias else None
    name, more = f"conv{axes}d", (stride, padding, dilation, groups)
    assert_same_function(lambda x, W, b: getattr(f, name)(x, W, b, *more),
                         lambda x, W, b: getattr(F, name)(x, W, b, *more), [x, W, b], 1e-9, 1e-9,
                         second=False)


@pytest.mark.parametrize("make, shape", [
    (lambda nn: nn.Conv1d(2, 3, 3, padding="same"), (2, 2, 5)),
    (lambda nn: nn.Conv1d(2, 3, 2, padding="same", dilation=3), (2, 5)),
    (lambda nn: nn.Conv1d(2, 3, 3, padding="valid", bias=False), (2, 2, 5)),
    (lambda nn: nn.Conv1d(2, 2, 3, padding=2, padding_mode="circular", groups=2), (2, 2, 5)),
    (lambda nn: nn.Conv2d(2, 3, (2, 3), stride=(1, 2), padding=(1, 0), dilation=(1, 2)), (2, 2, 5, 6)),
    (lambda nn: nn.Conv2d(2, 3, 3, padding=1, padding_mode="reflect"), (1, 2, 4, 4))])
def test_modules_compute_and_read_as_pytorchs(make, shape):
    """Oracle: the module of torch.nn with the same numbers."""
    b = make(torch.nn)
    a = set_alike(make(ours.nn), b)
    x = torch.randn(shape)
    assert_like(a(mine(x)), b(x), 1e-4, 1e-5)
    assert repr(a) == repr(b)


@pytest.mark.parametrize("wrong", [
    lambda lib: lib.nn.Conv1d(3, 4, 2, groups=2), lambda lib: lib.nn.Conv1d(2, 2, 2, padding="all"),
    lambda lib: lib.nn.Conv1d(2, 2, 2, padding="same", stride=2),
    lambda lib: lib.nn.Conv1d(2, 2, 2, padding_mode="all"),
    lambda lib: lib.nn.Conv1d(2, 2, 2)(lib.ones(3, 5)), lambda lib: lib.nn.Conv1d(2, 2, 9)(lib.ones(2, 5)),
    lambda lib: lib.nn.Conv1d(2, 2, 2)(lib.ones(1, 1, 2, 5)),
    lambda lib: lib.nn.Conv2d(2, 2, 2)(lib.ones(2, 5))])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, ours) is error_of(wrong, torch) is not None


def test_every_shape_comment_is_true():
    B, G, n, K = 2, 3, 5, 7
    C, outputs = 3 * G, 11 * G
    checked = load_checked(ours.nn.convolution.__file__, B=B, G=G, C=C, O=outputs, K=K, n=n)
    checked.conv1d(ours.randn(B, C, n + K - 1), ours.randn(outputs, C // G, K), groups=G)
    assert not checked.unreached_shapes()
