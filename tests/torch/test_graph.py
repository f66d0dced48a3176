"""What a node keeps: its inputs, only what its slopes need, and never its own result."""

import sys

import pytest

from scratch import torch as ours
from scratch.torch.graph import OUTPUT, record, records
from scratch.torch.tensor import wrap


def test_a_recorded_operation_computes_its_gradient_by_its_slope():
    def tenfold(x):
        y = wrap(x.storage.backend["mul"](x.native, 10.0), x.dtype, x.storage.backend)
        return record(y, "TenfoldBackward0", (x, lambda g: g * 10)) if records(x) else y
    x = ours.tensor([1.0, 2.0], requires_grad=True)
    tenfold(x).sum().backward()
    assert x.grad.tolist() == [10.0, 10.0] and tenfold(x).grad_fn.name() == "TenfoldBackward0"


def test_what_no_gradient_needs_is_not_kept():
    x, y = ours.ones(3, requires_grad=True), ours.ones(3)
    held = sys.getrefcount(x)
    product = x * y
    assert [tensor is y for tensor, _ in product.grad_fn.saved] == [True]
    assert sys.getrefcount(x) == held + 1        # the edge to the leaf, and no saved tensor
    assert (x + y).grad_fn.saved == []
    root = x.exp()
    assert root.grad_fn.saved[0][0] is not root and root.grad_fn.saved[0][0].node is None


def test_output_stands_for_the_result_and_keeps_its_place_in_the_graph():
    x = ours.tensor([0.5], requires_grad=True)
    y = wrap(x.exp().native, x.dtype, x.storage.backend)
    record(y, "ExpBackward0", (x, lambda g, y: g * y, OUTPUT))
    slope, = ours.autograd.grad(y, x, create_graph=True)
    second, = ours.autograd.grad(slope, x)
    assert slope.item() == second.item() == y.item()


def test_nodes_show_their_way_down():
    x = ours.ones(2, requires_grad=True)
    y = (x * 2).sum()
    below, nr = y.grad_fn.next_functions[0]
    assert (below.name(), nr) == ("MulBackward0", 0) and below.next_functions[1] == (None, 0)
    end = below.next_functions[0][0]
    assert end.name() == "torch::autograd::AccumulateGrad" and end.variable is x
    assert "SumBackward0" in repr(y.grad_fn)


def test_a_changed_tensor_is_named_by_its_versions():
    x = ours.ones(2, requires_grad=True)
    y = x * 1
    z = y * y
    y.zero_()
    with pytest.raises(RuntimeError, match="at version 0, and it is at version 1.*clone"):
        z.sum().backward()
