"""SourceModule follows nvcc's options and tells mistakes with the reader's own line."""

import os
import subprocess
import sys

import numpy as np
import pytest

from scratch.cuda import compiler, driver, engine
from scratch.cuda.cpu.driver.devices import NotOnCPU

cpu_only = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
crashes = pytest.mark.skipif(engine == "gpu", reason="PyCUDA 2026.1 sets the base of an array twice, which "
                             "NumPy 2 refuses, and crashes")


def test_options_define_macros_and_folders(tmp_path):
    (tmp_path / "more.h").write_text("#define MORE 40\n")
    source = '#include "more.h"\n__global__ void k(int *x) { x[0] = N + MORE + M; }'
    k = compiler.SourceModule(source, options=["-DN=2", "-D", "M=300", "-O3", "--use_fast_math"],
                              include_dirs=[str(tmp_path)]).get_function("k")
    x = np.zeros(1, np.int32)
    k(driver.Out(x), block=(1, 1, 1))
    assert x[0] == 342


@cpu_only
@pytest.mark.parametrize("source, line, complaint", [
    ("__global__ void k(float *x)\n{\n    x[0] = y;\n}", 3, "undeclared identifier 'y'"),
    ("__global__ void k(float *x)\n{\n    x[0] = 1\n}", 4, "expected ;"),
    ("\n__global__ void k(flaot *x) { }", 2, "flaot"),
    ("__global__ void k(float *x)\n{\n    float4 a, b;\n    a = a + b;\n}", 4, "invalid operands"),
    ("__global__ void k(float *x) {\n    helper(x);\n}", 2, "helper"),
    ("#define BAD(a) a +\n__global__ void k(float *x)\n{\n    x[0] = BAD(1);\n}", 4, "expected expression"),
    ("__global__ void k(float *x)\n{\n    kernel = 1;\n}", 3, "undeclared identifier 'kernel'"),
])
def test_a_mistake_is_shown_in_the_readers_line(source, line, complaint):
    with pytest.raises(driver.CompileError) as caught:
        compiler.SourceModule(source)
    assert not isinstance(caught.value, NotOnCPU)
    assert f"kernel.cu:{line}: " in str(caught.value) and complaint in str(caught.value)
    assert source.split("\n")[line - 1] in str(caught.value)


@cpu_only
def test_what_only_a_gpu_can_do_is_an_error_of_its_own():
    with pytest.raises(NotOnCPU, match="rounding but to the nearest") as caught:
        compiler.SourceModule("__global__ void k(float *x)\n{\n    x[0] = __fadd_rz(x[0], 1);\n}")
    assert "3 |     x[0] = __fadd_rz" in str(caught.value)
    linker = compiler.DynamicModule()
    for call in (linker.add_data, linker.add_file, linker.add_stdlib):
        with pytest.raises(NotOnCPU):
            call("cublas_device")


def test_what_is_compiled_can_be_kept_and_loaded_in_another_process(tmp_path):
    (tmp_path / "double.h").write_text("#define DOUBLE(x) (2 * (x) + MORE)\n")
    for target in ("cubin", "fatbin", "ptx"):
        kept = tmp_path / f"kernel.{target}"
        kept.write_bytes(compiler.compile('''
            #include "double.h"
            __constant__ int times;
            __global__ void k(int *x) { x[threadIdx.x] = DOUBLE(threadIdx.x) * times; }''',
            options=["-DMORE=1"], include_dirs=[str(tmp_path)], target=target))
        for module in (driver.module_from_file(str(kept)), driver.module_from_buffer(kept.read_bytes())):
            driver.memcpy_htod(module.get_global("times")[0], np.int32([10]))
            x = np.zeros(3, np.int32)
            module.get_function("k")(driver.Out(x), block=(3, 1, 1))
            assert x.tolist() == [10, 30, 50]
    load = (f"import numpy, scratch.cuda.autoinit, scratch.cuda.driver as d\n"
            f"m = d.module_from_file({str(kept)!r})\nx = numpy.zeros(1, 'i')\n"
            "d.memcpy_htod(m.get_global('times')[0], numpy.int32([7]))\n"
            "m.get_function('k')(d.Out(x), block=(1, 1, 1)); print(x[0])")
    assert subprocess.run([sys.executable, "-c", load], capture_output=True,
                          text=True).stdout == "7\n"


@pytest.mark.parametrize("extern_c", [True, False])
def test_what_is_compiled_is_checked_and_named_as_a_module_is(extern_c):
    kernel = "__global__ void k(int *x) { *x = 3; }"
    module = driver.module_from_buffer(compiler.compile(kernel, no_extern_c=not extern_c))
    x = np.zeros(1, np.int32)
    module.get_function("k" if extern_c else "_Z1kPi")(driver.Out(x), block=(1, 1, 1))
    assert x[0] == 3
    with pytest.raises(driver.CompileError, match="undeclared|undefined|missing"):
        compiler.compile("__global__ void k(int *x) { *x = missing; }")
    with pytest.raises(AssertionError):
        compiler.compile(kernel, target="elf")


@cpu_only
def test_machine_code_of_a_gpu_is_refused_by_name(tmp_path):
    (tmp_path / "k.cubin").write_bytes(b"\x7fELF")
    with pytest.raises(NotOnCPU, match="machine code"):
        driver.module_from_file(str(tmp_path / "k.cubin"))
    with pytest.raises(NotOnCPU, match="machine code"):
        driver.module_from_buffer(b".version 8.0")


@cpu_only
def test_a_dynamic_module_needs_the_second_engine_only_if_its_kernels_launch_kernels(monkeypatch, recwarn):
    module = compiler.DynamicSourceModule("__global__ void k(int *x) { x[0] = 3; }", cuda_libdir="/nowhere",
                                          options=["-rdc=true", "-lcudadevrt"])
    x = np.zeros(1, np.int32)
    module.get_function("k")(driver.Out(x), block=(1, 1, 1))
    assert x[0] == 3 and module.info.startswith("OpenCL C") and not recwarn.list
    launches = "__global__ void k(int *x) { if (x[0]) k<<<1, 1>>>(x); }"
    with pytest.raises(driver.CompileError, match="DynamicSourceModule") as caught:    # as nvcc has it
        compiler.SourceModule(launches)
    assert not isinstance(caught.value, NotOnCPU)
    monkeypatch.setenv("CXX", "no-such-compiler")
    with pytest.raises(NotOnCPU, match="dynamic parallelism"):
        compiler.DynamicSourceModule(launches)


def test_too_much_shared_memory_does_not_compile():
    with pytest.raises(driver.CompileError, match="too much shared"):
        compiler.SourceModule("__global__ void k(float *x) { __shared__ float s[12289]; s[threadIdx.x] = *x; "
                              "__syncthreads(); x[0] = s[12288 - threadIdx.x]; }")


@cpu_only
def test_pointers_to_functions_are_refused(monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")      # with one they run: cxx/test_library.py
    with pytest.raises(NotOnCPU, match="kernel.cu:3: .*function"):
        compiler.SourceModule("__device__ float f(float x) { return x; }\n__global__ void k(float *x)\n"
                              "{ float (*g)(float) = f; x[0] = g(x[0]); }")


@cpu_only
def test_fast_math_may_reorder_and_keeps_what_is_no_number():
    source = "__global__ void k(float *x) { x[2] = (x[0] + x[1]) - x[0]; x[3] = isnan(x[4]); }"
    found = []
    for options in ([], ["-use_fast_math"], ["--use_fast_math"]):
        x = np.float32([1e8, 1, 0, 0, np.nan])
        compiler.SourceModule(source, options=options).get_function("k")(driver.InOut(x), block=(1, 1, 1))
        found.append(x[2:4].tolist())
    assert found == [[0, 1], [1, 1], [1, 1]]       # 1e8 + 1 is 1e8 in float32


@cpu_only
def test_options_about_gpus_are_accepted(recwarn):
    compiler.SourceModule("__global__ void k() { }", options=[
        "-arch=sm_80", "-arch", "sm_80", "--gpu-architecture=sm_80", "-lineinfo", "--generate-line-info",
        "--ptxas-options=-v", "-Xptxas", "-v", "-O3", "-std=c++14", "--std", "c++14", "-maxrregcount=32",
        "-G", "-w"])
    assert not recwarn.list


@cpu_only
def test_an_option_that_means_nothing_is_warned_about():
    with pytest.warns(UserWarning, match="--frobnicate"):
        compiler.SourceModule("__global__ void k() { }", options=["--frobnicate"])


@cpu_only
def test_a_failed_assertion_ends_the_launch():
    source = "#include <cassert>\n__global__ void k(int n)\n{\n    assert(n > 2);\n}"
    k = compiler.SourceModule(source).get_function("k")
    k(np.int32(3), block=(1, 1, 1))
    with pytest.raises(driver.LogicError, match="assertion in line 4 is false"):
        k(np.int32(2), block=(1, 1, 1))


def test_printf_prints_each_thread(capsys):
    k = compiler.SourceModule('#include <stdio.h>\n__global__ void k() { printf("%d %s %lld %.1f\\n", '
                              'threadIdx.x, '
                              '"is", 1LL << 40, 0.5f); }').get_function("k")
    k(block=(2, 1, 1))
    driver.Context.synchronize()
    if engine == "cpu":          # a GPU prints past Python
        assert capsys.readouterr().out == "0 is 1099511627776 0.5\n1 is 1099511627776 0.5\n"


def test_complex_numbers_are_those_of_pycuda():
    k = compiler.SourceModule("#include <pycuda-complex.hpp>\n__global__ void "
                              "k(pycuda::complex<float> *x) {\n"
                              "x[0] = x[0] * x[1] / pycuda::complex<float>(1, 2) + x[1]; }").get_function("k")
    x = np.array([1 + 2j, 3 - 1j], np.complex64)
    expected = x[0] * x[1] / (1 + 2j) + x[1]
    k(driver.InOut(x), block=(1, 1, 1))
    np.testing.assert_allclose(x[0], expected, rtol=1e-6)


Z, W = 1 + 2j, 0.5 - 1.25j
COMPLEX = {    # C, with z and w complex, -> NumPy's value
    "exp(z)": np.exp(Z), "sqrt(z)": np.sqrt(Z), "sqrt(-z)": np.sqrt(-Z), "log(z)": np.log(Z),
    "log10(z)": np.log10(Z),
    "pow(z, 2)": Z**2, "pow(z, -3)": Z**-3, "pow(z, w)": Z**W, "pow(z, R(0.5))": Z**0.5, "sin(z)": np.sin(Z),
    "cos(z)": np.cos(Z), "tan(z)": np.tan(Z), "sinh(z)": np.sinh(Z), "cosh(z)": np.cosh(Z),
    "tanh(z)": np.tanh(Z),
    "conj(z)": np.conj(Z), "pycuda::polar(R(2), R(1))": 2 * np.exp(1j), "abs(z)": abs(Z), "norm(z)": 5,
    "arg(z)": np.angle(Z),
    "real(z)": 1, "imag(z)": 2, "z.real()": 1, "(z * w).imag()": (Z * W).imag, "p->real()": 1,
    "p[0].imag()": 2,
    "z._M_im": 2, "C()": 0, "C(3)": 3, "C(1, -1) / z": (1 - 1j) / Z, "R(2) * z": 2 * Z,
    "one * z": Z, "both": 1 - 2j, "braces": 3 + 4j, "nothing + nought[1]": 0, "z / w": Z / W, "abs(-2)": 2,
    "exp(R(1))": np.e,
    "alias(1, 2)": Z, "exp(pycuda::complex<float>(1, 2))": np.exp(Z),
}


def test_complex_numbers_of_thrust_are_the_same():
    x = np.float32([2])
    compiler.SourceModule("""
#include <thrust/complex.h>
extern "C" __global__ void k(float *a)
{
    thrust::complex<float> z(a[0], 1.0f), c = thrust::complex<float>(0.0f, 2.0f);
    z = z * z + c;
    a[0] = thrust::abs(z) + z.real();
}""", no_extern_c=True).get_function("k")(driver.InOut(x), block=(1, 1, 1))
    np.testing.assert_allclose(x[0], abs(3 + 6j) + 3, rtol=1e-6)


@pytest.mark.parametrize("real, kind", [("float", np.complex64), ("double", np.complex128)])
def test_the_functions_of_complex_numbers_are_numpys(real, kind):
    """Float32 rounds to 6e-8, and these take some roundings."""
    lines = "\n".join(f"o[{n}] = {c};" for n, c in enumerate(COMPLEX))
    k = compiler.SourceModule(
        "#include <pycuda-complex.hpp>\n#define C pycuda::complex<R>\ntypedef pycuda::complex<R> alias;\n"
        "__global__ void k(C *o, C *p, C w) {\n"
        "C z = p[0], one(1), both(1, -2), nothing, nought[2];\nC braces{3, 4};\n" + lines + "}",
        options=[f"-DR={real}"]).get_function("k")
    o = np.zeros(len(COMPLEX), kind)
    k(driver.InOut(o), driver.In(np.array([Z], kind)), kind(W), block=(1, 1, 1))
    np.testing.assert_allclose(o, [*COMPLEX.values()], rtol=2e-6)


def test_a_quotient_of_large_complex_numbers_does_not_overflow():
    k = compiler.SourceModule("#include <pycuda-complex.hpp>\n__global__ void k(pycuda::complex<float> *x) "
                              "{ x[0] = x[0] / x[1]; }").get_function("k")
    x = np.array([1e30 + 1e30j, 1e30 + 0j], np.complex64)
    k(driver.InOut(x), block=(1, 1, 1))
    np.testing.assert_allclose(x[0], 1 + 1j, rtol=1e-6)


CUDA = {    # what nvcc compiles: lines of the file, lines of the kernel, x[0] after it
    "and, or, not": ("", "if (x[1] > 0 and x[1] > 1 or not x[2]) x[0] = 1;", 1),
    "digits in groups": ("", "x[0] = 1'000 + 0x1'0;", 1016),
    "lines that end in CR LF": ("#define A(v) \\\r\n ((v) + 1)", "x[0] = A(1);", 2),
    "a shadowed constant": ("const int N = 5;", "int s = N; { int N = 2; s += N; } x[0] = s;", 7),
    "a member named as a constant": ("const int N = 5; struct M { int a[N], N; };",
                                     "M m; m.N = 3; x[0] = m.N + N;", 8),
    "values that are counted": ("__constant__ char t[] = {1, 2, 3, 4}; "
                                "__device__ int u[][2] = {{1, 2}, {3, 4}};",
                                "x[0] = t[3] + u[1][1] + sizeof(t);", 12),
    "extern __shared__ with a size, which is none of the launch's": (
        "", "extern __shared__ float held[4]; held[3] = 7; x[0] = held[3];", 7),
    "headers of Thrust, and a variable of that name": (
        "#include <thrust/sort.h>", "float thrust = 9; x[0] = thrust;", 9),
    "MIN and MAX of sys/param.h": ("#include <sys/param.h>", "x[0] = MIN(3, 4) + MAX(x[0], 7);", 10),
    "a variable with the name of its type": (
        "struct P { int a; }; __device__ int twice(P P) { return P.a * 2; }",
        "P P; P.a = 3; { int a[2] = {1, P.a}; P.a += a[1]; } unsigned uint = 2; x[0] = twice(P) + uint;", 14),
    "an array shared by all that is hidden": (
        "extern __shared__ float held[];", "float held = 8; x[0] = held;", 8),
    "a string that is counted": ("__constant__ char t[] = \"abc\";", "x[0] = t[1] + sizeof(t);", 102),
}


@pytest.mark.parametrize("head, body, value", CUDA.values(), ids=CUDA)
def test_what_is_cuda_c_runs(head, body, value):
    x = np.zeros(4, np.float32)
    compiler.SourceModule(f"{head}\n__global__ void k(float *x) {{ {body} }}").get_function("k")(
        driver.InOut(x), block=(1, 1, 1))
    assert x[0] == value


@cpu_only
@pytest.mark.parametrize("head, body, what", [
    ("", 'const char *s = "abc"; x[0] = s[1];', "strings"),
    ("struct S { int a; }; __device__ float f(S s) { return s.a; }", "x[0] = f({1});", "braces"),
    ("", "int t[3] = {1, 2, 3}; for (int v : t) x[0] += v;", "elements of an array"),
    ("", "if (int v = (int)x[0]) x[0] = v;", "declared in a condition"),
    ("", "auto f = [](float a) { return a; }; x[0] = f(1);", "lambdas"),
    ("struct B { unsigned a : 3; };", "B b; b.a = 9; x[0] = b.a;", "bit-fields"),
    ("#include <time.h>", "x[0] = clock();", "clocks")])
def test_what_is_cuda_c_and_not_opencl_c_is_refused_by_name(head, body, what, monkeypatch):
    monkeypatch.setenv("CXX", "no-such-compiler")      # with one it runs: cxx/test_library.py
    with pytest.raises(NotOnCPU, match=what):
        compiler.SourceModule(f"{head}\n__global__ void k(float *x) {{ {body} }}")


@cpu_only
@pytest.mark.parametrize("text, message", [
    ("__constant__ float c[20000]; __global__ void k(float *x) { x[0] = c[1]; }",
     "too much global constant data: 80,000"),
    ("int n = 3; __global__ void k(int *x) { x[0] = n; }", "a variable of the host"),
    ("float t[2] = {1, 2}; template <class T> __global__ void k(T *x) { x[0] = t[0]; }\n"
     "template __global__ void k<float>(float *);", "t.* not declared|a variable of the host|linkage"),
    ("struct S { float a[2000]; }; __global__ void k(S s) { }", "parameter space overflowed: 8,000"),
    ("__constant__ float c[4]; __global__ void k(float *x) { c[0] = x[0]; }", "not assignable")])
def test_what_nvcc_refuses_is_refused(text, message):
    with pytest.raises(driver.CompileError, match=message):
        compiler.SourceModule(text)


@cpu_only
def test_memory_that_is_shared_at_the_launch_has_to_be_given():
    k = compiler.SourceModule("__global__ void k(float *x) { extern __shared__ float s[]; "
                              "s[0] = 1; x[0] = s[0]; }")
    with pytest.raises(driver.LogicError, match="write shared="):
        k.get_function("k")(driver.InOut(np.zeros(1, np.float32)), block=(1, 1, 1))


def test_a_source_may_be_what_prints_as_one():
    """As codepy's and cgen's modules do in PyCUDA's demo_meta_codepy, which get into extern "C" { } by %s."""
    class Made:
        def __str__(self):
            return "__global__ void k(float *x) { x[0] = 3; }"
    x = np.zeros(1, np.float32)
    compiler.SourceModule(Made()).get_function("k")(driver.InOut(x), block=(1, 1, 1))
    assert x[0] == 3
    if engine == "cpu" or "PYCUDA_DISABLE_CACHE" not in os.environ:      # whose key is of the text
        with pytest.raises((AttributeError, TypeError)):
            compiler.SourceModule(Made(), no_extern_c=True)


def test_memory_that_is_shared_at_the_launch_may_be_of_vectors():
    k = compiler.SourceModule("""__global__ void k(float *x) { extern __shared__ float4 s[];
        float4 *p = s + 1; p->x = x[0]; s[0] = *p; x[1] = s[0].x; }""").get_function("k")
    x = np.float32([3, 0])
    k(driver.InOut(x), block=(1, 1, 1), shared=32)
    assert x.tolist() == [3, 3]


def test_a_switch_may_break_in_a_loop_with_a_barrier():
    x = np.zeros(4, np.float32)
    compiler.SourceModule("""__global__ void k(float *x) { __shared__ int s[4]; int i = threadIdx.x;
        for (int it = 0; it < 1; it++) { int c;
            if (i > 0) switch (i) { case 3: c = 3; break; default: c = 2; } else c = 1;
            s[i] = c; __syncthreads(); x[i] = s[3 - i]; __syncthreads(); } }""").get_function("k")(
        driver.InOut(x), block=(4, 1, 1))
    assert x.tolist() == [3, 2, 2, 1]


@pytest.mark.parametrize("make",
                         ["pagelocked_zeros(4, np.float32, mem_flags=2)", "managed_zeros(4, np.float32)",
                          "pagelocked_zeros_like(np.zeros(4, np.float32))",
                          pytest.param("register_host_memory(np.zeros(4, np.float32))", marks=crashes)])
def test_the_base_of_an_array_that_host_and_device_share_has_its_address(make):
    a = eval(f"driver.{make}", {"np": np, "driver": driver})
    a[:] = 1
    compiler.SourceModule("__global__ void k(float *x) { x[threadIdx.x] *= 2; }").get_function("k")(
        np.intp(a.base.get_device_pointer()), block=(4, 1, 1))
    assert a.tolist() == [2] * 4


@cpu_only
@pytest.mark.parametrize("name",
                         ["TextureReference", "np_to_array", "Linker", "memcpy_peer", "mem_get_ipc_handle"])
def test_names_of_the_driver_that_are_missing_say_why(name):
    with pytest.raises(AttributeError, match=f"pycuda.driver.{name}: .* cannot be had on the CPU engine"):
        getattr(driver, name)


@cpu_only
def test_overloads_are_refused_in_the_extern_c_that_pycuda_adds():
    """nvcc: more than one instance of overloaded function "f" has "C" linkage."""
    source = ("__device__ float f(float a) { return a; }\n__device__ float f(int a) { return a + 1; }\n"
              'extern "C" __global__ void k(float *x) { x[0] = f(1); }')
    with pytest.raises(driver.CompileError, match='kernel.cu:2: more than one f has "C" linkage'):
        compiler.SourceModule(source)
    x = np.zeros(1, np.float32)
    compiler.SourceModule(source, no_extern_c=True).get_function("k")(driver.InOut(x), block=(1, 1, 1))
    assert x[0] == 2
    once = ("__device__ float f(const float *);\n__device__ float f(const float *a) { return *a; }\n"
            "__global__ void k() { }")
    compiler.SourceModule(once)          # declared and defined is once


BRANCHES = {    # what stores where t < 50, behind a barrier that not all blocks come to
    "if": "if (blockIdx.x == 0) { BARRIER if (t < 50) y[t] = t; }",
    "if without braces": "if (blockIdx.x == 0) helped(y, t);",
    "else": "if (blockIdx.x) x[0] = 1; else { BARRIER if (t < 50) y[t] = t; }",
    "if in an if": "if (blockIdx.x == 0) if (gridDim.x == 1) { BARRIER if (t < 50) y[t] = t; }",
    "a loop in an if": "if (blockIdx.x == 0) { for (int n = 2; n; n--) { BARRIER } "
                       "for (int n = 0; n < 2; n++) if (t < 50) y[t] = t; }",
    "switch": "switch (blockIdx.x) { case 0: BARRIER if (t < 50) y[t] = t; break; case 1: x[0] = 2; }",
    "switch that falls out": "switch (blockIdx.x) { case 1: x[0] = 2; break; "
                             "case 0: BARRIER if (t < 50) y[t] = t; }",
    "return": "if (blockIdx.x == 0) { BARRIER for (int i = t; i < 500; i += 64) x[i] = 1; "
              "if (t < 50) y[t] = t; return; }",
    "break": "for (int n = 0; n < 3; n++) if (n == 1) { BARRIER if (t < 50) y[t] = t; break; }",
    "continue": "for (int n = 0; n < 3; n++) { if (n == 1) { BARRIER if (t < 50) y[t] = t; "
                "continue; } x[n] = 3; }",
    "while": "int n = 2; while (n--) { BARRIER if (t < 50) y[t] = t; }",
    "do": "int n = 2; do { BARRIER if (t < 50) y[t] = t; } while (--n);",
    "shuffle": "if (blockIdx.x == 0) { s[t] = __shfl_sync(~0u, t, 3); if (t < 50) y[t] = t; }",
    "a loop with a way out": "for (int n = 0; n < 3; n++) { if (n == gridDim.x) break; "
                             "BARRIER if (t < 50) y[t] = t; }",
}


@pytest.mark.parametrize("body", BRANCHES.values(), ids=BRANCHES)
def test_behind_a_barrier_in_a_branch_each_thread_goes_its_own_way(body):
    body = body.replace("BARRIER", "s[t] = 1; __syncthreads();")
    module = compiler.SourceModule("""
__device__ void helped(int *y, int t)
{
    __shared__ int s[64];
    s[t] = 1;
    __syncthreads();
    if (t < 50) y[t] = t;
}
__global__ void k(int *x, int *y)
{
    __shared__ int s[64];
    const int t = threadIdx.x;
    %s
    for (int i = t; i < 500; i += blockDim.x) x[i] = 1;
}""" % body)
    x, y = np.zeros(500, np.int32), np.full(64, -1, np.int32)
    module.get_function("k")(driver.InOut(x), driver.InOut(y), block=(64, 1, 1))
    assert y.tolist() == [*range(50)] + [-1] * 14 and x.all()
