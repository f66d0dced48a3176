"""Where matrices are taken apart: NumPy's functions, which are LAPACK's, on tensors.

    >>> from .. import tensor
    >>> x = tensor([[4.0, 0.0], [0.0, 2.0]])
    >>> [inverse] = run("inv", lambda np, a: [np.inv(a)], x)
    >>> inverse.tolist(), inverse.stride()
    ([[0.25, 0.0], [0.0, 0.5]], (1, 2))

Eliminating without losing digits is an art of its own, of decades, and PyTorch leaves
it to LAPACK, too. Results lie column after column, as Fortran has them. Of a tensor on
another device the numbers are copied here, and the results back.

Without NumPy there are no such functions, and each call says so.

Chapter: docs/torch/autograd.md.  To copy: the folder above.
"""

from .. import dtypes
from ..arrays import from_numpy
from ..operands import relaid
from ..tensor import Tensor


class LinAlgError(RuntimeError):
    """No answer: a matrix is singular, or not positive definite, or not finite."""


def matrices(name, *tensors, square=False):
    """RuntimeError unless these are matrices of one dtype of floats."""
    for x in tensors:
        if not isinstance(x, Tensor):
            raise TypeError(f"linalg.{name}() is of tensors, not of {x!r:.40}")
        if x.dtype.category != 2:
            raise RuntimeError(f"linalg.{name}() is of floats, and this is {x.dtype}")
        if x.dtype not in (dtypes.float32, dtypes.float64):
            raise NotImplementedError(f"linalg.{name}() is of float32 and float64; "
                                      f"convert this {x.dtype} with .to(torch.float32)")
        if x.dtype is not tensors[0].dtype:
            raise RuntimeError(f"linalg.{name}() is of tensors of one dtype, not of "
                               f"{tensors[0].dtype} and {x.dtype}")
        if x.ndim < 2:
            raise RuntimeError(f"linalg.{name}() is of matrices, and this tensor has "
                               f"{x.ndim} axes")
    rows, columns = tensors[0].shape[-2:]
    if square and rows != columns:
        raise RuntimeError(f"linalg.{name}() is of square matrices, and this is of "
                           f"{rows} rows and {columns} columns")


def run(name, function, *tensors):
    """function(numpy.linalg, arrays ...) -> its arrays, as tensors without history.

    Raises LinAlgError where LAPACK finds no answer, NotImplementedError without NumPy.
    """
    try:
        import numpy as np
    except ImportError:
        raise NotImplementedError(f"linalg.{name}() needs NumPy, which is not there"
                                  ) from None
    arrays = [x.detach().cpu().numpy() for x in tensors]
    try:
        found = function(np.linalg, *arrays)
    except np.linalg.LinAlgError as error:
        raise LinAlgError(f"linalg.{name}(): {error}") from None
    return [by_columns(np, array, array.ndim == tensors[0].ndim).to(tensors[0].device)
            for array in found]


def by_columns(np, array, matrices=True):
    """An array as a tensor whose matrices lie column after column."""
    if not matrices:
        return from_numpy(np.ascontiguousarray(array).reshape(array.shape))
    turned = np.ascontiguousarray(array.swapaxes(-1, -2))
    x = from_numpy(turned.swapaxes(-1, -2))
    rows, columns = array.shape[-2:]
    strides, step = [1, max(rows, 1)], max(rows, 1) * max(columns, 1)
    for n in reversed(array.shape[:-2]):
        strides.insert(0, step)
        step *= max(n, 1)
    if 0 in array.shape:
        x.strides = tuple(strides)
    return relaid(x, tuple(strides))
