"""torch.testing: whether two results are the same, up to rounding.

    >>> from . import tensor
    >>> assert_close(tensor([1.0, 2.0]), tensor([1.0, 2.0 + 1e-7]))
    >>> assert_close(tensor([1.0, 2.0]), tensor([1.0, 2.5]))
    Traceback (most recent call last):
    ...
    AssertionError: 1 of 2 numbers are not close; the furthest, at (1,), is 2.0 where \
2.5 is expected (allowed: 1.3e-06 of it, and 1e-05)

Close is |actual - expected| <= atol + rtol |expected|, with tolerances for the dtype.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

from . import dtypes
from .creation import tensor
from .tensor import Tensor

TOLERANCES = {dtypes.float16: (1e-3, 1e-5), dtypes.bfloat16: (1.6e-2, 1e-5),
              dtypes.float32: (1.3e-6, 1e-5), dtypes.float64: (1e-7, 1e-7)}


def assert_close(actual, expected, *, allow_subclasses=True, rtol=None, atol=None,
                 equal_nan=False, check_device=True, check_dtype=True,
                 check_layout=True, check_stride=False, msg=None):
    """Raise AssertionError unless the two are close: tensors, numbers, or lists,
    tuples and dictionaries of them, of the same form.

    Tensors have the same shape, dtype and device, too, unless they need not.
    ValueError if only one of rtol and atol is given; TypeError for other things.
    """
    if (rtol is None) != (atol is None):
        raise ValueError("give both rtol and atol, or neither")
    pending = [(actual, expected, "")]
    while pending:
        a, b, where = pending.pop()
        problem = None
        if isinstance(a, dict) and isinstance(b, dict):
            if a.keys() == b.keys():
                pending += [(a[key], b[key], f"{where}[{key!r}]") for key in a]
            else:
                problem = f"the keys differ: {sorted({*a} ^ {*b}, key=str)}"
        elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            if len(a) == len(b):
                pending += [(x, y, f"{where}[{n}]")
                            for n, (x, y) in enumerate(zip(a, b))]
            else:
                problem = f"there are {len(a)} where {len(b)} are expected"
        else:
            kinds = isinstance(a, Tensor), isinstance(b, Tensor)
            if kinds[0] != kinds[1]:
                raise TypeError(f"a {type(a).__name__} is not compared with a "
                                f"{type(b).__name__}")
            problem = difference(as_tensor(a), as_tensor(b), rtol, atol, equal_nan,
                                 check_device, check_dtype and kinds[0], check_stride)
        if problem:
            problem = f"{where + ': ' if where else ''}{problem}"
            raise AssertionError(msg(problem) if callable(msg) else msg or problem)


def as_tensor(x):
    if isinstance(x, Tensor):
        return x.detach()
    if isinstance(x, (bool, int, float)):
        return tensor(x, dtype=dtypes.float64 if isinstance(x, float) else None)
    raise TypeError(f"tensors and numbers can be compared, not {type(x).__name__}")


def difference(a, b, rtol, atol, equal_nan, check_device, check_dtype, check_stride):
    """What two tensors differ in, in words, or None."""
    for wanted, name in [(True, "shape"), (check_dtype, "dtype"),
                         (check_device, "device")]:
        if wanted and getattr(a, name) != getattr(b, name):
            return f"the {name} is {getattr(a, name)}, where {getattr(b, name)} is " \
                   "expected"
    if check_stride and a.stride() != b.stride():
        return f"the strides are {a.stride()}, where {b.stride()} are expected"
    if rtol is None:
        pairs = [TOLERANCES.get(x.dtype, (0.0, 0.0)) for x in (a, b)]
        rtol, atol = map(max, zip(*pairs))
    a, b = a.to("cpu"), b.to("cpu")
    if a.dtype.is_floating_point or b.dtype.is_floating_point:
        a, b = a.double(), b.double()
        # inf - inf is NaN, but equal numbers are close
        close = (a == b) | ((a - b).abs() <= atol + rtol * b.abs()) & b.isfinite()
        if equal_nan:
            close = close | a.isnan() & b.isnan()
    elif rtol == atol == 0:
        close = a == b
    else:
        a, b = a.long(), b.long()
        close = (a - b).abs() <= atol + rtol * b.abs()
    far = int((~close).sum())
    if not far:
        return None
    apart = (a.double() - b.double()).abs()
    apart = apart.masked_fill(close, -1).nan_to_num(float("inf"))
    place = tuple((apart == apart.max()).nonzero()[0].tolist())
    return (f"{far} of {a.numel()} numbers are not close; the furthest, at {place}, is "
            f"{a[place].item()} where {b[place].item()} is expected (allowed: {rtol:g} "
            f"of it, and {atol:g})")
