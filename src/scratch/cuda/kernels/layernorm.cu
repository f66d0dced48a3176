// Layer normalisation of each row, to mean 0 and variance 1, then stretched and
// shifted:
//   y[r, c] = gain[c] (x[r, c] - mean_r) / sqrt(var_r + eps) + shift[c]
//
//   x, y           (R, C) float32, row after row
//   gain, shift    (C)
//   mean_r, var_r  of row r; the variance is the mean of (x[r, c] - mean_r) squared
//   grid           R blocks, one row each
//   block          THREADS threads, a power of two; thread t: every THREADS-th column
//   shared         THREADS floats

#if THREADS & (THREADS - 1)
#error THREADS has to be a power of two
#endif

// The sum of all threads' values, for all threads.  Every thread must call it.
__device__ float block_sum(float value, float *partial)
{
    const int t = threadIdx.x;
    partial[t] = value;
    __syncthreads();                 // every value is there before it is added
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] += partial[t + span];
        __syncthreads();             // outside the if: every thread must arrive
    }
    const float sum = partial[0];
    __syncthreads();                 // everyone has read it; partial may be used again
    return sum;
}

__global__ void layernorm(const float *__restrict__ x, const float *__restrict__ gain,
                          const float *__restrict__ shift, float *__restrict__ y, int C,
                          float eps)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    x += (size_t)blockIdx.x * C;
    y += (size_t)blockIdx.x * C;

    float sum = 0.0f;
    for (int c = t; c < C; c += THREADS) sum += x[c];
    const float mean = block_sum(sum, partial) / C;

    float squares = 0.0f;            // of differences: nothing large cancels
    for (int c = t; c < C; c += THREADS) squares += (x[c] - mean) * (x[c] - mean);
    const float inv_std = 1.0f / sqrtf(block_sum(squares, partial) / C + eps);

    for (int c = t; c < C; c += THREADS)
        y[c] = gain[c] * (x[c] - mean) * inv_std + shift[c];
}
