"""CUDA C to OpenCL C, for a processor on which all memory is one memory.

    >>> program = translate('''__global__ void scale(float *x, float a, int n)
    ... {
    ...     int i = blockIdx.x * blockDim.x + threadIdx.x;
    ...     if (i < n) x[i] *= a;
    ... }''')
    >>> print("\\n".join(program.text.splitlines()[8:15]))  # doctest: +ELLIPSIS
    struct context_ { ulong dynamic, failed; uint turn, epoch; };
    #line 1 "kernel.cu"
    static void scale(struct context_ *context_, float *x, float a, int n)
    {
        int i = ((unsigned)get_group_id(0)) * ... + ((unsigned)(get_local_id(0)...
        if (i < n) x[i] *= a;
    }

A GPU has several memories and OpenCL C gives a pointer the kind of memory it points
into; CUDA C does not.  On a CPU they are all the same, so here every pointer is an
ordinary one, and its kind of memory need not be found out.  What is left to do:

    f(...)            every function stays a function, its body word for word, but for
                      words that OpenCL C has others for (vocabulary.py)
    __shared__        becomes members of a structure for each function, which the kernel
                      that is launched allocates and hands down in context_
    __constant__,     module variables: memory of the host's, whose addresses it hands
    __device__        over, and context_ hands down
    launch_f          the OpenCL kernel: takes the address of the arguments, laid out as
                      CUDA lays them out, and calls f

What C++ has and C has not is taken away first (cplusplus/): templates, structures with
functions, operators, default arguments, references.  Casts, float(x), names of
structures as types, overloaded functions and constants as sizes of arrays are seen to
here.  Shuffles and votes are barriers (lanes.py).  Lines are kept, so that the
compiler's errors point into the source.

Left out, and refused with an Unsupported, which names it and its line: whatever
vocabulary.REFUSED lists, classes made from others, lambdas, recursion, launches from a
kernel.  Not noticed: blocks that wait for one another.
"""

from dataclasses import dataclass

from . import curand_kernel, vocabulary, warps
from .analysis import analyse, reached
from .declarations import Source, integers, parameter, parameter_name
from .opencl import Writer
from .preprocess import constant
from .tokens import SourceError


@dataclass
class Program:
    """A program in OpenCL C, and what a launch needs to know about it."""

    text: str
    kernels: dict               # name -> [Parameter, ...]
    variables: list             # names of __constant__ and __device__ variables
    initialised: bool           # has some variable a value to begin with?
    prints: bool                # does some kernel call printf?
    bounds: dict                # name -> most threads a block, by __launch_bounds__
    dynamic: set                # names of kernels with memory shared at launch
    constant: set               # names of variables that are __constant__
    source: list                # the lines of the source, for messages
    relied: dict                # name -> what needs threads in step, see warps.py
    constructs: bool            # has some structure a constructor?


def translate(source, defines=(), include_dirs=(), file="kernel.cu", watch=None,
              extern_c=False):
    """CUDA C, {macro: text}, folders -> Program.  SourceError says what is wrong.

    extern_c says that it stands in extern "C" { }, where names are not overloaded.

    watch, if any, is called with each body, a Statement, and gives the one to translate
    in its place; memcheck.py uses it to let a program record its loads and stores.
    """
    parsed = Source(source, defines, include_dirs, file)
    if extern_c:
        refuse_linkage(parsed)
    kernels = parsed.kernels()
    relied = {} if watch else {f.name: warps.find(parsed, f) for f in kernels}
    analyse(parsed, watch)
    return Program(
        text=Writer(parsed, watch).program(),
        kernels={f.name: [parameter(part) for part in f.parameters] for f in kernels},
        variables=[*parsed.variables], initialised=any(parsed.variables.values()),
        prints=any(token.text == "printf" for function in parsed.all_functions()
                   for token in function.body),
        bounds={f.name: constant(f.bounds[0], f.place, integers(parsed))
                for f in kernels if f.bounds},
        dynamic={f.name for f in kernels if any(g.dynamic for g in reached(parsed, f))},
        constant=parsed.constant, source=parsed.lines, relied=relied,
        constructs=any(name.endswith("__") and name[:-2] in parsed.types
                       for name in parsed.functions))


def refuse_linkage(source):
    """SourceError if two functions have one name, or one is a template."""
    if source.template:
        raise SourceError(
            'this template has "C" linkage, as SourceModule puts the source into '
            'extern "C" { }: pass no_extern_c=True, and write extern "C" before '
            "__global__", source.template)
    declared = {*curand_kernel.LETTERS, *curand_kernel.KINDS, "thread_block_",
                *vocabulary.TILES}
    header = next((t for t in source.tokens if t.text in declared), None)
    if header:
        raise SourceError(
            f'{header.text[:-1]}: its header has templates, which have "C" linkage, as '
            'SourceModule puts the source into extern "C" { }: pass no_extern_c=True, '
            'and write extern "C" before __global__', header)
    held = {}                            # those of structures, f__, are told apart
    for function in source.all_functions():
        own = function.name.endswith("__") or function.parameters and (
            parameter_name(function.parameters[0]).text == "self_")
        if function.body and not own and not function.static:
            name = function.name
            if name.startswith("operator_"):
                name = name.partition("__")[0].replace("_", " ", 1)
            held.setdefault(name, []).append(function)
    for name, bodies in held.items():
        if len(bodies) > 1:
            raise SourceError(
                f'more than one {name} has "C" linkage, as SourceModule puts the '
                'source into extern "C" { }: pass no_extern_c=True, and write '
                'extern "C" before __global__', bodies[1].place)
