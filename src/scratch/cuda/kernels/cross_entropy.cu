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

// The larger of two maxima, and the sum that goes with it: the other one's sum shrinks
// by exp(-|a - b|), the only exp that it takes, as that of the larger is 1.  A maximum
// of nothing is LEAST, so that -inf is no special case.
#define LEAST (-3.402823466e38f)
__device__ void join(float *max, float *sum, float other_max, float other_sum)
{
    const float shrink = expf(-fabsf(other_max - *max));
    *sum = other_max > *max ? *sum * shrink + other_sum : *sum + other_sum * shrink;
    *max = fmaxf(*max, other_max);
}

// One pass over a row: its maximum and sum at once, as in softmax_online.
//   shared  2 THREADS floats
__global__ void cross_entropy(const float *__restrict__ x,
                              const long long *__restrict__ target,
                              float *__restrict__ loss, float *__restrict__ lse, int C)
{
    __shared__ float maxima[THREADS], sums[THREADS];
    const int t = threadIdx.x, row = blockIdx.x;
    x += (size_t)row * C;

    float row_max = LEAST, row_sum = 0.0f;
    for (int c = t; c < C; c += THREADS) join(&row_max, &row_sum, x[c], 1.0f);
    maxima[t] = row_max;
    sums[t] = row_sum;
    __syncthreads();                 // every thread's pair is there to be read
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span)
            join(&maxima[t], &sums[t], maxima[t + span], sums[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) {
        lse[row] = maxima[0] + logf(sums[0]);
        loss[row] = target[row] < 0 ? 0.0f : lse[row] - x[target[row]];
    }
}

// One pass more: the probabilities are made again, less 1 at the target.
__global__ void cross_entropy_back(const float *__restrict__ x,
                                   const long long *__restrict__ target,
                                   const float *__restrict__ lse,
                                   const float *__restrict__ d_loss,
                                   float *__restrict__ d_x, int C)
{
    const int row = blockIdx.x, wanted = target[row];
    const float d = wanted < 0 ? 0.0f : d_loss[row], log_sum = lse[row];
    x += (size_t)row * C, d_x += (size_t)row * C;
    for (int c = threadIdx.x; c < C; c += THREADS)
        d_x[c] = d == 0.0f ? 0.0f : d * (expf(x[c] - log_sum) - (c == wanted));
}
