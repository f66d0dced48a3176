"""A script that asks for a faster device hears of the GPU, and of no other."""

import torch

from scratch import torch as ours


def test_without_a_gpu_there_is_none(monkeypatch):
    """By PyTorch's build for processors; one for CUDA names it even where there is none."""
    monkeypatch.setattr(ours.cuda, "device_count", lambda: 0)
    assert not ours.accelerator.is_available() and ours.accelerator.device_count() == 0
    assert ours.accelerator.current_accelerator() is None
    if torch.version.cuda is None:
        assert torch.accelerator.current_accelerator() is None


def test_with_one_it_is_the_accelerator(monkeypatch):
    monkeypatch.setattr(ours.cuda, "device_count", lambda: 1)
    assert ours.accelerator.is_available()
    assert ours.accelerator.current_accelerator().type == "cuda"


def test_other_libraries_are_not_there():
    """By PyTorch's build for processors; one for CUDA brings cuDNN along."""
    assert not ours.backends.mps.is_available() and not ours.backends.cudnn.is_available()
    if torch.version.cuda is None:
        for name in ("mps", "cudnn"):
            assert not getattr(torch.backends, name).is_available()
