"""The C preprocessor: #include, #define and macros with arguments, #if and its kin.

    >>> source = '''#define TILE 4
    ... #define AT(r, c) tile[(r) * TILE + (c)]
    ... #if TILE > 2
    ... AT(i, 0) = AT(0, i);
    ... #else
    ... nothing
    ... #endif'''
    >>> print(untokenize(preprocess(source), line=4))
    tile[(i) * 4 + (0)] = tile[(0) * 4 + (i)];

Tokens of a macro's body take the line where the macro is used, so that an error points
at the line that the reader wrote.  Headers of CUDA and of C, <math.h> or
"cuda_runtime.h", are left out: what they declare is there without them.

    macros    name -> (parameters, or None for a macro without any; body tokens)

Left out: #pragma (dropped; unrolling is the compiler's to decide), #line, the order of
# and ## in one expression, wide characters, macros that end in the middle of a call.

Chapter: docs/cuda/without-a-gpu.md.  To copy: this file and tokens.py.
"""

import re
from pathlib import Path

try:
    from .tokens import SourceError, Token, tokenize, untokenize
except ImportError:                  # copied out of the package, tokens.py beside it
    from tokens import SourceError, Token, tokenize, untokenize

PREDEFINED = {    # as nvcc has them for a device of compute capability 6.0
    "__CUDACC__": "1", "__NVCC__": "1", "__CUDA_ARCH__": "600", "NULL": "0",
    "CUDART_INF_F": "INFINITY", "CUDART_INF": "((double)INFINITY)",
    "CUDART_NAN_F": "NAN", "CUDART_NAN": "((double)NAN)",
    "CUDART_PI_F": "3.141592654f", "CUDART_PI": "3.1415926535897931",
    "LLONG_MAX": "LONG_MAX", "LLONG_MIN": "LONG_MIN", "ULLONG_MAX": "ULONG_MAX",
}
HEADERS = re.compile(r"(cuda\w*|device_\w+|vector_\w+|math_\w+|helper_\w+|math|stdio"
                     r"|stdlib|stdint|float|limits|string|assert|stddef|driver_types"
                     r"|sm_\w+|pycuda-complex"
                     r"|c(math|stdio|stdlib|stdint|float|limits|string|assert))"
                     r"(\.hp*)?")
REFUSED_HEADERS = {
    "cooperative_groups": "cooperative groups", "cuda_fp16": "half precision",
    "mma": "tensor cores", "curand_kernel": "cuRAND's device functions",
    "cuda_bf16": "bfloat16", "pycuda-helpers": "textures",
}


def preprocess(source, defines=(), include_dirs=(), file="kernel.cu"):
    """source, {name: text} -> tokens without directives and without macros."""
    macros = {}
    for name, text in {**PREDEFINED, **dict(defines)}.items():
        define(macros, tokenize(f"{name} {text}", "-D"))
    return run(tokenize(source, file), macros, list(include_dirs))


def run(tokens, macros, include_dirs):
    """Carry out the directives and expand the text between them."""
    done, pending, states = [], [], []    # a state for each #if that is open

    def flush():
        done.extend(expanded(pending, macros))
        pending.clear()

    for token in tokens:
        active = all(state == "here" for state in states)
        if token.kind != "directive":
            if active:
                pending.append(token)
            continue
        flush()
        text = re.sub(r"\\\n", " ", token.text[1:])
        words = [word._replace(line=token.line, file=token.file)
                 for word in tokenize(text, token.file)]
        name, rest = (words[0].text, words[1:]) if words else ("", [])
        if name in ("if", "ifdef", "ifndef"):
            wanted = active and condition(name, rest, macros, token)
            states.append("here" if wanted else "seek" if active else "done")
        elif name in ("elif", "else", "endif"):
            if not states:
                raise SourceError(f"#{name} without an #if", token)
            state = states.pop()
            outer = all(state == "here" for state in states)
            if name == "endif":
                continue
            if state == "seek" and outer and (
                    name == "else" or condition("if", rest, macros, token)):
                states.append("here")
            else:
                states.append("done" if state == "here" else state)
        elif not active:
            continue
        elif name == "define":
            define(macros, rest, token)
        elif name == "undef" and rest:
            macros.pop(rest[0].text, None)
        elif name == "include":
            done.extend(include(text, token, macros, include_dirs))
        elif name == "error":
            raise SourceError(f"#error {text.split('error', 1)[1].strip()}", token)
        elif name not in ("pragma", "", "line", "warning"):
            raise SourceError(f"#{name} is no directive", token)
    if states:
        raise SourceError("an #if has no #endif", tokens[-1])
    flush()
    return done


def define(macros, words, place=None):
    """NAME body, or NAME(a, b) body; no space before that parenthesis."""
    if not words or words[0].kind != "name":
        raise SourceError("#define defines a name", place)
    name, parameters, body = words[0].text, None, words[1:]
    if body and body[0].text == "(" and not body[0].space:
        end = next((n for n, word in enumerate(body) if word.text == ")"), None)
        if end is None:
            raise SourceError(f"the parameters of {name} have no )", place)
        parameters = [word.text for word in body[1:end] if word.text != ","]
        body = body[end + 1:]
    macros[name] = (parameters, body)


def include(text, token, macros, include_dirs):
    """The tokens of a file in include_dirs; none, of a header that is known."""
    match = re.match(r'\s*include\s*[<"]([^>"]+)[>"]', text)
    if not match:
        raise SourceError("#include names a file, in <> or quotes", token)
    name = match[1]
    for folder in include_dirs:
        path = Path(folder) / name
        if path.is_file():
            return run(tokenize(path.read_text(encoding="utf-8"), name), macros,
                       [path.parent, *include_dirs])
    stem = Path(name).name.rsplit(".", 1)[0]
    if stem in REFUSED_HEADERS:
        raise SourceError(f"#include <{name}>: {REFUSED_HEADERS[stem]} cannot run "
                          "on the CPU engine", token)
    if not HEADERS.fullmatch(Path(name).name):
        raise SourceError(f"#include: {name} is in none of include_dirs", token)
    return []


def expanded(tokens, macros):
    """The tokens without macros."""
    return [token._replace(kind="name") if token.kind == "final" else token
            for token in expand(tokens, macros)]


def expand(tokens, macros, hidden=frozenset()):
    """Replace macros by their bodies, again and again; no macro within itself.

    A name that was met within its own macro is final: it stays, wherever it gets to.
    """
    result, at = [], 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.kind != "name" or token.text not in macros:
            result.append(token)
            continue
        if token.text in hidden:
            result.append(token._replace(kind="final"))
            continue
        parameters, body = macros[token.text]
        if parameters is not None:
            if at == len(tokens) or tokens[at].text != "(":
                result.append(token)     # a macro with parameters, not called
                continue
            arguments, at = call_arguments(tokens, at)
            body = substitute(token, parameters, arguments, body, macros, hidden)
        body = [word._replace(line=token.line, file=token.file) for word in body]
        if body:
            body[0] = body[0]._replace(space=token.space)
        result.extend(expand(body, macros, hidden | {token.text}))
    return result


def call_arguments(tokens, at):
    """From the ( at tokens[at]: the arguments, lists of tokens, and where they end."""
    arguments, depth = [[]], 0
    for n in range(at, len(tokens)):
        token = tokens[n]
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0:
            return arguments, n + 1
        if depth == 1 and token.text == ",":
            arguments.append([])
        elif n > at:
            arguments[-1].append(token)
    raise SourceError("a ( has no )", tokens[at])


def substitute(token, parameters, arguments, body, macros, hidden):
    """The body with arguments in the place of parameters, # and ## carried out."""
    if parameters and parameters[-1] == "...":
        fixed = len(parameters) - 1
        rest = []
        for n, argument in enumerate(arguments[fixed:]):
            comma = [Token("operator", ",", token.line)] if n else []
            rest += comma + argument
        arguments = arguments[:fixed] + [rest]
        parameters = parameters[:-1] + ["__VA_ARGS__"]
    if not parameters and arguments == [[]]:
        arguments = []
    if len(arguments) != len(parameters):
        raise SourceError(f"{token.text} has {len(parameters)} parameters and was "
                          f"given {len(arguments)} arguments", token)
    given = dict(zip(parameters, arguments))
    result, n = [], 0
    while n < len(body):
        word = body[n]
        following = body[n + 1].text if n + 1 < len(body) else ""
        if word.text == "#" and following in given:
            text = "".join(" " * bool(k and t.space) + t.text
                           for k, t in enumerate(given[following]))
            text = text.replace("\\", "\\\\").replace('"', '\\"')
            result.append(Token("string", f'"{text}"', token.line, word.space))
            n += 2
        elif word.text == "##" and result and following:
            right = given.get(following, [body[n + 1]])
            if right:
                pasted = tokenize(result.pop().text + right[0].text)
                result += [*pasted, *right[1:]]
            n += 2
        elif word.text in given and following == "##":
            if given[word.text]:
                result += given[word.text]
                n += 1
            else:                        # nothing ## x is x
                result += given.get(body[n + 2].text, body[n + 2:n + 3])
                n += 3
        elif word.text in given:
            argument = expand(given[word.text], macros, hidden)
            if argument:
                argument[0] = argument[0]._replace(space=word.space)
            result += argument
            n += 1
        else:
            result.append(word)
            n += 1
    return result


def condition(name, words, macros, place):
    """Does #if, #ifdef or #ifndef let its lines through?"""
    if name != "if":
        if not words:
            raise SourceError(f"#{name} asks for a name", place)
        return (words[0].text in macros) == (name == "ifdef")
    asked, n = [], 0
    while n < len(words):
        if words[n].text == "defined":
            bracket = words[n + 1:n + 2] and words[n + 1].text == "("
            name = words[n + 2 if bracket else n + 1]
            known = str(int(name.text in macros))
            asked.append(Token("number", known, place.line, " "))
            n += 4 if bracket else 2
        else:
            asked.append(words[n])
            n += 1
    return bool(constant(expanded(asked, macros), place, {}))


LEVELS = [["||"], ["&&"], ["|"], ["^"], ["&"], ["==", "!="], ["<", ">", "<=", ">="],
          ["<<", ">>"], ["+", "-"], ["*", "/", "%"]]
APPLY = {
    "||": lambda a, b: int(bool(a or b)), "&&": lambda a, b: int(bool(a and b)),
    "|": int.__or__, "^": int.__xor__, "&": int.__and__, "==": lambda a, b: int(a == b),
    "!=": lambda a, b: int(a != b), "<": lambda a, b: int(a < b),
    ">": lambda a, b: int(a > b), "<=": lambda a, b: int(a <= b),
    ">=": lambda a, b: int(a >= b), "<<": int.__lshift__, ">>": int.__rshift__,
    "+": int.__add__, "-": int.__sub__, "*": int.__mul__,
    "/": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
    "%": lambda a, b: abs(a) % abs(b) * (1 if a >= 0 else -1),
}


def constant(tokens, place=None, names=None):
    """The value of a constant expression of integers; names has what names stand for.

    In an #if (names is {}) a name that is no macro is 0, as C says.
    """
    rest = [*reversed(tokens)]

    def fail():
        text = " ".join(token.text for token in tokens)
        raise SourceError(f"not a constant expression of integers: {text}", place)

    def operand():
        if not rest:
            fail()
        token = rest.pop()
        if token.text in ("-", "+", "!", "~"):
            value = operand()
            return {"-": -value, "+": value, "!": int(not value),
                    "~": ~value}[token.text]
        if token.text == "(":
            value = ternary()
            if not rest or rest.pop().text != ")":
                fail()
            return value
        if token.kind == "number":
            digits = token.text.lower().rstrip("ul")
            octal = len(digits) > 1 and digits.isdigit() and digits[0] == "0"
            try:
                return int(digits, 8 if octal else 0)
            except ValueError:
                fail()
        if token.kind == "character":
            return ord(token.text[1:-1].encode().decode("unicode_escape"))
        if token.kind == "name" and names == {}:
            return 1 if token.text == "true" else 0
        if token.kind == "name" and names and token.text in names:
            return names[token.text]
        fail()

    def binary(level):
        if level == len(LEVELS):
            return operand()
        value = binary(level + 1)
        while rest and rest[-1].text in LEVELS[level]:
            operator = rest.pop().text
            right = binary(level + 1)
            if operator in "/%" and right == 0:
                fail()
            value = APPLY[operator](value, right)
        return value

    def ternary():
        value = binary(0)
        if rest and rest[-1].text == "?":
            rest.pop()
            yes = ternary()
            if not rest or rest.pop().text != ":":
                fail()
            no = ternary()
            return yes if value else no
        return value

    value = ternary()
    if rest:
        fail()
    return value
