// Softmax of each row:
//   y[r, c] = exp(x[r, c] - max_r) / sum over c of exp(x[r, c] - max_r)
//
//   x, y    (R, C) float32, row after row
//   grid    R blocks, one row each
//   block   THREADS threads, a power of two; thread t has columns t, t + THREADS, ...
//
// Subtracting the row's largest element leaves the quotient as it is, and no argument
// of exp is above 0, so that none overflows.  One division per row, and the promise of
// __restrict__ that x and y do not overlap, let the last loop load ahead of its stores.

#if THREADS & (THREADS - 1)
#error THREADS has to be a power of two
#endif

// Three passes over the row: its maximum, the sum, the result.  Each element is asked
// for three times; a row that fits into a cache comes from memory once.
//   shared  THREADS floats, folded in half until partial[0] has the row's result
__global__ void softmax(const float *__restrict__ x, float *__restrict__ y, int C)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    x += (size_t)blockIdx.x * C;
    y += (size_t)blockIdx.x * C;

    float row_max = -INFINITY;
    for (int c = t; c < C; c += THREADS) row_max = fmaxf(row_max, x[c]);
    partial[t] = row_max;
    __syncthreads();                 // every thread's maximum is there to be read
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = fmaxf(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    row_max = partial[0];
    __syncthreads();                 // everyone has read it; partial may be used again

    float row_sum = 0.0f;
    for (int c = t; c < C; c += THREADS) row_sum += expf(x[c] - row_max);
    partial[t] = row_sum;
    __syncthreads();                 // every thread's sum is there to be read
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] += partial[t + span];
        __syncthreads();
    }
    const float scale = 1.0f / partial[0];

    for (int c = t; c < C; c += THREADS) y[c] = expf(x[c] - row_max) * scale;
}

// exp(x - max), and 0 of -inf even where max is -inf, too, and nothing has been seen
// yet
__device__ float weight(float x, float max)
{
    return x == -INFINITY ? 0.0f : expf(x - max);
}

// Two passes: maximum and sum at once.  Where a larger maximum turns up, the sum so
// far, made with the smaller one, shrinks by exp(smaller - larger).  Each element is
// asked for twice.
//   shared  2 THREADS floats
__global__ void softmax_online(const float *__restrict__ x, float *__restrict__ y,
                               int C)
{
    __shared__ float maxima[THREADS], sums[THREADS];
    const int t = threadIdx.x;
    x += (size_t)blockIdx.x * C;
    y += (size_t)blockIdx.x * C;

    float row_max = -INFINITY, row_sum = 0.0f;
    for (int c = t; c < C; c += THREADS) {
        const float larger = fmaxf(row_max, x[c]);
        row_sum = row_sum * weight(row_max, larger) + weight(x[c], larger);
        row_max = larger;
    }
    maxima[t] = row_max;
    sums[t] = row_sum;
    __syncthreads();                 // every thread's pair is there to be read
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) {
            const float larger = fmaxf(maxima[t], maxima[t + span]);
            sums[t] = sums[t] * weight(maxima[t], larger)
                    + sums[t + span] * weight(maxima[t + span], larger);
            maxima[t] = larger;
        }
        __syncthreads();             // outside the if: every thread must arrive
    }
    row_max = maxima[0];
    const float scale = 1.0f / sums[0];

    for (int c = t; c < C; c += THREADS) y[c] = expf(x[c] - row_max) * scale;
}
