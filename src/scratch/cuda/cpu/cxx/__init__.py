"""The second engine: CUDA C++ as C++, for what OpenCL C has not.

    >>> library, note = build([('''
    ... __device__ int fibonacci(int n)
    ... {
    ...     return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
    ... }
    ... __global__ void k(int *x) { x[threadIdx.x] = fibonacci(threadIdx.x); }
    ... ''', {}, [])]) if find() else (None, None)
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

Several texts are compiled each by itself and linked, as nvcc does with -rdc=true.  Then
a kernel may launch kernels (dynamic parallelism), which run one after the other when
all of its blocks have returned; one on a stream for tail launches runs last.

Where it bites: an access that is far outside ends the launch with an error, one that is
near goes unnoticed, as memcheck cannot watch here; threads that rely on moving in step
without a __syncwarp() are noticed where the first engine can read the kernel; and any
number of launches may wait, where a GPU drops what exceeds its limit, 2,048.

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

    texts: list                  # for each text that is linked: kernels, variables
    source: list
    constant: set
    prints: bool
    relied: dict
    shared: set
    bounds: dict = field(default_factory=dict)
    dynamic: set = field(default_factory=set)       # fibres.h sees to these

    def __post_init__(self):
        self.kernels = {k: given for kernels, _ in self.texts for k, given in
                        kernels.items()}


class NoCompiler(Exception):
    """There is no C++ compiler, or none that can be used."""


def build(texts, extern_c=False, fast=False, launches=False):
    """CUDA C++ -> (Library, the compiler's name).

    texts is [(source, {macro: text}, folders), ...], whose lines are counted as of one
    text; launches: kernels may launch kernels.
    NoCompiler; Unsupported, if C++ cannot do it either; Errors, if it is no C++.
    """
    lines = "\n".join(source for source, *_ in texts).splitlines()
    texts = [("\n" * sum(text.count("\n") + 1 for text, *_ in texts[:n]) + source, *how)
             for n, (source, *how) in enumerate(texts)]
    made = [rewrite(*each, std=toolchain.INCLUDE / "std", launches=launches)
            for each in texts]
    if extern_c and any(each.random or each.groups for each in made):
        name = "curand_kernel" if any(each.random for each in made) else (
            "cooperative_groups")
        raise SourceError(
            f'{name}.h has templates, which have "C" linkage, as SourceModule '
            'puts the source into extern "C" { }: pass no_extern_c=True, and write '
            'extern "C" before __global__', None)
    compiler = find()
    if compiler is None:
        raise NoCompiler
    plain = [whole(each, n, extern_c) for n, each in enumerate(made)]
    options = toolchain.FAST if fast else []

    def make(path):
        try:
            full = [diagnostics.converted(compiler, options, text) for text in plain]
        except Unreadable:
            raise NoCompiler from None
        if wrong := toolchain.linked(compiler, options, full, path):
            raise Errors([("kernel.cu", 0, wrong)])

    path = toolchain.kept(compiler, f"{options}{plain}", make)
    program = Program([(each.kernels, each.variables) for each in made],
                      lines, set().union(*(each.constant for each in made)),
                      any(each.prints for each in made),
                      {k: v for each in texts for k, v in in_step(*each).items()},
                      set().union(*(each.shared for each in made)))
    return Library(program, path), os.path.basename(compiler[0])


def whole(made, n, extern_c):
    """The nth text that is compiled: headers, the body, a table of what is in it."""
    headers = ["fibres.h", "arithmetic.h", "words.h",
               *(["complex.h"] if made.complex else []), "cucomplex.h",
               *(["groups.h"] if made.groups else []),
               *(["volatile.h"] if made.volatile else [])]
    table = []
    for name in made.kernels:
        bound = made.bounds.get(name, "0")
        table.append(f"    out = scratch_::Kernel<&{name}>::describe(out, {bound});")
    for name in made.variables:
        stored = f"{name}__" if name in made.constant else name
        table.append(f"    *out++ = (uint64_t)&{stored}; *out++ = sizeof({stored});")
    visible = '#line 1 "table"\nextern "C" __attribute__((visibility("default")))'
    return "\n".join([
        *(f"#include <{name}>" for name in made.headers),
        *(f'#include "{name}"' for name in headers), made.random,
        *(['extern "C" {', made.body, "}"] if extern_c else [made.body]),
        f"{visible} void scratch_describe_{n}(uint64_t *out)", "{", *table,
        "    (void)out;", "}",
        *([] if n else [f"{visible} int scratch_launch(scratch_::Launch *given)",
                        "{", "    return scratch_::run_grid(given);", "}"]), ""])


def in_step(source, defines, include_dirs):
    """{kernel: what needs threads in step}, where the first engine can read it."""
    try:
        parsed = Source(source, defines, include_dirs)
        return {kernel.name: warps.find(parsed, kernel) for kernel in parsed.kernels()}
    except (SourceError, LookupError, StopIteration):
        return {}
