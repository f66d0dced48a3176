"""More numbers at the ends of axes: zeros, mirrored ones, or those of the other end.

    >>> from .. import tensor
    >>> x = tensor([1.0, 2.0, 4.0])
    >>> pad(x, (1, 2))                                 # 1 before, 2 after
    tensor([0., 1., 2., 4., 0., 0.])
    >>> pad(x[None], (2, 0), mode="reflect")
    tensor([[4., 2., 1., 2., 4.]])

Chapter: docs/torch/modules.md.
"""

from .. import arange, cat


def pad(input, pad, mode="constant", value=None):
    """Add to the ends of axes, (before, after) of the last one first.

    "constant" adds value, or 0; "reflect" and "replicate" and "circular" go on with
    numbers of x: mirrored, the last one, or those from the other end.
    """
    if len(pad) % 2 or len(pad) > 2 * input.ndim:
        raise RuntimeError(f"pad is {tuple(pad)}: it takes two numbers for an axis, "
                           f"and x has {input.ndim} axes")
    if mode not in PLACES and mode != "constant":
        raise NotImplementedError("mode is 'constant', "
                                  f"{', '.join(map(repr, PLACES))}; not {mode!r}")
    for n in range(len(pad) // 2):
        before, after = pad[2 * n:2 * n + 2]
        if not before and not after:
            continue
        axis, size = input.ndim - 1 - n, input.shape[input.ndim - 1 - n]
        if size + before + after < 0 or size + min(before, 0) + min(after, 0) < 0:
            raise RuntimeError(f"pad takes away more than the {size} numbers of axis "
                               f"{axis}")
        if mode == "constant":
            input = extended(input, axis, before, after, 0 if value is None else value)
        else:
            places = arange(-before, size + after, device=input.device)
            input = input.index_select(axis, PLACES[mode](places, size))
    return input


def extended(input, axis, before, after, value):
    """x with value before and after it on one axis; negative numbers take away."""
    start = max(-before, 0)
    kept = input.narrow(axis, start, input.shape[axis] - start - max(-after, 0))

    def block(n):
        shape = list(input.shape)
        shape[axis] = n
        return input.new_full(shape, value)
    parts = [block(n) if part is None else part
             for n, part in ((before, None), (1, kept), (after, None)) if n > 0]
    return cat(parts, axis)


PLACES = {    # places outside 0..size-1 -> the places whose numbers stand there
    "reflect": lambda places, size: (size - 1) - ((size - 1) - places.abs()).abs(),
    "replicate": lambda places, size: places.clamp(0, size - 1),
    "circular": lambda places, size: places % size,
}


def times(setting, axes):
    """A setting for all axes, or one for each -> one for each."""
    return (setting,) * axes if isinstance(setting, int) else tuple(setting)


def around(padding, kernel, stride, dilation):
    """padding, a number, one for each axis, "same" or "valid" -> what pad takes."""
    if padding == "same":
        if any(step != 1 for step in stride):
            raise ValueError("padding='same' needs a stride of 1")
        totals = [each * (k - 1) for k, each in zip(kernel, dilation)]
        return [n for total in reversed(totals) for n in (total // 2,
                                                          total - total // 2)]
    if isinstance(padding, str) and padding != "valid":
        raise ValueError(f"padding is a number, 'same' or 'valid', not {padding!r}")
    each = (0,) * len(kernel) if padding == "valid" else times(padding, len(kernel))
    return [n for one in reversed(each) for n in (one, one)]
