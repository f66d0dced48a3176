"""x[...]: integers, slices, None and ... so far.

Chapter: docs/torch/autograd.md.  To copy: this file and torch/.
"""

from .tensor import Tensor, method
from .views import select, slice_axis


@method
def __getitem__(x, index):
    index = index if isinstance(index, tuple) else (index,)
    if Ellipsis in [each for each in index if not isinstance(each, Tensor)]:
        at = next(n for n, each in enumerate(index) if each is Ellipsis)
        given = sum(each is not None and each is not Ellipsis for each in index)
        index = (*index[:at], *[slice(None)] * (x.ndim - given), *index[at + 1:])
    at, y = 0, x
    for each in index:
        if each is None:
            y = y.unsqueeze(at)
            at += 1
        elif isinstance(each, slice):
            y = slice_axis(y, at, each.start, each.stop, each.step or 1)
            at += 1
        elif isinstance(each, Tensor) and each.shape:
            y = y.movedim(at, 0).index_select(0, each.reshape(-1))
            y = y.reshape(*each.shape, *y.shape[1:])
            at += each.ndim
        else:
            y = select(y, at, each)
    return y if y is not x else x.view(x.shape)


@method
def __setitem__(x, index, value):
    part = x[index]
    part.copy_(value) if isinstance(value, Tensor) else part.fill_(value)
