"""Shifts and conversions give what a GPU's instructions give, shl, shr and cvt.rzi of PTX.

The oracle is Python's integers, which have no limits, cut and clamped as PTX's manual says.  What is alike
is compiled at once, kernel beside kernel: compiling is nearly all of the work.
"""

import functools

import numpy as np
import pytest

from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.memcheck import memcheck
from scratch.cuda.driver import In, InOut

X = np.array([-5, 300, 1e10, -1e10, np.nan, 3.9, -3.9, np.inf, -np.inf, 70000, 2147483520, -0.5],
             np.float32)
TYPES = {"signed char": (8, True), "unsigned char": (8, False), "short": (16, True),
         "unsigned short": (16, False), "int": (32, True), "unsigned": (32, False),
         "long long": (64, True), "unsigned long long": (64, False)}
FORMS = {
    "a store": "o[i] = x[i];",
    "a store of an expression": "o[i] = x[i] * 1.0f + 0.0f;",
    "a declaration": "T v = x[i]; o[i] = v;",
    "an assignment": "T v; v = x[i]; o[i] = v;",
    "two assignments": "T v; o[i] = v = x[i];",
    "a cast": "o[i] = (T)x[i];",
    "a cast of an expression": "o[i] = (T)(x[i] * 1.0f);",
    "a cast of a call": "o[i] = (T)same(x[i]);",
    "a static_cast": "o[i] = static_cast<T>(x[i]);",
    "a typedef": "typedef T U; U v = (U)x[i]; o[i] = v;",
    "a result": "o[i] = result(x[i]);",
    "an argument": "o[i] = argument(x[i]);",
    "shared memory": "__shared__ T s[64]; s[i] = x[i]; o[i] = s[i];",
    "a pointer": "*(o + i) = x[i];",
    "a pointer of its own": "T *p = o + i; *p = x[i];",
    "a member": "struct S s; s.a = x[i]; o[i] = s.a;",
    "a member by a pointer": "struct S s, *p = &s; p->a = x[i]; o[i] = s.a;",
    "an assigning operator": "o[i] = 0; o[i] += x[i];",
    "a choice": "o[i] = i >= 0 ? x[i] : 0;",
    "a minimum": "o[i] = fmaxf(x[i], x[i]) + (isnan(x[i]) ? x[i] : 0.0f);",
    "a loop": "for (int k = 0; k < 1; k++) o[i] = x[i + k];",
}
SOURCE = """struct S { T a; };
__device__ float same(float x) { return x; }
__device__ T result(float x) { return x; }
__device__ T argument(T x) { return x; }
"""


def cut(value, bits, signed):
    value &= 2**bits - 1
    return value - 2**bits if signed and value >> bits - 1 else value


def converted(x, bits, signed, single=True):
    """A real number as cvt.rzi.s32 and its kin make an integer of it; fewer bits are cut from 32."""
    x, wide = float(x), max(bits, 32)
    if np.isnan(x):
        return cut(0 if single and wide == 32 else 1 << wide - 1, bits, signed)
    lowest, highest = (-2**(wide - 1), 2**(wide - 1) - 1) if signed else (0, 2**wide - 1)
    whole = lowest if x < lowest else highest if x > highest else int(x)
    return cut(whole, bits, signed)


def run(kernel, x, kind):
    bits, signed = TYPES[kind]
    o = np.zeros(len(x), f"{'i' if signed else 'u'}{bits // 8}")
    kernel(In(x), InOut(o), block=(len(x), 1, 1))
    return o.tolist()


@functools.cache
def with_all_forms(kind):
    """A program with a kernel for each of the FORMS: k0, k1, ..."""
    kernels = (f"__global__ void k{n}(const float *x, T *o) {{ int i = threadIdx.x; {form} }}\n"
               for n, form in enumerate(FORMS.values()))
    source = SOURCE + "".join(kernels)
    for name in ("T ", "T>", "(T)"):
        source = source.replace(name, name.replace("T", kind))
    return SourceModule(source)


@pytest.mark.parametrize("number", range(len(FORMS)), ids=FORMS)
@pytest.mark.parametrize("kind", ["unsigned char", "int", "unsigned"])
def test_a_real_number_becomes_the_nearest_integer_there_is(number, kind):
    kernel = with_all_forms(kind).get_function(f"k{number}")
    assert run(kernel, X, kind) == [converted(x, *TYPES[kind]) for x in X]


@functools.cache
def with_all_types():
    """A program with a kernel for each pair of types: float_int, double_long_long, ..."""
    return SourceModule("\n".join(
        f"__global__ void {real}_{kind.replace(' ', '_')}(const {real} *x, {kind} *o) "
        "{ o[threadIdx.x] = x[threadIdx.x]; }" for real in ("float", "double") for kind in TYPES))


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("real", ["float", "double"])
def test_each_type_of_integers_has_limits_of_its_own(kind, real):
    x = np.array([*X, 1e20, -1e20, 2.0**63, 40000.7, -129],
                 np.float32 if real == "float" else np.float64)
    kernel = with_all_types().get_function(f"{real}_{kind.replace(' ', '_')}")
    assert run(kernel, x, kind) == [converted(v, *TYPES[kind], single=real == "float") for v in x]


def test_a_number_that_was_made_real_is_converted_too():
    """A GPU has 0 for a float below 0 as an unsigned char."""
    o = np.ones(2, np.int32)
    SourceModule("__global__ void k(int *o, short h) { unsigned char c = -(float)h; o[0] = c; "
                 "c = -((double)h); o[1] = c; }").get_function("k")(InOut(o), np.int16(3), block=(1, 1, 1))
    assert o.tolist() == [0, 0]


def test_members_of_vectors_are_converted_too():
    o = np.zeros(8, np.uint8)
    SourceModule("""__global__ void k(const float *x, uchar4 *o) {
        o[0].x = x[0]; o[0].y = x[1]; o[0].z = x[2]; o[0].w = x[5];
        o[1] = make_uchar4(x[0], x[1], x[2], x[5]); }
        """).get_function("k")(In(X), InOut(o), block=(1, 1, 1))
    assert o.tolist() == [0, 44, 255, 3] * 2


def test_integers_and_pointers_are_left_alone():
    """Of 64 bits, none are lost; a narrower integer is cut, not clamped."""
    o = np.zeros(4, np.int64)
    SourceModule("""__device__ long long big(long long a) { return a; }
    __global__ void k(long long *o) {
        o[0] = big(-3000000000000LL); unsigned char c = big(300); o[1] = c; o[2] = (int)big(1LL << 33 | 5);
        o[3] = (size_t)(o + 1) - (size_t)o; }""").get_function("k")(InOut(o), block=(1, 1, 1))
    assert o.tolist() == [-3000000000000, 44, 5, 8]


AMOUNTS = np.array([0, 1, 5, 31, 32, 33, 63, 64, 100, 1 << 20, -1], np.int32)
SHIFTS = {    # in C, with the bits of the left operand and whether it has a sign
    "1u << n": (1, 32, False), "1 << n": (1, 32, True), "(unsigned char)200 << n": (200, 32, True),
    "1ull << n": (1, 64, False), "-8 >> n": (-8, 32, True), "0x80000000u >> n": (1 << 31, 32, False),
    "-8ll >> n": (-8, 64, True), "~0ull >> n": (2**64 - 1, 64, False),
    "~0u << n": (2**32 - 1, 32, False), "(2 + 3) << n": (5, 32, True), "a[0] << n": (7, 32, True),
    "a[n - n] >> n": (7, 32, True), "f(7) << n": (7, 32, True), "-a[0] >> n": (-7, 32, True),
}


def shifted(text, value, bits, signed, n):
    n = int(n) & 2**32 - 1
    if "<<" in text:
        return cut(value << n if n < bits else 0, bits, signed)
    return value >> min(n, bits)


STORE = "o[threadIdx.x] = %s;"
LOOP = "for (int k = 0; k < 2; k++) { o[threadIdx.x] = %s; }"
BOUND = {    # expressions, and what they are
    "(1u << n) - 1": lambda n: (1 << n) - 1 if 0 <= n < 32 else 2**32 - 1,
    "1 + 1 << n": lambda n: cut(2 << n, 32, True) if 0 <= n < 32 else 0,
    "1 << n << n": lambda n: cut(1 << 2 * n, 32, True) if 0 <= n < 32 else 0,
    "1 << n & 34": lambda n: (1 << n if 0 <= n < 32 else 0) & 34,
    "1 << (2 << n)": lambda n: cut(1 << (2 << n), 32, True) if 0 <= n < 4 else int(not 0 <= n < 31),
    "1 << n == 2 ? 5 : 1 >> n": lambda n: 5 if n == 1 else int(n == 0),
    "max(1 << n, 3)": lambda n: max(cut(1 << n, 32, True) if 0 <= n < 32 else 0, 3),
}
ASSIGNED = {    # statements, and what they store
    "int v = 3; v <<= n; o[threadIdx.x] = v;": lambda n: cut(3 << n, 32, True) if 0 <= n < 32 else 0,
    "unsigned v = 48; v >>= n; o[threadIdx.x] = v;": lambda n: 48 >> n if n >= 0 else 0,
    "o[threadIdx.x] = 3; o[threadIdx.x] <<= n;": lambda n: cut(3 << n, 64, True) if 0 <= n < 64 else 0,
}
BODIES = [*(body % text for body in (STORE, LOOP) for text in SHIFTS), *(STORE % text for text in BOUND),
          *ASSIGNED]


@functools.cache
def with_all_shifts():
    """A program with a kernel for each of the BODIES: k0, k1, ..."""
    kernels = (f"__global__ void k{n}(const int *m, long long *o) "
               f"{{ int a[1] = {{7}}; int n = m[threadIdx.x]; {body} }}\n" for n, body in enumerate(BODIES))
    return SourceModule("__device__ int f(int a) { return a; }\n" + "".join(kernels))


def launch_shift(body):
    o = np.zeros(len(AMOUNTS), np.int64)
    kernel = with_all_shifts().get_function(f"k{BODIES.index(body)}")
    kernel(In(AMOUNTS), InOut(o), block=(len(AMOUNTS), 1, 1))
    return o.tolist()


@pytest.mark.parametrize("text", SHIFTS)
def test_a_shift_by_all_bits_or_more_leaves_none(text):
    value, bits, signed = SHIFTS[text]
    right = [cut(shifted(text, value, bits, signed, n), 64, True) for n in AMOUNTS]
    assert launch_shift(STORE % text) == right
    assert launch_shift(LOOP % text) == right


@pytest.mark.parametrize("text", BOUND)
def test_shifts_bind_as_in_c(text):
    assert launch_shift(STORE % text) == [BOUND[text](int(n)) for n in AMOUNTS]


@pytest.mark.parametrize("body", ASSIGNED)
def test_assigning_shifts_do_the_same(body):
    assert launch_shift(body) == [ASSIGNED[body](int(n)) for n in AMOUNTS]


def test_memcheck_computes_the_same():
    with memcheck():
        module = SourceModule("__global__ void k(const float *x, unsigned char *o) { int i = threadIdx.x; "
                              "o[i] = x[i]; o[i] <<= i & 63; o[i] += 1.5f; }")
        assert run(module.get_function("k"), X[:2], "unsigned char") == [1, 89]


def test_constant_amounts_and_integers_stay_as_they_are():
    module = SourceModule("const int BITS = 5;\n__global__ void k(int *o, unsigned char c) { "
                          "int i = threadIdx.x; o[i] = (int)c << 3 | i >> BITS; unsigned u = i * 3; "
                          "o[i] += u << (2 + 2); }")
    assert "SH" not in module.opencl and "TO_" not in module.opencl


def test_pointers_move_by_what_is_computed():
    """A pointer to integers is no integer, though what it points to is; floor(1.5 * 2) = 3."""
    module = SourceModule("""
#define T int
struct S { T *p; };
__device__ float f(int n) { return n * 1.5f; }
__device__ int g(int n) { return n + 1; }
__global__ void k(T *A, int n)
{
    T *B = A;
    struct S s = {A};
    B += g(n); B += (int)f(n) - 3; *B += f(n);
    s.p += g(n) + 1; s.p[0] = f(n) + 0.75f; s.p += 1; *s.p = f(n);
}""")
    a = np.zeros(8, np.int32)
    module.get_function("k")(InOut(a), np.int32(2), block=(1, 1, 1))
    assert a.tolist() == [0, 0, 0, 3, 3, 3, 0, 0]
