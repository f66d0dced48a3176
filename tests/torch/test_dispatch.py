"""The table of kernels: devices, backends chosen and registered, and what is composed of the rest."""

import pytest
import torch

from scratch import torch as ours
from scratch.torch import dispatch


def test_devices_are_pytorchs():
    for text in ("cpu", "cuda", "cuda:1"):
        mine, theirs = ours.device(text), torch.device(text)
        assert (mine.type, mine.index, repr(mine), str(mine)) == (theirs.type, theirs.index, repr(theirs),
                                                                  str(theirs))
    assert ours.device("cuda",
                       1) == ours.device("cuda:1") != ours.device("cuda") and len({ours.device("cpu"),
                           ours.device("cpu")}) == 1
    for text in ("nowhere", "cuda:x"):
        for library in (torch, ours):
            with pytest.raises(RuntimeError):
                library.device(text)


def test_a_backend_from_outside_computes_after_it_is_registered():
    """It is the numpy backend's table, but it counts its products."""
    counted = []
    table = dict(dispatch.backend_of("cpu"))
    multiply = table["mul"]
    table["mul"] = lambda *operands: counted.append(1) or multiply(*operands)
    dispatch.register("counting", table)
    x = ours.ones(2, 3, device="counting")
    assert ((x * 2) * x).sum().item() == 12.0 and len(counted) == 2 and str(x.device) == "counting"
    with pytest.raises(NotImplementedError, match="no kernel 'nonsense'"):
        dispatch.backend_of("counting")["nonsense"]


def test_what_a_backend_lacks_is_composed_of_the_rest():
    table = {name: kernel for name,
             kernel in dispatch.backend_of("cpu").items() if name not in dispatch.COMPOSED}
    dispatch.register("bare", table)
    x = torch.randn(3, 4, dtype=torch.float64)
    mine = ours.tensor(x.tolist(), dtype=ours.float64, device="bare").requires_grad_()
    x.requires_grad_()
    for name in ("sigmoid", "rsqrt", "reciprocal", "square", "tanh"):
        a, b = (getattr(each.abs() + 0.1, name)() for each in (x, mine))
        assert torch.allclose(a, torch.tensor(b.tolist(), dtype=torch.float64))
    for name in ("softmax", "log_softmax"):
        a, b = (getattr(each, name)(1) for each in (x, mine))
        assert torch.allclose(a, torch.tensor(b.tolist(), dtype=torch.float64))
    (x.softmax(1) * x.tanh() * x.sigmoid()).sum().backward()
    (mine.softmax(1) * mine.tanh() * mine.sigmoid()).sum().backward()
    assert torch.allclose(x.grad, torch.tensor(mine.grad.tolist(), dtype=torch.float64))


def test_the_cpu_is_computed_by_another_backend_if_told_so():
    before = dispatch.use("python")
    try:
        x = ours.ones(2, 3, requires_grad=True)
        assert x.device.type == "cpu" and x.storage.backend.name == "python"
        (x @ x.t()).exp().sum().backward()
        assert x.grad.shape == (2, 3)
    finally:
        dispatch.use(before)
    assert ours.ones(1).storage.backend.name == before == "numpy"


def test_the_default_device_is_where_new_tensors_are():
    ours.set_default_device("python")
    try:
        assert ours.zeros(2).device.type == ours.get_default_device().type == "python"
    finally:
        ours.set_default_device("cpu")
    assert ours.zeros(2).device.type == "cpu"
