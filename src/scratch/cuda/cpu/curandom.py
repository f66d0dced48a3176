"""PyCUDA's random numbers for the CPU engine, by NumPy: the same distributions.

    >>> x = rand((1000,))
    >>> bool((x.get() >= 0).all() and (x.get() < 1).all())
    True
    >>> generator = XORWOWRandomNumberGenerator(seed_getter_uniform)
    >>> generator.gen_normal((2, 3), np.float64).shape
    (2, 3)

Where it bites: the numbers are not those of a GPU, nor the same from run to run; and
the Sobol generators are pseudo-random like the others, not quasi-random.
"""

import numpy as np

from . import gpuarray

__all__ = ["MRG32k3aRandomNumberGenerator", "ScrambledSobol32RandomNumberGenerator",
           "ScrambledSobol64RandomNumberGenerator", "Sobol32RandomNumberGenerator",
           "Sobol64RandomNumberGenerator", "XORWOWRandomNumberGenerator",
           "get_curand_version", "rand", "seed_getter_uniform", "seed_getter_unique"]

default = np.random.default_rng()


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
    return gpuarray.to_gpu(np.asarray(uniform(default, shape, dtype)))


def seed_getter_uniform(n):
    """One seed, n times."""
    return gpuarray.to_gpu(np.full(n, default.integers(2**31 - 1), np.int32))


def seed_getter_unique(n):
    """n seeds."""
    return gpuarray.to_gpu(default.integers(0, 2**31 - 1, n, np.int32))


class XORWOWRandomNumberGenerator:
    """Fills GPUArrays with random numbers."""

    def __init__(self, seed_getter=None, offset=0):
        seeds = None if seed_getter is None else seed_getter(1).get().tolist()
        self.generator = np.random.default_rng(seeds)

    def fill_uniform(self, data, stream=None):
        data.set(np.asarray(uniform(self.generator, data.shape, data.dtype)))

    def fill_normal(self, data, stream=None):
        data.set(self.generator.standard_normal(data.shape).astype(data.dtype))

    def fill_log_normal(self, data, mean, stddev, stream=None):
        data.set(self.generator.lognormal(mean, stddev, data.shape).astype(data.dtype))

    def fill_poisson(self, data, lambda_value=None, stream=None):
        rate = data.get() if lambda_value is None else lambda_value
        data.set(self.generator.poisson(rate, data.shape).astype(data.dtype))

    def gen_uniform(self, shape, dtype, stream=None):
        result = gpuarray.empty(shape, dtype)
        self.fill_uniform(result)
        return result

    def gen_normal(self, shape, dtype, stream=None):
        result = gpuarray.empty(shape, dtype)
        self.fill_normal(result)
        return result

    def gen_log_normal(self, shape, dtype, mean, stddev, stream=None):
        result = gpuarray.empty(shape, dtype)
        self.fill_log_normal(result, mean, stddev)
        return result

    def gen_poisson(self, shape, dtype, lambda_value, stream=None):
        result = gpuarray.empty(shape, dtype)
        self.fill_poisson(result, lambda_value)
        return result

    def call_skip_ahead(self, i, stream=None):
        self.generator.random(i)

    call_skip_ahead_array = call_skip_ahead_sequence = call_skip_ahead


class MRG32k3aRandomNumberGenerator(XORWOWRandomNumberGenerator):
    """PyCUDA's other generator; here the same one."""


class Sobol32RandomNumberGenerator(XORWOWRandomNumberGenerator):
    """Pseudo-random here, not quasi-random."""

    def __init__(self, dir_vector=None, offset=0):
        super().__init__()


ScrambledSobol32RandomNumberGenerator = Sobol32RandomNumberGenerator
Sobol64RandomNumberGenerator = Sobol32RandomNumberGenerator
ScrambledSobol64RandomNumberGenerator = Sobol32RandomNumberGenerator


def get_curand_version():
    return (10, 3, 0)
