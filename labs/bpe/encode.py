"""Byte-pair encoding, quickly: merge one long piece without looking at all of it again.

    ids     a piece, at first its bytes          merges    {(id, id): new id}
    rank    the new id of a pair: the lower, the earlier it was born

Exercises: merge_short, merge_long.
Chapter: docs/tokenization/fast-bpe.md.  In place of: scratch.bpe.encode.
"""

from heapq import heapify, heappop, heappush
from itertools import repeat

from scratch.bpe.encode import NEVER


def merge_short(ids, merges):
    """The ids after all merges, for a short piece: bytes or a list of ids -> a list.

    Keep the ranks of all neighbours in a list beside the ids. The lowest rank is the
    next merge; it changes the ranks at its left and at its right, and no others. NEVER
    is a rank for pairs that are not merged.

    What does a long word cost?

    >>> merges = {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> merge_short(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]
    >>> merge_short(b"aaaa", merges)           # two pairs of one rank: the left one
    [256, 256]
    >>> merge_short([97, 98], {})
    [97, 98]
    >>> merge_short(b"a", merges), merge_short(b"", merges)
    ([97], [])
    """
    raise NotImplementedError("merge_short is yours to write")


def merge_long(ids, merges):
    """The same in n log n steps, for a piece of any length.

    Keep the places of each rank, and take rank after rank from a heap: a merge makes
    only pairs of higher rank. Let each id know its neighbours, so that none is moved
    when another goes.

    What does a long word cost?

    >>> merges = {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> merge_long(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]
    >>> merge_long(b"aaaa", merges)
    [256, 256]
    >>> merge_long(b"a", merges), merge_long(b"", merges)
    ([97], [])
    >>> merges = {(97, 97): 256, (256, 256): 257, (257, 257): 258}
    >>> len(merge_long(b"a" * 100_000, merges))
    12500
    """
    raise NotImplementedError("merge_long is yours to write")
