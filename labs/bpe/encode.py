"""Byte-pair encoding, fast: merge a long piece without searching all of it each time.

    ids     a piece, at first its bytes          merges    {(id, id): new id}
    rank    the new id of a pair: a lower one was learnt earlier

Exercises: merge_short, merge_long.
Chapter: docs/tokenization/fast-encoding.md.  In place of: scratch.bpe.encode.
"""

from heapq import heapify, heappop, heappush
from itertools import repeat

from scratch.bpe.encode import NO_MERGE


def merge_short(ids, merges):
    """Bytes or a list of ids -> the ids after all merges, for a short piece.

    Keep the ranks of all neighbours in a list beside the ids. The lowest rank is the
    next merge; it changes only the ranks to its left and to its right. NO_MERGE is the
    rank of pairs that are not merged.

    What does a long word cost? Quadratic time

    >>> merges = {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> merge_short(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]
    >>> merge_short(b"aaaa", merges)           # two pairs of equal rank: the left one
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
    only pairs of higher rank. Keep the ids in a linked list, so that a merge moves none
    of the others.

    How is each rank taken once? A heap and a linked list

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
