"""Random kernels give the same on both engines, integers bit for bit; nvcc says that they are CUDA."""

import random
import shutil
import subprocess

import numpy as np
import pytest

from scratch.cuda import compiler, driver as cuda, engine
from scratch.cuda.cpu import cxx

pytestmark = [
    pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it"),
    pytest.mark.skipif(cxx.find() is None, reason="no C++ compiler of GCC's for the second engine")]
TYPES = ["int", "unsigned", "unsigned char", "short", "long long", "unsigned long long"]
THREADS, KERNELS = 64, 6
HEAD = """
struct Pair { short a; unsigned char b; int c; };
__constant__ int table[8] = {3, -1, 1 << 20, 7, -100, 0, 255, 1 << 30};
__device__ int mixed(int a, unsigned char b) { return a * 31 + b; }
"""


class Writer:
    """Kernels of one random number generator: int *x, float *y of THREADS each, int n."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        return self.random.choice(choices)

    def whole(self, depth):
        """An expression of integers."""
        if depth <= 0 or self.random.random() < 0.1:
            return self.pick("x[t]", "t", "n", "a", "b", "c", "h", "u8", "wide", "p.a", "p.c", "table[t & 7]",
                             "(t * 3) % 64", "blockDim.x", str(self.random.randrange(-9, 70)),
                             "0x%xu" % self.random.randrange(2**32))
        e, f = self.whole(depth - 1), self.whole(depth - 2)
        return self.pick(
            f"({e} + {f})", f"({e} - {f})", f"({e} * {f})", f"({e} & {f})", f"({e} ^ {f})", f"({e} | {f})",
            f"({e} / (({f} & 15) + 1))", f"({e} % (({f} & 15) + 1))", f"({e} << ({f} & 63))",
            f"({e} >> ({f} & 63))", f"({e} << {self.pick(1, 3, 'c', 'n')})", f"({e} < {f})",
            f"({e} ? {f} : {self.whole(depth - 1)})", f"({self.pick(*TYPES)}){e}", f"-({e})", f"~({e})",
            f"min((int){e}, (int){f})", f"max((unsigned){e}, (unsigned){f})", f"mixed({e}, {f})",
            f"__popc({e})", f"__clz({e})", f"({self.pick('int', 'unsigned', 'unsigned char', 'long long')})"
            f"{self.real(depth - 1)}", f"__mulhi({e}, {f})", f"abs((int){e} | 1)")

    def real(self, depth):
        """An expression of floats in which every step is exact or one rounding of the same two numbers."""
        if depth <= 0:
            return self.pick("y[t]", "r", f"{self.random.randrange(-40, 40) / 4}f", "1e10f", "-3e9f",
                             "300.5f")
        e, f = self.real(depth - 1), self.real(depth - 2)
        return self.pick(f"__fadd_rn({e}, {f})", f"__fmul_rn({e}, {f})", f"fmaxf({e}, {f})", f"min({e}, {f})",
                         f"(float){self.whole(depth - 1)}", f"floorf({e})", f"fabsf({e})", f"-({e})",
                         f"({self.whole(1)} > 3 ? {e} : {f})")

    def statement(self, depth=1):
        e, r = self.whole(3), self.real(2)
        simple = [
            f"a {self.pick('=', '+=', '-=', '*=', '^=', '|=', '&=')} {e};", f"b = {e};", f"u8 = {r};",
            f"h += {r};",
            f"c = {r};", f"wide {self.pick('=', '+=', '^=')} {e};", f"p.a = {e};", f"p.b = {r};", f"r = {r};",
            f"a {self.pick('<<=', '>>=')} {self.pick('c & 63', 'n', '5')};",
            f"wide >>= {self.whole(1)} & 127;",
            "held[t] = a; __syncthreads(); a ^= held[(t + n) & 63]; __syncthreads();",
            f"b += __shfl_{self.pick('down', 'xor', 'up')}_sync(~0u, a, {self.pick(1, 2, 16)});",
            f"c ^= __ballot_sync(~0u, {self.whole(2)});", "atomicAdd(&held[64], a & 15);"]
        if depth:
            inner = " ".join(self.statement(0) for _ in range(2))
            inner = inner if "sync" not in inner else f"b += {self.whole(2)};"
            simple += [f"if ({self.whole(2)} > {self.whole(1)}) {{ {inner} }}",
                       f"for (int i = 0; i < (t & 3) + 1; i++) {{ {inner} a += i; }}",
                       f"switch (a & 3) {{ case 0: {inner} break; case 1: b++; default: c -= 2; }}"]
        return self.pick(*simple)

    def kernel(self, name):
        body = "\n    ".join(self.statement() for _ in range(6))
        return f"""__global__ void {name}(int *x, float *y, int n)
{{
    __shared__ int held[65];
    int t = threadIdx.x, a = x[t]; unsigned b = t * 7u; int c = n; short h = 3; unsigned char u8 = 200;
    long long wide = a; struct Pair p = {{1, 2, 3}}; float r = y[t];
    if (t == 0) held[64] = 0;
    __syncthreads();
    {body}
    __syncthreads();
    x[t] = a ^ b ^ (c * 3) ^ (int)(wide >> 7) ^ h ^ (u8 << 8) ^ p.a ^ p.b ^ held[64];
    y[t] = r;
}}
"""


def text_of(seed):
    writer = Writer(seed)
    return HEAD + "".join(writer.kernel(f"k{n}") for n in range(KERNELS))


def run(text):
    module, found = compiler.SourceModule(text), {}
    for n in range(KERNELS):
        rng = np.random.default_rng(n)
        x = rng.integers(-2**31, 2**31, THREADS).astype(np.int32)
        y = np.float32(rng.integers(-2000, 2000, THREADS) / 4)
        y[:4] = np.nan, np.inf, -np.inf, 3e9
        module.get_function(f"k{n}")(cuda.InOut(x), cuda.InOut(y), np.int32(n * 7), block=(THREADS, 1, 1))
        found[f"k{n}"] = x, y
    return module.info, found


@pytest.mark.parametrize("seed", range(60))
def test_both_engines_agree_on_random_kernels(seed, request):
    """Every step is of integers, or a float's that IEEE 754 leaves no choice in: all bits are the same."""
    if seed >= 3 and not request.config.getoption("--long"):
        pytest.skip("three texts are enough: make test ARGS=--long")
    text = text_of(seed)
    info, first = run(text)
    assert info.startswith("OpenCL C"), info
    with cxx.alone():
        info, second = run(text)
    assert info.startswith("C++")
    for name in first:
        np.testing.assert_array_equal(second[name][0], first[name][0], err_msg=f"{name} of\n{text}")
        np.testing.assert_array_equal(second[name][1], first[name][1], err_msg=f"{name} of\n{text}")


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc, which says what is CUDA")
def test_the_random_kernels_are_cuda(tmp_path, request):
    if not request.config.getoption("--long"):
        pytest.skip("seconds of nvcc: make test ARGS=--long")
    for seed in range(6):
        path = tmp_path / "kernel.cu"
        path.write_text(f'extern "C" {{\n{text_of(seed)}\n}}')
        made = subprocess.run(["nvcc", "-w", "-arch=sm_75", "-ptx", "-o", "/dev/null", path],
                              capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
