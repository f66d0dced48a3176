// The product C = A B, a tile for each warp, and tiles on their way in several stages.
//
//   a       A (M, K), or (K, M) if TRANSPOSED_A        float32, row after row
//   b       B (K, N), or (N, K) if TRANSPOSED_B
//   c       C (M, N) or, where K is split, a sum over each of its parts (parts, M, N)
//   C[m, n] = sum over k of A[m, k] B[k, n], BK of the k at a time
//   block   32 x (BM / WM) x (BN / WN) threads, a warp for WM x WN elements of C
//   grid    N / BN times M / BM blocks, each quotient rounded up, all in x; in y as many
//           as K has parts, usually one
//   shared  STAGES BK (BM + BN + 2 PAD) floats, given at the launch; TM TN sums per
//           thread in registers
//   WHOLE   1 if M, N and K are multiples of BM, BN and BK: then nothing is guarded
//   UNROLL  if it is defined, the BK steps of a round are written out one by one
//   a, b and c lie at multiples of 16 bytes
//
// The 32 threads of a warp lie 8 x 4 in its piece of C.  They are numbered so that in
// each tile two neighbours, or two threads that are two apart, want the same four
// floats: shared memory then serves sixteen threads at a time in place of eight.
//
// From compute capability 8.0 on, a copy from global to shared memory can be begun and
// left alone: it takes no register, and its thread goes on.  A round begins the copies
// for the round that is STAGES - 1 further on, and multiplies meanwhile.  On anything
// else COPY copies at once.

#if __CUDA_ARCH__ >= 800
#include <cuda_pipeline_primitives.h>
#define COPY(type, to, from) __pipeline_memcpy_async(to, from, sizeof(type))
#define COMMIT() __pipeline_commit()           // what was begun so far is one batch
#define WAIT(n) __pipeline_wait_prior(n)       // until all but the last n have arrived
#else
#define COPY(type, to, from) (*(type *)(to) = *(const type *)(from))
#define COMMIT()
#define WAIT(n)
#endif

#define PAD 4
#define GROUP 8                                // blocks in a column of a band of C
#define TM (WM / 8)
#define TN (WN / 4)
#define THREADS (32 * (BM / WM) * (BN / WN))
#define A_ROW ((BM + PAD) / 4)                 // of a tile, in float4
#define B_ROW ((BN + PAD) / 4)
#define STAGE (BK * (A_ROW + B_ROW))           // a tile of each
#if BM % WM || BN % WN || WM % 32 || WN % 16 || BK % 8
#error BM has to be a multiple of WM, BN of WN, WM of 32, WN of 16, and BK of 8
#endif
#if STAGES < 2
#error there have to be at least two stages, one to fill and one to multiply
#endif
#if 8 * BM % THREADS || 8 * BN % THREADS || BK * BM % (4 * THREADS) \
    || BK * BN % (4 * THREADS) || 4 * THREADS % BM || 4 * THREADS % BN
#error the threads of a block cannot share the copying of a tile equally
#endif

// Begin to fill tile[BK][width + PAD] from x, whose rows begin `row` floats apart.  A
// step in k is a step to the next row or, if turned, one along the row.  x goes on for
// deep floats in k and for wide floats the other way; beyond, the tile has zeros.
__device__ void fetch(float *tile, int width, const float *x, int row, int deep,
                      int wide, int turned, int t)
{
    if (turned) {            // float by float; eight neighbours read a sector of a row
        const int w = t / 8, k = t % 8;
        tile += k * (width + PAD) + w;
        x += w * row + k;
        for (int i = 0; i < width; i += THREADS / 8)
            for (int j = 0; j < BK; j += 8) {
                float *to = tile + j * (width + PAD) + i;
                if (WHOLE || (w + i < wide && k + j < deep))
                    COPY(float, to, &x[i * row + j]);
                else
                    *to = 0.0f;
            }
    } else {                 // four floats at a time, where rows begin at 16 bytes
        const int k = t / (width / 4), w = t % (width / 4) * 4;
        tile += k * (width + PAD) + w;
        x += k * row + w;
        for (int i = 0; i < BK; i += THREADS / (width / 4)) {
            float *to = tile + i * (width + PAD);
            const float *from = &x[i * row];
            if (WHOLE || (k + i < deep && w + 3 < wide && row % 4 == 0))
                COPY(float4, to, from);
            else
                for (int l = 0; l < 4; l++)
                    if (k + i < deep && w + l < wide) COPY(float, to + l, from + l);
                    else to[l] = 0.0f;
        }
    }
}

extern "C" __global__ void __launch_bounds__(THREADS)
matmul(const float *__restrict__ a, const float *__restrict__ b, float *__restrict__ c,
       int M, int N, int K)
{
    extern __shared__ float4 stages[];
    const int lane = threadIdx.x;
    const int t = lane + 32 * (threadIdx.y + BM / WM * threadIdx.z);
    const int y = threadIdx.y * (WM / 4) + lane / 2 % 8;              // in float4
    const int x = threadIdx.z * (WN / 4) + lane % 2 + lane / 16 * 2;

    // Blocks run about in the order of their numbers.  Those of a band, GROUP blocks
    // high, are numbered column by column, so that what runs at the same time is more
    // like a square than like a row of C, and wants fewer rows of A and columns of B.
    const int across = (N + BN - 1) / BN, down = (M + BM - 1) / BM;
    const int band = blockIdx.x / (GROUP * across);
    const int within = blockIdx.x % (GROUP * across);
    const int high = min(GROUP, down - GROUP * band);
    const int m0 = (GROUP * band + within % high) * BM, n0 = within / high * BN;

    // This block's part of K, in whole rounds.
    const int most = (K + BK * gridDim.y - 1) / (BK * gridDim.y) * BK;
    const int begin = most * blockIdx.y, deep = min(most, K - begin);

    const int a_row = TRANSPOSED_A ? M : K, b_row = TRANSPOSED_B ? K : N;
    a += TRANSPOSED_A ? (size_t)begin * M + m0 : (size_t)m0 * K + begin;
    b += TRANSPOSED_B ? (size_t)n0 * K + begin : (size_t)begin * N + n0;

    float sum[TM][TN];
    for (int i = 0; i < TM; i++)
        for (int j = 0; j < TN; j++) sum[i][j] = 0.0f;
    int left = deep;                 // from where a and b are now
    int now = 0, next = 0;           // the stages to multiply and to fill
    for (int k0 = (1 - STAGES) * BK; k0 < deep; k0 += BK) {
        WAIT(STAGES - 2);
        __syncthreads();             // this stage is whole, and the one before was read
        if (left > 0) {
            float4 *a_next = stages + next * STAGE, *b_next = a_next + BK * A_ROW;
            fetch((float *)a_next, BM, a, a_row, left, M - m0, !TRANSPOSED_A, t);
            fetch((float *)b_next, BN, b, b_row, left, N - n0, TRANSPOSED_B, t);
            a += TRANSPOSED_A ? BK * M : BK;
            b += TRANSPOSED_B ? BK : BK * N;
            left -= BK;
            next = next + 1 < STAGES ? next + 1 : 0;
        }
        COMMIT();                    // a batch even if it is empty: WAIT counts them
        if (k0 < 0) continue;        // the first rounds only copy
        const float4 *a_tile = stages + now * STAGE, *b_tile = a_tile + BK * A_ROW;
#ifdef UNROLL
#pragma unroll
#endif
        for (int k = 0; k < BK; k++) {
            float4 a_k[TM / 4], b_k[TN / 4];
            for (int i = 0; i < TM / 4; i++) a_k[i] = a_tile[k * A_ROW + y + 8 * i];
            for (int j = 0; j < TN / 4; j++) b_k[j] = b_tile[k * B_ROW + x + 4 * j];
            for (int i = 0; i < TM; i++)
                for (int j = 0; j < TN; j++)
                    sum[i][j] += ((float *)a_k)[i] * ((float *)b_k)[j];
        }
        now = now + 1 < STAGES ? now + 1 : 0;
    }
    for (int i = 0; i < TM; i++) {
        const int m = m0 + 4 * (y + i / 4 * 8) + i % 4;
        const unsigned row = (blockIdx.y * M + m) * N;       // where it begins in c
        for (int j = 0; j < TN; j += 4) {
            const int n = n0 + 4 * (x + j / 4 * 4);
            if (WHOLE || (m < M && n + 3 < N && N % 4 == 0))
                *(float4 *)&c[row + n] =
                    make_float4(sum[i][j], sum[i][j + 1], sum[i][j + 2], sum[i][j + 3]);
            else
                for (int l = 0; l < 4; l++)
                    if (m < M && n + l < N) c[row + n + l] = sum[i][j + l];
        }
    }
}
