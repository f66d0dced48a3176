"""Along axes: sums and extremes, where they are, running sums, sorting.

    >>> lines((2, 3, 5), (15, 5, 1), (1,))      # axis 1 is reduced
    (((2, 5), (15, 1)), ((3,), (5,)))

A thread makes one result, or where results are few and numbers many, a block of them:
a tree. The sum and the maximum of all float32 numbers in a row are the book's own
kernels (scratch/cuda/kernels/reduce.cu).

Left out: many lines sorted fast. Each number counts those before it, n² steps that all
numbers make at the same time.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

import numpy as np

from ... import dtypes
from ...storage import numel
from . import book, kernels, texts
from .memory import empty

BLOCK = 128      # threads that make one result together
FEW = 4096       # results; for more of them a thread each is enough


def lines(shape, strides, axes):
    """(sizes, strides) of the axes that stay, and of those along which lines go."""
    stay = [axis for axis in range(len(shape)) if axis not in axes]
    return tuple((tuple(shape[n] for n in part), tuple(strides[n] for n in part))
                 for part in (stay, axes))


def summed(dtype):
    """Whole numbers are added up in int64."""
    return dtype if dtype.category == 2 else dtypes.int64


def same(dtype):
    return dtype


def truth(dtype):
    return dtypes.bool_


# name -> the result's dtype, START, COMBINE, MERGE, whether nothing has a value
REDUCTIONS = {
    "sum": (summed, "0", "(y) + (a)", "(y) + (z)", True),
    "prod": (summed, "1", "(y) * (a)", "(y) * (z)", True),
    "max": (same, "line[0]", "(y) > (a) || (y) != (y) ? (y) : (a)", None, False),
    "min": (same, "line[0]", "(y) < (a) || (y) != (y) ? (y) : (a)", None, False),
    "any": (truth, "0", "(y) || (a)", "(y) || (z)", True),
    "all": (truth, "1", "(y) && (a)", "(y) && (z)", True)}


def reduction(name):
    result_of, start, combine, merge, of_none = REDUCTIONS[name]
    merge = merge or combine.replace("(a)", "(z)")

    def kernel(a, axes, keepdim):
        axes = range(a.ndim) if axes is None else (axes,) if type(axes) is int else axes
        axes = tuple([axis for axis in axes if a.shape])
        shape = tuple([1 if axis in axes else n for axis, n in enumerate(a.shape)
                       if keepdim or axis not in axes])
        (kept, steps), (gone, along) = lines(a.shape, a.strides, axes)
        length, y = numel(gone), empty(shape, result_of(a.dtype))
        if not length and not of_none:
            raise ValueError(f"{tuple(a.shape)} has no largest or smallest number "
                             f"along {axes}")
        if name in ("sum", "max") and book.reduces(a, y):
            return book.reduce(name, a, y)
        text = texts.with_macros(
            "along.cu", T=texts.C[a.dtype], S=texts.C[y.dtype], THREADS=BLOCK,
            START=start, **{"COMBINE(y, a)": combine, "MERGE(y, z)": merge})
        n = y.size
        arguments = (kernels.walk(kept, steps), kernels.walk(gone, along), a, y,
                     np.uint32(n), np.uint32(length))
        if length >= BLOCK and n < FEW:
            kernels.launch(text, "reduce_blocks", n, *arguments, block=BLOCK, grid=n)
        else:
            kernels.launch(text, "reduce_lines", n, *arguments)
        return y
    return kernel


def best(better):
    """argmax and argmin."""
    def kernel(a, axis, keepdim):
        axes = (axis,) if a.shape else ()
        (kept, steps), (gone, along) = lines(a.shape, a.strides, axes)
        shape = tuple([1 if n in axes else size for n, size in enumerate(a.shape)
                       if keepdim or n not in axes])
        if not numel(gone):
            raise ValueError(f"{tuple(a.shape)} has no best number along {axes}")
        y = empty(shape, dtypes.int64)
        text = texts.with_macros("along.cu", T=texts.C[a.dtype], S="long long",
                                 BETTER=better)
        kernels.launch(text, "place_of_best", y.size, kernels.walk(kept, steps),
                       kernels.walk(gone, along), a, y, np.uint32(y.size),
                       np.uint32(numel(gone)))
        return y
    return kernel


def lines_of(a, y, axis):
    """What scan and sort are launched with: Walks, how many lines, of what length."""
    axes = (axis % a.ndim,) if a.shape else ()
    (kept, steps), (gone, along) = lines(a.shape, a.strides, axes)
    (_, y_steps), (_, y_along) = lines(a.shape, y.strides, axes)
    return ([kernels.walk(kept, steps), kernels.walk(gone, along),
             kernels.walk(kept, y_steps)],
            np.int64(y_along[0] if axes else 1), numel(kept), numel(gone))


def scan(plus):
    """cumsum and cumprod."""
    def kernel(a, axis):
        y = empty(a.shape, summed(a.dtype))
        places, step, n, length = lines_of(a, y, axis)
        text = texts.with_macros("along.cu", T=texts.C[a.dtype], S=texts.C[y.dtype],
                                 PLUS=plus)
        kernels.launch(text, "scan", n if length else 0, *places, a, y, step,
                       np.uint32(n), np.uint32(length))
        return y
    return kernel


def sort(a, axis, descending):
    """Values and where they were; equal ones keep their order, and NaN is largest."""
    y, index = empty(a.shape, a.dtype), empty(a.shape, dtypes.int64)
    places, step, n, length = lines_of(a, y, axis)
    last = "b != b && a == a", "a != a && b == b"
    text = texts.with_macros(
        "along.cu", T=texts.C[a.dtype], BEFORE=">" if descending else "<",
        **{"NAN_BEFORE(a, b)": f"({last[bool(descending)]})"})
    kernels.launch(text, "sort", n * length, *places, a, y, index, step, np.uint32(n),
                   np.uint32(length))
    return y, index


TABLE = {name: reduction(name) for name in REDUCTIONS} | {
    "argmax": best(">"), "argmin": best("<"), "cumsum": scan("+"),
    "cumprod": scan("*"), "sort": sort}
