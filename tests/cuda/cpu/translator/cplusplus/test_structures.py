"""Structures with functions do what C++ makes of them; what is left out is refused by name."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.translator.tokens import SourceError, Unsupported
from scratch.cuda.cpu.translator.translate import translate

SOURCE = """
struct V {
    float x, y;
    __device__ V() : x(0), y(0) { }
    __device__ V(float a, float b = 1.5f) : x(a), y(b) { if (a < 0) { x = 0; return; } y += extra(); }
    __device__ float extra() const { return 0.25f; }
    __device__ float dot(const V &o) const { return x * o.x + y * o.y; }
    __device__ V &scale(float s) { x *= s; this->y *= s; return *this; }
    __device__ V operator+(const V &o) const { return V(x + o.x, y + o.y - 0.25f); }
    __device__ V operator-() const { return V(-x, -y); }
    __device__ float &operator[](int i) { return i ? y : x; }
    __device__ void operator+=(const V &o) { x += o.x; y += o.y; }
    __device__ static V unit(int n) { V v; v.x = n; return v; }
    __device__ float outside() const;
};
__device__ float V::outside() const { return x - y; }
__device__ V operator*(float s, const V &v) { V r = v; return r.scale(s); }
class Row { public:
    int count; float *held;
    __device__ float &at(int i) { return held[i]; }
    private:
    __device__ int twice() { return 2 * count; }
    public:
    __device__ int all() { return twice() + count; }
};
struct A { int a; float b; };
__device__ A pair(int a) { return {a, 2.5f}; }
__global__ void k(float *o, float *in, int n)
{
    V v(1, 2), w, u(3), made{4, 5};
    o[0] = v.x; o[1] = v.y; o[2] = w.x; o[3] = u.y;
    o[4] = v.dot(u); v.scale(2); o[5] = v.x;
    V s = v + u; o[6] = s.x; o[7] = s.y; s += u; o[8] = s.x; s[1] = 7; o[9] = s.y + s[0];
    V q = 2 * (v + u); o[10] = q.x; o[11] = (-q).x; o[12] = V::unit(5).x;
    A a = A{3, 0.5f}; o[13] = a.a + pair(4).b + pair(n).a;
    V *p = &v; o[14] = p->dot(*p) + (*p).dot(V(1, 0)) + p->outside();
    Row row = {3, in}; row.at(1) = 8; o[15] = in[1] + row.all(); o[16] = made.y;
}"""


def test_constructors_functions_and_operators():
    """The numbers are g++'s for the same text; the first by hand: 1, 2 + 0.25, 0, 1.5 + 0.25."""
    o, given = np.zeros(17, np.float32), np.float32([1, 2, 3])
    SourceModule(SOURCE).get_function("k")(cuda.InOut(o), cuda.InOut(given), np.int32(7), block=(1, 1, 1))
    assert o.tolist() == [1, 2.25, 0, 1.75, 6.9375, 2, 5, 6.25, 8, 15, 10, 0, 5, 12.5, 24.875, 17, 5.25]


REFUSED = {
    "struct S { int n; __device__ ~S() { } };": "destructors",
    "struct S { int n; virtual __device__ int f() { return n; } };": "virtual functions",
    "struct S { int n; __device__ operator int() { return n; } };": "conversion",
    "struct S { int n = 3; };": "value of its own",
    "struct S { int n, m; __device__ S(const S &s) : n(s.n), m(0) { } };": "only copy",
    "struct S { int n; __device__ void operator=(const S &s) { n = s.n + 1; } };": "only copy",
    "struct S { int n; __device__ S() : n(3) { } };\n__global__ void k(int *x) { S s[4]; x[0] = s[1].n; }":
        "an array of S",
    "struct A { int n; };\nstruct B : A { __device__ int f() { return n; } };": "made from another",
}


@pytest.mark.parametrize("text, what", REFUSED.items(), ids=REFUSED.values())
def test_what_is_left_out_is_refused_by_name_and_line(text, what):
    with pytest.raises(Unsupported, match=r"kernel.cu:\d: .*" + what):
        translate(text)


HOLDING = """
using real = float;
struct V {
    real x, y;
    __device__ V() : x(7), y(8) { }
    __device__ V(real y, real x) : x(x * 10), y(y) { }
    __device__ V operator+(const V &o) const { return {y + o.y, (x + o.x) / 10}; }
    __device__ friend V operator*(real s, const V &v) { return V(s * v.y, std::sqrt(v.x)); }
    __device__ real operator[](int i) const { return i ? y : x; }
    __device__ real &operator[](int i) { return i ? y : x; }
    void print() const { std::cout << x; }
};
struct Q { V v; int n; };
struct R { Q q; V w; __device__ R(int m) : w(m, 2) { q.n = m; } };
__global__ void k(float *o)
{
    V a(1, 2), b = a + a, c = 3.0f * V(2, 1.6f);
    o[0] = a.x; o[1] = b.x; o[2] = b.y; o[3] = c[0]; c[1] = 5; o[4] = c.y;
    Q q; o[5] = q.v.x; q = Q{V(1, 3), 2}; o[6] = q.v.x + q.n;
    R r(4); o[7] = r.q.v.y + r.q.n + r.w.x;
    V all[2] = {V(1, 2), V(3, 4)}; o[8] = all[1].x;
}"""


def test_constructors_are_called_where_cplusplus_calls_them():
    """The numbers are g++'s: V(y, x) keeps 10 x, so a list in braces is no list of its members."""
    o = np.zeros(9, np.float32)
    SourceModule(HOLDING, no_extern_c=True).get_function("k")(cuda.Out(o), block=(1, 1, 1))
    assert o.tolist() == [20, 40, 2, 40, 5, 7, 32, 32, 40]


@pytest.mark.parametrize("value", ["Q q = {2, 3};", "Q q = {{1, 2}, 3};", "V q[2] = {1, 2};", "Q q[2];",
                                   "Q q = Q{2, 3};"])
def test_lists_that_constructors_would_be_called_for_are_refused(value):
    with pytest.raises(Unsupported, match="constructor"):
        translate(HOLDING.replace("V a(1, 2)", f"{value} V a(1, 2)"))


def test_a_function_that_its_structure_does_not_declare_is_wrong():
    with pytest.raises(SourceError, match="S::f is not declared in S"):
        translate("struct S { int n; };\n__device__ int S::f() { return n; }")


def test_copies_that_only_copy_are_c_s_own():
    """PyCUDA's own test of reductions has them, with volatile, for minima and maxima."""
    text = """struct S { float a, b;
        __device__ S() { }
        __device__ S(S const &s) : a(s.a), b(s.b) { }
        __device__ S(S const volatile &s) : a(s.a), b(s.b) { }
        __device__ S volatile &operator=(S const &s) volatile { a = s.a; b = s.b; return *this; } };
    __global__ void k(S *x) { S s = x[0]; x[1] = s; }"""
    assert "volatile" not in translate(text).text.partition("#line")[2]


def test_a_copy_may_be_asked_for():
    x = np.float32([5, 0, 0])
    module = SourceModule("""
struct S { float a;
    __device__ S(void) { a = 1; };
    __device__ S(const float &a) : a(a) { };
    __device__ S(const S &s) : a(s.a) { } };
__device__ float twice(S s) { return 2 * s.a; }
__global__ void k(float *x) { S s(x[0]), t(s), u = t; x[1] = t.a + u.a; x[2] = twice(S(u)); }""")
    assert module.info.startswith("OpenCL C")
    module.get_function("k")(cuda.InOut(x), block=(1, 1, 1))
    assert x.tolist() == [5, 10, 10]
