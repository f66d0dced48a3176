"""The words of CUDA C as OpenCL C spells them, token by token.

    >>> respell = Respeller(Source("__device__ float twice(float x) { return 2 * x; }"))
    >>> line = tokenize("const uint32_t half = blockIdx.x + int(sqrtf(twice(2.5f)));")
    >>> print(untokenize(respell(line)))
    const uint half_ = ((unsigned)get_group_id(0)) + (int)(sqrtf(twice(2.5f)));
    >>> respell.used                     # words that need a definition in OpenCL C
    {'sqrtf'}

Names of the program's own come first: what __shared__ memory and variables are reached
through (Function.names), and constants of the file.  Then CUDA's words, by vocabulary.
A name that only OpenCL C has a meaning for gets an underscore.
"""

import re

from . import complexes, cucomplex, curand_kernel, vocabulary
from .analysis import needs_context
from .declarations import Source, integers
from .preprocess import constant
from .tokens import (Reader, SourceError, Unsupported, after, closing, like, split,
                     tokenize, untokenize, wrapped)
from .vocabulary import spelled

INDICES = {"threadIdx": "uint3", "blockIdx": "uint3", "blockDim": "dim3",
           "gridDim": "dim3"}            # each with the type that it has as a whole
BEFORE_CONVERSIONS = {"(", ",", "=", "return", "[", "?", ":", "<", ">", "{"}


class Respeller:
    """Call it with tokens of a source, and the Function whose body they are, if any."""

    def __init__(self, source, watched=False):
        self.source, self.watched = source, watched
        self.used = set()                # words of CUDA that need a definition

    def __call__(self, tokens, function=None):
        reader, result = Reader(tokens), []
        while reader.at < len(reader.tokens):
            token = reader.take()
            if token.kind == "name":
                result += self.name(token, reader, function)
            elif token.kind == "number":
                result.append(token._replace(text=number(token.text)))
            else:
                self.refuse(token, reader, inside=function)
                result.append(token)
        return result

    def refuse(self, token, reader, inside):
        """References and lambdas, which operators give away."""
        if token.text == "&" and reader.text(-2) in self.source.types:
            raise Unsupported("references cannot run on the CPU engine; use a pointer",
                              token)
        before = reader.text(-2)
        made = inside and before in self.source.types | {"return", "("}
        if token.text == "{" and made and (
                reader.text(-3) not in ("struct", "union", "enum")):
            raise Unsupported(f"{before} {{...}}: a value made of a list in "
                              "braces cannot run on the CPU engine; name a variable of "
                              "it", token)
        if token.text == "[" and (reader.text() in ("&", "=") or reader.text() == "]"
                                  and
                                  reader.text(-2) in ("=", "(", ",", "return")):
            raise Unsupported("functions without a name (lambdas) cannot run on the "
                              "CPU engine", token)

    def name(self, token, reader, function):
        """The tokens in the place of a name; the first rule that knows it decides."""
        if reader.text(-2) in (".", "->"):               # a member
            return [token._replace(text=spelled(token.text))]
        for rule in (self.index, self.own, self.cast, self.barrier, self.dropped,
                     self.type, self.call):
            written = rule(token, reader, function)
            if written is not None:
                return written
        if token.text in vocabulary.VALUES:
            return like(token, vocabulary.VALUES[token.text])
        return [token._replace(text=spelled(token.text))]

    # ---- rules: tokens, or None for what is another rule's

    def index(self, token, reader, function):
        """threadIdx.x is a number, threadIdx a structure."""
        if token.text not in INDICES:
            return None
        axis = f"{token.text}.{reader.text(1)}"
        if reader.text() == "." and axis in vocabulary.VALUES:
            reader.at += 2
            return like(token, vocabulary.VALUES[axis])
        kind = INDICES[token.text]
        self.used.add(kind)
        parts = ", ".join(vocabulary.VALUES[f"{token.text}.{axis}"] for axis in "xyz")
        return like(token, f"(({kind}_){{{parts}}})")

    def own(self, token, reader, function):
        """Shared memory, a variable or a constant of the file, by its name."""
        names = function.names if function else {}
        if token.text in names:
            self.used |= {t.text for t in names[token.text]} & vocabulary.VECTORS.keys()
            return [t._replace(line=token.line, file=token.file,
                               text=t.text + "_" * (t.text in vocabulary.VECTORS),
                               space=t.space if n else token.space)
                    for n, t in enumerate(names[token.text])]
        hidden = function.declared if function else ()
        if not function and reader.text(-2) in self.source.types | {"*", ","} and (
                reader.text() in (";", ",", "[")):
            return None                  # the name of a member
        if token.text in self.source.constants and token.text not in hidden:
            return [t._replace(line=token.line, file=token.file)
                    for t in self(self.source.constants[token.text])]
        return None

    def cast(self, token, reader, function):
        """static_cast<float>(x) as ((float)(x))."""
        if not token.text.endswith("_cast") or reader.text() != "<":
            return None
        at, tokens = reader.at, reader.tokens
        end = next(n for n in range(at, len(tokens)) if tokens[n].text == ">")
        close = closing(tokens, end + 1)
        reader.at = close + 1
        kind = self(tokens[at + 1:end], function)
        value = self(tokens[end + 1:close + 1], function)
        return wrapped([*wrapped(kind), *value])

    def barrier(self, token, reader, function):
        """__syncthreads() and __threadfence()."""
        if token.text == "__syncthreads":
            text = "BARRIER_()"
            if self.watched:
                text = f"(context_->epoch++, {text})"
        elif token.text in vocabulary.FENCES:
            text = "mem_fence(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)"
        else:
            return None
        reader.at = closing(reader.tokens, reader.at) + 1
        return like(token, text)

    def dropped(self, token, reader, function):
        """Words without a meaning on a CPU, and the first long of long long."""
        if token.text == "long" and reader.text() == "long":
            return []                    # long has 64 bits in OpenCL C
        if token.text not in vocabulary.DROPPED:
            return None
        if reader.at < len(reader.tokens) and (
                reader.tokens[reader.at].line == token.line):
            reader.respace(token.space)
        return []

    def type(self, token, reader, function):
        """Names of types, as such and as conversions: float(x), dim3(x, y)."""
        text, called = token.text, reader.text() == "("
        if text == "dim3" and called:
            self.used |= {"dim3", "make_dim3"}
            return like(token, "make_dim3")
        if text in vocabulary.VECTORS or text == "dim3":
            self.used.add(text)
            if called:
                raise Unsupported(f"{text}(...): C++ classes cannot run on the CPU "
                                  f"engine; write make_{text}(...)", token)
            return [token._replace(text=f"{text}_")]
        if text in vocabulary.COMPLEXES:
            self.used.add(text)
            return self.constructed(token, reader, function) if called else [token]
        if text in vocabulary.TILES or text == "thread_block_":
            return like(token, "int")
        if text in curand_kernel.LETTERS:
            self.used.add(text)
            return [token]
        if text in vocabulary.ALIASES:
            return [token._replace(text=vocabulary.ALIASES[text])]
        if text in vocabulary.TYPES and called and converts(reader):
            return like(token, f"({text})")
        return None

    def constructed(self, token, reader, function):
        """complex_float(x, y), with none, one or two of them."""
        close = closing(reader.tokens, reader.at)
        given = reader.tokens[reader.at + 1:close]
        reader.at = close + 1
        value = self(given, function)
        if len(split(given)) == 2:
            return [*like(token, f"{token.text}_("), *value, *after(token, ")")]
        return wrapped([*wrapped([token]), *wrapped(value or like(token, "0"))])

    def call(self, token, reader, function):
        """A call of a function of the program, or of CUDA's."""
        text = token.text
        if reader.text() != "(":
            return None
        if text == "printf":
            return self.printf(token, reader, function)
        if text in self.source.functions:
            written = like(token, function_name(text))
            if needs_context(self.source, text):
                comma = "" if reader.text(1) == ")" else ","
                written += after(token, f"(context_{comma}")
                reader.take()
                if reader.text() not in ("", ")"):
                    reader.respace(" ")
            return written
        if self.source.complex and text in complexes.NAMES:
            self.used |= {f"complex {text}", *({text} - complexes.ONLY)}
            return [token._replace(text=f"{text}_")]
        if text in curand_kernel.KINDS:
            self.used.add(text)
            return [token]
        if vocabulary.definition(text) is not None:
            self.used |= {text, text.removeprefix("make_")}
            if text in cucomplex.NAMES:
                self.used |= {"float2", "double2"}
            same = text in {*vocabulary.CALLS, *cucomplex.NAMES} or (
                text.startswith("make_"))
            return [token._replace(text=text if same else f"{text}_")]
        return None


    def printf(self, token, reader, function):
        """printf(text, ...) with the text as OpenCL C wants it."""
        close = closing(reader.tokens, reader.at)
        text, *given = split(reader.tokens[reader.at + 1:close])
        if not text or any(part.kind != "string" for part in text):
            return None
        reader.at = close + 1
        whole = '"' + "".join(part.text[1:-1] for part in text) + '"'
        kept, given = [], iter(given)

        def spelled_out(match):
            """A conversion; a width or precision that is a * is an argument."""
            flags, width, precision, length, letter = match.groups(default="")
            if letter == "%":
                return match[0]
            sizes = []
            for size in (width, precision):
                if size.endswith("*"):
                    size = size[:-1] + str(printed_size(next(given, []), token,
                                                        self.source))
                sizes.append(size)
            kept.append(next(given, []))
            length = "l" if letter in "feEgGFaA" else LENGTHS.get(length, length)
            return f"%{flags}{''.join(sizes)}{length}{letter}"

        whole = CONVERSION.sub(spelled_out, whole)
        kept += given
        written = [token, *after(token, f"({whole}")]
        for part in kept:
            written += [*after(token, ","), *self(part, function)] if part else []
        return [*written, *after(token, ")")]


# of printf: flags, width, precision, length and letter
CONVERSION = re.compile(r"%([-+ #0]*)(\d+|\*)?(\.(?:\d+|\*)?)?(hh|h|ll|l|z|j|t|L)?"
                        r"([a-zA-Z%])")
LENGTHS = {"ll": "l", "z": "l", "j": "l", "t": "l"}    # long has 64 bits in OpenCL C


def printed_size(tokens, place, source):
    """The value of an argument of printf that is a width or a precision."""
    try:
        return constant(tokens, place, {"": 0, **integers(source)})
    except SourceError:
        raise Unsupported("printf with a width or a precision (*) that is not a "
                          "constant cannot run on the CPU engine", place) from None


def number(text):
    """A number without long long: 1ULL as 1UL.

    >>> number("1ULL"), number("2ll"), number("0x7fL")
    ('1Ul', '2l', '0x7fL')
    """
    return re.sub("ll(u?)$", lambda match: f"l{match[1].lower()}",
                  text.replace("'", ""),
                  flags=re.IGNORECASE)


def converts(reader):
    """Is the ( that follows, after a type, that of a conversion, float(x)?"""
    before, first = reader.text(-2) or ";", reader.text(1)
    return first not in ("*", "&", ")") and (
        before in BEFORE_CONVERSIONS or before[-1] in "+-*/%=&|^<>!~")


def function_name(name):
    """The name of a function of the program, which may be that of one of OpenCL C."""
    clash = vocabulary.taken(name) or vocabulary.definition(name) is not None
    return f"{name}_user" if clash else name
