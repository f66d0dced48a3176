"""PyCUDA's arguments of a kernel for the CPU engine: arrays to copy, numbers to pack.

    >>> pack_argument(0, np.float32(2.5)), pack_argument(1, np.int8(-1))
    (('f', 2.5), ('b', -1))
    >>> try:
    ...     pack_argument(2, 7)
    ... except TypeError as error:
    ...     print(error)
    invalid type on parameter #2 (0-based): int; numbers are NumPy's, as numpy.int32(3)
    >>> byte_count("D"), len(as_bytes("F", 1 + 2j))
    (16, 8)
"""

import struct

import numpy as np

from .transfers import (DeviceAllocation, ManagedAllocation, PointerHolderBase,
                        address_of, mem_alloc_like, memcpy_dtoh, memcpy_htod)

__all__ = ["ArgumentHandler", "In", "InOut", "Out"]

COMPLEX = {"F": np.complex64, "D": np.complex128}    # letters that struct has not


class ArgumentHandler:
    """A host array as an argument, with device memory for one launch."""

    def __init__(self, ary):
        self.array = ary
        self.dev_alloc = None

    def get_device_alloc(self):
        if self.dev_alloc is None:
            try:
                self.dev_alloc = mem_alloc_like(self.array)
            except AttributeError:
                raise TypeError(
                    f"could not determine array length of '{type(self.array)}': "
                    "unsupported array type or not an array") from None
        return self.dev_alloc

    def pre_call(self, stream):
        pass


class In(ArgumentHandler):
    """Copy to the device before the launch."""

    def pre_call(self, stream):
        memcpy_htod(self.get_device_alloc(), self.array)


class Out(ArgumentHandler):
    """Copy back after the launch."""

    def post_call(self, stream):
        memcpy_dtoh(self.array, self.get_device_alloc())


class InOut(In, Out):
    """Copy to the device before the launch, and back after it."""


def pack_argument(n, arg):
    """(letter, value) of the n-th argument; as_bytes makes one thing of them."""
    if isinstance(arg, np.number) and arg.dtype.kind != "c":
        return arg.dtype.char, arg.item()
    if isinstance(arg, ArgumentHandler):
        return "P", int(arg.get_device_alloc())
    if isinstance(arg, (DeviceAllocation, ManagedAllocation, PointerHolderBase)):
        return "P", address_of(getattr(arg, "gpudata", arg))
    if isinstance(arg, (np.ndarray, np.void, np.complexfloating)):
        data = np.asarray(arg).tobytes()
        return f"{len(data)}s", data
    interface = getattr(arg, "__cuda_array_interface__", None)
    if interface:
        return "P", int(interface["data"][0])
    if hasattr(arg, "gpudata"):
        return "P", int(arg.gpudata)
    raise TypeError(f"invalid type on parameter #{n} (0-based): {type(arg).__name__}; "
                    "numbers are NumPy's, as numpy.int32(3)")


def byte_count(letters):
    """The bytes of arguments that prepare() has these letters for."""
    return struct.calcsize(letters.replace("F", "ff").replace("D", "dd"))


def as_bytes(letter, value):
    """The argument's bytes; struct.error or TypeError if it is none of that letter."""
    if letter in COMPLEX:
        return COMPLEX[letter](value).tobytes()
    return struct.pack(letter, value)
