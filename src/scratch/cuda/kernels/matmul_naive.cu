// The product C = A B, one thread for each element of C.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n]
//   block   TILE x TILE threads; threadIdx.x runs along m, down a column of C
//   grid    (M / TILE, N / TILE) blocks, rounded up
//   shared  none
//
// Reads of global memory: 2 K floats for each element.  Neighbours in a warp differ
// in m, so that a warp's loads of A are K floats apart, and its stores to C N floats
// apart.

#define A(m, k) a[TRANSPOSED_A ? (k) * M + (m) : (m) * K + (k)]
#define B(k, n) b[TRANSPOSED_B ? (n) * K + (k) : (k) * N + (n)]

__global__ void matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    const int m = blockIdx.x * TILE + threadIdx.x;
    const int n = blockIdx.y * TILE + threadIdx.y;
    if (m >= M || n >= N) return;

    float sum = 0.0f;
    for (int k = 0; k < K; k++) sum += A(m, k) * B(k, n);
    c[m * N + n] = sum;
}
