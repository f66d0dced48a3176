// The product C = A B, the next tiles on their way while these are multiplied.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n], BK of the k at a time
//   block   (BN / TN) x (BM / TM) threads for BM x BN elements of C
//   grid    (N / BN, M / BM) blocks, rounded up
//   shared  2 BK (BM + BN + 2 PAD) floats; TM TN sums per thread in registers,
//           and its share of the next tiles
//   BK, BM, BN, TM and TN are multiples of 4; a, b and c lie at multiples of 16 bytes
//
// There are two tiles of each kind.  A round first begins to load the next tiles'
// floats into registers, which takes hundreds of cycles, then multiplies meanwhile,
// then stores them into the tiles that the round before has read.  One barrier per
// round is enough: what is stored and what is read lie in different tiles.  BK BM and
// BK BN are multiples of 4 THREADS.

#define PAD 4
#define THREADS ((BN / TN) * (BM / TM))
#if BM % TM || BN % TN || BK % 4 || TM % 4 || TN % 4
#error BM has to be a multiple of TM, BN of TN, and BK, TM and TN of 4
#endif
#define A_SHARE (BK * BM / 4 / THREADS)          // float4 that a thread loads of a tile
#define B_SHARE (BK * BN / 4 / THREADS)
#if BK * BM % (4 * THREADS) || BK * BN % (4 * THREADS)
#error the threads of a block cannot share the loading of a tile equally
#endif

// x[row, column ... column + 3] of x (rows, columns), zeros beyond its edges
__device__ float4 load4(const float *x, int row, int column, int rows, int columns)
{
    const float *p = &x[row * columns + column];
    const int left = row < rows ? columns - column : 0;
    if (left > 3 && columns % 4 == 0) return *(const float4 *)p;
    return make_float4(left > 0 ? p[0] : 0.0f, left > 1 ? p[1] : 0.0f,
                       left > 2 ? p[2] : 0.0f, left > 3 ? p[3] : 0.0f);
}

// Number e of a tile's float4, from x, which is (K, size), or (size, K) if turned.
__device__ float4 fetch(int e, int width, const float *x, int k0, int K, int first,
                        int size, int turned)
{
    if (turned) return load4(x, first + e / (BK / 4), k0 + e % (BK / 4) * 4, size, K);
    return load4(x, k0 + e / (width / 4), first + e % (width / 4) * 4, K, size);
}

// Store it into tile[BK][width + PAD].
__device__ void put(int e, int width, float *tile, float4 v, int turned)
{
    if (turned) {                                    // the four differ in k
        const int w = e / (BK / 4), k = e % (BK / 4) * 4;
        tile[(k + 0) * (width + PAD) + w] = v.x;
        tile[(k + 1) * (width + PAD) + w] = v.y;
        tile[(k + 2) * (width + PAD) + w] = v.z;
        tile[(k + 3) * (width + PAD) + w] = v.w;
    } else {                                         // the four stay four
        const int k = e / (width / 4), w = e % (width / 4) * 4;
        *(float4 *)&tile[k * (width + PAD) + w] = v;
    }
}

__global__ void __launch_bounds__(THREADS)
matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    __shared__ float4 a_tile[2][BK][(BM + PAD) / 4], b_tile[2][BK][(BN + PAD) / 4];
    const int x = threadIdx.x, y = threadIdx.y;
    const int t = y * (BN / TN) + x;             // this thread's number in the block
    const int n0 = blockIdx.x * BN, m0 = blockIdx.y * BM;
    float4 a_next[A_SHARE], b_next[B_SHARE];

    float sum[TM][TN];
    for (int i = 0; i < TM; i++)
        for (int j = 0; j < TN; j++) sum[i][j] = 0.0f;
    for (int k0 = -BK; k0 < K; k0 += BK) {           // the first round only loads
        const int now = (k0 + BK) / BK % 2, next = 1 - now;
        for (int i = 0; i < A_SHARE; i++)
            a_next[i] = fetch(t + i * THREADS, BM, a, k0 + BK, K, m0, M, !TRANSPOSED_A);
        for (int i = 0; i < B_SHARE; i++)
            b_next[i] = fetch(t + i * THREADS, BN, b, k0 + BK, K, n0, N, TRANSPOSED_B);
        for (int k = 0; k0 >= 0 && k < BK; k++) {
            float4 a_k[TM / 4], b_k[TN / 4];
            for (int i = 0; i < TM / 4; i++) a_k[i] = a_tile[now][k][y + i * (BM / TM)];
            for (int j = 0; j < TN / 4; j++) b_k[j] = b_tile[now][k][x + j * (BN / TN)];
            for (int i = 0; i < TM; i++)
                for (int j = 0; j < TN; j++)
                    sum[i][j] += ((float *)a_k)[i] * ((float *)b_k)[j];
        }
        for (int i = 0; i < A_SHARE; i++)
            put(t + i * THREADS, BM, (float *)a_tile[next], a_next[i], !TRANSPOSED_A);
        for (int i = 0; i < B_SHARE; i++)
            put(t + i * THREADS, BN, (float *)b_tile[next], b_next[i], TRANSPOSED_B);
        __syncthreads();             // the next tiles are whole, these have been read
    }
    for (int i = 0; i < TM; i++) {
        const int m = m0 + 4 * (y + i / 4 * (BM / TM)) + i % 4;
        for (int j = 0; j < TN; j += 4) {
            const int n = n0 + 4 * (x + j / 4 * (BN / TN));
            if (m < M && n + 3 < N && N % 4 == 0)
                *(float4 *)&c[m * N + n] =
                    make_float4(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
            else
                for (int l = 0; l < 4; l++)
                    if (m < M && n + l < N) c[m * N + n + l] = sum[i][j + l];
        }
    }
}
