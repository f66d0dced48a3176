"""Warp operations give what CUDA's manual says of 32 lanes; what it leaves open is refused."""

import numpy as np
import pytest

from scratch.cuda import driver as cuda
from scratch.cuda.compiler import SourceModule
from scratch.cuda.cpu.memcheck import WrongAccess, memcheck
from scratch.cuda.cpu.translator.tokens import Unsupported
from scratch.cuda.cpu.translator.translate import translate
SOURCE = """
#define ALL 0xffffffff
__device__ float warp_sum(float v)
{
    for (int o = 16; o > 0; o /= 2) v += __shfl_down_sync(ALL, v, o);
    return v;
}
__device__ float block_sum(float v)
{
    static __shared__ float shared[32];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    v = warp_sum(v);
    if (lane == 0) shared[warp] = v;
    __syncthreads();
    v = threadIdx.x < blockDim.x / warpSize ? shared[lane] : 0;
    if (warp == 0) v = warp_sum(v);
    return v;
}
__global__ void sum(const float *x, float *out, int n)
{
    float v = 0;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x) v += x[i];
    v = block_sum(v);
    if (threadIdx.x == 0) atomicAdd(out, v);
}
__global__ void rows(const float *x, float *out, int R, int C)
{
    const int warp = (blockIdx.x * blockDim.x + threadIdx.x) / 32, lane = threadIdx.x % 32;
    for (int r = warp; r < R; r += gridDim.x * blockDim.x / 32) {
        float most = -INFINITY;
        const float *const row = x + r * C;
        for (int c = lane; c < C; c += 32) most = fmaxf(most, row[c]);
        for (int o = 16; o; o >>= 1) most = fmaxf(most, __shfl_xor_sync(ALL, most, o));
        if (lane == 0) out[r] = most;
    }
}
__global__ void all(const int *x, unsigned *votes, int *o, double *d)
{
    const int t = threadIdx.x, lane = t % 32;
    votes[t] = __ballot_sync(ALL, x[t] > 0);
    votes[96 + t] = __any_sync(ALL, x[t] == 7) + 2 * __all_sync(ALL, x[t] >= 0);
    if (t < 32) {
        unsigned odd = __ballot_sync(ALL, t & 1);
        int most = -1;
        if (t & 1) { most = __reduce_max_sync(odd, x[t]); o[t] = most + __reduce_add_sync(odd, 1); }
        else o[t] = __popc(__activemask());
    } else o[t] = __shfl_sync(ALL, t, 3, 8);
    const int positive = __syncthreads_count(x[t] > 0);
    o[96 + t] = positive + 1000 * __syncthreads_or(x[t] == 7);
    o[96 + t] += 2000 * __syncthreads_and(x[t] > -2);
    int s = x[t];
    for (int n = 1; n < 32; n *= 2) {
        const int below = __shfl_up_sync(ALL, s, n);
        if (lane >= n) s += below;
    }
    o[192 + t] = s;
    long long large = (1ll << 40) + t;
    o[288 + t] = __shfl_xor_sync(ALL, large, 1) - (1ll << 40);
    d[t] = __shfl_down_sync(ALL, t * 0.5, 3, 16);
    __shared__ int shared[96];
    shared[t] = t;
    __syncwarp();
    o[384 + t] = shared[t ^ 5];
}
__global__ void early(const float *x, float *o, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const float v = x[i];
    o[i] = v + __shfl_xor_sync(ALL, v, 1);
}
__global__ void until(int *o)
{
    const int t = threadIdx.x;
    int n = 0;
    while (true) { if (!__any_sync(ALL, n < t)) break; if (n < t) n++; }
    do { n += 100; } while (__any_sync(ALL, n < 100 + t));
    o[t] = n;
}
__global__ void absent(int *o) { const int t = threadIdx.x; if (t % 2) o[t] = __shfl_sync(ALL, t, 1); }
__global__ void beyond(int *o) { const int t = threadIdx.x; if (t < 9) o[t] = __shfl_down_sync(511, t, 8); }
__global__ void foreign(int *o) { const int t = threadIdx.x; o[t] = __shfl_sync(1u << (t ^ 1), t, t); }
"""


@pytest.fixture(scope="module")
def kernel():
    return SourceModule(SOURCE).get_function


def test_sums_of_warps_and_blocks(kernel):
    """Whole numbers below 2^24, so that every order of addition gives NumPy's sum."""
    x, out = np.random.default_rng(0).integers(0, 50, 5000).astype(np.float32), np.zeros(1, np.float32)
    kernel("sum")(cuda.In(x), cuda.InOut(out), np.int32(5000), block=(256, 1, 1), grid=(3, 1))
    assert out == x.sum()


def test_warps_may_go_through_a_loop_for_different_times(kernel):
    x, out = np.random.default_rng(1).random((13, 77), np.float32), np.zeros(13, np.float32)
    kernel("rows")(cuda.In(x), cuda.InOut(out), np.int32(13), np.int32(77), block=(128, 1, 1), grid=(2, 1))
    np.testing.assert_array_equal(out, x.max(1))


def test_every_operation_on_three_warps(kernel):
    """NumPy on an array of three rows of 32; a lane that would come from beyond keeps its own."""
    x = np.random.default_rng(2).integers(-1, 8, 96).astype(np.int32)
    votes, o, d, t = np.zeros(192, np.uint32), np.zeros(480, np.int32), np.zeros(96), np.arange(96)
    kernel("all")(cuda.In(x), cuda.Out(votes), cuda.Out(o), cuda.Out(d), block=(96, 1, 1))
    w = x.reshape(3, 32)
    np.testing.assert_array_equal(votes[:96], np.repeat(((w > 0) * (1 << np.arange(32))).sum(1), 32))
    np.testing.assert_array_equal(votes[96:], np.repeat((w == 7).any(1) + 2 * (w >= 0).all(1), 32))
    np.testing.assert_array_equal(o[:32], np.where(t[:32] % 2, x[1:32:2].max() + 16, 16))
    np.testing.assert_array_equal(o[32:96], t[32:] // 8 * 8 + 3)
    assert set(o[96:192]) == {(x > 0).sum() + 1000 * (x == 7).any() + 2000}
    np.testing.assert_array_equal(o[192:288], w.cumsum(1).ravel())
    np.testing.assert_array_equal(o[288:384], t ^ 1)
    np.testing.assert_array_equal(d, np.where(t % 16 < 13, t + 3, t) * 0.5)
    np.testing.assert_array_equal(o[384:], t ^ 5)


@pytest.mark.parametrize("n", [64, 40, 32])
def test_threads_that_have_returned_need_not_arrive(kernel, n):
    x, o = np.arange(64, dtype=np.float32), np.zeros(64, np.float32)
    kernel("early")(cuda.In(x), cuda.InOut(o), np.int32(n), block=(64, 1, 1))
    np.testing.assert_array_equal(o, np.where(x < n, x + (np.arange(64) ^ 1), 0))


def test_loops_end_when_no_lane_goes_on(kernel):
    """Lane t counts to t; then 100 more at a time, until no lane is below 100 + t, which is at once."""
    o = np.zeros(64, np.int32)
    kernel("until")(cuda.InOut(o), block=(64, 1, 1))
    np.testing.assert_array_equal(o, np.arange(64) + 100)


@pytest.mark.parametrize("name, what", [("absent", "does not come"), ("beyond", "takes no part"),
                                        ("foreign", "does not name the thread's own")])
def test_what_cuda_leaves_open_ends_in_an_error(kernel, name, what):
    with pytest.raises(cuda.LaunchError, match=f"{name}, line .*{what}"):
        kernel(name)(cuda.InOut(np.zeros(64, np.int32)), block=(64, 1, 1))


def test_memcheck_knows_the_barrier_of_a_warp():
    source = ("__global__ void k(int *o) { __shared__ int s[32]; const int t = threadIdx.x; s[t] = t; %s "
              "o[t] = s[31 - t]; }")
    with memcheck():
        kernels = [SourceModule(source % barrier).get_function("k") for barrier in ("__syncwarp();", "")]
        kernels[0](cuda.Out(np.zeros(32, np.int32)), block=(32, 1, 1))
        with pytest.raises(WrongAccess, match="race: line 1, s"):
            kernels[1](cuda.Out(np.zeros(32, np.int32)), block=(32, 1, 1))


@pytest.mark.parametrize("body, what", [
    ("x[t] = t < 3 && __any_sync(~0u, t);", "after &&"),
    ("x[t] = t ? __shfl_sync(~0u, t, 0) : 0;", r"after \?"),
    ("for (int i = 0; i < t; i++) { if (i == 3) continue; x[t] = __shfl_sync(~0u, i, 0); }", "continue"),
    ("if (t < 32) { int y = __shfl_sync(~0u, t, 0); if (y) return; x[t] = y; }", "return"),
    ("switch (t) { case 0: x[t] = __shfl_sync(~0u, t, 0); }", "write if"),
    ("x[t] = __shfl_down(t, 1);", "without a mask")])
def test_what_cannot_run_is_refused_by_name(body, what):
    with pytest.raises(Unsupported, match=f"kernel.cu:1: .*{what}"):
        translate(f"__global__ void k(int *x) {{ int t = threadIdx.x; {body} }}")
