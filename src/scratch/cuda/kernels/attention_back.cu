// Attention's way back, in tiles: from d_y to d_q, d_k and d_v.  The weights are
// computed once more, from the scores and each query's lse, and never stored:
//   w[t, s]       = exp(scale q[t] . k[s] - lse[t])
//   d_v[s]        = sum over t of w[t, s] d_y[t]
//   d_score[t, s] = w[t, s] (d_y[t] . v[s] - delta[t]),    delta[t] = d_y[t] . y[t]
//   d_q[t]        = scale sum over s of d_score[t, s] k[s]
//   d_k[s]        = scale sum over t of d_score[t, s] q[t]
//
//   q, y, d_y, d_q        (N, T, D) float32, row after row; N heads, each on its own
//   k, v, d_k, d_v        (N, S, D)
//   lse, delta            (N, T); the first from attention.cu
//   ahead                 query t looked at keys 0 to t + ahead
//   grid                  (T / TILE, N) or (S / TILE, N) blocks, rounded up
//   block                 (X, X) threads; each has EACH rows of the block's own TILE,
//                         y EACH and on, and of a tile of others x and every Xth
//
// Each block adds up rows of its own, so that nothing is added by two blocks, and the
// same numbers come out each time.  The price: d_queries and d_keys both make the
// scores.

#if TILE % EACH
#error EACH has to divide TILE
#endif
#define X (TILE / EACH)              // threads of a block, each way
#define CHANNELS ((D + 4 * X - 1) / (4 * X) * 4)     // of a row that a thread adds up
#define WIDTH (X * CHANNELS + 4)     // of a row of a tile: D, up to a few more, a gap

// rows `first` and on of x (rows, D) into a tile, with 0 beyond both
__device__ void fill(float *tile, const float *x, int first, int rows)
{
    for (int e = threadIdx.y * X + threadIdx.x; e < TILE * WIDTH; e += X * X) {
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

// delta[row] = sum over d of y[row, d] d_y[row, d]
//   grid, block   a thread for each of N T rows
__global__ void row_dots(const float *y, const float *d_y, float *delta, int rows)
{
    const int row = blockIdx.x * blockDim.x + threadIdx.x;
    if (row >= rows) return;
    float sum = 0.0f;
    for (int d = 0; d < D; d++) sum += y[(size_t)row * D + d] * d_y[(size_t)row * D + d];
    delta[row] = sum;
}

// A block has TILE queries, and goes through keys and values.
//   shared  4 TILE WIDTH + TILE (TILE + 4) floats
__global__ void __launch_bounds__(X * X)
d_queries(const float *q, const float *k, const float *v, const float *d_y,
          const float *lse, const float *delta, float *d_q, int T, int S, float scale,
          int ahead)
{
    __shared__ __align__(16) float q_tile[TILE][WIDTH], d_y_tile[TILE][WIDTH],
                                   k_tile[TILE][WIDTH], v_tile[TILE][WIDTH],
                                   d_score_tile[TILE][TILE + 4];
    const int x = threadIdx.x, first = threadIdx.y * EACH;   // of this thread's queries
    const int t0 = blockIdx.x * TILE;
    q += (size_t)blockIdx.y * T * D, d_y += (size_t)blockIdx.y * T * D;
    k += (size_t)blockIdx.y * S * D, v += (size_t)blockIdx.y * S * D;
    lse += (size_t)blockIdx.y * T, delta += (size_t)blockIdx.y * T;
    d_q += (size_t)blockIdx.y * T * D;
    fill(&q_tile[0][0], q, t0, T);
    fill(&d_y_tile[0][0], d_y, t0, T);

    float sum[EACH][CHANNELS];
    for (int i = 0; i < EACH; i++)
        for (int c = 0; c < CHANNELS; c++) sum[i][c] = 0.0f;
    const int seen = min(S, min(t0 + TILE, T) + ahead);       // by the last of them
    for (int s0 = 0; s0 < seen; s0 += TILE) {
        __syncthreads();             // everyone is done with the tiles before these
        fill(&k_tile[0][0], k, s0, S);
        fill(&v_tile[0][0], v, s0, S);
        __syncthreads();             // all tiles are whole before anyone reads them

        float score[EACH][EACH], d_w[EACH][EACH];
        for (int i = 0; i < EACH; i++)
            for (int j = 0; j < EACH; j++) score[i][j] = d_w[i][j] = 0.0f;
        #pragma unroll 4
        for (int d = 0; d < D; d++) {
            for (int i = 0; i < EACH; i++) {
                for (int j = 0; j < EACH; j++) {
                    score[i][j] += q_tile[first + i][d] * k_tile[x + X * j][d];
                    d_w[i][j] += d_y_tile[first + i][d] * v_tile[x + X * j][d];
                }
            }
        }
        for (int i = 0; i < EACH; i++) {
            for (int j = 0; j < EACH; j++) {
                const int t = t0 + first + i, s = s0 + x + X * j;
                const int looks = t < T && s < S && s <= t + ahead;
                const float w = looks ? expf(scale * score[i][j] - lse[t]) : 0.0f;
                d_score_tile[first + i][x + X * j] =
                    looks ? w * (d_w[i][j] - delta[t]) : 0.0f;
            }
        }
        __syncthreads();             // every slope of the tile is there

        #pragma unroll 4
        for (int j = 0; j < TILE; j++)
            for (int i = 0; i < EACH; i++)
                for (int c = 0; c < CHANNELS; c++)
                    sum[i][c] += d_score_tile[first + i][j] * k_tile[j][channel(x, c)];
    }
    for (int i = 0; i < EACH; i++) {
        for (int c = 0; c < CHANNELS; c++) {
            const int t = t0 + first + i, d = channel(x, c);
            if (t < T && d < D) d_q[(size_t)t * D + d] = scale * sum[i][c];
        }
    }
}

// A block has TILE keys and values, and goes through the queries that look at them.
//   shared  4 TILE WIDTH + 2 TILE (TILE + 4) floats
__global__ void __launch_bounds__(X * X)
d_keys(const float *q, const float *k, const float *v, const float *d_y,
       const float *lse, const float *delta, float *d_k, float *d_v, int T, int S,
       float scale, int ahead)
{
    __shared__ __align__(16) float q_tile[TILE][WIDTH], d_y_tile[TILE][WIDTH],
                                   k_tile[TILE][WIDTH], v_tile[TILE][WIDTH],
                                   d_score_tile[TILE][TILE + 4], w_tile[TILE][TILE + 4];
    const int x = threadIdx.x, first = threadIdx.y * EACH;   // of this thread's keys
    const int s0 = blockIdx.x * TILE;
    q += (size_t)blockIdx.y * T * D, d_y += (size_t)blockIdx.y * T * D;
    k += (size_t)blockIdx.y * S * D, v += (size_t)blockIdx.y * S * D;
    lse += (size_t)blockIdx.y * T, delta += (size_t)blockIdx.y * T;
    d_k += (size_t)blockIdx.y * S * D, d_v += (size_t)blockIdx.y * S * D;
    fill(&k_tile[0][0], k, s0, S);
    fill(&v_tile[0][0], v, s0, S);

    float sum_k[EACH][CHANNELS], sum_v[EACH][CHANNELS];
    for (int i = 0; i < EACH; i++)
        for (int c = 0; c < CHANNELS; c++) sum_k[i][c] = sum_v[i][c] = 0.0f;
    const int from = max(0, s0 - ahead) / TILE * TILE;    // queries before see no key
    for (int t0 = from; t0 < T; t0 += TILE) {
        __syncthreads();             // everyone is done with the tiles before these
        fill(&q_tile[0][0], q, t0, T);
        fill(&d_y_tile[0][0], d_y, t0, T);
        __syncthreads();             // all tiles are whole before anyone reads them

        float score[EACH][EACH], d_w[EACH][EACH];
        for (int i = 0; i < EACH; i++)
            for (int j = 0; j < EACH; j++) score[i][j] = d_w[i][j] = 0.0f;
        #pragma unroll 4
        for (int d = 0; d < D; d++) {
            for (int i = 0; i < EACH; i++) {
                for (int j = 0; j < EACH; j++) {
                    score[i][j] += k_tile[first + i][d] * q_tile[x + X * j][d];
                    d_w[i][j] += v_tile[first + i][d] * d_y_tile[x + X * j][d];
                }
            }
        }
        for (int i = 0; i < EACH; i++) {
            for (int j = 0; j < EACH; j++) {
                const int t = t0 + x + X * j, s = s0 + first + i;
                const int looks = t < T && s < S && s <= t + ahead;
                const float w = looks ? expf(scale * score[i][j] - lse[t]) : 0.0f;
                w_tile[first + i][x + X * j] = w;
                d_score_tile[first + i][x + X * j] =
                    looks ? w * (d_w[i][j] - delta[t]) : 0.0f;
            }
        }
        __syncthreads();             // all weights and slopes of the tile are there

        #pragma unroll 4
        for (int j = 0; j < TILE; j++) {
            for (int i = 0; i < EACH; i++) {
                for (int c = 0; c < CHANNELS; c++) {
                    const int d = channel(x, c);
                    sum_v[i][c] += w_tile[first + i][j] * d_y_tile[j][d];
                    sum_k[i][c] += d_score_tile[first + i][j] * q_tile[j][d];
                }
            }
        }
    }
    for (int i = 0; i < EACH; i++) {
        for (int c = 0; c < CHANNELS; c++) {
            const int s = s0 + first + i, d = channel(x, c);
            if (s < S && d < D) {
                d_k[(size_t)s * D + d] = scale * sum_k[i][c];
                d_v[(size_t)s * D + d] = sum_v[i][c];
            }
        }
    }
}
