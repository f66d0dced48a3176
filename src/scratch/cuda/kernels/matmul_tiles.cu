// The product C = A B, a block of threads sharing tiles of A and B.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n], TILE of the k at a time
//   block   TILE x TILE threads, thread (x, y) for element (y, x) of a tile of C
//   grid    (N / TILE, M / TILE) blocks, rounded up
//   shared  2 TILE TILE floats
//
// Reads of global memory: 2 K / TILE floats for each element, because each float that
// is loaded into a tile is used by TILE threads.

#define A(m, k) a[TRANSPOSED_A ? (k) * M + (m) : (m) * K + (k)]
#define B(k, n) b[TRANSPOSED_B ? (n) * K + (k) : (k) * N + (n)]

__global__ void matmul(const float *a, const float *b, float *c, int M, int N, int K)
{
    __shared__ float a_tile[TILE][TILE], b_tile[TILE][TILE];
    const int x = threadIdx.x, y = threadIdx.y;
    const int n = blockIdx.x * TILE + x;
    const int m = blockIdx.y * TILE + y;

    float sum = 0.0f;
    for (int k0 = 0; k0 < K; k0 += TILE) {
        a_tile[y][x] = m < M && k0 + x < K ? A(m, k0 + x) : 0.0f;
        b_tile[y][x] = k0 + y < K && n < N ? B(k0 + y, n) : 0.0f;
        __syncthreads();             // both tiles are whole before anyone reads them
        for (int k = 0; k < TILE; k++) sum += a_tile[y][k] * b_tile[k][x];
        __syncthreads();             // everyone has read them; they may be overwritten
    }
    if (m < M && n < N) c[m * N + n] = sum;
}
