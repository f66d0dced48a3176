"""Steps of a launch are those that a reader of the kernel counts."""

import numpy as np
import pytest

from scratch.cuda import compiler, driver, engine
from scratch.cuda.cpu.memcheck import memcheck
from scratch.cuda.cpu.record import setting, steps
from scratch.cuda.cpu.translator.accesses import LOAD, STORE

pytestmark = pytest.mark.skipif(engine == "gpu", reason="of the CPU engine: SCRATCH_CUDA=cpu runs it")

TREE = """__global__ void tree(const float *x, float *y, int n)
{
    __shared__ float part[64];
    const int t = threadIdx.x, i = blockIdx.x * blockDim.x + t;
    part[t] = i < n ? x[i] : 0.0f;
    __syncthreads();
    for (int span = 32; span > 0; span /= 2) {
        if (t < span) part[t] += part[t + span];
        __syncthreads();
    }
    if (t == 0) y[blockIdx.x] = part[0];
}"""


def launched(source, name, *arguments, grid=1, block):
    with memcheck() as check:
        kernel = compiler.SourceModule(source).get_function(name)
    kernel(*arguments, grid=(grid, 1), block=(block, 1, 1))
    return check


@pytest.fixture(scope="module")
def tree():
    return launched(TREE, "tree", driver.In(np.ones(100, np.float32)), driver.Out(np.zeros(2, np.float32)),
                    np.int32(100), grid=2, block=64)


def test_between_barriers_each_round_is_a_step(tree):
    rounds = steps(tree, "part[t + span]")
    assert rounds == [{t: t + span for t in range(span)} for span in (32, 16, 8, 4, 2, 1)]
    assert steps(tree, "part[t + span]", STORE) == []


def test_an_array_has_the_steps_of_all_its_places_in_order(tree):
    assert steps(tree, "part", STORE) == [{t: t for t in range(64)}]
    assert steps(tree, "part", LOAD)[-1] == {0: 0}
    assert steps(tree, "nothing") == []


def test_steps_are_those_of_a_block_and_of_a_warp(tree):
    assert steps(tree, "x") == [{t: t for t in range(64)}]
    assert steps(tree, "x", block=1) == [{t: 64 + t for t in range(36)}], "the others have a guard"
    assert steps(tree, "x", block=1, warp=1) == [{32 + t: 96 + t for t in range(4)}]
    assert steps(tree, "part[t + span]", warp=1) == []


def test_turns_of_a_loop_are_steps():
    source = """__global__ void strided(float *x, int n)
    {
        for (int i = threadIdx.x; i < n; i += blockDim.x) x[i] = 1.0f;
    }"""
    check = launched(source, "strided", driver.InOut(np.zeros(70, np.float32)), np.int32(70), block=32)
    whole = [{t: 32 * turn + t for t in range(32)} for turn in range(2)]
    assert steps(check, "x") == [*whole, {t: 64 + t for t in range(6)}]


@pytest.mark.parametrize("floats, expected", [
    ([0, 1, 2, 3], [0, 1, 0, 99]), ((5, 12), [5, 7, 0, 99]), ({0: 4, 1: 4}.values(), [4, 0, 0, 99])])
def test_evenly_spaced_floats_have_an_offset_and_a_stride(floats, expected):
    assert setting(floats, 99) == expected


def test_padding_is_told_apart_from_the_stride():
    assert setting(np.arange(32) * 33, 32 * 33, padding=1) == [0, 32, 1, 1056]


@pytest.mark.parametrize("floats", [[0, 1, 3], [7], []])
def test_floats_without_one_distance_have_no_setting(floats):
    with pytest.raises(ValueError, match="not evenly spaced"):
        setting(floats, 8)
