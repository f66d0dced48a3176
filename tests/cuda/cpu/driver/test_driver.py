"""The driver has every name that scripts take from pycuda.driver."""

import pytest

from scratch.cuda import driver

NAMES = """Context ArgumentHandler CompileError Device DeviceAllocation Error Event Function In InOut
    LaunchError LogicError ManagedAllocation Memcpy2D Memcpy3D MemoryError Module Out PointerHolderBase
    RuntimeError Stream aligned_empty aligned_zeros ctx_flags device_attribute event_flags from_device
    from_device_like func_cache function_attribute get_driver_version get_version host_alloc_flags init
    managed_empty managed_zeros mem_alloc mem_alloc_like mem_alloc_pitch mem_attach_flags
    mem_get_address_range mem_get_info memcpy_dtod memcpy_dtod_async memcpy_dtoh memcpy_dtoh_async
    memcpy_htod memcpy_htod_async memset_d16 memset_d2d32 memset_d2d8 memset_d32 memset_d8
    module_from_buffer module_from_file pagelocked_empty pagelocked_empty_like pagelocked_zeros
    pagelocked_zeros_like register_host_memory set_debugging start_profiler stop_profiler to_device""".split()


@pytest.mark.parametrize("name", NAMES)
def test_a_name_of_pycudas_is_there(name):
    assert hasattr(driver, name)


def test_the_version_is_one_that_has_no_texture_references():
    assert driver.get_version() >= (12,) and driver.get_driver_version() >= 12000
