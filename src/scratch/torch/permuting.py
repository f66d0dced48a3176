"""Axes in another order, and axes that repeat: permute, transpose, movedim, expand.

    >>> from . import arange
    >>> x = arange(6).view(2, 3)                              # strides (3, 1)
    >>> x.t().stride(), x.t().tolist()
    ((1, 3), [[0, 3], [1, 4], [2, 5]])
    >>> x[:, :1].expand(2, 3).stride()                        # one number, three times
    (3, 0)

A permutation permutes the strides with the sizes. What is expanded has a stride of 0:
the row is there once, and read again and again; toward it, gradients add up.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from .storage import broadcast
from .tensor import OPERATIONS, Tensor, axes, axis, method, operation, public, shape_of
from .views import seen


@operation
def permute(x, *dims):
    """The axes in another order: y's axis n is x's axis dims[n]."""
    dims = shape_of(dims)
    if len(dims) != x.ndim:
        raise RuntimeError(f"permute() names all {x.ndim} axes once, not {dims}")
    order = axes(dims, x.ndim)
    return permuted(x, order, "PermuteBackward0")


def permuted(x, order, label):
    shape, strides = x.shape, x.strides
    return seen(x, tuple([shape[n] for n in order]), tuple([strides[n] for n in order]),
                x.offset, label, permute_back, order)


def permute_back(g, order):
    return permuted(g, sorted(range(len(order)), key=order.__getitem__),
                    "PermuteBackward0")


@operation
def transpose(x, dim0, dim1):
    """Two axes exchanged."""
    a, b = axis(dim0, x.ndim), axis(dim1, x.ndim)
    order = list(range(x.ndim))
    if order:
        order[a], order[b] = b, a
    return permuted(x, order, "TransposeBackward0")


@operation
def t(x):
    """The transpose of a matrix; a vector stays as it is."""
    if x.ndim > 2:
        raise RuntimeError(f"t() is of matrices, and this tensor has {x.ndim} axes; "
                           "transpose(a, b) exchanges two of them, .mT the last two")
    return permuted(x, range(x.ndim)[::-1], "TBackward0")


@operation
def movedim(x, source, destination):
    """Axes moved to other places; the rest keep their order."""
    if isinstance(source, int) != isinstance(destination, int):
        raise TypeError("movedim() takes two axes, or two tuples of axes")
    source, destination = axes(source, x.ndim), axes(destination, x.ndim)
    if len(source) != len(destination):
        raise RuntimeError("movedim() needs as many destinations as sources")
    rest = iter([n for n in range(x.ndim) if n not in source])
    places = dict(zip(destination, source))
    return permuted(x,
                    [places[n] if n in places else next(rest) for n in range(x.ndim)],
                    "PermuteBackward0")


def reversed_axes(x):
    return permuted(x, range(x.ndim)[::-1], "PermuteBackward0")


def matrix_transpose(x):
    if x.ndim == 1:
        raise RuntimeError(f".mT exchanges the last two axes, and there are {x.ndim}")
    return transpose(x, -2, -1) if x.shape else x


for name in ("swapaxes", "swapdims"):
    OPERATIONS[name] = transpose
    setattr(Tensor, name, transpose)


@operation
def adjoint(x):
    """The last two axes exchanged, as .mT."""
    return matrix_transpose(x)


@method
def expand(x, *sizes):
    """x repeated along axes of size 1, with stride 0; -1 keeps a size."""
    shape = shape_of(sizes)
    lead = len(shape) - x.ndim
    if lead < 0:
        raise RuntimeError(f"expand{shape} has fewer axes than the tensor's {x.ndim}")
    wanted = tuple([old if n == -1 and at >= lead else n for at, (n, old) in enumerate(
        zip(shape, (1,) * lead + tuple(x.shape)))])
    if wanted and min(wanted) < 0:
        raise RuntimeError(f"expand{shape}: -1 keeps the size of an axis that is there")
    for n, old in zip(wanted[lead:], x.shape):
        if n != old and old != 1:
            raise RuntimeError(
                f"a tensor of shape {tuple(x.shape)} cannot be expanded to {shape}: "
                "only an axis of size 1 can be repeated")
    strides = [stride if n == old else 0
               for n, old, stride in zip(wanted[lead:], x.shape, x.strides)]
    for at in range(lead - 1, -1, -1):
        step = wanted[at + 1] * strides[0] if strides else 1
        strides.insert(0, step if wanted[at] == 1 else 0)
    strides = tuple(strides)
    return seen(x, wanted, strides, x.offset, "ExpandBackward0", expand_back)


def expand_back(g):
    return g    # summed to x's shape by the edge, as for every broadcast


@method
def expand_as(x, other):
    """x repeated to the shape of other."""
    return expand(x, other.shape)


@operation
def broadcast_to(x, *sizes):
    """x repeated to a shape."""
    return expand(x, *sizes)


@public
def broadcast_tensors(*tensors):
    """All tensors repeated to the shape that they have together."""
    shape = broadcast(*[x.shape for x in tensors])
    return tuple(expand(x, shape) for x in tensors)


OPERATIONS["moveaxis"] = Tensor.moveaxis = movedim
Tensor.T, Tensor.mT = property(reversed_axes), property(matrix_transpose)
