"""NumPy's functions run on tensors of any backend, and are refused by name where NumPy is not."""

import builtins

import pytest

from scratch import torch as ours
from scratch.torch import dispatch


def test_the_backend_of_lists_has_them_too():
    before = dispatch.use("python")
    try:
        x = ours.tensor([[2.0, 1.0], [1.0, 3.0]], requires_grad=True)
        y = ours.linalg.inv(x)
        y.sum().backward()
        found = y.tolist(), x.grad.tolist()
    finally:
        dispatch.use(before)
    for mine, expected in zip(found, ([[0.6, -0.2], [-0.2, 0.4]], [[-0.16, -0.08], [-0.08, -0.04]])):
        assert [*mine[0], *mine[1]] == pytest.approx([*expected[0], *expected[1]])


def test_without_numpy_they_are_refused(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "numpy":
            raise ImportError
        return real(name, *rest)
    x = ours.eye(2)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(NotImplementedError, match=r"linalg.inv\(\) needs NumPy"):
        ours.linalg.inv(x)
