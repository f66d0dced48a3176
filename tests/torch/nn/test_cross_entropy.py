"""Cross-entropy: values, slopes, slopes of slopes and refusals are PyTorch's."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_same_function, error_of, mine
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import load_checked

from scratch import torch as ours
from scratch.torch.nn import functional as f

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


def test_every_shape_comment_is_true():
    checked = load_checked(ours.nn.cross_entropy.__file__, B=5)
    checked.nll_loss(ours.randn(5, 3).log_softmax(1), ours.tensor([0, 2, 1, 1, 0]))
    assert not checked.unreached_shapes()
