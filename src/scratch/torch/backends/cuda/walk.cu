// A shape and strides, and where in memory they say that element i is.
typedef struct { long long axes, size[8], step[8]; } Walk;

__device__ long long place(Walk walk, unsigned i)
{
    long long at = 0;
    for (int axis = (int)walk.axes - 1; axis > 0; axis--) {
        const unsigned size = (unsigned)walk.size[axis];
        at += i % size * walk.step[axis];
        i /= size;
    }
    return at + i * walk.step[0];
}
