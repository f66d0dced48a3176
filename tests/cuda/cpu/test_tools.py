"""Types have names in C, arguments are read, pools round sizes as PyCUDA's do."""

import numpy as np
import pytest

from scratch.cuda import engine, tools


@pytest.mark.parametrize("dtype", ["f4", "f8", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "c8"])
def test_the_name_of_a_type_leads_back_to_it(dtype):
    argument = tools.parse_c_arg(f"{tools.dtype_to_ctype(dtype)} *x")
    assert argument.dtype == np.dtype(dtype) and argument.name == "x"


@pytest.mark.parametrize("text, kind, letter", [
    ("float x", "ScalarArg", "f"), ("const float *x", "VectorArg", "P"), ("unsigned int n", "ScalarArg", "I"),
    ("float* x", "VectorArg", "P"), ("unsigned long n", "ScalarArg", "L"), ("float3 v", "ScalarArg", "12s")])
def test_arguments_are_read(text, kind, letter):
    argument = tools.parse_c_arg(text)
    assert type(argument).__name__ == kind
    if argument.struct_char != "Q":
        assert argument.struct_char == letter


def test_what_is_no_argument_is_refused():
    for text in ("x", "flaot *x", "", *["float **x"] * (engine == "cpu")):    # for PyCUDA, that is float *x
        with pytest.raises((ValueError, RuntimeError)):
            tools.parse_c_arg(text)


@pytest.mark.parametrize("text, known", [("long long *x", "long"), ("size_t n", "unsigned long"),
                                         ("uint8_t *x", "unsigned char")])
def test_types_that_pycuda_has_no_name_for_are_refused_as_there(text, known):
    """compyte.dtypes of PyCUDA 2026.1 raises ValueError for these; ours says what it is called there."""
    with pytest.raises(ValueError, match="unknown type" + f" .*knows it as {known}$" * (engine == "cpu")):
        tools.parse_c_arg(text)


def test_a_pool_counts_what_is_in_use():
    pool = tools.DeviceMemoryPool()
    block = pool.allocate(1000)
    assert pool.active_blocks == 1
    del block
    assert pool.active_blocks == 0
    for size in (1, 7, 8, 9, 1000, 123456789):
        assert pool.alloc_size(pool.bin_number(size)) >= size


def test_logarithms_are_whole():
    assert [tools.bitlog2(n) for n in (1, 2, 3, 1024, 1025)] == [0, 1, 1, 10, 10]


def test_results_are_remembered():
    calls = []

    @tools.context_dependent_memoize
    def square(x):
        calls.append(x)
        return x * x

    assert [square(3), square(3), square(4)] == [9, 9, 16] and calls == [3, 4]


@pytest.mark.skipif(engine == "gpu", reason="PyCUDA has these in characterize, which is the same module here")
def test_sizes_of_c_types_are_those_of_a_compiler():
    """As scripts ask before they allocate states for cuRAND; sizes of CUDA's headers, by nvcc."""
    assert tools.sizeof("curandState", "#include <curand_kernel.h>") == 48
    assert tools.sizeof("S", "struct S { char c; float4 v; };") == 32 and tools.alignof("float4") == 16


def test_device_data_rounds_up_to_what_is_loaded_at_once():
    """PyCUDA's answers: 64 bytes of words of 4, 128 of larger ones; threads in halves of a warp."""
    data = tools.DeviceData()
    assert [data.align_words(each) for each in (4, 8, 16)] == [16, 16, 8]
    assert data.align(65) == data.align(128, 8) == 128 and data.align_dtype(17, 16) == 24
    assert data.coalesce(17) == 32 and data.register_allocation_unit == "warp"
    with pytest.raises(ValueError):
        data.align_bytes(2)
