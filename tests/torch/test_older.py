"""What older scripts call by older names is what PyTorch still makes of it."""

import numpy as np
import pytest
import torch

from scratch import torch as ours
from scratch.torch.older import KINDS

CALLS = ["T.LongTensor([3, 1])", "T.FloatTensor([[1, 2], [3, 4]])", "T.DoubleTensor((1, 2))",
         "T.ByteTensor([1, 255])", "T.BoolTensor([1, 0])", "T.HalfTensor([0.5])",
         "T.LongTensor(T.tensor([5]))",
         "T.FloatTensor(np.ones(3, dtype='f4'))", "T.LongTensor([])", "T.IntTensor([[]])", "T.LongTensor()",
         "T.autograd.Variable(T.ones(2))", "T.autograd.Variable(T.ones(2), requires_grad=True)",
         "T.autograd.Variable((T.ones(2, requires_grad=True) * 2))", "T.autograd.Variable()"]
SHAPES = ["T.FloatTensor(2, 3)", "T.LongTensor(3)", "T.FloatTensor(T.Size([2, 1]))", "T.FloatTensor(0)"]
REFUSED = ["T.LongTensor(T.ones(2))", "T.FloatTensor(T.arange(3))", "T.LongTensor(['a'])",
           "T.autograd.Variable([1.0])"]


@pytest.mark.parametrize("call", CALLS)
def test_older_constructors_make_what_they_make_in_pytorch(call):
    """By PyTorch: numbers, dtype, shape, and whether a gradient is wanted."""
    mine, theirs = (eval(call, {"T": library, "np": np}) for library in (ours, torch))
    assert mine.tolist() == theirs.tolist() and str(mine.dtype) == str(theirs.dtype)
    assert mine.shape == tuple(theirs.shape)
    assert (mine.requires_grad, mine.is_leaf) == (theirs.requires_grad, theirs.is_leaf)


@pytest.mark.parametrize("call", SHAPES)
def test_sizes_make_a_tensor_of_that_shape(call):
    """By PyTorch."""
    mine, theirs = (eval(call, {"T": library}) for library in (ours, torch))
    assert mine.shape == tuple(theirs.shape) and str(mine.dtype) == str(theirs.dtype)


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused(call):
    """By PyTorch: an error of the same class."""
    with pytest.raises((TypeError, ValueError)) as theirs:
        eval(call, {"T": torch})
    with pytest.raises(theirs.type):
        eval(call, {"T": ours})


def test_the_classes_tell_dtypes_apart():
    """By PyTorch: isinstance of every class and dtype, and of Variable."""
    for name in KINDS:
        for dtype in KINDS.values():
            mine, theirs = (library.zeros(1, dtype=getattr(library, dtype.name)) for library in (ours, torch))
            assert isinstance(mine, getattr(ours, name)) == isinstance(theirs, getattr(torch, name))
    assert isinstance(ours.ones(1), ours.autograd.Variable) and not isinstance(1.0, ours.autograd.Variable)


def test_a_variable_shares_its_tensors_memory():
    x = ours.zeros(2)
    ours.autograd.Variable(x)[0] = 5.0
    assert x.tolist() == [5.0, 0.0]
