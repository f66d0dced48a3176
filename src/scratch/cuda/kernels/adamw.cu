// A step of AdamW as one kernel:
//   p = p - rate decay p;  m = m + rest1 (g - m);  s = beta2 s + rest2 g²
//   p = p - rate (m / correct1) / (sqrt(s / correct2) + eps)
//
//   p, m, s       (N) float32, changed where they stand: the parameters, and the running
//                 means of their gradient and of its square
//   g             (N): the gradient
//   rest1, rest2  1 - beta1 and 1 - beta2
//   correct1, 2   1 - beta1^step and 1 - beta2^step, for the means began at 0
//   grid, block   any: a thread takes every element that is as many threads further on
//
// 28 bytes move for each element: four floats are read and three written.
__global__ void adamw(float *__restrict__ p, const float *__restrict__ g,
                      float *__restrict__ m, float *__restrict__ s, int N, float rate,
                      float decay, float rest1, float beta2, float rest2, float eps,
                      float correct1, float correct2)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < N;
         i += gridDim.x * blockDim.x) {
        const float mean = m[i] + rest1 * (g[i] - m[i]);
        const float square = beta2 * s[i] + rest2 * g[i] * g[i];
        const float step = (mean / correct1) / (sqrtf(square / correct2) + eps);
        p[i] = p[i] - rate * decay * p[i] - rate * step;
        m[i] = mean;
        s[i] = square;
    }
}
