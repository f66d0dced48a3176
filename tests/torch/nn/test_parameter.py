"""A Parameter is a leaf on the tensor's own memory, and a type that modules look for."""

import copy

import pytest
import torch
from both import error_of

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


@BOTH
def test_a_parameter_shares_memory_and_begins_a_graph(library):
    data = library.tensor([1.0, 2.0])
    p = library.nn.Parameter(data)
    data[0] = 5.0
    assert p.tolist() == [5.0, 2.0] and p.is_leaf and p.requires_grad and isinstance(p, library.Tensor)
    assert type(p * 2) is type(p.detach()) is type(p.data) is library.Tensor
    assert not library.nn.Parameter(data, requires_grad=False).requires_grad
    assert library.nn.Parameter().shape == (0,)


@BOTH
def test_a_parameter_of_a_result_is_a_leaf(library):
    made = library.nn.Parameter(library.ones(2, requires_grad=True) * 3)
    made.sum().backward()
    assert made.is_leaf and made.grad.tolist() == [1.0, 1.0]


@BOTH
def test_a_copy_is_a_parameter_of_its_own(library):
    p = library.nn.Parameter(library.tensor([1.0]))
    p.sum().backward()
    twins = copy.deepcopy([p, p])
    assert twins[0] is twins[1] and twins[0] is not p
    assert isinstance(twins[0], library.nn.Parameter) and twins[0].requires_grad and twins[0].is_leaf
    assert twins[0].grad is None
    with library.no_grad():
        p[0] = 7.0
    assert twins[0].item() == 1.0


def test_its_text_is_pytorchs():
    for numbers in ([1.0, 2.5], [[1.0], [3.0]]):
        for flag in (True, False):
            texts = {repr(each.nn.Parameter(each.tensor(numbers), requires_grad=flag)) for each in (ours,
                                                                                                    torch)}
            assert len(texts) == 1


def test_what_cannot_be_a_parameter_is_refused():
    """Oracle: the class of PyTorch's error."""
    for library in (ours, torch):
        assert error_of(library.nn.Parameter, library.tensor([1])) is RuntimeError    # whole numbers
    with pytest.raises(TypeError, match="a Parameter is made of a tensor, not of 3"):
        ours.nn.Parameter(3)
