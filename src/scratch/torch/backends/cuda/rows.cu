// Rows of a matrix, a block of threads for each: what the book's softmax.cu and
// layernorm.cu leave out.
//
//   x        (R, C) float32, row after row
//   grid     R blocks, one row each
//   block    THREADS threads, a power of two; thread t has columns t, t + THREADS, ...
//   shared   THREADS floats, folded in half until partial[0] has the row's result

__device__ float both(float a, float b, int largest)
{
    return !largest ? a + b : a > b || a != a ? a : b;
}

// The sum of all threads' values, or the largest, for all. Every thread must call it.
__device__ float folded(float value, float *partial, int largest)
{
    const int t = threadIdx.x;
    partial[t] = value;
    __syncthreads();                 // every value is there to be read
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = both(partial[t], partial[t + span], largest);
        __syncthreads();             // outside the if: every thread must arrive
    }
    const float result = partial[0];
    __syncthreads();                 // everyone has read it; partial may be used again
    return result;
}

// y[r, c] = x[r, c] - max_r - ln(sum over c of exp(x[r, c] - max_r))
__global__ void log_softmax(const float *x, float *y, int C)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    x += (size_t)blockIdx.x * C;
    y += (size_t)blockIdx.x * C;

    float value = -INFINITY;
    for (int c = t; c < C; c += THREADS) value = both(value, x[c], 1);
    const float row_max = folded(value, partial, 1);
    value = 0.0f;
    for (int c = t; c < C; c += THREADS) value += expf(x[c] - row_max);
    const float log_sum = logf(folded(value, partial, 0));
    for (int c = t; c < C; c += THREADS) y[c] = x[c] - row_max - log_sum;
}

// mean_r, the mean of (x[r, c] - mean_r) squared, and 1 / sqrt(that + eps)
__global__ void moments(const float *x, float *mean, float *var, float *inv_std, int C,
                        float eps)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x;
    x += (size_t)blockIdx.x * C;

    float value = 0.0f;
    for (int c = t; c < C; c += THREADS) value += x[c];
    const float centre = folded(value, partial, 0) / C;
    value = 0.0f;
    for (int c = t; c < C; c += THREADS) value += (x[c] - centre) * (x[c] - centre);
    const float spread = folded(value, partial, 0) / C;
    if (t == 0) {
        mean[blockIdx.x] = centre;
        var[blockIdx.x] = spread;
        inv_std[blockIdx.x] = 1.0f / sqrtf(spread + eps);
    }
}
