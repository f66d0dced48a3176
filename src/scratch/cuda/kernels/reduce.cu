// The sum of a vector, or its largest element: a tree in each block, written in five
// ways.
//
//   x        (N) float32
//   y        a float for each block, which the next launch reduces further; one float
//            alone in reduce_strided
//   y        = x[0] combined with x[1], ..., x[N - 1]
//   block    THREADS threads, a power of two
//   grid     N / THREADS blocks, rounded up, unless a kernel says otherwise
//   shared   THREADS floats
//
// combine(a, b) is a + b, or if MAX the larger one; combined with IDENTITY nothing
// changes, so threads beyond N contribute that.

#if THREADS & (THREADS - 1)
#error THREADS has to be a power of two
#endif
#if MAX
#define IDENTITY (-INFINITY)
// a nan is kept, as NumPy keeps it
__device__ float combine(float a, float b) { return a > b || a != a ? a : b; }
#else
#define IDENTITY 0.0f
__device__ float combine(float a, float b) { return a + b; }
#endif

// In each round, a thread whose number is a multiple of 2 span adds what lies span
// further on.  The threads that work are spread over all warps, so that every warp has
// a few of them to execute the addition for.
__global__ void reduce_spread(const float *x, float *y, int N)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    const int i = blockIdx.x * THREADS + t;
    partial[t] = i < N ? x[i] : IDENTITY;
    __syncthreads();                 // every element is there before it is combined
    for (int span = 1; span < THREADS; span *= 2) {
        if (t % (2 * span) == 0) partial[t] = combine(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) y[blockIdx.x] = partial[0];
}

// The same pairs, but the first threads do the work, so that whole warps have no
// addition to execute and only meet the barrier.  Neighbours' elements lie 2 span
// apart: with span = 16 all in one bank.
__global__ void reduce_packed(const float *x, float *y, int N)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    const int i = blockIdx.x * THREADS + t;
    partial[t] = i < N ? x[i] : IDENTITY;
    __syncthreads();                 // every element is there before it is combined
    for (int span = 1; span < THREADS; span *= 2) {
        const int left = 2 * span * t;
        if (left < THREADS)
            partial[left] = combine(partial[left], partial[left + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) y[blockIdx.x] = partial[0];
}

// Halves instead of neighbours: thread t adds what lies half of the rest further on,
// so that neighbouring threads work, on neighbouring banks.
__global__ void reduce_halves(const float *x, float *y, int N)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    const int i = blockIdx.x * THREADS + t;
    partial[t] = i < N ? x[i] : IDENTITY;
    __syncthreads();                 // every element is there before it is combined
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = combine(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) y[blockIdx.x] = partial[0];
}

// Half of the threads above never worked.  Here each combines two elements while it
// loads.
//   grid     N / (2 THREADS) blocks, rounded up
__global__ void reduce_pairs(const float *x, float *y, int N)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    const int i = blockIdx.x * 2 * THREADS + t;
    partial[t] = combine(i < N ? x[i] : IDENTITY,
                         i + THREADS < N ? x[i + THREADS] : IDENTITY);
    __syncthreads();                 // every element is there before it is combined
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = combine(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) y[blockIdx.x] = partial[0];
}

// *y combined with value, though other blocks do the same.  CUDA adds floats in one
// instruction.  For a maximum we guess what is there and exchange it if that is so; if
// not, we are told what is there, and make that the next guess.
__device__ void combine_into(float *y, float value)
{
#if MAX
    int guess, seen = __float_as_int(IDENTITY);
    do {
        guess = seen;
        seen = atomicCAS((int *)y, guess,
                         __float_as_int(combine(__int_as_float(guess), value)));
    } while (seen != guess);
#else
    atomicAdd(y, value);
#endif
}

// Each thread combines as many elements as it takes, a grid apart, before the tree
// begins, and each block combines its result into y: one launch, and most of the work
// without a barrier.  Four loads do not wait for each other, so that four are under way
// at a time.  The order in which blocks arrive differs from run to run, and
// with it the sum's last digits.
//   grid     any number of blocks: enough to keep the device busy
//   y        one float, IDENTITY beforehand
__global__ void reduce_strided(const float *x, float *y, int N)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    const size_t stride = gridDim.x * THREADS;
    size_t i = blockIdx.x * THREADS + t;
    float value = IDENTITY;
    for (; i + 3 * stride < N; i += 4 * stride)
        value = combine(value, combine(combine(x[i], x[i + stride]),
                                       combine(x[i + 2 * stride], x[i + 3 * stride])));
    for (; i < N; i += stride) value = combine(value, x[i]);
    partial[t] = value;
    __syncthreads();                 // every element is there before it is combined
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = combine(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) combine_into(y, partial[0]);
}
