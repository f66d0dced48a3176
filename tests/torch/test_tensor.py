"""What a tensor knows about itself: PyTorch's answers, and its errors."""

import pickle

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree


@pytest.mark.parametrize("text", [
    "x.shape", "x.size()", "x.size(0)", "x.size(-1)", "x.stride()", "x.stride(1)", "x.t().stride()",
    "x[1].storage_offset()",
    "x.dim()", "x.ndim", "x.numel()", "x.nelement()", "x.element_size()", "x.itemsize", "x.nbytes", "len(x)",
    "x.is_contiguous()",
    "x.t().is_contiguous()", "x.is_floating_point()", "i.is_floating_point()", "x.is_complex()",
    "i.is_signed()", "x.tolist()",
    "x[0, 0].item()", "i[0].item()", "float(x[0, 0])", "int(x[1, 1])", "bool(i[0])", "[1, 2, 3][i[0]]",
    "x.dtype", "x.device.type",
    "str(x.device)", "x.is_leaf", "x.requires_grad", "x.grad", "x.grad_fn", "x.is_cuda", "x.get_device()",
    "2.0 in x", "7 in x",
    "f'{x[0, 0]:.2f}'", "f'{i[0]:3d}'", "x.item()", "bool(x)", "len(x[0, 0])", "list(x[0, 0])", "x.size(2)",
    "x.stride(5)", "int(x)",
    "[1, 2][x[0, 0]]", "e.item()", "bool(e)", "torch.tensor([[5]]).item()", "bool(torch.tensor([[0]]))",
    "x.nonsense", "hash(x) == hash(x)",
    "x.data_ptr() == x.view(-1).data_ptr()", "x[0, 1].data_ptr() - x.data_ptr()",
    "x.untyped_storage().nbytes()", "x == x", "x is x",
    "torch.is_tensor(x)", "torch.is_tensor(1)", "isinstance(x, torch.Tensor)", "x.type()", "i.type()",
    "x.T.shape", "x.layout is not None",
    "torch.Tensor(2, 3).shape", "torch.Tensor([2, 3])", "torch.Tensor().shape", "torch.is_grad_enabled()",
    "x.is_sparse"])
def test_questions(text):
    agree(text, x=torch.tensor([[2.5, 1.0], [0.0, 3.75]]), i=torch.tensor([2, 0]), e=torch.zeros(0))


def test_attributes_of_ones_own_and_unknown_ones():
    x = ours.zeros(2)
    x.label = "mine"
    assert x.label == "mine"
    with pytest.raises(AttributeError, match="has no 'sparse_mask'"):
        _ = x.sparse_mask
    with pytest.raises(AttributeError, match="scratch.torch has no torch.fft"):
        _ = ours.fft


@pytest.mark.parametrize("name", "exp sum mean softmax sort argmax relu reshape flatten matmul var all "
                         "where isnan topk squeeze zeros_like stack cat".split())
@pytest.mark.parametrize("given", [2.0, [1.0, 2.0], None])
def test_what_is_no_tensor_is_refused_as_such(name, given):
    """As PyTorch does: a TypeError."""
    for library in (torch, ours):
        with pytest.raises(TypeError):
            getattr(library, name)(given)


def test_public_functions_are_pickled_by_name():
    assert pickle.loads(pickle.dumps(ours.exp)) is ours.exp
    assert pickle.loads(pickle.dumps(ours.nn.functional.relu)) is ours.nn.functional.relu


def test_data_is_the_same_memory_without_a_version():
    x = ours.tensor([1.0, 2.0], requires_grad=True)
    x.data.mul_(2)
    assert x.tolist() == [2.0, 4.0] and x._version == 0 and not x.data.requires_grad
    x.detach().mul_(2)
    assert x._version == 1
    x.data = ours.ones(3)
    assert x.tolist() == [1.0, 1.0, 1.0] and x.requires_grad and x.is_leaf
    x.sum().backward()
    assert x.grad.shape == (3,)
