// The product C = A B on tensor cores: float16 factors, float32 sums.  For GPUs only.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float16, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B        float16
//   c       C (M, N)                                   float32
//   C[m, n] = sum over k of A[m, k] B[k, n], BK of the k at a time
//   block   32 x (BM / WM) x (BN / WN) threads: a warp for WM x WN elements of C
//   grid    (N / BN, M / BM) blocks, rounded up
//   shared  BK (BM + BN) half floats and a little, and 256 floats per warp
//   BK, WM and WN are multiples of 16
//
// A warp as a whole multiplies 16 x 16 by 16 x 16 in one call, mma_sync, which nvcc
// makes two instructions of the tensor cores for an A100 or H100.  Which thread holds
// which element of a fragment this interface does not tell, so a finished 16 x 16 goes
// through shared memory to get past the edges of C.

#include <cuda_fp16.h>
#include <mma.h>

#define A(m, k) a[TRANSPOSED_A ? (k) * M + (m) : (m) * K + (k)]
#define B(k, n) b[TRANSPOSED_B ? (n) * K + (k) : (k) * N + (n)]
#define PAD 8                    // rows of a tile begin in different banks
#define WARPS ((BM / WM) * (BN / WN))
#define THREADS (32 * WARPS)
#if BM % WM || BN % WN || BK % 16 || WM % 16 || WN % 16
#error BM has to be a multiple of WM, BN of WN, and BK, WM and WN of 16
#endif

using namespace nvcuda::wmma;

extern "C" __global__ void __launch_bounds__(THREADS)
matmul(const half *a, const half *b, float *c, int M, int N, int K)
{
    __shared__ __align__(32) half a_tile[BM][BK + PAD], b_tile[BK][BN + PAD];
    __shared__ __align__(32) float done[WARPS][16][16];
    const int lane = threadIdx.x;
    const int warp = threadIdx.y + threadIdx.z * (BM / WM);
    const int t = warp * 32 + lane;
    const int n0 = blockIdx.x * BN, m0 = blockIdx.y * BM;
    const int warp_m = threadIdx.y * WM, warp_n = threadIdx.z * WN;

    fragment<accumulator, 16, 16, 16, float> sum[WM / 16][WN / 16];
    for (int i = 0; i < WM / 16; i++)
        for (int j = 0; j < WN / 16; j++) fill_fragment(sum[i][j], 0.0f);
    for (int k0 = 0; k0 < K; k0 += BK) {
        for (int e = t; e < BM * BK; e += THREADS) {    // neighbours as memory has them
            const int m = TRANSPOSED_A ? e % BM : e / BK;
            const int k = TRANSPOSED_A ? e / BM : e % BK;
            a_tile[m][k] = m0 + m < M && k0 + k < K ? A(m0 + m, k0 + k) : half(0.0f);
        }
        for (int e = t; e < BK * BN; e += THREADS) {
            const int k = TRANSPOSED_B ? e % BK : e / BN;
            const int n = TRANSPOSED_B ? e / BK : e % BN;
            b_tile[k][n] = k0 + k < K && n0 + n < N ? B(k0 + k, n0 + n) : half(0.0f);
        }
        __syncthreads();             // both tiles are whole before anyone reads them
        for (int k = 0; k < BK; k += 16) {
            fragment<matrix_a, 16, 16, 16, half, row_major> a_k[WM / 16];
            fragment<matrix_b, 16, 16, 16, half, row_major> b_k[WN / 16];
            for (int i = 0; i < WM / 16; i++)
                load_matrix_sync(a_k[i], &a_tile[warp_m + 16 * i][k], BK + PAD);
            for (int j = 0; j < WN / 16; j++)
                load_matrix_sync(b_k[j], &b_tile[k][warp_n + 16 * j], BN + PAD);
            for (int i = 0; i < WM / 16; i++)
                for (int j = 0; j < WN / 16; j++)
                    mma_sync(sum[i][j], a_k[i], b_k[j], sum[i][j]);
        }
        __syncthreads();             // everyone has read them; they may be overwritten
    }
    for (int i = 0; i < WM / 16; i++) {
        for (int j = 0; j < WN / 16; j++) {
            store_matrix_sync(&done[warp][0][0], sum[i][j], 16, mem_row_major);
            __syncwarp();            // the warp's 16 x 16 is whole before it is read
            for (int e = lane; e < 256; e += 32) {
                const int m = m0 + warp_m + 16 * i + e / 16;
                const int n = n0 + warp_n + 16 * j + e % 16;
                if (m < M && n < N) c[m * N + n] = done[warp][e / 16][e % 16];
            }
            __syncwarp();            // it has been read before the next one is stored
        }
    }
}
