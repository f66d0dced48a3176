"""GELU, normalisation and cross-entropy: values, slopes, and slopes of slopes are PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours
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
        assert_like(f.gelu(mine(x).T, approximate), F.gelu(x.T, approximate=approximate))


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


CASES = {
    "classes": (lambda: (torch.randn(5, 4), torch.randint(4, (5,))), {}),
    "one example": (lambda: (torch.randn(4), torch.tensor(2)), {}),
    "positions": (lambda: (torch.randn(2, 4, 3), torch.randint(4, (2, 3))), {}),
    "images": (lambda: (torch.randn(2, 4, 3, 2), torch.randint(4, (2, 3, 2))), {}),
    "sum": (lambda: (torch.randn(5, 4), torch.randint(4, (5,))), {"reduction": "sum"}),
    "none": (lambda: (torch.randn(2, 4, 3), torch.randint(4, (2, 3))), {"reduction": "none"}),
    "ignored": (lambda: (torch.randn(5, 4), torch.tensor([1, -100, 0, -100, 3])), {}),
    "ignored class": (lambda: (torch.randn(5, 4), torch.tensor([1, 2, 0, 2, 3])), {"ignore_index": 2}),
    "all ignored": (lambda: (torch.randn(2, 4), torch.tensor([-100, -100])), {}),
    "weights": (lambda: (torch.randn(5, 4), torch.tensor([1, -100, 0, 3, 3])),
                {"weight": torch.tensor([0.5, 2.0, 0.0, 3.0])}),
    "weights, none": (lambda: (torch.randn(2, 4, 3), torch.randint(4, (2, 3))),
                      {"weight": torch.tensor([0.5, 2.0, 1.0, 3.0]), "reduction": "none"}),
    "smoothing": (lambda: (torch.randn(5, 4), torch.tensor([1, -100, 0, 3, 3])), {"label_smoothing": 0.1}),
    "smoothing, weights": (lambda: (torch.randn(5, 4), torch.tensor([1, 2, 0, 3, 3])),
                           {"weight": torch.tensor([0.5, 2.0, 1.0, 3.0]), "label_smoothing": 0.3}),
    "probabilities": (lambda: (torch.randn(5, 4), torch.rand(5, 4).softmax(1)), {}),
    "probabilities, all": (lambda: (torch.randn(2, 4, 3), torch.rand(2, 4, 3).softmax(1)),
                           {"weight": torch.tensor([0.5, 2.0, 1.0, 3.0]), "label_smoothing": 0.3}),
    "empty": (lambda: (torch.randn(0, 4), torch.randint(4, (0,))), {}),
}


@pytest.mark.parametrize("make, settings", CASES.values(), ids=CASES)
def test_cross_entropy_and_its_slopes(make, settings):
    """Oracle: torch.nn.functional.cross_entropy."""
    logits, target = make()
    logits = logits.double().requires_grad_()
    settings = {name: value.double() if name == "weight" else value for name, value in settings.items()}
    target = target.double() if target.is_floating_point() else target
    assert_same_function(lambda x, y: f.cross_entropy(x, y, **mine(settings)),
                         lambda x, y: F.cross_entropy(x, y, **settings), [logits, target], 1e-9, 1e-9)


@pytest.mark.parametrize("logits, target", [
    (torch.randn(5, 4), torch.tensor([0, 1, 2, 3, 4])), (torch.randn(5, 4), torch.tensor([0, 1, 2, 3, -1])),
    (torch.randn(5, 4), torch.tensor([0, 1])), (torch.randn(5, 4), torch.randn(5)),
    (torch.randn(5, 4), torch.zeros(5, dtype=torch.int32)),
    (torch.randn(5, 4), torch.zeros(5, 1, dtype=torch.int64)),
    (torch.randn(2, 4, 3), torch.zeros(2, 2, dtype=torch.int64)), (torch.randn(5, 4), torch.randn(4, 5)),
])
def test_cross_entropy_refuses_what_pytorch_refuses(logits, target):
    """Oracle: the class of PyTorch's error."""
    assert error_of(f.cross_entropy, mine(logits), mine(target)) is error_of(F.cross_entropy, logits, target)


def test_a_class_that_does_not_exist_is_named():
    with pytest.raises(IndexError, match="target 4 is no class: there are 4, from 0 on"):
        f.cross_entropy(ours.zeros(1, 4), ours.tensor([4]))


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(1, 6), st.floats(-1e4, 1e4), st.integers(0, 2**32))
def test_logits_far_from_zero_neither_overflow_nor_vanish(B, C, size, seed):
    """Oracle: PyTorch, in float32, on logits up to 10,000."""
    g = torch.Generator().manual_seed(seed)
    logits = (size * torch.randn(B, C, generator=g)).requires_grad_()
    target = torch.randint(C, (B,), generator=g)
    assert_same_function(f.cross_entropy, F.cross_entropy, [logits, target], 1e-5, 1e-5, second=False)


def test_a_graph_is_named_as_pytorch_names_it():
    x = ours.randn(2, 3).requires_grad_()
    y = ours.tensor([0, 1])
    names = [f.gelu(x), f.layer_norm(x, (3,)), f.cross_entropy(x, y), f.softmax(x, 1), f.log_softmax(x, 1),
             f.batch_norm(x, None, None, training=True)]
    assert [each.grad_fn.name() for each in names] == [
        "GeluBackward0", "NativeLayerNormBackward0", "NllLossBackward0", "SoftmaxBackward0",
        "LogSoftmaxBackward0",
        "NativeBatchNormBackward0"]
