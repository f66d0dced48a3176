"""PyCUDA's tools for the CPU engine: names of types, arguments, memory pools.

    >>> dtype_to_ctype(np.float32), bitlog2(1024)
    ('float', 10)
    >>> parse_c_arg("const unsigned int *counts")
    VectorArg('counts', dtype('uint32'))
    >>> parse_c_arg("float scale").declarator()
    'float scale'

On a GPU, where allocation is slow, a memory pool saves time by keeping freed memory;
here it allocates each time.

Left out: textures in kernels' arguments, DebugMemoryPool.
"""

import functools
import re

import numpy as np

from . import driver
from .driver.devices import SHARED_BYTES

__all__ = ["Argument", "DeviceData", "DeviceMemoryPool", "OccupancyRecord",
           "PageLockedMemoryPool", "ScalarArg", "VectorArg", "bitlog2",
           "clear_context_caches", "context_dependent_memoize", "dtype_to_ctype",
           "get_arg_type", "get_default_device", "get_or_register_dtype",
           "init_cuda_context_fixture", "make_default_context", "mark_cuda_test",
           "parse_c_arg", "register_dtype"]

CTYPES = {"float32": "float", "float64": "double", "int8": "signed char",
          "uint8": "unsigned char", "int16": "short", "uint16": "unsigned short",
          "int32": "int", "uint32": "unsigned", "int64": "long",
          "uint64": "unsigned long", "bool": "bool",
          "complex64": "pycuda::complex<float>",
          "complex128": "pycuda::complex<double>"}
DTYPES = {"float": "f4", "double": "f8", "bool": "?", "char": "i1", "signed char": "i1",
          "unsigned char": "u1", "unsigned": "u4", "signed int": "i4",
          "pycuda::complex<float>": "c8", "pycuda::complex<double>": "c16",
          **{name: f"{letter}{size}"
             for kind, size in [("short", 2), ("int", 4), ("long", 8)]
             for sign, letter in [("", "i"), ("signed ", "i"), ("unsigned ", "u")]
             for name in [f"{sign}{kind}", *[f"{sign}{kind} int", f"{kind} {sign}int"]
                          * (kind != "int")]}}
OTHER = {"long long": "long", "unsigned long long": "unsigned long",
         "size_t": "unsigned long", "uint": "unsigned", "uchar": "unsigned char",
         "ushort": "unsigned short", "ulong": "unsigned long",
         **{f"{u}int{bits}_t": f"{'unsigned ' * bool(u)}{kind}" for u in ("", "u")
            for bits, kind in [(8, "char"), (16, "short"), (32, "int"), (64, "long")]}}
VECTORS = {f"{name}{count}": np.dtype([(axis, letter) for axis in "xyzw"[:count]])
           for name, letter in {
               "float": "f4", "double": "f8", **{
                   f"{u}{kind}": f"{u or 'i'}{size}" for u in ("", "u")
                   for kind, size in [("char", 1), ("short", 2), ("int", 4),
                                      ("long", 8), ("longlong", 8)]}}.items()
           for count in (1, 2, 3, 4)}
registered = dict(VECTORS)    # names of types that NumPy has none for -> dtype


def dtype_to_ctype(dtype, with_fp_tex_hack=False):
    """NumPy's type -> C's, as text."""
    if dtype is None:
        raise ValueError("dtype may not be None")
    dtype = np.dtype(dtype)
    for name, known in registered.items():
        if known == dtype:
            return name
    if dtype.name not in CTYPES:
        raise ValueError(f"unable to map dtype '{dtype}'")
    return CTYPES[dtype.name]


def get_or_register_dtype(name, dtype=None):
    """Let name stand for a dtype, such as a structure's, in kernels' arguments."""
    for one in [name] if isinstance(name, str) else name:
        if dtype is not None:
            registered[one] = np.dtype(dtype)
    first = name if isinstance(name, str) else name[0]
    return registered[first] if first in registered else np.dtype(DTYPES[first])


def register_dtype(dtype, name):
    """The older name of get_or_register_dtype."""
    get_or_register_dtype(name, dtype)


class Argument:
    """An argument of a kernel that is written from parts; see elementwise.py."""

    def __init__(self, dtype, name):
        self.dtype, self.name = np.dtype(dtype), name

    def __repr__(self):
        return f"{type(self).__name__}({self.name!r}, {self.dtype!r})"


class VectorArg(Argument):
    """A pointer to numbers."""

    struct_char = "P"

    def declarator(self):
        return f"{dtype_to_ctype(self.dtype)} *{self.name}"


class ScalarArg(Argument):
    """A number."""

    @property
    def struct_char(self):
        return f"{self.dtype.itemsize}s" if self.dtype.char == "V" else self.dtype.char

    def declarator(self):
        return f"{dtype_to_ctype(self.dtype)} {self.name}"


def parse_c_arg(c_arg):
    """ "const float *x" -> VectorArg or ScalarArg."""
    text = re.sub(r"\b(const|volatile|__restrict__|restrict)\b", " ", c_arg)
    match = re.fullmatch(
        r"\s*([\w:<>]+(?:\s+\w+)*?)\s*(\*?)\s*(\w+)\s*(\[\])?\s*", text)
    if not match:
        raise ValueError(f"not an argument of C: {c_arg!r}")
    kind, star, name, brackets = match.groups()
    kind = " ".join(kind.split())
    if kind not in DTYPES and kind not in registered:
        other = f"; PyCUDA knows it as {OTHER[kind]}" if kind in OTHER else ""
        raise ValueError(f"unknown type {kind!r} in {c_arg!r}{other}")
    make = VectorArg if star or brackets else ScalarArg
    return make(registered.get(kind, DTYPES.get(kind)), name)


def get_arg_type(c_arg):
    return parse_c_arg(c_arg).struct_char


def bitlog2(n):
    """The whole part of log₂ n."""
    return int(n).bit_length() - 1


def context_dependent_memoize(function):
    """Cache results; they are those of the one context."""
    return functools.lru_cache(maxsize=None)(function)


def clear_context_caches():
    """Nothing to clear: cached results do not depend on a context."""


def make_default_context(ctx_maker=None):
    return ctx_maker(driver.Device(0)) if ctx_maker else driver.Device(0).make_context()


def get_default_device(default=0):
    return driver.Device(default)


def mark_cuda_test(test):
    """Decorate a test that needs a context."""
    @functools.wraps(test)
    def with_context(*args, **kwargs):
        context = make_default_context()
        try:
            return test(*args, **kwargs)
        finally:
            context.detach()
    return with_context


def init_cuda_context_fixture():
    yield make_default_context()


def has_double_support():
    return True


def platform_bits():
    return 64


class PooledDeviceAllocation(driver.DeviceAllocation):
    """Memory that tells its pool when it is freed."""

    def __init__(self, size, pool):
        self.pool = pool
        super().__init__(size)
        pool.active_blocks += 1
        pool.active_bytes += size

    def free(self):
        super().free()
        self.pool.active_blocks -= 1
        self.pool.active_bytes -= self.size


class DeviceMemoryPool:
    """Allocates; the sizes are those that PyCUDA's pool would keep, an eighth apart."""

    active_bytes = active_blocks = managed_bytes = held_blocks = 0

    def allocate(self, size):
        return PooledDeviceAllocation(int(size), self)

    __call__ = allocate

    @staticmethod
    def bin_number(size):
        power = max(bitlog2(max(size, 1)), 0)
        shift = power - 3
        mantissa = (size >> shift if shift >= 0 else size << -shift) & 7
        return power << 3 | mantissa

    @staticmethod
    def alloc_size(bin_nr):
        power, mantissa = bin_nr >> 3, bin_nr & 7
        ones = (1 << power - 3) - 1 if power >= 3 else 0
        head = mantissa | 8
        return (head << power - 3 if power >= 3 else head >> 3 - power) | ones

    def free_held(self):
        pass

    stop_holding = free_held


class PageLockedMemoryPool:
    """Allocates page-locked host arrays."""

    def allocate(self, shape, dtype, order="C"):
        return driver.pagelocked_empty(shape, dtype, order)

    def free_held(self):
        pass

    stop_holding = free_held


class DeviceData:
    """Numbers of a device that decide how many threads it holds at once."""

    def __init__(self, dev=None):
        self.max_threads, self.warp_size = 1024, 32
        self.warps_per_mp, self.thread_blocks_per_mp = 64, 32
        self.registers, self.shared_memory = 1 << 16, SHARED_BYTES
        self.smem_alloc_granularity, self.smem_granularity = 256, 32
        self.register_allocation_unit = "warp"

    def align_bytes(self, word_size=4):
        """What half a warp loads at once, with words of 4, 8 or 16 bytes."""
        if word_size not in (4, 8, 16):
            raise ValueError(f"words of {word_size} bytes are not loaded together")
        return 64 if word_size == 4 else 128

    def align_words(self, word_size):
        return self.align_bytes(word_size) // word_size

    def align(self, bytes, word_size=4):
        """bytes, rounded up to what is loaded at once."""
        return bytes + -bytes % self.align_bytes(word_size)

    def align_dtype(self, elements, dtype_size):
        return elements + -elements % self.align_words(dtype_size)

    def coalesce(self, thread_count):
        return thread_count + -thread_count % 16

    @staticmethod
    def make_valid_tex_channel_count(size):
        return {1: 1, 2: 2, 3: 4, 4: 4}[size]


class OccupancyRecord:
    """How many blocks of threads fit on a multiprocessor, and what limits them."""

    def __init__(self, devdata, threads, shared_mem=0, registers=0):
        if threads > devdata.max_threads:
            raise ValueError("too many threads")
        warps = -(-threads // devdata.warp_size)
        limits = [(min(devdata.thread_blocks_per_mp, devdata.warps_per_mp // warps),
                   "warps")]
        if registers:
            limits.append((devdata.registers // (registers * threads), "regs"))
        if shared_mem:
            limits.append((devdata.shared_memory // shared_mem, "smem"))
        self.tb_per_mp, self.limited_by = min(limits)
        self.warps_per_mp = self.tb_per_mp * warps
        self.occupancy = self.warps_per_mp / devdata.warps_per_mp


def sizeof(type_name, preamble=""):
    """Bytes of a C type: sizeof("curandState", "#include <curand_kernel.h>") is 48."""
    return asked(f"sizeof({type_name})", preamble)


def alignof(type_name, preamble=""):
    """What the address of a C type is a multiple of."""
    return asked(f"__alignof__({type_name})", preamble)


@functools.cache
def asked(number, preamble):
    """A whole number that a compiler knows."""
    from .compiler import SourceModule           # which imports this module's others

    kernel = SourceModule(f'{preamble}\nextern "C" __global__ void k(size_t *n) '
                          f"{{ *n = {number}; }}", no_extern_c=True).get_function("k")
    value = np.zeros(1, np.uint64)
    kernel(driver.Out(value), block=(1, 1, 1))
    return int(value[0])


ABSENT = {"DebugMemoryPool": "a memory pool that tells what it does"}


def __getattr__(name):
    if name in ABSENT:
        raise AttributeError(f"{name}: {ABSENT[name]} cannot be had on the CPU engine")
    raise AttributeError(f"{name} is no part of pycuda.tools and pycuda.characterize "
                         "on the CPU engine")
