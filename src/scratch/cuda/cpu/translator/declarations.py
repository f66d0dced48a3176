"""A source of CUDA C taken apart: its functions, variables, types and constants.

    >>> source = Source('''
    ... #define T 4
    ... __constant__ float weights[T];
    ... const int HALF = T / 2;
    ... __device__ float twice(float x) { return 2 * x; }
    ... extern "C" __global__ void k(float *x) { x[0] = twice(weights[HALF]); }
    ... ''')
    >>> [(f.name, f.kernel) for several in source.functions.values() for f in several]
    [('twice', False), ('k', True)]
    >>> list(source.variables), list(source.constants)
    (['weights'], ['HALF'])

Functions without __global__ or __device__ belong to the host and are passed over.  What
a GPU could run and the CPU engine cannot is an Unsupported, with its name and its line.
"""

from collections import Counter
from dataclasses import dataclass, field

from . import curand_kernel, vocabulary
from .assembler import without_assembler
from .cplusplus import groups, heap, lowered
from .cplusplus.world import World
from .preprocess import constant, preprocess
from .tokens import (SourceError, Token, Unsupported, after, chunks, closing, flat,
                     like, postfix_begins, split, untokenize, wrapped)

ALTERNATIVE = {"and": "&&", "or": "||", "not": "!", "not_eq": "!=", "bitand": "&",
               "bitor": "|", "xor": "^", "compl": "~", "and_eq": "&=", "or_eq": "|=",
               "xor_eq": "^="}           # C++'s other names of operators
QUALIFIERS = {"const", "static", "extern", "struct", "union", "enum"}


@dataclass
class Parameter:
    """Of a kernel: its name, and its type as text."""

    name: str
    type: str

    @property
    def pointer(self):
        return "*" in self.type


@dataclass
class Function:
    """A function of the source and what is found out about it."""

    name: str
    kernel: bool
    head: list                  # tokens before the name: void, const float *
    parameters: list            # a list of tokens for each
    body: list                  # tokens from { to }, or [] of a mere declaration
    place: Token
    shared: list = field(default_factory=list)      # declarations, lists of tokens
    bounds: list = field(default_factory=list)      # tokens in __launch_bounds__(...)
    calls: set = field(default_factory=set)
    context: bool = False       # needs context_
    dynamic: bool = False       # declares extern __shared__
    names: dict = field(default_factory=dict)       # name -> tokens in its place
    declared: set = field(default_factory=set)      # its own variables and parameters
    static: bool = False        # known in this file alone, so without a linkage


class Source:
    """The parts of a source, in lists and dictionaries."""

    def __init__(self, source, defines=(), include_dirs=(), file="kernel.cu"):
        self.lines = source.splitlines()
        self.file = file
        self.types = set(vocabulary.TYPES)
        self.constants = {}         # file scope: name -> tokens of its value
        self.functions = {}         # name -> [Function, ...], several if overloaded
        self.constant = set()       # names of those of variables that are __constant__
        self.variables = {}         # name -> (declaration, initialiser), tokens
        self.arrays = {}            # extern __shared__ at file scope: name -> pointer
        self.order = []             # Functions, and lists of tokens, in their order
        tokens = [token._replace(kind="operator", text=ALTERNATIVE[token.text])
                  if token.text in ALTERNATIVE and token.kind == "name" else token
                  for token in preprocess(source, defines, include_dirs, file)]
        tokens = without_assembler(with_attributes(with_complex(tokens)))
        tokens = heap.taken(groups.named(without_linkage(tokens)))
        self.complex = any(token.text in vocabulary.COMPLEXES for token in tokens)
        self.types |= {token.text for token in tokens if token.kind == "attribute"}
        self.template = next((t for t in tokens if t.text == "template"), None)
        self.refuse(tokens, vocabulary.LOWERED)
        tokens = self.tokens = lowered(tokens)
        self.refuse(tokens)
        parts = [*chunks(tokens)]
        self.used = Counter(text for part in parts if not of_host(part)
                            for text in self.free(part))
        for part in parts:
            self.take(part)

    def all_functions(self):
        return [function for several in self.functions.values() for function in several]

    def kernels(self):
        """Functions with __global__ that have a body."""
        return [f for f in self.all_functions() if f.kernel and f.body]

    def world(self):
        """What tells the types of expressions."""
        return World(self.tokens)

    def refuse(self, tokens, allowed=()):
        """Refuse what the CPU engine cannot do, but for words that are allowed."""
        for before, token, following in zip([None, *tokens], tokens,
                                            [*tokens[1:], None]):
            text = following.text if following else ""
            what = token.kind == "name" and vocabulary.refused(token.text, text)
            if what and token.text in curand_kernel.macros():
                raise SourceError(f"{token.text} is declared by curand_kernel.h: "
                                  "#include it", token)
            if token.text in ("<<<", ">>>"):
                what = "launching a kernel from a kernel (dynamic parallelism)"
            elif token.text == "::":
                what = "C++ namespaces"
            used = before and before.text == "using" and token.text == "namespace"
            if what and token.text not in allowed and not (allowed and used):
                raise Unsupported(f"{token.text}: {what} cannot run on the CPU engine",
                                  token)

    def take(self, chunk):
        """One declaration or definition at the top level of the file."""
        chunk, bounds = without_bounds(chunk)
        texts = [token.text for token in chunk]
        if texts == [";"]:
            return
        if texts[0] == "static_assert":  # the compiler knows sizes
            return self.order.append(chunk)
        mark = next((n for n, text in enumerate(texts) if text in "({=[;"), 0)
        if texts[mark] == "(" and texts[0] != "typedef":
            return self.take_function(chunk, mark, bounds)
        if texts[0] in ("typedef", "struct", "union", "enum"):
            return self.take_type(chunk)
        if "__shared__" in texts:
            if "extern" in texts and not sized(texts):
                return self.arrays.update(self.dynamic_arrays(chunk))
            raise Unsupported("__shared__ outside of a function: only extern, of a "
                              "size given at the launch", chunk[0])
        if "__constant__" in texts or "__device__" in texts:
            return self.take_variable(chunk)
        if texts[0] in ("const", "constexpr", "static") and "=" in texts:
            declared = texts[:texts.index("=")]
            names = [t for t in chunk[:len(declared)] if t.kind == "name"]
            if "[" not in declared and "*" not in declared:
                # as nvcc does: a constant number of the host's is usable as a number
                kind = [t for t in names[:-1] if t.text not in
                        ("const", "constexpr", "static")]
                for part in split(chunk[len(names) - 1:-1]):     # int a = 1, b = 2;
                    value = part[2:]
                    own = kind
                    if [t.text for t in kind] == ["auto"]:
                        own = [*like(part[0]._replace(space=""), "__typeof__"),
                               *wrapped([value[0]._replace(space=""), *value[1:]])]
                    if part[1:2] and part[1].text == "=":
                        self.constants[part[0].text] = wrapped(
                            [*wrapped(own), *wrapped(value)])
                return None
        if self.unused(chunk):
            return None
        raise SourceError(f"{texts[0]} ...: a variable of the host, which kernels "
                          "cannot use; __constant__ or __device__ puts it on the "
                          "device", chunk[0])

    def unused(self, chunk):
        """Does no kernel name the variables, nor what a kernel calls?"""
        if texts_of(chunk)[0] == "extern" or len(chunk) < 3:
            return False
        for part in split(chunk[:-1]):
            texts = texts_of(part)
            end = next((n for n, text in enumerate(texts) if text in "[={"), len(part))
            names = [token for token in part[:end] if token.kind == "name"]
            if not names or self.used[names[-1].text] != 1:
                return False
        return True

    def free(self, chunk):
        """The words of a declaration, but for members and variables of a function."""
        texts = texts_of(chunk)
        if texts[0] in ("typedef", "struct", "union"):
            return [text for text, following in zip(texts, [*texts[1:], ""])
                    if following not in (";", ",", "[")]
        mark = next((n for n, text in enumerate(texts) if text in "({=[;"), 0)
        if texts[mark] != "(" or texts[-1] != "}":
            return texts
        end = closing(chunk, mark)
        own = {parameter_name(part).text for part in split(chunk[mark + 1:end])
               if any(token.kind == "name" for token in part)}
        for n in range(end + 1, len(texts) - 1):
            begin = n
            while texts[begin - 1] == "*":
                begin -= 1
            if texts[n + 1] in ("=", ";", "[", ",") and chunk[n].kind == "name" and (
                    texts[begin - 1] in self.types and texts[begin - 2] in "{;}(const"):
                own.add(texts[n])
        return [text for before, text in zip(["", *texts], texts)
                if text not in own and before not in (".", "->")]

    def take_type(self, chunk):
        """struct S {...} names a type S in C++, so say it in C, too."""
        texts = [token.text for token in chunk]
        kind = next((n for n, text in enumerate(texts)
                     if text in ("struct", "union", "enum")), None)
        declared = []
        tag = kind is not None and next(t for t in chunk[kind + 1:]
                                        if t.kind != "attribute")
        if tag and tag.kind == "name":
            self.types.add(tag.text)
            declared = like(tag, f"typedef {texts[kind]} {tag.text} {tag.text};")
            if texts[kind] == "enum":    # C names no enum before it is made
                chunk = chunk[:kind + 1] + chunk[kind + 2:]
                chunk = (chunk if texts[0] == "typedef" else
                         [*like(tag, "typedef"), *chunk[:-1], tag, chunk[-1]])
                declared = []
        if "{" in texts:
            if ":" in texts[kind:texts.index("{")]:
                raise Unsupported("a structure made from another one: C++ classes "
                                  "cannot run on the CPU engine", chunk[0])
            body = chunk[texts.index("{"):]
            inner = [n for n, token in enumerate(body)
                     if token.text == "(" and body[n - 1].kind == "name"
                     and body[n + 1].text != "*" and body[n - 1].text != "sizeof"]
            if texts[kind] != "enum" and inner:
                name = body[inner[0] - 1]
                raise Unsupported(f"{name.text}(): a structure with functions cannot "
                                  "run on the CPU engine", name)
        if texts[0] == "typedef":
            name = [token for token in chunk if token.kind == "name"][-1]
            if ")" in texts and "{" not in texts:      # typedef float (*name)(...)
                name = chunk[texts.index("*") + 1]
            self.types.add(name.text)
        elif texts[-2] != "}" and kind == 0 and "{" in texts and texts[kind] != "enum":
            raise SourceError("a structure and a variable of it in one declaration: a "
                              "variable of the host, which kernels cannot use",
                              chunk[0])
        if declared:
            declared[0] = declared[0]._replace(space="")
            chunk = [chunk[0]._replace(space=" "), *chunk[1:]]
        self.order.append([*declared, *chunk])

    def take_variable(self, chunk):
        """__constant__ float c[3] = {1, 2, 3}; and its like."""
        kept = [token for token in chunk if token.text not in (
            "__constant__", "__device__", "static", "extern", "const", "constexpr")]
        head, declarators = self.declaration(kept)
        for name, declarator, value in declarators:
            if name.text not in self.variables:
                self.variables[name.text] = value
                begin = like(name._replace(space=""), f"struct {name.text}_variable {{")
                kind = [head[0]._replace(space=" "), *head[1:]]
                if value and ["[", "]"] == [t.text for t in declarator[1:3]]:
                    kind = counted(kind, declarator, value)
                    declarator = [name]
                self.order.append([*begin, *kind, *declarator, *after(name, "; };")])
                if "__constant__" in [token.text for token in chunk]:
                    self.constant.add(name.text)

    def take_function(self, chunk, mark, bounds):
        texts = [token.text for token in chunk]
        name, end = chunk[mark - 1], closing(chunk, mark)
        if name.kind != "name" or mark < 2:
            raise SourceError(f"expected a function and found {texts[0]} {texts[1]}",
                              chunk[0])
        if of_host(chunk):
            return
        parameters = [part for part in split(chunk[mark + 1:end])
                      if [token.text for token in part] not in ([], ["void"])]
        for part in parameters:
            for token in part:
                if token.text == "&":
                    raise Unsupported(f"the parameter {part[-1].text} of {name.text}: "
                                      "references cannot run on the CPU engine; pass a "
                                      "pointer", token)
                if token.text == "=":
                    raise Unsupported(f"a parameter of {name.text}: default values "
                                      "cannot run on the CPU engine", token)
        head = [t for t in chunk[:mark - 1] if t.text not in
                {"__global__", "static", "extern", *vocabulary.DROPPED}]
        body = chunk[end + 1:] if chunk[end + 1].text == "{" else []
        function = Function(name.text, "__global__" in texts[:mark], head, parameters,
                            body, name, bounds=bounds, static="static" in texts[:mark])
        self.functions.setdefault(name.text, []).append(function)
        self.order.append(function)

    def declaration(self, tokens):
        """float *a, b[3] = {1}; -> tokens of the type, [(name, declarator, value)]."""
        if tokens[-1].text == ";":
            tokens = tokens[:-1]
        end = 0
        while end < len(tokens) and (
                tokens[end].text in QUALIFIERS | self.types
                or end and tokens[end - 1].text in ("struct", "union", "enum")):
            end += 1
        if end == 0 or end == len(tokens):
            raise SourceError(f"{tokens[0].text} is no type that is known here",
                              tokens[0])
        declarators = []
        for part in split(tokens[end:]):
            equals = next((n for n, t in enumerate(part) if t.text == "="), len(part))
            name = next((t for t in part[:equals] if t.kind == "name"
                         and t.text != "const"), None)
            if name is None:
                raise SourceError("a declaration without a name", tokens[0])
            declarators.append((name, part[:equals], part[equals + 1:]))
        return tokens[:end], declarators

    def dynamic_arrays(self, tokens):
        """extern __shared__ float s[]; -> {"s": ((float *)context_->dynamic)}."""
        kept = [t for t in tokens if t.text not in ("extern", "__shared__")
                and t.kind != "attribute"]
        head, declarators = self.declaration(kept)
        found = {}
        for name, declarator, _ in declarators:
            at = declarator.index(name)
            rest = declarator[at + 1:]
            rest = rest[closing(rest, 0) + 1:] if rest else []    # without the empty []
            star = like(name, "(*)") if rest else like(name, "*")
            kind = [*head, *declarator[:at], *star, *rest]
            found[name.text] = wrapped([*wrapped(kind),
                                        *like(name, "context_->dynamic")])
        return found


def texts_of(tokens):
    return [token.text for token in tokens]


def sized(texts):
    """Is extern __shared__ int x[64], a size and all, an array like any other?"""
    return "[" in texts and texts[texts.index("[") + 1] != "]"


def of_host(chunk):
    """Is it a function of the host, with a body or without?"""
    texts = texts_of(chunk)
    mark = next((n for n, text in enumerate(texts) if text in "({=[;"), 0)
    return texts[mark] == "(" and texts[0] not in ("typedef", "static_assert") and (
        not {"__global__", "__device__"} & {*texts[:mark]})


def integers(source):
    """Constants of the file that are integers, as Python's numbers."""
    known = {}
    for name, tokens in source.constants.items():
        try:
            at = closing(tokens, 1) + 1          # past the cast in ((int)(...))
            known[name] = constant(tokens[at:-1], names=dict(known))
        except SourceError:
            pass                                 # a real number
    return known


def counted(kind, declarator, value):
    """The type of t in char t[] = {1, 2}, for C to count: typeof((char []){1, 2})."""
    name = declarator[0]
    if value[0].text != "{":             # a string
        value = [*after(name, "{"), *value, *after(name, "}")]
    return [*like(kind[0], "__typeof__(("), *kind, *declarator[1:], *after(name, ")"),
            *value, *after(name, ")")]


def without_linkage(tokens):
    """The tokens without extern "C" and the brackets it may have."""
    result, at, ends = [], 0, set()
    while at < len(tokens):
        if at in ends:
            at += 1
        elif tokens[at].text == "extern" and tokens[at + 1:at + 2] and (
                tokens[at + 1].kind == "string"):
            at += 2
            if tokens[at].text == "{":
                ends.add(closing(tokens, at))
                at += 1
        else:
            result.append(tokens[at])
            at += 1
    return result


def with_complex(tokens):
    """pycuda::complex<float>, five or seven tokens, as one; pycuda::polar as polar."""
    result, at = [], 0
    while at < len(tokens):
        named = [t.text for t in tokens[at:at + 2]] == ["pycuda", "::"]
        start = at + 2 if named else at
        texts = [token.text for token in tokens[start:start + 4]]
        if texts[:2] == ["complex", "<"] and texts[3:] == [">"]:
            result.append(tokens[at]._replace(text=f"complex_{texts[2]}"))
            at = start + 4
        elif named:
            at = start
        else:
            result.append(tokens[at])
            at += 1
    if not any(token.text in vocabulary.COMPLEXES for token in result):
        return result
    return with_parts(without_aliases(result))


def without_aliases(tokens):
    """The tokens with complex_float for C, after typedef complex_float C."""
    result, at, aliases = [], 0, {}
    while at < len(tokens):
        token, texts = tokens[at], [t.text for t in tokens[at:at + 4]]
        if texts[:1] == ["typedef"] and texts[3:] == [";"] and (
                texts[1] in vocabulary.COMPLEXES):
            aliases[texts[2]] = texts[1]
            at += 4
            continue
        result.append(token._replace(text=aliases.get(token.text, token.text)))
        at += 1
    return result


PARTS = {"real": "__real__", "imag": "__imag__", "_M_re": "__real__",
         "_M_im": "__imag__"}


def with_parts(tokens):
    """z.real() as (__real__ z), p->imag() as (__imag__ (*p))."""
    result, at = [], 0
    while at < len(tokens):
        token, texts = tokens[at], [t.text for t in tokens[at + 1:at + 4]]
        called = texts[1:] == ["(", ")"]
        if token.text in (".", "->") and texts[0] in PARTS and (
                called or texts[0].startswith("_M")):
            start = postfix_begins(result)
            value = result[start:]
            if token.text == "->":
                value = wrapped([*like(value[0], "*"), *wrapped(value)])
            result[start:] = wrapped([
                *like(value[0], PARTS[texts[0]]),
                value[0]._replace(space=" "), *value[1:]])
            at += 4 if called else 2
        else:
            result.append(token)
            at += 1
    return result


ALIGN = {"__align__", "__builtin_align__", "alignas"}


def with_attributes(tokens):
    """__align__(16), or __attribute__((aligned(16))): one token, in the latter form."""
    result, at = [], 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token.text in ALIGN | {"__attribute__"}:
            end = closing(tokens, at) + 1
            text = untokenize(flat(tokens[at:end]), file="").strip()
            text = f"((aligned{text}))" if token.text in ALIGN else text
            token = token._replace(kind="attribute", text=f"__attribute__{text}")
            at = end
        result.append(token)
    return result


def without_bounds(tokens):
    """The tokens without __launch_bounds__(...), and what stood in it, in parts."""
    result, at, bounds = [], 0, []
    while at < len(tokens):
        if tokens[at].text == "__launch_bounds__":
            end = closing(tokens, at + 1)
            bounds = split(tokens[at + 2:end])
            at = end + 1
        else:
            result.append(tokens[at])
            at += 1
    return result, bounds


def parameter_name(part):
    """The token that names a parameter: float *x, float x[3], float (*x)[3]."""
    names = [n for n, token in enumerate(part) if token.kind == "name"]
    brackets = [n for n, token in enumerate(part) if token.text == "["]
    before = [n for n in names if not brackets or n < brackets[0]]
    return part[before[-1]]


def member(part):
    """A parameter as a member of a structure: x[] is a pointer there."""
    name = parameter_name(part)
    at = part.index(name)
    kept = [t for t in part if t.text not in vocabulary.DROPPED]
    if at + 1 < len(part) and part[at + 1].text == "[":
        rest = part[closing(part, at + 1) + 1:]
        star = [*like(name, "(*"), name, *like(name, ")")] if rest else [
            *like(name, "*"), name]
        kept = [*part[:at], *star, *rest]
    return kept


def untyped(part):
    """The type of a parameter as text, to tell overloaded functions apart."""
    name = parameter_name(part) if len(part) > 1 else None
    return " ".join(token.text for token in part if token is not name)


def parameter(part):
    """The Parameter that the tokens of one declare."""
    name = parameter_name(part)
    kind = [t for t in member(part) if t is not name and t.text != name.text]
    return Parameter(name.text, untokenize(flat(kind), file="").strip())
