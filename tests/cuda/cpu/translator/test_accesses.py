"""A kernel that tells what it touches touches the same, and tells all of it.

The oracle is the list of addresses that the index arithmetic of the kernel gives.
"""

import numpy as np
import pytest

from scratch.cuda import compiler, driver, engine
from scratch.cuda.cpu.translator.accesses import ATOMIC, BOTH, LOAD, STORE, Watch
from scratch.cuda.cpu.memcheck import memcheck
from scratch.cuda.cpu.translator.statements import parse, write
from scratch.cuda.cpu.translator.tokens import tokenize, untokenize

TYPES = {"int", "float", "float4", "Pair"}


def rewritten(body, memory=()):
    watch = Watch()
    tokens = write(watch.rewrite(parse(tokenize("{" + body + "}"), TYPES), TYPES, set(memory)))
    return untokenize(tokens)[1:-1], [(site.text, site.base) for site in watch.sites]


@pytest.mark.parametrize("body, expected", [
    ("a = b + 1;", "a = b + 1;"),
    ("a = x[i];", "a = LOOK_(1, 0, x, x[i]);"),
    ("x[i] = a;", "LOOK_(2, 0, x, x[i]) = a;"),
    ("x[i] -= a;", "LOOK_(3, 0, x, x[i]) -= a;"),
    ("x[i]++; --x[i];", "LOOK_(3, 0, x, x[i])++; --LOOK_(3, 1, x, x[i]);"),
    ("*p = *q;", "LOOK_(2, 0, p, *p) = LOOK_(1, 1, q, *q);"),
    ("*p++ = 1;", "LOOK_(2, 0, 0, *p++) = 1;"),
    ("a = &x[i];", "a = &x[i];"),
    ("a = sizeof(x[i]) * sizeof x[0];", "a = sizeof(x[i]) * sizeof x[0];"),
    ("s->n = p->m;", "LOOK_(2, 0, s, s->n) = LOOK_(1, 1, p, p->m);"),
    ("s.n = 1;", "s.n = 1;"),
    ("a = x[y[i]];", "a = LOOK_(1, 1, x, x[LOOK_(1, 0, y, y[i])]);"),
    ("f(x, x[i], 3);", "f(x, LOOK_(1, 0, x, x[i]), 3);"),
    ("a = ((float4 *)x)[i].y;", "a = LOOK_(1, 0, x, ((float4 *)x)[i].y);"),
    ("a = *(x + i);", "a = LOOK_(1, 0, x, *(x + i));"),
    ("atomicAdd(&x[i], y[j]);", "atomicAdd(POINT_(4, 0, x, &x[i]), LOOK_(1, 1, y, y[j]));"),
    ("float a = x[0], *b = x + 1;", "float a = LOOK_(1, 0, x, x[0]), *b = x + 1;"),
    ("if (x[i] > 0) return;", "if (LOOK_(1, 0, x, x[i]) > 0) return;"),
    ("shared = 1; a = shared;", "LOOK_(2, 0, 0, shared) = 1; a = LOOK_(1, 1, 0, shared);"),
])
def test_loads_and_stores_are_wrapped_and_nothing_else(body, expected):
    assert rewritten(body, {"shared"})[0] == expected


def test_sites_keep_the_text_that_the_reader_wrote():
    _, sites = rewritten("tile[t][k + 1] = ((float4 *)x)[i].y + *(p + 2);", {"tile"})
    assert ("tile[t][k + 1]", "tile") in sites
    assert ("((float4 *)x)[i].y", "x") in sites and ("*(p + 2)", "p") in sites


@pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")
def test_the_record_is_what_the_indices_say_and_the_result_is_unchanged():
    source = """
struct Pair { int number; float *numbers; };
__device__ float second(const float *x) { return x[1]; }
__global__ void k(float *x, float *y, int *count, Pair *pairs)
{
    __shared__ float tile[4][5];
    int t = threadIdx.x, b = blockIdx.x;
    tile[t][b] = x[4 * b + t];
    __syncthreads();
    float mine[2] = {tile[3 - t][b], second(x)};
    y[4 * b + t] = mine[0] + mine[1] + pairs[b].numbers[t];
    atomicAdd(&count[b], 1);
    y[4 * b + t] += 1;
}"""
    with memcheck() as check:
        k = compiler.SourceModule(source).get_function("k")
    x, y = driver.to_device(np.arange(8, dtype=np.float32)), driver.mem_alloc(32)
    numbers = driver.to_device(np.float32([10, 20, 30, 40]))
    pairs = np.zeros(2, np.dtype([("number", "i4"), ("numbers", "u8")], align=True))
    pairs["numbers"] = int(numbers)
    count = np.zeros(2, np.int32)
    k(x, y, driver.InOut(count), driver.In(pairs), block=(4, 1, 1), grid=(2, 1))
    expected = np.float32([3, 2, 1, 0, 7, 6, 5, 4]) + 1 + np.tile(np.float32([10, 20, 30, 40]), 2) + 1
    np.testing.assert_array_equal(driver.from_device(y, 8, np.float32), expected)
    assert count.tolist() == [4, 4]

    rows = check.accesses
    texts = np.array([check.sites[site].text for site in rows["site"]])

    def told(text):
        part = rows[texts == text]
        return part[np.lexsort([part["thread"], part["block"]])]

    loads = told("x[4 * b + t]")
    np.testing.assert_array_equal(loads["address"], int(x) + 4 * np.arange(8))
    assert set(loads["kind"]) == {LOAD} and set(loads["epoch"]) == {0} and set(loads["size"]) == {4}
    np.testing.assert_array_equal(loads["thread"], [0, 1, 2, 3] * 2)
    np.testing.assert_array_equal(loads["block"], [0] * 4 + [1] * 4)
    stores = told("tile[t][b]")
    np.testing.assert_array_equal(stores["address"] - stores["begin"], 4 * (5 * np.tile(range(4), 2)
                                                                          + np.repeat([0, 1], 4)))
    assert set(stores["kind"]) == {STORE} and set(stores["space"]) == {1}
    assert set(told("tile[3 - t][b]")["epoch"]) == {1}
    assert set(told("x[1]")["address"]) == {int(x) + 4}
    np.testing.assert_array_equal(told("pairs[b].numbers[t]")["address"], int(numbers)
                                  + 4 * np.tile(range(4), 2))
    assert set(told("count[b]")["kind"]) == {ATOMIC} and len(told("count[b]")) == 8
    assert sorted(told("y[4 * b + t]")["kind"]) == [STORE] * 8 + [BOTH] * 8
    assert not len(told("mine[0]"))
