"""A program in C++ that was compiled: what is in it, and how it is launched.

Launch has what include/fibres.h's structure of that name has.
"""

import ctypes
import os
import re
import shutil
import subprocess
import tempfile
import threading

import numpy as np

from .. import pocl
from ..driver import memory
from ..driver.devices import LaunchError, LogicError
from ..driver.modules import plain
from ..driver.transfers import DeviceAllocation

(ASSERT, LEFT, APART, MISSING, SOURCE, DYNAMIC, SPINS, TRAP, MEMORY, DIVISION,
 DEEP, SIZES, NESTED, GONE, STEP) = range(1, 16)
SENTENCES = {
    LEFT: "thread {thread} waits at a __syncthreads(), and thread {other} has left the "
          "kernel. All threads of a block have to arrive at a barrier: guard the loads "
          "and the stores, and not the barrier",
    APART: "thread {thread} waits at this __syncthreads(), and thread {other} at the "
           "one in line {other_line}. All threads of a block have to arrive at the "
           "same",
    MISSING: "thread {thread}: a lane that the mask names does not come to this warp "
             "operation with the same mask, or the mask does not name the thread's own "
             "lane",
    SOURCE: "thread {thread} takes the value of a lane that takes no part in this "
            "shuffle, or the width is no power of two up to 32",
    DYNAMIC: "thread {thread} uses memory that is shared at the launch (extern "
             "__shared__): write shared=, in bytes",
    SPINS: "thread {thread} waits, by an atomic, for what no other thread of its block "
           "does. Blocks run one after the other here, and cannot wait for each other",
    TRAP: "thread {thread} called __trap()",
    MEMORY: "thread {thread} used an address that is no memory (an illegal memory "
            "access)",
    DIVISION: "thread {thread} divided an integer by zero, or the least one by -1",
    DEEP: "thread {thread} needs a larger stack than 640 kB: its arrays are too large, "
          "or its recursion does not end",
    SIZES: "thread {thread} launches a kernel with a grid, a block or shared memory "
           "that is empty or too large (1,024 threads, 48 kB)",
    NESTED: "thread {thread} launches a kernel that is nested deeper than 24 launches",
    GONE: "thread {thread} launches a kernel with the address of memory that is its "
          "own or its block's, and gone when that kernel runs",
    STEP: "thread {thread} uses a volatile number that another thread used, without a "
          "barrier between the two. It relies on threads that move in step, which they "
          "do not here, nor on newer GPUs: write __syncthreads() or __syncwarp()",
}


class Launch(ctypes.Structure):
    """A kernel, the bytes of its arguments, sizes; and why it failed, if it did."""

    _fields_ = [("kernel", ctypes.c_void_p), ("arguments", ctypes.c_void_p),
                ("stacks", ctypes.c_void_p), ("file", ctypes.c_char_p),
                ("grid", ctypes.c_uint32 * 3), ("block", ctypes.c_uint32 * 3),
                ("shared", ctypes.c_uint32), ("failure", ctypes.c_int32),
                ("line", ctypes.c_int32), ("other_line", ctypes.c_int32),
                ("thread", ctypes.c_int32), ("other", ctypes.c_int32),
                ("where", ctypes.c_int32 * 3), ("child", ctypes.c_char_p)]


class Variable(DeviceAllocation):
    """A variable of a program: memory that is the program's."""

    def __init__(self, address, size, program):
        self.address, self.size, self.program = address, size, program
        memory.adopt(address, size)
        self.release = memory.release


class Library:
    """What driver.Module launches: see there."""

    lock = threading.RLock()             # one launch at a time: they share their stacks
    stacks = None

    def __init__(self, program, path):
        self.program = program
        self.loaded = load(path)
        shared = shared_bytes(path, program) if program.shared else {}
        self.addresses, self.layout, self.variables = {}, {}, {}
        for n, (kernels, variables) in enumerate(program.texts):
            room = sum(4 + 2 * len(p) for p in kernels.values()) + 2 * len(variables)
            numbers = np.zeros(room + 1, np.uint64)
            describe = getattr(self.loaded, f"scratch_describe_{n}")
            describe(ctypes.c_void_p(numbers.ctypes.data))
            numbers = iter(numbers.tolist())
            for name in kernels:
                self.addresses[name], count, bound = (next(numbers) for _ in range(3))
                self.layout[name] = shared.get(name, 0), [
                    (next(numbers), next(numbers)) for _ in range(count)]
                if bound:
                    program.bounds[name] = bound
            for name in variables:
                address, size = next(numbers), next(numbers)
                self.variables[name] = Variable(address, size, self.loaded), size

    def launch(self, name, grid, block, arguments, shared, watch=0):
        with Library.lock:
            given = Launch(kernel=self.addresses[name], arguments=arguments.ctypes.data,
                           stacks=Library.stacks, grid=grid, block=block, shared=shared)

            def run():
                if self.loaded.scratch_launch(ctypes.byref(given)):
                    raise LaunchError("there is no memory for the stacks of threads")

            pocl.print_through_python(run) if self.program.prints else run()
            Library.stacks = given.stacks
        if given.failure:
            wrong = LogicError if given.failure in (ASSERT, DYNAMIC) else LaunchError
            raise wrong(self.failure(name, given))

    def failure(self, name, given):
        """The message of a kernel that stopped itself."""
        file, line = (given.file or b"").decode(), given.line
        if given.child:
            name = f"{given.child.decode()}, launched by {name}"
        lines = self.program.source if file == "kernel.cu" else []
        shown = f"\n{line:>6} | {lines[line - 1]}" if 0 < line <= len(lines) else ""
        if given.failure == ASSERT:
            return f"{name}: the assertion in line {line} is false{shown}"
        block = [*given.block]
        said = SENTENCES[given.failure].format(
            thread=place(given.thread, block), other=place(given.other, block),
            other_line=given.other_line)
        where = f"{name}, line {line}" if line else name
        return f"{where}: in block {tuple(given.where)} {said}.{shown}"


def place(number, block):
    """The number of a thread as (x, y, z)."""
    return (number % block[0], number // block[0] % block[1],
            number // block[0] // block[1])


def load(path):
    """The library, with variables of its own though it may have been loaded before."""
    handle, copy = tempfile.mkstemp(suffix=".so")
    os.close(handle)
    try:
        shutil.copyfile(path, copy)
        return ctypes.CDLL(copy)
    finally:
        os.unlink(copy)


STATIC = re.compile(r"^[0-9a-f]+ (?P<size>[0-9a-f]+) [bBdDuV] (?P<name>.*)$",
                    re.MULTILINE)


def shared_bytes(path, program):
    """{kernel: bytes}: its own shared variables and those of functions, told by nm.

    Which functions a kernel reaches is not known here, so all of them count.
    """
    if not (nm := shutil.which("nm")):
        return {}
    table = subprocess.run([nm, "-S", "-C", path], capture_output=True, text=True,
                           check=False).stdout
    common, own = 0, dict.fromkeys(program.kernels, 0)
    kernels = {plain(name): name for name in own}
    for found in STATIC.finditer(table):
        place, _, name = found["name"].rpartition("::")
        if name.partition(".")[0].partition("[")[0] not in program.shared or (
                place.startswith(("scratch_", "guard variable"))):
            continue
        function = plain(re.sub(r"\(.*", "", place)).removeprefix("void")
        if function in kernels:
            own[kernels[function]] += int(found["size"], 16)
        else:
            common += int(found["size"], 16)
    return {name: size + common for name, size in own.items()}
