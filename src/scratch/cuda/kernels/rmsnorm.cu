// Root-mean-square normalisation of each row, and its slopes:
//   y[r, c]   = gain[c] x_hat[r, c],   x_hat[r, c] = x[r, c] inv_rms[r]
//   inv_rms[r] = 1 / sqrt(mean over c of x[r, c] squared + eps)
//   d_x[r, c] = inv_rms[r] (d_x_hat[r, c] - x_hat[r, c] mean of d_x_hat[r] x_hat[r]),
//               d_x_hat[r, c] = gain[c] d_y[r, c]
//   d_gain[c] = sum over r of d_y[r, c] x_hat[r, c]
//
//   x, y, d_x, d_y   (R, C) float32, row after row
//   gain, d_gain     (C)
//   inv_rms          (R)
//   block            THREADS threads, a power of two

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

//   grid    R blocks, one row each
//   shared  THREADS floats
__global__ void rmsnorm(const float *__restrict__ x, const float *__restrict__ gain,
                        float *__restrict__ y, float *__restrict__ inv_rms, int C,
                        float eps)
{
    __shared__ float partial[THREADS];
    x += (size_t)blockIdx.x * C, y += (size_t)blockIdx.x * C;

    float squares = 0.0f;
    for (int c = threadIdx.x; c < C; c += THREADS) squares += x[c] * x[c];
    const float inv = 1.0f / sqrtf(block_sum(squares, partial) / C + eps);
    for (int c = threadIdx.x; c < C; c += THREADS) y[c] = gain[c] * (x[c] * inv);
    if (threadIdx.x == 0) inv_rms[blockIdx.x] = inv;
}

//   grid    R blocks, one row each
//   shared  THREADS floats
__global__ void rmsnorm_back(const float *__restrict__ d_y,
                             const float *__restrict__ x,
                             const float *__restrict__ gain,
                             const float *__restrict__ inv_rms, float *__restrict__ d_x,
                             int C)
{
    __shared__ float partial[THREADS];
    const float inv = inv_rms[blockIdx.x];
    d_y += (size_t)blockIdx.x * C, x += (size_t)blockIdx.x * C;
    d_x += (size_t)blockIdx.x * C;

    float sum = 0.0f;                // each x also moved the root of the mean
    for (int c = threadIdx.x; c < C; c += THREADS) sum += gain[c] * d_y[c] * x[c];
    const float via_rms = block_sum(sum, partial) * inv / C;
    for (int c = threadIdx.x; c < C; c += THREADS)
        d_x[c] = inv * (gain[c] * d_y[c] - x[c] * inv * via_rms);
}

// A thread goes down a column, but only through a part of the rows: there are too few
// columns to keep a GPU busy.  matmul_parts.cu adds up the parts.
//   parts   (P, C): sums like d_gain's, each over R / P rows, rounded up
//   grid    (C / THREADS, P) blocks, rounded up
__global__ void rmsnorm_gain(const float *__restrict__ d_y, const float *__restrict__ x,
                             const float *__restrict__ inv_rms,
                             float *__restrict__ parts, int R, int C)
{
    const int c = blockIdx.x * THREADS + threadIdx.x;
    if (c >= C) return;
    const int rows = (R + gridDim.y - 1) / gridDim.y, first = blockIdx.y * rows;
    float sum = 0.0f;
    for (int r = first; r < min(R, first + rows); r++)
        sum += d_y[(size_t)r * C + c] * x[(size_t)r * C + c] * inv_rms[r];
    parts[(size_t)blockIdx.y * C + c] = sum;
}
