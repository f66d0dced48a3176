"""Runs kernels for libcuda.c: what is in a program, from its machine code; what it does, by the CPU engine.

PyCUDA gives the driver the image that nvcc made.  If that is machine code, numbers are read from it: a
kernel's registers, bytes of parameters, bytes of shared memory, the most threads of a block.  tools/nvcc.py,
which stands in front of nvcc, kept the text that it was made of, and that is run by scratch.cuda.cpu on the
memory that libcuda.c has given away: addresses are addresses.  Where there is no nvcc, the image is the text.
"""

import ctypes
import os
import struct
import sys
import traceback

import numpy as np

from tools.nvcc import TEXT, text_of

INVALID_IMAGE, NOT_FOUND, ASSERT, LAUNCH_FAILED, NOT_SUPPORTED = 200, 500, 710, 719, 801
REGISTERS, PARAMETERS, THREADS = 0x2F, 0x19, 0x05    # of the entries in a cubin's .nv.info
programs, functions, kept = [], [], []


def register():
    """Tell libcuda.c whom to ask."""
    library = ctypes.CDLL("libcuda.so.1")
    pointer = ctypes.c_void_p
    for function, types in [(load, [pointer]),
                            (find_function, [ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.c_int)]),
                            (find_variable, [ctypes.c_int, ctypes.c_char_p, ctypes.POINTER(ctypes.c_uint64),
                                             ctypes.POINTER(ctypes.c_size_t)]),
                            (launch, [ctypes.c_int, ctypes.POINTER(ctypes.c_uint), ctypes.c_uint, pointer,
                                      ctypes.c_size_t])]:
        kept.append(ctypes.CFUNCTYPE(ctypes.c_int, *types)(answered(function)))
    library.standin_register(*(ctypes.cast(each, pointer) for each in kept))


def answered(function):
    """function, whose exceptions are numbers: C cannot catch them."""
    def answer(*arguments):
        try:
            return function(*arguments)
        except Exception:
            traceback.print_exc()
            return -NOT_SUPPORTED
    return answer


class Program:
    """What nvcc made of a text: its kernels' numbers, and, when one is launched, the CPU engine's module."""

    def __init__(self, image):
        self.numbers = None if image.startswith(TEXT) else numbers_of(image)
        self.source, self.options, self.extern_c = text_of(image)
        self.made = None

    def module(self):
        """The CPU engine's; NotOnCPU if a card could run it and the engine cannot."""
        if self.made is None:
            from scratch.cuda.cpu import compiler, driver
            if not driver.Context.stack:
                driver.Device(0).make_context()
            self.made = compiler.SourceModule(self.source, options=self.options,
                                              no_extern_c=not self.extern_c).module
        return self.made


def load(address):
    head = ctypes.string_at(address, 4)
    if head == b"\x7fELF":
        image = ctypes.string_at(address, length(ctypes.string_at(address, 64)))
    elif ctypes.string_at(address, len(TEXT)) == TEXT:
        image = ctypes.string_at(address)
    else:
        return -INVALID_IMAGE
    programs.append(Program(image))
    return len(programs) - 1


def find_function(number, name, told):
    program, name = programs[number], name.decode()
    if program.numbers is not None:
        if name not in program.numbers:
            return -NOT_FOUND
        found = program.numbers[name]
    else:
        module = program.module()
        if name not in module.built.layout:
            return -NOT_FOUND
        shared, places = module.built.layout[name]
        found = {"parameters": max([place + size for place, size in places], default=0), "shared": shared,
                 "threads": module.program.bounds.get(name, 0)}
    for place, what in enumerate(["parameters", "shared", "registers", "threads"]):
        told[place] = found.get(what, 0)
    functions.append((program, name))
    return len(functions) - 1


def find_variable(number, name, address, size):
    from scratch.cuda.cpu import driver
    try:
        variables = programs[number].module().variables
    except driver.CompileError as error:
        refused.append(f"{name.decode()}: {error}")
        return -NOT_SUPPORTED
    if name.decode() not in variables:
        return -NOT_FOUND
    allocation, size[0] = variables[name.decode()]
    address[0] = int(allocation)
    return 0


def launch(number, sizes, shared, arguments, count):
    from scratch.cuda.cpu import driver
    program, name = functions[number]
    given = np.zeros(count + 8, np.uint8)
    given[:count] = np.frombuffer(ctypes.string_at(arguments, count), np.uint8)
    try:                                         # a card would run it: nvcc and libcuda.c have agreed
        function = program.module().get_function(name)
        function.dynamic_limit = max(function.dynamic_limit, shared)
        block, grid = function.checked(tuple(sizes[3:6]), tuple(sizes[:3]), shared)
    except driver.Error as error:
        refused.append(f"{name}: {error}")
        return NOT_SUPPORTED
    try:
        function.module.launch(function, grid, block, given, shared)
    except driver.Error as error:
        print(f"{name}: {error}", file=sys.stderr)
        return ASSERT if "assertion" in str(error) else LAUNCH_FAILED
    return 0


refused = []    # what the CPU engine could not run, and why: no mistake of the program's


# ---- a cubin: an ELF file with a section for each kernel ------------------------------------------------

def numbers_of(image):
    """{kernel: {"registers", "parameters", "shared", "threads"}}, read from machine code."""
    sections = sections_of(image)
    architecture = int(os.environ.get("STANDIN_CAPABILITY", "9.0").replace(".", ""))
    reserved = 1024 if architecture >= 90 else 0      # of a block's shared memory, by CUDA
    names = symbols(image, sections)
    found = {name.removeprefix(".text."): {} for name in sections if name.startswith(".text.")}
    for code, value in entries(sections, ".nv.info"):
        if code == REGISTERS:
            symbol, count = struct.unpack_from("<II", value)
            if names[symbol] in found:
                found[names[symbol]]["registers"] = count
    for name, numbers in found.items():
        for code, value in entries(sections, f".nv.info.{name}"):
            if code == PARAMETERS:
                numbers["parameters"] = int.from_bytes(value[:2], "little")
            elif code == THREADS:
                x, y, z = struct.unpack_from("<III", value)
                numbers["threads"] = x * y * z
        _, size = sections.get(f".nv.shared.{name}", (b"", 0))
        numbers["shared"] = size - reserved if size > reserved else size
    return found


def length(head):
    """How long the file is that begins so: behind its tables of segments and sections is nothing."""
    segments, sections = struct.unpack_from("<QQ", head, 32)
    segment, count, section, number = struct.unpack_from("<HHHH", head, 54)
    return max(segments + segment * count, sections + section * number)


def sections_of(image):
    """{name: (its bytes, how many)}; shared memory has none, but a size."""
    start, = struct.unpack_from("<Q", image, 40)
    size, count, index = struct.unpack_from("<HHH", image, 58)
    heads = [struct.unpack_from("<IIQQQQ", image, start + n * size) for n in range(count)]
    strings = image[heads[index][4]:heads[index][4] + heads[index][5]]
    found = {}
    for at, kind, _, _, offset, length in heads:
        name = strings[at:strings.index(b"\0", at)].decode()
        found[name] = b"" if kind == 8 else image[offset:offset + length], length
    return found


def symbols(image, sections):
    (table, _), (strings, _) = sections[".symtab"], sections[".strtab"]
    starts = [struct.unpack_from("<I", table, at)[0] for at in range(0, len(table), 24)]
    return [strings[at:strings.index(b"\0", at)].decode() for at in starts]


def entries(sections, name):
    """(code, value), ...: a format, a code, and a value of up to two bytes or of as many as it says."""
    (data, _), at = sections.get(name, (b"", 0)), 0
    while at + 4 <= len(data):
        kind, code, size = data[at], data[at + 1], int.from_bytes(data[at + 2:at + 4], "little")
        if kind == 4:
            yield code, data[at + 4:at + 4 + size]
            at += 4 + size
        else:
            yield code, data[at + 2:at + 4]
            at += 4
