"""Byte-pair encoding, fast: the trainer that touches only what a merge changes.

    word     a piece of text as a string in which each character is a token: chr(id)
    pair     two such characters
    counts   how often each word occurs, in the order of the words
    total    {pair: how often it occurs}
    where    {pair: the numbers of the words that contain it, in ascending order}
    queue    (-count, first word, pair): a heap, with the next pair to merge at the top

Exercises: count_pairs, next_pair, replace.
Chapter: docs/tokenization/fast-bpe.md.  In place of: scratch.bpe.train.
"""

from heapq import heappop, heappush


def count_pairs(words, counts):
    """Words and how often each occurs -> total, where.

    What does a merge change? An index

    >>> total, where = count_pairs(["low", "lower", "newest"], [5, 2, 6])
    >>> total["lo"], total["we"], total["st"]
    (7, 8, 6)
    >>> where["lo"], where["we"]
    ([0, 1], [1, 2])
    >>> total, where = count_pairs(["banana"], [3])      # an, twice in one word
    >>> total["an"], where["an"]
    (6, [0])
    >>> count_pairs(["a"], [9])
    ({}, {})
    """
    raise NotImplementedError("count_pairs is yours to write")


def next_pair(queue, total, where, words):
    """The most frequent pair, in a tie the first in the text; None if none is left.

    The queue may hold counts that were true once: total has the present ones, and a count
    only falls. An entry whose pair is not in total any more goes. One whose count is not
    the present one is put back with the present count, and with the number of the first
    word in which the pair still is. What is returned leaves the queue; what is equally
    frequent stays.

    How is the next pair found? A lazy heap

    >>> words = ["abc", "bcd"]
    >>> total, where = {"ab": 5, "bc": 9, "cd": 4}, {"ab": [0], "bc": [0, 1], "cd": [1]}
    >>> queue = [(-9, 0, "bc"), (-5, 0, "ab"), (-4, 1, "cd")]
    >>> next_pair(queue, total, where, words)
    'bc'
    >>> queue = [(-9, 0, "ab"), (-9, 0, "bc"), (-4, 1, "cd")]    # ab has fallen to 5
    >>> next_pair(queue, total, where, words), sorted(queue)
    ('bc', [(-5, 0, 'ab'), (-4, 1, 'cd')])
    >>> del total["cd"]
    >>> next_pair([(-4, 1, "cd")], total, where, words) is None
    True
    >>> total = {"ab": 5, "bc": 5}                       # a tie in one word: the left one
    >>> next_pair([(-5, 0, "bc"), (-5, 0, "ab")], total, where, words)
    'ab'
    """
    raise NotImplementedError("next_pair is yours to write")


def replace(pair, new, numbers, words, counts, total, where):
    """Merge pair into new in words[number] -> {new pair: [count, numbers of words]}.

    The counts of the old neighbours in total fall by the word's count; what falls to 0
    leaves total and where. The new pairs are returned, and not written to total.
    words[number].split(pair) has the neighbours of each occurrence; between two
    occurrences side by side it has an empty string.

    How is the next pair found? A lazy heap

    >>> words, counts = ["newest", "west"], [6, 2]
    >>> total, where = {"ne": 6, "ew": 6, "we": 8, "st": 8}, {}
    >>> where = {"ne": [0], "ew": [0], "we": [0, 1], "st": [0, 1]}
    >>> born = replace("es", "X", [0, 1], words, counts, total, where)
    >>> words
    ['newXt', 'wXt']
    >>> born
    {'wX': [8, [0, 1]], 'Xt': [8, [0, 1]]}
    >>> total                                            # ne and ew are as they were
    {'ne': 6, 'ew': 6}
    >>> words, total, where = ["abab"], {"ba": 1}, {"ba": [0]}
    >>> replace("ab", "X", [0], words, [1], total, where), words
    ({'XX': [1, [0]]}, ['XX'])
    """
    raise NotImplementedError("replace is yours to write")
