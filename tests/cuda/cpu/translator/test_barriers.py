"""A barrier that only some threads reach is refused where it happens, and never run wrongly.

PoCL itself computes nonsense for such kernels, or crashes: so they run in a process of their own.
"""

import re
import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scratch.cuda import engine
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.translator import barriers
from scratch.cuda.cpu.translator.barriers import every_thread_arrives
from scratch.cuda.cpu.translator.tokens import tokenize, untokenize
from scratch.cuda.driver import In, Out
from scratch.cuda.kernels import attention

TYPES = {"int", "float"}
SCRIPT = """
import numpy as np
from scratch.cuda import autoinit, compiler, driver
for body, n in %r:
    k = compiler.SourceModule('''__global__ void k(float *y, int n)
{
    __shared__ float s[16];
    int t = threadIdx.x, i = blockIdx.x * 16 + t;
    s[t] = t;
''' + body + "\\n}").get_function("k")
    y = np.full(32, -1, np.float32)
    try:
        k(driver.InOut(y), np.int32(n), block=(16, 1, 1), grid=(2, 1))
    except driver.LaunchError as error:
        print(error, end="\\0", flush=True)
    else:
        print(y.astype(int).tolist(), end="\\0", flush=True)
"""
LEAVE = "    if (i >= n) return;\n    __syncthreads();\n    y[i] = s[15 - t];"
DISAGREEING = [    # a kernel's body, n, and what is said of it
    (LEAVE, 20, "line 6: in block (1, 0, 0) some threads leave here"),
    (LEAVE, 3, "line 6: in block (0, 0, 0) some threads leave here"),
    ("    if (t < n) { __syncthreads(); y[i] = 1; }", 8,
     "line 6: in block (?, 0, 0) only some threads go on"),
    ("    if (t < n) y[i] = 1; else __syncthreads();", 8, "line 6: in block (?, 0, 0) only some"),
    ("    for (int j = t; j < n; j += 9) { s[t] = j;\n __syncthreads(); }", 20,
     "line 6: in block (?, 0, 0) only some"),
    ("    while (1) { __syncthreads();\n if (s[t] > 8) break;\n s[t] += 5; __syncthreads(); }", 0,
     "line 7: in block (?, 0, 0) some threads leave"),
    ("    int turns = 0; if (t == 5) turns = 1;\n    do { __syncthreads(); } while (turns-- > 0);", 0,
     "only some"),
]


def launch(*bodies):
    """What kernels with these bodies print, or say in refusing; (body, n) each, all in one process."""
    child = subprocess.run([sys.executable, "-c", SCRIPT % (bodies,)], capture_output=True, text=True,
                           preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (300, 300)))
    *told, rest = child.stdout.split("\0")
    assert child.returncode == 0 and not rest, (bodies[len(told):], child.stderr)
    return told


@pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
def test_threads_that_disagree_about_a_barrier_are_told_so():
    """Where both blocks disagree (?), either may be the first."""
    told = launch(*((body, n) for body, n, _ in DISAGREEING))
    for (body, n, complaint), each in zip(DISAGREEING, told, strict=True):
        assert complaint in each or complaint in re.sub(r"block \([01],", "block (?,", each), (body, n, each)


@pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
def test_threads_that_agree_go_on_as_on_a_gpu():
    """Whole blocks may leave, and loops that all threads leave together may hold barriers."""
    reversed_ = [15 - t for t in range(16)]
    body = ("    for (int j = t - t; j < n; j++) {\n __syncthreads();\n float next = s[(t + 1) % 16];\n "
            "__syncthreads();\n"
            " s[t] = next;\n if (s[t] < 0) return; }\n    y[i] = s[t];")
    last = ("    __syncthreads();\n    if (t > n) return;\n    y[i] = s[15 - t];\n"
            "    if (s[t] < 5) return;\n    y[i]++;")
    left, turned, ended = launch((LEAVE, 16), (body, 3), (last, 9))
    assert ended == str(([15 - t + (t > 4) for t in range(10)] + [-1] * 6) * 2)
    assert left == str(reversed_ + [-1] * 16)
    assert turned == str([(t + 3) % 16 for t in range(16)] * 2)


@pytest.mark.parametrize("body", [
    "{ for (int i = 0; i < n; i++) __syncthreads(); }",
    "{ int tiles = (n + 15) / 16; for (int t = 0; t < tiles; ++t) { x[t] = 1; __syncthreads(); } }",
    "{ for (int span = 128; span > 0; span /= 2) { if (threadIdx.x < span) x[0] += 1; __syncthreads(); } }",
    "{ if (blockIdx.x == 0) { __syncthreads(); } }",
    "{ if (n == 0) return; __syncthreads(); }",
    "{ int i = threadIdx.x; if (i < n) { x[i] = 1; } __syncthreads(); }",
    "{ while (1) { __syncthreads(); if (n-- < 3) break; } }",
    "{ if (threadIdx.x < n) return; x[0] = 1; }",
    "{ __syncthreads(); if (threadIdx.x < n) return; if (x[0]) { if (x[1]) return; } x[0] = 1; }",
    "{ for (int i = 0; i < n; i++) { __syncthreads(); } for (;;) { if (x[0]) return; } }",
    "{ if (n) { __syncthreads(); if (x[0]) return; } else { if (x[0]) return; x[0] = 1; } }",
    "{ switch (n) { case 1: __syncthreads(); if (x[0]) return; } }",
])
def test_no_vote_is_taken_where_all_threads_decide_alike_or_nobody_waits(body):
    tokens = tokenize(body)
    assert untokenize(every_thread_arrives(tokens, TYPES, {"n", "x"})) == body


@pytest.mark.parametrize("body", [
    "{ for (int i = threadIdx.x; i < n; i++) __syncthreads(); }",
    "{ int a = 3; a += threadIdx.y; if (a > n) return; __syncthreads(); }",
    "{ int a = x[0]; while (a--) __syncthreads(); }",
    "{ int a = 0, b = 0; if (threadIdx.x == 0) a = 1; b = a; if (b) __syncthreads(); }",
    "{ int a = 0; for (int i = 0; i < threadIdx.x; i++) a++; if (a < n) __syncthreads(); }",
    "{ int a; f(&a); if (a) __syncthreads(); }",
    "{ if (g(n)) __syncthreads(); }",
    "{ if (*x > 1) __syncthreads(); }",
    "{ if (atomicAdd(x, 1) == n) __syncthreads(); }",
    "{ __syncthreads(); if (x[0]) return; if (n) { x[0] = 1; __syncthreads(); } }",
    "{ for (int i = 0; i < n; i++) { __syncthreads(); if (x[0]) return; x[0] = 1; } }",
    "{ if (n) { if (x[0]) return; } __syncthreads(); }",
    "{ if (x[0]) return; else __syncthreads(); }",
    "{ switch (n) { case 1: if (x[0]) return; case 2: __syncthreads(); } }",
    "{ while (n--) { for (;;) { if (x[0]) return; } __syncthreads(); } }",
    "{ again: __syncthreads(); if (x[0]) return; x[0] = 1; goto again; }",
])
def test_a_vote_is_taken_where_threads_might_disagree(body):
    assert "vote_" in untokenize(every_thread_arrives(tokenize(body), TYPES, {"n", "x", "atomicAdd"}))


def test_a_function_with_a_barrier_counts_as_one():
    tokens = tokenize("{ if (threadIdx.x) sum(x); }")
    assert "vote_" in untokenize(every_thread_arrives(tokens, TYPES, {"x", "sum"}, {barriers.BARRIER, "sum"}))
    assert "vote_" not in untokenize(every_thread_arrives(tokens, TYPES, {"x", "sum"}))


def test_a_variable_named_as_a_function_with_a_barrier_is_no_barrier():
    """The kernel itself is called k, and so is a counter."""
    body = ("    __syncthreads();\n    if (t == 0) for (int k = 1; k < 16; k++) s[0] += s[k];\n"
            "    __syncthreads();\n    y[i] = s[0];")
    assert launch((body, 16)) == [str([120] * 32)]


def test_no_compiler_leads_a_thread_past_a_barrier():
    """Threads without a row to load go on to the barrier, and write nothing, in a loop that votes.

    LLVM 14 and PoCL have them load, too, if nothing stands before the barrier: see barriers.py.
    """
    text = Path(attention.__file__).with_name("attention.cu").read_text()
    begin, end = text.index("__device__ void fill"), text.index("// The channels of")
    kernel = SourceModule(text[:begin] + """
__device__ void fill(float *tile, const float *x, int first, int rows, int count)
{
    for (int r = threadIdx.y; r < count; r += Y)
        for (int d = threadIdx.x; d < WIDTH; d += X)
            tile[r * WIDTH + d] = first + r < rows && d < D
                ? x[(size_t)(first + r) * D + d] : 0.0f;
}
""" + text[end:], options=["-DD=70", "-DQUERIES=64", "-DKEYS=8", "-DEACH=2"]).get_function("attention_tiles")
    draw = np.random.default_rng(1)
    q, k, v = (draw.normal(size=(rows, 70)).astype(np.float32) for rows in (64, 16, 16))
    weights = np.exp(q.astype(float) @ k.T / 70**0.5)
    y, lse = np.zeros_like(q), np.zeros(64, np.float32)
    kernel(In(q), In(k), In(v), Out(y), Out(lse), np.int32(64), np.int32(16), np.float32(70**-0.5),
           np.int32(16), block=(4, 32, 1), grid=(1, 1))
    assert np.abs(y - weights @ v / weights.sum(axis=1, keepdims=True)).max() < 1e-5
