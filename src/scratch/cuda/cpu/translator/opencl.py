"""The parts of a program in OpenCL C: functions, kernels that call them, and tables.

    >>> source = Source('''__global__ void set(float *x, int n) { x[n] = warpSize; }''')
    >>> analyse(source)
    >>> writer = Writer(source)
    >>> [kernel] = source.functions["set"]
    >>> print(untokenize(writer.function(kernel)))
    static void set(struct context_ *context_, float *x, int n) { x[n] = 32; }
    >>> print(writer.kernel(kernel))
    struct set_arguments { float *x; int n; };
    __kernel void launch_set(ulong arguments, ulong variables, ulong failed, \
ulong watch, __local char *dynamic)
    {
        struct set_arguments *given = (struct set_arguments *)arguments;
        struct context_ context = {.dynamic = (ulong)dynamic, .failed = failed};
        set(&context, given->x, given->n);
    }

A launch passes five things: the address of the arguments, laid out as CUDA lays them
out; that of a table of the variables' addresses; that of the numbers in which a kernel
says why it gave up; that of memcheck's records; and memory shared at the launch.
"""

from . import barriers, curand_kernel, operations, vocabulary
from .analysis import analyse, needs_context, reached
from .declarations import Function, Source, member, parameter, untyped
from .respell import Respeller, function_name
from .tokens import after, closing, flat, like, untokenize
from .vocabulary import spelled

# C only warns of a float * where an int * is wanted, which C++ refuses
STRICT = ['#pragma clang diagnostic ignored "-Weverything"',
          *(f'#pragma clang diagnostic error "-W{kind}"' for kind in
            ("incompatible-pointer-types", "int-conversion")),
          '#pragma clang diagnostic ignored '
          '"-Wincompatible-pointer-types-discards-qualifiers"']


class Writer:
    """Writes the parts of an analysed source; watch is what its bodies were seen by."""

    def __init__(self, source, watch=None):
        self.source, self.watch = source, watch
        self.respell = Respeller(source, watched=bool(watch))
        called = {token.text for function in source.all_functions()
                  for token in function.body}
        self.votes = "vote_" in called
        self.lanes = bool(called & operations.CALLED)

    def program(self):
        """The whole text."""
        body = []
        for item in self.source.order:
            body += (self.function(item) if isinstance(item, Function)
                     else self.respell(item))
        kernels = self.source.kernels()
        ends = [*(self.kernel(function) for function in kernels), self.layout(kernels),
                self.values()]           # before the front, which defines what they use
        return "\n".join([
            *STRICT, *dict.fromkeys([*vocabulary.HIDDEN, *vocabulary.BARRIER,
                                       *self.definitions()]),
            self.context(), *self.shadowed(), *([barriers.VOTE] if self.votes else []),
            *([operations.TEXT] if self.lanes else []),
            *([self.watch.text] if self.watch else []),
            f'#line 1 "{self.source.file}"',
            untokenize(body, file=self.source.file), *ends, ""])

    def definitions(self):
        """Lines that define the words of CUDA that were used, types first."""
        used, types = self.respell.used, self.source.types
        listed = [line for name in [*sorted(used & types), *sorted(used - types)]
                  for line in (vocabulary.definition(name) or "").split("\n") if line]
        return dict.fromkeys([*listed, *curand_kernel.lines(used, vocabulary.VECTORS)])

    def shadowed(self):
        """Constants of the file that have the name of some function's variable."""
        for name, value in self.source.constants.items():
            if any(name in function.declared for function
                   in self.source.all_functions()):
                kind = self.respell(value[1:closing(value, 1) + 1])
                kind, value = (untokenize(flat(part), file="").strip()
                               for part in (kind, self.respell(value)))
                yield f"__constant __typeof__{kind} {spelled(name)} = {value};"

    def context(self):
        """The structure through which a kernel hands memory down."""
        slots = ["dynamic", "failed"]
        if self.votes:
            slots.append("votes")
        if self.lanes:
            slots.append("lanes")
        if self.watch:
            slots += ["watch", "shared_begin[9]", "shared_end[9]"]
        slots += [f"{function.name}_shared" for function in self.source.all_functions()
                  if function.shared]
        slots += [f"{name}_variable" for name in self.source.variables]
        counts = ", lanes_turn, active, gone" if self.lanes else ""
        return (f"struct context_ {{ ulong {', '.join(slots)}; uint turn, epoch"
                f"{counts}; }};")

    def function(self, function):
        """A function, and before it the structure of its shared memory, as tokens."""
        overloaded = len({tuple(untyped(part) for part in f.parameters)
                          for f in self.source.functions[function.name]}) > 1
        place = (function.head or [function.place])[0]._replace(space="")
        static = "static __attribute__((overloadable))" if overloaded else "static"
        name = function.place._replace(text=function_name(function.name), space=" ")
        given = [self.respell(part, function) for part in function.parameters]
        if needs_context(self.source, function.name):
            given.insert(0, like(name, "struct context_ *context_"))
        listed = []
        for n, part in enumerate(given):
            listed += [*(after(name, ",") if n else []),
                       part[0]._replace(space=" " * bool(n)), *part[1:]]
        shared = []
        if function.shared and function.body:
            members = [token._replace(line=place.line) for part in function.shared
                       for token in self.respell(part)]
            shared = [*like(place, f"struct {function.name}_shared {{"), *members,
                      *like(place, "};")]
            place = place._replace(space=" ")
        head = [token._replace(space=" ") for token in self.respell(function.head)]
        ending = [] if function.body else after(name, ";")
        return [*shared, *like(place, static), *head, name, *after(name, "("), *listed,
                *after(name, ")"), *self.respell(function.body, function), *ending]

    def kernel(self, function):
        """The OpenCL kernel that fetches the arguments and calls the function."""
        name = function.name
        members = [flat(self.respell(member(part), function))
                   for part in function.parameters]
        members = " ".join(f"{untokenize(part, file='').strip()};" for part in members)
        sharing = [f for f in reached(self.source, function) if f.shared]
        lines = [f"struct {name}_arguments {{ {members} }};",
                 f"__kernel void launch_{name}(ulong arguments, ulong variables, "
                 "ulong failed, ulong watch, __local char *dynamic)", "{",
                 f"    struct {name}_arguments *given = "
                 f"(struct {name}_arguments *)arguments;"]
        lines += [f"    __local struct {f.name}_shared {f.name}_memory;"
                  for f in sharing]
        values = [".dynamic = (ulong)dynamic", ".failed = failed",
                  *(f".{f.name}_shared = (ulong)&{f.name}_memory" for f in sharing),
                  *(f".{variable}_variable = ((ulong *)variables)[{n}]"
                    for n, variable in enumerate(self.source.variables))]
        ends = []
        if self.votes:
            lines.append("    __local uint votes[3];")
            values.append(".votes = (ulong)votes")
            ends = ["    votes[0] = votes[1] = votes[2] = 0;",
                    "    BARRIER_();"]
        if self.lanes:
            lines.append("    __local struct lanes_ lanes[2];")
            values += [".lanes = (ulong)lanes", ".active = 1"]
        if self.watch:
            values.append(".watch = watch")
            ends += extents([f"{f.name}_memory" for f in sharing])
        passed = ", ".join(["&context", *(f"given->{spelled(parameter(part).name)}"
                                          for part in function.parameters)])
        values = ", ".join(values)
        return "\n".join([*lines, f"    struct context_ context = {{{values}}};", *ends,
                          f"    {function_name(name)}({passed});", "}"])

    def layout(self, kernels):
        """A kernel that tells the sizes of things, as only the compiler knows them."""
        sizes = []
        for function in kernels:
            shared = [f"sizeof(struct {f.name}_shared)"
                      for f in reached(self.source, function) if f.shared]
            sizes.append(" + ".join(shared) or "0")
            for part in function.parameters:
                place = (f"((struct {function.name}_arguments *)0)->"
                         f"{spelled(parameter(part).name)}")
                sizes += [f"(ulong)&{place}", f"sizeof({place})"]
        sizes += [f"sizeof(struct {spelled(f'{name}_variable')})"
                  for name in self.source.variables]
        lines = [f"    ((ulong *)sizes)[{n}] = {size};" for n, size in enumerate(sizes)]
        return "\n".join(["__kernel void layout_(ulong sizes)", "{", *lines, "}"])

    def values(self):
        """A kernel that gives variables the values they are declared with."""
        lines = []
        for n, (name, value) in enumerate(self.source.variables.items()):
            if value:
                text = untokenize(flat(self.respell(value)), file="")
                tag = spelled(f"{name}_variable")
                lines.append(f"    {{ struct {tag} value = {{ {text} }}; "
                             f"*(struct {tag} *)((ulong *)variables)[{n}] = value; }}")
        return "\n".join(["__kernel void values_(ulong variables)", "{", *lines, "}"])


def extents(pieces):
    """Lines that say where the pieces of shared memory begin and end, for memcheck."""
    last = len(pieces)
    return [*(f"    context.shared_{end}[{n}] = (ulong)(&{piece} + {step});"
              for n, piece in enumerate(pieces)
              for end, step in [("begin", 0), ("end", 1)]),
            f"    context.shared_begin[{last}] = (ulong)dynamic;",
            f"    context.shared_end[{last}] = (ulong)dynamic + ((ulong *)watch)[0];"]
