"""The drop-in's modules export names that PyCUDA's modules of the same name have, and no others."""

import importlib
import types

import pytest

from scratch.cuda import NAMES, engine

PYCUDA = {    # the public names that PyCUDA 2026.1 defines, by module
    "autoinit": """context device make_default_context""",
    "compiler": """CudaModule DEFAULT_NVCC_FLAGS DynamicModule DynamicSourceModule SourceModule compile
        compile_plain get_nvcc_version preprocess_source""",
    "cumath": """Stream acos asin atan ceil cos cosh exp fabs floor fmod frexp ldexp log log10 modf sin
        sinh sqrt tan tanh""",
    "curandom": """MRG32k3aRandomNumberGenerator ScrambledSobol32RandomNumberGenerator
        ScrambledSobol64RandomNumberGenerator Sobol32RandomNumberGenerator Sobol64RandomNumberGenerator
        XORWOWRandomNumberGenerator direction_vector_set gen_log_template gen_poisson_inplace_template
        gen_poisson_template gen_template generate_direction_vectors generate_scramble_constants32
        generate_scramble_constants64 get_curand_version md5_code mrg32k3a_random_source
        mrg32k3a_skip_ahead_sequence_source rand random_skip_ahead32_source random_skip_ahead64_source
        random_source scrambledsobol_random_source seed_getter_uniform seed_getter_unique
        sobol_random_source xorwow_random_source xorwow_skip_ahead_sequence_source""",
    "driver": """AlignedHostAllocation ArgumentHandler Array ArrayDescriptor ArrayDescriptor3D
        CUDA_DEBUGGING CompileError Context Device DeviceAllocation DeviceMemoryPool Error Event Function
        HostAllocation HostPointer IPCMemoryHandle In InOut LaunchError Linker LogicError
        ManagedAllocation ManagedAllocationOrStub Memcpy2D Memcpy3D Memcpy3DPeer MemoryError Module Out
        PageLockedAllocator PageLockedMemoryPool PagelockedHostAllocation PointerHolderBase
        PooledDeviceAllocation PooledHostAllocation RegisteredHostMemory RuntimeError Stream
        SurfaceReference TRSA_OVERRIDE_FORMAT TRSF_NORMALIZED_COORDINATES TRSF_READ_AS_INTEGER TR_DEFAULT
        TextureReference address_mode aligned_empty aligned_empty_like aligned_zeros aligned_zeros_like
        array3d_flags array_cubemap_face array_format bind_array_to_texref bitlog2 compute_mode ctx_flags
        device_attribute dtype_to_array_format event_flags filter_mode from_device from_device_like
        func_cache function_attribute get_driver_version get_version gpuarray_to_array
        graphics_register_flags have_gl_ext host_alloc_flags init initialize_profiler ipc_mem_flags
        jit_fallback jit_input_type jit_option jit_target limit make_multichannel_2d_array managed_empty
        managed_empty_like managed_zeros managed_zeros_like matrix_to_array matrix_to_texref mem_alloc
        mem_alloc_like mem_alloc_pitch mem_attach_flags mem_get_address_range mem_get_info
        mem_get_ipc_handle mem_host_register_flags memcpy_atoa memcpy_atod memcpy_dtoa memcpy_dtod
        memcpy_dtod_async memcpy_dtoh memcpy_dtoh_async memcpy_htod memcpy_htod_async memcpy_peer
        memcpy_peer_async memory_type memset_d16 memset_d16_async memset_d2d16 memset_d2d16_async
        memset_d2d32 memset_d2d32_async memset_d2d8 memset_d2d8_async memset_d32 memset_d32_async
        memset_d8 memset_d8_async module_from_buffer module_from_file np_to_array pagelocked_empty
        pagelocked_empty_like pagelocked_zeros pagelocked_zeros_like pointer_attribute
        profiler_output_mode py_memcpy_atoh py_memcpy_htoa register_host_memory set_debugging
        shared_config start_profiler stop_profiler to_device""",
    "elementwise": """ElementwiseKernel ScalarArg VectorArg context_dependent_memoize dtype_to_ctype
        get_arange_kernel get_axpbyz_kernel get_axpbz_kernel get_binary_func_kernel
        get_binary_func_scalar_kernel get_binary_minmax_kernel get_binary_op_kernel get_conj_kernel
        get_copy_kernel get_elwise_kernel get_elwise_kernel_and_types get_elwise_module
        get_elwise_range_module get_fill_kernel get_fmod_kernel get_frexp_kernel get_if_positive_kernel
        get_imag_kernel get_ldexp_kernel get_linear_combination_kernel get_logical_not_kernel
        get_modf_kernel get_pow_array_kernel get_put_kernel get_rdivide_elwise_kernel get_real_kernel
        get_reverse_kernel get_scalar_op_kernel get_take_kernel get_take_put_kernel get_unary_func_kernel
        get_where_kernel""",
    "gpuarray": """GPUArray all any arange concatenate dot empty empty_like has_double_support if_positive
        logical_and logical_not logical_or max maximum min minimum multi_put multi_take multi_take_put
        ones ones_like reshape splay stack subset_dot subset_max subset_min subset_sum sum take to_gpu
        to_gpu_async transpose vec where zeros zeros_like""",
    "reduction": """ReductionKernel context_dependent_memoize dtype_to_ctype get_all_kernel get_any_kernel
        get_dot_kernel get_minmax_kernel get_minmax_neutral get_reduction_kernel_and_types
        get_reduction_module get_subset_dot_kernel get_subset_minmax_kernel get_subset_sum_kernel
        get_sum_kernel""",
    "scan": """CLUDA_PREAMBLE EXCLUSIVE_UPDATE_SOURCE ExclusiveScanKernel INCLUSIVE_UPDATE_SOURCE
        InclusiveScanKernel SCAN_INTERVALS_SOURCE SHARED_PREAMBLE SourceModule dtype_to_ctype""",
    "tools": """Argument DebugMemoryPool DeviceData DeviceMemoryPool OccupancyRecord PageLockedAllocator
        PageLockedMemoryPool ScalarArg VectorArg base_dtype_to_ctype bitlog2 clear_context_caches
        context_dependent_memoize context_dependent_memoized_functions dtype_to_ctype get_arg_type
        get_default_device get_or_register_dtype init_cuda_context_fixture make_default_context
        mark_cuda_test parse_c_arg register_dtype""",
}


def public(module):
    return {name for name, value in vars(module).items()
            if not name.startswith("_") and not isinstance(value, types.ModuleType)}


@pytest.mark.parametrize("name", NAMES)
def test_a_module_exports_pycudas_names_and_no_others(name):
    module = importlib.import_module(f"scratch.cuda.cpu.{name}")
    assert sorted(set(module.__all__) - set(PYCUDA[name].split())) == []
    assert sorted(set(module.__all__) - public(module)) == [], "a name that is not there"
    assert len(module.__all__) == len(set(module.__all__))


@pytest.mark.parametrize("name", ["autoinit", "cumath", "driver"])
def test_nothing_of_the_engine_can_be_reached_through_a_module_that_is_a_list_of_names(name):
    """driver.np, driver.struct, driver.at and their like would work here and fail on a GPU."""
    module = importlib.import_module(f"scratch.cuda.cpu.{name}")
    assert public(module) == set(module.__all__)


@pytest.mark.skipif(engine == "cpu", reason="PyCUDA is not here to be asked")
@pytest.mark.parametrize("name", NAMES)
def test_pycuda_has_the_names_that_we_say_it_has(name):
    if name == "curandom" and not hasattr(importlib.import_module("pycuda.driver"), "get_curand_version"):
        pytest.skip("this PyCUDA was built without CURAND")
    ours, theirs = (importlib.import_module(f"{package}.{name}")
                    for package in ("scratch.cuda.cpu", "pycuda"))
    assert [each for each in ours.__all__ if not hasattr(theirs, each)] == []
