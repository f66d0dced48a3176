"""A script that asks for a faster device hears of the GPU, and of no other."""

import torch

from scratch import torch as ours


def test_without_a_gpu_there_is_none(monkeypatch):
    """By PyTorch's build for processors."""
    monkeypatch.setattr(ours.cuda, "device_count", lambda: 0)
    assert not ours.accelerator.is_available() and ours.accelerator.device_count() == 0
    assert ours.accelerator.current_accelerator() is None is torch.accelerator.current_accelerator()


def test_with_one_it_is_the_accelerator(monkeypatch):
    monkeypatch.setattr(ours.cuda, "device_count", lambda: 1)
    assert ours.accelerator.is_available()
    assert ours.accelerator.current_accelerator().type == "cuda"


def test_other_libraries_are_not_there():
    """By PyTorch's build for processors."""
    for name in ("mps", "cudnn"):
        assert getattr(ours.backends, name).is_available() == getattr(torch.backends, name).is_available()
