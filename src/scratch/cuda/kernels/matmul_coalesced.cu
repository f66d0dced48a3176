// The product C = A B, one thread for each element of C, neighbours along a row.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n]
//   block   TILE x TILE threads; threadIdx.x runs along n, along a row of C
//   grid    (N / TILE, M / TILE) blocks, rounded up
//   shared  none
//
// Reads of global memory: 2 K floats for each element, as before.  But neighbours in
// a warp now differ in n: they load the same float of A and neighbouring floats of B,
// and store neighbouring floats of C, so that a warp's 32 floats are one transaction
// of 128 bytes.

#define A(m, k) a[TRANSPOSED_A ? (k) * M + (m) : (m) * K + (k)]
#define B(k, n) b[TRANSPOSED_B ? (n) * K + (k) : (k) * N + (n)]

__global__ void matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    const int n = blockIdx.x * TILE + threadIdx.x;
    const int m = blockIdx.y * TILE + threadIdx.y;
    if (m >= M || n >= N) return;

    float sum = 0.0f;
    for (int k = 0; k < K; k++) sum += A(m, k) * B(k, n);
    c[m * N + n] = sum;
}
