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
"cuda_runtime.h", are left out: what they declare is there without them.  <mma.h> and
its kin declare what only a GPU can do, and are an Unsupported.  A few give names that
programs without them may have for their own: these become others, as macros do.

#pragma unroll becomes _Pragma("unroll"), which is a word of the text and stays before
its loop.  PoCL follows it, for better (sums kept in registers) or for worse (threads no
longer run side by side in a vector).

    macros    name -> (parameters, or None for a macro without any; body tokens)

Left out: other pragmas (dropped), #line, the order of # and ## in one expression, wide
characters, macros that end in the middle of a call.
"""

import math
import re
from pathlib import Path

from . import cucomplex, curand_kernel, vocabulary
from .tokens import (SourceError, Token, Unsupported, like, nesting, tokenize,
                     untokenize)

PREDEFINED = {    # as nvcc has them for a device of compute capability 6.0
    "__cplusplus": "201703L", "__CUDACC__": "1", "__NVCC__": "1",
    "__CUDA_ARCH__": "600", "NULL": "0",
    "CUDART_INF_F": "INFINITY", "CUDART_INF": "((double)INFINITY)",
    "CUDART_NAN_F": "NAN", "CUDART_NAN": "((double)NAN)",
    "LLONG_MAX": "LONG_MAX", "LLONG_MIN": "LONG_MIN", "ULLONG_MAX": "ULONG_MAX",
    "SIZE_MAX": "ULONG_MAX",
    **{f"{u}INT{bits}_{end}": f"{u and 'U'}{kind}_{end}" for u in ("", "U")
       for bits, kind in [(8, "CHAR"), (16, "SHRT"), (32, "INT"), (64, "LONG")]
       for end in ("MIN", "MAX") if not (u and end == "MIN")},
    **{name: text for stem, value in {
        "PI": math.pi, "PIO2": math.pi / 2, "PIO4": math.pi / 4, "SQRT_TWO": 2**0.5,
        "SQRT_HALF": 0.5**0.5, "L2E": math.log2(math.e), "LN2": math.log(2),
        "LNT": math.log(10)}.items()
       for name, text in [(f"CUDART_{stem}_F", f"{value:.9g}f"),
                          (f"CUDART_{stem}", f"{value:.17g}")]},
}
HEADERS = re.compile(r"(cuda\w*|device_\w+|vector_\w+|math_\w+|helper_\w+|math|stdio"
                     r"|stdlib|stdint|stdbool|inttypes|float|limits|string|assert"
                     r"|stddef|driver_types|sm_\w+|pycuda-complex|cuComplex|curand\w*|cooperative_groups"
                     r"|c(math|stdio|stdlib|stdint|float|limits|string|assert|stddef))"
                     r"(\.hp*)?")
HOSTS_HEADERS = set("""algorithm any atomic bitset chrono complex condition_variable
    ctime cctype cerrno csignal cstdarg deque exception filesystem fstream functional
    future initializer_list iomanip ios iosfwd iostream istream iterator list locale map
    memory mutex new numeric optional ostream queue random ratio regex set sstream stack
    stdexcept streambuf string string_view system_error thread tuple type_traits
    typeinfo unordered_map unordered_set utility valarray variant vector array limits
    ctype.h errno.h getopt.h omp.h signal.h stdarg.h sys/time.h sys/types.h time.h
    unistd.h""".split())     # kernels can use little of them, and need few
OTHERS = {"sys/param.h": {"MIN(a, b)": "(((a) < (b)) ? (a) : (b))",
                          "MAX(a, b)": "(((a) > (b)) ? (a) : (b))"},
          "thrust/complex.h": {"thrust": "pycuda"}}    # whose numbers are here
REFUSED_HEADERS = {    # files, and folders of files
    "cuda_fp16": "half precision",
    "cuda_fp8": "eight-bit precision",
    "mma": "tensor cores", "curand_mtgp32_kernel": "the Mersenne twister",
    "cuda_bf16": "bfloat16", "cuda_pipeline": "asynchronous copies",
    "pycuda-helpers": "textures", "cub/": "templates", "cuda/": "templates",
}


def preprocess(source, defines=(), include_dirs=(), file="kernel.cu"):
    """source, {name: text} -> tokens without directives and without macros."""
    macros = {}
    for name, text in {**PREDEFINED, **dict(defines)}.items():
        define(macros, tokenize(f"{name} {text}", "-D"))
    source = source.replace("\r\n", "\n")
    return run(tokenize(source, file), macros, list(include_dirs))


def run(tokens, macros, include_dirs):
    """Carry out the directives and expand the text between them."""
    done, pending, states = [], [], []    # a state for each #if that is open

    def flush():
        done.extend(with_pragmas(expanded(pending, macros), macros))
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
        elif name == "pragma":
            done.extend(pragma(rest, macros, token))
        elif name not in ("", "line", "warning"):
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
    path = Path(name)
    what = (REFUSED_HEADERS.get(path.name.partition(".")[0])
            or REFUSED_HEADERS.get(f"{path.parts[0]}/"))
    if what:
        raise Unsupported(f"#include <{name}>: {what} cannot run on the CPU engine",
                          token)
    declared = (curand_kernel.macros() if path.name.startswith("curand_") else
                cucomplex.TYPES if path.name == "cuComplex.h" else
                vocabulary.GROUPS if path.parts[0].startswith("cooperative_groups")
                else OTHERS.get(name, {}))
    if not declared and not HEADERS.fullmatch(path.name) and (
            name not in HOSTS_HEADERS and path.parts[0] != "thrust"):
        raise SourceError(f"#include: {name} is in none of include_dirs", token)
    for name, text in declared.items():
        define(macros, like(token, f"{name} {text}"))
    return []


def with_pragmas(tokens, macros):
    """_Pragma("...") is #pragma ..., but that a macro may have it."""
    result, at = [], 0
    while at < len(tokens):
        token, content = tokens[at], tokens[at + 2:at + 3]
        if token.text == "_Pragma" and content and content[0].kind == "string":
            result += pragma(tokenize(content[0].text[1:-1]), macros, token)
            at += 4
        else:
            result.append(token)
            at += 1
    return result


def pragma(words, macros, place):
    """The words after #pragma -> _Pragma("unroll 4"); nothing, if they are others."""
    if not words or words[0].text not in ("unroll", "nounroll"):
        return []
    try:
        times = constant(expanded(words[1:], macros), place)
    except SourceError:                  # no number, or one that is no macro
        times = 0
    number = f" {times}" if times > 0 else ""
    return like(place, f'_Pragma("{words[0].text}{number}")')


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
        depth += nesting(token.text)
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
