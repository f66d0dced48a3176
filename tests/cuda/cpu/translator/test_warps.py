"""Kernels that rely on the threads of a warp moving in step are refused, and no others.

The oracle of those that run is NumPy; a race that no warp in step would mend is memcheck's.
"""

import numpy as np
import pytest

from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.memcheck import WrongAccess, memcheck
from scratch.cuda.driver import In, InOut, LaunchError

FRAME = """struct Pair { int a; };
__device__ void fold(int *s, int t) { s[t] += s[t + 16]; s[t] += s[t + 8]; s[t] += s[t + 4];
    s[t] += s[t + 2]; s[t] += s[t + 1]; }
__device__ void pair(int *s, int t, int d) { s[t] += s[t + d]; }
__global__ void k(const int *x, int *y, int n)
{
    __shared__ int s[512];
    __shared__ struct Pair pairs[128];
    __shared__ int rows[2][64];
    int t = threadIdx.x, lane = t & 31, warp = t >> 5;
    for (int k = t; k < 512; k += blockDim.x) s[k] = x[k];
    rows[warp][lane] = x[t]; rows[warp][lane + 32] = 0;
    pairs[t].a = x[t]; pairs[t + 64].a = 0;
    __syncthreads();
BODY
    __syncthreads();
    y[t] = s[t] + rows[0][0] + pairs[0].a;
}"""
IN_STEP = {
    "a list of statements": "if (t < 32) { s[t] += s[t + 32]; s[t] += s[t + 16]; s[t] += s[t + 8]; }",
    "without an operator": "if (t < 32) { s[t] = s[t] + s[t + 32]; s[t] = s[t] + s[16 + t]; }",
    "a largest element": "if (t < 32) { s[t] = max(s[t], s[t + 32]); s[t] = max(s[t], s[t + 16]); }",
    "through a register": "int v = s[t]; if (t < 32) { s[t] = v = v + s[t + 16]; s[t] = v = v + s[t + 8]; }",
    "guarded one by one":
        "if (t < 16) s[t] += s[t + 16];\nif (t < 8) s[t] += s[t + 8];\nif (t < 4) s[t] += s[t + 4];",
    "macros of sizes":
        "if (n >= 64) { if (t < 32) s[t] += s[t + 32]; }\nif (n >= 32) { if (t < 16) s[t] += s[t + 16]; }\n"
        "if (n >= 16) { if (t < 32) s[t] += s[t + 8]; }",
    "a loop": "if (t < 32) for (int d = 16; d > 0; d >>= 1) s[t] += s[t + d];",
    "a loop that guards": "for (int d = 16; d > 0; d /= 2) if (t < d) s[t] += s[t + d];",
    "a while loop": "int d = 16; while (d) { if (t < d) s[t] += s[t + d]; d = d / 2; }",
    "a loop with a barrier for some rounds": "for (int d = 32; d > 0; d /= 2) { if (t < d) s[t] += s[t + d]; "
                                             "if (d > 16) __syncthreads(); }",
    "a function": "if (t < 32) fold(s, t);",
    "a function in a loop": "if (t < 32) for (int d = 16; d; d /= 2) pair(s, t, d);",
    "two calls": "if (t < 32) { pair(s, t, 16); pair(s, t, 8); }",
    "a pointer": "int *p = s + t; if (t < 32) { p[0] += p[32]; p[0] += p[16]; p[0] += p[8]; }",
    "the address of an element": "int *p = &s[t]; if (t < 32) { p[0] += p[32]; p[0] += p[16]; }",
    "stars": "if (t < 32) { *(s + t) += *(s + t + 32); *(s + t) += *(s + t + 16); }",
    "after a return": "if (t >= 32) return; s[t] += s[t + 16]; s[t] += s[t + 8];",
    "one warp of several": "if (warp == 0) { s[t] += s[t + 16]; s[t] += s[t + 8]; }",
    "lanes": "if (lane < 16) { rows[warp][lane] += rows[warp][lane + 16]; "
             "rows[warp][lane] += rows[warp][lane + 8]; }",
    "members": "if (t < 32) { pairs[t].a += pairs[t + 16].a; pairs[t].a += pairs[t + 8].a; }",
    "commas": "if (t < 32) s[t] += s[t + 16], s[t] += s[t + 8];",
    "a scan": "for (int d = 1; d < 64; d *= 2) { if (t >= d) s[t] += s[t - d]; __syncthreads(); }",
    "the book's scan": "int iter = 1; for (int i = 0; i < 6; i++) { __syncthreads(); "
                       "if (t >= iter) { s[t] = s[t] + s[t - iter]; } iter *= 2; }",
    "a scan by shifts": "for (int i = 0; i < 6; i++) { if (t >= (1 << i)) s[t] += s[t - (1 << i)]; "
                        "__syncthreads(); }",
    "a scan of one warp": "if (t < 32) { if (t >= 1) s[t] += s[t - 1]; if (t >= 2) s[t] += s[t - 2]; }",
    "a scan that reads first":
        "for (int d = 1; d < 64; d *= 2) { int v = 0; if (t >= d) v = s[t - d]; s[t] += v; "
        "__syncthreads(); }",
    "a scan without a guard": "s[t] += t > 0 ? s[t - 1] : 0;",
    "a butterfly": "if (t < 32) for (int d = 16; d; d >>= 1) s[t] += s[t ^ d];",
    "a butterfly, step by step": "if (t < 32) { s[t] += s[t ^ 16]; s[t] += s[t ^ 8]; }",
    "an index that is assigned": "int u; u = threadIdx.x; if (u < 32) { s[u] += s[u + 16]; "
                                 "s[u] += s[u + 8]; }",
    "if instead of max": "if (t < 32) { if (s[t] < s[t + 32]) s[t] = s[t + 32];\n"
                         "if (s[t] < s[t + 16]) s[t] = s[t + 16]; }",
    "one place further": "s[t + 1] = s[t];",
    "the other way round": "if (t > 31) { s[t] += s[t - 32]; s[t] += s[t - 16]; }",
}
X = np.arange(512, dtype=np.int32) * 7 % 31
TREE = "for (int d = 32; d > 0; d /= 2) { if (t < d) s[t] += s[t + d]; __syncthreads(); }"
RUN = {    # what is right with barriers where they are, or without any
    "a tree": TREE,
    "a tree with a barrier before":
        "for (int d = 32; d; d >>= 1) { __syncthreads(); if (t < d) s[t] += s[t + d]; }",
    "steps with barriers":
        "if (t < 32) s[t] += s[t + 32];\n__syncthreads();\nif (t < 16) s[t] += s[t + 16];\n"
        "__syncthreads();\nif (t < 8) s[t] += s[t + 8];",
    "columns of a thread": "for (int k = 1; k < 8; k++) s[t] += s[t + k * 64];",
    "columns of a thread, by hand": "s[t] += s[t + 64]; s[t] += s[t + 128]; s[t] += s[t + 192];",
    "columns by the block": "for (int k = 1; k < 8; k++) s[t] += s[t + k * blockDim.x];",
    "columns by the size": "s[t] += s[t + n]; s[t] += s[t + 2 * n];",
    "columns of half a block": "if (t < 32) { s[t] += s[t + 32]; s[t] += s[t + 64]; s[t] += s[t + 96]; }",
    "a thread's own elements": "int b = 4 * t; s[b + 1] += s[b]; s[b + 2] += s[b + 1]; s[b + 3] += s[b + 2];",
    "one thread":
        "if (t == 0) { s[t] += s[t + 1]; s[t] += s[t + 2]; for (int k = 3; k < 64; k++) s[t] += s[t + k]; }",
    "one thread of a function": "if (t == 0) fold(s, t);",
    "every other thread": "if (t % 2 == 0) { s[t] += s[t + 1]; s[t + 1] -= s[t]; s[t] += s[t + 1]; }",
    "every other thread, by a mask":
        "if ((t & 1) == 0) { s[t] ^= s[t + 1]; s[t + 1] ^= s[t]; s[t] ^= s[t + 1]; }",
    "pairs of odd threads": "if (t % 2) s[t] += s[t - 1];",
    "the upper half": "if (t >= 32) s[t] += s[t - 32];",
    "doubling":
        "for (int d = 1; d < 64; d *= 2) { if (t >= d && t < 2 * d) s[t] += s[t - d]; __syncthreads(); }",
    "a scan with two barriers":
        "for (int d = 1; d < 64; d *= 2) { int v = t >= d ? s[t - d] : 0; __syncthreads(); "
        "s[t] += v; __syncthreads(); }",
    "a scan of two buffers": "int from = 0, to = 64; for (int d = 1; d < 64; d *= 2) { "
                             "s[to + t] = s[from + t] + (t >= d ? s[from + t - d] : 0); "
                             "int old = to; to = from; from = old; __syncthreads(); }",
    "up and down sweeps": """for (int d = 32, o = 1; d > 0; d /= 2, o *= 2) { __syncthreads();
        if (t < d) { int a = o * (2 * t + 1) - 1, b = o * (2 * t + 2) - 1; s[b] += s[a]; } }
    if (t == 0) s[63] = 0;
    for (int d = 1, o = 32; d < 64; d *= 2, o /= 2) { __syncthreads();
        if (t < d) { int a = o * (2 * t + 1) - 1, b = o * (2 * t + 2) - 1; int v = s[a];
                      s[a] = s[b]; s[b] += v; } }""",
    "a bitonic sort": """for (int k = 2; k <= 64; k *= 2) for (int j = k / 2; j > 0; j /= 2) { int o = t ^ j;
        if (o > t) { if ((t & k) == 0) { if (s[t] > s[o]) { int v = s[t]; s[t] = s[o]; s[o] = v; } }
                     else { if (s[t] < s[o]) { int v = s[t]; s[t] = s[o]; s[o] = v; } } }
        __syncthreads(); }""",
    "a bitonic sort whose partner is assigned": """unsigned int o; for (int k = 2; k <= 64; k *= 2)
        for (int j = k / 2; j > 0; j /= 2) { o = t ^ j;
        if (o > t) { if ((t & k) == 0 ? s[t] > s[o] : s[t] < s[o]) {
            int v = s[t]; s[t] = s[o]; s[o] = v; } }
        __syncthreads(); }""",
    "a butterfly with barriers": "for (int d = 16; d; d /= 2) { int v = s[t ^ d]; "
                                 "__syncthreads(); s[t] += v; "
                                 "__syncthreads(); }",
    "an odd and even sort": """for (int r = 0; r < 64; r++) { if (t % 2 == r % 2 && t < 63) {
        if (s[t] > s[t + 1]) { int v = s[t]; s[t] = s[t + 1]; s[t + 1] = v; } } __syncthreads(); }""",
    "a stencil": "int v = 0; for (int r = 0; r < 3; r++) { v = s[t] + s[t + 1] + (t ? s[t - 1] : 0); "
                 "__syncthreads(); s[t] = v; __syncthreads(); }",
}
USUAL = ["a tree", "columns of a thread", "one thread of a function", "every other thread, by a mask",
         "a butterfly with barriers"]    # barriers, columns, one thread, some threads, and all of them


def launch(body, threads=64):
    kernel, y = SourceModule(FRAME.replace("BODY", body)).get_function("k"), np.zeros(64, np.int32)
    kernel(In(X), InOut(y), np.int32(64), block=(threads, 1, 1))
    return y - X[0] - X[0]


@pytest.mark.parametrize("body", IN_STEP.values(), ids=IN_STEP)
def test_what_relies_on_threads_in_step_is_refused_with_its_line(body):
    with pytest.raises(LaunchError, match=r"k, line \d+: a thread loads from (?s:.*)move in step"):
        launch(body)


@pytest.mark.parametrize("body", RUN.values(), ids=RUN)
def test_what_does_not_rely_on_it_runs(body):
    launch(body)


@pytest.mark.parametrize("name", RUN)
def test_memcheck_finds_no_race_in_it(name, request):
    """It knows every access of these threads, and so is the oracle of what may run."""
    if name not in USUAL and not request.config.getoption("--long"):
        pytest.skip("five of these texts are enough, each is compiled for a second: make test ARGS=--long")
    body = RUN[name]
    with memcheck():
        try:
            launch(body)
        except WrongAccess as error:
            assert not [finding for finding in error.findings if finding.startswith("race")]


def test_blocks_too_small_for_the_distance_run():
    """Of 32 threads, none is 32 further than another."""
    body = "s[t] += s[t + 64]; s[t] += s[t + 32];"
    np.testing.assert_array_equal(launch(body, threads=32)[:32], X[:32] + X[32:64] + X[64:96])
    with pytest.raises(LaunchError, match="line 15"):
        launch(body, threads=64)


def test_memory_of_the_launch_and_global_memory_are_looked_at_too():
    for declared in ("extern __shared__ int s[];", "int *s = y;"):
        module = SourceModule("__global__ void k(int *y) { %s int t = threadIdx.x; s[t] = 1; "
                              "__syncthreads(); s[t] += s[t + 2];\ns[t] += s[t + 1]; y[t] = s[t]; }"
                              % declared)
        with pytest.raises(LaunchError, match="line 2"):
            module.get_function("k")(InOut(np.zeros(64, np.int32)), block=(32, 1, 1), shared=256)
