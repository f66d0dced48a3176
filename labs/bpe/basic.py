"""Byte-pair encoding: count, merge, train, encode, decode.

    id      a token's number: 0 to 255 are the bytes, and each merge makes the next
    pair    two adjacent ids
    merges  pair -> the id that replaces it, in the order in which they were learnt
    vocab   id -> the bytes it stands for

Exercises: get_stats, merge, learn, apply, vocabulary, BasicTokenizer.decode.
Chapter: docs/tokenization/bpe.md.  In place of: scratch.bpe.basic.
"""

from scratch.bpe import basic


class BasicTokenizer(basic.BasicTokenizer):
    """The book's BasicTokenizer, except for the method that you write."""

    def decode(self, ids, errors="replace"):
        """Ids -> text; errors says what bytes that are not UTF-8 become (U+FFFD).

        self.vocab has the bytes of each id. Join them all before you decode: a
        character can begin in one token and end in the next. For an id that is not in
        self.vocab, raise ValueError(f"id {id} is outside the vocabulary, 0..{largest id}").

        And back? Decoding

        >>> tokenizer = BasicTokenizer()
        >>> tokenizer.decode([104, 105])
        'hi'
        >>> tokenizer.decode([])
        ''
        >>> tokenizer.train("aaabdaaabac", vocab_size=256 + 3)
        >>> tokenizer.decode([258, 100, 258, 97, 99])
        'aaabdaaabac'
        >>> tokenizer.decode([236, 149, 136])      # one Korean syllable
        '안'
        >>> tokenizer.decode([236, 149, 33])       # two thirds of it
        '\ufffd!'
        >>> tokenizer.decode([236, 149, 33], errors="ignore")
        '!'
        >>> try:
        ...     tokenizer.decode([97, 259])
        ... except ValueError as error:
        ...     print(error)
        id 259 is outside the vocabulary, 0..258
        """
        raise NotImplementedError("BasicTokenizer.decode is yours to write")


def get_stats(ids, counts=None):
    """How often each pair of neighbours occurs, added to counts if given.

    The pairs come in the order in which the list first has them.

    Which pair is the commonest? Counting and merging

    >>> get_stats([1, 2, 3, 1, 2])
    {(1, 2): 2, (2, 3): 1, (3, 1): 1}
    >>> get_stats([7, 7, 7])
    {(7, 7): 2}
    >>> get_stats([7]), get_stats([])
    ({}, {})
    >>> counts = get_stats([1, 2])
    >>> get_stats([0, 1, 2], counts)
    {(1, 2): 2, (0, 1): 1}
    >>> get_stats([1, 2])                # the counts begin anew in each call
    {(1, 2): 1}
    """
    raise NotImplementedError("get_stats is yours to write")


def merge(ids, pair, new_id):
    """A new list: ids with each pair replaced by new_id, from left to right.

    Which pair is the commonest? Counting and merging

    >>> merge([1, 2, 3, 1, 2], (1, 2), 4)
    [4, 3, 4]
    >>> merge([7, 7, 7], (7, 7), 8)
    [8, 7]
    >>> merge([1, 2, 1], (2, 3), 4)
    [1, 2, 1]
    >>> ids = [5, 6]
    >>> merge(ids, (5, 6), 7), ids       # the old list is not changed
    ([7], [5, 6])
    """
    raise NotImplementedError("merge is yours to write")


def learn(chunks, vocab_size, verbose=False):
    """Lists of ids -> merges; no pair reaches from one list into the next.

    The merges are numbered from 256 on, and there are vocab_size - 256 of them, or
    fewer if no pair is left. Of equally frequent pairs the first one is merged. If
    vocab_size is less than 256, raise a ValueError; if verbose, print a line for each
    merge.

    How does a token grow? The training loop

    >>> learn([list(b"aaabdaaabac")], vocab_size=256 + 3)
    {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> learn([list(b"aaabdaaabac")], vocab_size=256)
    {}
    >>> learn([list(b"abc")], vocab_size=1000)
    {(97, 98): 256, (256, 99): 257}
    >>> learn([list(b"xy"), list(b"xy"), list(b"z")], vocab_size=1000)
    {(120, 121): 256}
    >>> try:
    ...     learn([list(b"abc")], vocab_size=255)
    ... except ValueError:
    ...     print("no room for the bytes")
    no room for the bytes
    """
    raise NotImplementedError("learn is yours to write")


def apply(merges, ids):
    """Merge pairs in the order in which they were learnt, until none is left.

    How is a new text encoded? Merges in order

    >>> merges = {(98, 99): 256, (97, 98): 257, (257, 99): 258}
    >>> apply(merges, list(b"abc"))      # bc was learnt before ab, and is merged first
    [97, 256]
    >>> apply(merges, list(b"abab"))
    [257, 257]
    >>> apply(merges, list(b"xyz")), apply(merges, [97]), apply(merges, [])
    ([120, 121, 122], [97], [])
    >>> apply({(97, 97): 256, (256, 97): 257, (257, 98): 258}, list(b"aaabdaaabac"))
    [258, 100, 258, 97, 99]
    """
    raise NotImplementedError("apply is yours to write")


def vocabulary(merges):
    """merges -> {id: its bytes}; a merged token has the bytes of its two parts.

    And back? Decoding

    >>> vocab = vocabulary({})
    >>> len(vocab), vocab[97], vocab[255]
    (256, b'a', b'\\xff')
    >>> vocab = vocabulary({(97, 97): 256, (256, 97): 257, (257, 98): 258})
    >>> vocab[256], vocab[257], vocab[258]
    (b'aa', b'aaa', b'aaab')
    >>> list(vocab)[-1]
    258
    """
    raise NotImplementedError("vocabulary is yours to write")
