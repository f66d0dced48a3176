"""Templates give what the instance written by hand gives, and are refused where they cannot."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.driver.devices import CompileError
from scratch.cuda.cpu.translator.tokens import Unsupported
from scratch.cuda.cpu.translator.translate import translate

SOURCE = """
template <typename T, int N> struct Stack {
    T held[N];
    int n;
    __device__ void push(T v) { held[n++] = v; }
    __device__ T pop() { return held[--n]; }
};
template <typename T> struct Pair { T first; Stack<T, 2> rest; };
template <typename T> __device__ T larger(T a, T b) { return a > b ? a : b; }
template <typename T, int N> __device__ T sum(const T *p)
{
    T s = 0;
    for (int i = 0; i < N; i++) s += p[i];
    return s;
}
template <int N> __device__ int factorial() { int f = 1; for (int i = 2; i <= N; i++) f *= i; return f; }
template <class A, class B = float> __device__ B half(A a) { return (B)a / 2; }
template <typename T> __device__ void exchange(T &a, T &b) { T c = a; a = b; b = c; }
template <typename T> __device__ T nobody(T a) { return a.no_such_member; }
template <typename T, int N> __device__ T tail(const T *p) { return larger(sum<T, N>(p), p[N]); }
constexpr int K = 3;
extern "C" __global__ void k(float *o, const float *in, const unsigned char *bytes, int n)
{
    Stack<float, 4> s; s.n = 0; s.push(1); s.push(2.5f);
    o[0] = s.pop() + 10 * s.pop();
    o[1] = larger(n, 3) + larger(in[0], 0.5f) + larger<double>(1, 2.25);
    o[2] = sum<float, K>(in) + factorial<5>() + factorial<K + 1>();
    o[3] = half(n) + half<int, int>(n);
    float a = 1, b = 2; exchange(a, b); o[4] = a * 10 + b;
    Pair<int> p; p.first = 7; p.rest.n = 0; p.rest.push(2); o[5] = p.first + p.rest.pop();
    o[6] = tail<float, 2>(in); o[7] = sum<unsigned char, 2>(bytes);
}"""


def test_instances_are_made_for_types_and_numbers():
    """By hand: 2.5 + 10; 7 + 1 + 2.25; 6 + 120 + 24; 3.5 + 3; 21; 9; max(3, 3); 200 + 100 mod 256."""
    o = np.zeros(8, np.float32)
    SourceModule(SOURCE, no_extern_c=True).get_function("k")(
        cuda.InOut(o), cuda.In(np.float32([1, 2, 3])), cuda.In(np.uint8([200, 100])), np.int32(7),
        block=(1, 1, 1))
    assert o.tolist() == [12.5, 10.25, 150, 6.5, 21, 9, 3, 44]


def test_a_template_has_no_c_linkage():
    """nvcc: this declaration may not have extern "C" linkage, which is what SourceModule gives it."""
    with pytest.raises(CompileError, match="kernel.cu:2: .*no_extern_c=True"):
        SourceModule(SOURCE)


@pytest.mark.parametrize("text, what", [
    ("template <typename... T> __device__ int f(T... t) { return 0; }", "any number"),
    ("template <> __device__ int f<int>(int a) { return a; }", "specialisation"),
    ("template <typename T> T value = 3;", "variable"),
    ("template <typename T> __device__ T f(T a) { return a; }\n"
     "__global__ void k(int *x) { x[0] = f(unknown(3)); }", r"write them, as in f<float>"),
    ("template <int N> __device__ int f() { return f<N + 1>(); }\n"
     "__global__ void k(int *x) { x[0] = f<0>(); }", "more than 100"),
])
def test_what_is_left_out_is_refused_by_name(text, what):
    with pytest.raises(Unsupported, match=what):
        translate(text)
