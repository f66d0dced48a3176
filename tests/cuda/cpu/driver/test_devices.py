"""The device has the limits of a GPU, and contexts come and go."""

import pytest

from scratch.cuda import driver as cuda, engine
from scratch.cuda.cpu.driver.devices import NotOnCPU


def test_limits_are_those_of_a_gpu():
    device = cuda.Context.get_device()
    assert device.get_attribute(cuda.device_attribute.MAX_THREADS_PER_BLOCK) == 1024
    assert device.warp_size == 32 and device.max_block_dim_z == 64
    assert {str(attribute) for attribute in device.get_attributes()} >= {"WARP_SIZE", "MULTIPROCESSOR_COUNT"}
    assert device.compute_capability() >= (6, 0) and device.total_memory() > 0 and device.name()
    free, total = cuda.mem_get_info()
    assert 0 < free <= total
    cuda.Context.set_limit(cuda.limit.DEV_RUNTIME_PENDING_LAUNCH_COUNT, 4096)


def test_contexts_are_pushed_and_popped():
    device = cuda.Device(0)
    context = device.make_context()
    assert cuda.Context.get_current() is not None
    cuda.Context.synchronize()
    context.pop()
    context.detach()
    assert cuda.Device.count() >= 1
    with pytest.raises(cuda.LogicError):
        cuda.Device(99)


def test_errors_are_of_one_family():
    for error in (cuda.LogicError, cuda.LaunchError, cuda.MemoryError, cuda.RuntimeError, cuda.CompileError):
        assert issubclass(error, cuda.Error)
    if engine == "cpu":
        assert issubclass(NotOnCPU, cuda.CompileError)


@pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
def test_an_attribute_that_is_not_there_is_an_attribute_error():
    assert not hasattr(cuda.Device(0), "number_of_fans")
