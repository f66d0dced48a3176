// The product C = A B, TM x TN elements per thread, memory read four floats at a time.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n], BK of the k at a time
//   block   (BN / TN) x (BM / TM) threads for BM x BN elements of C
//   grid    (N / BN, M / BM) blocks, rounded up
//   shared  BK (BM + BN) floats; TM TN sums per thread in registers
//   BK, BM, BN, TM and TN are multiples of 4; a, b and c lie at multiples of 16 bytes
//
// As many floats are read as without vectors, in a quarter of the instructions.  For
// that the tile of A is turned while it is stored: a_tile[k][m], so that the TM
// floats that a thread needs are neighbours.  Rows whose length is no multiple of 4
// do not begin at multiples of 16 bytes; those are read float by float.

#define THREADS ((BN / TN) * (BM / TM))
#if BM % TM || BN % TN || BK % 4 || TM % 4 || TN % 4
#error BM has to be a multiple of TM, BN of TN, and BK, TM and TN of 4
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

// Fill tile[BK][width] from x, which is (K, size), or (size, K) if turned.
__device__ void fill(float *tile, int width, const float *x, int k0, int K, int first,
                     int size, int turned, int t)
{
    for (int e = t; e < BK * width / 4; e += THREADS) {
        if (turned) {                                // the four differ in k
            const int w = e / (BK / 4), k = e % (BK / 4) * 4;
            const float4 v = load4(x, first + w, k0 + k, size, K);
            tile[(k + 0) * width + w] = v.x;
            tile[(k + 1) * width + w] = v.y;
            tile[(k + 2) * width + w] = v.z;
            tile[(k + 3) * width + w] = v.w;
        } else {                                     // the four stay four
            const int k = e / (width / 4), w = e % (width / 4) * 4;
            *(float4 *)&tile[k * width + w] = load4(x, k0 + k, first + w, K, size);
        }
    }
}

__global__ void __launch_bounds__(THREADS)
matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    __shared__ float4 a_tile[BK][BM / 4], b_tile[BK][BN / 4];
    const int x = threadIdx.x, y = threadIdx.y;
    const int t = y * (BN / TN) + x;             // this thread's number in the block
    const int n0 = blockIdx.x * BN, m0 = blockIdx.y * BM;

    float sum[TM][TN];
    for (int i = 0; i < TM; i++)
        for (int j = 0; j < TN; j++) sum[i][j] = 0.0f;
    for (int k0 = 0; k0 < K; k0 += BK) {
        fill((float *)a_tile, BM, a, k0, K, m0, M, !TRANSPOSED_A, t);
        fill((float *)b_tile, BN, b, k0, K, n0, N, TRANSPOSED_B, t);
        __syncthreads();             // both tiles are whole before anyone reads them
        for (int k = 0; k < BK; k++) {
            float4 a_k[TM / 4], b_k[TN / 4];
            for (int i = 0; i < TM / 4; i++) a_k[i] = a_tile[k][y * (TM / 4) + i];
            for (int j = 0; j < TN / 4; j++) b_k[j] = b_tile[k][x * (TN / 4) + j];
            for (int i = 0; i < TM; i++)
                for (int j = 0; j < TN; j++)
                    sum[i][j] += ((float *)a_k)[i] * ((float *)b_k)[j];
        }
        __syncthreads();             // everyone has read them; they may be overwritten
    }
    for (int i = 0; i < TM; i++) {
        const int m = m0 + y * TM + i;
        for (int j = 0; j < TN; j += 4) {
            const int n = n0 + x * TN + j;
            if (m < M && n + 3 < N && N % 4 == 0)
                *(float4 *)&c[m * N + n] =
                    make_float4(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
            else
                for (int l = 0; l < 4; l++)
                    if (m < M && n + l < N) c[m * N + n + l] = sum[i][j + l];
        }
    }
}
