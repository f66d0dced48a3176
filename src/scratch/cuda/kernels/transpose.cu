// The transpose of a matrix, y[c, r] = x[r, c], in three ways.
//
//   x       (R, C) float32, row after row
//   y       (C, R) float32, row after row
//   block   TILE x ROWS threads for TILE x TILE elements of x, four per thread
//   grid    (C / TILE, R / TILE) blocks, rounded up
//
// Each element is read once and written once, 8 bytes; what differs is which
// neighbours move together.  The loops turn four times, which the compiler knows: it
// can ask for all four floats before it waits for the first, in transpose_naive only
// because __restrict__ promises that no store to y changes what is left of x.

#define ROWS ((TILE + 3) / 4)
#if TILE % ROWS
#error TILE has to be a multiple of the rows of threads, a quarter of it rounded up
#endif

// Neighbouring threads read neighbours and write R floats apart: 32 transactions
// per warp.
//   shared  none
__global__ void transpose_naive(const float *__restrict__ x, float *__restrict__ y,
                                int R, int C)
{
    const int c = blockIdx.x * TILE + threadIdx.x;
    for (int turn = 0; turn < TILE / ROWS; turn++) {
        const int r = blockIdx.y * TILE + turn * ROWS + threadIdx.y;
        if (r < R && c < C) y[c * R + r] = x[r * C + c];
    }
}

// Through a tile in shared memory, so that neighbours are neighbours in x and in y.
// But a warp reads a column of the tile, TILE floats apart, and with TILE = 32 these
// are 32 floats of a single bank.
//   shared  TILE TILE floats
__global__ void transpose_tiled(const float *x, float *y, int R, int C)
{
    __shared__ float tile[TILE][TILE];
    const int c0 = blockIdx.x * TILE, r0 = blockIdx.y * TILE;
    const int t = threadIdx.x;
    for (int turn = 0; turn < TILE / ROWS; turn++) {
        const int i = turn * ROWS + threadIdx.y;
        if (r0 + i < R && c0 + t < C) tile[i][t] = x[(r0 + i) * C + c0 + t];
    }
    __syncthreads();                 // the tile is whole before anyone reads it
    for (int turn = 0; turn < TILE / ROWS; turn++) {
        const int i = turn * ROWS + threadIdx.y;
        if (c0 + i < C && r0 + t < R) y[(c0 + i) * R + r0 + t] = tile[t][i];
    }
}

// The same with rows that are a float longer: a column's 32 floats lie in 32 banks.
//   shared  TILE (TILE + 1) floats
__global__ void transpose_padded(const float *x, float *y, int R, int C)
{
    __shared__ float tile[TILE][TILE + 1];
    const int c0 = blockIdx.x * TILE, r0 = blockIdx.y * TILE;
    const int t = threadIdx.x;
    for (int turn = 0; turn < TILE / ROWS; turn++) {
        const int i = turn * ROWS + threadIdx.y;
        if (r0 + i < R && c0 + t < C) tile[i][t] = x[(r0 + i) * C + c0 + t];
    }
    __syncthreads();                 // the tile is whole before anyone reads it
    for (int turn = 0; turn < TILE / ROWS; turn++) {
        const int i = turn * ROWS + threadIdx.y;
        if (c0 + i < C && r0 + t < R) y[(c0 + i) * R + r0 + t] = tile[t][i];
    }
}
