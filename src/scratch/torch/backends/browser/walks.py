"""How a kernel walks through its operands: as few axes as possible, and their strides.

    >>> joined((2, 3, 4), [(12, 4, 1), (12, 4, 1)])     # two that lie row after row
    ([24], [[1], [1]])
    >>> joined((2, 3, 4), [(12, 4, 1), (0, 4, 1)])      # one is repeated along an axis
    ([2, 12], [[12, 1], [0, 1]])
    >>> walk((2, 3), [(1, 2), (3, 1)], 4)
    array('i', [1, 1, 2, 3, 0, 0, 1, 2, 0, 0, 3, 1])

Neighbouring axes become one where each operand steps from the end of one row to the
beginning of the next. What is left, at most `room` axes, is written down as the kernels
read it: the sizes, and each operand's strides, filled up with axes of size 1 in front.

Chapter: docs/torch/dispatch.md.  To copy: this folder.
"""

from array import array

from ...storage import broadcast_strides


def joined(shape, operands):
    """Sizes and each operand's strides, of as few axes as possible, none of size 1."""
    sizes, strides = [], [[] for _ in operands]
    for axis, n in enumerate(shape):
        if n == 1:
            continue
        if sizes and all([mine[-1] == each[axis] * n
                          for mine, each in zip(strides, operands)]):
            sizes[-1] *= n
            for mine, each in zip(strides, operands):
                mine[-1] = each[axis]
        else:
            sizes.append(n)
            for mine, each in zip(strides, operands):
                mine.append(each[axis])
    return sizes, strides


def filled(numbers, room, filling):
    """The numbers, with so many fillings in front that they are `room`."""
    return [filling] * (room - len(numbers)) + numbers


def walk(shape, operands, room):
    """Sizes and strides for a kernel, or None if it takes more than `room` axes."""
    sizes, strides = joined(shape, operands)
    if len(sizes) > room:
        return None
    found = array("i", filled(sizes, room, 1))
    for each in strides:
        found.extend(filled(each, room, 0))
    return found


def spread(view, shape):
    """The strides by which a view is read in a shape that it broadcasts to."""
    if view.shape == shape:
        return view.strides
    return broadcast_strides(view.shape, view.strides, shape)
