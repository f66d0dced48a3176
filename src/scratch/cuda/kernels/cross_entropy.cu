// Cross-entropy of each row of logits, and its slope, without storing a probability:
//   loss[r]   = lse[r] - x[r, target[r]],   lse[r] = ln of the sum over c of exp(x[r, c])
//   d_x[r, c] = (exp(x[r, c] - lse[r]) - [c is target[r]]) d_loss[r]
//
//   x, d_x              (R, C) float32, row after row
//   target              (R): columns; a row whose target is negative does not count
//   loss, lse, d_loss   (R)
//   grid                R blocks, one row each
//   block               THREADS threads, a power of two; thread t has columns t,
//                       t + THREADS, ...

#if THREADS & (THREADS - 1)
#error THREADS has to be a power of two
#endif

// exp(x - max), and 0 of -inf even where max is -inf, too, and nothing has been seen
// yet
__device__ float weight(float x, float max)
{
    return x == -INFINITY ? 0.0f : expf(x - max);
}

// One pass over a row: its maximum and sum at once, as in softmax_online.
//   shared  2 THREADS floats
__global__ void cross_entropy(const float *x, const long long *target, float *loss,
                              float *lse, int C)
{
    __shared__ float maxima[THREADS], sums[THREADS];
    const int t = threadIdx.x, row = blockIdx.x;
    x += (size_t)row * C;

    float row_max = -INFINITY, row_sum = 0.0f;
    for (int c = t; c < C; c += THREADS) {
        const float value = x[c], larger = fmaxf(row_max, value);
        row_sum = row_sum * weight(row_max, larger) + weight(value, larger);
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
    if (t == 0) {
        lse[row] = maxima[0] + logf(sums[0]);
        loss[row] = target[row] < 0 ? 0.0f : lse[row] - x[target[row]];
    }
}

// One pass more: the probabilities are made again, less 1 at the target.
__global__ void cross_entropy_back(const float *x, const long long *target,
                                   const float *lse, const float *d_loss, float *d_x,
                                   int C)
{
    const int row = blockIdx.x;
    const float d = target[row] < 0 ? 0.0f : d_loss[row];
    x += (size_t)row * C, d_x += (size_t)row * C;
    for (int c = threadIdx.x; c < C; c += THREADS)
        d_x[c] = d == 0.0f ? 0.0f : d * (expf(x[c] - lse[row]) - (c == target[row]));
}
