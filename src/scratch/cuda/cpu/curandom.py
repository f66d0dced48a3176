"""PyCUDA's random numbers for the CPU engine: its generators, with cuRAND's numbers.

    >>> x = rand((1000,))
    >>> bool((x.get() >= 0).all() and (x.get() < 1).all())
    True
    >>> def seeds(n):
    ...     return gpuarray.to_gpu(np.arange(n, dtype=np.int32))
    >>> XORWOWRandomNumberGenerator(seeds).gen_uniform((3,), np.float32).get()
    array([0.74021935, 0.07540122, 0.74622154], dtype=float32)

As in PyCUDA, a generator is one of curand_kernel.h's for each of 1,024 threads in as
many blocks as the device has multiprocessors, thread t in sequence t with its own seed.
The first element comes from thread 0, the next from thread 1.  So a card gives the same
numbers as long as it needs no more threads; seeds of one's own, or np.random.seed
before, make them the same from run to run.

Where it bites: rand() has numbers of NumPy's, which are no card's; and the Sobol
generators are pseudo-random, not quasi-random.
"""

import random

import numpy as np

from . import driver, gpuarray

__all__ = ["MRG32k3aRandomNumberGenerator", "ScrambledSobol32RandomNumberGenerator",
           "ScrambledSobol64RandomNumberGenerator", "Sobol32RandomNumberGenerator",
           "Sobol64RandomNumberGenerator", "XORWOWRandomNumberGenerator",
           "get_curand_version", "rand", "seed_getter_uniform", "seed_getter_unique"]

THREADS = 1024           # generators per block
HIGHEST = 2**31 - 1
SOURCE = """#include <curand_kernel.h>
extern "C" __global__ void k(STATE *states, size_t n, PARAMETERS)
{
    const size_t t = blockIdx.x * blockDim.x + threadIdx.x;
    STATE *s = &states[t];
    for (size_t i = t; i < n; i += blockDim.x * gridDim.x) { BODY; }
}"""
REALS = {np.dtype(np.float32): ("float", ""),
         np.dtype(np.float64): ("double", "_double")}


def uniform(generator, shape, dtype):
    """Numbers in [0, 1), or all values of an integer type."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        low, high = (0, limits.max) if dtype.kind == "i" else (limits.min, limits.max)
        return generator.integers(low, high, shape, dtype, endpoint=True)
    if dtype.kind == "c":
        half = np.float32 if dtype == np.complex64 else np.float64
        parts = [generator.random(shape, half) for _ in range(2)]
        return (parts[0] + 1j * parts[1]).astype(dtype)
    if dtype not in (np.float32, np.float64):
        raise NotImplementedError(f"random numbers of type {dtype}")
    return generator.random(shape, dtype)


def rand(shape, dtype=np.float32, stream=None):
    """Numbers in [0, 1) -> GPUArray."""
    generator = np.random.default_rng(np.random.randint(HIGHEST))
    return gpuarray.to_gpu(np.asarray(uniform(generator, shape, dtype)))


def seed_getter_uniform(n):
    """One seed, n times."""
    return gpuarray.to_gpu(np.full(n, random.randint(0, HIGHEST), np.int32))


def seed_getter_unique(n):
    """n seeds."""
    return gpuarray.to_gpu(np.random.randint(0, HIGHEST, n).astype(np.int32))


class Generated:
    """What fills a new array instead of one that is there."""

    def gen_uniform(self, shape, dtype, stream=None):
        return self.made(self.fill_uniform, shape, dtype)

    def gen_normal(self, shape, dtype, stream=None):
        return self.made(self.fill_normal, shape, dtype)

    def gen_log_normal(self, shape, dtype, mean, stddev, stream=None):
        return self.made(self.fill_log_normal, shape, dtype, mean, stddev)

    def gen_poisson(self, shape, dtype, lambda_value, stream=None):
        return self.made(self.fill_poisson, shape, dtype, lambda_value)

    @staticmethod
    def made(fill, shape, dtype, *given):
        result = gpuarray.empty(shape, dtype)
        fill(result, *given)
        return result


class XORWOWRandomNumberGenerator(Generated):
    """Fills GPUArrays with random numbers."""

    state_type, state_bytes = "curandStateXORWOW", 48
    kernels = {}                         # (type of state, parameters, body) -> kernel

    def __init__(self, seed_getter=None, offset=0):
        """seed_getter(n) -> a GPUArray of n int32; offset is the first number's."""
        self.block_count = driver.Context.get_device().get_attribute(
            driver.device_attribute.MULTIPROCESSOR_COUNT)
        self.generators_per_block = THREADS
        count = self.block_count * THREADS
        seeds = (seed_getter or seed_getter_unique)(count)
        if not (isinstance(seeds, gpuarray.GPUArray) and seeds.dtype == np.int32
                and seeds.size == count):
            raise TypeError(f"seed_getter({count}) has to give a GPUArray of {count} "
                            "int32")
        self.state = driver.mem_alloc(count * self.state_bytes)
        self.run("curand_init(v[i], i, o, s)", "const unsigned *v, size_t o", count,
                 seeds.gpudata, np.uint64(offset))

    def run(self, body, parameters, n, *given):
        """Launch the kernel that does body for each i below n."""
        from .compiler import SourceModule       # which is slow to import

        key = self.state_type, parameters, body
        if key not in self.kernels:
            source = SOURCE
            for word, text in zip(("STATE", "PARAMETERS", "BODY"), key):
                source = source.replace(word, text)
            self.kernels[key] = SourceModule(source, no_extern_c=True).get_function("k")
        self.kernels[key](self.state, np.uint64(n), *given, grid=(self.block_count, 1),
                          block=(self.generators_per_block, 1, 1))

    def draw(self, data, kind, function, given="", parameters="", *values):
        self.run(f"d[i] = {function}(s{given})", f"{kind} *d{parameters}",
                 data.size // (1 + kind[-1:].isdigit()), data.gpudata, *values)

    def fill_uniform(self, data, stream=None):
        if data.dtype in (np.int32, np.uint32):
            return self.draw(data, "unsigned", "curand")
        kind, end = real(data)
        return self.draw(data, kind, f"curand_uniform{end}")

    def fill_normal(self, data, stream=None):
        self.normal(data, "curand_normal")

    def fill_log_normal(self, data, mean, stddev, stream=None):
        kind, _ = real(data)
        self.normal(data, "curand_log_normal", ", m, c", f", {kind} m, {kind} c",
                    data.dtype.type(mean), data.dtype.type(stddev))

    def normal(self, data, function, *given):
        """By pairs, if their number is even, as PyCUDA does."""
        kind, end = real(data)
        pair = "2" * (data.size % 2 == 0)
        self.draw(data, kind + pair, f"{function}{pair}{end}", *given)

    def fill_poisson(self, data, lambda_value=None, stream=None):
        """Of the mean lambda_value, or else of that which stands in the array."""
        if lambda_value is not None and data.dtype == np.uint32:
            return self.draw(data, "unsigned", "curand_poisson", ", l", ", double l",
                             np.float64(lambda_value))
        if lambda_value is not None:
            raise NotImplementedError("Poisson's numbers are uint32")
        kind = "unsigned" if data.dtype == np.uint32 else real(data)[0]
        return self.draw(data, kind, "curand_poisson", ", d[i]")

    def call_skip_ahead(self, i, stream=None):
        """Leave out i numbers; of the first block alone, which is PyCUDA's way."""
        self.skip("skipahead", i, self.generators_per_block)

    def call_skip_ahead_sequence(self, i, stream=None):
        self.skip("skipahead_sequence", i)

    call_skip_ahead_array = call_skip_ahead
    call_skip_ahead_sequence_array = call_skip_ahead_sequence

    def skip(self, function, steps, count=None):
        count = count or self.block_count * self.generators_per_block
        if isinstance(steps, gpuarray.GPUArray):
            if steps.dtype.itemsize != 8 or steps.size < count:
                raise TypeError(f"one uint64 is needed for each of {count} generators")
            return self.run(f"{function}(o[i], s)", "const unsigned long long *o",
                            count, steps.gpudata)
        return self.run(f"{function}(o, s)", "unsigned long long o", count,
                        np.uint64(steps))


class MRG32k3aRandomNumberGenerator(XORWOWRandomNumberGenerator):
    """The same by another generator."""

    state_type = "curandStateMRG32k3a"

    def call_skip_ahead_subsequence(self, i, stream=None):
        self.skip("skipahead_subsequence", i)

    call_skip_ahead_subsequence_array = call_skip_ahead_subsequence


def real(data):
    """("float", "") or ("double", "_double"), after the type of an array."""
    if data.dtype not in REALS:
        raise NotImplementedError(f"random numbers of type {data.dtype}")
    return REALS[data.dtype]


class Sobol32RandomNumberGenerator(Generated):
    """Pseudo-random here, by NumPy, not quasi-random."""

    def __init__(self, dir_vector=None, offset=0):
        self.generator = np.random.default_rng(np.random.randint(HIGHEST))

    def fill_uniform(self, data, stream=None):
        data.set(np.asarray(uniform(self.generator, data.shape, data.dtype)))

    def fill_normal(self, data, stream=None):
        data.set(self.generator.standard_normal(data.shape).astype(data.dtype))

    def fill_log_normal(self, data, mean, stddev, stream=None):
        data.set(self.generator.lognormal(mean, stddev, data.shape).astype(data.dtype))

    def fill_poisson(self, data, lambda_value=None, stream=None):
        rate = data.get() if lambda_value is None else lambda_value
        data.set(self.generator.poisson(rate, data.shape).astype(data.dtype))

    def call_skip_ahead(self, i, stream=None):
        self.generator.random(i)

    call_skip_ahead_array = call_skip_ahead


ScrambledSobol32RandomNumberGenerator = Sobol32RandomNumberGenerator
Sobol64RandomNumberGenerator = Sobol32RandomNumberGenerator
ScrambledSobol64RandomNumberGenerator = Sobol32RandomNumberGenerator


def get_curand_version():
    return (10, 3, 0)
