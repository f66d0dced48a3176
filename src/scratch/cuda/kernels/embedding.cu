// Rows of a table by their numbers, and their slopes added up where they came from:
//   y[i, c] = table[ids[i], c]
//   d_table[v, c] = sum over the i with ids[i] = v of d_y[i, c]
//
//   table, d_table   (V, C) float32, row after row; d_table begins as zeros
//   ids              (N), each from 0 to V - 1
//   y, d_y           (N, C)
//   grid             (N, C / blockDim.x) blocks, rounded up: a thread has one channel of
//                    one row, and its neighbour in the warp the next channel
__global__ void gather(const float *table, const long long *ids, float *y, int C)
{
    const int c = blockIdx.y * blockDim.x + threadIdx.x;
    if (c < C) y[(size_t)blockIdx.x * C + c] = table[(size_t)ids[blockIdx.x] * C + c];
}

// Equal ids meet in one row, so the additions are atomic, in any order.
__global__ void scatter_add(const float *d_y, const long long *ids, float *d_table, int C)
{
    const int c = blockIdx.y * blockDim.x + threadIdx.x;
    if (c < C) atomicAdd(&d_table[(size_t)ids[blockIdx.x] * C + c],
                         d_y[(size_t)blockIdx.x * C + c]);
}
