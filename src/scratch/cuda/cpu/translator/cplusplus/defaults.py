"""Default arguments: what a call leaves out is written out.

    >>> text = '''__device__ int f(int a, int b = 2, int c = 3) { return a + b + c; }
    ... __device__ int g() { return f(1) + f(f(1, 5), 6); }'''
    >>> print(untokenize(filled(tokenize(text))))
    __device__ int f(int a, int b, int c) { return a + b + c; }
    __device__ int g() { return f(1, 2, 3) + f(f(1, 5, 3), 6, 3); }

Which of several functions of one name is meant is told by the number of arguments; a
call that may mean two of them is refused.
"""

from ..tokens import Unsupported, after, closing, tokenize, untokenize
from .signatures import arguments, calls_in, functions


def filled(tokens):
    """The tokens of a file without default arguments."""
    found = functions(tokens)
    values = {}                  # name -> {(number of parameters): values of the last}
    for function in found:
        given = [value for part in function.parameters for value in [default(part)]]
        several = values.setdefault(function.name, {})
        if any(given) or len(given) not in several:
            several[len(given)] = given
    wanted = {name for name, several in values.items()
              if any(value for given in several.values() for value in given)}
    if not wanted:
        return tokens
    result = list(tokens)
    for function in reversed(found):
        if function.body:
            body = result[function.body:function.end]
            result[function.body:function.end] = in_body(body, wanted, values)
        for part in reversed(function.parameters):
            if function.name in wanted and default(part):
                start = next(n for n in range(function.open, function.close)
                             if result[n] is part[0])
                equals = start + [t.text for t in part].index("=")
                del result[equals:start + len(part)]
    return result


def default(part):
    """The tokens after the = of a parameter."""
    texts = [token.text for token in part]
    return part[texts.index("=") + 1:] if "=" in texts else []


def in_body(body, wanted, values):
    """A body whose calls are complete."""
    body = list(body)
    for at, name, _ in calls_in(body, wanted):
        given = arguments(body, at + 1)
        fitting = [defaults for count, defaults in values[name].items()
                   if count >= len(given) and all(defaults[len(given):])]
        if len(fitting) > 1:
            raise Unsupported(f"{name}(...): several functions of this name take "
                              f"{len(given)} arguments and defaults; give all of them",
                              body[at])
        if fitting and len(fitting[0]) > len(given):
            close = closing(body, at + 1)
            added = []
            for n, value in enumerate(fitting[0][len(given):]):
                value = [t._replace(line=body[close].line, file=body[close].file)
                         for t in value]
                added += [*(after(body[close], ",") if given or n else []),
                          value[0]._replace(space=" " * bool(given or n)), *value[1:]]
            body[close:close] = added
    return body
