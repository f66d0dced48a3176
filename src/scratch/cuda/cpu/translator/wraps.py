"""Hide from LLVM what it miscompiles: indices that wrap around, such as i * 3 % 64.

    >>> body = parse(tokenize("{ for (int i = 0; i < n; i++) y[i] = x[i * 3 % 64]; }"),
    ...              {"int"})
    >>> print(untokenize(write(hide(body, {"int"}))))
    { for (int i = 0; i < n; i++) y[i] = x[(i * 3 + HIDDEN_) % 64]; }

Why: i * 3 % 64, for i = 0, 1, 2, ..., is a number of six bits that grows by 3.  LLVM 14
loads 8 of them as one vector if none wraps around, which it checks before the loop; but
if the first is 0, its check forgets that 3 i may be too large.  So b[66] is read for
b[2].  The check is right if LLVM cannot see that the first number is 0.

How: HIDDEN_ is 0, made of the highest 8 bits of an address, which are 0 and no compiler
knows it; they are spread over 31 bits, so that no mask leaves them out.  It is added to
threadIdx (vocabulary.py), since PoCL makes a loop of the threads of a block, and here,
in loops, to what a number of fewer bits is made of:

    a % b, a & b, a >> b         (a + HIDDEN_) % b, ...
    a / b                        HIDE_(a) / b, the same, if a is an integer: LLVM makes
                                 a % b of a - a / b * b
    (unsigned char)a             (unsigned char)(a + HIDDEN_)
    unsigned char h = a;         unsigned char h = a + HIDDEN_;

Functions that a kernel calls are treated as if they stood in a loop.

When it can go: with the first PoCL on PyPI whose LLVM passes tests/cuda/cpu/
translator/test_wraps.py without it.
"""

from .statements import LOOPS, Declaration, Expression, parse, write
from .tokens import closing, like, tokenize, untokenize

ZERO = "HIDDEN_"
NARROW = {"char", "short", "uchar", "ushort", "bool", "int8_t", "uint8_t", "int16_t",
          "uint16_t"}
ASSIGN = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
ENDS = {"(", "[", "{", ",", ";", "?", ":", "return", "&&", "||", *ASSIGN}
SUMS = set("+ - << >> < > <= >= == != & ^ |".split())
LOWER = {    # operator -> what ends its left operand: operators that bind more loosely
    "%": ENDS | SUMS, "/": ENDS | SUMS,
    ">>": ENDS | set("< > <= >= == != & ^ |".split()),
    "&": ENDS | {"^", "|"},
}
PREFIX = {"+", "-", "!", "~", "*", "&", "++", "--"}


def hide(statement, types, looping=False):
    """The Statement, changed; looping says whether all of it may be in a loop."""
    narrow = {name.text for inner in statement.everything() for part in inner.parts
              if isinstance(part, Declaration) and is_narrow(part.type)
              for name, *_ in part.declarators}
    change(statement, types, narrow, looping)
    return statement


def change(statement, types, narrow, looping):
    looping = looping or statement.kind in LOOPS
    for part in statement.parts:
        if isinstance(part, Expression):
            part.tokens = changed(part.tokens, types, narrow, looping)
        elif isinstance(part, Declaration):
            for name, declarator, _, value in part.declarators:
                if value is None:
                    continue
                value.tokens = changed(value.tokens, types, narrow, looping)
                if is_narrow(part.type) and declarator == [name] and (
                        value.tokens[0].text != "{"):
                    value.tokens = plus(value.tokens)
    for inner in statement.inner():
        change(inner, types, narrow, looping)


def is_narrow(tokens):
    """Are these the tokens of a type of fewer bits than int?"""
    return bool({token.text for token in tokens} & NARROW)


def changed(tokens, types, narrow, looping):
    """The tokens of an expression with HIDDEN_ where numbers may wrap around."""
    tokens, n = list(tokens), 0
    while n < len(tokens):
        text = tokens[n].text
        if looping and text in LOWER and not prefix(tokens, n, types):
            start = left_operand(tokens, n, types)
            before = len(tokens)
            tokens[start:n] = (plus if text != "/" else called)(tokens[start:n])
            n += len(tokens) - before
        elif looping and text in ("%=", "&=", ">>="):
            tokens[n + 1:] = plus(tokens[n + 1:])
        elif text == "=" and n and tokens[n - 1].text in narrow and (
                n < 2 or tokens[n - 2].text in ENDS):
            end = right_end(tokens, n + 1)
            tokens[n + 1:end] = plus(tokens[n + 1:end])
        elif looping and text == "(" and cast(tokens, n, types) and is_narrow(
                tokens[n:closing(tokens, n)]) and "*" not in [
                t.text for t in tokens[n:closing(tokens, n)]]:
            begin = closing(tokens, n) + 1
            end = operand_end(tokens, begin, types)
            tokens[begin:end] = plus(tokens[begin:end])
        n += 1
    return tokens


def plus(tokens):
    """(tokens + HIDDEN_), of an expression with some name."""
    if not any(token.kind == "name" for token in tokens):
        return tokens                    # a number stays one that the compiler knows
    first, last = tokens[0], tokens[-1]
    return [*like(first, "("), first._replace(space=""), *tokens[1:],
            *like(last._replace(space=" "), f"+ {ZERO})")]


def called(tokens):
    """HIDE_(tokens)"""
    if not any(token.kind == "name" for token in tokens):
        return tokens
    first = tokens[0]
    return [*like(first, "HIDE_("), first._replace(space=""), *tokens[1:],
            *like(tokens[-1]._replace(space=""), ")")]


def cast(tokens, n, types):
    """Does a cast, (int), begin at tokens[n]?"""
    end = closing(tokens, n)
    before = tokens[n - 1] if n else None
    called = before is not None and (before.kind == "name" and before.text != "return"
                                     or before.text in (")", "]"))
    return (not called and end > n + 1 and end + 1 < len(tokens) and all(
        t.text in types | {"const", "*", "struct", "unsigned", "signed"}
        for t in tokens[n + 1:end]))


def prefix(tokens, n, types):
    """Is the operator tokens[n] one that stands before its operand, as in -x?"""
    if n == 0:
        return True
    before = tokens[n - 1]
    if before.text == ")":
        return cast(tokens, opening(tokens, n - 1), types)
    return not (before.kind in ("name", "number", "character")
                and before.text != "return" or before.text in ("]", "++", "--"))


def opening(tokens, at):
    """Where the bracket that closes at tokens[at] opens."""
    depth = 0
    for n in range(at, -1, -1):
        depth += (tokens[n].text in ")]}") - (tokens[n].text in "([{")
        if depth == 0:
            return n
    return 0


def left_operand(tokens, n, types):
    """Where the left operand of the operator tokens[n] begins."""
    at, ends = n, LOWER[">>" if tokens[n].text == "<<" else tokens[n].text]
    while at:
        text = tokens[at - 1].text
        if text in (")", "]", "}"):
            at = opening(tokens, at - 1)
        elif text in ends and not (text in PREFIX and prefix(tokens, at - 1, types)):
            break
        else:
            at -= 1
    return at


def right_end(tokens, at):
    """Where what is assigned, from tokens[at] on, ends."""
    choices = 0                          # of ? whose : comes
    while at < len(tokens) and tokens[at].text not in (",", ")", "]", "}") and (
            choices or tokens[at].text != ":"):
        choices += (tokens[at].text == "?") - (tokens[at].text == ":")
        at = closing(tokens, at) if tokens[at].text in ("(", "[", "{") else at
        at += 1
    return at


def operand_end(tokens, at, types):
    """Where the operand of a cast, from tokens[at] on, ends."""
    while at < len(tokens) and (tokens[at].text in PREFIX or tokens[at].text == "(" and
                                cast(tokens, at, types)):
        at = closing(tokens, at) + 1 if tokens[at].text == "(" else at + 1
    at = closing(tokens, at) + 1 if tokens[at].text == "(" else at + 1
    while at < len(tokens) and tokens[at].text in ("(", "[", ".", "->", "++", "--"):
        if tokens[at].text in ("(", "["):
            at = closing(tokens, at) + 1
        else:
            at += 2 if tokens[at].text in (".", "->") else 1
    return at
