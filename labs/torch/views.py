"""Views: a storage walked in other ways, and when a new shape needs no copy.

    shape, stride, offset    a walk: element (i, j) is at offset + i · stride[0] + j · stride[1]

Exercises: transpose, narrow, diagonal, restrided.
Chapter: docs/torch/tensors.md.  In place of: scratch.torch.views.
"""

from scratch.torch.views import runs

NUMBERS = list(range(12))        # a storage; the table is its walk in three rows of four
TABLE = (3, 4), (4, 1), 0


def walk(storage, shape, stride, offset=0):
    """The tensor of these strides as nested lists."""
    if not shape:
        return storage[offset]
    return [walk(storage, shape[1:], stride[1:], offset + i * stride[0])
            for i in range(shape[0])]


def transpose(shape, stride, offset):
    """A walk of two axes -> the walk of the turned table.

    How is a number found? Strides and offset

    >>> walk(NUMBERS, *transpose(*TABLE))
    [[0, 4, 8], [1, 5, 9], [2, 6, 10], [3, 7, 11]]
    >>> transpose(*transpose((3, 4), (4, 1), 5))      # turned twice, it is what it was
    ((3, 4), (4, 1), 5)
    """
    raise NotImplementedError("transpose is yours to write")


def narrow(shape, stride, offset, axis, start, length):
    """The walk of a slice of one axis: `length` places, from place `start` on.

    How is a number found? Strides and offset

    >>> walk(NUMBERS, *narrow(*TABLE, axis=0, start=1, length=2))
    [[4, 5, 6, 7], [8, 9, 10, 11]]
    >>> walk(NUMBERS, *narrow(*TABLE, axis=1, start=1, length=2))
    [[1, 2], [5, 6], [9, 10]]
    >>> narrow(*narrow(*TABLE, 0, 1, 2), 1, 2, 1)     # a slice of a slice: 4 and 2 places on
    ((2, 1), (4, 1), 6)
    >>> walk(NUMBERS, *narrow(*transpose(*TABLE), 0, 2, 1))      # a row of the turned table
    [[2, 6, 10]]
    """
    raise NotImplementedError("narrow is yours to write")


def diagonal(shape, stride, offset):
    """The walk of the elements (i, i) of a walk of two axes.

    How is a number found? Strides and offset

    >>> walk(NUMBERS, *diagonal(*TABLE))
    [0, 5, 10]
    >>> walk(NUMBERS, *diagonal(*transpose(*TABLE)))  # as long as the shorter axis
    [0, 5, 10]
    >>> walk(NUMBERS, *diagonal(*narrow(*TABLE, 1, 1, 3)))
    [1, 6, 11]
    """
    raise NotImplementedError("diagonal is yours to write")


def restrided(old, strides, shape):
    """The strides that read a walk of shape `old` as another shape; None if none can.

    Without a copy: element by element in the same order. The book's runs(old, strides) lists,
    from the last axes to the first, those that lie as one axis would, as (length, stride). An
    axis can be cut out of a run; it cannot reach from one into the next. A size of 1 fits
    anywhere, and its stride is what the axes behind it take up.

    Of no elements (a 0 in `old`): the same strides for the same shape, otherwise those of a
    contiguous tensor, which counts an empty axis as 1. Of a 0-d tensor (an empty `old`): 1s.

    Which tensors share their numbers? Views and copies

    >>> restrided((3, 4), (4, 1), (2, 6)), restrided((3, 4), (4, 1), (12,))
    ((6, 1), (1,))
    >>> restrided((4, 3), (1, 4), (12,)) is None      # the turned table in one row: 0, 4, 8, 1, ...
    True
    >>> restrided((4, 3), (1, 4), (2, 2, 3))          # and its axis of four cut into two
    (2, 1, 4)
    >>> restrided((4, 3), (1, 4), (2, 6)) is None, restrided((2, 3), (0, 1), (6,)) is None
    (True, True)
    >>> restrided((5,), (2,), (5, 1)), restrided((5, 1), (2, 7), (1, 5))
    ((2, 2), (10, 2))
    >>> restrided((2, 0), (1, 1), (0, 3)), restrided((), (), (1, 1))
    ((3, 1), (1, 1))
    """
    raise NotImplementedError("restrided is yours to write")
