"""What a kernel of CUDA C computes on the CPU is what CUDA says it computes.

The oracle is NumPy, or the arithmetic in the test.  Each text is also compiled by nvcc where it is at hand,
for two generations of GPUs, to prove that what is accepted here is CUDA C.
"""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from scratch.cuda import compiler, driver
from scratch.cuda.cpu.translator.tokens import SourceError, Unsupported
from scratch.cuda.cpu.translator.translate import translate

TEXTS = {
    "indices in three dimensions": """
__global__ void kernel(float *out, int n)
{
    unsigned int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    unsigned int z = blockIdx.z * blockDim.z + threadIdx.z;
    int width = gridDim.x * blockDim.x, height = gridDim.y * blockDim.y;
    out[(z * height + y) * width + x] = 100 * z + 10 * y + x;
}""",
    "shared memory, static and at launch": """
#define T 8
__global__ void kernel(float *out, int n)
{
    const int extra = 1;
    __shared__ float tile[T][T + extra], other[T * T];
    __shared__ int count;
    extern __shared__ float more[];
    int i = threadIdx.y * T + threadIdx.x;
    if (i == 0) count = 0;
    other[i] = more[i] = i;
    __syncthreads();
    atomicAdd(&count, 1);
    tile[threadIdx.x][threadIdx.y] = other[T * T - 1 - i] + more[i];
    __syncthreads();
    out[i] = tile[threadIdx.y][threadIdx.x] + count + sizeof(tile) / sizeof(tile[0]);
}""",
    "functions, overloads and variables": """
__constant__ float weights[3] = {1, 10, 100};
__device__ int calls = 7;
const int OFFSET = 2;
static const float HALF = 0.5f;
__device__ float twice(float x);
__device__ __forceinline__ float twice(float x) { return 2 * x; }
__device__ int twice(int x) { return 2 * x + 1; }
__device__ float weighted(const float *__restrict__ x, int stride)
{
    return weights[0] * x[0] + weights[1] * x[stride];
}
__device__ void put(float *where, float what) { *where = what + weights[2]; }
__global__ void kernel(float *out, int n)
{
    float mine[OFFSET] = {1.0f, HALF};
    int i = threadIdx.x;
    atomicAdd(&calls, 1);
    put(&out[i], twice(mine[0]) + twice(3) + weighted(mine, 1) + i * OFFSET);
    __syncthreads();
    if (i == 0) out[n - 1] = calls;
}""",
    "vectors and casts": """
struct Pair { int number; float3 place; };
typedef struct { double a; char b; } Mixed;
enum Mode { ADD, MULTIPLY = 5 };
__device__ float total(float4 v) { return v.x + v.y + v.z + v.w; }
__global__ void kernel(float *out, int n)
{
    float4 v = reinterpret_cast<float4 *>(out)[0];
    v.x += total(make_float4(1, 2, 3, 4));
    ((float4 *)out)[1] = v;
    Pair pair = {3, {1, 2, 3}};
    Pair *where = &pair;
    where->place.y += int(2.9f) + sizeof(Pair) + sizeof(Mixed) + MULTIPLY;
    out[8] = where->place.y;
    uint2 u = make_uint2(7, 8);
    const float *second = &v.y;
    out[9] = u.y + second[1];
    unsigned long long big = 1ULL << 40;
    out[10] = (float)(big >> 38) + (unsigned char)300 + static_cast<short>(70000);
    bool yes = big > 0;
    out[11] = yes && !false ? 1.0f : 2.0f;
}""",
    "loops, branches and words of OpenCL C": """
#define SQUARE(x) ((x) * (x))
__device__ int global(int local) { return local + 1; }
__global__ void __launch_bounds__(256) kernel(float *out, int n)
{
    int half = 0, constant = 3;
    #pragma unroll
    for (int kernel = 0; kernel < n; ++kernel) {
        if (kernel % 2) continue;
        switch (kernel) { case 4: half += 100; break; default: half += kernel; }
        if (kernel > 10) break;
    }
    int read_only = 5;
    do { half++; } while (--read_only);
    while (read_only < 2) read_only++;
    float clamp = SQUARE(constant + 1), dot = 2, step = half;
    out[threadIdx.x] = global(half) + clamp + dot + step + read_only;
}""",
    "atomics": """
__global__ void kernel(float *out, int n)
{
    unsigned int *counts = (unsigned int *)(out + 8);
    double *sum = (double *)(out + 16);
    float before = atomicAdd(out, 0.5f);
    atomicAdd(sum, 0.25);
    atomicMax((int *)counts, (int)threadIdx.x);
    atomicMin((int *)counts + 1, -(int)threadIdx.x);
    atomicInc(&counts[2], 9);
    atomicExch(&out[1], 3.0f);
    atomicOr(&counts[3], 1u << threadIdx.x);
    atomicSub((int *)&counts[4], 2);
    atomicCAS(&counts[5], 0u, 77u);
    unsigned long long *big = (unsigned long long *)(out + 20);
    atomicAdd(big, 1ULL);
    if (before < 0) out[2] = 1;
}""",
    "what C++ adds to declarations": """
__device__ float later(float);                  // and reads a variable of the file
__constant__ float offset = 0.5f;
__global__ void kernel(float *out, int n);
__global__ void kernel(float *out, int n)
{
    dim3 all, row(4), size(4, 2), made = dim3(5, 6, 7), block = blockDim, here = threadIdx, list = {3, 2};
    struct Pair { float a, b; };
    Pair pair = {1, 2};
    static const int table[3] = {4, 5, 6};
    int three(3), four{4}, *where(&three);
    dim3 *pointer = &row;
    out[0] = all.x + all.y + all.z;
    out[1] = row.x * 100 + row.y * 10 + row.z;
    out[2] = size.x * 100 + size.y * 10 + size.z;
    out[3] = made.x * 100 + made.y * 10 + made.z;
    out[4] = block.x * 10 + here.x;
    out[5] = pair.b + table[1] + *where * four + pointer->z - 1;
    out[6] = later(1) + list.z;
}
__device__ float later(float x) { return x + offset; }""",
    "alignment": """
struct __align__(16) Three { float a, b, c; };
typedef struct __align__(8) { float a, b; } Two;
struct alignas(32) One { double a; };
__device__ __align__(16) float numbers[4] = {1, 2, 3, 4};
__global__ void kernel(float *out, int n)
{
    __shared__ char odd;
    __shared__ __align__(16) float a[5];
    __align__(16) __shared__ float b[5];
    __shared__ float alignas(16) c[5];
    __shared__ __attribute__((aligned(16))) float d[5];
    extern __shared__ __align__(16) unsigned char raw[], same[];
    __align__(16) float own[5];
    float *more = reinterpret_cast<float *>(raw);
    odd = 0;
    for (int k = 0; k < 4; k++) a[k] = b[k] = c[k] = d[k] = own[k] = more[k] = k;
    size_t all = (size_t)a | (size_t)b | (size_t)c | (size_t)d | (size_t)raw | (size_t)own | (size_t)numbers;
    out[0] = all % 16 + odd + (same - raw);
    out[1] = ((float4 *)a)->w + ((float4 *)d)->z + ((float4 *)numbers)->y + own[1] + b[1] + c[1] + more[1];
    out[2] = sizeof(Three) * 10000 + sizeof(Two) * 100 + sizeof(One);
}""",
    "loops that are to be unrolled": """
#define TIMES 4
#define HINT _Pragma("unroll")
#define TEXT(x) #x
#define UNROLL(n) _Pragma(TEXT(unroll n))
#define EACH(i, n) HINT for (int i = 0; i < n; i++)
__global__ void kernel(float *out, int n)
{
    __shared__ float sums[8];
    int t = threadIdx.x;
    float sum = 0;
    EACH(i, 3) sum += i;
    if (n)
        #pragma unroll 2
        for (int i = 0; i < TIMES; i++) sum += 10;
    else
        UNROLL(4) for (int i = 0; i < TIMES; i++) sum += 1000;
    #pragma unroll 1
    while (sum < 50) sum += 1;
    #pragma unroll
    sum += 100;
    sums[t] = sum;
    __syncthreads();
    #pragma unroll
    for (int span = 4; span > 0; span /= 2) {
        if (t < span) sums[t] += sums[t + span];
        __syncthreads();
    }
    out[t] = sums[0];
}""",
}


def run(name, size=64, block=(8, 1, 1), grid=(1, 1, 1), shared=0, n=64, start=None):
    out = np.zeros(size, np.float32) if start is None else start
    kernel = compiler.SourceModule(TEXTS[name], no_extern_c="overloads" in name).get_function("kernel")
    kernel(driver.InOut(out), np.int32(n), block=block, grid=grid, shared=shared)
    return out


def test_indices_count_x_first_then_y_then_z():
    out = run("indices in three dimensions", 2 * 4 * 6, block=(3, 2, 1), grid=(2, 2, 2))
    z, y, x = np.mgrid[:2, :4, :6]
    np.testing.assert_array_equal(out.reshape(2, 4, 6), 100 * z + 10 * y + x)


def test_shared_memory_is_shared_by_a_block_and_keeps_its_shape():
    out = run("shared memory, static and at launch", block=(8, 8, 1), shared=64 * 4)
    i = np.arange(64).reshape(8, 8)
    np.testing.assert_array_equal(out.reshape(8, 8), (63 - i + i).T + 64 + 8)


def test_functions_see_variables_and_are_chosen_by_their_types():
    out = run("functions, overloads and variables", 16, n=16)
    np.testing.assert_array_equal(out[:8], 2 + 7 + (1 + 10 * 0.5) + 2 * np.arange(8) + 100)
    assert out[15] == 7 + 8


def test_vectors_structures_and_casts_lie_in_memory_as_cuda_lays_them():
    out = run("vectors and casts", 16, block=(1, 1, 1), start=np.arange(16, dtype=np.float32))
    np.testing.assert_array_equal(out[4:8], [10, 1, 2, 3])
    assert out[8] == 2 + 2 + 16 + 16 + 5
    assert out[9] == 8 + 2
    assert out[10] == 4 + 44 + 4464
    assert out[11] == 1


def test_words_that_opencl_claims_are_ordinary_names():
    half = sum(100 if k == 4 else k for k in range(0, 13, 2)) + 5
    np.testing.assert_array_equal(run("loops, branches and words of OpenCL C", 8), 2 * half + 1 + 16 + 2 + 2)


def test_atomics_lose_nothing_between_threads_and_blocks():
    out = run("atomics", 32, block=(16, 1, 1), grid=(5, 1, 1))
    assert out[0] == 0.5 * 80 and out[1] == 3
    assert out[16:18].view(np.float64)[0] == 0.25 * 80
    counts = out[8:16].view(np.int32)
    assert counts[:6].tolist() == [15, -15, 0, 0xFFFF, -160, 77]
    assert out[20:22].view(np.uint64)[0] == 80


def test_declarations_may_be_written_as_in_cpp():
    out = run("what C++ adds to declarations", 8)
    assert out[:7].tolist() == [3, 411, 421, 567, 87, 2 + 5 + 12, 1.5 + 1]


def test_what_is_to_be_aligned_is():
    out = run("alignment", 4, block=(1, 1, 1), shared=16)
    assert out[0] == 0 and out[1] == 3 + 2 + 2 + 4 and out[2] == 16 * 10000 + 8 * 100 + 32


def test_unrolled_loops_compute_the_same_and_their_hints_reach_the_compiler():
    name = "loops that are to be unrolled"
    np.testing.assert_array_equal(run(name, 8), 8 * 150)
    text = translate(TEXTS[name]).text
    assert [text.count(f'_Pragma("unroll{n}")') for n in ("", " 1", " 2", " 4")] == [2, 1, 1, 1]


@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_nvcc_takes_it_too(text, architecture, tmp_path):
    if not shutil.which("nvcc"):
        pytest.skip("no nvcc here to compile it for a GPU")
    (tmp_path / "kernel.cu").write_text(f'extern "C" {{\n{text}\n}}' if "twice" not in text else text)
    nvcc = subprocess.run(["nvcc", "-ptx", "-arch", architecture, "kernel.cu", "-o", "kernel.ptx"],
                          cwd=tmp_path, capture_output=True, text=True)
    assert nvcc.returncode == 0, nvcc.stderr
    assert "kernel" in (tmp_path / "kernel.ptx").read_text()


REFUSED = {
    "template <class... T> __global__ void f(T *... x) { }": "any number",
    "__global__ void f(float *x) {\n x[0] = __shfl_xor(x[0], 1); }": "warp shuffles",
    "__global__ void f(float *x) {\n if (__any(x[0])) x[0] = 1; }": "warp votes",
    "__global__ void f(int *x) {\n x[0] = __match_any_sync(~0u, x[0]); }": "searches of a warp",
    "__global__ void g(int n) { }\n__global__ void f(float *x) { g<<<1, 1>>>(1); }": "dynamic parallelism",
    "__device__ void g(float &&x) { x = 1; }\n__global__ void f(float *x) { g(x[0]); }": "references",
    "__device__ int g(int n) { return n ? g(n - 1) : 0; }\n__global__ void f(int *x) { x[0] = g(3); }":
        "recursion",
    "struct S { int n;\n __device__ ~S() { } };\n__global__ void f(S *x) { }": "destructors",
    "struct A { int n; };\nstruct B : A { int m; };\n__global__ void f(B *x) { }": "made from another",
    "class A { friend class B; };\n": "C++ classes",
    "__global__ void f(float *x) {\n auto g = [=](int n) { return n; }; }": "lambdas",
    "#include <cooperative_groups.h>\n__global__ void f() { cooperative_groups::this_grid().sync(); }":
        "cooperative groups",
    "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\nnamespace a {\n"
    "__global__ void f() { cg::this_thread_block().sync(); } }": "namespaces",
    "#include <thrust/sort.h>\n__global__ void f(int *x) { thrust::sort(x, x + 2); }": "Thrust",
    "\n\n#include <mma.h>\nusing namespace nvcuda;\n": "tensor cores",
    "#include <cuda_fp16.h>\n__global__ void f(half *x) { }": "half precision",
    "#include <cuda_bf16.h>\n": "bfloat16",
    "#include <cub/cub.cuh>\n": "templates",
    "__global__ void f(float *x) {\n x[0] = __hadd(x[0], x[1]); }": "half precision",
    "__global__ void f(float *x) {\n nvcuda::wmma::fragment<int> a; }": "tensor cores",
    "__global__ void f(int *x) {\n static int n; x[0] = n++; }": "a function keeps",
    "__global__ void f(float *x) {\n x[0] = erfinvf(x[0]); }": "inverses of erf",
    "__global__ void f(float *x) {\n x[0] = __fadd_rz(x[0], 1); }": "rounding",
    "__global__ void f(int *x) {\n x[0] = __byte_perm(x[0], 1, 2); }": "SIMD",
    "__global__ void f(volatile float *x) { }": "volatile",
    "texture<float, 2> t;\n": "textures",
    "namespace a { }\n": "namespaces",
    "__global__ void f(float *x) { x[0] = std::max(1, 2); }": "namespaces",
    "__global__ void f(float *x) { float *y = new float(3); }": "for a constructor",
    "__global__ void f(float *x) { asm(\"nop\"); }": "assembler",
}


@pytest.mark.parametrize("text, what", REFUSED.items(), ids=REFUSED.values())
def test_what_cannot_run_is_refused_by_name_and_line(text, what):
    with pytest.raises(Unsupported, match=r"kernel.cu:\d+: ") as caught:
        translate(text)
    assert what in str(caught.value)
    line = text.split("\n")[caught.value.token.line - 1]
    assert caught.value.token.text in line


def test_what_a_gpu_could_do_is_told_apart_from_what_is_wrong():
    with pytest.raises(Unsupported):
        translate("namespace a { }")
    for wrong in ["__global__ void f(float *x) { ", "float x = 3; __device__ float g() { return x; }",
                  "__device__ int g();\n__global__ void f() { g(); }",
                  "__global__ f", "int x", "__shared__ int x;"]:
        with pytest.raises(SourceError):
            translate(wrong)


def test_lines_stay_where_they_are():
    text = ("\n\n__device__ float f(float x)\n{\n\n    return x;\n}\n"
            "__global__ void k(float *x)\n{\n    x[3] = f(x[4]);\n}\n")
    lines = translate(text).text.split('#line 1 "kernel.cu"\n')[1].splitlines()
    assert "return x" in lines[5] and "x[3] = f(x[4])" in lines[9]


def test_static_functions_have_no_linkage_so_they_may_be_overloaded():
    source = """%s __device__ int twice(int a) { return 2 * a; }
    static __device__ float twice(float a) { return 2 * a; }
    __global__ void k(float *x) { x[0] = twice(x[0]) + twice(3); }"""
    assert list(translate(source % "static", extern_c=True).kernels) == ["k"]
    assert list(translate(source % "", extern_c=True).kernels) == ["k"]
    with pytest.raises(SourceError, match="more than one twice"):
        translate(source.replace("static ", "") % "", extern_c=True)


def test_functions_of_the_host_are_left_out():
    program = translate("__global__ void k(float *x) { x[0] = 1; }\n"
                        "int main() { printf(\"%d\", sizeof(k)); }")
    assert list(program.kernels) == ["k"] and "main" not in program.text


def test_a_program_knows_its_kernels_variables_and_bounds():
    program = translate("__constant__ int a; __device__ float b[3] = {1}; extern __shared__ int s[];\n"
                        "__device__ int f() { return s[0]; }\n"
                        "__global__ void __launch_bounds__(64 * 2, 3) k(const float *x, float (*y)[3], "
                        "int n) { n = f(); }\n"
                        "__global__ void l() { printf(\"hello\"); }")
    assert [(p.name, p.pointer) for p in program.kernels["k"]] == [("x", True), ("y", True), ("n", False)]
    assert program.variables == ["a", "b"] and program.initialised and program.prints
    assert program.bounds == {"k": 128} and program.dynamic == {"k"}


def test_a_name_of_its_own_hides_that_of_the_file():
    """A parameter or variable may be called as a constant or a variable of the file is."""
    source = """
const int N = 3;
__constant__ float c[2] = {1, 2};
__device__ float own(int N) { float c = 7; return c + N; }
__global__ void k(float *out, int n) {
    int free = 1, copied[2], from[2] = {8, 9};
    memcpy(copied, from, sizeof(from));
    out[0] = own(5) + free; out[1] = N + c[1]; out[2] = copied[1]; }"""
    out = np.zeros(3, np.float32)
    compiler.SourceModule(source).get_function("k")(driver.Out(out), np.int32(1), block=(1, 1, 1))
    assert out.tolist() == [13, 5, 9]


def test_the_same_text_gives_the_same_program():
    """PoCL keeps what it built by the text, so it must not depend on the order of a set."""
    script = ("from scratch.cuda.cpu.translator.translate import translate\nimport hashlib, sys\n"
              "print(hashlib.sha256(translate(sys.stdin.read()).text.encode()).hexdigest())")
    hashes = {subprocess.run([sys.executable, "-c", script], input=TEXTS["vectors and casts"], text=True,
                             capture_output=True, env={**os.environ, "PYTHONHASHSEED": seed}).stdout
                             for seed in "123"}
    assert len(hashes) == 1 and len(hashes.pop()) == 65
