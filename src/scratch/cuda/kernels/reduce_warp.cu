// The sum of a vector, with registers read across a warp.
//
//   x        (N) float32
//   y        one float, 0 beforehand
//   y        = x[0] + x[1] + ... + x[N - 1]
//   block    THREADS threads, a multiple of 32
//   grid     any number of blocks: enough to keep the device busy
//   shared   THREADS / 32 floats
//
// The 32 threads of a warp can hand registers to each other, without shared memory
// and without a barrier.  Five rounds fold a warp's 32 values into one, and five more
// fold the sums of the warps.

#define EVERYONE 0xffffffff
#if THREADS % 32
#error THREADS has to be a multiple of 32
#endif

__device__ float warp_sum(float value)
{
    for (int span = 16; span > 0; span /= 2)
        value += __shfl_down_sync(EVERYONE, value, span);
    return value;                    // right in the warp's first thread
}

__global__ void reduce_warps(const float *x, float *y, int N)
{
    __shared__ float partial[THREADS / 32];
    const int t = threadIdx.x;
    const size_t stride = gridDim.x * THREADS;
    size_t i = blockIdx.x * THREADS + t;
    float value = 0.0f;
    for (; i + 3 * stride < N; i += 4 * stride)          // four loads in flight
        value += (x[i] + x[i + stride]) + (x[i + 2 * stride] + x[i + 3 * stride]);
    for (; i < N; i += stride) value += x[i];
    value = warp_sum(value);
    if (t % 32 == 0) partial[t / 32] = value;
    __syncthreads();                 // every warp's sum is there before it is added
    if (t < 32) {
        value = warp_sum(t < THREADS / 32 ? partial[t] : 0.0f);
        if (t == 0) atomicAdd(y, value);
    }
}
