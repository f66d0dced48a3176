"""Indices that wrap around, as i * 3 % 64 does, are computed as C computes them.

LLVM 14 miscompiles them: see scratch/cuda/cpu/translator/wraps.py.  The oracle is NumPy.
"""

import random

import numpy as np
import pytest

from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.translator.statements import parse, write
from scratch.cuda.cpu.translator.tokens import tokenize, untokenize
from scratch.cuda.cpu.translator.wraps import hide
from scratch.cuda.driver import In, InOut

B = np.arange(1 << 12, dtype=np.int32)
N = 64
PLACES = {    # where index INDEX of i stands, i = 0 ... 63
    "threads": ("int i = threadIdx.x; c[i] = b[INDEX];", (N, 1, 1)),
    "threads, shared memory": ("__shared__ int s[4096]; int i = threadIdx.x; "
                               "for (int k = i; k < 4096; k += 64) s[k] = b[k]; __syncthreads(); "
                               "c[i] = s[INDEX];", (N, 1, 1)),
    "threads in two directions": ("int i = threadIdx.y * 16 + threadIdx.x; c[i] = b[INDEX];", (16, 4, 1)),
    "a for loop": ("for (int i = 0; i < 64; i++) c[i] = b[INDEX];", (1, 1, 1)),
    "a while loop": ("int i = 0; while (i < 64) { c[i] = b[INDEX]; i++; }", (1, 1, 1)),
    "a function in a loop": ("for (int i = 0; i < 64; i++) c[i] = b[index(i)];", (1, 1, 1)),
}


def right(text):
    """The index for i = 0 ... 63 by NumPy: text is C and Python alike."""
    with np.errstate(over="ignore"):
        return np.int64(eval(text,
                             {"i": np.arange(N), "uchar": lambda x: x & 255, "ushort": lambda x: x & 65535}))


def wrong(texts, place):
    """Those of texts, index expressions, that give other elements in place than NumPy's."""
    body, block = PLACES[place]
    source = "\n".join(
        f"__device__ int index{n}(int i) {{ return {c}; }}\n__global__ void k{n}(const int *b, int *c) {{ "
        + body.replace("INDEX", c).replace("index(", f"index{n}(") + " }"
        for n, text in enumerate(texts) for c in [in_c(text)])
    module, found = SourceModule(source), []
    for n, text in enumerate(texts):
        c = np.full(N, -1, np.int32)
        module.get_function(f"k{n}")(In(B), InOut(c), block=block)
        if not np.array_equal(c, B[right(text)]):
            found.append(text)
    return found


def in_c(text):
    return (text.replace("//", "/").replace("uchar(", "(unsigned char)(")
            .replace("ushort(", "(unsigned short)("))


def expressions(seed, count):
    """Random index expressions with a wrap, that stay within B and above 0."""
    draw = random.Random(seed)
    while count:
        multiple, offset = draw.choice([1, 2, 3, 5, 6, 7, 9, 11, 12, 13, 24, 35, 67]), draw.choice([0, 0, 1,
                                                                                                    5, 64])
        inner = draw.choice(["i * {m}", "{m} * i + {o}", "(i + {o}) * {m}", "(i << 1) + i", "i * {m} + i",
                             "i * i + {o}",
                             "i * {m} + (i & 3)", "({o} + i * {m}) * 2"]).format(m=multiple, o=offset)
        wrapped = draw.choice(["({x}) % {n}", "(({x}) & {mask})", "uchar({x})", "ushort({x}) % {n}",
                               "({x}) - ({x}) // {n} * {n}", "(({x}) & {mask}) % 48",
                               "(({x}) >> 1 & {mask})"])
        size = draw.choice([8, 16, 32, 48, 64, 128, 256])
        text = f"({wrapped})".format(x=inner, n=size, mask=draw.choice([7, 15, 31, 63, 127, 255, 62]))
        text += draw.choice(["", "", " + 1", " * 3"])
        if 0 <= right(text).min() and right(text).max() < len(B):
            count -= 1
            yield text


@pytest.mark.parametrize("place", PLACES)
def test_the_strides_that_llvm_gets_wrong_are_right(place):
    texts = ["(i * 3) % 64", "(i * 3) & 63", "(i * 7) % 64", "uchar(i * 7)", "(i * 5 & 31) + 4",
             "(i * 3) - (i * 3) // 64 * 64"]
    assert wrong(texts, place) == []


@pytest.mark.parametrize("place", PLACES)
def test_random_indices_that_wrap_are_numpys(place, request):
    count = 40 if request.config.getoption("--long") else 12
    assert wrong([*expressions(seed=len(place), count=count)], place) == []


NARROW = {    # statements that make c[i] = b[i * 35 % 256] of narrow variables
    "a declaration": "for (int i = 0; i < 64; i++) { unsigned char h = i * 35; c[i] = b[h]; }",
    "an assignment": "unsigned char h; for (int i = 0; i < 64; i++) { h = i * 35; c[i] = b[h]; }",
    "a counter": "unsigned char h = 0; for (int i = 0; i < 64; i++) { c[i] = b[h]; h += 35; }",
    "a cast": "for (int i = 0; i < 64; i++) c[i] = b[static_cast<unsigned char>(i * 35)];",
    "a conversion": "typedef unsigned char byte; for (int i = 0; i < 64; i++) c[i] = b[(byte)(i * 35)];",
    "an assigning operator": "for (int i = 0; i < 64; i++) { int h = i * 35; h &= 255; c[i] = b[h]; }",
    "a quotient": "for (int i = 0; i < 64; i++) { int x = i * 35, row = x / 256; c[i] = b[x - row * 256]; }",
    "shifts": "for (unsigned i = 0; i < 64; i++) c[i] = b[i * 35 << 24 >> 24];",
}


@pytest.mark.parametrize("body", NARROW.values(), ids=NARROW)
def test_numbers_of_fewer_bits_wrap_around_too(body):
    c = np.full(N, -1, np.int32)
    SourceModule("__global__ void k(const int *b, int *c) { " + body + " }").get_function("k")(
        In(B), InOut(c), block=(1, 1, 1))
    np.testing.assert_array_equal(c, np.arange(N) * 35 % 256)


HIDDEN = {    # an expression in a loop, with what is hidden of it
    "i % 4": "(i + HIDDEN_) % 4", "x[i] * 3 % 4": "(x[i] * 3 + HIDDEN_) % 4",
    "a + i % 4": "a + (i + HIDDEN_) % 4",
    "a + i & 3": "(a + i + HIDDEN_) & 3", "f(&x, i & 3)": "f(&x, (i + HIDDEN_) & 3)",
    "a && i & 3": "a && (i + HIDDEN_) & 3",
    "-i % 4": "(-i + HIDDEN_) % 4", "(int)-i % 4": "((int)-i + HIDDEN_) % 4",
    "a - *p % 4": "a - (*p + HIDDEN_) % 4",
    "7 % 4": "7 % 4", "a = i >> 3": "a = (i + HIDDEN_) >> 3",
    "(char)x[i + 1] + 1": "(char)(x[i + 1] + HIDDEN_) + 1",
    "(char *)x + i": "(char *)x + i",
    "2 * x / y / z": "HIDE_(HIDE_(2 * x) / y) / z",
}


@pytest.mark.parametrize("text", HIDDEN)
def test_left_operands_are_found(text):
    body = parse(tokenize(f"{{ while (1) {text}; }}"), {"int", "char"})
    assert untokenize(write(hide(body, {"int", "char"}))) == f"{{ while (1) {HIDDEN[text]}; }}"
