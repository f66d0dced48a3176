"""torch.cuda says whether there is a GPU, and keeps one generator for all devices."""

import sys
import types

import pytest

from scratch import torch as ours
from scratch.torch import cuda


def test_a_gpu_is_one_that_pycuda_finds(monkeypatch):
    monkeypatch.delenv("SCRATCH_CUDA", raising=False)
    monkeypatch.setitem(sys.modules, "pycuda", None)
    assert cuda.device_count() == 0 and not cuda.is_available()
    driver = types.SimpleNamespace(init=lambda: None, Device=types.SimpleNamespace(count=lambda: 2))
    monkeypatch.setitem(sys.modules, "pycuda", types.SimpleNamespace(driver=driver))
    monkeypatch.setitem(sys.modules, "pycuda.driver", driver)
    assert cuda.device_count() == 2 and cuda.is_available()


def test_the_processor_counts_as_one_where_somebody_asks_for_it(monkeypatch):
    monkeypatch.setenv("SCRATCH_CUDA", "cpu")
    monkeypatch.setattr(cuda, "backend_of", lambda kind: None)
    assert cuda.device_count() == 1 and cuda.is_available()

    def missing(kind):
        raise ImportError("no way to run CUDA C here")
    monkeypatch.setattr(cuda, "backend_of", missing)
    assert cuda.device_count() == 0 and not cuda.is_available()


def test_a_seed_for_the_gpu_is_the_seed():
    cuda.manual_seed_all(3)
    state = cuda.get_rng_state()
    first = ours.rand(3).tolist()
    cuda.set_rng_state(state, "cuda")
    assert ours.rand(3).tolist() == first
    cuda.manual_seed(3)
    ours.manual_seed(3)
    assert ours.rand(3).tolist() == first


def test_there_is_one_gpu_to_choose():
    cuda.set_device(0)
    cuda.set_device("cuda:0")
    cuda.synchronize()
    cuda.empty_cache()
    assert cuda.current_device() == 0 and not cuda.is_bf16_supported()
    with pytest.raises(RuntimeError, match="one GPU"):
        cuda.set_device(1)
