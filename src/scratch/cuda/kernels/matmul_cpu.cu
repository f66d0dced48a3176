// The product C = A B in the shape that a CPU wants: no shared memory, one thread per
// block.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n]
//   block   one thread, which makes TM x TN elements of C
//   grid    N / TN times M / TM blocks, each quotient rounded up, all in a row
//   shared  none; TM TN sums in registers
//
// A core has vector registers of 8 or 16 floats and a cache that fills itself. With its
// loops unrolled, a row of TN sums is a vector register, and TN neighbouring floats of
// B are one load. At the edges of C, elements are made one by one. On a GPU this is
// slow: one thread of the 32 of a warp works. n0 and m0 have 64 bits so that the
// compiler sees that B(k, n0 + j) are neighbours; with 32 it has to reckon with an
// overflow between two of them.

#define A(m, k) a[TRANSPOSED_A ? (k) * M + (m) : (m) * K + (k)]
#define B(k, n) b[TRANSPOSED_B ? (n) * K + (k) : (k) * N + (n)]

__global__ void matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    const int across = (N + TN - 1) / TN;
    const size_t n0 = blockIdx.x % across * TN, m0 = blockIdx.x / across * TM;

    if (m0 + TM > M || n0 + TN > N) {
        for (int m = m0; m < M && m < m0 + TM; m++) {
            for (int n = n0; n < N && n < n0 + TN; n++) {
                float sum = 0.0f;
                for (int k = 0; k < K; k++) sum += A(m, k) * B(k, n);
                c[m * N + n] = sum;
            }
        }
        return;
    }
    float sum[TM][TN];
#pragma unroll
    for (int i = 0; i < TM; i++)
#pragma unroll
        for (int j = 0; j < TN; j++) sum[i][j] = 0.0f;
    for (int k = 0; k < K; k++) {
        float b_k[TN];
#pragma unroll
        for (int j = 0; j < TN; j++) b_k[j] = B(k, n0 + j);
#pragma unroll
        for (int i = 0; i < TM; i++) {
            const float a_k = A(m0 + i, k);
#pragma unroll
            for (int j = 0; j < TN; j++) sum[i][j] += a_k * b_k[j];
        }
    }
#pragma unroll
    for (int i = 0; i < TM; i++)
#pragma unroll
        for (int j = 0; j < TN; j++) c[(m0 + i) * N + n0 + j] = sum[i][j];
}
