"""What the compiler says of a text: errors, with the reader's lines, and conversions.

    >>> from .toolchain import find
    >>> text = "int f(float x) { int n = 2 * x; n += x; return n; }"
    >>> print(converted(find(), [], text) if find() else text.replace(
    ...     "2 * x", "scratch_::to<int>(2 * x)").replace("n += x", "\
scratch_::place(n ) +=( x)"))
    int f(float x) { int n = scratch_::to<int>(2 * x); scratch_::place(n ) +=( x); \
return n; }

A GPU converts a real number to the nearest of the integers, and a processor to whatever
its instruction gives, so each conversion that C++ makes by itself has to become a call.
Where these are depends on types, and the compiler knows types: it warns of each, with
the place where the value begins and ends.
"""

import json
import re

from ..translator.tokens import SourceError, nesting, postfix_begins, tokenize
from .toolchain import FLAGS, run

INTEGER = re.compile(r"(long long|long|short)( unsigned)?( int)?|int|char"
                     r"|(signed|unsigned)( long long| long| short)?( int| char)?")
KINDS = re.compile(r"from '(?P<given>[^']*)'(?: \{aka '(?P<real>[^']*)'\})? to "
                   r"'(?P<type>[^']*)'(?: \{aka '(?P<same>[^']*)'\})?")
REAL = {"float", "double", "const float", "const double"}
OPTIONS = {"-Wfloat-conversion", "-Woverflow"}       # the latter of what is constant
UPDATES = {"+=", "-=", "*=", "/="}


class Errors(Exception):
    """The text is no C++: [(file, line, message), ...]."""

    def __init__(self, errors):
        super().__init__("\n".join(f"{file}:{line}: {message}"
                                   for file, line, message in errors))
        self.errors = errors


class Unreadable(Exception):
    """The compiler says it in another form than this module reads."""


def converted(compiler, options, text):
    """The text with its conversions as calls.  Errors, if it is no C++."""
    lines = text.split("\n")
    plain = "\n".join("" if line.startswith("#line ") else line for line in lines)
    said = run(compiler, [*FLAGS, *options, "-fsyntax-only", "-Wfloat-conversion",
                          "-fmax-errors=20", "-fdiagnostics-format=json", "-x", "c++",
                          "-"], plain).stderr
    try:
        told = json.loads(next(line for line in said.splitlines()
                               if line.startswith("[")))
    except (ValueError, StopIteration):
        raise Unreadable(said) from None
    errors = [(*place(lines, item), item["message"]) for item in told
              if item["kind"] in ("error", "fatal error")]
    if errors:
        raise Errors(errors)
    return changed(plain, lines, [item for item in told
                                  if item.get("option") in OPTIONS])


def place(lines, item):
    """(file, line) of the reader's that an error is about."""
    for location in [item["locations"][:1], *(child["locations"][:1] for child
                                              in item.get("children", []))]:
        caret = location[0]["caret"] if location else {}
        if caret.get("file") == "<stdin>":
            file, number = "kernel.cu", 0
            for line in lines[:caret["line"]]:
                number += 1
                if found := re.match(r'#line (\d+) "(.*)"', line):
                    number, file = int(found[1]) - 1, found[2]
            return file, number
    return "kernel.cu", 0


def changed(plain, lines, warnings):
    """The text with a call around each place that was warned of."""
    starts = [0]
    for line in plain.encode().split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    kinds = {}                           # (begin, end), in bytes -> types wanted there
    for item in warnings:
        found = KINDS.search(item["message"].replace("‘", "'").replace("’", "'"))
        location = item["locations"][0]
        if not found or location["caret"].get("file") != "<stdin>":
            continue
        kind = found["same"] or found["type"]
        if INTEGER.fullmatch(kind) and (found["real"] or found["given"]) in REAL:
            begin, end = (starts[at["line"] - 1] + at.get("byte-column", at["column"])
                          for at in (location.get("start", location["caret"]),
                                     location.get("finish", location["caret"])))
            if end == begin and plain.encode()[end - 1:end] == b")":
                begin = update_begins(plain.encode()[:end]) + 1
            kinds.setdefault((begin - 1, end), set()).add(kind)
    data = plain.encode()
    opens, closes, cuts = [], [], {}
    for (begin, end), wanted in kinds.items():
        update = update_in(data[begin:end].decode())
        one = f"to<{min(wanted)}>" if len(wanted) == 1 else "soft"
        call = f"scratch_::{one}("
        if update:
            at, length = update
            at = begin + len(data[begin:end].decode()[:at].encode())
            call = "scratch_::place("
            cuts[at] = ") "
            cuts[at + length] = "("
        opens.append((begin, -end, call))
        closes.append((end, -begin))
    inserted = {}
    for end, _ in sorted(closes, key=lambda pair: (pair[0], pair[1])):
        inserted[end] = inserted.get(end, "") + ")"
    for at, text in cuts.items():
        inserted[at] = inserted.get(at, "") + text
    for begin, _, call in sorted(opens):
        inserted[begin] = inserted.get(begin, "") + call
    made, last = b"", 0
    for at in sorted(inserted):
        made += data[last:at] + inserted[at].encode()
        last = at
    text = (made + data[last:]).decode().split("\n")
    return "\n".join(line if line.startswith("#line ") else new
                     for line, new in zip(lines, text))


def update_begins(data):
    """Where n += f(x) begins, of which the compiler says only where it ends."""
    start = max(data.rfind(sign) for sign in (b";", b"{", b"}")) + 1
    text = data[start:].decode().replace("\n", " ")
    tokens, places, depth, at = tokenize(text), [], 0, 0
    for token in tokens:
        at = text.index(token.text, at)
        places.append(at)
        at += len(token.text)
    for n in range(len(tokens) - 1, 0, -1):
        depth -= nesting(tokens[n].text)
        if not depth and tokens[n].text in UPDATES:
            first = postfix_begins(tokens[:n])
            if first and tokens[first - 1].text == "*":          # *p += f(x)
                first -= 1
            return start + len(text[:places[first]].encode())
    raise Errors([("kernel.cu", 0, "a conversion of a real number that cannot be made "
                   f"as a GPU makes it; write a cast: {text.strip()}")])


def update_in(text):
    """(place, length) of the += in n += x, or None where it is none."""
    try:
        tokens = tokenize(text.replace("\n", " "))
    except SourceError:
        return None
    at = depth = 0
    for token in tokens:
        at = text.replace("\n", " ").index(token.text, at)
        depth += nesting(token.text)
        if not depth and token.text in UPDATES:
            return at, len(token.text)
        at += len(token.text)
    return None
