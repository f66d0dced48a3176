"""Random programs over tensors do in scratch.torch what they do in PyTorch, the oracle of each line."""

import pytest
from torch_programs import difference, drawn, smallest

from scratch import torch as ours
from scratch.torch import dispatch


def agree(seeds):
    for seed in seeds:
        lines = drawn(seed)
        if wrong := difference(lines, ours):
            few = smallest(lines, ours)
            pytest.fail(f"program {seed}: {difference(few, ours) or wrong}\n" + "\n".join(few))


@pytest.mark.parametrize("hundred", range(10))
def test_a_random_program_computes_what_it_computes_in_pytorch(hundred, pytestconfig):
    """Numbers, dtypes, strides, versions, gradients and classes of errors, after every line.

    A hundred programs are run by default and a thousand with --long, of 5 to 40 lines with views, indices and
    writes in place.
    """
    few = 100 if pytestconfig.getoption("long") else 10
    agree(range(100 * hundred, 100 * hundred + few))


def test_programs_run_on_python_alone_too(pytestconfig):
    """The same, by the backend of lists and arrays."""
    before = dispatch.use("python")
    try:
        agree(range(1000, 1200 if pytestconfig.getoption("long") else 1030))
    finally:
        dispatch.use(before)


@pytest.mark.parametrize("wrong, found", [
    (lambda a, b: ours.add(ours.mul(a, b), 0.1), "v2 is"),
    (lambda a, b: ours.mul(a, b).detach(), "v2.requires_grad is False"),
    (lambda a, b: ours.mul(a, b).t().contiguous().t(), "v2.stride() is"),
    (lambda a, b: ours.mul(a, b) + (b - b.detach()), "v1.grad is"),
])
def test_a_wrong_product_would_be_found(monkeypatch, wrong, found):
    """The comparison itself, of numbers, of what is recorded, of memory and of gradients."""
    lines = ["v1 = torch.tensor([[2.0, 3.0], [4.0, 5.0]], requires_grad=True)", "v2 = v1 * v1",
             "v2.sum().backward()"]
    assert difference(lines, ours) is None
    monkeypatch.setattr(ours.Tensor, "__mul__", wrong)
    assert found in difference(lines, ours)
