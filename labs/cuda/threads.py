"""First kernels: which thread does what, in one block and in several.

    N  elements of a vector        R, C  rows and columns of a matrix, stored row after row

Each exercise is a function that returns CUDA C, the text of one kernel; the first, doubled, is
written already.  The docstring has the kernel's first line, and what it is launched with:
run(text, arguments, block, grid) passes lists as arrays of float32, numbers as int, and
empty(4) as an array to fill.  It returns the last array, with nan where no thread has stored.

It runs on the processor, and memcheck looks on: right numbers from wrong accesses do not pass.

Exercises: squared, larger, relu, transposed, outer, backwards, tril.
Chapter: docs/cuda/vector-addition.md.
"""

from lab.kernels import empty, run


def doubled():
    """__global__ void doubled(const float *x, float *y)

    y[i] = 2 x[i], in one block with a thread for each element.

    >>> run(doubled(), [1, 2, 3, 4], empty(4), block=(4, 1, 1))
    [2.0, 4.0, 6.0, 8.0]
    """
    return """
    __global__ void doubled(const float *x, float *y)
    {
        const int i = threadIdx.x;
        y[i] = 2 * x[i];
    }
    """


def squared():
    """__global__ void squared(const float *x, float *y)

    y[i] = x[i]², in one block with a thread for each element.

    Which element is mine? Threads and blocks

    >>> run(squared(), [1, 2, -3, 0.5], empty(4), block=(4, 1, 1))
    [1.0, 4.0, 9.0, 0.25]
    >>> run(squared(), [5, 6, 7, 8, 9], empty(5), block=(5, 1, 1))
    [25.0, 36.0, 49.0, 64.0, 81.0]
    """
    raise NotImplementedError("squared is yours to write")


def larger():
    """__global__ void larger(const float *x, const float *y, float *z)

    z[i] is the larger of x[i] and y[i], in one block with a thread for each element.

    Which element is mine? Threads and blocks

    >>> run(larger(), [3, -1, 4, 1], [2, 7, -1, 8], empty(4), block=(4, 1, 1))
    [3.0, 7.0, 4.0, 8.0]
    """
    raise NotImplementedError("larger is yours to write")


def relu():
    """__global__ void relu(const float *x, float *y, int N)

    y[i] = x[i] where that is positive, and 0 elsewhere, in one block of more threads than
    there are elements.

    What if the last block is not full? The guard

    >>> run(relu(), [-1, 2, 0.5, 3, -5], empty(5), 5, block=(8, 1, 1))
    [0.0, 2.0, 0.5, 3.0, 0.0]
    """
    raise NotImplementedError("relu is yours to write")


def transposed():
    """__global__ void transposed(const float *x, float *y, int R, int C)

    x (R, C) -> y (C, R):  y[c, r] = x[r, c], in one block that is wider and higher than x.
    threadIdx.x is for c, along a row of x, and threadIdx.y for r.

    What if the last block is not full? The guard

    >>> run(transposed(), [[1, 2, 3], [4, 5, 6]], empty(3, 2), 2, 3, block=(4, 4, 1))
    [[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]]
    >>> run(transposed(), [[1, 2, 3, 4, 5]], empty(5, 1), 1, 5, block=(8, 2, 1))
    [[1.0], [2.0], [3.0], [4.0], [5.0]]
    """
    raise NotImplementedError("transposed is yours to write")


def outer():
    """__global__ void outer(const float *x, const float *y, float *z, int C)

    x (R), y (C) -> z (R, C):  z[r, c] = x[r] y[c], in one block of exactly as many threads,
    with threadIdx.x for c and threadIdx.y for r.

    Which element is mine? Threads and blocks

    >>> run(outer(), [1, 10], [3, 4, 5], empty(2, 3), 3, block=(3, 2, 1))
    [[3.0, 4.0, 5.0], [30.0, 40.0, 50.0]]
    """
    raise NotImplementedError("outer is yours to write")


def backwards():
    """__global__ void backwards(const float *x, float *y, int N)

    y is x with its last element first, in as many blocks as it takes.

    Which element is mine? Threads and blocks

    >>> run(backwards(), [1, 2, 3, 4, 5, 6], empty(6), 6, block=(2, 1, 1), grid=(3, 1))
    [6.0, 5.0, 4.0, 3.0, 2.0, 1.0]

    What if the last block is not full? The guard

    >>> run(backwards(), [1, 2, 3, 4, 5, 6, 7], empty(7), 7, block=(4, 1, 1), grid=(2, 1))
    [7.0, 6.0, 5.0, 4.0, 3.0, 2.0, 1.0]
    """
    raise NotImplementedError("backwards is yours to write")


def tril():
    """__global__ void tril(const float *x, float *y, int N)

    x (N, N) -> y (N, N): x on the diagonal and below, 0 above it, which is where the keys lie
    that a query of a GPT may not see.  The grid has blocks beside and below each other.

    What if the last block is not full? The guard

    >>> x = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
    >>> run(tril(), x, empty(3, 3), 3, block=(2, 2, 1), grid=(2, 2))
    [[1.0, 0.0, 0.0], [4.0, 5.0, 0.0], [7.0, 8.0, 9.0]]
    >>> run(tril(), x, empty(3, 3), 3, block=(4, 1, 1), grid=(1, 3))
    [[1.0, 0.0, 0.0], [4.0, 5.0, 0.0], [7.0, 8.0, 9.0]]
    """
    raise NotImplementedError("tril is yours to write")
