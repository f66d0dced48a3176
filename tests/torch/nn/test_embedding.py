"""Embedding and one_hot: rows, what comes back to them, and refusals are PyTorch's."""

import functools

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of

from scratch import torch as ours
from scratch.torch.nn import functional as f


@pytest.mark.parametrize("ids", [[1, 2, 1], [[0, 4], [4, 4]], 3, []])
def test_embedding_adds_up_the_gradients_of_a_row(ids):
    """Oracle: torch.nn.functional.embedding, with and without a padding row."""
    ids, W = torch.tensor(ids, dtype=torch.int64), torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    for padding in (None, 4, -4):
        def look_up(F, W, ids, padding=padding):
            return F.embedding(ids, W, padding_idx=padding)

        assert_same_function(functools.partial(look_up, f), functools.partial(look_up, F), [W, ids], 1e-9)


def test_an_id_outside_the_table_is_named():
    table = ours.nn.Embedding(5, 2)
    for ids in ([5, 0], [-1]):
        assert error_of(table, ours.tensor(ids)) is error_of(torch.nn.Embedding(5, 2),
                                                             torch.tensor(ids)) is IndexError
    with pytest.raises(IndexError, match="ids are 0 to 5; the table has rows 0 to 4"):
        table(ours.tensor([5, 0]))
    assert error_of(lambda nn: nn.Embedding(3, 2, padding_idx=3), ours.nn) is AssertionError
    with pytest.raises(NotImplementedError, match="max_norm"):
        ours.nn.Embedding(3, 2, max_norm=1.0)(ours.tensor([0]))


def test_given_rows_are_kept_still():
    for library in (ours, torch):
        rows = library.ones(2, 3)
        frozen = library.nn.Embedding.from_pretrained(rows)
        assert not frozen.weight.requires_grad and frozen(library.tensor(1)).tolist() == [1.0] * 3
        assert library.nn.Embedding.from_pretrained(rows, freeze=False).weight.requires_grad
        rows[1, 0] = 5.0
        assert frozen.weight[1, 0].item() == 5.0


@pytest.mark.parametrize("ids, classes", [([1, 0, 2], -1), ([[1, 0], [2, 2]], 5), (3, -1), (0, 1)])
def test_one_hot(ids, classes):
    """Oracle: torch.nn.functional.one_hot."""
    assert_like(f.one_hot(ours.tensor(ids), classes), F.one_hot(torch.tensor(ids), classes))


@pytest.mark.parametrize("wrong", [
    lambda f, lib: f.one_hot(lib.tensor([1.0])), lambda f, lib: f.one_hot(lib.tensor([-1])),
    lambda f, lib: f.one_hot(lib.tensor([3]), 3), lambda f, lib: f.one_hot(lib.tensor([], dtype=lib.int64)),
    lambda f, lib: f.one_hot(lib.tensor([1], dtype=lib.int32))])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, f, ours) is error_of(wrong, F, torch) is not None
