"""CUDA C++ becomes C++: its words go, lines stay, and a launch learns what it has to know."""

import pytest

from scratch.cuda.cpu.cxx.rewrite import rewrite
from scratch.cuda.cpu.translator.tokens import SourceError, Unsupported

SOURCE = """__constant__ float scale[2];
__device__ int count = 3;
__host__ int main() { return 0; }
extern "C" __global__ void __launch_bounds__(64) k(float *x, unsigned long long n)
{
    extern __shared__ float held[];
    printf("%d", count);
}
"""


def test_a_launch_learns_kernels_bounds_and_variables():
    made = rewrite(SOURCE)
    assert [(p.name, p.type) for p in made.kernels["k"]] == [("x", "float *"), ("n", "unsigned long long")]
    assert made.bounds == {"k": "64"} and made.variables == ["scale", "count"]
    assert made.constant == {"scale"} and made.prints and not made.complex


def test_words_of_cuda_and_functions_of_the_host_go_and_lines_stay():
    body, number, at = rewrite(SOURCE).body, 0, {}
    for line in body.splitlines():
        number = int(line.split()[1]) - 1 if line.startswith("#line") else number + 1
        at[line.strip()] = number
    gone = ("__global__", "__device__", "__constant__", "__shared__", "main")
    assert not any(word in body for word in gone)
    assert at['printf("%d", count);'] == 7 == SOURCE[:SOURCE.index("printf")].count("\n") + 1


def test_variables_of_the_host_go_and_those_of_the_device_and_constants_stay():
    kept = ["__device__ int d;", "const int c = 4;", "constexpr int e = 5;", "struct S { int a; };",
            "typedef int I;", "__device__ S *s(I);", "enum E { one };", "using F = float;"]
    body = rewrite("int n = 3, *p; static float t[2] = {1, 2}; int f(int); " + "\n".join(kept)).body
    assert "n = 3" not in body and "t[2]" not in body and "f(int)" not in body
    for text in kept:
        assert text.removeprefix("__device__ ") in body


def test_a_size_in_brackets_makes_no_function_of_a_variable():
    made = rewrite("__device__ int held[(1 << 4)][5], *at; __device__ int (*table[2])(int), f(int);")
    assert made.variables == ["held", "at", "table"]


def test_volatile_is_watched_in_shared_memory_and_refused_where_it_is_passed_on():
    body = rewrite("__global__ void k() { volatile __shared__ unsigned int a[2]; __shared__ float b; }").body
    assert "static scratch_::Volatile<unsigned int> a[2];" in body and "static float b;" in body
    with pytest.raises(Unsupported, match="volatile"):
        rewrite("__device__ void fold(volatile float *s, int t) { s[t] += s[t + 16]; }")


def test_what_only_a_gpu_has_is_refused_by_name():
    with pytest.raises(Unsupported):
        rewrite("texture<float, 1> t;\n__global__ void k(float *x) { x[0] = tex1D(t, 0); }")


LAUNCH = "__global__ void k(float *x, int n) { %s }"


@pytest.mark.parametrize("given, written", [
    ("k<<<1, n>>>(x, 1);", 'scratch_::launched("k", k, scratch_::shape(1, n))(x, 1);'),
    ("if (n) a::k<P<int>> <<<n >> 1, 32, 0, cudaStreamTailLaunch>>> (x, n);",
     'if (n) scratch_::launched("a::k<P<int>>", a::k<P<int>>, scratch_::shape(n >> 1, 32, 0, '
     'cudaStreamTailLaunch)) (x, n);'),
    ("__shared__ float s[4], t; k<<<1, 1>>>(x, s[0] + t);", "(x, s[0] + t);"),
    ("{ __shared__ float x[4]; } k<<<1, 1>>>(x, 1);", "(x, 1);"),
])
def test_launches_of_a_kernel_are_calls_where_texts_are_linked(given, written):
    text = LAUNCH % given
    assert written in rewrite(text, launches=True).body
    with pytest.raises(SourceError, match="DynamicSourceModule"):
        rewrite(text)


@pytest.mark.parametrize("given", ["k<<<1, 1>>>;", "__shared__ float s[4]; k<<<1, 1>>>(s, 1);",
                                   "__shared__ float s; k<<<1, 1>>>(&s, 1);"])
def test_a_launch_without_arguments_or_with_what_is_gone_by_then_is_a_mistake(given):
    with pytest.raises(SourceError, match="arguments are expected|shared memory of this block"):
        rewrite(LAUNCH % given, launches=True)


def test_a_function_whose_template_has_a_default_ends_where_it_ends():
    """Else the kernels behind it would be taken for a part of it."""
    made = rewrite("""
    template <class T> struct Held { typedef T type; };
    template <typename T, typename H = Held<Held<T>>>
    __device__ T twice(typename Held<T>::type a) { return 2 * a; }
    template <typename T> __device__ T more(T a, T b = T(), int c = {}) { return a + b; }
    extern "C" { __global__ void k(float *x) { x[0] = twice<float>(x[0]); } }""")
    assert list(made.kernels) == ["k"]
