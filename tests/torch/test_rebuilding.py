"""Pickles, deep copies and subclasses are made anew with their numbers, dtypes and gradients' wishes."""

import copy
import pickle

import pytest

from scratch import torch as ours


def test_pickled_and_copied():
    x = ours.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
    for y in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x)):
        assert y.tolist() == x.tolist() and y.requires_grad and y.dtype is x.dtype
        assert y.data_ptr() != x.data_ptr()
    assert copy.copy(x).tolist() == x.tolist()
    with pytest.raises(RuntimeError, match="leaves"):
        copy.deepcopy(x * 2)


def test_a_subclass_is_made_from_numbers_and_from_a_tensor():
    class Marked(ours.Tensor):
        mark = "mine"
    x = ours.tensor([1.0, 2.0], requires_grad=True)
    y = x.as_subclass(Marked)
    assert isinstance(y, Marked) and y.mark == "mine" and y.data_ptr() == x.data_ptr()
    assert Marked([3.0]).tolist() == [3.0] and Marked(2, 3).shape == (2, 3) and isinstance(y + 1, ours.Tensor)
    assert isinstance(copy.deepcopy(y), Marked) and isinstance(pickle.loads(pickle.dumps(x)), ours.Tensor)
