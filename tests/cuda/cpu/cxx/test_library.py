"""What OpenCL C has not runs as C++, by the same driver: the same limits, errors and variables."""


import numpy as np
import pytest

from scratch.cuda import compiler, driver as cuda, engine
from scratch.cuda.cpu import cxx
from scratch.cuda.cpu.driver.devices import NotOnCPU
from scratch.cuda.cpu.memcheck import memcheck

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
needs_cxx = pytest.mark.skipif(cxx.find() is None, reason="no C++ compiler of GCC's for the second engine")

NEEDED = {    # what OpenCL C has not -> declarations, the body of a kernel, x[0 .. 3] after it
    "recursion": ("__device__ int fib(int n) { return n < 2 ? n : fib(n - 1) + fib(n - 2); }",
                  "x[t] = fib(10 + t);", [55, 89, 144, 233]),
    "lambdas": ("template <class F> __device__ int twice(F f, int n) { return f(f(n)); }",
                "int by = 3; auto f = [&](int n) { return n * by; }; x[t] = twice(f, t); by = 0; "
                "auto g = [=] __device__ (auto a) { return a + t + by; }; x[t] += g(1);", [1, 11, 21, 31]),
    "pointers to functions": (
        "__device__ float half(float a) { return a / 2; }\n"
        "__device__ float square(float a) { return a * a; }\ntypedef float (*Map)(float);\n"
        "__device__ Map maps[2] = {half, square};\n"
        "__device__ float both(Map f, Map g, float a) { return f(g(a)); }",
        "x[t] = both(maps[t % 2], square, t + 1.0f);", [0, 16, 4, 256]),
    "virtual functions": (
        "struct Shape { __device__ virtual float area() const = 0; __device__ virtual ~Shape() {} };\n"
        "struct Square : Shape { float a; __device__ Square(float a) : a(a) {}\n"
        "__device__ float area() const override { return a * a; } };\n"
        "class Box : public Square { float b; public: __device__ Box(float a, float b) : Square(a), b(b) {}\n"
        "__device__ float area() const override { return Square::area() * b; } };",
        "Square q(t); Box b(t, 3); Shape *s = t % 2 ? (Shape *)&b : &q; x[t] = s->area();", [0, 3, 4, 27]),
    "new": ("struct Node { int value; Node *next; };",
            "Node *list = nullptr; for (int i = 0; i < 4; i++) list = new Node{i * t, list};\n"
            "for (Node *n = list; n;) { x[t] += n->value; Node *m = n->next; delete n; n = m; }",
            [0, 6, 12, 18]),
    "any template": ("template <typename... T> __device__ int sum(T... a) { return (a + ... + 0); }\n"
                     "template <template <class> class W, class T> struct Hold { W<T> w; };\n"
                     "template <class T> struct Wrap { T v; };\n"
                     "template <class T> struct Big { static constexpr bool value = sizeof(T) > 4; };\n"
                     "template <> struct Big<char> { static constexpr bool value = true; };",
                     "Hold<Wrap, int> h{{t}}; x[t] = sum(1, 2, h.w.v) + 10 * Big<char>::value "
                     "+ Big<float>::value;",
                     [13, 14, 15, 16]),
    "cooperative groups besides what C can say": (
        "#include <cooperative_groups.h>\n#include <cooperative_groups/reduce.h>\n"
        "namespace cg = cooperative_groups;\n"
        "template <int (*F)(int, int)> __device__ int fold(cg::thread_block_tile<4> g, int v)\n"
        "{ for (int n = 2; n; n /= 2) v = F(v, g.shfl_xor(v, n)); return v; }\n"
        "__device__ int sum(int a, int b) { return a + b; }\n__device__ int two(cg::thread_group g) "
        "{ g.sync(); return g.size() + g.thread_rank(); }",
        "__shared__ int held[4]; auto block = cg::this_thread_block();\n"
        "cg::thread_block_tile<4> tile = cg::tiled_partition<4>(block); held[t] = t; cg::sync(block);\n"
        "x[t] = fold<sum>(tile, held[t]) + 10 * cg::reduce(tile, t, cg::greater<int>())"
        " + 100 * two(cg::tiled_partition(block, 2)) + 10000 * cg::inclusive_scan(tile, 1);\n"
        "if (t & 1) { auto some = cg::coalesced_threads();\n"
        "x[t] += 1000 * (some.size() + some.shfl(t, 1) * some.thread_rank()); }\n"
        "block.sync(); cg::memcpy_async(block, held, x, sizeof held); cg::wait(block); x[t] = held[t];",
        [10236, 22336, 30236, 45336]),
    "warp operations without a mask": (
        "", "int v = __shfl_down(t, 1, 4); if (t == 3) v = 9; x[t] = v + 10 * __any(t == 2) "
        "+ 20 * __all(t < 4) + 100 * __ballot(t & 1) + 10000 * __shfl(t, 3) "
        "+ 100000 * __popc(__match_any_sync(15, t / 3));", [331031, 331032, 331033, 131039]),
    "inverses of erf": (
        "", "double a[4] = {0.5, -0.999, 1e-9, 0.975}; double s = t ? 1 : 0;\n"
        "x[t] = erf(erfinv(a[t])) == a[t] || fabs(erf(erfinv(a[t])) / a[t] - 1) < 1e-14;\n"
        "x[t] += 2 * (fabs(erfinv(0.5) - 0.4769362762044699) < 1e-15) "
        "+ 4 * (fabs(normcdfinv(0.975) - 1.959963984540054) < 1e-14) "
        "+ 8 * (fabs(erfcinv(0.5) - 0.4769362762044699) < 1e-15) + 16 * isinf(erfinv(s * 1.0 + 1 - s)) "
        "+ 32 * isnan(normcdfinvf(1.5f)) + 64 * (fabs(erfcx(30.0) - 0.018795888861416751) < 1e-16);",
        [127, 127, 127, 127]),
    "volatile numbers that barriers keep apart": (
        "", "volatile __shared__ int held[4]; __shared__ volatile float last; held[t] = t + 1.9f;\n"
        "if (t == 3) last = 2.5f; __syncthreads(); int v = held[3 - t]; __syncthreads();\n"
        "held[t] *= v; held[t]++; __syncwarp(); x[t] = held[t ^ 1] + (int)(2 * last);", [12, 10, 10, 12]),
    "a shared array of the file": (
        "extern __shared__ int held[4];", "held[t] = t; __syncthreads(); x[t] = held[3 - t];", [3, 2, 1, 0]),
    "names that the system's headers have": (
        "using sig_t = int; struct stack_t { int a; }; __device__ sig_t raise(int a) { return a + 1; }\n"
        "__device__ int (*signal)(int) = raise;",
        "stack_t kill{raise(t)}; x[t] = kill.a + signal(t);", [2, 4, 6, 8]),
    "casts of casts": (
        "struct P { int a; __device__ P(int a) : a(a) { } }; typedef float F;",
        "float r = t + 0.75f; double d = (double)(int)r + (F)(unsigned char)(int)(r + 256); "
        "if (r == (float)(int)r) d = 9; if ((bool)(int)r) d += ((P)(int)r).a; int *p = (int *)(size_t)x; "
        "x[t] = d + (p == x) + -(float)(int)r;", [1, 3, 5, 7]),
    "the rest of C++": ("#include <type_traits>\n#include <utility>\nnamespace a { namespace b { "
                        "__constant__ int c[] = {7, 8}; enum class E : char { one = 1 }; } }\n"
                        "struct B { unsigned a : 3; };",
                        "int u[3] = {1, 2, 3}; for (int v : u) x[t] += v; B b{}; b.a = 9; x[t] += b.a;\n"
                        "if (const char *s = \"abc\"; s[1] == 'b') x[t] += a::b::c[t % 2]; "
                        "static_assert(std::is_same_v<decltype(t), int>);", [14, 15, 14, 15]),
}


@needs_cxx
@pytest.mark.parametrize("head, body, expected", NEEDED.values(), ids=NEEDED)
def test_what_opencl_c_has_not_runs_as_cxx_and_says_so(head, body, expected):
    """By hand."""
    text = f"{head}\nextern \"C\" __global__ void k(int *x) {{ int t = threadIdx.x; x[t] = 0; {body} }}"
    module = compiler.SourceModule(text, no_extern_c=True)
    assert module.info.startswith("C++, by ") and not module.info.endswith("asked for")
    x = np.full(4, -1, np.int32)
    module.get_function("k")(cuda.InOut(x), block=(4, 1, 1))
    assert x.tolist() == expected


@needs_cxx
def test_static_functions_are_overloaded_in_the_extern_c_that_pycuda_adds():
    """nvcc -ptx takes these, and g++ does not."""
    with cxx.alone():
        module = compiler.SourceModule("""
static __device__ int more(int a);
static __device__ float more(float a) { return a + 0.5f; }
static __device__ int more(int a) { return a + 1; }
static inline __device__ float3 operator*(float a, const float3 &b) { return make_float3(a * b.x, 0, 0); }
static inline __device__ float3 operator*(const float3 &b, float a) { return a * b; }
__global__ void k(float *x)
{
    x[threadIdx.x] += more(3) + more(0.25f) + (2.0f * make_float3(1, 0, 0) * 3.0f).x;
}""")
    x = np.zeros(2, np.float32)
    module.get_function("k")(cuda.InOut(x), block=(2, 1, 1))
    assert x.tolist() == [10.75, 10.75]


SOURCE = """
#include <cassert>
#define T 64
__constant__ float table[4] = {1, 2, 3, 4}, scale = 2;
__device__ int counter;
struct Pair { char a; double b; };
__device__ int down(int n) { return n ? down(n - 1) : 0; }
__global__ void look(float *out, int n)
{
    assert(n > 2);
    out[threadIdx.x] = table[threadIdx.x] * scale;
    atomicAdd(&counter, 1);
}
__global__ void __launch_bounds__(T) sizes(int *out, Pair p, int n)
{
    extern __shared__ int more[];
    __shared__ float held[T];
    more[threadIdx.x] = threadIdx.x;
    held[threadIdx.x] = p.b;
    __syncthreads();
    out[threadIdx.x] = more[T / 16 - 1 - threadIdx.x] + 10 * gridDim.y + (int)held[0] + p.a + down(n);
}
__global__ void uneven(int *out, int n)
{
    if (threadIdx.x < n) __syncthreads();
    out[threadIdx.x] = 1;
}
__global__ void apart(int *out)
{
    if (threadIdx.x < 2) __syncthreads();
    else
        __syncthreads();
}
__global__ void shuffled(int *out, unsigned mask, int n, int by)
{
    int t = threadIdx.x;
    if (t < n) out[t] = __shfl_sync(mask, t, t + by);
    __syncthreads();
}
__global__ void wild(int *out, long long far) { out[far] = 1; }
__global__ void divided(int *out, int n) { out[0] /= n; }
__device__ int deep(int *p, int n) { int a[8] = {n}; return n ? deep(a, n - 1) + p[0] : 0; }
__global__ void endless(int *out) { out[0] = deep(out, 1 << 30); }
__global__ void locked(int *out) { while (atomicCAS(out, 1, 2) != 1); }
__global__ void steps(int *out)
{
    volatile __shared__ int held[64];
    held[threadIdx.x] = 1;
    held[threadIdx.x] += held[threadIdx.x ^ 1];
    out[threadIdx.x] = held[threadIdx.x];
}
__global__ void turns(int *out)
{
    volatile __shared__ int turn;
    if (threadIdx.x == 3) turn = 1;
    while (turn == 0) ;
}
__global__ void plain(int *out, int n) { out[threadIdx.x] = n; }
"""


@pytest.fixture(scope="module")
def module():
    return compiler.SourceModule(SOURCE)


@pytest.fixture
def out():
    return np.zeros(64, np.int32)


@needs_cxx
def test_variables_parameters_and_dynamic_memory_are_the_drivers(module, out):
    look = module.get_function("look")
    found = np.zeros(4, np.float32)
    look(cuda.Out(found), np.int32(3), block=(4, 1, 1))
    address, size = module.get_global("table")
    cuda.memcpy_htod(address, np.float32([9, 8, 7, 6]))
    look(cuda.Out(found), np.int32(3), block=(4, 1, 1))
    assert found.tolist() == [18, 16, 14, 12] and size == 16
    assert cuda.from_device(module.get_global("counter")[0], 1, np.int32) == 8
    again = compiler.SourceModule(SOURCE)        # has variables of its own
    assert cuda.from_device(again.get_global("counter")[0], 1, np.int32) == 0
    sizes = module.get_function("sizes")
    pair = np.zeros(1, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    pair["a"], pair["b"] = 5, 200
    sizes(cuda.InOut(out), pair[0], np.int32(7), block=(4, 1, 1), grid=(2, 3, 1), shared=16)
    assert out[:4].tolist() == [238, 237, 236, 235]
    assert sizes.shared_size_bytes == 256 and sizes.max_threads_per_block == 64


REFUSED = {    # kernel, arguments, how, error, what it says
    "a false assertion": ("look", [2], {}, cuda.LogicError, "assertion in line 10 is false"),
    "too many threads": ("sizes", [np.zeros(2).view("V16")[0], 1], dict(block=(65, 1, 1)), cuda.LogicError,
                         "may have 64"),
    "no memory shared at the launch": ("sizes", [np.zeros(2).view("V16")[0], 1], {}, cuda.LogicError,
                                       "line 16.* write shared="),
    "a size that is no NumPy's": ("plain", [np.int64(1)], {}, cuda.LaunchError, "int n, has 4 bytes, and 8"),
    "too few arguments": ("plain", [], {}, cuda.LogicError, "takes 2 arguments"),
    "a barrier that some miss": ("uneven", [3], {}, cuda.LaunchError,
                                 r"uneven, line 25: in block \(0, 0, 0\) thread \(0, 0, 0\) waits .* "
                                 r"\(3, 0, 0\) has left"),
    "two barriers": ("apart", [], {}, cuda.LaunchError, r"apart, line 30: .*the one in line 32"),
    "lanes that do not come": ("shuffled", [np.uint32(15), 3, 0], {}, cuda.LaunchError,
                               "line 37: .*same mask"),
    "a lane that is not there": ("shuffled", [np.uint32(15), 4, 1], dict(block=(4, 1, 1)), cuda.LaunchError,
                                 r"line 37: .*\(3, 0, 0\) takes the value of a lane that takes no part"),
    "a mask without oneself": ("shuffled", [np.uint32(3), 4, 0], {}, cuda.LaunchError, "line 37: .*own lane"),
    "an address that is none": ("wild", [np.int64(1 << 44)], {}, cuda.LaunchError, "no memory"),
    "a quotient by zero": ("divided", [0], {}, cuda.LaunchError, "divided an integer by zero"),
    "recursion without end": ("endless", [], {}, cuda.LaunchError, "larger stack"),
    "threads in step": ("steps", [], {}, cuda.LaunchError, "volatile number that another thread used"),
    "a wait for a volatile number": ("turns", [], {}, cuda.LaunchError, "volatile number|for what no other"),
    "a lock that nobody frees": ("locked", [], {}, cuda.LaunchError, "line 44: .* waits, by an atomic"),
}


@needs_cxx
@pytest.mark.parametrize("name, arguments, how, error, says", REFUSED.values(), ids=REFUSED)
def test_what_goes_wrong_is_an_error_and_python_lives(module, out, name, arguments, how, error, says):
    given = [np.int32(a) if isinstance(a, int) else a for a in arguments]
    with pytest.raises(error, match=says):
        module.get_function(name)(cuda.InOut(out), *given, **{"block": (4, 1, 1), **how})
    module.get_function("plain")(cuda.InOut(out), np.int32(7), block=(4, 1, 1))
    assert out[:4].tolist() == [7] * 4


LAUNCHES = """
template <typename T> __global__ void fill(T *x, T value, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) x[i] = value;
}
extern "C" {
__global__ void halves(int *x, int begin, int end)
{
    if (end - begin == 1) { x[begin] = gridDim.x * begin; return; }
    int middle = (begin + end) / 2;
    halves<<<1, 1>>>(x, begin, middle);
    halves<<<dim3(2), dim3(1, 1), 0, cudaStreamFireAndForget>>>(x, middle, end);
}
__global__ void sum(int *x, int n, int *order)
{
    extern __shared__ int held[];
    held[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    for (int i = 1; i < n; i++) if (!threadIdx.x) held[0] += held[i];
    if (!threadIdx.x) { x[n] = held[0]; order[atomicAdd(order, 1)] = n; }
}
__global__ void parent(int *x, int *order)
{
    __shared__ int own;
    own = 8;
    __syncthreads();
    if (threadIdx.x == 0) sum<<<1, 8, 8 * sizeof(int), cudaStreamTailLaunch>>>(x, own, order);
    if (threadIdx.x == 1) { fill<<<1, 32>>>(x, x[1] + 1, 4); sum<<<1, 2, 8>>>(x, 2, order); }
    if (threadIdx.x == 2) fill<int><<<4, 2>>>(x + 4, 2.9f, 4);
    x[threadIdx.x] = 40;
}
__global__ void wrong(int *x, int what)
{
    int mine = 0;
    if (what == 0) fill<int><<<1, 1025>>>(x, 0, 0);
    if (what == 1) wrong<<<1, 1>>>(x, 1);
    if (what == 2) fill<int><<<1, 1>>>(&mine, 0, 0);
    if (what == 3) wrong<<<2, dim3(2, 2)>>>(x, 4);
    if (what == 4 && threadIdx.y) x[1ll << 40] = 0;
}
}
"""


@pytest.fixture(scope="module")
def launches():
    return compiler.DynamicSourceModule(LAUNCHES, no_extern_c=True)


@needs_cxx
def test_a_kernel_launches_kernels_which_run_in_their_order_when_it_has_returned(launches):
    """By hand, after the programming guide: arguments are those of the launch, grandchildren are done before
    the next child of the block begins, and a tail launch comes last."""
    x = np.full(9, -1, np.int32)
    launches.get_function("halves")(cuda.InOut(x), np.int32(0), np.int32(8), block=(1, 1, 1))
    assert x.tolist() == [0, 2, 2, 6, 4, 10, 6, 14, -1]
    x, order = np.full(9, 5, np.int32), np.ones(4, np.int32)
    launches.get_function("parent")(cuda.InOut(x), cuda.InOut(order), block=(4, 1, 1))
    assert x.tolist() == [6, 6, 12, 6, 2, 2, 2, 2, 38] and order.tolist() == [3, 2, 8, 1]


@needs_cxx
@pytest.mark.parametrize("what", range(4))
def test_what_goes_wrong_in_a_launch_of_a_kernel_says_where(launches, what):
    says = ["wrong, line 36: .*is empty or too large", "wrong, launched by wrong, line 37: .*deeper than 24",
            "wrong, line 38: .*its own or its block's",
            r"wrong, launched by wrong: in block \(0, 0, 0\) thread \(0, 1, 0\) used an address"]
    with pytest.raises(cuda.LaunchError, match=says[what]):
        launches.get_function("wrong")(cuda.InOut(np.zeros(4, np.int32)), np.int32(what), block=(1, 1, 1))
    x = np.full(9, -1, np.int32)
    launches.get_function("halves")(cuda.InOut(x), np.int32(0), np.int32(1), block=(1, 1, 1))
    assert x[0] == 0


@needs_cxx
def test_texts_are_linked_and_keep_what_is_their_own(capfd, tmp_path):
    (tmp_path / "pair.h").write_text("struct Pair { int a, b; };\n__device__ int both(Pair p);\n"
                                     "extern __device__ int count;\n")
    one = """#include "pair.h"
#define N 3
static __device__ int own(int n) { return n + N; }
__global__ void first(int *x)
{
    extern __global__ void second(int *, int);
    x[0] = both(Pair{own(1), 2});
    second<<<2, 1>>>(x, count);
}"""
    other = """#include "pair.h"
static __device__ int own(int n) { return n * 100; }
__device__ int count = 7;
__device__ int both(Pair p) { return own(p.a) + p.b; }
#ifndef N
__global__ void second(int *x, int n) { x[1 + blockIdx.x] = own(n) + count++; }
#endif"""
    module = compiler.DynamicModule(include_dirs=[str(tmp_path)])
    assert module.add_source(one).add_source(other).add_stdlib("cudadevrt").link() is module
    x = np.zeros(3, np.int32)
    module.get_function("first")(cuda.InOut(x), block=(1, 1, 1))
    assert x.tolist() == [402, 707, 708] and module.info.endswith("several texts")
    assert cuda.from_device(module.get_global("count")[0], 1, np.int32) == 9
    for texts, says in (([one], "undefined reference to `both"),
                        ([one, other, other], "multiple definition of"),
                        ([one, other.replace("p.b;", "p.c;")], "kernel.cu:13: .*\n *13 | .*p.c")):
        with pytest.raises(cuda.CompileError, match=says):
            module = compiler.DynamicModule(include_dirs=[str(tmp_path)])
            for text in texts:
                module.add_source(text)
            module.link()
    with memcheck(), pytest.raises(NotOnCPU, match="several texts"):
        compiler.DynamicModule(include_dirs=[str(tmp_path)]).add_source(one).add_source(other).link()


@needs_cxx
def test_freed_memory_is_the_drivers_error(module, out):
    there = cuda.to_device(out)
    there.free()
    with pytest.raises(cuda.LogicError, match="freed"):
        module.get_function("plain")(there, np.int32(7), block=(4, 1, 1))


@needs_cxx
def test_a_mistake_in_cxx_is_shown_in_the_readers_line():
    text = "__global__ void k(int *x)\n{\n    auto f = [](int a) { return a + y; };\n    x[0] = f(1);\n}"
    with pytest.raises(cuda.CompileError, match="kernel.cu:3: 'y' was not declared") as caught:
        compiler.SourceModule(text)
    assert not isinstance(caught.value, NotOnCPU) and "3 |     auto f" in str(caught.value)
    with pytest.raises(cuda.CompileError, match="read-only"):      # as nvcc says of a __constant__
        compiler.SourceModule("__constant__ int c;\n"
                              "__global__ void k() { auto f = [](int a) { c = a; }; f(1); }")


def test_without_a_compiler_the_first_engines_error_stands(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(NotOnCPU, match="lambdas.*\n.*\nWith a C\\+\\+ compiler, GCC's"):
        compiler.SourceModule("__global__ void k(int *x) { auto f = [] { return 1; }; x[0] = f(); }")


def test_what_no_engine_can_do_is_refused_by_name_and_memcheck_needs_the_first():
    with pytest.raises(NotOnCPU, match="half precision"):
        compiler.SourceModule("__global__ void k(float *x) { auto f = [] { return __float2half(1); }; }")
    with memcheck(), pytest.raises(NotOnCPU, match="lambdas"):
        compiler.SourceModule("__global__ void k(int *x) { auto f = [] { return 1; }; x[0] = f(); }")
