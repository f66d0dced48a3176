"""What each function of a source calls, shares and needs, found before it is written.

    >>> source = Source('''
    ... __constant__ float scale;
    ... __device__ float scaled(float x) { return scale * x; }
    ... __global__ void k(float *x)
    ... {
    ...     __shared__ float part[32];
    ...     part[threadIdx.x] = scaled(x[threadIdx.x]);
    ... }''')
    >>> analyse(source)
    >>> [scaled], [k] = source.functions.values()
    >>> k.calls, k.context, scaled.context, len(k.shared)
    ({'scaled'}, True, True, 1)
    >>> print(untokenize(k.names["part"], line=6).strip())
    (((struct k_shared *)context_->k_shared)->part)

analyse() changes the Functions of a Source.  Votes are put before barriers and looks at
memory around loads and stores (barriers.py, accesses.py); declarations that only C++
has are written as C has them; shared memory moves out of the body into .shared, and
.names holds what to write in the place of its names.  What cannot run is refused.

    context    does the function need context_, through which the kernel hands shared
               memory and variables of the file down to what it calls?
"""

from . import arithmetic, barriers, lanes, statements, vocabulary, wraps
from .cplusplus.expressions import Expression, fits
from .cplusplus.signatures import calls_in
from .declarations import Source, integers, parameter_name, sized, texts_of
from .preprocess import constant
from .tokens import (SourceError, Unsupported, after, closing, like, nesting, outer,
                     untokenize, wrapped)
from .vocabulary import spelled


def analyse(source, watch=None):
    """Complete the Functions of a source; watch, if any, rewrites each body."""
    waiting = functions_that_wait(source)
    refuse_recursion(source)
    working = lanes.functions_with(source)
    apart = working and lanes.called_apart(
        source, working, waiting, lambda function, body: alike(
            source, function, body, waiting))
    for function in source.all_functions():
        if function.body:
            take_body(source, function, waiting, working, apart, watch)
    changed = True
    while changed:               # who calls one that needs it needs it, too
        changed = False
        for function in source.all_functions():
            if not function.context and any(
                    needs_context(source, name) for name in function.calls):
                function.context = changed = True


# ---- questions about functions -------------------------------------------------------

def functions_that_wait(source):
    """Names of functions that have a barrier, or call one that has."""
    found, before = {barriers.BARRIER, *barriers.COUNTING}, 0
    while len(found) > before:
        before = len(found)
        found |= {function.name for function in source.all_functions()
                  if any(token.text in found for token in function.body)}
    return found


def needs_context(source, name):
    """Does a function of that name?  Then all do, declarations and overloads."""
    return any(function.context for function in source.functions[name])


def reached(source, function, seen=()):
    """The function, all that it calls, all that those call, and so on, in a list."""
    seen = [*seen, function]
    for name in sorted(function.calls):
        for other in source.functions[name]:
            if other not in seen:
                seen = reached(source, other, seen)
    return seen


def refuse_recursion(source):
    """Refuse functions that call themselves, and calls of what is not defined."""
    world = source.world()
    calls = {id(f): called(source, world, f) for f in source.all_functions() if f.body}
    done = set()

    def visit(function, path):
        if function in path:
            raise Unsupported(f"{function.name} calls itself: recursion cannot run on "
                              "the CPU engine; write a loop, with an array for what "
                              "is left to do", function.place)
        if id(function) in done:
            return
        for other in calls[id(function)]:
            visit(other, [*path, function])
        done.add(id(function))

    for function in source.all_functions():
        if function.body:
            visit(function, [])


def called(source, world, function):
    """The functions that one may call; of several of a name, those of fitting types."""
    body, found = function.body, []
    scope = world.scope(function.parameters, body)
    for _, name, given in calls_in(body, source.functions):
        if name in scope:
            continue                     # a variable of that name
        several = source.functions[name]
        bodies = [f for f in several if f.body]
        if not bodies:
            raise SourceError(f"{name}(...) is declared, and called, and not defined",
                              several[0].place)
        if len(bodies) > 1:
            kinds = [Expression(value, world, scope).all().type for value in given]
            bodies = [f for f in bodies if len(f.parameters) == len(given) and all(
                fits(kind, world.parameter(part))
                for kind, part in zip(kinds, f.parameters))]
            exact = [f for f in bodies if all(
                kind and kind == world.parameter(part)
                for kind, part in zip(kinds, f.parameters))]
            bodies = exact or bodies
        found += [f for f in bodies if f not in found]
    return found


# ---- bodies --------------------------------------------------------------------------

def alike(source, function, body, waiting):
    """Names that are alike in all threads, for barriers.py and lanes.py."""
    uniform = {*source.constants, *source.functions.keys() & waiting, *vocabulary.SAME,
               *(name.rstrip("_") for name in vocabulary.CALLS), *source.types}
    if function.kernel:
        uniform |= {parameter_name(part).text for part in function.parameters}
    return uniform


def take_body(source, function, waiting, working, apart, watch):
    """Votes before barriers, looks at memory if that is watched, and the rest.

    waiting, working and apart are names of functions: with a barrier, with a warp
    operation, and of the latter those that threads come to that take no part.
    """
    body = statements.parse(function.body, source.types)
    uniform = alike(source, function, body, waiting)
    for statement in body.everything():
        write_as_c(statement)
        for expression in statement.expressions():
            expression.tokens = assigned_last(expression.tokens)
    meets = lanes.has(function.body, {*lanes.OPERATIONS, *lanes.BLOCK, *working})
    body = lanes.arranged(body, uniform, working, waiting, function.name in apart,
                          function.kernel)
    parameters = {parameter_name(part).text for part in function.parameters}
    function.declared = parameters | statements.declared(body)
    body = barriers.arranged(body, uniform, waiting, followed=meets)
    body = arithmetic.as_a_gpu(body, source, function)
    barriers.close(body, waiting | working)
    if watch:
        body = watch(body, source)
    find_names(source, function, body, watched=bool(watch))


def assigned_last(tokens):
    """c ? a : s = b as c ? a : (s = b), which C++ takes it for, and C does not."""
    for at in reversed([n for n, token in enumerate(tokens) if token.text == "?"]):
        colon, end = last_part(tokens, at)
        if any(t.text in barriers.ASSIGN for t in outer(tokens[colon + 1:end])):
            tokens = [*tokens[:colon + 1], *wrapped(tokens[colon + 1:end]),
                      *tokens[end:]]
    return tokens


def last_part(tokens, at):
    """Where the : of a ? is, and where what follows it ends."""
    colon = end = len(tokens)
    depth = choices = 0
    for n in range(at + 1, len(tokens)):
        text = tokens[n].text
        depth += nesting(text)
        choices += (text == "?") - (text == ":") if depth == 0 else 0
        if choices < 0 and n < colon:
            colon, choices = n, 0
        elif depth < 0 or choices < 0 or depth == 0 and text == "," and n > colon:
            return colon, n
    return colon, end


def write_as_c(statement):
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
            raise Unsupported("static: a variable that a function keeps cannot run on "
                              "the CPU engine; use a __device__ variable of the file",
                              part.type[0])
        part.type = [token for token in part.type if token.text != "static"]
        number = next(iter(texts & vocabulary.COMPLEXES.keys()), None)
        part.declarators = [
            complex_made(*each, number) if number else
            initialised(*each, dim3="dim3" in texts) for each in part.declarators]


def initialised(name, declarator, equals, value, dim3):
    """i(3) and i{3} as i = ..., and dim3's as calls, as C has no constructors."""
    at = declarator.index(name) + 1
    given = declarator[at:] if value is None else value.tokens
    dim3 = dim3 and declarator[0] == name        # and no pointer to one
    if dim3 and not given:
        given = after(name, "()")
    while value is None and given and given[0].text == "[":      # float a[2]{1, 2}
        end = closing(given, 0) + 1
        at, given = at + end, given[end:]
    if not (dim3 or value is None) or not given or given[0].text not in ("(", "{"):
        return name, declarator, equals, value
    if dim3:
        given = [*after(name, " make_dim3("), *given[1:-1], *after(name, ")")]
    return name, declarator[:at], after(name, " ="), statements.Expression(given)


def complex_made(name, declarator, equals, value, kind):
    """complex z(x, y) as = complex_(x, y), and z alone as = 0, as C++ has it."""
    at = declarator.index(name) + 1
    given = declarator[at:] if value is None else value.tokens
    if value is not None and (equals or given[0].text not in ("(", "{")) or (
            declarator[0] != name):
        return name, declarator, equals, value
    if not given:
        made = after(name, " 0")
    elif given[0].text == "[":
        return name, declarator, after(name, " ="), statements.Expression(
            after(name, " {0}"))
    else:
        made = [*after(name, f" {kind}("), *given[1:-1], *after(name, ")")]
    return name, declarator[:at], after(name, " ="), statements.Expression(made)


def find_names(source, function, body, watched):
    """Take __shared__ declarations out of a body; note what it calls and needs."""
    function.names = {name: tokens for name, tokens in source.arrays.items()
                      if name not in function.declared}    # tokens in its place
    constants = {}
    for statement in body.everything():
        if statement.kind == "shared":
            take_shared(source, function, statement.parts[0], constants)
            statement.parts = []
        for part in statement.parts:
            if isinstance(part, statements.Declaration):
                note_constants(source, part, constants)
    if not watched:
        wraps.hide(body, source.types, looping=not function.kernel)
    kept = function.body = statements.write(body)
    names = {token.text for n, token in enumerate(kept) if token.kind == "name"
             and (n == 0 or kept[n - 1].text not in (".", "->"))}
    given = function.declared
    for name in source.variables:
        if name in names and name not in given:
            const = "const " if name in source.constant else ""
            function.names[name] = like(
                function.place, f"((({const}struct {spelled(f'{name}_variable')} *)"
                f"context_->{name}_variable)->{spelled(name)})")
    called = {token.text for token, following in zip(kept, kept[1:])
              if following.text == "("}
    function.calls = (names & called & source.functions.keys()) - given
    function.dynamic = function.dynamic or bool(names & {*source.arrays} - given)
    function.context = (function.kernel or watched
                        or bool(names & {"assert", "context_", *function.names}))


def take_shared(source, function, tokens, constants):
    """Move one declaration of shared memory out of a body."""
    texts = texts_of(tokens)
    if "extern" in texts and not sized(texts):
        function.names.update(source.dynamic_arrays(tokens))
        function.dynamic = True
        return
    kept = [t for t in tokens if t.text not in ("__shared__", "static", "extern")]
    head, declarators = source.declaration(kept)
    for name, declarator, value in declarators:
        if name.text in function.declared:
            raise Unsupported(f"{name.text}: a variable with the name of an array in "
                              "shared memory, in one function", name)
        if value:
            raise SourceError(f"{name.text}: shared memory cannot be given a value "
                              "where it is declared", name)
        declarator = [constants[token.text][0] if token.text in constants else token
                      for token in declarator]
        function.shared.append([*head, *declarator, *after(name, ";")])
        function.names[name.text] = like(
            name, f"(((struct {function.name}_shared *)"
            f"context_->{function.name}_shared)->{spelled(name.text)})")


def note_constants(source, declaration, constants):
    """const int N = 16; in a body: where N is the size of an array, write 16."""
    for _, declarator, _, _ in declaration.declarators:
        inside = 0
        for n, token in enumerate(declarator):
            inside += (token.text == "[") - (token.text == "]")
            if inside and token.text in constants:
                declarator[n] = constants[token.text][0]._replace(space=token.space)
    if not {"const", "constexpr"} & {token.text for token in declaration.type}:
        return
    known = {**integers(source), **{name: constant(value) for name, value in
                                    constants.items()}}
    for name, declarator, _, value in declaration.declarators:
        if len(declarator) == 1 and value:
            try:
                number = constant(value.tokens, names=known)
            except SourceError:          # known only when the kernel runs
                continue
            constants[name.text] = like(name, str(number))
            known[name.text] = number
