"""Attention has PyTorch's answers, weights, slopes and masks."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine, set_alike
from shapes import load_checked

from scratch import torch as ours
from scratch.torch.nn import functional as f


def floats(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


SEES = torch.tensor([[True, False, False, True], [True, True, False, False], [False, False, True, True]])


@pytest.mark.parametrize("settings", [{}, {"is_causal": True}, {"scale": 0.3}, {"attn_mask": SEES},
                                      {"attn_mask": torch.randn(3, 4, dtype=torch.float64)},
                                      {"attn_mask": torch.randn(2, 1, 3, 4, dtype=torch.float64)}],
                         ids=["plain", "causal", "scale", "sees", "added", "added to each"])
@pytest.mark.parametrize("batch", [(), (2, 5)])
def test_scaled_dot_product_attention(settings, batch):
    """Oracle: torch.nn.functional, in float64."""
    mask = settings.get("attn_mask")
    if mask is not None and mask.ndim == 4:    # one of a batch needs a batch
        batch = (2, 5)
    q, k, v = floats(*batch, 3, 6), floats(*batch, 4, 6), floats(*batch, 4, 2 if not batch else 6)
    assert_same_function(lambda q, k, v: f.scaled_dot_product_attention(q, k, v, **mine(settings)),
                         lambda q, k, v: F.scaled_dot_product_attention(q, k, v, **settings), [q, k, v], 1e-8,
                         second=False)


def test_a_query_that_sees_nothing_gets_zeros():
    """Oracle: torch.nn.functional, where one row of the mask is all False."""
    q, k, v = floats(1, 1, 3, 4), floats(1, 1, 4, 4), floats(1, 1, 4, 4)
    mask = SEES.clone()
    mask[1] = False
    assert_same_function(lambda q, k, v: f.scaled_dot_product_attention(q, k, v, mine(mask)),
                         lambda q, k, v: F.scaled_dot_product_attention(q, k, v, mask), [q, k, v], 1e-8,
                         second=False)


def test_groups_of_queries_can_share_keys():
    """Oracle: torch.nn.functional with enable_gqa."""
    q, k, v = floats(2, 4, 3, 6), floats(2, 2, 3, 6), floats(2, 2, 3, 6)
    assert_same_function(lambda *x: f.scaled_dot_product_attention(*x, enable_gqa=True),
                         lambda *x: F.scaled_dot_product_attention(*x, enable_gqa=True), [q, k, v], 1e-8,
                         second=False)


CASES = [
    ({}, {}), ({"batch_first": True}, {}), ({"bias": False}, {}), ({"kdim": 5, "vdim": 6}, {}),
    ({"batch_first": True}, {"attn_mask": ~SEES}), ({}, {"attn_mask": torch.randn(3, 4)}),
    ({"batch_first": True}, {"attn_mask": torch.randn(4, 3, 4)}),
    ({"batch_first": True}, {"key_padding_mask": torch.tensor([[False] * 4, [False, False, True, True]])}),
    ({}, {"key_padding_mask": torch.tensor([[False] * 4, [False, False, True, True]]), "attn_mask": ~SEES}),
    ({}, {"average_attn_weights": False}), ({"batch_first": True}, {"need_weights": False}),
]


@pytest.mark.parametrize("settings, call", CASES, ids=[str(n) for n in range(len(CASES))])
def test_multihead_attention(settings, call):
    """Oracle: torch.nn.MultiheadAttention with the same numbers: answers, weights, gradients."""
    b = torch.nn.MultiheadAttention(4, 2, **settings).double()
    a = set_alike(ours.nn.MultiheadAttention(4, 2, **settings).double(), b)
    assert repr(a) == repr(b) and list(a.state_dict()) == list(b.state_dict())
    call = {name: each.double() if isinstance(each, torch.Tensor) and each.is_floating_point() else each
            for name, each in call.items()}
    q, k, v = floats(3, 2, 4), floats(4, 2, settings.get("kdim", 4)), floats(4, 2, settings.get("vdim", 4))
    if settings.get("batch_first"):
        q, k, v = (each.detach().transpose(0, 1).contiguous().requires_grad_() for each in (q, k, v))
    y, weights = a(*mine([q, k, v]), **mine(call))
    z, theirs = b(q, k, v, **call)
    assert_like(y, z, 1e-8, 1e-9)
    assert (weights is None) == (theirs is None)
    if weights is not None:
        assert_like(weights, theirs, 1e-8, 1e-9)
    y.sin().sum().backward(), z.sin().sum().backward()
    assert_like([p.grad for p in a.parameters()], [p.grad for p in b.parameters()], 1e-8, 1e-9)


def test_self_attention_of_one_example_and_dropout():
    """Oracle: torch.nn.MultiheadAttention without a batch, and with dropout from the same seed."""
    b = torch.nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True)
    a = set_alike(ours.nn.MultiheadAttention(4, 2, dropout=0.5, batch_first=True), b)
    for shape in ((3, 4), (2, 3, 4)):
        x = torch.randn(shape)
        copy = mine(x)
        ours.manual_seed(1), torch.manual_seed(1)
        assert_like(a(copy, copy, copy), b(x, x, x), 1e-5, 1e-6)
    assert_like(a.eval()(copy, copy, copy), b.eval()(x, x, x), 1e-5, 1e-6)


@pytest.mark.parametrize("wrong", [
    lambda f, lib: lib.nn.MultiheadAttention(5, 2), lambda f, lib: lib.nn.MultiheadAttention(0, 2),
    lambda f, lib: lib.nn.MultiheadAttention(4, 2)(*[lib.ones(3, 2, 4)] * 3, attn_mask=lib.ones(2, 2)),
    lambda f, lib: lib.nn.MultiheadAttention(4, 2)(*[lib.ones(3, 2, 4)] * 3, is_causal=True),
    lambda f, lib: lib.nn.MultiheadAttention(4, 2)(*[lib.ones(3, 2, 4)] * 3, key_padding_mask=lib.ones(2, 2)),
    lambda f, lib: lib.nn.MultiheadAttention(4, 2)(lib.ones(3, 2, 5), *[lib.ones(3, 2, 4)] * 2)])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, f, ours) is error_of(wrong, F, torch) is not None


def test_what_is_left_out_is_refused_by_name():
    with pytest.raises(RuntimeError, match="a mask and is_causal are two masks"):
        f.scaled_dot_product_attention(*[ours.ones(3, 4)] * 3, ours.ones(3, 3), is_causal=True)
    for name in ("add_bias_kv", "add_zero_attn"):
        with pytest.raises(NotImplementedError, match=name):
            ours.nn.MultiheadAttention(4, 2, **{name: True})


def test_every_shape_comment_is_true():
    B, T, H, D = 2, 5, 3, 7
    checked = load_checked(ours.nn.attention.__file__, B=B, T=T, S=T, H=H, D=D, E=H * D)
    layer = checked.MultiheadAttention(H * D, H, batch_first=True)
    x = ours.randn(B, T, H * D)
    layer(x, x, x)
    assert not checked.unreached_shapes()
