"""Attention computes what PyTorch's two own versions compute, and looks where it may."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from shapes import load_checked

from scratch.makemore import attention as module
from scratch.makemore.attention import MultiHeadAttention, attention, bidirectional, causal, padding

torch.set_num_threads(1)    # such small operations: a second thread would only wait


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=1, dtype=torch.float64):
    return torch.randn(shape, generator=generator(seed), dtype=dtype)


def qkv(T=5, S=7, D=3):
    return normal(2, 3, T, D), normal(2, 3, S, D, seed=2), normal(2, 3, S, D, seed=3)


MASKS = {
    "none": None,
    "causal": causal(5, 7),
    "padding": padding(torch.tensor([7, 2]), 7),
    "causal and padding": causal(5, 7) & padding(torch.tensor([6, 3]), 7),
    "bidirectional": bidirectional(7)[:5],
}


class Before:
    """A cache with P positions in it."""

    def __init__(self, P):
        self.P = P

    def extend(self, k, v):
        def more(x):
            return torch.cat([x.new_zeros(*x.shape[:2], self.P, x.shape[3]), x], 2)
        return more(k), more(v)


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, B=5, T=3, S=13, C=14, H=2, D=7)
    layer = checked.MultiHeadAttention(14, 2)
    mask = checked.causal(3, 13) & checked.padding(torch.tensor([9, 10, 11, 12, 13]), 13)
    layer(torch.randn(5, 3, 14), mask, rotate=lambda x: x, cache=Before(10))
    checked.bidirectional(3)
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
def test_it_equals_scaled_dot_product_attention(mask):
    """Oracle: F.scaled_dot_product_attention, values and all three gradients, float64."""
    ours, theirs = ([x.clone().requires_grad_() for x in qkv()] for _ in range(2))
    y, _ = attention(*ours, mask)
    expected = F.scaled_dot_product_attention(*theirs, attn_mask=mask)
    torch.testing.assert_close(y, expected)
    weight = normal(*y.shape, seed=4)
    for a, b in zip(torch.autograd.grad((y * weight).sum(), ours),
                    torch.autograd.grad((expected * weight).sum(), theirs)):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("mask", [None, causal(6), padding(torch.tensor([6, 2]), 6)],
                         ids=["none", "causal", "padding"])
def test_it_equals_multihead_attention_with_the_same_weights(mask):
    """Oracle: nn.MultiheadAttention, whose masks are the negation of ours; y and every head's weights."""
    ours = MultiHeadAttention(12, 3).double()
    theirs = torch.nn.MultiheadAttention(12, 3, batch_first=True).double()
    with torch.no_grad():
        for a, b in zip(theirs.parameters(), ours.parameters()):
            a.copy_(torch.randn(b.shape, generator=generator(), dtype=torch.float64))
            b.copy_(a)
    assert [p.shape for p in theirs.parameters()] == [p.shape for p in ours.parameters()]
    x, maps, hidden = normal(2, 6, 12), [], {}
    if mask is not None:
        hidden = ({"attn_mask": ~mask} if mask.ndim == 2 else {"key_padding_mask": ~mask[:, 0, 0]})
    expected, weights = theirs(x, x, x, average_attn_weights=False, **hidden)
    torch.testing.assert_close(ours(x, mask, maps=maps), expected)
    torch.testing.assert_close(maps[0], weights)


def test_several_heads_are_as_many_single_ones_side_by_side():
    """Oracle: a loop over heads, each with its own rows of qkv."""
    layer, x = MultiHeadAttention(12, 3).double(), normal(2, 5, 12)
    W, b = (p.detach().chunk(3) for p in (layer.qkv.weight, layer.qkv.bias))
    heads = []
    for head in range(3):
        rows = slice(4 * head, 4 * head + 4)
        q, k, v = (x @ w[rows].T + c[rows] for w, c in zip(W, b))
        scores = q @ k.transpose(1, 2) / 2
        hidden = torch.ones(5, 5).triu(1).bool()
        heads.append(scores.masked_fill(hidden, -math.inf).softmax(2) @ v)
    expected = torch.cat(heads, 2) @ layer.out.weight.T + layer.out.bias
    torch.testing.assert_close(layer(x, causal(5)), expected)


def test_with_equal_keys_it_is_the_mean_of_what_is_seen():
    v = normal(6, 4)
    y, _ = attention(normal(6, 3), torch.zeros(6, 3, dtype=torch.float64), v, causal(6))
    torch.testing.assert_close(y, torch.stack([v[:t + 1].mean(0) for t in range(6)]))


@given(st.integers(1, 6), st.integers(0, 5), st.integers(0, 2**20))
def test_no_query_is_moved_by_what_it_may_not_see(T, earlier, seed):
    """Change every value and key that a query may not see: its answer stays, to the last bit."""
    S, mask = T + earlier, causal(T, T + earlier)
    q, k, v = normal(T, 3, seed=seed), normal(S, 3, seed=seed + 1), normal(S, 2, seed=seed + 2)
    y, weights = attention(q, k, v, mask)
    torch.testing.assert_close(weights.sum(1), torch.ones(T, dtype=torch.float64))
    assert not weights[~mask].any()
    for t in range(T):
        other_k, other_v = k.clone(), v.clone()
        other_k[earlier + t + 1:], other_v[earlier + t + 1:] = 1e3, -1e3
        assert torch.equal(attention(q, other_k, other_v, mask)[0][t], y[t])


def test_a_query_that_sees_nothing_answers_zero_and_has_a_gradient():
    """-inf everywhere would be nan, forward and backward."""
    q, k, v = (x.requires_grad_() for x in qkv())
    y, weights = attention(q, k, v, padding(torch.tensor([7, 0]), 7))
    assert not y[1].any() and not weights[1].any() and y[0].all()
    slopes = torch.autograd.grad(y.square().sum(), (q, k, v))
    assert all(slope.isfinite().all() for slope in slopes)


def test_half_precision_is_masked_without_overflow():
    q, k, v = (x.to(torch.bfloat16) for x in qkv())
    y, weights = attention(q, k, v, causal(5, 7))
    assert y.isfinite().all() and not weights[..., 0, 3:].any()


def test_scores_of_random_numbers_have_variance_one_whatever_the_width():
    """Why √D: unscaled, the variance of q · k is D (Vaswani et al., footnote 4)."""
    for D in (4, 64, 256):
        q, k = normal(400, D), normal(400, D, seed=2)
        assert (q @ k.T).var().item() == pytest.approx(D, rel=0.1)
        assert (q @ k.T / math.sqrt(D)).var().item() == pytest.approx(1, rel=0.1)


def test_the_lectures_toy_has_its_published_variances():
    """Oracle: GPT lecture's notebook, 1.0449, 1.0700, 17.4690 and, scaled, 1.0918 (seed 1337)."""
    torch.manual_seed(1337)
    torch.randn(4, 8, 32)
    layers = [torch.nn.Linear(32, 16, bias=False) for _ in range(3)]
    assert len(layers) == 3
    k, q = torch.randn(4, 8, 16), torch.randn(4, 8, 16)
    scores = q @ k.transpose(-2, -1)
    assert k.var().item() == pytest.approx(1.0449, abs=5e-5)
    assert q.var().item() == pytest.approx(1.0700, abs=5e-5)
    assert scores.var().item() == pytest.approx(17.4690, abs=5e-4)
    assert (scores / 4).var().item() == pytest.approx(1.0918, abs=5e-5)


def test_the_lectures_matrix_product_averages_rows():
    """Oracle: the lecture's example with seed 42: [[2, 7], [4, 5.5], [4.6667, 5.3333]]."""
    torch.manual_seed(42)
    v = torch.randint(0, 10, (3, 2)).float()
    y, weights = attention(torch.zeros(3, 1), torch.zeros(3, 1), v, causal(3))
    torch.testing.assert_close(y, torch.tensor([[2, 7], [4, 5.5], [14 / 3, 16 / 3]]))
    torch.testing.assert_close(weights[2], torch.full((3,), 1 / 3))


def test_dropout_is_applied_to_the_weights_in_training_only():
    layer, x, maps = MultiHeadAttention(8, 2, dropout=0.5), torch.randn(1, 20, 8), []
    layer.eval()(x, maps=maps)
    layer.train()(x, maps=maps)
    assert maps[0].all() and 0.3 < (maps[1] == 0).float().mean() < 0.7


def test_errors_say_what_to_do():
    with pytest.raises(ValueError, match="10 channels do not divide among 3 heads"):
        MultiHeadAttention(10, 3)
    with pytest.raises(TypeError, match="boolean, True where a query may look"):
        attention(*qkv(), torch.ones(5, 7))
