"""PyCUDA's kernels for the CPU engine: check a launch as a GPU would, and run it.

    >>> try:
    ...     module_from_buffer(b".version 8.0")
    ... except NotOnCPU as error:
    ...     print(str(error).partition(";")[0])
    machine code of a GPU (cubin, PTX) cannot run on the CPU engine

The arguments become the bytes that CUDA would make of them, in one array, whose address
the kernel gets, by whichever engine it was built: built.py says what both have.
"""

import re
import struct
import time
import warnings
from pathlib import Path

import numpy as np

from .arguments import ArgumentHandler, as_bytes, byte_count, pack_argument
from .devices import (BLOCK_LIMITS, GRID_LIMITS, SHARED_BYTES, SHARED_BYTES_MOST,
                      THREADS, CompileError, LaunchError, LogicError, NotOnCPU,
                      function_attribute)
from .streams import Event
from .transfers import address_of

__all__ = ["Function", "Module", "module_from_buffer", "module_from_file"]

PARAMETER_BYTES, CONSTANT_BYTES = 1 << 12, 1 << 16
INVALID = "cuLaunchKernel failed: invalid argument"
TOO_MANY = "cuLaunchKernel failed: too many resources requested for launch"
MANGLED = {"f": "float", "d": "double", "i": "int", "j": "unsigned int", "b": "bool",
           "c": "char", "a": "signed char", "h": "unsigned char", "s": "short",
           "t": "unsigned short", "l": "long", "m": "unsigned long", "x": "long long",
           "y": "unsigned long long"}
INTEGERS = "bBhHiIlLqQ?"
WHOLE = {"char", "short", "int", "long", "signed", "unsigned", "uchar", "ushort",
         "uint", "ulong", "size_t"}


class Function:
    """A kernel, ready to be launched."""

    def __init__(self, module, name):
        self.module, self.name = module, name
        self.parameters = module.program.kernels[name]
        self.shared_bytes, self.places = module.built.layout[name]
        self.bound = module.program.bounds.get(name, THREADS)
        self.dynamic_limit = SHARED_BYTES - self.shared_bytes
        self.texrefs, self.arg_format, self.block = [], None, None

    def __repr__(self):
        parameters = ", ".join(f"{p.type} {p.name}" for p in self.parameters)
        return f"<kernel {self.name}({parameters})>"

    # -- attributes

    def get_attribute(self, attribute):
        return {
            function_attribute.MAX_THREADS_PER_BLOCK: min(THREADS, self.bound),
            function_attribute.SHARED_SIZE_BYTES: self.shared_bytes,
            function_attribute.PTX_VERSION: 60, function_attribute.BINARY_VERSION: 60,
            function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES: self.dynamic_limit,
        }.get(attribute, 0)

    def set_attribute(self, attribute, value):
        if attribute == function_attribute.MAX_DYNAMIC_SHARED_SIZE_BYTES:
            if value + self.shared_bytes > SHARED_BYTES_MOST:
                raise LogicError("cuFuncSetAttribute failed: invalid argument: at most "
                                 f"{SHARED_BYTES_MOST} bytes of shared memory")
            self.dynamic_limit = value

    def set_cache_config(self, config):
        """Ignored: a GPU would divide memory between its cache and shared memory."""

    set_shared_config = set_cache_config

    def __getattr__(self, name):
        if name.upper() in function_attribute.names:
            return self.get_attribute(function_attribute.names[name.upper()])
        raise AttributeError(f"a kernel has no attribute {name}")

    # -- launches

    def __call__(self, *args, block=None, grid=(1, 1), stream=None, shared=0,
                 texrefs=(), time_kernel=False, **unknown):
        if unknown:
            raise ValueError(f"extra keyword arguments: {','.join(unknown)}")
        if block is None:
            raise ValueError("must specify block size")
        packed = [pack_argument(n, arg) for n, arg in enumerate(args)]
        self.check_arguments(packed)
        handlers = [arg for arg in args if isinstance(arg, ArgumentHandler)]
        for handler in handlers:
            handler.pre_call(stream)
        begin = time.perf_counter()
        self._launch_kernel(grid, block, packed, shared, stream)
        seconds = time.perf_counter() - begin
        for handler in handlers:
            if hasattr(handler, "post_call"):
                handler.post_call(stream)
        return seconds if time_kernel else None

    def check_arguments(self, packed):
        """Check the arguments against the parameters, each by itself.

        CUDA's driver can only count bytes: too many of them are a LaunchError.  So an
        int given for a long is seen as one where it leaves bytes free behind it.
        """
        end = max([place + size for place, size in self.places], default=0)
        many = byte_count("".join(letter for letter, _ in packed)) > end
        wrong, invalid = (LaunchError, TOO_MANY) if many else (LogicError, INVALID)
        if len(packed) != len(self.parameters):
            names = ", ".join(f"{p.type} {p.name}" for p in self.parameters)
            raise wrong(f"{invalid}: {self.name} takes {len(self.parameters)} "
                        f"arguments ({names}), not {len(packed)}")
        fits = self.in_their_places([letter for letter, _ in packed])
        for n, ((letter, _), parameter, (_, size)) in enumerate(
                zip(packed, self.parameters, self.places)):
            given = byte_count(letter)
            what = f"argument {n} of {self.name}, {parameter.type} {parameter.name}"
            if given < size and fits and letter in INTEGERS:
                warnings.warn(f"{what}, has {size} bytes, and {given} were given; the "
                              "kernel sees 0 in the others", stacklevel=4)
            elif given != size:
                raise wrong(f"{invalid}: {what}, has {size} bytes, and {given} were "
                            "given")
            words = set(parameter.type.replace("*", " * ").split()) - {"const"}
            real = bool(words & {"float", "double"}) and "*" not in words
            whole = words <= WHOLE
            if real and letter not in "fd" and letter[-1] != "s" or (
                    whole and letter in "fd"):
                warnings.warn(f"{what}, was given a number of another kind; the kernel "
                              "sees its bits, not its value", stacklevel=4)

    def in_their_places(self, letters):
        """Does each parameter begin where the bytes of its argument do?

        PyCUDA puts them one behind the other, aligned, as structures are.
        """
        ends = [byte_count("".join(letters[:n + 1])) for n in range(len(letters))]
        return ends[-1:] == [place + size for place, size in self.places[-1:]] and all(
            end - byte_count(letter) == place
            for end, letter, (place, _) in zip(ends, letters, self.places))

    def prepare(self, arg_types, texrefs=()):
        """Set the arguments' types, as letters of struct ("PPi") or NumPy types."""
        letters = []
        for kind in arg_types:
            if isinstance(kind, str):
                letters.append(kind)
            elif isinstance(kind, np.dtype) and kind.char == "V":
                letters.append(f"{kind.itemsize}s")
            elif isinstance(kind, np.dtype) or isinstance(kind, type) and (
                    issubclass(kind, np.number)):
                letters.append(np.dtype(kind).char)
            else:
                letters.append("P")
        self.arg_format = letters
        return self

    def prepared(self, args):
        if self.arg_format is None:
            raise LogicError(f"{self.name}.prepare(types) comes before prepared_call")
        if len(args) != len(self.arg_format):
            raise struct.error(f"pack expected {len(self.arg_format)} items for "
                               f"packing (got {len(args)})")
        packed = []
        for letter, arg in zip(self.arg_format, args):
            if letter == "P":
                arg = address_of(arg)
            elif letter[-1] == "s":
                arg = np.asarray(arg).tobytes()
            elif isinstance(arg, np.generic):
                arg = arg.item()
            as_bytes(letter, arg)        # complains here, and not half-way
            packed.append((letter, arg))
        self.check_arguments(packed)
        return packed

    def prepared_call(self, grid, block, *args, shared_size=0):
        self._launch_kernel(grid, block, self.prepared(args), shared_size)

    def prepared_async_call(self, grid, block, stream, *args, shared_size=0):
        self._launch_kernel(grid, block, self.prepared(args), shared_size)

    def prepared_timed_call(self, grid, block, *args, shared_size=0):
        """Launch, and return a function that gives the seconds that it took."""
        packed = self.prepared(args)
        start, end = Event().record(), Event()
        self._launch_kernel(grid, block, packed, shared_size)
        end.record()
        return lambda: end.time_since(start) * 1e-3

    def _launch_kernel(self, grid, block, packed, shared=0, stream=None):
        block, grid = self.checked(block, grid, shared)
        end = max([place + size for place, size in self.places], default=0)
        arguments = np.zeros(end + 8, np.uint8)
        for (letter, value), (place, _) in zip(packed, self.places):
            given = np.frombuffer(as_bytes(letter, value), np.uint8)
            arguments[place:place + len(given)] = given
        self.module.launch(self, grid, block, arguments, shared)

    def checked(self, block, grid, shared):
        """Block and grid as three numbers each; LogicError where a GPU would refuse."""
        if len(block) != 3:
            raise TypeError(f"block={block}: a block has three sizes, (x, y, z)")
        if not 1 <= len(grid) <= 3:
            raise LogicError(f"{INVALID}: grid={grid}: a grid has one to three sizes")
        grid = (*grid, *(1,) * (3 - len(grid)))
        for name, sizes, limits in [("block", block, BLOCK_LIMITS),
                                    ("grid", grid, GRID_LIMITS)]:
            for size, most in zip(sizes, limits):
                if not isinstance(size, int):
                    raise TypeError(f"{name}={sizes}: sizes are Python's integers; "
                                    f"write int({size!r})")
                if not 0 < size <= most:
                    raise LogicError(f"{INVALID}: {name}={sizes} exceeds "
                                     f"{limits}")
        threads = block[0] * block[1] * block[2]
        if threads > min(THREADS, self.bound):
            raise LogicError(f"{INVALID}: a block of {threads:,} threads; {self.name} "
                             f"may have {min(THREADS, self.bound):,}")
        if shared > self.dynamic_limit:
            raise LogicError(f"{INVALID}: {shared:,} bytes of shared memory, and "
                             f"{self.shared_bytes:,} declared; a block has "
                             f"{SHARED_BYTES:,}")
        if not shared and self.name in self.module.program.dynamic:
            raise LogicError(f"{INVALID}: {self.name} has memory that is shared at the "
                             "launch (extern __shared__): write shared=, in bytes")
        for relied in self.module.program.relied.get(self.name, ()):
            if relied.in_block(threads):
                raise LaunchError(self.in_step(relied))
        return tuple(block), grid

    def in_step(self, relied):
        """The message of a kernel that relies on threads in step."""
        load, store = relied.load.line, relied.store.line
        lines = self.module.program.source
        shown = "\n".join(f"{line:>6} | {lines[line - 1]}"
                          for line in sorted({load, store}) if line <= len(lines))
        return (f"{self.name}, line {load}: a thread loads from {relied.text} what "
                f"another one stores to in line {store}, with no barrier between, and "
                f"then {relied.text} is stored to.\n{shown}\nThis is right only if the "
                "threads of a warp move in step, as on older GPUs, and here they do "
                "not: all threads of the block have to meet at a __syncthreads() "
                "between the load and the store")


class Module:
    """A program that was built, by either engine: its kernels and its variables.

    built is a Built of PoCL's or a Library of C++'s; what both have stands in built.py.
    """

    def __init__(self, built):
        self.built, self.program, self.variables = built, built.program, built.variables
        for name, (shared, places) in built.layout.items():
            if shared > SHARED_BYTES:
                raise CompileError(f"{name} uses too much shared memory: {shared:,} "
                                   f"bytes, and a block has {SHARED_BYTES:,}")
            end = max([place + size for place, size in places], default=0)
            if end > PARAMETER_BYTES:
                raise CompileError(f"{name}: formal parameter space overflowed: "
                                   f"{end:,} bytes, and a kernel may have "
                                   f"{PARAMETER_BYTES:,}")
        constant = sum(self.variables[name][1] for name in self.program.constant)
        if constant > CONSTANT_BYTES:
            raise CompileError(f"too much global constant data: {constant:,} bytes, "
                               f"and a program may have {CONSTANT_BYTES:,}")

    def get_function(self, name):
        wanted = demangled(name)
        for each in self.program.kernels:
            if plain(each) == plain(wanted):
                return Function(self, each)
        known = ", ".join(self.program.kernels) or "none"
        raise LogicError(f"cuModuleGetFunction failed: named symbol not found: no "
                         f"kernel {wanted}; there is {known}")

    def get_global(self, name):
        """(address, bytes) of a __constant__ or __device__ variable."""
        if name not in self.variables:
            known = ", ".join(self.variables) or "none"
            raise LogicError(f"cuModuleGetGlobal failed: named symbol not found: no "
                             f"variable {name}; there is {known}")
        return self.variables[name]

    def get_texref(self, name):
        raise NotOnCPU(f"{name}: textures cannot run on the CPU engine")

    get_surfref = get_texref

    def launch(self, function, grid, block, arguments, shared, watch=0):
        self.built.launch(function.name, grid, block, arguments, shared, watch)


def demangled(name):
    """A kernel's name in the text, by the one that C++'s compilers give it.

    >>> demangled("_Z3addPfi"), demangled("_Z4scanIfjLi32EEvPT_"), demangled("add")
    ('add', 'scan<float,unsigned int,32>', 'add')
    """
    if not (found := re.match(r"_Z(\d+)", name)):
        return name
    end = found.end() + int(found[1])
    kind = f"[{''.join(MANGLED)}]"
    given = re.match(f"I((?:{kind}|L{kind}n?[0-9]+E)+)E", name[end:])
    words = [MANGLED[letter] if letter else number.replace("n", "-") for number, letter
             in re.findall(f"L{kind}(n?[0-9]+)E|({kind})", given[1])] if given else []
    return name[found.end():end] + f"<{','.join(words)}>" * bool(words)


def plain(name):
    """k<unsigned int, 4> as k<unsigned,4>."""
    return name.replace(" ", "").replace("unsignedint", "unsigned")


def module_from_buffer(buffer, options=None, message_handler=None):
    """The module that compiler.compile() made these bytes for."""
    from ..compiler import loaded                # which imports this module

    return loaded(buffer)


def module_from_file(filename):
    return module_from_buffer(Path(filename).read_bytes())
