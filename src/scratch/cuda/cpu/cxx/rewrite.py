"""CUDA C++ to C++: the few words that a compiler of C++ does not know, and no others.

    >>> made = rewrite('''extern "C" __global__ void k(int *x, float a, int n)
    ... {
    ...     __shared__ int held[4];
    ...     held[threadIdx.x] = (int)a << n;
    ... }''')
    >>> print(made.body)
    #line 1 "kernel.cu"
    extern "C" void k(int *x, float a, int n)
    {
        static int held[4];
        held[threadIdx.x] = scratch_::To<int>{} ->* a << scratch_::by << n;
    }
    >>> made.kernels
    {'k': [Parameter(name='x', type='int *'), Parameter(name='a', type='float'), \
Parameter(name='n', type='int')]}

    __shared__            a static variable: one block runs at a time
    (int)a, a << n        as a GPU has them: see include/arithmetic.h
    __device__ and kin    left out; with them functions that have none, which are the
                          host's
    k<<<1, n>>>(x)        scratch_::launched("k", k, scratch_::shape(1, n))(x), only
                          in texts that are linked, as CUDA demands

Everything else that CUDA has is declared by the headers in include/.  Lines are kept.

    static functions      of one name, in extern "C++" { }: extern "C" takes only one
    volatile              of a number in shared memory: watched, see include/volatile.h

Left out, and refused with an Unsupported: vocabulary.REFUSED but for ALLOWED.
"""

import itertools
import re
from dataclasses import dataclass

from ..translator import curand_kernel, vocabulary
from ..translator.arithmetic import AFTER_SHIFT
from ..translator.assembler import without_assembler
from ..translator.declarations import Parameter, parameter, sized
from ..translator.preprocess import preprocess
from ..translator.tokens import (SourceError, Unsupported, after, closing, flat, like,
                                 nesting, outer, split, tokenize, untokenize)

ALLOWED = {"templates", "C++ classes", "C++ namespaces and aliases",
           "operators defined by the program", "memory allocated inside a kernel",
           "searches of a warp for one value", "managed variables", "goto", "traps",
           "clocks inside a kernel", "Bessel functions, inverses of erf and their kin",
           *(what for _, what in vocabulary.REFUSED if "without a mask" in what)
           }                             # of vocabulary.REFUSED, what C++ can do
KEPT = re.compile(r"__byte_perm|__funnelshift_[lr]|__nanosleep|clock|time")
RUNTIME = re.compile(r"cudaStream(_t|TailLaunch|FireAndForget|CreateWithFlags|Destroy"
                     r"|Default|NonBlocking)|cuda(Get|PeekAt)LastError")   # of launches
DROPPED = {"__global__", "__device__", "__host__", "__constant__", "__managed__",
           "__grid_constant__", "__noinline__"}
OURS = {"__global__", "__device__"}
STORED = {"__device__", "__constant__", "__managed__"}
ATTRIBUTES = {"__launch_bounds__", "__align__", "__attribute__", "alignas",
              "__builtin_align__", "_Pragma"}
WHOLE = {"char", "short", "int", "long", "signed", "unsigned", "size_t", "ptrdiff_t",
         "intptr_t", "uintptr_t", "ushort", "uint", "ulong", *vocabulary.ALIASES}
OPERAND = {"(", "-", "+", "~", "!", "*", "&", "++", "--"}     # what a cast may precede
BEFORE = {"return", "=", "(", ",", "?", ":", "[", "{", "&&", "||", "==", "!=", "<=",
          ">=", "+=", "-=", "*=", "/=", "<<", ">>", *"+-*/%<>!~&|^"}    # then a value
ENDS = {";", "{", "=", "("}
TYPES = {"struct", "class", "union", "enum"}
NO_VARIABLE = {"const", "constexpr", "typedef", "using", "template", "extern", "::",
               "__shared__", "__global__", "namespace", "operator", "friend"}


@dataclass
class Rewritten:
    """A text of C++ and what a launch needs to know of it."""

    body: str
    kernels: dict               # name -> [Parameter, ...]
    bounds: dict                # name -> the text of its __launch_bounds__
    variables: list             # names of __constant__ and __device__ variables
    constant: set               # those of them that are __constant__
    headers: list               # what the text includes of C++'s own
    complex: bool               # does it have pycuda::complex?
    prints: bool
    shared: set                 # names of variables that are __shared__
    random: str                 # what the text needs of curand_kernel.h
    groups: bool                # does it have cooperative groups?
    volatile: bool              # are there volatile numbers in shared memory?


def rewrite(source, defines=(), include_dirs=(), file="kernel.cu", std=None,
            launches=False):
    """CUDA C++, {macro: text}, folders -> Rewritten; std has C++'s own headers.

    launches: the text is linked, and its kernels may launch kernels.
    """
    folders = [*include_dirs, *([std] if std else [])]
    tokens = preprocess(source, defines, folders, file)
    tokens, headers = without_headers(without_assembler(tokens))
    tokens = watched(tokens)
    parts = [*top_level(tokens)]
    kept = {id(token) for prefix, part in parts if not hosts(part) for token in part}
    inside = {id(token) for _, part in parts for token in part}
    tokens = [t for t in tokens if id(t) in kept or id(t) not in inside]
    refuse(tokens, launches)
    tokens = overloads(tokens, parts)
    kernels, bounds, variables, constant = {}, {}, [], set()
    fixed, ends = {}, {}
    for prefix, part in parts:
        texts = [token.text for token in outer(part)]
        if "__global__" in texts:
            take_kernel(prefix, part, kernels, bounds)
        elif STORED & {*texts} and texts[0] not in ("template", "typedef") and (
                not is_function(part)) and not (launches and {"static", "extern"} & {
                *texts}):                # of a text's own, or of another
            for name in declared(part):
                variables.append(prefix + name.text)
                if "__constant__" in texts:
                    constant.add(prefix + name.text)
                    fixed[id(name)] = name.text
            if "__constant__" in texts:
                ends[id(part[-1])] = [name.text for name in declared(part)]
    names = {token.text for token in tokens}
    tokens = read_only(tokens, fixed, ends)
    writer = Writer(tokens)
    body = untokenize(writer.written(), line=0, file="").lstrip("\n")
    return Rewritten(body, kernels, bounds, variables, constant, headers,
                     "pycuda" in names, "printf" in names, writer.named,
                     curand_kernel.in_cxx(names), "cooperative_groups_" in names,
                     "Volatile" in names)


def without_headers(tokens):
    """The tokens without marks of the files in include/std, and the names in these."""
    result, headers, at = [], [], 0
    while at < len(tokens):
        if tokens[at].text == "scratch_header_":
            end = closing(tokens, at + 1)
            headers.append("".join(token.text for token in tokens[at + 2:end]))
            at = end + 1
        else:
            result.append(tokens[at])
            at += 1
    return result, headers


def watched(tokens):
    """volatile __shared__ float x[4]; as __shared__ scratch_::Volatile<float> x[4];

    >>> print(untokenize(watched(tokenize("{ extern volatile __shared__ int x[]; }"))))
    { extern __shared__ scratch_::Volatile<int> x[]; }
    """
    result, begin = list(tokens), 0
    for end in range(len(tokens) - 1, -1, -1):
        if tokens[end].text != "__shared__":
            continue
        begin = end
        while begin and tokens[begin - 1].text in ("extern", "static", "volatile"):
            begin -= 1
        kind = end + 1
        while tokens[kind].text == "volatile":
            kind += 1
        after_it = kind
        while tokens[after_it].text in WHOLE | {"float", "double", "bool", "volatile"}:
            after_it += 1
        names = [t for t in tokens[kind:after_it] if t.text != "volatile"]
        if names and "volatile" in [t.text for t in tokens[begin:after_it]] and (
                tokens[after_it].kind == "name"):
            name = untokenize(flat(names), file="").strip()
            kept = [t for t in tokens[begin:kind] if t.text != "volatile"]
            kept[0] = kept[0]._replace(space=tokens[begin].space)
            result[begin:after_it] = [*kept, *like(
                tokens[kind]._replace(space=" "), f"scratch_::Volatile<{name}>")]
    return result


def top_level(tokens, prefix=""):
    """(namespace with its ::, tokens) of each declaration, also within namespaces."""
    start = at = 0
    while at < len(tokens):
        text = tokens[at].text
        if text == "{":
            end, texts = closing(tokens, at), [t.text for t in tokens[start:at]]
            opens = "namespace" in texts[:2]
            if opens or texts[:1] == ["extern"] and len(texts) == 2:
                name = texts[-1] + "::" if opens and texts[-1] != "namespace" else ""
                yield from top_level(tokens[at + 1:end], prefix + name)
                start = end + 1
            elif is_function(tokens[start:end + 1]):
                yield prefix, tokens[start:end + 1]
                start = end + 1
            at = end
        elif text in ("(", "["):
            at = closing(tokens, at)
        elif text == ";":
            yield prefix, tokens[start:at + 1]
            start = at + 1
        at += 1


def without_attributes(tokens):
    """The tokens without __launch_bounds__(...), __align__(...) and their kin."""
    result, at = [], 0
    while at < len(tokens):
        if tokens[at].text in ATTRIBUTES and tokens[at + 1:at + 2] and (
                tokens[at + 1].text == "("):
            at = closing(tokens, at + 1)
        else:
            result.append(tokens[at])
        at += 1
    return result


def without_template(part):
    """The declaration that stands behind template <...>."""
    texts = [token.text for token in part]
    while texts[:2] == ["template", "<"]:
        sizes = {"<": 1, ">": -1, ">>": -2, ">>>": -3}
        depths = itertools.accumulate(sizes.get(text, 0) for text in texts[1:])
        end = next((n for n, depth in enumerate(depths) if depth <= 0), len(part))
        part, texts = part[end + 2:], texts[end + 2:]
    return part


def is_function(part):
    """Is it a function with a body?"""
    part = without_template(without_attributes(part))
    texts = [token.text for token in outer(part)]
    depths = itertools.accumulate(nesting(t.text) * (t.text in "()") for t in part)
    begin = next((n for n, depth in enumerate(depths)    # but for f(int a = {})
                  if not depth and part[n].text in ("{", "=")), None)
    head = [token.text for token in part[:begin]]
    return (begin is not None and part[begin].text == "{" and "(" in head
            and not (TYPES & {*texts} and head[-1] != ")"))


def hosts(part):
    """Does it belong to the host: a function, or a variable that may change?"""
    if not is_function(part):
        texts = [token.text for token in outer(without_attributes(part))]
        end = next((n for n, text in enumerate(texts) if text in ("=", "{", "}")),
                   len(texts) - 1)
        return end > 1 and part[-1].text == ";" and not (
            {*texts[:end]} & (STORED | TYPES | NO_VARIABLE))
    head = {token.text for token in itertools.takewhile(
        lambda token: token.text != "{", without_attributes(part))}
    return not head & (OURS | {"::", "constexpr"})


def overloads(tokens, parts):
    """static functions of one name in extern "C" { }: there g++ takes one, nvcc each.

    >>> tokens = tokenize("static int f(int a); static int f(float a); int g(int a);")
    >>> apart = flat(overloads(tokens, [*top_level(tokens)]))
    >>> " ".join(token.text for token in apart if token.text in ("extern", "f", "g"))
    'extern f extern f g'
    """
    named = {}
    for prefix, part in parts:
        texts = [token.text for token in itertools.takewhile(
            lambda token: token.text not in ("(", "="), part)]
        if not prefix and texts[0] != "template" and "static" in texts and (
                len(texts) < len(part) and part[len(texts)].text == "("):
            begin = texts.index("operator") if "operator" in texts else -1
            named.setdefault(tuple(texts[begin:]), []).append(part)
    several = [part for same in named.values() if len(same) > 1 for part in same]
    begins, ends = {id(part[0]) for part in several}, {id(part[-1]) for part in several}
    result = []
    for token in tokens:
        if id(token) in begins:
            result += like(token, 'extern "C++" {')
        result.append(token)
        if id(token) in ends:
            result += after(token, "}")
    return result


def take_kernel(prefix, part, kernels, bounds):
    """Notes a kernel that has a body, or an instance of one that is a template."""
    texts = [token.text for token in part]
    instance = texts[0] == "template" and texts[1] != "<"
    if not instance and (texts[0] == "template" or not is_function(part)):
        return
    bare = without_attributes(part)
    at = next(n for n, token in enumerate(bare) if token.text == "(")
    begin = at - 1
    if bare[begin].text == ">":          # k<float>
        while bare[begin].text != "<":
            begin -= 1
        begin -= 1
    name = prefix + untokenize(flat(bare[begin:at]), file="").strip()
    given = [p for p in split(bare[at + 1:closing(bare, at)]) if p]
    if [[t.text for t in p] for p in given] == [["void"]]:
        given = []
    kernels[name] = [described(p, n) for n, p in enumerate(given)]
    if "__launch_bounds__" in texts:
        at = texts.index("__launch_bounds__") + 1
        bound = split(part[at + 1:closing(part, at)])[0]
        bounds[name] = untokenize(flat(bound), file="").strip()


def described(tokens, n):
    """The Parameter; one without a name has its number."""
    texts = [token.text for token in tokens]
    if "=" in texts:
        tokens = tokens[:texts.index("=")]
    names = [t for t in tokens if t.kind == "name" and t.text != "const"]
    if tokens[-1].text in (">", "*") or len(names) < 2:
        return Parameter(f"{n}", untokenize(flat(tokens), file="").strip())
    return parameter(tokens)


def declared(part):
    """The names of the variables of a declaration, as tokens."""
    for piece in split(without_attributes(part[:-1])):
        texts = [token.text for token in piece]
        end = next((n for n, text in enumerate(texts) if text in ("=", "{")),
                   len(piece))
        if "(" in texts[:end] and texts.index("(") < (      # no float table[(2)]
                texts.index("[") if "[" in texts[:end] else end):
            # float (*table[2])(float), or a function
            begin = texts.index("(")
            if texts[begin + 1] != "*":
                continue
            piece, end = piece[begin + 1:], closing(piece, begin) - begin - 1
        names = [token for token in outer(piece[:end]) if token.kind == "name"]
        if names:
            yield names[-1]


def read_only(tokens, fixed, ends):
    """__constant__ float c[4]; as float c__[4]; and a c that cannot be stored to."""
    result = []
    for token in tokens:
        if id(token) in fixed:
            token = token._replace(text=f"{token.text}__")
        result.append(token)
        for name in ends.get(id(token), []):
            result += like(token._replace(space=" "),
                           f"static const auto &{name} = {name}__;")
    return result


def refuse(tokens, launches):
    """Unsupported, with the word, where the text has what C++ cannot do either."""
    for token, following in zip(tokens, [*tokens[1:], None]):
        text = following.text if following else ""
        what = token.kind == "name" and vocabulary.refused(token.text, text)
        if token.text == "<<<" and not launches:
            raise SourceError("a kernel launches a kernel, and SourceModule does not "
                              "link them, as nvcc does not without -rdc=true: write "
                              "DynamicSourceModule", token)
        if launches and RUNTIME.fullmatch(token.text):
            continue
        if token.text == "volatile" and not (what := waited_for(tokens, token)):
            continue
        if what and what not in ALLOWED and not KEPT.fullmatch(token.text):
            raise Unsupported(f"{token.text}: {what} cannot run on the CPU engine",
                              token)


def waited_for(tokens, token):
    """Why a volatile is refused: by it threads wait for others without a barrier."""
    at = next(n for n, other in enumerate(tokens) if other is token)
    near = [t.text for t in tokens[max(at - 2, 0):at + 4]]
    if tokens[at - 1].text == ")" or "operator" in [t.text for t in tokens[at:at + 6]]:
        return ""                        # of a function of a structure
    if {"*", "__shared__", "&"} & {*near} and WHOLE | {"float", "double"} & {*near}:
        return vocabulary.refused("volatile", "")
    return ""


class Writer:
    """Writes the tokens of a file as C++."""

    def __init__(self, tokens):
        self.tokens = tokens
        self.depth, self.named = 0, set()        # names of what is shared
        self.shares = {}     # of these, what is in scope: (depth, is it an array?)
        self.configured = set()                  # where each <<< >>> ends
        self.templates, self.types = {"static_cast", "reinterpret_cast"}, {*WHOLE}
        texts = [token.text for token in tokens]
        for n, text in enumerate(texts):
            if text in ("typename", "class") and texts[n - 1] in ("<", ","):
                self.types.add(texts[n + 1])
            elif text == "using" and texts[n + 2:n + 3] == ["="]:
                self.types.add(texts[n + 1])
            elif text == "typedef":
                self.types.add(texts[texts.index(";", n) - 1])
            elif text == "template" and texts[n + 1] == "<":
                end = next((m for m in range(n, len(texts))
                            if texts[m] in ("(", "{", ";", "=")
                            and (texts[m] != "=" or texts[m - 2] == "using")), n)
                self.templates.add(texts[end - 1])
                self.templates.add(texts[end - 2])

    def written(self):
        tokens, result, at = self.tokens, [], 0
        while at < len(tokens):
            token = tokens[at]
            text = token.text
            if text in ("{", "}"):
                self.depth += nesting(text)
                self.shares = {name: held for name, held in self.shares.items()
                               if held[0] <= self.depth}
            if text in DROPPED:
                at += 1
                if at < len(tokens) and tokens[at].line == token.line:
                    tokens[at] = tokens[at]._replace(space=token.space)
            elif text in ("__launch_bounds__", "_Pragma"):
                at = closing(tokens, at + 1) + 1
            elif text in ("__shared__", "extern", "static") and (
                    end := self.shared(at)):
                result += self.in_shared_memory(tokens[at:end])
                at = end
            elif text == "(" and (end := self.cast(at) or self.before_cast(at)):
                result += self.to(token, tokens[at + 1:end])
                at = end + 1
                tokens[at] = tokens[at]._replace(space=tokens[at].space or " ")
            elif text == "static_cast" and (end := self.static_cast(at)):
                kind = untokenize(flat(tokens[at + 2:end]), file="").strip()
                result += like(token, f"scratch_::To<{kind}>{{}}")
                at = end + 1
            elif text in WHOLE and self.functional(at):
                result += like(token, f"scratch_::To<{text}>{{}}")
                at += 1
            elif text in ("<<", ">>", "<<=", ">>=") and self.shift(at):
                result += [token, *like(token._replace(space=" "),
                                        f"scratch_::by {text}")]
                at += 1
            elif text == "<<<":
                result = self.launch(at, result)
                at += 1
            elif at in self.configured:
                result += after(token, "))")
                at += 1
            else:
                result.append(token)
                at += 1
        return result

    def shared(self, at):
        """Where a declaration with __shared__ ends, if one begins here."""
        end = at
        while end < len(self.tokens) and self.tokens[end].text not in ENDS:
            end += 1
        texts = [token.text for token in self.tokens[at:end]]
        if "__align__" in texts or "alignas" in texts or "__attribute__" in texts:
            end = next(n for n in range(end, len(self.tokens))
                       if self.tokens[n].text == ";")
        found = "__shared__" in texts and texts[0] in ("__shared__", "extern", "static")
        return end if found else None

    def in_shared_memory(self, tokens):
        kept = [t for t in tokens if t.text not in ("__shared__", "static", "extern",
                                                    *DROPPED)]
        texts = [token.text for token in tokens]
        if "extern" not in texts or sized(texts):
            self.named |= {token.text for token in declared([*kept, kept[-1]])}
            for piece in split(kept):
                array = "[" in [token.text for token in piece]
                for name in declared([*piece, piece[-1]]):
                    self.shares[name.text] = self.depth, array
            return [*like(tokens[0], "static"), kept[0]._replace(space=" "), *kept[1:]]
        kept = without_attributes(kept)
        begin = next(n for n, token in enumerate(kept) if token.text == "[")
        name = kept[begin - 1].text
        rest = untokenize(flat(kept[closing(kept, begin) + 1:]), file="").strip()
        kind = untokenize(flat(kept[:begin - 1]), file="").strip()
        line = tokens[0]
        if not self.depth:
            return like(line, f"static scratch_::Dynamic<{kind}{rest}> {name}")
        pointer = f"{kind} (*const {name}){rest}" if rest else f"{kind} *const {name}"
        target = f"{kind} (*){rest}" if rest else f"{kind} *"
        return like(line, f"{pointer} = ({target})scratch_::dynamic_bytes()")

    # ---- launches

    def launch(self, at, result):
        """The tokens written so far, the last of them k or k<int>, up to <<<."""
        place, begin = self.tokens[at], len(result) - 1
        end = next((n for n in range(at, len(self.tokens))
                    if self.tokens[n].text == ">>>"), at)
        if self.tokens[end + 1].text != "(":
            raise SourceError("after <<<grid, block>>> the arguments are expected, in "
                              "round brackets", place)
        self.configured.add(end)
        for given in split(self.tokens[end + 2:closing(self.tokens, end + 1)]):
            texts = [token.text for token in given]
            address = texts[:1] == ["&"]
            name, after_it = (texts[address:] + ["", ""])[:2]
            _, array = self.shares.get(name, (0, None))
            if address and array is not None or array and after_it != "[":
                raise SourceError(f"{name} is shared memory of this block, and gone "
                                  "when the launched kernel runs", given[0])
        depth = 0
        while True:                      # a::k<int>, from its end
            depth += {">": 1, ">>": 2, "<": -1}.get(result[begin].text, 0)
            if not depth and result[begin].kind == "name":
                if result[begin - 1].text != "::":
                    break
                begin -= 1
            begin -= 1
        callee = result[begin:]
        name = untokenize(flat(callee), file="").strip()
        value = name
        if callee[-1].text in self.templates:        # which of them, the arguments say
            value = f"[](auto ...a_) {{ {name}(a_...); }}"
        head = f'scratch_::launched("{name}", {value}, scratch_::shape('
        return [*result[:begin], *like(callee[0], head)]

    # ---- conversions

    def cast(self, at):
        """Where the ) of a cast to a type of integers is, if one begins here."""
        tokens = self.tokens
        end = at + 1
        while end < len(tokens) and tokens[end].kind == "name" and (
                tokens[end].text in self.types | {"const"}):
            end += 1
        if end == at + 1 or end + 1 >= len(tokens) or tokens[end].text != ")":
            return None
        before, following = tokens[at - 1], tokens[end + 1]
        if before.kind == "name" and before.text not in ("return", "case", "else") or (
                before.text in ("]", ">")) or before.text == ")" and (
                tokens[at + 1].text not in WHOLE):
            return None
        right = following.kind in ("name", "number", "character") or (
            following.text in OPERAND)
        operator = following.text in ("-", "+", "*", "&") and (
            tokens[at + 1].text not in WHOLE)        # (n) - 1, of a name that is a type
        return end if right and not operator else None

    def before_cast(self, at):
        """Where the ) of (float)(int)x is, a cast to whatever type of what is cast."""
        tokens, end = self.tokens, closing(self.tokens, at)
        before, inner = tokens[at - 1], tokens[at + 1:end]
        if not inner or inner[0].kind != "name" or end + 1 == len(tokens) or (
                tokens[end + 1].text != "(") or (
                any(t.kind != "name" and t.text not in ("*", "::") for t in inner)):
            return None
        if before.kind == "name" and before.text not in ("return", "case", "else"):
            return None
        return end if self.cast(end + 1) or self.before_cast(end + 1) else None

    @staticmethod
    def to(place, kind):
        text = untokenize(flat(kind), file="").strip()
        made = like(place, f"scratch_::To<{text}>{{}}")
        return [*made,
                place._replace(kind="operator", text="->*", space=" ")]

    def static_cast(self, at):
        end = at + 2
        while self.tokens[end].text in self.types:
            end += 1
        good = end > at + 2 and self.tokens[end].text == ">"
        return end if good else None

    def functional(self, at):
        """Is it int(x), and no declaration?"""
        tokens = self.tokens
        if at + 2 >= len(tokens) or tokens[at + 1].text != "(" or (
                tokens[at + 2].text in ("*", "&", ")")) or at == 0:
            return False
        before = tokens[at - 1]
        return before.text in BEFORE and tokens[at + 2].text not in WHOLE

    # ---- shifts

    def shift(self, at):
        tokens = self.tokens
        if at + 1 >= len(tokens) or tokens[at - 1].text == "operator":
            return False
        amount, following = tokens[at + 1], tokens[at + 2:at + 3]
        small = amount.text.isdigit() and int(amount.text) < 32
        if small and following and following[0].text in AFTER_SHIFT or (
                amount.text == "<<<"):   # k<P<int>> <<<1, 1>>>
            return False
        return tokens[at].text != ">>" or not self.closes_templates(at)

    def closes_templates(self, at):
        """Does >> end two lists of a template's arguments?"""
        needed, depth, opened = 2, 0, []
        for n in range(at - 1, -1, -1):
            text = self.tokens[n].text
            depth -= nesting(text)
            if depth < 0 or text in (";", "&&", "||"):
                return False
            if depth:
                continue
            needed += (text == ">") + 2 * (text == ">>") - (text == "<")
            if text == "<":
                opened.append(self.tokens[n - 1])
            if not needed:
                break
        return not needed and all(
            token.kind == "name" and (token.text in self.templates
                                      or token.text in ("template", "complex"))
            or self.tokens[max(n - 2, 0)].text == "::" for token in opened
            for n in [next(m for m, other in enumerate(self.tokens) if other is token)])
