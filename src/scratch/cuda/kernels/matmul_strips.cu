// The product C = A B, each thread making a strip of TM elements of a column of C.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n], BK of the k at a time
//   block   BN x (BM / TM) threads for BM x BN elements of C
//   grid    (N / BN, M / BM) blocks, rounded up
//   shared  BK (BM + BN) floats; TM sums per thread in registers
//
// Reads of global memory: K / BM + K / BN floats for each element.  Reads of shared
// memory: 1 + 1 / TM floats for each product, where the tiles without strips read 2,
// because a float of B, once it is in a register, serves TM products.

// How often a loop turns that fills a tile is known when it is compiled: nvcc writes it
// out, and guards only what sizes do not divide.

#define A(m, k) a[TRANSPOSED_A ? (k) * M + (m) : (m) * K + (k)]
#define B(k, n) b[TRANSPOSED_B ? (n) * K + (k) : (k) * N + (n)]
#define THREADS (BN * (BM / TM))
#if BM % TM
#error BM has to be a multiple of TM
#endif

__global__ void __launch_bounds__(THREADS)
matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    __shared__ float a_tile[BM][BK], b_tile[BK][BN];
    const int x = threadIdx.x, y = threadIdx.y;
    const int t = y * BN + x;                    // this thread's number in the block
    const int n0 = blockIdx.x * BN, m0 = blockIdx.y * BM;

    float sum[TM];
    for (int i = 0; i < TM; i++) sum[i] = 0.0f;
    for (int k0 = 0; k0 < K; k0 += BK) {
        for (int i = 0; i < BM * BK; i += THREADS) {
            const int e = i + t;
            if (BM * BK % THREADS && e >= BM * BK) break;
            const int m = e / BK, k = e % BK;
            a_tile[m][k] = m0 + m < M && k0 + k < K ? A(m0 + m, k0 + k) : 0.0f;
        }
        for (int i = 0; i < BK * BN; i += THREADS) {
            const int e = i + t;
            if (BK * BN % THREADS && e >= BK * BN) break;
            const int k = e / BN, n = e % BN;
            b_tile[k][n] = k0 + k < K && n0 + n < N ? B(k0 + k, n0 + n) : 0.0f;
        }
        __syncthreads();             // both tiles are whole before anyone reads them
        for (int k = 0; k < BK; k++) {
            const float b_kn = b_tile[k][x];
            for (int i = 0; i < TM; i++) sum[i] += a_tile[y * TM + i][k] * b_kn;
        }
        __syncthreads();             // everyone has read them; they may be overwritten
    }
    const int n = n0 + x;
    for (int i = 0; i < TM; i++) {
        const int m = m0 + y * TM + i;
        if (m < M && n < N) c[m * N + n] = sum[i];
    }
}
