"""Cooperative groups do what their manual says: blocks, and tiles of a warp."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.driver.devices import NotOnCPU
from scratch.cuda.cpu.translator.tokens import Unsupported
from scratch.cuda.cpu.translator.translate import translate

SOURCE = """#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>
namespace cg = cooperative_groups;
using namespace cooperative_groups;

__device__ int in_memory(thread_group g, int *held, int v)
{
    int lane = g.thread_rank();
    for (int i = g.size() / 2; i > 0; i /= 2) {
        held[lane] = v;
        g.sync();
        if (lane < i) v += held[lane + i];
        g.sync();
    }
    return v;
}
template <unsigned N> __device__ int by_shuffles(thread_block_tile<N> tile, int v)
{
    for (int i = tile.size() / 2; i > 0; i >>= 1) v += tile.shfl_down(v, i);
    return v;
}
template <typename Group> __device__ float largest(const Group &group, float v)
{
    for (int i = group.num_threads() / 2; i > 0; i /= 2) v = fmaxf(v, group.shfl_xor(v, i));
    return v;
}
extern "C" {
__global__ void sums(const int *x, int *out)
{
    __shared__ int held[128];
    cg::thread_block block = cg::this_thread_block();
    int sum = in_memory(block, held, x[block.group_index().x * blockDim.x + block.thread_rank()]);
    if (block.thread_rank() == 0) out[blockIdx.x] = sum;
    sync(block);
    thread_group tile = tiled_partition(block, 8);
    sum = in_memory(tile, held + block.thread_rank() / 8 * 8, x[threadIdx.x]);
    if (tile.thread_rank() == 0) atomicAdd(&out[gridDim.x], sum);
}
__global__ void shuffles(const int *x, int *out, float *most)
{
    auto block = cg::this_thread_block();
    auto warp = cg::tiled_partition<32>(block);
    thread_block_tile<4> four = tiled_partition<4>(warp);
    int sum = by_shuffles<32>(warp, x[threadIdx.x]);
    if (warp.thread_rank() == 0) atomicAdd(&out[0], sum);
    sum = by_shuffles<4>(four, x[threadIdx.x]);
    if (four.thread_rank() == 0) out[1 + four.meta_group_rank()] = sum;
    most[threadIdx.x] = largest(four, (float)x[threadIdx.x]);
    out[40 + threadIdx.x] = four.ballot(x[threadIdx.x] % 2) + 100 * four.any(x[threadIdx.x] == 7);
    out[40 + threadIdx.x] += 200 * warp.all(x[threadIdx.x] < 64) + 1000 * four.shfl(x[threadIdx.x], 2);
    most[threadIdx.x] += 0.5f * cg::reduce(warp, x[threadIdx.x], cg::plus<int>());
    cg::this_thread_block().sync();
    if (block.thread_index().x == 0) out[39] = warp.meta_group_size() + block.size();
}
}"""


@pytest.fixture(scope="module")
def module():
    return SourceModule(SOURCE, no_extern_c=True)


def test_a_function_of_any_group_works_for_blocks_and_tiles(module):
    x, out = np.arange(256, dtype=np.int32) * 7 % 41, np.zeros(3, np.int32)
    module.get_function("sums")(cuda.In(x), cuda.InOut(out), block=(128, 1, 1), grid=(2, 1))
    assert out.tolist() == [x[:128].sum(), x[128:].sum(), 2 * x[:128].sum()]


def test_tiles_shuffle_and_vote_among_themselves(module):
    x, out, most = np.arange(128, dtype=np.int32) * 5 % 97, np.zeros(168, np.int32), np.zeros(128, np.float32)
    module.get_function("shuffles")(cuda.In(x), cuda.InOut(out), cuda.Out(most), block=(128, 1, 1))
    fours = x.reshape(32, 4)
    assert out[0] == x.sum() and (out[1:33] == fours.sum(1)).all() and out[39] == 4 + 128
    votes = (fours % 2) @ [1, 2, 4, 8] + 100 * (fours == 7).any(1) + 1000 * fours[:, 2]
    votes = votes.repeat(4) + 200 * (x.reshape(4, 32) < 64).all(1).repeat(32)
    assert (out[40:] == votes).all()
    np.testing.assert_array_equal(most, fours.max(1).repeat(4) + 0.5 * x.reshape(4, 32).sum(1).repeat(32))


HEAD = "#include <cooperative_groups.h>\nnamespace cg = cooperative_groups;\n"


@pytest.mark.parametrize(("text", "told"), [
    ("auto g = cg::this_grid(); g.sync();", "this_grid"),
    ("auto g = cg::coalesced_threads();", "coalesced_threads"),
    ("auto g = cg::tiled_partition<64>(cg::this_thread_block());", "a tile of 64 threads"),
    ("auto g = cg::tiled_partition(cg::this_thread_block(), n);", "known only when it runs"),
    ("auto g = cg::tiled_partition<8>(cg::this_thread_block()); n = g.match_any(n);", "match_any"),
    ("auto g = cg::this_thread_block(); g.barrier_arrive();", "barrier_arrive"),
])
def test_other_groups_are_refused_by_name(text, told):
    text = HEAD + 'extern "C" __global__ void k(int n) { %s }' % text
    with pytest.raises(Unsupported, match=told) as caught:
        translate(text)
    assert "kernel.cu:3" in str(caught.value)
    if told in ("this_grid", "a tile of 64 threads", "barrier_arrive"):      # C++ has the others
        with pytest.raises(NotOnCPU, match=told):
            SourceModule(text, no_extern_c=True)


def test_templates_in_extern_c_are_refused_as_nvcc_does():
    """Seen with nvcc 13.0: this declaration may not have extern "C" linkage."""
    with pytest.raises(cuda.CompileError, match="no_extern_c=True"):
        SourceModule(HEAD + "__global__ void k() { cg::thread_block b = cg::this_thread_block(); b.sync(); }")


def test_a_program_without_the_header_may_have_the_names():
    source = "struct thread_block { int n; }; __global__ void k(int *x) { thread_block b = {3}; *x = b.n; }"
    assert "thread_block_" not in translate(source).text
