"""Turn pieces of text into ids: look up what is known, merge what is new, fast.

    >>> merges = {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> merge_short(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]
    >>> merge_long(b"aaabdaaabac", merges)
    [258, 100, 258, 97, 99]

    ids      a piece, at first its bytes          merges    {(id, id): new id}
    rank     the new id of a pair: the lower, the earlier it was born

A piece is merged as in basic.py: the oldest pair first, wherever it stands. merge_short
looks for it in a list, again for each merge: n² steps, but short ones. merge_long
keeps the places of each rank and takes rank after rank, as a merge only makes pairs of
higher rank: n log n steps, and a megabyte without a blank is a second instead of a day.
An Encoder remembers the pieces that it has met, up to a limit.

A new id has to be higher than the two it replaces, and a token's own bytes have to
encode to it: all that is trained is like that, and exchange.py refuses what is not.

Chapter: docs/tokenization/fast-bpe.md.  To copy: this file and split.py (needs regex).
"""

from heapq import heapify, heappop, heappush
from itertools import chain, repeat

from .split import Splitter

NEVER = 1 << 62      # the rank of pairs that are not merged
SHORT = 100          # bytes; above, merge_long is the faster one
LONGEST = 1000       # characters; longer pieces are not worth remembering
REMEMBERED = 1 << 18


class Encoder(dict):
    """Pieces that have been met -> their ids; called with a text, gives its ids."""

    def __init__(self, merges, vocab, splitter=None):
        self.splitter = splitter or Splitter()
        self.merges, self.vocab = merges, vocab
        byte_ids = {token[0]: id for id, token in vocab.items() if len(token) == 1}
        self.byte_ids = [byte_ids[byte] for byte in range(256)]
        self.forget()

    def __call__(self, text):
        """text, in which surrogates U+DC80 to U+DCFF stand for single bytes -> ids."""
        ids, ids_of = [], self.__getitem__
        for pieces in self.splitter.blocks(text):
            ids += chain.from_iterable(map(ids_of, pieces))
        if len(self) > self.enough:
            self.forget()
        return ids

    def __missing__(self, piece):
        """A piece that is new: its bytes' ids, merged."""
        ids = [self.byte_ids[byte] for byte in piece.encode("utf-8", "surrogateescape")]
        ids = (merge_short if len(ids) <= SHORT else merge_long)(ids, self.merges)
        if len(piece) <= LONGEST:
            self[piece] = tuple(ids)
        return ids

    def forget(self):
        """Know the tokens, each of which is one id, and nothing else."""
        self.clear()
        for id, token in self.vocab.items():
            self[token.decode("utf-8", "surrogateescape")] = (id,)
        self.enough = len(self) + REMEMBERED


def merge_short(ids, merges):
    """The ids after all merges; each step searches all ranks."""
    ids, get = list(ids), merges.get
    ranks = list(map(get, zip(ids, ids[1:]), repeat(NEVER)))
    ranks.append(NEVER)              # rank n is that of ids n and n + 1
    while (new := min(ranks)) != NEVER:
        n = ranks.index(new)
        ids[n] = new
        del ids[n + 1], ranks[n + 1]
        if n > 0:
            ranks[n - 1] = get((ids[n - 1], new), NEVER)
        ranks[n] = get((new, ids[n + 1]), NEVER) if n + 1 < len(ids) else NEVER
    return ids


def merge_long(ids, merges):
    """The same, rank by rank over a list in which each id knows its neighbours."""
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
                continue                   # an older merge took one of them
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
