"""Kernels compiled from text, kept and launched; and those that go element by element.

    >>> softened = Fused("y = a / (1 + fabsf(a));", reads="a", writes="y")
    >>> print(softened.text(dtypes.float32).partition("walks(")[2])
    Walk a_walk, Walk y_walk, const float *A, float *Y, unsigned n)
    {
        const unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
        if (i >= n) return;
        float a = A[place(a_walk, i)], y;
        y = a / (1 + fabsf(a));
        Y[place(y_walk, i)] = (float)y;
    }
    <BLANKLINE>

A chain of operations as one kernel reads each operand once and writes each result once,
where one kernel for each operation reads and writes all that lies between them, too.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import functools

import numpy as np

from ... import dtypes
from ...storage import broadcast, numel
from . import texts
from .memory import View, empty, engine, merged, type_of

THREADS = 256    # of a block, where each makes one element
AXES = 8         # that a Walk has room for, once axes are merged
MOST = 2**31     # elements of a kernel, which counts them in 32 bits


@functools.cache
def compiled(text, name):
    """The function of that name in a text of CUDA C, compiled when first asked for."""
    return module(text).get_function(name)


@functools.cache
def module(text):
    return engine().compiler.SourceModule(text)


def launch(text, name, n, *arguments, block=THREADS, grid=None):
    """Run a kernel with a thread for each of n elements, if there are any.

    A View stands for the address of its first element. An assert that fails in it is an
    IndexError where that is known at once.
    """
    if not n:
        return
    if n >= MOST:
        raise NotImplementedError(f"{n:,} elements: the kernels of the cuda backend "
                                  f"count up to {MOST:,}")
    run(compiled(text, name), *arguments, grid=(grid or -(-n // block), 1),
        block=(block, 1, 1))


def run(function, *arguments, grid, block, shared=0):
    arguments = [np.uintp(each.address) if isinstance(each, View) else each
                 for each in arguments]
    try:
        function(*arguments, grid=grid, block=block, shared=shared)
    except engine().driver.LogicError as error:
        if "divided by 0" in str(error):
            raise RuntimeError("ZeroDivisionError: a whole number divided by 0"
                               ) from None
        if "out of bounds" in str(error):
            raise IndexError("an index is out of bounds for its axis") from None
        raise


@functools.lru_cache(20_000)
def walk(shape, strides):
    """The bytes of a Walk (walk.cu) with these axes, of which neighbours are merged."""
    sizes, (steps,) = merged(shape, (strides,))
    return packed_walk(sizes, steps)


@functools.lru_cache(20_000)
def packed_walk(sizes, steps):
    if len(sizes) > AXES:
        raise NotImplementedError(f"{len(sizes)} axes that cannot be walked as fewer; "
                                  f"the kernels of the cuda backend go through {AXES}")
    room = (0,) * (AXES - len(sizes))
    numbers = np.array([len(sizes), *sizes, *room, *steps, *room], np.int64)
    return numbers.view(f"V{numbers.nbytes}")[0]


@functools.lru_cache(20_000)
def walks(shape, strides):
    """A Walk for each operand, or None if all of them lie row after row."""
    sizes, steps = merged(shape, strides)
    if sizes == () or len(sizes) == 1 and all(step == (1,) for step in steps):
        return None
    return [packed_walk(sizes, each) for each in steps]


class Fused:
    """A kernel that runs statements of CUDA C for each element of its operands.

    body      statements on small letters: "y = a * b + c;"
    reads     the letters that are read, arrays or numbers: they broadcast
    writes    those that are written; one that is read as well is changed in place

    Called with natives, it gives the natives that it wrote, new ones unless `out` has
    them. All are of one dtype, or of `results`.
    """

    def __init__(self, body, reads, writes="y", results=None, before=""):
        self.body, self.reads, self.writes = body, tuple(reads), tuple(writes)
        self.results, self.before = results, before

    @functools.cache    # noqa: B019, they live as long as the program
    def text(self, dtype, numbers=(), kinds=None, results=None):
        """The CUDA C for operands of a dtype; numbers are those that are no arrays."""
        kinds = dict.fromkeys(self.reads, dtype) if kinds is None else dict(kinds)
        results = results or (self.results or dtype,) * len(self.writes)
        types = {x: texts.C[kind] for x, kind in kinds.items()}
        return texts.elementwise(
            self.body.replace("{f}", texts.suffix(dtype)),
            {x: types[x] for x in self.reads if x not in numbers},
            {x: types[x] for x in numbers},
            {x: texts.C[kind] for x, kind in zip(self.writes, results)},
            self.before or texts.helpers(self.body, dtype))

    def __call__(self, *operands, out=(), dtype=None, kinds=None):
        """natives and numbers -> natives; kinds: the operands' if they differ."""
        read = dict(zip(self.reads, operands))
        numbers = tuple([x for x, a in read.items() if not isinstance(a, View)])
        views = {x: a for x, a in read.items() if isinstance(a, View)}
        dtype = dtype or next(iter(views.values())).dtype
        if out:
            shape = tuple(out[0].shape)
        else:
            shape = tuple(broadcast(*[tuple(a.shape) for a in views.values()]))
            out = [views[x] if x in views else empty(shape, self.results or dtype)
                   for x in self.writes]
        written = dict(zip(self.writes, out))
        arrays = views | written
        text = self.text(dtype, numbers, kinds and tuple(zip(self.reads, kinds)),
                         tuple([a.dtype for a in out]))
        steps = walks(shape, tuple([a.reading(shape) for a in arrays.values()]))
        scalars = [number(read[x], kinds[self.reads.index(x)] if kinds else dtype)
                   for x in numbers]
        arguments = [*views.values(), *scalars,
                     *[a for x, a in written.items() if x not in views]]
        n = numel(shape)
        if steps is None:
            launch(text, "rows", n, *arguments, np.uint32(n))
        else:
            launch(text, "walks", n, *steps, *arguments, np.uint32(n))
        return out


def number(value, dtype):
    """A Python number as a kernel takes it."""
    with np.errstate(all="ignore"):
        return type_of(dtype).type(value)


# the table's kernels

@functools.cache
def fused(expression, reads, dtype, result):
    return Fused(f"y = {expression};", reads, results=result)


def kernel_of_one(name):
    def kernel(a, out=None):
        result = dtypes.bool_ if name in texts.TESTS else a.dtype
        made = fused(texts.one(name, a.dtype), "a", a.dtype, result)
        return made(a, out=() if out is None else (out,))[0]
    return kernel


def kernel_of_two(name):
    def kernel(a, b, out=None):
        dtype = a.dtype if isinstance(a, View) else b.dtype
        result = dtypes.bool_ if name in texts.TESTS else dtype
        made = fused(texts.two(name, dtype), "ab", dtype, result)
        return made(a, b, out=() if out is None else (out,))[0]
    return kernel


kernel_of_pow = kernel_of_two("pow")
POWERS = {2: "a * a", 3: "a * a * a", 0.5: "sqrt{f}(a)"}


def pow(a, b, out=None):
    """aᵇ; a square, a cube and a root of floats without pow()."""
    if isinstance(b, (int, float)) and b in POWERS and a.dtype.category == 2:
        made = fused(POWERS[b], "a", a.dtype, a.dtype)
        return made(a, out=() if out is None else (out,))[0]
    return kernel_of_pow(a, b, out)


def where(condition, a, b, out=None):
    """a where the condition holds, b elsewhere."""
    views = [each for each in (a, b) if isinstance(each, View)]
    if out is not None:
        dtype = out.dtype
    elif views:
        dtype = views[0].dtype
    else:
        dtype = dtypes.promote(dtypes.of_number(a), dtypes.of_number(b))
    made = fused("c ? a : b", "cab", dtype, dtype)
    kinds = (dtypes.bool_, dtype, dtype)
    return made(condition, a, b, out=() if out is None else (out,), dtype=dtype,
                kinds=kinds)[0]


def fill(a, value):
    dtype = a.dtype
    kind = dtypes.float64 if isinstance(value, float) else dtypes.int64
    if kind.category > dtype.category:
        value = int(value) if dtype.category else value != 0
    if dtype.category == 1:
        low = dtypes.iinfo(dtype).min
        value = (value - low) % (1 << 8 * dtype.itemsize) + low
    fused("a", "a", dtype, dtype)(value, out=(a,), dtype=dtype)


COUNT = Fused("y = s + i * d;", "sd")      # i is the number of the element


def arange(numbers, dtype):
    """A range of Python's."""
    y = empty((len(numbers),), dtype)
    COUNT(numbers.start, numbers.step, out=(y,), dtype=dtype, kinds=(dtypes.int64,) * 2)
    return y


def copy(to, a):
    """Write a, broadcast and converted, into to."""
    if to.dtype is dtypes.bool_ and a.dtype is not dtypes.bool_:
        expression = "a != 0"
    elif to.dtype.category == 1 and a.dtype.category == 2 and to.dtype.itemsize < 4:
        expression = "(long long)a"      # and then the last bits of it
    else:
        expression = "a"
    fused(f"({texts.C[to.dtype]})({expression})", "a", a.dtype, to.dtype)(a, out=(to,))


def cast(a, dtype):
    result = empty(a.shape, dtype)
    copy(result, a)
    return result if dtype is not dtypes.bfloat16 else round_bfloat16(result)


ROUND = Fused("""const unsigned bits = __float_as_uint(a);
    const unsigned even = (bits + (0x7fff + (bits >> 16 & 1))) & 0xffff0000;
    y = a != a ? a : __uint_as_float(even);""", "a")


def round_bfloat16(a):
    """float -> float with 16 zero bits: to the nearest, ties to the even one."""
    return ROUND(a)[0]


def rows(a):
    """a itself if it lies row after row, or a copy that does."""
    return a if a.packed else cast(a, a.dtype)


TABLE = {name: kernel_of_one(name) for name in texts.FLOAT_ONE | texts.WHOLE_ONE}
TABLE |= {name: kernel_of_two(name) for name in texts.FLOAT_TWO | texts.WHOLE_TWO}
TABLE |= {each.__name__: each for each in (pow, where, fill, arange, copy,
                                           cast, round_bfloat16)}
