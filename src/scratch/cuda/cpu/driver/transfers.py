"""PyCUDA's device memory for the CPU engine: allocate, copy, fill.

    >>> import numpy as np
    >>> x = np.arange(3, dtype=np.float32)
    >>> there = mem_alloc(x.nbytes)
    >>> memcpy_htod(there, x)
    >>> memset_d32(int(there) + 4, 0, 1)            # the second number
    >>> from_device(there, 3, np.float32)
    array([0., 0., 2.], dtype=float32)

Every copy checks that the device's side is allocated, as a GPU's driver does; NumPy
checks the host's side.
"""

import builtins

import numpy as np

from . import memory
from .devices import Context, LogicError, MemoryError

__all__ = ["DeviceAllocation", "HostAllocation", "ManagedAllocation",
           "ManagedAllocationOrStub", "Memcpy2D", "Memcpy3D", "PointerHolderBase",
           "aligned_empty", "aligned_zeros", "from_device", "from_device_like",
           "managed_empty", "managed_empty_like", "managed_zeros", "managed_zeros_like",
           "mem_alloc", "mem_alloc_like", "mem_alloc_pitch", "mem_get_address_range",
           "mem_get_info", "memcpy_dtod", "memcpy_dtod_async", "memcpy_dtoh",
           "memcpy_dtoh_async", "memcpy_htod", "memcpy_htod_async", "memset_d16",
           "memset_d16_async", "memset_d2d32", "memset_d2d8", "memset_d32",
           "memset_d32_async", "memset_d8", "memset_d8_async", "pagelocked_empty",
           "pagelocked_empty_like", "pagelocked_zeros", "pagelocked_zeros_like",
           "register_host_memory", "to_device"]


class PointerHolderBase:
    """The base of a program's own classes of pointers, which override get_pointer."""

    def get_pointer(self):
        raise NotImplementedError(f"{type(self).__name__} has no get_pointer, which "
                                  "says its address")

    def __int__(self):
        return self.get_pointer()

    __index__ = __int__

    @property
    def gpudata(self):
        return self.get_pointer()


class DeviceAllocation:
    """Device memory; int() of it is its address.  Freed when it is deleted."""

    def __init__(self, size):
        try:
            self.address = memory.allocate(size)
        except (memory.OutOfMemory, builtins.MemoryError) as error:
            raise MemoryError(f"cuMemAlloc failed: out of memory: {error}") from None
        self.size = size
        self.release = memory.release      # needed while Python shuts down

    def free(self):
        if self.address is None:
            raise LogicError("cuMemFree failed: this memory has already been freed")
        address, self.address = self.address, None
        self.release(address)

    def as_buffer(self, size, offset=0):
        return memoryview(at(int(self) + offset, size, "as_buffer"))

    def __int__(self):
        if self.address is None:
            raise LogicError("this memory has been freed")
        return self.address

    __index__ = __int__

    def __del__(self):
        if getattr(self, "address", None) is not None:
            self.free()


class HostAllocation(np.ndarray):
    """Page-locked (pinned) host memory.

    Functions give a view of one, so that array.base is one, too, as in PyCUDA.
    """

    def get_device_pointer(self):
        return self.ctypes.data

    def free(self):
        """Nothing to do: the memory is NumPy's."""


class ManagedAllocation(HostAllocation):
    """Managed memory, which host and device see at one address."""

    @property
    def gpudata(self):
        return self.ctypes.data

    def attach(self, flags, stream=None):
        """Nothing to do: there is one memory."""


ManagedAllocationOrStub = ManagedAllocation


def mem_alloc(size):
    """size bytes of the device's memory, not cleared -> DeviceAllocation."""
    Context.needed(stacklevel=3)
    if not isinstance(size, (int, np.integer)) or size <= 0:
        raise LogicError(f"cuMemAlloc failed: invalid argument: {size!r} bytes")
    return DeviceAllocation(int(size))


def mem_alloc_like(ary):
    return mem_alloc(ary.nbytes)


def mem_alloc_pitch(width, height, access_size):
    """height rows of at least width bytes -> memory, bytes from one row to the next."""
    pitch = width + -width % 512
    return mem_alloc(pitch * height), pitch


def mem_get_info():
    """(free bytes, total bytes)."""
    return memory.free(), memory.total()


def mem_get_address_range(pointer):
    found = memory.owner(int(pointer))
    if found is None:
        raise LogicError("cuMemGetAddressRange failed: invalid argument")
    return found


def at(pointer, size, call):
    """The bytes at a device pointer; LogicError if they are not all allocated."""
    if isinstance(pointer, ManagedAllocation):
        return flat_bytes(pointer)[:size]
    try:
        return memory.view(address_of(pointer), size)
    except memory.NotMemory as error:
        raise LogicError(f"{call} failed: invalid argument: {error}") from None


def address_of(pointer):
    """The number behind a pointer: an allocation, a number, an array on the device."""
    if hasattr(pointer, "__index__") or isinstance(pointer, np.integer):
        return int(pointer)
    if hasattr(pointer, "gpudata"):
        return int(pointer.gpudata)
    raise TypeError(f"{type(pointer).__name__} is not a device pointer: allocate with "
                    "mem_alloc, or wrap the array in In, Out or InOut")


def flat_bytes(host):
    """A view of the bytes of an array or a buffer, which has to be contiguous."""
    if isinstance(host, np.generic):
        host = np.asarray(host)
    if isinstance(host, np.ndarray):
        if not (host.flags.c_contiguous or host.flags.f_contiguous):
            raise ValueError("ndarray is not contiguous")
        flat = np.asarray(host).ravel(order="K")
        return flat.view(np.uint8) if host.size else np.empty(0, np.uint8)
    return np.frombuffer(host, np.uint8)


def memcpy_htod(dest, src):
    """Copy from the host, src (an array), to the device."""
    data = flat_bytes(src)
    at(dest, data.size, "cuMemcpyHtoD")[:] = data


def memcpy_dtoh(dest, src):
    """Copy from the device to the host, dest (an array), as many bytes as dest has."""
    data = flat_bytes(dest)
    if not data.flags.writeable:
        raise BufferError("the array cannot be written to")
    data[:] = at(src, data.size, "cuMemcpyDtoH")


def memcpy_dtod(dest, src, size):
    at(dest, size, "cuMemcpyDtoD")[:] = at(src, size, "cuMemcpyDtoD").copy()


def memcpy_htod_async(dest, src, stream=None):
    memcpy_htod(dest, src)


def memcpy_dtoh_async(dest, src, stream=None):
    memcpy_dtoh(dest, src)


def memcpy_dtod_async(dest, src, size, stream=None):
    memcpy_dtod(dest, src, size)


def memset_d8(dest, data, count):
    at(dest, count, "cuMemsetD8")[:] = data


def memset_d16(dest, data, count):
    at(dest, 2 * count, "cuMemsetD16").view(np.uint16)[:] = data


def memset_d32(dest, data, count):
    at(dest, 4 * count, "cuMemsetD32").view(np.uint32)[:] = data


def memset_d8_async(dest, data, count, stream=None):
    memset_d8(dest, data, count)


def memset_d16_async(dest, data, count, stream=None):
    memset_d16(dest, data, count)


def memset_d32_async(dest, data, count, stream=None):
    memset_d32(dest, data, count)


def memset_d2d8(dest, pitch, data, width, height):
    for row in range(height):
        memset_d8(address_of(dest) + row * pitch, data, width)


def memset_d2d32(dest, pitch, data, width, height):
    for row in range(height):
        memset_d32(address_of(dest) + row * pitch, data, width)


def to_device(bf_obj):
    """A copy of an array on the device -> DeviceAllocation."""
    data = memoryview(bf_obj).tobytes()
    result = mem_alloc(len(data))
    memcpy_htod(result, data)
    return result


def from_device(devptr, shape, dtype, order="C"):
    result = np.empty(shape, dtype, order)
    memcpy_dtoh(result, devptr)
    return result


def from_device_like(devptr, other_ary):
    result = np.empty_like(other_ary)
    memcpy_dtoh(result, devptr)
    return result


class Memcpy2D:
    """Copy a rectangle: rows of width_in_bytes, pitch bytes from one to the next."""

    depth = 1

    def __init__(self):
        self.src_x_in_bytes = self.src_y = self.dst_x_in_bytes = self.dst_y = 0
        self.src_z = self.dst_z = self.src_height = self.dst_height = 0
        self.src_pitch = self.dst_pitch = self.width_in_bytes = self.height = 0

    def set_src_host(self, array):
        self.source = flat_bytes(array)

    def set_dst_host(self, array):
        self.target = flat_bytes(array)

    def set_src_device(self, pointer):
        self.source = self.whole(pointer)

    def set_dst_device(self, pointer):
        self.target = self.whole(pointer)

    set_src_unified, set_dst_unified = set_src_host, set_dst_host

    @staticmethod
    def whole(pointer):
        begin, size = mem_get_address_range(address_of(pointer))
        return at(pointer, begin + size - address_of(pointer), "cuMemcpy2D")

    def __call__(self, stream=None, aligned=False):
        width = self.width_in_bytes
        for z in range(self.depth):
            for y in range(self.height):
                row_from = (self.src_z + z) * self.src_height + self.src_y + y
                row_to = (self.dst_z + z) * self.dst_height + self.dst_y + y
                begin = row_from * self.src_pitch + self.src_x_in_bytes
                end = row_to * self.dst_pitch + self.dst_x_in_bytes
                if begin + width > self.source.size or end + width > self.target.size:
                    raise LogicError("cuMemcpy2D failed: invalid argument: the "
                                     "rectangle extends beyond the memory")
                self.target[end:end + width] = self.source[begin:begin + width]


class Memcpy3D(Memcpy2D):
    """Copy a box: depth layers, height rows of a layer."""


# ---- page-locked, aligned and managed arrays -----------------------------------------

def pagelocked_empty(shape, dtype, order="C", mem_flags=0):
    return np.empty(shape, dtype, order).view(HostAllocation).view()


def aligned_empty(shape, dtype, order="C", alignment=4096):
    dtype = np.dtype(dtype)
    size = int(np.prod(shape)) * dtype.itemsize
    held = np.empty(size + alignment, np.uint8)
    begin = -held.ctypes.data % alignment
    return held[begin:begin + size].view(dtype).reshape(shape, order=order)


def managed_empty(shape, dtype, order="C", mem_flags=0):
    return np.empty(shape, dtype, order).view(ManagedAllocation).view()


def pagelocked_zeros(shape, dtype, order="C", mem_flags=0):
    return np.zeros(shape, dtype, order).view(HostAllocation).view()


def pagelocked_empty_like(array, mem_flags=0):
    return np.empty_like(array).view(HostAllocation).view()


def pagelocked_zeros_like(array, mem_flags=0):
    return np.zeros_like(array).view(HostAllocation).view()


def aligned_zeros(shape, dtype, order="C", alignment=4096):
    result = aligned_empty(shape, dtype, order, alignment)
    result.fill(0)
    return result


def managed_zeros(shape, dtype, order="C", mem_flags=0):
    return np.zeros(shape, dtype, order).view(ManagedAllocation).view()


def managed_empty_like(array, mem_flags=0):
    return np.empty_like(array).view(ManagedAllocation).view()


def managed_zeros_like(array, mem_flags=0):
    return np.zeros_like(array).view(ManagedAllocation).view()


def register_host_memory(array, flags=0):
    return array.view(HostAllocation).view()
