"""Kernels with a mistake that a test of their results may not see.

Each constant is the text of a kernel that is wrong.  The function of that name returns a text
in which the mistake is mended, and memcheck looks on while it runs.

Exercises: shifted, folded, evened, counted.
Chapter: docs/cuda/without-a-gpu.md.
"""

from lab.kernels import empty, run

SHIFTED = """
__global__ void shifted(float *x)
{
    __shared__ float held[8];
    const int t = threadIdx.x;
    held[t] = x[t];
    x[t] = t ? held[t - 1] : 0;
}
"""

FOLDED = """
__global__ void folded(const float *x, float *sum)
{
    __shared__ float part[8];
    const int t = threadIdx.x;
    part[t] = x[t];
    for (int span = 4; span > 0; span /= 2) {
        __syncthreads();
        if (t < span) part[t] += part[t + span];
    }
    if (t == 1) sum[0] = part[0];
}
"""

EVENED = """
__global__ void evened(float *x, int N)
{
    __shared__ float held[8];
    const int t = threadIdx.x;
    if (t < N) {
        held[t] = x[t];
        __syncthreads();
        x[t] = held[N - 1 - t];
    }
}
"""

COUNTED = """
__global__ void counted(const float *x, float *counts, int N)
{
    const int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < N) counts[(int)x[i]] += 1;
}
"""


def shifted():
    """SHIFTED moves each element of x, of which there are 8, one place to the right.

    What does a passing test not see? Data races

    >>> run(shifted(), [1, 2, 3, 4, 5, 6, 7, 8], block=(8, 1, 1))
    [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    """
    raise NotImplementedError("shifted is yours to write")


def folded():
    """FOLDED leaves the sum of 8 elements of x in sum[0].

    What does a passing test not see? Data races

    >>> run(folded(), [1, 2, 3, 4, 5, 6, 7, 8], empty(1), block=(8, 1, 1))
    [36.0]
    """
    raise NotImplementedError("folded is yours to write")


def evened():
    """EVENED puts the first N of 8 elements into the opposite order.

    How does one core run a block? Loops between barriers

    >>> run(evened(), [1, 2, 3, 4, 5, 6, 7, 8], 8, block=(8, 1, 1))
    [8.0, 7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    >>> run(evened(), [1, 2, 3, 4, 5, 6, 7, 8], 5, block=(8, 1, 1))
    [5.0, 4.0, 3.0, 2.0, 1.0, 6.0, 7.0, 8.0]
    """
    raise NotImplementedError("evened is yours to write")


def counted():
    """COUNTED counts how often each of the numbers 0, 1 and 2 occurs in x.

    What does a passing test not see? Data races

    >>> run(counted(), [0, 2, 2, 1, 2, 0], [0, 0, 0], 6, block=(4, 1, 1), grid=(2, 1))
    [2.0, 1.0, 3.0]
    """
    raise NotImplementedError("counted is yours to write")
