// Rows of a table by their numbers, and their slopes added up where they came from:
//   y[i, c] = table[ids[i], c]
//   d_table[v, c] = sum over the i with ids[i] = v of d_y[i, c]
//
//   table, d_table   (V, C) float32, row after row; d_table begins as zeros
//   ids              (N), each from 0 to V - 1
//   y, d_y           (N, C)
//   grid             (N, C / blockDim.x) blocks, rounded up: a thread has one channel of
//                    a row, or of EACH rows, and its neighbour in the warp the next

// A row can be asked for once its id is here, which takes two latencies; so a thread
// has EACH rows under way.
//   grid   (N / EACH, C / blockDim.x) blocks, rounded up
#define EACH 4
__global__ void gather(const float *__restrict__ table,
                       const long long *__restrict__ ids, float *__restrict__ y, int N,
                       int C)
{
    const int c = blockIdx.y * blockDim.x + threadIdx.x, first = blockIdx.x * EACH;
    if (c >= C) return;
    float channel[EACH];
    for (int i = 0; i < EACH; i++)                   // beyond the last: that once more
        channel[i] = table[(size_t)ids[min(first + i, N - 1)] * C + c];
    for (int i = 0; i < EACH; i++)
        if (first + i < N) y[(size_t)(first + i) * C + c] = channel[i];
}

// Equal ids meet in one row, so the additions are atomic, in any order.
__global__ void scatter_add(const float *d_y, const long long *ids, float *d_table, int C)
{
    const int c = blockIdx.y * blockDim.x + threadIdx.x;
    if (c < C) atomicAdd(&d_table[(size_t)ids[blockIdx.x] * C + c],
                         d_y[(size_t)blockIdx.x * C + c]);
}
