"""The trainer for large texts: a merge changes all occurrences of a pair at a time.

    >>> learn_much({"low": 5, "lower": 2, "newest": 6, "widest": 3}, vocab_size=256 + 4)
    {(101, 115): 256, (256, 116): 257, (108, 111): 258, (258, 119): 259}

    N                places: the bytes of all words, and a wall (id -1) around each word
    ids              (N) the token that begins there, -2 inside a token
    before, after    (N) where the neighbouring tokens begin
    weight           (N) how often the word occurs
    where            pair -> its places in ascending order, when it was last queued

The merges are those of train.py, which does the same with strings, and which runs where
the words are few and short, or NumPy is missing. A pair is the number first id * 2^32 +
second id; of equally frequent pairs, the one with the earliest place is merged first.

Only pairs that occur at least `floor` times are tracked. Counts only fall, so a rarer
pair cannot be next until all tracked pairs have fallen to the floor; then the floor is
lowered and the pairs are counted again. Most pairs are rare and are never tracked.

Chapter: docs/tokenization/fast-bpe.md.  To copy: this file and train.py.
"""

from heapq import heappop, heappush

try:
    import numpy as np
except ModuleNotFoundError:
    np = None

from .train import LARGEST, as_bytes, learn

MIN_CHARACTERS = 150_000    # in different words; with fewer, train.py is as fast,
MAX_WORD = 500              # but not if one word has more: it reads it at each merge
WALL, INSIDE = -1, -2
FLOOR_RATIO = 1000          # the first floor is the highest count divided by this
FLOOR_STEP = 10             # and each later one the floor before divided by this


def learn_much(words, vocab_size, report=None):
    """{piece of text or bytes: count} -> merges, those of train.learn, but faster."""
    lengths = list(map(len, words))
    large = (sum(lengths) >= MIN_CHARACTERS or max(lengths, default=0) > MAX_WORD
             or vocab_size > LARGEST)
    if np is None or not large or vocab_size < 256:
        return learn(words, vocab_size, report)
    return Places(words).learn(vocab_size, report)


class Places:
    """The words of a text as arrays, and the pairs in them."""

    def __init__(self, words):
        counts = np.fromiter(words.values(), np.int64, len(words))
        words = [as_bytes(word) for word in words]
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        walls = np.concatenate([[0], np.cumsum(lengths + 1)])
        text = b"".join([b"\0", *(word + b"\0" for word in words)])
        self.ids = np.frombuffer(text, np.uint8).astype(np.int32)
        self.ids[walls] = WALL
        self.before = np.arange(-1, len(text) - 1, dtype=np.int32)
        self.after = np.arange(1, len(text) + 1, dtype=np.int32)
        self.weight = np.concatenate([[0], np.repeat(counts, lengths + 1)])
        self.floor = None

    def learn(self, vocab_size, report=None):
        self.count_pairs()
        merges = {}
        for new in range(256, vocab_size):
            pair = self.next_pair()
            if pair is None:
                break
            count = self.total.pop(pair)
            merges[pair >> 32, pair & 0xFFFFFFFF] = new
            self.merge(pair, new)
            if report:
                report(new, (pair >> 32, pair & 0xFFFFFFFF), count)
        return merges

    def count_pairs(self):
        """Lower the floor, and track every pair that is frequent enough."""
        places = np.flatnonzero(self.ids >= 0).astype(np.int32)
        places = places[self.ids[self.after[places]] >= 0]
        pairs = pair_of(self.ids[places].astype(np.int64), self.ids[self.after[places]])
        groups = Groups(pairs, self.weight[places], places)
        highest = max(groups.counts, default=1)
        lower = self.floor // FLOOR_STEP if self.floor else highest // FLOOR_RATIO
        self.floor = max(1, lower)
        self.total, self.where, self.queue = {}, {}, []
        self.follow(groups)

    def follow(self, groups, pair_with=lambda key: key):
        """Track the pairs of groups that are frequent enough."""
        for n in groups.at_least(self.floor):
            pair, count = pair_with(groups.keys[n]), groups.counts[n]
            self.total[pair], self.where[pair] = count, groups.places(n)
            heappush(self.queue, (-count, int(self.where[pair][0]), pair))

    def decrement(self, pair, count):
        if pair in self.total:
            self.total[pair] -= count

    def next_pair(self):
        """The most frequent pair, in a tie the first of them; None if none is left."""
        while True:
            while self.queue:
                count, _, pair = self.queue[0]
                if self.total.get(pair) == -count:
                    break
                heappop(self.queue)
                if self.total.get(pair):     # it is rarer, or its first place is gone
                    self.where[pair] = self.still_there(pair, self.where[pair])
                    first = int(self.where[pair][0])
                    heappush(self.queue, (-self.total[pair], first, pair))
            if self.queue and -self.queue[0][0] >= self.floor:
                return self.queue[0][2]
            if self.floor == 1:
                return None
            self.count_pairs()

    def still_there(self, pair, places):
        """The places at which the pair still is."""
        places = places[self.ids[places] == pair >> 32]
        return places[self.ids[self.after[places]] == pair & 0xFFFFFFFF]

    def merge(self, pair, new):
        """Replace all occurrences of the pair by new; update the counts around them."""
        a, b = pair >> 32, pair & 0xFFFFFFFF
        places = self.where.pop(pair)    # all valid: its count has not fallen since
        if a == b:
            places = non_overlapping(places, self.after)
        seconds = self.after[places]
        left, right = self.before[places], self.after[seconds]
        self.ids[places], self.ids[seconds] = new, INSIDE
        self.after[places], self.before[right] = right, places
        weight = self.weight[places]

        lefts, rights = self.ids[left], self.ids[right]
        joined = np.flatnonzero(right[:-1] == places[1:])   # abab: two side by side
        if joined.size:
            self.decrement(pair_of(b, a), int(weight[joined].sum()))
            both = np.full(joined.size, pair_of(new, new))
            self.follow(Groups(both, weight[joined], places[joined]))
            rights[joined] = lefts[joined + 1] = WALL       # nothing else is between
        self.change(lefts, weight, left,
                    lambda x: pair_of(x, a), lambda x: pair_of(x, new))
        self.change(rights, weight, places,
                    lambda y: pair_of(b, y), lambda y: pair_of(new, y))

    def change(self, ids, weight, places, old, young):
        """At each place, the pair old(id) has become the pair young(id)."""
        inside = np.flatnonzero(ids != WALL)
        if not inside.size:
            return
        groups = Groups(ids[inside], weight[inside], places[inside])
        for id, count in zip(groups.keys, groups.counts):
            self.decrement(old(id), count)
        self.follow(groups, young)


class Groups:
    """Places grouped by key: the keys, the total weight of each, and its places."""

    def __init__(self, keys, weight, places):
        order = keys.argsort(kind="stable")     # places stay ascending within each key
        self.sorted, keys = places[order], keys[order]
        first = np.ones(len(keys), bool)
        np.not_equal(keys[1:], keys[:-1], out=first[1:])
        self.starts = np.flatnonzero(first)
        self.keys = keys[self.starts].tolist()
        self.counts = np.add.reduceat(weight[order], self.starts).tolist()

    def at_least(self, floor):
        return [n for n, count in enumerate(self.counts) if count >= floor]

    def places(self, n):
        stop = self.starts[n + 1] if n + 1 < len(self.starts) else None
        return self.sorted[self.starts[n]:stop].copy()


def pair_of(a, b):
    return a << 32 | b


def non_overlapping(places, after):
    """Of overlapping places, as in aaaa, those that merge from left to right."""
    taken, last = [], None
    for place, second in zip(places.tolist(), after[places].tolist()):
        if place != last:
            taken.append(place)
            last = second
    return np.array(taken, dtype=np.int64)
