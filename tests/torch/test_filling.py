"""A tensor is filled with PyTorch's numbers, in the order of its memory."""

import pytest
from torch_drawn import assert_drawn_alike, assert_refused_alike

from scratch import torch as ours

DRAWN = """
T.empty(3, 4).uniform_(-1, 2, generator=g)
T.empty(3, 4).t().uniform_(-1, 2, generator=g)
T.empty(3, 4)[:, 1:3].uniform_(generator=g)
T.empty(5, 6).t()[1:3].normal_(1, 2, generator=g)
T.empty(5, 6).t().normal_(1, 2, generator=g)
T.empty(5, 6, 2).permute(1, 2, 0).normal_(1, 2, generator=g)
T.empty(5, 6).normal_(1, 2, generator=g)
T.empty(40, dtype=T.bfloat16).uniform_(-3, 3, generator=g)
T.empty(4, 4).bernoulli_(0.3, generator=g)
T.empty(4, 4).t().bernoulli_(0.3, generator=g)
T.empty(4, 4, dtype=T.bool).bernoulli_(0.3, generator=g)
T.empty(4, 4, dtype=T.int64).bernoulli_(generator=g)
T.empty(5, 5, dtype=T.bool).bernoulli_(T.rand(5, generator=g), generator=g)
T.empty(5, 5).t().bernoulli_(T.rand(5, generator=g), generator=g)
T.empty(20).exponential_(generator=g)
T.empty(20).exponential_(2.5, generator=g)
T.empty(20, dtype=T.float64).exponential_(2.5, generator=g)
T.empty(20).geometric_(0.3, generator=g)
T.empty(20, dtype=T.int64).geometric_(0.3, generator=g)
T.empty(20).cauchy_(0.3, 2, generator=g)
T.empty(20).log_normal_(0.3, 2, generator=g)
T.empty(21, dtype=T.float64).log_normal_(0.3, 2, generator=g)
T.empty(20).random_(generator=g)
T.empty(20, dtype=T.float64).random_(generator=g)
T.empty(20, dtype=T.float16).random_(generator=g)
T.empty(20, dtype=T.bfloat16).random_(generator=g)
T.empty(20, dtype=T.int64).random_(generator=g)
T.empty(20, dtype=T.int32).random_(generator=g)
T.empty(20, dtype=T.int16).random_(generator=g)
T.empty(20, dtype=T.int8).random_(generator=g)
T.empty(20, dtype=T.uint8).random_(generator=g)
T.empty(20, dtype=T.bool).random_(generator=g)
T.empty(20, dtype=T.int64).random_(7, generator=g)
T.empty(20, dtype=T.int64).random_(-7, 7, generator=g)
T.empty(20, dtype=T.int64).random_(**{"from": -7, "to": 7}, generator=g)
T.empty(20, dtype=T.int64).random_(to=7, generator=g)
T.empty(20, dtype=T.int64).random_(5, None, generator=g)
T.empty(20, dtype=T.float32).random_(5, None, generator=g)
T.empty(20, dtype=T.int8).random_(5, None, generator=g)
T.empty(20, dtype=T.int64).random_(-2**63, 2**63 - 1, generator=g)
T.empty(20, dtype=T.int64).random_(-2**63, None, generator=g)
T.empty(5, dtype=T.int64).random_(-2**63, None, generator=g)
T.empty(20, dtype=T.float64).random_(-2**63, None, generator=g)
T.empty(20).random_(100, generator=g)
""".strip().splitlines()
REFUSED = """
T.empty(1).expand(3).uniform_(generator=g)
T.empty(3, dtype=T.int64).uniform_()
T.empty(3, dtype=T.int64).normal_()
T.empty(3, dtype=T.int64).exponential_()
T.empty(3, dtype=T.int64).log_normal_(0.3, 1)
T.empty(3, dtype=T.int64).cauchy_(0.3, 1)
T.empty(3, dtype=T.int64).random_(5, 5, generator=g)
T.empty(3, dtype=T.int32).random_(2**33)
T.empty(3, dtype=T.int32).random_(-2**63, None)
T.empty(3, dtype=T.float16).random_(-70000, 5)
T.empty(3, dtype=T.int64).random_(2.5)
T.empty(3, dtype=T.int64).random_(None, 5)
T.empty(3).uniform_(2, 1)
T.empty(3).normal_(0, -1)
T.empty(3).exponential_(0)
T.empty(3).geometric_(0)
T.empty(3).cauchy_(0.3, 0)
T.empty(3).log_normal_(0.3, 0)
T.empty(3).bernoulli_(1.3)
T.empty(3).bernoulli_(T.tensor([.1, .2]))
T.ones(3, requires_grad=True).uniform_()
""".strip().splitlines()


@pytest.mark.parametrize("call", DRAWN)
def test_what_is_drawn_is_pytorchs(call):
    """By PyTorch: numbers, dtype, shape, strides, and the words that were used."""
    assert_drawn_alike(call)


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused(call):
    """By PyTorch: an error of the same class."""
    assert_refused_alike(call)


def test_a_fill_is_a_write_which_views_and_versions_see():
    x = ours.zeros(4, 4)
    row, before = x[1], x._version
    row.uniform_(5, 6)
    assert x._version > before and (x[1] >= 5).all() and (x[0] == 0).all()
