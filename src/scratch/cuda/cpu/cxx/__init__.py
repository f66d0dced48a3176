"""The second engine: CUDA C++ as C++, for what OpenCL C has not.

    >>> library, note = build('''
    ... __device__ int fibonacci(int n)
    ... {
    ...     return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    ... }
    ... __global__ void k(int *x) { x[threadIdx.x] = fibonacci(threadIdx.x); }
    ... ''') if find() else (None, None)
    >>> library is None or list(library.program.kernels) == ["k"]
    True

The text is compiled by the system's C++ compiler, almost as it is, into a library that
is called through ctypes:

    rewrite        the few words that C++ does not have
    include/       headers that declare the others; fibres.h runs the threads
    diagnostics    the compiler's errors, and its word on where numbers are converted
    toolchain      the compiler, and a folder of what it made
    library        the result: kernels, variables, launches

So recursion, lambdas, pointers to functions, classes with virtual functions, templates
of any kind and new run.  It is slower than the first engine: one core runs all threads,
each as a fibre with a stack of its own, which stops at a barrier or at a shuffle and
lets the others go on.  Threads that wait for one that cannot come are an error.

Where it bites: an access that is far outside ends the launch with an error, one that is
near goes unnoticed, as memcheck cannot watch here; threads that rely on moving in step
without a __syncwarp() are noticed where the first engine can read the kernel.

Chapter: docs/cuda/without-a-gpu.md.
"""

import contextlib
import os
from contextvars import ContextVar
from dataclasses import dataclass, field

from ..translator import warps
from ..translator.declarations import Source
from ..translator.tokens import SourceError
from . import diagnostics, toolchain
from .diagnostics import Errors, Unreadable
from .library import Library
from .rewrite import rewrite
from .toolchain import find

everything = ContextVar("everything", default=False)


@contextlib.contextmanager
def alone():
    """with alone(): this engine compiles all, also what the first one could run."""
    before = everything.set(True)
    try:
        yield
    finally:
        everything.reset(before)


@dataclass
class Program:
    """What a launch needs to know about a program, as translate.Program has it."""

    text: str
    kernels: dict
    variables: list
    constant: set
    source: list
    prints: bool
    relied: dict
    shared: set
    bounds: dict = field(default_factory=dict)
    dynamic: set = field(default_factory=set)       # fibres.h sees to these


class NoCompiler(Exception):
    """There is no C++ compiler, or none that can be used."""


def build(source, defines=(), include_dirs=(), extern_c=False, fast=False):
    """CUDA C++ -> (Library, the compiler's name).

    NoCompiler; Unsupported, if C++ cannot do it either; Errors, if it is no C++.
    """
    made = rewrite(source, defines, include_dirs, std=toolchain.INCLUDE / "std")
    if extern_c and made.random:
        raise SourceError(
            'curand_kernel.h has templates, which have "C" linkage, as SourceModule '
            'puts the source into extern "C" { }: pass no_extern_c=True, and write '
            'extern "C" before __global__', None)
    compiler = find()
    if compiler is None:
        raise NoCompiler
    text = whole(made, extern_c)
    options = toolchain.FAST if fast else []

    def make(path):
        try:
            full = diagnostics.converted(compiler, options, text)
        except Unreadable:
            raise NoCompiler from None
        result = toolchain.run(compiler, [*toolchain.FLAGS, *options, "-O2", "-w",
                                          "-shared", "-Wl,-Bsymbolic", "-x", "c++", "-",
                                          "-o", path], full)
        if result.returncode:
            raise Errors([("kernel.cu", 0, result.stderr)])

    path = toolchain.kept(compiler, f"{options}{text}", make)
    program = Program(text, made.kernels, made.variables, made.constant,
                      source.splitlines(), made.prints,
                      in_step(source, defines, include_dirs), made.shared)
    return Library(program, path), os.path.basename(compiler[0])


def whole(made, extern_c):
    """The text that is compiled: headers, the body, a table of what is in it."""
    headers = ["fibres.h", "arithmetic.h", "words.h",
               *(["complex.h"] if made.complex else []), "cucomplex.h"]
    table = []
    for name in made.kernels:
        bound = made.bounds.get(name, "0")
        table.append(f"    out = scratch_::Kernel<&{name}>::describe(out, {bound});")
    for name in made.variables:
        stored = f"{name}__" if name in made.constant else name
        table.append(f"    *out++ = (uint64_t)&{stored}; *out++ = sizeof({stored});")
    return "\n".join([
        *(f"#include <{name}>" for name in made.headers),
        *(f'#include "{name}"' for name in headers), made.random,
        *(['extern "C" {', made.body, "}"] if extern_c else [made.body]),
        '#line 1 "table"',
        'extern "C" void scratch_describe(uint64_t *out)', "{", *table,
        "    (void)out;", "}",
        'extern "C" int scratch_launch(scratch_::Launch *given)',
        "{", "    return scratch_::run_grid(given);", "}", ""])


def in_step(source, defines, include_dirs):
    """{kernel: what needs threads in step}, where the first engine can read it."""
    try:
        parsed = Source(source, defines, include_dirs)
        return {kernel.name: warps.find(parsed, kernel) for kernel in parsed.kernels()}
    except (SourceError, LookupError, StopIteration):
        return {}
