// Along axes: reductions, running sums, sorting.
//
//   T       of the operand's numbers          S    of the result's
//   A, Y    the operand and the result, which lies row after row
//   n       how many results there are, or lines     length    numbers of each
//
// A line is what lies along the axes that are reduced, or scanned, or sorted: `lines`
// says where line i begins, `along` where in it number j is.

#ifdef START
// y = combine(... combine(combine(START, a0), a1) ...)
//   COMBINE(y, a)   of a result so far and a number
//   MERGE(y, z)     of two results so far

// grid and block: a thread for each result
__global__ void reduce_lines(Walk lines, Walk along, const T *A, S *Y, unsigned n,
                             unsigned length)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const T *line = A + place(lines, i);
    S y = START;
    for (unsigned j = 0; j < length; j++) {
        const T a = line[place(along, j)];
        y = COMBINE(y, a);
    }
    Y[i] = y;
}

// grid: a block for each result, of THREADS threads, a power of two
// shared: a result for each thread, folded in half until one is left
__global__ void reduce_blocks(Walk lines, Walk along, const T *A, S *Y, unsigned n,
                              unsigned length)
{
    __shared__ S partial[THREADS];
    const unsigned t = threadIdx.x;
    const T *line = A + place(lines, blockIdx.x);
    S y = START;
    for (unsigned j = t; j < length; j += THREADS) {
        const T a = line[place(along, j)];
        y = COMBINE(y, a);
    }
    partial[t] = y;
    __syncthreads();                 // every thread's result is there to be read
    for (unsigned span = THREADS / 2; span > 0; span /= 2) {
        if (t < span) partial[t] = MERGE(partial[t], partial[t + span]);
        __syncthreads();             // outside the if: every thread must arrive
    }
    if (t == 0) Y[blockIdx.x] = partial[0];
}
#endif

#ifdef BETTER
// Where the best number of each line is, the first of equal ones; nan is better than
// all others.   grid and block: a thread for each line
__global__ void place_of_best(Walk lines, Walk along, const T *A, long long *Y,
                              unsigned n, unsigned length)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const T *line = A + place(lines, i);
    T best = line[0];
    unsigned at = 0;
    for (unsigned j = 1; j < length; j++) {
        const T a = line[place(along, j)];
        if (best == best && (a BETTER best || a != a)) {
            best = a;
            at = j;
        }
    }
    Y[i] = at;
}
#endif

#ifdef PLUS
// y_j = a_0 + a_1 + ... + a_j, or another operation.
//   y_lines, step   where line i of Y begins, and how far apart its numbers are
//   grid and block: a thread for each line
__global__ void scan(Walk lines, Walk along, Walk y_lines, const T *A, S *Y,
                     long long step, unsigned n, unsigned length)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n) return;
    const T *line = A + place(lines, i);
    S *made = Y + place(y_lines, i);
    S y = line[0];
    made[0] = y;
    for (unsigned j = 1; j < length; j++) {
        y = y PLUS line[place(along, j)];
        made[j * step] = y;
    }
}
#endif

#ifdef BEFORE
// Each number counts those that come before it: that is its place in the sorted line.
// Equal ones keep their order. nan comes last, or first where the largest does.
//   INDEX   where in the line it was
//   grid and block: a thread for each number
__device__ int comes(T a, T b) { return a BEFORE b || NAN_BEFORE(a, b); }

__global__ void sort(Walk lines, Walk along, Walk y_lines, const T *A, T *Y,
                     long long *INDEX, long long step, unsigned n, unsigned length)
{
    const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n * length) return;
    const unsigned here = i % length;
    const T *line = A + place(lines, i / length);
    const T own = line[place(along, here)];
    unsigned before = 0;
    for (unsigned j = 0; j < length; j++) {
        const T a = line[place(along, j)];
        before += comes(a, own) || (j < here && !comes(own, a));
    }
    const long long at = place(y_lines, i / length) + before * step;
    Y[at] = own;
    INDEX[at] = here;
}
#endif
