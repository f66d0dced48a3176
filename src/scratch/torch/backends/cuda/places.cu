// By number: elements that an index names, read or written; and products of matrices.
//
//   T        of the numbers
//   A, TO    what is read from, or written to; one axis of it, of `size` places that are
//            `step` apart, is the one that INDEX counts, from either end
//   rest     where element i is along the other axes
//   where    where its index is

#include <assert.h>

// An index as a number from 0 to size - 1. A wrong one stops the program: at once on a
// processor, with the next copy on a GPU.
__device__ long long counted(long long i, long long size)
{
    i = i < 0 ? i + size : i;
    const int fits = 0 <= i && i < size;
    assert(fits);                    // an index is out of bounds
    return fits ? i : 0;
}

#ifdef GATHER
// Y[i] = A[rest(i), INDEX[i]]      grid and block: a thread for each i
__global__ void gather(Walk rest, Walk where, const T *A, const long long *INDEX, T *Y,
                       long long step, long long size, unsigned n)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    Y[i] = A[place(rest, i) + counted(INDEX[place(where, i)], size) * step];
}

// Stops the program unless low <= INDEX[i] < high for each i.
__global__ void outside(Walk where, const long long *INDEX, long long low,
                        long long high, unsigned n)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const long long index = INDEX[place(where, i)];
    assert(low <= index && index < high);    // an index is out of bounds
}
#endif

#ifdef STORES
// TO[rest(i), INDEX[i, j]] = FROM[i, j] for j in order, or += with STORE(to, a).
//   where_j, from_j   how much further on the index and the number of j are
//   grid and block: a thread for each i; two of them meet only in atomic additions
__global__ void scatter(Walk rest, Walk where, Walk where_j, Walk from, Walk from_j,
                        T *TO, const long long *INDEX, const T *FROM, long long step,
                        long long size, unsigned n, unsigned length)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    T *to = TO + place(rest, i);
    const long long *index = INDEX + place(where, i);
    const T *source = FROM + place(from, i);
    for (unsigned j = 0; j < length; j++) {
        const long long at = counted(index[place(where_j, j)], size) * step;
        STORE(to[at], source[place(from_j, j)]);
    }
}
#endif

#ifdef PRODUCT
// Y[i] = sum over k of A[row(i), k] B[k, column(i)]
//   a_row, b_column   where row and column of element i begin
//   a_step, b_step    how far apart their numbers are
//   grid and block: a thread for each i
__global__ void product(Walk a_row, Walk b_column, const T *A, const T *B, T *Y,
                        long long a_step, long long b_step, unsigned K, unsigned n)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const T *row = A + place(a_row, i), *column = B + place(b_column, i);
    T sum = 0;
    for (unsigned k = 0; k < K; k++) sum += row[k * a_step] * column[k * b_step];
    Y[i] = sum;
}
#endif
