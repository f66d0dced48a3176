// The product C = A B on tensor cores: float16 factors, float32 sums.  For GPUs only.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float16, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B        float16
//   c       C (M, N)                                   float32
//   C[m, n] = sum over k of A[m, k] B[k, n], BK of the k at a time
//   block   32 x (BM / WM) x (BN / WN) threads: a warp for WM x WN elements of C
//   grid    N / BN times M / BM blocks, each quotient rounded up, all in a row
//   shared  STAGES tiles of A and of B, given at the launch, which lie as A and B do;
//           afterwards, 256 floats per warp
//   WHOLE   1 if M, N and K are multiples of BM, BN and BK: then nothing is guarded
//   BM, BN, BK, WM and WN are multiples of 16; a, b and c lie at multiples of 16 bytes
//
// A warp as a whole multiplies 16 x 16 by 16 x 16 in one call, mma_sync, which nvcc
// makes two instructions of the tensor cores for an A100 or H100.  Which thread holds
// which element of a fragment this interface does not tell, so a finished 16 x 16 goes
// through shared memory to get past the edges of C.
//
// The copies are those of matmul_warps.cu, eight numbers at a time.  No tile is turned:
// a fragment may lie row after row or column after column.

#include <cuda_fp16.h>
#include <cuda_pipeline_primitives.h>
#include <mma.h>

#define PAD 8                    // rows of a tile begin in different banks
#define GROUP 8                  // blocks in a column of a band of C
#define THREADS (32 * (BM / WM) * (BN / WN))
#define A_ROWS (TRANSPOSED_A ? BK : BM)      // of a tile of A, and their length
#define A_ROW ((TRANSPOSED_A ? BM : BK) + PAD)
#define B_ROWS (TRANSPOSED_B ? BN : BK)
#define B_ROW ((TRANSPOSED_B ? BK : BN) + PAD)
#define STAGE (A_ROWS * A_ROW + B_ROWS * B_ROW)
#if BM % WM || BN % WN || BK % 16 || WM % 16 || WN % 16
#error BM has to be a multiple of WM, BN of WN, and BK, WM and WN of 16
#endif
#if STAGES < 2
#error there have to be at least two stages, one to fill and one to multiply
#endif
#if BK * BM % (8 * THREADS) || BK * BN % (8 * THREADS)
#error the threads of a block cannot share the copying of a tile equally
#endif
#if TRANSPOSED_A
#define A_LIES col_major
#else
#define A_LIES row_major
#endif
#if TRANSPOSED_B
#define B_LIES col_major
#else
#define B_LIES row_major
#endif

using namespace nvcuda::wmma;

// Begin to fill tile[rows][length + PAD] from x, whose rows begin `row` numbers apart.
// high and wide are how many rows x has left and how far they go on; beyond, the tile
// has zeros.
__device__ void fetch(half *tile, int rows, int length, const half *x, int row, int high,
                      int wide, int t)
{
    for (int i = 0; i < rows * length / 8; i += THREADS) {
        const int r = (i + t) / (length / 8), w = (i + t) % (length / 8) * 8;
        half *to = tile + r * (length + PAD) + w;
        const half *from = &x[r * row + w];
        if (WHOLE || (r < high && w + 7 < wide && row % 8 == 0))
            __pipeline_memcpy_async(to, from, 16);
        else
            for (int l = 0; l < 8; l++)
                to[l] = r < high && w + l < wide ? from[l] : half(0.0f);
    }
}

extern "C" __global__ void __launch_bounds__(THREADS)
matmul(const half *__restrict__ a, const half *__restrict__ b, float *__restrict__ c,
       int M, int N, int K)
{
    extern __shared__ __align__(32) half stages[];
    const int lane = threadIdx.x;
    const int warp = threadIdx.y + threadIdx.z * (BM / WM);
    const int t = warp * 32 + lane;
    const int warp_m = threadIdx.y * WM, warp_n = threadIdx.z * WN;

    const int across = (N + BN - 1) / BN, down = (M + BM - 1) / BM;
    const int band = blockIdx.x / (GROUP * across);
    const int within = blockIdx.x % (GROUP * across);
    const int high = min(GROUP, down - GROUP * band);
    const int m0 = (GROUP * band + within % high) * BM, n0 = within / high * BN;
    a += TRANSPOSED_A ? m0 : (size_t)m0 * K;
    b += TRANSPOSED_B ? (size_t)n0 * K : n0;

    fragment<accumulator, 16, 16, 16, float> sum[WM / 16][WN / 16];
    for (int i = 0; i < WM / 16; i++)
        for (int j = 0; j < WN / 16; j++) fill_fragment(sum[i][j], 0.0f);
    int left = K;                    // from where a and b are now
    int now = 0, next = 0;           // the stages to multiply and to fill
    for (int k0 = (1 - STAGES) * BK; k0 < K; k0 += BK) {
        __pipeline_wait_prior(STAGES - 2);
        __syncthreads();             // this stage is whole, and the one before was read
        if (left > 0) {
            half *a_next = stages + next * STAGE, *b_next = a_next + A_ROWS * A_ROW;
#if TRANSPOSED_A
            fetch(a_next, BK, BM, a, M, left, M - m0, t);
            a += BK * M;
#else
            fetch(a_next, BM, BK, a, K, M - m0, left, t);
            a += BK;
#endif
#if TRANSPOSED_B
            fetch(b_next, BN, BK, b, K, N - n0, left, t);
            b += BK;
#else
            fetch(b_next, BK, BN, b, N, left, N - n0, t);
            b += BK * N;
#endif
            left -= BK;
            next = next + 1 < STAGES ? next + 1 : 0;
        }
        __pipeline_commit();         // a batch even if it is empty: wait counts them
        if (k0 < 0) continue;        // the first rounds only copy
        const half *a_tile = stages + now * STAGE, *b_tile = a_tile + A_ROWS * A_ROW;
        for (int k = 0; k < BK; k += 16) {
            fragment<matrix_a, 16, 16, 16, half, A_LIES> a_k[WM / 16];
            fragment<matrix_b, 16, 16, 16, half, B_LIES> b_k[WN / 16];
            for (int i = 0; i < WM / 16; i++) {
                const int m = warp_m + 16 * i;
                load_matrix_sync(a_k[i], a_tile + (TRANSPOSED_A ? k * A_ROW + m
                                                                : m * A_ROW + k), A_ROW);
            }
            for (int j = 0; j < WN / 16; j++) {
                const int n = warp_n + 16 * j;
                load_matrix_sync(b_k[j], b_tile + (TRANSPOSED_B ? n * B_ROW + k
                                                                : k * B_ROW + n), B_ROW);
            }
            for (int i = 0; i < WM / 16; i++)
                for (int j = 0; j < WN / 16; j++)
                    mma_sync(sum[i][j], a_k[i], b_k[j], sum[i][j]);
        }
        now = now + 1 < STAGES ? now + 1 : 0;
    }
#if !WHOLE
    __syncthreads();                 // everyone has read the stages
    float *done = (float *)stages + 256 * warp;
#endif
#pragma unroll
    for (int i = 0; i < WM / 16; i++) {
#pragma unroll
        for (int j = 0; j < WN / 16; j++) {
            const int m = m0 + warp_m + 16 * i, n = n0 + warp_n + 16 * j;
#if WHOLE
            store_matrix_sync(&c[m * N + n], sum[i][j], N, mem_row_major);
#else
            store_matrix_sync(done, sum[i][j], 16, mem_row_major);
            __syncwarp();            // the warp's 16 x 16 is whole before it is read
            for (int e = lane; e < 256; e += 32)
                if (m + e / 16 < M && n + e % 16 < N)
                    c[(m + e / 16) * N + n + e % 16] = done[e];
            __syncwarp();            // it has been read before the next one is stored
#endif
        }
    }
}
