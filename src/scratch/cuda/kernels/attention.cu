// Attention: each query's mean of the values, weighted by how well their keys fit.
//   y[t] = sum over s of w[t, s] v[s],  w[t] = softmax over s of scale q[t] . k[s]
//
//   q, y    (N, T, D) float32, row after row; N heads, each on its own
//   k, v    (N, S, D)
//   lse     (N, T): ln of the sum over s of exp(scale q[t] . k[s]), for the way back
//   ahead   query t looks at keys 0 to t + ahead; with ahead = S at all of them
//
// D is a macro.  A query that may look at nothing gets y = 0 and lse = -inf.

// exp(x - max), and 0 of -inf even where max is -inf, too, and nothing has been seen
// yet
__device__ float weight(float x, float max)
{
    return x == -INFINITY ? 0.0f : expf(x - max);
}

#ifdef THREADS
// With the matrix w (N, T, S) in memory: three passes over a row of it.
//   grid    (T, N) blocks, a query each
//   block   THREADS threads, a power of two; thread t: every THREADS-th key, or channel
//   shared  THREADS floats
__global__ void attention_matrix(const float *q, const float *k, const float *v,
                                 float *w, float *y, float *lse, int T, int S,
                                 float scale, int ahead)
{
    __shared__ float partial[THREADS];
    const int t = threadIdx.x, query = blockIdx.x;
    const size_t row = (size_t)blockIdx.y * T + query;
    q += row * D, y += row * D, w += row * S;
    k += (size_t)blockIdx.y * S * D, v += (size_t)blockIdx.y * S * D;
    const int seen = max(0, min(S, query + ahead + 1));

    float row_max = -INFINITY;
    for (int s = t; s < seen; s += THREADS) {
        float score = 0.0f;
        for (int d = 0; d < D; d++) score += q[d] * k[s * D + d];
        score *= scale;
        w[s] = score;
        row_max = fmaxf(row_max, score);
    }
    partial[t] = row_max;
    __syncthreads();                 // every thread's maximum is there to be read
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = fmaxf(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    row_max = partial[0];
    __syncthreads();                 // everyone has read it; partial may be used again

    float row_sum = 0.0f;
    for (int s = t; s < seen; s += THREADS) {
        const float e = expf(w[s] - row_max);
        w[s] = e;
        row_sum += e;
    }
    partial[t] = row_sum;
    __syncthreads();                 // every thread's sum is there; and all of w is
    for (int span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] += partial[t + span];
        __syncthreads();
    }
    row_sum = partial[0];

    for (int d = t; d < D; d += THREADS) {
        float sum = 0.0f;
        for (int s = 0; s < seen; s++) sum += w[s] * v[s * D + d];
        y[d] = seen ? sum / row_sum : 0.0f;
    }
    if (t == 0) lse[row] = row_max + logf(row_sum);
}

// Without it: a thread for each query goes through the keys once, with the largest
// score so far, the sum of exp(score - largest), and the sum of values so weighted.
//   grid    (T / THREADS, N) blocks, rounded up
//   block   THREADS threads, a query each
__global__ void attention_online(const float *q, const float *k, const float *v,
                                 float *y, float *lse, int T, int S, float scale,
                                 int ahead)
{
    const int query = blockIdx.x * THREADS + threadIdx.x;
    if (query >= T) return;
    const size_t row = (size_t)blockIdx.y * T + query;
    q += row * D, y += row * D;
    k += (size_t)blockIdx.y * S * D, v += (size_t)blockIdx.y * S * D;
    const int seen = max(0, min(S, query + ahead + 1));

    float row_max = -INFINITY, row_sum = 0.0f, mixed[D];
    for (int d = 0; d < D; d++) mixed[d] = 0.0f;
    for (int s = 0; s < seen; s++) {
        float score = 0.0f;
        for (int d = 0; d < D; d++) score += q[d] * k[s * D + d];
        score *= scale;
        const float larger = fmaxf(row_max, score);
        const float shrink = weight(row_max, larger), w = weight(score, larger);
        row_sum = row_sum * shrink + w;
        for (int d = 0; d < D; d++) mixed[d] = mixed[d] * shrink + w * v[s * D + d];
        row_max = larger;
    }
    for (int d = 0; d < D; d++) y[d] = seen > 0 ? mixed[d] / row_sum : 0.0f;
    lse[row] = row_max + logf(row_sum);
}
#endif

#ifdef KEYS
#if QUERIES % EACH || KEYS % EACH
#error EACH has to divide QUERIES and KEYS
#endif
#define X (KEYS / EACH)              // threads of a block, across
#define Y (QUERIES / EACH)           // and down
#define CHANNELS ((D + 4 * X - 1) / (4 * X) * 4)     // of y that a thread makes
#define WIDTH (X * CHANNELS + 4)     // of a row of a tile: D, up to a few more, a gap

// rows `first` and on of x (rows, D) into a tile of `count` rows, with 0 beyond both
__device__ void fill(float *tile, const float *x, int first, int rows, int count)
{
    for (int e = threadIdx.y * X + threadIdx.x; e < count * WIDTH; e += X * Y) {
        const int r = e / WIDTH, d = e % WIDTH;
        tile[e] = first + r < rows && d < D ? x[(size_t)(first + r) * D + d] : 0.0f;
    }
}

// The channels of thread x, c from 0 to CHANNELS - 1: dealt out four at a time, so that
// the X threads of a row read neighbouring fours, which are in different banks.
__device__ int channel(int x, int c)
{
    return c / 4 * 4 * X + 4 * x + c % 4;
}

// In tiles: a block has QUERIES queries and goes through keys and values KEYS at a
// time, each of which it loads once.  Thread (x, y) has EACH queries, y EACH and on;
// of each tile the scores of EACH keys, x and every Xth from there; and of y its
// CHANNELS channels.
//   grid    (T / QUERIES, N) blocks, rounded up
//   block   (X, Y) threads
//   shared  (QUERIES + 2 KEYS) WIDTH + QUERIES (KEYS + 4) floats
__global__ void __launch_bounds__(X * Y)
attention_tiles(const float *q, const float *k, const float *v, float *y, float *lse,
                int T, int S, float scale, int ahead)
{
    __shared__ __align__(16) float q_tile[QUERIES][WIDTH], k_tile[KEYS][WIDTH],
                                   v_tile[KEYS][WIDTH], w_tile[QUERIES][KEYS + 4];
    const int x = threadIdx.x, first = threadIdx.y * EACH;   // of this thread's queries
    const int t0 = blockIdx.x * QUERIES;
    q += (size_t)blockIdx.y * T * D, y += (size_t)blockIdx.y * T * D;
    k += (size_t)blockIdx.y * S * D, v += (size_t)blockIdx.y * S * D;
    fill(&q_tile[0][0], q, t0, T, QUERIES);

    float row_max[EACH], row_sum[EACH], mixed[EACH][CHANNELS];
    for (int i = 0; i < EACH; i++) {
        row_max[i] = -INFINITY;
        row_sum[i] = 0.0f;
        for (int c = 0; c < CHANNELS; c++) mixed[i][c] = 0.0f;
    }
    const int seen = min(S, min(t0 + QUERIES, T) + ahead);    // by the last of them
    for (int s0 = 0; s0 < seen; s0 += KEYS) {
        __syncthreads();             // everyone is done with the tiles before these
        fill(&k_tile[0][0], k, s0, S, KEYS);
        fill(&v_tile[0][0], v, s0, S, KEYS);
        __syncthreads();             // all tiles are whole before anyone reads them

        float score[EACH][EACH];
        for (int i = 0; i < EACH; i++)
            for (int j = 0; j < EACH; j++) score[i][j] = 0.0f;
        #pragma unroll 8
        for (int d = 0; d < D; d++)
            for (int i = 0; i < EACH; i++)
                for (int j = 0; j < EACH; j++)
                    score[i][j] += q_tile[first + i][d] * k_tile[x + X * j][d];
        for (int i = 0; i < EACH; i++) {
            for (int j = 0; j < EACH; j++) {
                const int t = t0 + first + i, s = s0 + x + X * j;
                const int looks = s < S && s <= t + ahead;
                score[i][j] = looks ? scale * score[i][j] : -INFINITY;
                w_tile[first + i][x + X * j] = score[i][j];
            }
        }
        __syncthreads();             // a query's scores are there for its X threads

        for (int i = 0; i < EACH; i++) {
            float larger = row_max[i];
            for (int j = 0; j < KEYS; j++) larger = fmaxf(larger, w_tile[first + i][j]);
            const float shrink = weight(row_max[i], larger);
            row_max[i] = larger;
            row_sum[i] *= shrink;
            for (int c = 0; c < CHANNELS; c++) mixed[i][c] *= shrink;
        }
        __syncthreads();             // everyone has the maximum; scores become weights
        for (int i = 0; i < EACH; i++)
            for (int j = 0; j < EACH; j++)
                w_tile[first + i][x + X * j] = weight(score[i][j], row_max[i]);
        __syncthreads();             // all weights are there

        #pragma unroll 4
        for (int j = 0; j < KEYS; j++) {
            for (int i = 0; i < EACH; i++) {
                const float w = w_tile[first + i][j];
                row_sum[i] += w;
                for (int c = 0; c < CHANNELS; c++)
                    mixed[i][c] += w * v_tile[j][channel(x, c)];
            }
        }
    }
    #pragma unroll                   // known indices: mixed stays in registers
    for (int i = 0; i < EACH; i++) {
        const int t = t0 + first + i;
        if (t >= T) break;
        for (int c = 0; c < CHANNELS; c++) {
            const int d = channel(x, c);
            const float mean = t + ahead < 0 ? 0.0f : mixed[i][c] / row_sum[i];
            if (d < D) y[(size_t)t * D + d] = mean;
        }
        if (x == 0)
            lse[(size_t)blockIdx.y * T + t] = row_max[i] + logf(row_sum[i]);
    }
}
#endif
