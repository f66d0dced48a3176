"""Every word of CUDA C that has a definition in OpenCL C compiles, and means the same."""

import numpy as np
import pytest

from scratch.cuda.cpu.translator import vocabulary
from scratch.cuda.compiler import SourceModule
from scratch.cuda.driver import CompileError, InOut, Out

UNARY = {
    "sin": np.sin, "cos": np.cos, "tan": np.tan, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan,
    "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "exp": np.exp, "exp2": np.exp2, "expm1": np.expm1,
    "log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p, "sqrt": np.sqrt, "cbrt": np.cbrt,
    "rsqrt": lambda x: 1 / np.sqrt(x), "fabs": np.abs, "floor": np.floor, "ceil": np.ceil, "trunc": np.trunc,
    "rint": np.rint, "asinh": np.arcsinh, "atanh": np.arctanh, "exp10": lambda x: 10.0**x,
}
X = 0.7
EXPRESSIONS = {     # CUDA C -> its value
    "max(3, 2.5f)": 3, "min(3, -4)": -4, "max(2u, 3u)": 3, "abs(-3)": 3, "abs(-2.5f)": 2.5, "abs(-3) - 5": -2,
    "fmaxf(1.0f, nanf_)": 1, "fmin(2.0, 3.0f)": 2, "fmax(-1, 2.5f)": 2.5, "powf(2, 3)": 8,
    "pow(2, 0.5)": 2**0.5,
    "fmodf(7.5f, 2)": 1.5, "atan2f(1, 1)": np.pi / 4, "hypot(3.0, 4.0)": 5, "copysignf(3, -1)": -3,
    "fmaf(2, 3, 4)": 10, "fma(2.0, 3.0, 4.0)": 10, "__fdividef(1, 4)": 0.25, "__expf(1)": np.e,
    "ldexpf(3, 4)": 48,
    "__popc(255)": 8, "__popcll(255LL << 40)": 8, "__clz(1)": 31, "__clz(0)": 32, "__clzll(1)": 63,
    "__ffs(8)": 4,
    "__ffs(0)": 0, "__brev(1) == 0x80000000u": 1, "__mul24(-3, 7)": -21, "__umulhi(1u << 31, 4)": 2,
    "__mulhi(1 << 30, 8)": 2, "__float_as_int(1.0f) == 0x3f800000": 1, "__int_as_float(0x40000000)": 2,
    "__double_as_longlong(1.0) >> 52": 1023, "__float2int_rn(2.5f)": 2, "__float2int_rz(-2.7f)": -2,
    "__float2int_ru(2.1f)": 3, "__float2int_rd(-2.1f)": -3, "__int2float_rn(3)": 3, "__saturatef(1.5f)": 1,
    "__sad(3, 5, 7)": 9, "__fadd_rn(1, 2)": 3, "__fmul_rn(3, 4)": 12, "__frcp_rn(4)": 0.25, "isnan(nanf_)": 1,
    "isinf(INFINITY)": 1, "sizeof(float3)": 12, "sizeof(float4)": 16, "sizeof(double3)": 24,
    "sizeof(char3)": 3,
    "sizeof(long long)": 8, "sizeof(long)": 8, "sizeof(bool)": 1, "make_int2(3, 4).y": 4,
    "sizeof(uint64_t)": 8,
    "7 / 2": 3, "float(7) / 2": 3.5, "int(3.9f)": 3, "static_cast<int>(3.9f)": 3, "unsigned(3)": 3,
    "lroundf(2.5f)": 3, "llrint(2.5)": 2, "nearbyintf(3.5f)": 4, "normcdff(1)": 0.8413447,
    "rnorm3df(1, 2, 2)": 1 / 3,
    "norm3d(2.0, 3.0, 6.0)": 7, "rcbrtf(8)": 0.5, "frexpf(10, &whole)": 0.625, "modff(2.75f, &rest)": 0.75,
    "ilogbf(10)": 3, "scalbn(1.5, 2)": 6, "fdividef(1, 4)": 0.25, "__frsqrt_rn(4)": 0.5, "umin(2, 3)": 2,
    "llmax(-1LL, 1LL << 40)": 2.0**40, "llabs(-1LL << 40)": 2.0**40, "__ffsll(1LL << 40)": 41,
    "__brevll(1) >> 60": 8, "__umul64hi(1ULL << 63, 4)": 2, "__ldcg(&rest) * 0": 0,
    "__ll2float_rn(1LL << 40)": 2.0**40,
    "__float2ll_rz(-2.7f)": -2, "atomicAdd_block(&whole, 0) * 0": 0, "UINT8_MAX": 255, "INT64_MAX": 2.0**63,
    "CUDART_SQRT_TWO_F": 2**0.5, "CUDART_L2E": np.log2(np.e),
    "isnan(nan(\"\"))": 1, "isnan(nanf(\"\"))": 1, "rhypot(3.0, 4.0)": 0.2, "scalbln(1.5, 2)": 6,
    "norm4d(1.0, 1.0, 1.0, 1.0)": 2, "rnorm4df(1, 1, 1, 1)": 0.5, "__fma_rn(2.0, 3.0, 4.0)": 10,
    "(__stcs(&rest, 2.0f), rest)": 2, "__usad(3, 5, 7)": 9, "__rhadd(-3, 4)": 1, "__uhadd(3, 4)": 3,
    "__urhadd(3, 4)": 4, "__double2hiint(1.0) >> 20": 1023, "__double2loint(1.0)": 0,
    "__hiloint2double(1 << 30, 0)": 2, "__longlong_as_double(0)": 0, "alignof(float4)": 16,
    "__dp4a(0x01ff0203, 0x02030405, 1)": 23, "__dp4a(0x01ff0203u, 0x02030405u, 1u)": 791,
    "CUDART_PI": np.pi, "warpSize": 32, "(float)1e10 > FLT_MAX": 0, "true ? 5LL : 6ULL": 5,
}


@pytest.fixture(scope="module")
def values():
    """All of it in one kernel, because building a kernel takes longer than running it."""
    lines = [f"y[{n}] = {text};" for n, text in enumerate(EXPRESSIONS)]
    for n, name in enumerate(UNARY, len(lines)):
        lines.append(f"y[{n}] = {name}f(x); z[{n}] = {name}((double)x);")
    module = SourceModule("__global__ void all(double *y, double *z, float x)\n{\n"
                          "    float nanf_ = NAN, rest = 0;\n    int whole = 0;\n    " + "\n    ".join(lines)
                          + "\n}")
    y, z = np.zeros(len(lines)), np.zeros(len(lines))
    module.get_function("all")(Out(y), Out(z), np.float32(X), block=(1, 1, 1))
    return dict(zip([*EXPRESSIONS, *UNARY], zip(y, z)))


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_an_expression_has_the_value_that_cuda_gives_it(values, text):
    """Float32 rounding is 1e-7; CUDA's own functions are good to a few of those."""
    np.testing.assert_allclose(values[text][0], EXPRESSIONS[text], rtol=1e-6)


@pytest.mark.parametrize("name", UNARY)
def test_a_function_agrees_with_numpy_in_float_and_in_double(values, name):
    single, double = values[name]
    np.testing.assert_allclose(single, UNARY[name](np.float32(X)), rtol=1e-6)
    np.testing.assert_allclose(double, UNARY[name](float(np.float32(X))), rtol=1e-13)


def test_every_definition_compiles():
    """Calls are translated only where they are used, so a mistake in the table would hide."""
    from scratch.cuda.cpu import pocl

    seen = {}
    for name in [*vocabulary.CALLS, *vocabulary.VECTORS, *(f"make_{v}" for v in vocabulary.VECTORS),
                 *vocabulary.COMPLEXES, "dim3"]:
        for line in (vocabulary.definition(name) or "").split("\n"):
            seen[line] = None
    vectors_first = sorted(seen, key=lambda line: not line.startswith("typedef"))
    context = "struct context_ { ulong failed; };"
    text = "\n".join([line for line in vectors_first if "Xc3" not in line])
    if "_Complex" in text:      # several lines that belong together keep their order
        blocks = [vocabulary.COMPLEXES[name] for name in vocabulary.COMPLEXES]
        rest = [line for line in vectors_first if not any(line in block.split("\n") for block in blocks)]
        text = "\n".join([*rest, *blocks])
    kernels = pocl.build(f"{context}\n{text}\n__kernel void nothing() {{}}")
    assert list(kernels) == ["nothing"]


def test_arguments_may_be_called_as_the_variables_of_a_macro_were():
    calls = {"min(a_, 5.0f)": 4, "max(5.0f, b_)": 5, "pow(a_, 2.0f)": 16, "fma(2.0f, a_, c_)": 10,
             "atan2(a_, 2.0f)": np.arctan2(4, 2), "hypot(b_, a_)": 32**0.5, "abs(a_ - 5)": 1,
             "fmod(a_, c_)": 0, "copysign(c_, -a_)": -2, "max(min(a_, 3.0f), max(b_, c_))": 4}
    body = " ".join(f"x[{n}] = {call};" for n, call in enumerate(calls))
    x = np.zeros(len(calls))
    SourceModule("__global__ void k(double *x) { float a_ = 4, b_ = 4, c_ = 2; "
                 + body + " }").get_function("k")(
        Out(x), block=(1, 1, 1))
    np.testing.assert_allclose(x, [*calls.values()], rtol=1e-6)


@pytest.mark.parametrize("kind", ["float", "double"])
def test_a_number_wins_over_nan_in_max_and_min(kind):
    """As fmax: PTX's max.f32 and max.f64."""
    x = np.zeros(5)
    SourceModule(f"__global__ void k(double *x, float v) {{ {kind} nan_ = v; x[0] = max(({kind})1, nan_); "
                 f"x[1] = max(nan_, ({kind})1); x[2] = min(({kind})1, nan_); x[3] = min(nan_, ({kind})1); "
                 "x[4] = isnan(max(nan_, nan_)); }").get_function("k")(Out(x), np.float32(np.nan),
                                                                       block=(1, 1, 1))
    assert x.tolist() == [1] * 5


def test_half2_is_a_good_name_without_the_header_that_has_it():
    x = np.zeros(1, np.float32)
    module = SourceModule("""
struct P { float half4; };
__global__ void k(float *x) { float half2 = x[0] + 2; P p = {half2 * half2}; x[0] = p.half4; }""")
    module.get_function("k")(InOut(x), block=(1, 1, 1))
    assert x[0] == 4
    with pytest.raises(CompileError, match="half2"):
        SourceModule("__global__ void k(half2 *x) { x[0] = x[1]; }")


@pytest.mark.parametrize("memory", ["__constant__ float half = 2; __global__ void k(float *x) {",
                                    "__device__ float half = 2; __global__ void k(float *x) {",
                                    "__global__ void k(float *x) { __shared__ float half; half = 2;"])
def test_memory_may_be_called_as_a_word_of_opencl(memory):
    x = np.zeros(1, np.float32)
    SourceModule(memory + " x[0] = half; }").get_function("k")(Out(x), block=(1, 1, 1))
    assert x[0] == 2


@pytest.mark.parametrize("name", ["__shfl_down", "__ballot", "template", "cooperative_groups", "tex2D",
                                  "class", "operator", "volatile", "__half", "curand_init", "asm",
                                  "clock64", "malloc"])
def test_what_the_cpu_cannot_do_has_a_reason(name):
    assert vocabulary.refused(name)


@pytest.mark.parametrize("name", ["x", "shared", "t", "span", "sum", "threads", "row", "float4x"])
def test_ordinary_names_are_neither_refused_nor_taken(name):
    assert not vocabulary.refused(name) and not vocabulary.taken(name)
