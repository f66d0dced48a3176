"""Each word of CUDA C becomes the word that OpenCL C has for it, and nothing else changes."""

import pytest

from scratch.cuda.cpu.translator.analysis import analyse
from scratch.cuda.cpu.translator.declarations import Source
from scratch.cuda.cpu.translator.respell import Respeller, function_name, number, spelled
from scratch.cuda.cpu.translator.tokens import Unsupported, tokenize, untokenize

SOURCE = """
__constant__ float scale;
const int N = 3;
__device__ float scaled(float x) { return scale * x; }
__device__ float wait() { return scale; }
__device__ float plain(float x) { return x; }
__device__ int global(int x) { return x; }
"""
WORDS = {    # CUDA C -> OpenCL C
    "i = threadIdx.y;": "i = ((unsigned)(get_local_id(1) + HIDDEN_));",
    "d = gridDim;": "d = ((dim3_){((unsigned)get_num_groups(0)), ((unsigned)get_num_groups(1)), "
                    "((unsigned)get_num_groups(2))});",
    "x = p->half.kernel;": "x = p->half_.kernel_;",
    "half = local + mix;": "half_ = local_ + mix_;",
    "unsigned long long n = 1ULL << 40;": "unsigned long n = 1Ul << 40;",
    'printf("%lld %zu", n);': 'printf("%ld %lu", n);',
    "x = N * y;": "x = ((int)(3)) * y;",
    "x = static_cast<float>(y + 1);": "x = ((float)(y + 1));",
    "v = reinterpret_cast<float4 *>(x)[0];": "v = ((float4_ *)(x))[0];",
    "x = float(y) + int(z);": "x = (float)(y) + (int)(z);",
    "f = (float (*)(int))g;": "f = (float (*)(int))g;",
    "v = make_float4(1, 2, 3, 4);": "v = make_float4(1, 2, 3, 4);",
    "uint8_t a = 0; size_t b;": "uchar a = 0; size_t b;",
    "__syncthreads(); x;": "BARRIER_(); x;",
    "__threadfence();": "mem_fence(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE);",
    "const float *__restrict__ x;": "const float *x;",
    "x = plain(y) + scaled(y) + wait();": "x = plain(y) + scaled(context_, y) + wait(context_);",
    "x = global(3);": "x = global_user(3);",
    "x = fmaxf(a, sqrt(b));": "x = fmaxf(a, sqrt_(b));",
    "max = min(max, warpSize);": "max = min_(max, 32);",
}


@pytest.fixture
def respell():
    source = Source(SOURCE)
    analyse(source)
    return Respeller(source)


@pytest.mark.parametrize("cuda, opencl", WORDS.items(), ids=WORDS)
def test_a_line_is_respelled(respell, cuda, opencl):
    assert [t.text for t in respell(tokenize(cuda))] == [t.text for t in tokenize(opencl)]


def test_words_that_need_a_definition_are_noted(respell):
    respell(tokenize("float4 v = make_float4(sqrtf(1), max(2, 3), threadIdx, atomicAdd(&n, 1));"))
    assert respell.used == {"float4", "make_float4", "sqrtf", "max", "uint3", "atomicAdd"}


def test_a_watched_barrier_counts_itself():
    watched = Respeller(Source(SOURCE), watched=True)
    assert untokenize(watched(tokenize("__syncthreads();"))).startswith("(context_->epoch++, BARRIER_()")


@pytest.mark.parametrize("line, what", [
    ("float &y = x[0];", "references"), ("auto f = [=](int n) { };", "lambdas"),
    ("auto f = [&](int n) { };", "lambdas"),
    ("v = float4(1, 2, 3, 4);", "write make_float4")])
def test_what_cannot_run_is_refused_by_name(respell, line, what):
    with pytest.raises(Unsupported, match=what):
        respell(tokenize(line))


@pytest.mark.parametrize("cuda, opencl", [("1ULL", "1Ul"), ("1LLU", "1lu"), ("2ll", "2l"), ("3L", "3L"),
                                          ("2.5f", "2.5f"),
                                          ("0xFFull", "0xFFul")])
def test_a_number_loses_one_of_two_longs(cuda, opencl):
    assert number(cuda) == opencl


def test_names_that_are_taken_get_out_of_the_way():
    assert [spelled(name) for name in ("half", "kernel", "x", "count")] == ["half_", "kernel_", "x", "count"]
    assert [function_name(name) for name in ("global", "sqrtf", "f")] == ["global_user", "sqrtf_user", "f"]
