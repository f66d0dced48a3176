"""Kernels are launched, timed and refused as PyCUDA does it.

The same tests pass with PyCUDA on a GPU, but for the few that say they are of the CPU engine.
"""

import contextlib

import numpy as np
import pytest

from scratch.cuda import compiler, driver as cuda, engine
from scratch.cuda.cpu import cxx

cpu_only = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
SOURCE = """
#define T 64
__constant__ float table[4] = {1, 2, 3, 4};
__device__ int counter;
__global__ void scale(float *x, float a, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] *= a;
}
__global__ void look(float *out) { out[threadIdx.x] = table[threadIdx.x]; counter = 5; }
__global__ void sizes(int *out)
{
    extern __shared__ int more[];
    more[threadIdx.x] = threadIdx.x;
    out[threadIdx.x] = more[threadIdx.x] + gridDim.x + 10 * gridDim.y + 100 * gridDim.z;
}
__global__ void __launch_bounds__(64) bounded(int *out)
{
    __shared__ float held[T];
    held[threadIdx.x] = 1;
    out[0] = held[0];
}
"""


@pytest.fixture(scope="module")
def module():
    return compiler.SourceModule(SOURCE)


@pytest.fixture
def scale(module):
    return module.get_function("scale")


@pytest.fixture
def x():
    return np.arange(10, dtype=np.float32)


def test_only_the_threads_that_are_launched_run(scale, x):
    y = x.copy()
    scale(cuda.InOut(y), np.float32(2), np.int32(10), block=(4, 1, 1), grid=(2, 1))
    np.testing.assert_array_equal(y, np.where(np.arange(10) < 8, 2 * x, x))


def test_grid_and_shared_memory_reach_the_kernel(module):
    out = np.zeros(4, np.int32)
    module.get_function("sizes")(cuda.Out(out), block=(4, 1, 1), grid=(2, 3, 4), shared=16)
    assert out.tolist() == [432, 433, 434, 435]


def test_variables_have_their_values_and_an_address(module):
    out = np.zeros(4, np.float32)
    look = module.get_function("look")
    look(cuda.Out(out), block=(4, 1, 1))
    assert out.tolist() == [1, 2, 3, 4]
    address, size = module.get_global("table")
    assert size == 16
    cuda.memcpy_htod(address, np.float32([9, 8, 7, 6]))
    look(cuda.Out(out), block=(4, 1, 1))
    assert out.tolist() == [9, 8, 7, 6]
    address, size = module.get_global("counter")
    assert cuda.from_device(address, 1, np.int32) == 5 and size == 4


def test_prepared_calls_need_no_numpy_types(scale, x):
    there = cuda.to_device(x)
    assert scale.prepare("Pfi") is scale
    scale.prepared_call((3, 1), (4, 1, 1), there, 2.0, 10)
    scale.prepare([np.intp, np.float32, np.dtype(np.int32)])
    scale.prepared_async_call((3, 1), (4, 1, 1), cuda.Stream(), int(there), 0.5, 10)
    seconds = scale.prepared_timed_call((3, 1), (4, 1, 1), there, 3.0, 10)()
    assert seconds > 0
    np.testing.assert_array_equal(cuda.from_device_like(there, x), 3 * x)
    with pytest.raises(Exception, match="pack .*3") as found:      # PyCUDA has a struct of its own
        scale.prepared_call((3, 1), (4, 1, 1), there, 2.0)
    assert type(found.value).__name__ == "error"


@pytest.mark.parametrize("kind, real", [(np.complex64, "float"), (np.complex128, "double")])
def test_prepared_calls_take_complex_numbers(kind, real):
    turn = compiler.SourceModule(f"""
        #include <pycuda-complex.hpp>
        __global__ void turn(pycuda::complex<{real}> a, pycuda::complex<{real}> *x) {{ *x = a * *x; }}""",
                                 no_extern_c=True).get_function("_Z4turnN6pycuda7complexI"
                                                                f"{real[0]}EEPS1_")
    turn.prepare([kind, np.intp])
    x = cuda.to_device(np.array([1 + 1j], kind))
    for a in (2j, kind(1 - 1j), 3):
        turn.prepared_call((1, 1), (1, 1, 1), a, x)
    assert cuda.from_device(x, 1, kind)[0] == 12j


REFUSED = [    # what a GPU refuses: keyword arguments of a launch, the error
    (dict(block=(1025, 1, 1)), cuda.LogicError),
    (dict(block=(32, 33, 1)), cuda.LogicError),
    (dict(block=(1, 1, 65)), cuda.LogicError),
    (dict(block=(0, 1, 1)), cuda.LogicError),
    (dict(block=(1, 1, 1), grid=(1, 65536)), cuda.LogicError),
    (dict(block=(1, 1, 1), grid=(1, 1, 0)), cuda.LogicError),
    (dict(block=(1, 1, 1), shared=(48 << 10) + 1), cuda.LogicError),
    (dict(block=(1, 1)), TypeError),
    (dict(block=(np.int64(4), 1, 1)), TypeError),
    (dict(block=(4.0, 1, 1)), TypeError),
    (dict(), ValueError),
    (dict(block=(1, 1, 1), threads=3), ValueError),
]


@pytest.mark.parametrize("keywords, error", REFUSED, ids=lambda value: str(value))
def test_what_a_gpu_refuses_is_refused(scale, x, keywords, error):
    with pytest.raises(error):
        scale(cuda.In(x), np.float32(2), np.int32(10), **keywords)


def test_a_number_may_be_too_short_where_the_next_argument_leaves_it_room():
    """PyCUDA aligns arguments; so an int given for a long has four bytes of 0 behind it."""
    module = compiler.SourceModule("""
        __global__ void roomy(long a, short b, long *x) { x[0] = a; x[1] = b; }
        __global__ void narrow(long a, int b, long *x) { x[0] = a; x[1] = b; }
        __global__ void last(long *x, long a) { x[0] = a; }
        __global__ void wide(long a, long *x) { x[0] = a; }""")
    x = np.zeros(2, np.int64)
    roomy, out = module.get_function("roomy"), cuda.InOut(x)
    with contextlib.nullcontext() if engine == "gpu" else pytest.warns(match="bytes, and . were given"):
        roomy(np.int64(5), np.int8(6), out, block=(1, 1, 1))
        assert x.tolist() == [5, 6]
        wide = module.get_function("wide")
        wide(np.int32(7), out, block=(1, 1, 1))
        wide.prepare("iP").prepared_call((1, 1), (1, 1, 1), 8, out.get_device_alloc())
    assert x.tolist() == [7, 6] and cuda.from_device_like(out.get_device_alloc(), x)[0] == 8
    for name, arguments in [("narrow", (np.int32(3), np.int32(4), out)), ("last", (out, np.int32(1))),
                            ("roomy", (np.int32(3), np.int16(4), out))] * (engine == "cpu"):
        with pytest.raises(cuda.LogicError, match="a, has 8 bytes, and 4 were given"):
            module.get_function(name)(*arguments, block=(1, 1, 1))


@cpu_only
@pytest.mark.parametrize("arguments, error, complaint", [
    ((np.float32(2),), cuda.LogicError, "takes 3 arguments"),
    ((np.float16(2), np.int32(1)), cuda.LogicError, "float a, has 4 bytes, and 2"),
    ((np.float64(2), np.int32(1)), cuda.LaunchError, "float a, has 4 bytes, and 8"),
    ((np.float32(2), np.int64(1)), cuda.LaunchError, "int n, has 4 bytes, and 8")])
def test_arguments_of_the_wrong_size_are_named(scale, x, arguments, error, complaint):
    with pytest.raises(error, match=complaint):
        scale(cuda.In(x), *arguments, block=(1, 1, 1))


@cpu_only
def test_an_integer_for_a_float_is_warned_about(scale, x):
    with pytest.warns(UserWarning, match="float a, was given a number of another kind"):
        scale(cuda.In(x), np.int32(2), np.int32(1), block=(1, 1, 1))


@cpu_only
def test_launch_bounds_hold(module):
    with pytest.raises(cuda.LogicError, match="may have 64"):
        module.get_function("bounded")(cuda.Out(np.zeros(1, np.int32)), block=(65, 1, 1))


@cpu_only
def test_more_shared_memory_is_there_for_who_asks(module):
    sizes = module.get_function("sizes")
    with pytest.raises(cuda.LogicError):
        sizes.set_attribute(cuda.function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES, 1 << 20)
    sizes.set_attribute(cuda.function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES, 64 << 10)
    sizes(cuda.Out(np.zeros(4, np.int32)), block=(4, 1, 1), shared=60 << 10)


def test_names_that_are_not_there_are_logic_errors(module):
    with pytest.raises(cuda.LogicError):
        module.get_function("nothing")
    with pytest.raises(cuda.LogicError):
        module.get_global("nothing")


@pytest.mark.skipif(engine == "cpu" and cxx.find() is None, reason="no C++ compiler for templates")
def test_instances_of_a_template_have_the_names_that_compilers_give_them():
    """By nvcc, whose names these are."""
    fill = compiler.SourceModule("""
template <typename T, int N> __global__ void fill(T *x)
{
    __shared__ T held[N * 8];
    held[threadIdx.x] = N;
    __syncthreads();
    x[threadIdx.x] = held[1 - threadIdx.x] / 2;
}
template __global__ void fill<float, 5>(float *);
template __global__ void fill<unsigned int, 9>(unsigned int *);""", no_extern_c=True)
    for name, x in (("_Z4fillIfLi5EEvPT_", np.zeros(2, np.float32)),
                    ("_Z4fillIjLi9EEvPT_", np.zeros(2, np.uint32))):
        kernel = fill.get_function(name)
        kernel(cuda.Out(x), block=(2, 1, 1))
        assert kernel.shared_size_bytes == (160 if x.dtype == np.float32 else 288)
        assert x.tolist() == ([2.5] * 2 if x.dtype == np.float32 else [4] * 2)
    with pytest.raises(cuda.LogicError):
        fill.get_function("_Z4fillIdLi5EEvPT_")


def test_a_kernel_knows_its_shared_memory(module):
    bounded = module.get_function("bounded")
    assert bounded.shared_size_bytes == 256 and bounded.num_regs >= 0
