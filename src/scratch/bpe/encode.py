"""Encode pieces of text: look up the known ones, merge the new ones, fast.

    >>> merges = {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> merge_short(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]
    >>> merge_long(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]

    ids      a piece, at first its bytes          merges    {(id, id): new id}
    rank     the new id of a pair: a lower one was learnt earlier

A piece is merged as in basic.py, the pair of the lowest rank first. merge_short
searches a list for it before each merge: n² steps, but short ones. merge_long keeps the
places of each rank and takes one rank after the other, since a merge only makes pairs
of higher rank: n log n steps, so that a megabyte without a blank takes a second and not
a day. An Encoder caches the pieces it has encoded, up to a limit.

A new id must be higher than the two it replaces, and the bytes of a token must encode
to it. That is true of all trained merges, and exchange.py rejects other ones.

Chapter: docs/tokenization/fast-encoding.md.  To copy: this file and split.py
(needs regex).
"""

from heapq import heapify, heappop, heappush
from itertools import chain, repeat

from .split import Splitter

NO_MERGE = 1 << 62       # the rank of pairs that are not merged
SHORT = 100              # bytes; for longer pieces merge_long is faster
LONGEST_CACHED = 1000    # characters; longer pieces are not worth keeping
CACHE_SIZE = 1 << 18     # pieces


class Encoder(dict):
    """A cache, piece -> ids; called with a text, it returns the ids of the text."""

    def __init__(self, merges, vocab, splitter=None):
        self.splitter = splitter or Splitter()
        self.merges, self.vocab = merges, vocab
        byte_ids = {token[0]: id for id, token in vocab.items() if len(token) == 1}
        self.byte_ids = [byte_ids[byte] for byte in range(256)]
        self.clear_cache()

    def __call__(self, text):
        """text -> ids; surrogates U+DC80 to U+DCFF stand for the bytes 0x80 to 0xff."""
        ids, ids_of = [], self.__getitem__
        for pieces in self.splitter.blocks(text):
            ids += chain.from_iterable(map(ids_of, pieces))
        if len(self) > self.limit:
            self.clear_cache()
        return ids

    def __missing__(self, piece):
        """The ids of a new piece: those of its bytes, merged."""
        ids = [self.byte_ids[byte] for byte in piece.encode("utf-8", "surrogateescape")]
        ids = (merge_short if len(ids) <= SHORT else merge_long)(ids, self.merges)
        if len(piece) <= LONGEST_CACHED:
            self[piece] = tuple(ids)
        return ids

    def clear_cache(self):
        """Keep the tokens, each of which is one id, and nothing else."""
        self.clear()
        for id, token in self.vocab.items():
            self[token.decode("utf-8", "surrogateescape")] = (id,)
        self.limit = len(self) + CACHE_SIZE


def merge_short(ids, merges):
    """ids -> the ids after all merges; each merge searches all ranks."""
    ids, get = list(ids), merges.get
    ranks = list(map(get, zip(ids, ids[1:]), repeat(NO_MERGE)))
    ranks.append(NO_MERGE)              # rank n is that of ids n and n + 1
    while (new := min(ranks)) != NO_MERGE:
        n = ranks.index(new)
        ids[n] = new
        del ids[n + 1], ranks[n + 1]
        if n > 0:
            ranks[n - 1] = get((ids[n - 1], new), NO_MERGE)
        ranks[n] = get((new, ids[n + 1]), NO_MERGE) if n + 1 < len(ids) else NO_MERGE
    return ids


def merge_long(ids, merges):
    """The same, rank by rank, over a linked list of ids."""
    ids, get = [*ids, -1], merges.get      # -1, at the end and where an id has gone
    before = list(range(-1, len(ids)))     # ids[before[0]] is the -1 at the end
    after = list(range(1, len(ids) + 1))
    places, pairs = {}, {}                 # of each rank
    for n, pair in enumerate(zip(ids, ids[1:])):
        new = get(pair)
        if new in places:
            places[new].append(n)
        elif new is not None:
            places[new], pairs[new] = [n], pair
    queue = list(places)
    heapify(queue)
    while queue:
        new = heappop(queue)
        a, b = pairs[new]
        for n in places.pop(new):
            gone = after[n]
            if ids[n] != a or ids[gone] != b:
                continue                   # an earlier merge took one of them
            ids[n], ids[gone] = new, -1
            after[n] = right = after[gone]
            before[right] = n
            left = before[n]
            for place, pair in (left, (ids[left], new)), (n, (new, ids[right])):
                rank = get(pair)
                if rank in places:
                    places[rank].append(place)
                elif rank is not None:
                    places[rank], pairs[rank] = [place], pair
                    heappush(queue, rank)
    return [id for id in ids if id >= 0]
