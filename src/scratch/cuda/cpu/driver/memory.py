"""The memory of a device that is the host itself: allocate, view, release.

    >>> import numpy as np
    >>> address = allocate(16)
    >>> view(address, 16)[:] = np.arange(16)
    >>> view(address + 12, 4)
    array([12, 13, 14, 15], dtype=uint8)
    >>> try:
    ...     view(address, 17)
    ... except NotMemory as error:
    ...     print(error)
    17 bytes at byte 0 of an allocation of 16 bytes
    >>> release(address)

An address is a number, as on a GPU, so that a kernel gets it as it is and a script may
add to it.  Each allocation lies between unused margins, so that a kernel that runs a
little too far writes there and not to Python's memory.
"""

import bisect
import ctypes
import os

import numpy as np

ALIGNMENT = 256         # bytes, as cudaMalloc's
MARGIN = 1 << 18        # bytes before and after each allocation, mapped when used
allocations = {}        # address -> (bytes, the array that holds them and the margins)
addresses = []          # sorted
allocated = 0           # bytes of all of them


class NotMemory(Exception):
    """The requested bytes are not, or no longer, allocated."""


class OutOfMemory(Exception):
    """More than total()."""


def total():
    """Bytes that the device reports: half of the machine's memory, at most 4 GiB."""
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(machine // 2, 4 << 30)


def free():
    """Bytes that can still be allocated."""
    return total() - allocated


def allocate(size):
    """The address of size bytes, not cleared.  OutOfMemory if fewer are free."""
    global allocated
    if size > free():
        raise OutOfMemory(f"{size:,} bytes requested, {free():,} are free")
    holder = np.empty(size + 2 * MARGIN + ALIGNMENT, np.uint8)
    begin = holder.ctypes.data + MARGIN
    address = begin + -begin % ALIGNMENT
    allocations[address] = size, holder
    allocated += size
    bisect.insort(addresses, address)
    return address


def adopt(address, size):
    """Take memory that is already there for an allocation: a program's variables."""
    global allocated
    there = (ctypes.c_uint8 * max(size, 1)).from_address(address)
    allocations[address] = size, np.frombuffer(there, np.uint8)
    allocated += size
    bisect.insort(addresses, address)


def release(address):
    """Free an allocation; NotMemory if none begins at this address."""
    global allocated
    if allocations is None:      # Python is shutting down, and has taken the names away
        return
    if address not in allocations:
        raise NotMemory(f"{address:#x} is not the beginning of an allocation")
    size, _ = allocations.pop(address)
    allocated -= size
    addresses.remove(address)


def owner(address):
    """(beginning, size) of the allocation that address lies in, or None."""
    n = bisect.bisect_right(addresses, address) - 1
    if n < 0:
        return None
    size, _ = allocations[addresses[n]]
    # the address one past the end is still its own
    return (addresses[n], size) if address <= addresses[n] + size else None


def view(address, size):
    """The bytes at an address, an array that shares them; NotMemory if none are."""
    address = int(address)
    found = owner(address)
    if found is None:
        raise NotMemory(f"{address:#x} lies in no allocation")
    begin, held = found
    if address - begin + size > held:
        raise NotMemory(f"{size} bytes at byte {address - begin} of an allocation of "
                        f"{held} bytes")
    _, holder = allocations[begin]
    offset = address - holder.ctypes.data
    return holder[offset:offset + size]
