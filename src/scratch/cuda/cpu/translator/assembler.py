"""Lines of assembler (PTX) in a kernel, as CUDA C: those that only calculate.

    >>> text = 'asm volatile ("mov.u32 %0, %%laneid;" : "=r"(lane));'
    >>> print(untokenize(without_assembler(tokenize(text))).replace("threadIdx", "t"))
    lane = ((t.x + blockDim.x * (t.y + blockDim.y * t.z)) % 32);
    >>> text = 'asm("shl.b32 %0, %1, 3;" : "=r"(y) : "r"(x));'
    >>> print(untokenize(without_assembler(tokenize(text))))
    do { unsigned ptx_0; unsigned ptx_1 = (unsigned)(x); ptx_0 = ptx_1 << \
(unsigned)(3); y = ptx_0; } while (0);
    >>> untokenize(without_assembler(tokenize('asm("bar.sync 0;");')))
    'asm("bar.sync 0;");'

Each operand becomes a variable of its register's size, each instruction a statement:
moves, also between a register of 64 bits and two of 32, sums, differences, products,
bits, shifts, and the lane, for which CUDA C has no name.  Other assembler
stays, to be refused.
"""

import ast
import re

from .tokens import closing, like, split, tokenize, untokenize

NUMBER = "((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32)"
LANE = re.compile(r"\s*mov\.[usb]32\s+%0\s*,\s*%%?laneid\s*;\s*")
NAMES = {"asm", "__asm__", "__asm"}
VOLATILE = {"volatile", "__volatile__"}
LONG = "unsigned long long"
REGISTERS = {"r": "unsigned", "l": "unsigned long long", "f": "float", "d": "double"}
TYPES = {"32": ("unsigned", "int", "float"),
         "64": ("unsigned long long", "long long", "double")}
CAST = {    # (what it is, what is asked for): how the same bits are had
    ("unsigned", "int"): "(int)", ("int", "unsigned"): "(unsigned)",
    ("unsigned long long", "long long"): "(long long)",
    ("long long", "unsigned long long"): "(unsigned long long)",
    ("float", "unsigned"): "(unsigned)__float_as_int",
    ("unsigned", "float"): "__int_as_float",
    ("double", "unsigned long long"): "(unsigned long long)__double_as_longlong",
    ("unsigned long long", "double"): "__longlong_as_double"}
INSTRUCTION = re.compile(r"(\w+?)((?:\.(?:lo|rn))?)\.([busf])(32|64)\s+(.+)", re.DOTALL)
OPERATORS = {"add": "+", "sub": "-", "mul": "*", "and": "&", "or": "|", "xor": "^",
             "shl": "<<", "shr": ">>"}
BITWISE = {"mov", "and", "or", "xor", "not", "shl", "shr"}


class Other(Exception):
    """Assembler that is none of this."""


def without_assembler(tokens):
    """The tokens with CUDA C in the place of an asm that calculates."""
    result, at = [], 0
    while at < len(tokens):
        token = tokens[at]
        if token.text in NAMES:
            begin = at + 1 + (tokens[at + 1].text in VOLATILE)
            end = closing(tokens, begin)
            try:
                result += like(token, calculated(tokens[begin + 1:end]))
                at = end + 1
                continue
            except Other:
                pass
        result.append(token)
        at += 1
    return result


def calculated(tokens):
    """CUDA C for the parts of asm("..." : outputs : inputs : "memory")."""
    parts, depth = [[]], 0
    for token in tokens:
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text in (":", "::") and not depth:
            parts += [[] for _ in token.text]
        else:
            parts[-1].append(token)
    if len(parts) > 4 or any(token.kind != "string" for token in parts[0]):
        raise Other
    text = "".join(ast.literal_eval(token.text) for token in parts[0])
    outputs, inputs = ([operand(each) for each in split(part) if each]
                       for part in [*parts[1:], [], []][:2])
    if len(outputs) == 1 and not inputs and LANE.fullmatch(text):
        return f"{outputs[0][1]} = {NUMBER}"
    kinds, lines = [], []
    for n, (mark, value) in enumerate(outputs + inputs):
        sign, letter = re.fullmatch("([=+]?)&?(.*)", mark).groups()
        if letter not in REGISTERS or bool(sign) != (n < len(outputs)):
            raise Other
        kinds.append(kind := REGISTERS[letter])
        held = "" if sign == "=" else f" = ({kind})({value})"
        lines.append(f"{kind} ptx_{n}{held};")
    for each in filter(None, map(str.strip, text.split(";"))):
        lines.append(statement(each, kinds))
    lines += [f"{value} = ptx_{n};" for n, (_, value) in enumerate(outputs)]
    return f"do {{ {' '.join(lines)} }} while (0)"


def operand(tokens):
    """The two strings of "=r"(place)."""
    if tokens[0].kind != "string" or closing(tokens, 1) != len(tokens) - 1:
        raise Other
    return tokens[0].text[1:-1], " ".join(token.text for token in tokens[2:-1])


def statement(text, kinds):
    """An instruction as a statement."""
    match = INSTRUCTION.fullmatch(text)
    if not match:
        raise Other
    name, how, letter, size, rest = match.groups()
    whole, signed, real = TYPES[size]
    kind = {"f": real, "s": signed if name == "shr" else whole}.get(letter, whole)
    target, *given = (each.strip() for each in re.findall(r"\{[^}]*\}|[^,{}]+", rest)
                      if each.strip())
    if name == "mov" and "{" in rest and len(given) == 1 and size == "64":
        return halves(target, given[0], kinds)
    if (letter == "b" and name not in BITWISE or letter == "f" and name in BITWISE - {
            "mov"} or how and (how == ".rn") != (letter == "f")
            or letter != "f" and (name in ("mul", "mad")) != bool(how)):
        raise Other
    values = [value(each, "unsigned" if n and name in ("shl", "shr") else kind, kinds)
              for n, each in enumerate(given)]
    count = len(values)
    if name in OPERATORS and count == 2:
        return stored(target, kind, f" {OPERATORS[name]} ".join(values), kinds)
    if name == "mad" and letter != "f" and count == 3:
        return stored(target, kind, "{} * {} + {}".format(*values), kinds)
    if name == "fma" and letter == "f" and how and count == 3:
        call = "fma" if size == "64" else "fmaf"
        return stored(target, kind, f"{call}({', '.join(values)})", kinds)
    if name in ("mov", "not") and count == 1:
        return stored(target, kind, "~" * (name == "not") + values[0], kinds)
    raise Other


def halves(target, given, kinds):
    """mov.b64 with a pair {low, high} on one side."""
    if "{" in given:
        low, high = pair(given)
        made = [f"({LONG})({value(each, 'unsigned', kinds)})" for each in (low, high)]
        return stored(target, LONG, f"{made[0]} | {made[1]} << 32", kinds)
    both = value(given, LONG, kinds)
    return " ".join(stored(each, "unsigned", f"(unsigned)({both} >> {n})", kinds)
                    for n, each in zip((0, 32), pair(target)))


def pair(text):
    words = text.strip("{} ").split(",")
    if len(words) != 2:
        raise Other
    return words


def register(word, kinds):
    """(its variable, the type of that)"""
    match = re.fullmatch(r"\s*%(\d+)\s*", word)
    if not match or int(match[1]) >= len(kinds):
        raise Other
    return f"ptx_{match[1]}", kinds[int(match[1])]


def value(word, kind, kinds):
    """A register or a whole number, as an expression of that type."""
    if re.fullmatch(r"-?\d+|0x[0-9a-fA-F]+", word) and kind not in ("float", "double"):
        return f"({kind})({word})"
    name, have = register(word, kinds)
    return name if have == kind else cast(have, kind, name)


def stored(word, kind, text, kinds):
    name, have = register(word, kinds)
    return f"{name} = {text if have == kind else cast(kind, have, text)};"


def cast(have, kind, text):
    if (have, kind) not in CAST:
        raise Other
    return f"{CAST[have, kind]}({text})"
