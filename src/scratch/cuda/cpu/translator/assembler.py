"""The one line of assembler that kernels have: which lane of its warp a thread is.

    >>> text = 'asm volatile ("mov.u32 %0, %%laneid;" : "=r"(lane));'
    >>> print(untokenize(without_assembler(tokenize(text))).replace("threadIdx", "t"))
    lane = ((t.x + blockDim.x * (t.y + blockDim.y * t.z)) % 32);
    >>> untokenize(without_assembler(tokenize('asm("bar.sync 0;");')))
    'asm("bar.sync 0;");'

CUDA C has a name for every number of a thread but this one.  Other assembler stays, to
be refused.
"""

import re

from .tokens import closing, like, tokenize, untokenize

LANE = re.compile(r'"\s*mov\.[usb]32\s+%0\s*,\s*%%?laneid\s*;\s*"')
NUMBER = "((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32)"
NAMES = {"asm", "__asm__", "__asm"}
VOLATILE = {"volatile", "__volatile__"}


def without_assembler(tokens):
    """The tokens with lane = ... in the place of an asm that asks for it."""
    result, at = [], 0
    while at < len(tokens):
        token = tokens[at]
        if token.text in NAMES:
            begin = at + 1 + (tokens[at + 1].text in VOLATILE)
            end = closing(tokens, begin)
            place = asked(tokens[begin + 1:end])
            if place:
                result += [*like(token, place[0].text), *place[1:],
                           *like(token._replace(space=" "), f"= {NUMBER}")]
                at = end + 1
                continue
        result.append(token)
        at += 1
    return result


def asked(tokens):
    """Where "mov.u32 %0, %laneid;" : "=r"(place) puts the number, or nothing."""
    texts = [token.text for token in tokens]
    if len(texts) > 4 and LANE.fullmatch(texts[0]) and texts[1:4] == [":", '"=r"', "("]:
        end = closing(tokens, 3)
        if set(texts[end + 1:]) <= {":"}:
            return tokens[4:end]
    return []
