"""assert_close: two results that should be equal, but for rounding.

    >>> from . import tensor
    >>> assert_close(tensor([1.0, 2.0]), tensor([1.0, 2.000001]))
    >>> assert_close(tensor([1.0, 2.0]), tensor([1.0, 2.5]))
    Traceback (most recent call last):
    AssertionError: 1 of 2 numbers differ: at (1,) 2.0 for 2.5, which is 0.5 apart; \
at most atol=1e-05 plus rtol=1.3e-06 of what was expected is allowed

    rtol   how much of the expected number the difference may be
    atol   how much it may be besides: what counts near 0

Both come from the dtype unless they are given, the larger ones of the two tensors'. NaN
is close to nothing, unless equal_nan asks for it, so that no NaN passes unseen. Lists
are compared element by element, and dictionaries key by key.

Chapter: docs/torch/tensors.md.  To copy: this folder.
"""

import math
import numbers
from collections.abc import Mapping, Sequence

from . import dtypes
from .tensor import Tensor

TOLERANCES = {    # rtol, atol
    dtypes.float16: (1e-3, 1e-5), dtypes.bfloat16: (1.6e-2, 1e-5),
    dtypes.float32: (1.3e-6, 1e-5), dtypes.float64: (1e-7, 1e-7)}
ALIKE = "shape", "dtype", "device"


def assert_close(actual, expected, *, allow_subclasses=True, rtol=None, atol=None,
                 equal_nan=False, check_device=True, check_dtype=True,
                 check_layout=True, check_stride=False, msg=None):
    """AssertionError unless |actual - expected| ≤ atol + rtol · |expected| everywhere.

    TypeError for what cannot be compared: a tensor with a list, or two strings. msg
    is what the error says, or a function of what it would say.
    """
    if (rtol is None) != (atol is None):
        raise ValueError("rtol and atol are given both, or neither of them")
    checked = [name for name, asked in zip(ALIKE, (True, check_dtype, check_device))
               if asked]
    try:
        compare(actual, expected, (rtol, atol), equal_nan, checked, check_stride)
    except AssertionError as error:
        says = msg(str(error)) if callable(msg) else str(error) if msg is None else msg
        raise AssertionError(says) from None


def compare(a, b, tolerances, equal_nan, checked, strides):
    """One pair, whatever it is made of."""
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        for name in checked:
            if getattr(a, name) != getattr(b, name):
                raise AssertionError(f"the {name} is {getattr(a, name)}, and "
                                     f"{getattr(b, name)} was expected")
        if strides and a.stride() != b.stride():
            raise AssertionError(f"the strides are {a.stride()}, and {b.stride()} were "
                                 "expected")
        return compare_numbers(a.detach(), b.detach(), tolerances, equal_nan)
    if isinstance(a, numbers.Real) and isinstance(b, numbers.Real):
        if "dtype" in checked and type(a) is not type(b):
            raise AssertionError(f"{a!r} is of type {type(a).__name__}, and {b!r} of "
                                 f"type {type(b).__name__} was expected")
        return compare_scalars(a, b, tolerances, equal_nan)
    if a is None or b is None:
        if a is not b:
            raise AssertionError(f"{a!r} is not {b!r}")
        return None
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            raise AssertionError(f"the keys are {list(a)}, and {list(b)} were expected")
        pairs = [(key, a[key], b[key]) for key in b]
    elif is_list(a) and is_list(b):
        if len(a) != len(b):
            raise AssertionError(f"there are {len(a)} elements, and {len(b)} were "
                                 "expected")
        pairs = [(n, *pair) for n, pair in enumerate(zip(a, b))]
    else:
        raise TypeError(f"a {type(a).__name__} and a {type(b).__name__} cannot be "
                        "compared number by number")
    for where, one, other in pairs:
        try:
            compare(one, other, tolerances, equal_nan, checked, strides)
        except AssertionError as error:
            raise AssertionError(f"[{where!r}]: {error}") from None
    return None


def is_list(x):
    return isinstance(x, Sequence) and not isinstance(x, str)


def compare_scalars(a, b, tolerances, equal_nan):
    """Two Python numbers, floats as float64."""
    usual = TOLERANCES[dtypes.float64] if isinstance(b, float) else (0.0, 0.0)
    rtol, atol = usual if tolerances[0] is None else tolerances
    near = abs(a - b) <= atol + rtol * abs(b) and math.isfinite(b)
    if not (a == b or near or equal_nan and a != a and b != b):
        raise AssertionError(f"{a} is not {b}; {allowed(rtol, atol)}")


def compare_numbers(a, b, tolerances, equal_nan):
    """Two tensors of one shape."""
    usual = [TOLERANCES.get(x.dtype, (0.0, 0.0)) for x in (a, b)]
    rtol, atol = (map(max, *usual) if tolerances[0] is None else tolerances)
    kind = dtypes.float64 if a.is_floating_point() or b.is_floating_point() else None
    a, b = (x.cpu().to(kind) if kind else x.cpu() for x in (a, b))
    if kind is None:
        a, b = (x.to(dtypes.int64) for x in (a, b))
    close = a == b
    if kind:
        close = close | ((a - b).abs() <= atol + rtol * b.abs()) & b.isfinite()
    elif rtol or atol:
        close = close | ((a - b).abs().double() <= atol + rtol * b.abs().double())
    if equal_nan and kind:
        close = close | (a.isnan() & b.isnan())
    if bool(close.all()):
        return
    wrong = (~close).nonzero()
    gaps = (a - b).abs()[~close].nan_to_num(math.inf)
    at = tuple(wrong[int(gaps.argmax())].tolist())
    one, other = (x[at].item() for x in (a, b))
    raise AssertionError(
        f"{len(wrong)} of {a.numel()} numbers differ: at {at} {one} for {other}, which "
        f"is {abs(one - other):g} apart; {allowed(rtol, atol)}")


def allowed(rtol, atol):
    return f"at most atol={atol:g} plus rtol={rtol:g} of what was expected is allowed"
