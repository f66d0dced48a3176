// The sum of two vectors, z = x + y, in three ways.
//
//   x, y, z  (N) float32
//   z[i]   = x[i] + y[i]
//   shared   none
//
// Each way reads 8 bytes and writes 4 for one addition, so memory sets the time.

// One element per thread.
//   block   T threads
//   grid    N / T blocks, rounded up: the last one may reach beyond N
__global__ void add(const float *x, const float *y, float *z, int N)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < N) z[i] = x[i] + y[i];
}

// As many elements per thread as it takes, a whole grid apart, so that neighbouring
// threads always have neighbouring elements.  __restrict__ promises that a store to z
// changes nothing that is yet to be loaded, so that loads need not wait for stores.
//   block   T threads
//   grid    any number of blocks: enough to keep the device busy
__global__ void add_strided(const float *__restrict__ x, const float *__restrict__ y,
                            float *__restrict__ z, int N)
{
    const int stride = gridDim.x * blockDim.x;
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < N; i += stride)
        z[i] = x[i] + y[i];
}

// Four elements at a time: a quarter of the loads and stores, each of 16 bytes.  The
// last N % 4 elements are left to the first threads.
//   block   T threads, at least 3
//   grid    any number of blocks
//   x, y and z lie at multiples of 16 bytes, as memory that was allocated does
__global__ void add_vectors(const float *__restrict__ x, const float *__restrict__ y,
                            float *__restrict__ z, int N)
{
    const int first = blockIdx.x * blockDim.x + threadIdx.x;
    const int stride = gridDim.x * blockDim.x;
    for (int i = first; i < N / 4; i += stride) {
        const float4 a = ((const float4 *)x)[i], b = ((const float4 *)y)[i];
        ((float4 *)z)[i] = make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w);
    }
    if (first < N % 4) {
        const int i = N / 4 * 4 + first;
        z[i] = x[i] + y[i];
    }
}
