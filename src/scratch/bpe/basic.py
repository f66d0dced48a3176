"""Byte-pair encoding, the plain way: merge the most frequent pair, and repeat.

    >>> tokenizer = BasicTokenizer()
    >>> tokenizer.train("aaabdaaabac", vocab_size=256 + 3)
    >>> tokenizer.merges
    {(97, 97): 256, (256, 97): 257, (257, 98): 258}
    >>> tokenizer.encode("aaabdaaabac")
    [258, 100, 258, 97, 99]
    >>> tokenizer.decode([258, 100, 258, 97, 99])
    'aaabdaaabac'

    id       a token's number: 0 to 255 are the bytes, and each merge makes the next
    pair     two adjacent ids
    merges   pair -> the id that replaces it, in the order in which they were learnt
    vocab    id -> the bytes it stands for

Of equally frequent pairs the first one in the text, as it then stands, is merged, so
that a text always gives the same tokenizer. The fast trainer and the fast encoder are
tested against this file; its names are those of Karpathy's minbpe.

Left out: splitting the text into words first (without it, "dog." and "dog!" become
tokens), and special tokens; both are in tokenizer.py. Every merge reads the whole text
again: 200 kB and 512 tokens take some seconds, 5 MB and 4,096 tokens an hour.

Chapter: docs/tokenization/bpe.md.  To copy: this file alone.
"""

from pathlib import Path

HEADER = "scratch.bpe basic 1"


class BasicTokenizer:
    """Text <-> ids, by the .merges and the .vocab that train has learnt."""

    def __init__(self):
        self.merges = {}
        self.vocab = vocabulary(self.merges)

    def train(self, text, vocab_size, verbose=False):
        """Learn vocab_size - 256 merges from text, or fewer if no pair is left."""
        self.merges = learn([list(text.encode("utf-8"))], vocab_size, verbose)
        self.vocab = vocabulary(self.merges)

    def encode(self, text):
        """A string -> its ids."""
        return apply(self.merges, list(text.encode("utf-8")))

    def decode(self, ids, errors="replace"):
        """Ids -> text; errors says what bytes that are not UTF-8 become (U+FFFD)."""
        for id in ids:
            if id not in self.vocab:
                raise ValueError(f"id {id} is outside the vocabulary, "
                                 f"0..{len(self.vocab) - 1}")
        return b"".join(self.vocab[id] for id in ids).decode("utf-8", errors)

    def save(self, prefix):
        """Write prefix.model for load, and prefix.vocab for people to read."""
        pairs = [f"{a} {b}" for a, b in self.merges]
        lines = [HEADER, f"{len(pairs)} merges", *pairs]
        Path(f"{prefix}.model").write_text("\n".join(lines) + "\n", encoding="utf-8")
        lines = [f"{id} {token!r}" for id, token in self.vocab.items()]
        Path(f"{prefix}.vocab").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def load(self, model_file):
        """Load what save wrote and return the tokenizer; ValueError for other files."""
        header, *lines = Path(model_file).read_bytes().split(b"\n")
        if header != HEADER.encode():
            raise ValueError(f"{model_file} does not begin with the line {HEADER!r}")
        try:
            pairs = [tuple(map(int, line.split())) for line in lines[1:-1]]
            merges = {(a, b): 256 + n for n, (a, b) in enumerate(pairs)}
            if lines[0] != b"%d merges" % len(merges) or lines[-1]:
                raise ValueError
            self.vocab = vocabulary(merges)
        except (ValueError, IndexError, KeyError):
            raise ValueError(f"{model_file} is truncated or was changed") from None
        self.merges = merges
        return self


def learn(chunks, vocab_size, verbose=False):
    """Lists of ids -> merges; no pair reaches from one list into the next."""
    if vocab_size < 256:
        raise ValueError(f"a vocabulary of {vocab_size} has no room for the 256 bytes")
    merges = {}
    for new_id in range(256, vocab_size):
        counts = {}
        for ids in chunks:
            get_stats(ids, counts)
        if not counts:
            break                             # every list is a single token
        pair = max(counts, key=counts.get)    # the first of the most frequent
        chunks = [merge(ids, pair, new_id) for ids in chunks]
        merges[pair] = new_id
        if verbose:
            print(f"merge {new_id - 255}/{vocab_size - 256}: {pair} -> {new_id}, "
                  f"which occurred {counts[pair]} times")
    return merges


def apply(merges, ids):
    """Merge pairs in the order in which they were learnt, until none is left."""
    while len(ids) > 1:
        oldest = min(get_stats(ids), key=lambda pair: merges.get(pair, float("inf")))
        if oldest not in merges:
            break
        ids = merge(ids, oldest, merges[oldest])
    return ids


def get_stats(ids, counts=None):
    """How often each pair occurs, added to counts if given.

    >>> get_stats([1, 2, 3, 1, 2])
    {(1, 2): 2, (2, 3): 1, (3, 1): 1}
    """
    counts = {} if counts is None else counts
    for pair in zip(ids, ids[1:]):
        counts[pair] = counts.get(pair, 0) + 1
    return counts


def merge(ids, pair, new_id):
    """ids with each pair replaced by new_id, from left to right.

    >>> merge([1, 2, 3, 1, 2], (1, 2), 4)
    [4, 3, 4]
    """
    a, b = pair
    merged, n = [], 0
    while n < len(ids):
        if ids[n] == a and n + 1 < len(ids) and ids[n + 1] == b:
            merged.append(new_id)
            n += 2
        else:
            merged.append(ids[n])
            n += 1
    return merged


def vocabulary(merges):
    """merges -> {id: its bytes}; a merged token has the bytes of its two parts."""
    vocab = {byte: bytes([byte]) for byte in range(256)}
    for (a, b), new_id in merges.items():
        vocab[new_id] = vocab[a] + vocab[b]
    return vocab
