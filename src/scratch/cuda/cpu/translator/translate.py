"""CUDA C to OpenCL C, for a processor on which all memory is one memory.

    >>> program = translate('''__global__ void scale(float *x, float a, int n)
    ... {
    ...     int i = blockIdx.x * blockDim.x + threadIdx.x;
    ...     if (i < n) x[i] *= a;
    ... }''')
    >>> print("\\n".join(program.text.splitlines()[:7]))    # doctest: +ELLIPSIS
    struct context_ { ulong dynamic, failed; uint turn, epoch; };
    #line 1 "kernel.cu"
    static void scale(struct context_ *context_, float *x, float a, int n)
    {
        int i = ((unsigned)get_group_id(0)) * ... + ((unsigned)get_local_id(0));
        if (i < n) x[i] *= a;
    }

A GPU has several memories and OpenCL C gives a pointer the kind of memory it points
into; CUDA C does not.  On a CPU they are all the same, so here every pointer is an
ordinary one, and nobody has to find out which kind was meant.  What is left to do:

    f(...)            every function stays a function, its body word for word, but for
                      words that OpenCL C has others for (vocabulary.py)
    __shared__        becomes members of a structure for each function, which the kernel
                      that is launched allocates and hands down in context_
    __constant__,     module variables: memory of the host's, whose addresses it hands
    __device__        over, and context_ hands down
    launch_f          the OpenCL kernel: takes the address of the arguments, laid out as
                      CUDA lays them out, and calls f

C++ beyond C is refused with an Unsupported, which names it and its line; exceptions are
casts, float(x), names of structures as types, overloaded functions and constants as
sizes of arrays.  Lines are kept, so that the compiler's errors point into the source.

Left out, and refused: whatever vocabulary.REFUSED lists, references, default arguments,
recursion, launches from a kernel.  Not noticed: threads of a warp that rely on running
in step, or blocks that wait for one another.
"""

from dataclasses import dataclass

from . import barriers, statements, vocabulary
from .declarations import (Function, Parameter, Source, member, parameter_name,
                           untyped)
from .preprocess import constant
from .tokens import (SourceError, Unsupported, after, closing, flat, like, untokenize,
                     wrapped)


@dataclass
class Program:
    """A program in OpenCL C, and what a launch has to know about it."""

    text: str
    kernels: dict               # name -> [Parameter, ...]
    variables: list             # names of __constant__ and __device__ variables
    initialised: bool           # has some variable a value to begin with?
    prints: bool                # does some kernel call printf?
    bounds: dict                # name -> most threads a block, by __launch_bounds__
    dynamic: set                # names of kernels with memory shared at launch
    source: list                # the lines of the source, for messages


def translate(source, defines=(), include_dirs=(), file="kernel.cu", watch=None):
    """CUDA C, {macro: text}, folders -> Program.  SourceError says what it stumbles on.

    watch, if any, is called with each body, a Statement, and gives the one to translate
    in its place; memcheck.py uses it to let a program tell what it loads and stores.
    """
    return Translator(source, defines, include_dirs, file, watch).program()


class Translator(Source):
    """A source that can be written again, as OpenCL C."""

    def __init__(self, source, defines, include_dirs, file, watch):
        super().__init__(source, defines, include_dirs, file)
        self.watch = watch
        self.used = set()           # words of CUDA that need a definition

    # ---- writing ---------------------------------------------------------------------

    def program(self):
        everything = [f for several in self.functions.values() for f in several]
        waiting = self.waiting()
        for function in everything:
            self.take_body(function, waiting)
        for name in self.functions:
            self.check_recursion(name, [])
        changed = True
        while changed:               # who calls one that needs it needs it, too
            changed = False
            for function in everything:
                if not function.context and any(
                        self.needs_context(name) for name in function.calls):
                    function.context = changed = True
        kernels = [f for f in everything if f.kernel and f.body]
        self.votes = any(t.text == "vote_" for f in everything for t in f.body)
        slots = ["dynamic", "failed", *["votes"] * self.votes,
                 *["watch", "shared_begin[9]", "shared_end[9]"] * bool(self.watch)]
        body = []
        for item in self.order:
            if isinstance(item, Function):
                body += self.write_function(item)
            else:
                body += self.rewrite(item, None)
        ends = [self.write_kernel(function) for function in kernels]
        ends += [self.write_layout(kernels), self.write_values()]
        slots += [f"{f.name}_shared" for f in everything if f.shared]
        slots += [f"{name}_variable" for name in self.variables]
        front = "\n".join([*dict.fromkeys(
            line for name in [*sorted(self.used & self.types),
                              *sorted(self.used - self.types)]
            for line in (vocabulary.definition(name) or "").split("\n") if line)])
        text = "\n".join([
            *([front] if front else []),
            f"struct context_ {{ ulong {', '.join(slots)}; uint turn, epoch; }};",
            *([barriers.VOTE] if self.votes else []),
            *([self.watch.text] if self.watch else []),
            f'#line 1 "{self.file}"',
            untokenize(body, file=self.file), *ends, ""])
        return Program(
            text, {f.name: [self.parameter(p) for p in f.parameters] for f in kernels},
            [*self.variables], any(self.variables.values()),
            any(t.text == "printf" for f in everything for t in f.body),
            {f.name: constant(f.bounds[0], f.place, self.numbers())
             for f in kernels if f.bounds},
            {f.name for f in kernels if self.reaches_dynamic(f, set())}, self.lines)

    def waiting(self):
        """Names of functions that have a barrier, or call one that has."""
        found, before = {barriers.BARRIER}, 0
        while len(found) > before:
            before = len(found)
            found |= {name for name, several in self.functions.items() for f in several
                      if any(token.text in found for token in f.body)}
        return found

    def numbers(self):
        """Constants of the file that are integers, as numbers."""
        known = {}
        for name, tokens in self.constants.items():
            try:
                at = closing(tokens, 1) + 1          # past the cast in ((int)(...))
                known[name] = constant(tokens[at:-1], names=dict(known))
            except SourceError:
                pass
        return known

    def reaches_dynamic(self, function, seen):
        if function.name in seen:
            return False
        seen.add(function.name)
        return function.dynamic or any(
            self.reaches_dynamic(g, seen) for name in function.calls
            for g in self.functions[name])

    def check_recursion(self, name, path):
        if name in path:
            place = self.functions[name][0].place
            raise Unsupported(f"{name} calls itself: recursion cannot run on the CPU "
                              "engine", place)
        if path and not any(function.body for function in self.functions[name]):
            raise SourceError(f"{name}(...) is declared, and called, and not defined",
                              self.functions[name][0].place)
        for function in self.functions[name]:
            for called in function.calls:
                self.check_recursion(called, [*path, name])

    def take_body(self, function, waiting):
        """Votes before barriers, looks at memory if that is watched, and the rest."""
        if not function.body:
            return
        body = statements.parse(function.body, self.types)
        function.declared = {parameter_name(part).text for part in function.parameters}
        function.declared |= statements.declared(body)
        uniform = {*self.constants, *self.functions.keys() & waiting, *vocabulary.SAME,
                   *(name.rstrip("_") for name in vocabulary.CALLS), *self.types}
        if function.kernel:
            uniform |= {parameter_name(part).text for part in function.parameters}
        for statement in body.everything():
            self.as_c(statement)
        body = barriers.arranged(body, uniform, waiting)
        if self.watch:
            body = self.watch(body, self, function)
        self.find_names(function, body)

    def as_c(self, statement):
        """Write a declaration that only C++ has as C has it: int i(3); dim3 size;"""
        if statement.kind == "type" and statement.parts[0][0].text != "typedef":
            kind, tag = statement.parts[0][:2]
            if tag.kind == "name":
                statement.parts.append(
                    after(tag, f" typedef {kind.text} {tag.text} {tag.text};"))
        for part in statement.parts:
            if not isinstance(part, statements.Declaration):
                continue
            texts = {token.text for token in part.type}
            if "static" in texts and not texts & {"const", "constexpr"}:
                raise Unsupported("static: a variable that a function keeps cannot run "
                                  "on the CPU engine; use a __device__ variable of the "
                                  "file", part.type[0])
            part.type = [token for token in part.type if token.text != "static"]
            part.declarators = [self.initialised(*each, dim3="dim3" in texts)
                                for each in part.declarators]

    @staticmethod
    def initialised(name, declarator, equals, value, dim3):
        """i(3) and i{3} as i = ..., and dim3's as calls, as C has no constructors."""
        at = declarator.index(name) + 1
        given = declarator[at:] if value is None else value.tokens
        dim3 = dim3 and declarator[0] == name        # and no pointer to one
        if dim3 and not given:
            given = after(name, "()")
        if not (dim3 or value is None) or not given or given[0].text not in ("(", "{"):
            return name, declarator, equals, value
        if dim3:
            given = [*after(name, " make_dim3("), *given[1:-1], *after(name, ")")]
        return name, declarator[:at], after(name, " ="), statements.Expression(given)

    def find_names(self, function, body):
        """Take __shared__ declarations out of a body; note what it calls and needs."""
        function.names = dict(self.arrays)           # name -> tokens in its place
        constants = {}
        for statement in body.everything():
            if statement.kind == "shared":
                self.take_shared(function, statement.parts[0], constants)
                statement.parts = []
            for part in statement.parts:
                if isinstance(part, statements.Declaration):
                    self.note_constants(part, constants)
        kept = function.body = statements.write(body)
        names = {token.text for n, token in enumerate(kept) if token.kind == "name"
                 and (n == 0 or kept[n - 1].text not in (".", "->"))}
        given = function.declared
        for name in self.variables:
            if name in names and name not in given:
                function.names[name] = like(
                    function.place, f"(((struct {name}_variable *)"
                    f"context_->{name}_variable)->{name})")
        function.calls = {name for name in names if name in self.functions
                          and self.called(kept, name)} - given
        function.dynamic = function.dynamic or bool(names & set(self.arrays))
        function.context = (function.kernel or bool(self.watch)
                            or bool(names & {"assert", "context_", *function.names}))

    @staticmethod
    def called(tokens, name):
        return any(token.text == name and n + 1 < len(tokens)
                   and tokens[n + 1].text == "(" for n, token in enumerate(tokens))

    def take_shared(self, function, tokens, constants):
        if "extern" in [token.text for token in tokens]:
            function.names.update(self.dynamic_arrays(tokens))
            function.dynamic = True
            return
        kept = [t for t in tokens if t.text not in ("__shared__", "static")]
        head, declarators = self.declaration(kept)
        for name, declarator, value in declarators:
            if value:
                raise SourceError(f"{name.text}: shared memory cannot be given a value "
                                  "where it is declared", name)
            declarator = [constants[token.text][0] if token.text in constants else token
                          for token in declarator]
            function.shared.append([*head, *declarator, *after(name, ";")])
            function.names[name.text] = like(
                name, f"(((struct {function.name}_shared *)"
                f"context_->{function.name}_shared)->{name.text})")

    def note_constants(self, declaration, constants):
        """const int N = 16; in a body: where N is the size of an array, write 16."""
        known = {**self.numbers(), **{name: constant(value) for name, value in
                                      constants.items()}}
        for _, declarator, _, _ in declaration.declarators:
            inside = 0
            for n, token in enumerate(declarator):
                inside += (token.text == "[") - (token.text == "]")
                if inside and token.text in constants:
                    declarator[n] = constants[token.text][0]._replace(space=token.space)
        if not {"const", "constexpr"} & {token.text for token in declaration.type}:
            return
        for name, declarator, _, value in declaration.declarators:
            if len(declarator) == 1 and value:
                try:
                    number = constant(value.tokens, names=known)
                except SourceError:          # known only when the kernel runs
                    continue
                constants[name.text] = like(name, str(number))
                known[name.text] = number

    def write_function(self, function):
        overloaded = len({tuple(untyped(part) for part in f.parameters)
                          for f in self.functions[function.name]}) > 1
        place = (function.head or [function.place])[0]._replace(space="")
        static = "static __attribute__((overloadable))" if overloaded else "static"
        name = function.place._replace(text=self.function_name(function.name),
                                       space=" ")
        given = [self.rewrite(part, function) for part in function.parameters]
        if self.needs_context(function.name):
            given.insert(0, like(name, "struct context_ *context_"))
        listed = []
        for n, part in enumerate(given):
            listed += [*(after(name, ",") if n else []),
                       part[0]._replace(space=" " * bool(n)), *part[1:]]
        shared = []
        if function.shared and function.body:
            members = [token._replace(line=place.line) for part in function.shared
                       for token in self.rewrite(part, None)]
            shared = [*like(place, f"struct {function.name}_shared {{"), *members,
                      *like(place, "};")]
            place = place._replace(space=" ")
        head = [token._replace(space=" ")
                for token in self.rewrite(function.head, None)]
        ending = [] if function.body else after(name, ";")
        return [*shared, *like(place, static), *head, name, *after(name, "("), *listed,
                *after(name, ")"), *self.rewrite(function.body, function), *ending]

    def needs_context(self, name):
        """Does a function of that name?  Then all do, declarations and overloads."""
        return any(function.context for function in self.functions[name])

    def function_name(self, name):
        """A function of the program may have a name that is taken."""
        clash = vocabulary.taken(name) or vocabulary.definition(name) is not None
        return f"{name}_user" if clash else name

    def write_kernel(self, function):
        """The OpenCL kernel that fetches the arguments and calls the function."""
        name = function.name
        parameters = [self.parameter(part) for part in function.parameters]
        members = [flat(self.rewrite(member(part), function))
                   for part in function.parameters]
        members = " ".join(f"{untokenize(part, file='').strip()};" for part in members)
        reached = self.reached(function, [])
        lines = [f"struct {name}_arguments {{ {members} }};",
                 f"__kernel void launch_{name}(ulong arguments, ulong variables, "
                 "ulong failed, ulong watch, __local char *dynamic)", "{",
                 f"    struct {name}_arguments *given = "
                 f"(struct {name}_arguments *)arguments;"]
        values = [".dynamic = (ulong)dynamic", ".failed = failed"]
        for other in reached:
            if other.shared:
                lines.append(f"    __local struct {other.name}_shared "
                             f"{other.name}_memory;")
                values.append(f".{other.name}_shared = (ulong)&{other.name}_memory")
        values += [f".{variable}_variable = ((ulong *)variables)[{n}]"
                   for n, variable in enumerate(self.variables)]
        ends = []
        if self.votes:
            lines.append("    __local uint votes[3];")
            ends = ["    votes[0] = votes[1] = votes[2] = 0;",
                    "    barrier(CLK_LOCAL_MEM_FENCE);"]
            values.append(".votes = (ulong)votes")
        if self.watch:
            values.append(".watch = watch")
            pieces = [f"{other.name}_memory" for other in reached if other.shared]
            ends += [f"    context.shared_{end}[{n}] = (ulong)(&{piece} + {step});"
                     for n, piece in enumerate(pieces)
                     for end, step in [("begin", 0), ("end", 1)]]
            ends += [f"    context.shared_begin[{len(pieces)}] = (ulong)dynamic;",
                     f"    context.shared_end[{len(pieces)}] = (ulong)dynamic + "
                     "((ulong *)watch)[0];"]
        passed = ", ".join(["&context", *(f"given->{words_name(p.name)}"
                                          for p in parameters)])
        values = ", ".join(values)
        return "\n".join([*lines, f"    struct context_ context = {{{values}}};", *ends,
                          f"    {self.function_name(name)}({passed});", "}"])

    def reached(self, function, seen):
        """The function, and all that it calls, and that they call."""
        if function not in seen:
            seen.append(function)
            for name in sorted(function.calls):
                for other in self.functions[name]:
                    self.reached(other, seen)
        return seen

    def write_layout(self, kernels):
        """A kernel that tells the sizes of things, as only the compiler knows them."""
        sizes = []
        for function in kernels:
            shared = [f"sizeof(struct {other.name}_shared)"
                      for other in self.reached(function, []) if other.shared]
            sizes.append(" + ".join(shared) or "0")
            for part in function.parameters:
                place = f"((struct {function.name}_arguments *)0)->" + words_name(
                    self.parameter(part).name)
                sizes += [f"(ulong)&{place}", f"sizeof({place})"]
        sizes += [f"sizeof(struct {name}_variable)" for name in self.variables]
        lines = [f"    ((ulong *)sizes)[{n}] = {size};" for n, size in enumerate(sizes)]
        return "\n".join(["__kernel void layout_(ulong sizes)", "{", *lines, "}"])

    def write_values(self):
        """A kernel that gives variables the values they are declared with."""
        lines = []
        for n, (name, value) in enumerate(self.variables.items()):
            if value:
                text = untokenize(flat(self.rewrite(value, None)), file="")
                lines.append(f"    {{ struct {name}_variable value = {{ {text} }}; "
                             f"*(struct {name}_variable *)((ulong *)variables)[{n}] = "
                             "value; }")
        return "\n".join(["__kernel void values_(ulong variables)", "{", *lines, "}"])

    def parameter(self, part):
        name = parameter_name(part)
        kind = [t for t in member(part) if t is not name and t.text != name.text]
        return Parameter(name.text, untokenize(flat(kind), file="").strip())

    # ---- words -----------------------------------------------------------------------

    def rewrite(self, tokens, function):
        """Tokens of CUDA C to tokens of OpenCL C; function is whose body they are."""
        names = function.names if function else {}
        result, at = [], 0

        def put(text, token):
            result.extend(like(token, text))

        while at < len(tokens):
            token = tokens[at]
            text = token.text
            following = tokens[at + 1].text if at + 1 < len(tokens) else ""
            member = at > 0 and tokens[at - 1].text in (".", "->")
            at += 1
            if token.kind == "number":
                number = text.lower()
                while number.endswith(("ll", "llu")):
                    cut = -2 if number.endswith("ll") else -3
                    number = text = text[:cut] + ("l" if cut == -2 else "lu")
                    number = number.lower()
                result.append(token._replace(text=text))
            elif token.kind == "string":
                text = text.replace("%ll", "%l").replace("%z", "%l")
                result.append(token._replace(text=text))
            elif token.kind != "name":
                if text == "&" and at > 1 and tokens[at - 2].text in self.types:
                    raise Unsupported("references cannot run on the CPU engine; use a "
                                      "pointer", token)
                if text == "[" and following == "&" or text == "[" and following == "=":
                    raise Unsupported("functions without a name (lambdas) cannot run "
                                      "on the CPU engine", token)
                result.append(token)
            elif member:
                result.append(token._replace(text=words_name(text)))
            elif text in ("threadIdx", "blockIdx", "blockDim", "gridDim"):
                if following == "." and f"{text}.{tokens[at + 1].text}" in vocabulary.VALUES:
                    put(vocabulary.VALUES[f"{text}.{tokens[at + 1].text}"], token)
                    at += 2
                else:
                    kind = "uint3" if text.endswith("Idx") else "dim3"
                    self.used.add(kind)
                    parts = ", ".join(vocabulary.VALUES[f"{text}.{axis}"] for axis in "xyz")
                    put(f"(({kind}_){{{parts}}})", token)
            elif text in names:
                result.extend(t._replace(line=token.line, file=token.file,
                                         space=t.space if n else token.space)
                              for n, t in enumerate(names[text]))
            elif text in self.constants and text not in (
                    function.declared if function else ()):
                result.extend(t._replace(line=token.line, file=token.file) for t in
                              self.rewrite(self.constants[text], None))
            elif text.endswith("_cast") and following == "<":
                end = next(n for n in range(at, len(tokens)) if tokens[n].text == ">")
                kind = self.rewrite(tokens[at + 1:end], function)
                close = closing(tokens, end + 1)
                value = self.rewrite(tokens[end + 1:close + 1], function)
                result.extend(wrapped([*wrapped(kind), *value]))
                at = close + 1
            elif text == "__syncthreads":
                put(f"(context_->epoch++, {vocabulary.BARRIER})" if self.watch else
                    vocabulary.BARRIER, token)
                at = closing(tokens, at) + 1
            elif text in vocabulary.FENCES:
                put("mem_fence(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)", token)
                at = closing(tokens, at) + 1
            elif text == "long" and following == "long":
                pass                     # long has 64 bits in OpenCL C
            elif text in vocabulary.DROPPED:
                if at < len(tokens) and tokens[at].line == token.line:
                    tokens = [*tokens[:at], tokens[at]._replace(space=token.space),
                              *tokens[at + 1:]]
            elif text == "dim3" and following == "(":
                self.used |= {text, "make_dim3"}
                put("make_dim3", token)
            elif text in vocabulary.VECTORS or text == "dim3":
                self.used.add(text)
                if following == "(":
                    raise Unsupported(f"{text}(...): C++ classes cannot run on the CPU "
                                      f"engine; write make_{text}(...)", token)
                result.append(token._replace(text=f"{text}_"))
            elif text in vocabulary.COMPLEXES:
                self.used.add(text)
                made = following == "(" and self.converts(tokens, at)
                result.append(token._replace(text=f"{text}_" if made else text))
            elif text in vocabulary.ALIASES:
                result.append(token._replace(text=vocabulary.ALIASES[text]))
            elif text in vocabulary.TYPES and following == "(" and self.converts(tokens, at):
                put(f"({text})", token)
            elif text in self.functions and following == "(":
                put(self.function_name(text), token)
                if self.needs_context(text):
                    result += after(token, "(context_" if tokens[at + 1].text == ")"
                                    else "(context_,")
                    at += 1
                    if at < len(tokens) and tokens[at].text != ")":
                        tokens = [*tokens[:at], tokens[at]._replace(space=" "),
                                  *tokens[at + 1:]]
            elif following == "(" and vocabulary.definition(text) is not None:
                self.used |= {text, text.removeprefix("make_")}
                result.append(token._replace(
                    text=text if text in vocabulary.CALLS or text.startswith("make_")
                    else f"{text}_"))
            elif text in vocabulary.VALUES:
                put(vocabulary.VALUES[text], token)
            else:
                result.append(token._replace(text=words_name(text)))
        return result

    def converts(self, tokens, at):
        """Is the ( at tokens[at], after a type, that of a conversion, float(x)?"""
        before = tokens[at - 2].text if at > 1 else ";"
        return tokens[at + 1].text not in ("*", "&") and (
            before in ("(", ",", "=", "return", "[", "?", ":", "<", ">", "{")
            or before[-1:] in "+-*/%=&|^<>!~") and tokens[at + 1].text != ")"


def words_name(text):
    """A name of the program's, out of the way of OpenCL C's words."""
    return f"{text}_" if vocabulary.taken(text) else text
