// Rotary positions: each pair of channels turned by an angle that grows with the place:
//   y[n, t, i]     = x[n, t, i] cos[t, i] - x[n, t, P + i] sin[t, i]
//   y[n, t, P + i] = x[n, t, i] sin[t, i] + x[n, t, P + i] cos[t, i],   0 <= i < P
//
//   x, y       (N, T, 2 P) float32, row after row; they may be the same array
//   cos, sin   (T, P)
//   turn       1, or -1 to turn back, as slopes do
//   grid       N T P threads, in blocks of any size; fewer than 2^29
//
// Divisions of 32 bits: those of 64 are a hundred instructions each, which would take
// longer than the four floats that a thread moves.
__global__ void rotary(const float *x, const float *cos, const float *sin, float *y,
                       unsigned T, unsigned P, unsigned pairs, float turn)
{
    const unsigned e = blockIdx.x * blockDim.x + threadIdx.x;
    if (e >= pairs) return;
    const unsigned place = e / P, i = e % P, t = place % T;
    const unsigned at = place * 2 * P + i;           // the pair's first channel
    const float a = x[at], b = x[at + P];
    const float c = cos[t * P + i], s = turn * sin[t * P + i];
    y[at] = a * c - b * s;
    y[at + P] = a * s + b * c;
}
