// Rotary positions: each pair of channels turned by an angle that grows with the place:
//   y[n, t, i]     = x[n, t, i] cos[t, i] - x[n, t, P + i] sin[t, i]
//   y[n, t, P + i] = x[n, t, i] sin[t, i] + x[n, t, P + i] cos[t, i],   0 <= i < P
//
//   x, y       (N, T, 2 P) float32, row after row; they may be the same array
//   cos, sin   (T, P)
//   turn       1, or -1 to turn back, as slopes do
//   grid       N T P threads, in blocks of any size
__global__ void rotary(const float *x, const float *cos, const float *sin, float *y,
                       int T, int P, long long pairs, float turn)
{
    const long long e = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (e >= pairs) return;
    const int i = e % P, t = e / P % T;
    const long long at = e / P * 2 * P + i;          // the pair's first channel
    const float a = x[at], b = x[at + P];
    const float c = cos[t * P + i], s = turn * sin[t * P + i];
    y[at] = a * c - b * s;
    y[at + P] = a * s + b * c;
}
