"""The slope of reading by strides: what a view read is written back, and added up.

    >>> from . import tensor
    >>> g = tensor([[1.0, 2.0], [3.0, 4.0]])         # ∂loss/∂view, of windows of two
    >>> read_slope(g, (3,), (1,), (2, 2), (1, 1), 0).tolist()  # base[1] is read twice
    [1.0, 5.0, 4.0]

Chapter: docs/torch/autograd.md.  To copy: this folder.
"""

from .storage import reach


def read_slope(g, shape, strides, part, part_strides, offset):
    """Toward the base of a view: zeros, and g where the view reads, added up."""
    whole = g.new_empty_strided(shape, strides).zero_()
    return add_into(whole, g, part, part_strides, offset)


def add_into(whole, g, shape, strides, offset):
    """g added to what as_strided reads of whole; a place read twice adds twice."""
    view = whole.as_strided(shape, strides, offset)
    if not repeats(shape, strides):
        view.copy_(g)
        return whole
    span = reach(whole.shape, whole.strides)
    where = view.new_positions(span).as_strided(shape, strides, offset)
    flat = whole.as_strided((span,), (1,), 0)
    flat.index_add_(0, where.reshape(-1), g.reshape(-1))
    return whole


def repeats(shape, strides):
    """Whether some place may be read more than once."""
    step = 0
    for stride, n in sorted((s, n) for s, n in zip(strides, shape) if n != 1):
        if stride <= step:
            return True
        step += (n - 1) * stride
    return False
