"""What functions call, share and need is found out through every function between them."""

import pytest

from scratch.cuda.cpu.translator.accesses import Watch
from scratch.cuda.cpu.translator.analysis import (
    analyse, assigned_last, functions_that_wait, integers, reached)
from scratch.cuda.cpu.translator.barriers import COUNTING
from scratch.cuda.cpu.translator.declarations import Source
from scratch.cuda.cpu.translator.tokens import SourceError, Unsupported, tokenize

CHAIN = """
__constant__ float scale;
const int N = 4;
const int TWICE = 2 * N;
const float HALF = 0.5f;
__device__ float scaled(float x) { return scale * x; }
__device__ float through(float x) { return scaled(x) + HALF; }
__device__ float alone(float x) { return x + N; }
__device__ void wait() { __syncthreads(); }
__global__ void k(float *x) { x[0] = through(x[1]) + alone(x[2]); wait(); }
"""


def analysed(text, watch=None):
    source = Source(text)
    analyse(source, watch)
    return source


def text(tokens):
    return " ".join(token.text for token in tokens)


def same(tokens, text):
    return [token.text for token in tokens] == [token.text for token in tokenize(text)]


def functions(source):
    return {function.name: function for function in source.all_functions()}


def test_who_calls_what_needs_the_context_needs_it_too():
    found = functions(analysed(CHAIN))
    assert {name: function.context for name, function in found.items()} == {
        "scaled": True, "through": True, "alone": False, "wait": False, "k": True}
    assert found["k"].calls == {"through", "alone", "wait"}
    watched = analysed(CHAIN, Watch()).all_functions()
    assert all(function.context for function in watched), "memcheck is in all"


def test_everything_that_a_kernel_reaches_is_listed_once():
    source = analysed(CHAIN)
    assert [function.name for function in reached(source, functions(source)["k"])] == [
        "k", "alone", "through", "scaled", "wait"]


def test_a_function_that_calls_one_with_a_barrier_waits():
    assert functions_that_wait(Source(CHAIN)) == {"__syncthreads", "wait", "k"} | COUNTING


def test_constants_of_the_file_are_numbers_where_they_are_integers():
    source = Source("const int N = 4; const int TWICE = 2 * N; constexpr float HALF = 0.5f;")
    assert integers(source) == {"N": 4, "TWICE": 8}


def test_shared_memory_leaves_the_body_with_its_sizes_as_numbers():
    [k] = analysed("__global__ void k(float *x)\n{\n    const int T = 2 * 8;\n"
                   "    __shared__ float part[T][T + 1], sum;\n"
                   "    extern __shared__ int more[];\n    part[0][0] = sum = more[0];\n}").all_functions()
    [part, total] = k.shared
    assert same(part, "float part[16][16 + 1];") and same(total, "float sum;")
    assert "__shared__" not in text(k.body) and k.dynamic
    assert same(k.names["sum"], "(((struct k_shared *)context_->k_shared)->sum)")
    assert same(k.names["more"], "((int *)context_->dynamic)")


@pytest.mark.parametrize("cpp, c", [
    ("int i(3);", "int i = (3);"), ("int i{3}, j;", "int i = {3}, j;"), ("dim3 d;", "dim3 d = make_dim3();"),
    ("dim3 d(4, 2);", "dim3 d = make_dim3(4, 2);"), ("dim3 *d;", "dim3 *d;"),
    ("static const int t[2] = {1, 2};", "const int t[2] = {1, 2};"),
    ("struct P { int a; };", "struct P { int a; }; typedef struct P P;")])
def test_a_declaration_of_cpp_is_written_as_c_has_it(cpp, c):
    [f] = analysed(f"__device__ void f() {{ {cpp} }}").all_functions()
    assert same(f.body, f"{{ {c} }}")


@pytest.mark.parametrize("cpp, c", [
    ("c ? a = 1 : s = b >> 1", "c ? a = 1 : (s = b >> 1)"),
    ("f(c ? a : s += b, d = 2)", "f(c ? a : (s += b), d = 2)"),
    ("c ? a : d ? e : s = b, t = 1", "c ? a : d ? e : (s = b), t = 1"),
    ("c ? d ? a : s = b : t = e", "c ? d ? a : (s = b) : (t = e)"),
    ("c ? a : s = d ? e : t = b", "c ? a : (s = d ? e : (t = b))"),
    ("s = c ? a : b, t = c ? (a = 1) : x[i = 3]", "s = c ? a : b, t = c ? (a = 1) : x[i = 3]"),
])
def test_an_assignment_behind_a_colon_is_one_as_in_cpp(cpp, c):
    assert same(assigned_last(tokenize(cpp)), c)


@pytest.mark.parametrize("wrong, error, what", [
    ("__device__ int f(int n) { return n ? f(n - 1) : 0; }", Unsupported, "f calls itself"),
    ("__device__ int g(int n); __device__ int f(int n) { return g(n); }\n"
     "__device__ int g(int n) { return f(n); }",
     Unsupported, "calls itself"),
    ("__device__ int g(); __device__ int f() { return g(); }", SourceError,
     "declared, and called, and not defined"),
    ("__global__ void f() { __shared__ int n = 3; }", SourceError, "cannot be given a value"),
    ("__global__ void f() { __shared__ int n[3]; { int n = 4; } }", Unsupported, "the name of an array"),
    ("__global__ void f() { static int n; }", Unsupported, "a variable that a function keeps")])
def test_what_cannot_run_is_refused(wrong, error, what):
    with pytest.raises(error, match=what):
        analysed(wrong)
