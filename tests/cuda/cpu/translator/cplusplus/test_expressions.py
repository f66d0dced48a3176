"""Expressions have C's types, and None where the text does not tell."""

import pytest

from scratch.cuda.cpu.translator.cplusplus.expressions import Expression
from scratch.cuda.cpu.translator.cplusplus.world import Type, World
from scratch.cuda.cpu.translator.tokens import tokenize

WORLD = World(tokenize("""
typedef unsigned char byte;
struct V { float x; int n[4]; struct V *next; };
typedef struct { double d; } W;
__constant__ float weights[8];
__device__ V f(float a); __device__ int f(int a); __device__ byte b();
"""))
SCOPE = WORLD.scope(
    [tokenize("const V *p"), tokenize("unsigned n"), tokenize("float (*rows)[3]")], tokenize(
        "{ W w; byte c = 1; for (long long i = 0, *q = 0; ; ) { short s; float z, *y[3]; } { int z; } }"))


@pytest.mark.parametrize("text, kind", [
    ("p->x", "float"), ("p->n[1]", "int"), ("p->next->next", "V *"), ("(*p).x * 2", "float"), ("p[1]", "V"),
    ("n - 1", "uint"), ("w.d", "double"), ("c + c", "int"), ("-c", "int"), ("c", "uchar"), ("i", "long"),
    ("q", "long *"), ("*q + n", "long"), ("y[0]", "float *"), ("*y[0]", "float"), ("s << 40l", "int"),
    ("weights[2] / 2.0", "double"), ("f(1).n", None), ("f(1.5f).x", "float"), ("f(1)", "int"),
    ("b()", "uchar"),
    ("&w", "W *"), ("(float)n", "float"), ("sqrtf(n)", "float"), ("sqrt(n)", "double"), ("max(1, n)", "uint"),
    ("make_float4(1, 2, 3, 4).w", "float"), ("threadIdx.x", "uint"), ("n ? 1 : 2.0f", "float"),
    ("n == 1", "bool"),
    ("static_cast<int>(w.d)", "int"), ("unknown + 1", None), ("z", None), ("sizeof(V)", "ulong"),
    ("(p + n)->x", "float"), ("rows[1][2]", "float"), ("'a'", "char"), ("n += 1", "uint")])
def test_types(text, kind):
    found = Expression(tokenize(text), WORLD, SCOPE).all().type
    assert (str(found) if found else None) == kind


def test_text_stays_as_it_is():
    for text in ("a ? b : c, d = e[f(g)] -> h ++", "x = { 1, { 2 } }", "(int (*)[3])p",
                 "a[b] . c(d) + - ! e"):
        tokens = tokenize(text)
        assert Expression(tokens, WORLD, {"a": Type("int")}).all().tokens == tokens
