// The last step of a product whose K was split among blocks: the sum of its parts.
//
//   parts   (SPLITS, M, N) float32: of each element, the sum over a part of K
//   c       C (M, N)
//   MN      M times N
//   block   T threads, an element each
//   grid    M N / T blocks, rounded up

__global__ void add_parts(const float *__restrict__ parts, float *__restrict__ c, int MN,
                          int splits)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= MN) return;
    float sum = 0.0f;
    for (int s = 0; s < splits; s++) sum += parts[(size_t)s * MN + i];
    c[i] = sum;
}
