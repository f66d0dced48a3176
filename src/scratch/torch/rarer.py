"""Names that scripts use now and then, said in others: isin, trapezoid, cummax.

    >>> from . import tensor
    >>> x = tensor([[3.0, 1.0, 2.0], [1.0, 2.0, 2.0]])
    >>> isin(x, tensor([1.0, 5.0])).tolist()
    [[False, True, False], [True, False, False]]
    >>> kthvalue(x, 2).values.tolist(), trapezoid(x).tolist()
    ([2.0, 2.0], [3.5, 3.5])
    >>> x = tensor([1, 2, 3])
    >>> _ = x.unsqueeze_(0).t_(); x.shape               # the tensor itself, changed
    torch.Size([3, 1])

Each is one or two lines of what is there already, slopes included. Complex numbers are
left out of this torch, so that conj() and real are the tensor itself.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

import functools

from . import dtypes
from .extremes import result_tuple
from .permuting import t, transpose
from .tensor import OPERATIONS, Tensor, axis, method, operation, public
from .views import squeeze, unsqueeze

Extremes = result_tuple("aminmax", "min", "max")
Kth = result_tuple("kthvalue", "values", "indices")


# what a tensor is

for name in ("numel", "is_floating_point", "is_complex", "is_signed", "get_device"):
    OPERATIONS[name] = getattr(Tensor, name)
for name in ("is_nonzero", "is_same_size"):
    OPERATIONS.setdefault(name, getattr(Tensor, name))


@operation
def conj(x):
    """x itself: its numbers are real."""
    return x


OPERATIONS["real"] = conj
OPERATIONS["resolve_conj"] = Tensor.resolve_conj = conj
Tensor.real = property(conj)
Tensor.mH, Tensor.H = Tensor.mT, Tensor.T


@operation
def isreal(x):
    """True everywhere."""
    return x == x if x.dtype.category < 2 else (x == x) | True


@operation
def isposinf(x):
    return x == float("inf")


@operation
def isneginf(x):
    return x == -float("inf")


# shapes

def at_least(count):
    def function(*tensors):
        if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)):
            return function(*tensors[0])
        made = []
        for x in tensors:
            if x.ndim < count:       # a vector is a row, and a matrix an image
                x = x.reshape(*{0: [1] * count, 1: [1] * (count > 1) + [-1] + [1] * (
                    count > 2), 2: [*x.shape, 1]}[x.ndim])
            made.append(x)
        return made[0] if len(tensors) == 1 else tuple(made)
    function.__name__ = f"atleast_{count}d"
    function.__doc__ = f"With {count} axes or more."
    return public(function)


atleast_1d, atleast_2d, atleast_3d = at_least(1), at_least(2), at_least(3)


@public
def column_stack(tensors):
    """Side by side; a vector is a column."""
    return OPERATIONS["cat"]([x.reshape(-1, 1) if x.ndim < 2 else x for x in tensors],
                             1)


@public
def dstack(tensors):
    """One behind the other, along the third axis."""
    return OPERATIONS["cat"](atleast_3d(list(tensors)) if len(tensors) > 1
                             else [atleast_3d(tensors[0])], 2)


def changed(view):
    """A view in place: the tensor itself has the shape and the strides of its view."""
    def function(x, *arguments):
        if x.requires_grad:
            raise (RuntimeError if x.is_leaf else NotImplementedError)(
                f"{view.__name__}_() of a tensor that requires a gradient; use "
                f"{view.__name__}()")
        y = view(x, *arguments)
        x.shape, x.strides, x.packed = y.shape, y.strides, y.packed
        vars(x).pop("native", None)
        x.native = y.native
        x.storage.version += 1
        return x
    function.__name__ = view.__name__ + "_"
    function.__doc__ = f"{view.__name__}(), of the tensor itself."
    return method(function)


for view in (t, transpose, squeeze, unsqueeze):
    changed(view)
Tensor.swapaxes_ = Tensor.swapdims_ = Tensor.transpose_


# which, and how many

@public
def isin(elements, test_elements, *, assume_unique=False, invert=False):
    """Which elements are among test_elements."""
    if not isinstance(elements, Tensor):
        elements = OPERATIONS["tensor"](elements)
    if not isinstance(test_elements, Tensor):
        test_elements = OPERATIONS["tensor"](test_elements)
    found = (elements.unsqueeze(-1) == test_elements.reshape(-1)).any(-1)
    return ~found if invert else found


@operation
def aminmax(x, *, dim=None, keepdim=False):
    """The smallest and the largest number, of all or along an axis."""
    dims = () if dim is None else axis(dim, x.ndim)
    return Extremes(x.amin(dims, keepdim), x.amax(dims, keepdim))


@operation
def kthvalue(x, k, dim=-1, keepdim=False):
    """The k-th smallest number of an axis, counted from 1, and where it is."""
    at = axis(dim, x.ndim)
    n = x.shape[at] if x.shape else 1
    if not 1 <= k <= n:
        raise RuntimeError(f"kthvalue(): the {k}th of an axis that has {n} places")
    if x.dtype is dtypes.bool_:
        raise NotImplementedError("kthvalue() is of numbers, and these are bools")
    values, indices = x.sort(at, stable=True)
    if not x.shape:
        return Kth(values, indices)
    found = [each.narrow(at, k - 1, 1) for each in (values, indices)]
    return Kth(*[each.clone() if keepdim else each.squeeze(at).clone()
                 for each in found])


@operation
def unique_consecutive(x, return_inverse=False, return_counts=False):
    """Each number once for every run of it."""
    flat = x.detach().reshape(-1)
    starts = flat != flat.roll(1)
    starts[:1] = True
    number = starts.cumsum(0) - 1
    found = [flat[starts]]
    if return_inverse:
        found.append(number.reshape(x.shape))
    if return_counts:
        found.append(number.bincount(minlength=len(found[0])))
    return found[0] if len(found) == 1 else tuple(found)


# along an axis

@public
def trapezoid(y, x=None, *, dx=1, dim=-1):
    """∫ y by trapezoids: of values dx apart, or at the places x."""
    n = y.shape[axis(dim, y.ndim)]
    sums = y.narrow(dim, 1, n - 1) + y.narrow(dim, 0, n - 1) if n else y
    if x is not None:
        wide = x.diff(dim=dim) if x.ndim > 1 else x.diff().reshape(
            [-1 if k == axis(dim, y.ndim) else 1 for k in range(y.ndim)])
        return (sums * wide).sum(dim) / 2
    return sums.sum(dim) * (dx / 2)


OPERATIONS["trapz"] = trapezoid


@operation
def float_power(x, exponent):
    """xⁿ in float64."""
    wide = [each.to(dtypes.float64) if isinstance(each, Tensor) else float(each)
            for each in (x, exponent)]
    return OPERATIONS["pow"](*wide)


# into a tensor that is there

INTO = """abs add bmm cat clamp cos cumsum div exp floor log matmul maximum mean minimum
    mm mul neg pow round sigmoid sin sqrt square stack sub sum tanh""".split()


def into(function):
    """torch.f with out=: the result is written there, if it has its shape."""
    @functools.wraps(function)
    def call(*arguments, out=None, **settings):
        y = function(*arguments, **settings)
        if out is None:
            return y
        name = function.__name__
        if y.requires_grad or out.requires_grad:
            raise RuntimeError(f"{name}(out=...) keeps no history, and a gradient is "
                               "wanted; use its result, or no_grad()")
        if out.shape != y.shape:
            raise RuntimeError(f"{name}() makes {tuple(y.shape)}, and out has the "
                               f"shape {tuple(out.shape)}")
        if not dtypes.can_cast(y.dtype, out.dtype):
            raise RuntimeError(f"{name}() makes {y.dtype}, which out, of {out.dtype}, "
                               "cannot hold")
        return out.copy_(y)
    return call
