"""Words from a file, characters as ids, and the examples that a model learns from.

    >>> words = ["emma", "ava"]
    >>> vocabulary = Vocabulary(words)
    >>> vocabulary.characters              # ids 0, 1, 2, ...; 0 begins and ends a word
    '.aemv'
    >>> vocabulary.encode("emma")
    [2, 3, 3, 1]
    >>> contexts, targets = dataset(words, vocabulary, block_size=3)
    >>> for context, target in zip(contexts[:5], targets):
    ...     print(vocabulary.decode([target]), "after", vocabulary.decode(context))
    e after ...
    m after ..e
    m after .em
    a after emm
    . after mma

    N    examples, one for each character and one for each end of a word; or words
    T    positions of a context, or of a row: the block_size    B    a minibatch's size

A word that stands in the file twice counts twice, as evidence does; split() may then
put one copy among the training words and the other elsewhere. Words are read in
Unicode's form NFC, so that the two ways to write é are one. A character is a code
point: a flag, or a family joined out of several emoji, is several characters.

Left out: files too large for memory, capitals made equal to small letters, and a "."
within a word, which is refused, because "." marks the end of a word.

Chapter: docs/makemore/bigrams.md.  To copy: this file alone (needs torch).
"""

import codecs
import hashlib
import os
import random
import re
import sys
import unicodedata
import urllib.request
from pathlib import Path

import torch

BOUNDARY = "."    # id 0: before the first character of a word, and after the last
RESERVED = "marks where a word ends; write another character in its place"
FORBIDDEN = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029.]")    # in a line
CODES = f"utf-32-{sys.byteorder[0]}e"    # four bytes for a character, its code point
SOURCES = {    # name: (address, sha256)
    "karpathy": (
        "https://raw.githubusercontent.com/karpathy/makemore/master/names.txt",
        "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d"),
}


def read_words(source=None):
    """A file of one word a line, in UTF-8 -> [word], in the file's order.

    Without a source, the file that $SCRATCH_NAMES names, or else the book's own
    names.txt, beside this module. Blank lines and white space around a word do not
    count. Raises FileNotFoundError, or ValueError with the line that cannot be read as
    a word.
    """
    path = Path(source or os.environ.get("SCRATCH_NAMES") or book())
    lines = read_lines(path)
    words = [word for line in lines if (word := line.strip())]
    if FORBIDDEN.search("\n".join(words)):
        refuse(path, lines)
    if not words:
        raise ValueError(f"{path}: not one word in {len(lines)} lines")
    return words


def read_lines(path):
    """A file in UTF-8 -> its lines, in form NFC; FileNotFoundError or ValueError."""
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file")
    raw = path.read_bytes().removeprefix(codecs.BOM_UTF8)
    raw = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        return unicodedata.normalize("NFC", raw.decode()).split("\n")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        byte = raw[error.start]
        raise ValueError(f"{path}, line {line}: the byte {byte:#04x} is not UTF-8 "
                         "here; save the file in that encoding") from None


def refuse(path, lines):
    """Raise ValueError for the first character that no word may have, with its line."""
    for number, line in enumerate(lines, 1):
        if found := FORBIDDEN.search(line.strip()):
            what = f"{path}, line {number}: {line.strip()!r:.60} contains {found[0]!r}"
            if found[0] == BOUNDARY:
                raise ValueError(f"{what}, which {RESERVED}")
            raise ValueError(f"{what}, which is no character of a word")


def book():
    """The book's names, which lie beside this file."""
    path = Path(__file__).resolve().with_name("names.txt")
    if path.exists():
        return path
    raise FileNotFoundError("which words? Give a path, or name one in $SCRATCH_NAMES; "
                            'download("karpathy") fetches 32,033 names')


def download(name="karpathy", folder="."):
    """Fetch a list of SOURCES -> its path, folder/name.txt, which read_words reads.

    A file that is already there and right is not fetched again. Raises OSError if the
    network fails, ValueError if what came is not what was expected; either way, nothing
    is written.
    """
    if name not in SOURCES:
        raise ValueError(f"no list is called {name!r}; known: {', '.join(SOURCES)}")
    address, expected = SOURCES[name]
    path = Path(folder) / f"{name}.txt"
    if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == expected:
        return path
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            content = response.read()
    except Exception as error:            # no network, no such page, half a body, ...
        raise OSError(f"{address} could not be fetched: {error}; fetch it in another "
                      "way, and give read_words the path") from error
    got = hashlib.sha256(content).hexdigest()
    if got != expected:
        raise ValueError(f"{address} sent {len(content)} bytes with sha256 {got}, but "
                         f"{expected} was expected; it changed, or came damaged")
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(content)
    os.replace(part, path)                # at once: never half a file under its name
    return path


class Vocabulary:
    """The characters of some words, and an id for each: BOUNDARY is 0."""

    def __init__(self, words):
        found = set().union(*words)
        if BOUNDARY in found:
            word = next(word for word in words if BOUNDARY in word)
            raise ValueError(f"{word!r:.60} contains {BOUNDARY!r}, which {RESERVED}")
        self.characters = BOUNDARY + "".join(sorted(found))    # by code point
        self.ids = {character: id for id, character in enumerate(self.characters)}

    def __len__(self):
        """V: characters, and the boundary."""
        return len(self.characters)

    def __repr__(self):
        return f"Vocabulary({len(self)} symbols, {self.characters!r:.60})"

    def encode(self, word):
        """A word -> [id]; ValueError for a character that has none."""
        for place, character in enumerate(word, 1):
            if self.ids.get(character, 0) == 0:
                raise ValueError(f"{character!r} (U+{ord(character):04X}), character "
                                 f"{place} of {word!r:.60}, is not in the vocabulary; "
                                 f"it has {self.characters[1:]!r:.60}")
        return [self.ids[character] for character in word]

    def decode(self, ids):
        """Ids, a list or a tensor -> text; the boundary shows as "."."""
        ids = [int(id) for id in ids]
        if ids and not (0 <= min(ids) and max(ids) < len(self)):
            id = next(id for id in ids if not 0 <= id < len(self))
            raise ValueError(f"id {id} is outside the vocabulary 0..{len(self) - 1}")
        return "".join(self.characters[id] for id in ids)

    def stream(self, words):
        """[word] -> one long tensor of ids: a 0, a word, a 0, a word, ..., a 0.

        All words are encoded at once, by a table from code points, up to the
        vocabulary's largest, to ids; it has -1 for those that have none.
        """
        if isinstance(words, str):
            raise TypeError(f"a list of words; for a single one, [{words!r:.60}]")
        text = BOUNDARY + "".join(word + BOUNDARY for word in words)
        codes = bytearray(text.encode(CODES, "surrogatepass"))
        table = torch.full((ord(max(self.characters)) + 2,), -1)
        for character, id in self.ids.items():
            table[ord(character)] = id
        codes = torch.frombuffer(codes, dtype=torch.int32)
        ids = table.index_select(0, codes.clamp_(max=len(table) - 1))
        if (ids < 0).any() or (ids == 0).sum() != len(words) + 1:
            for word in words:
                self.encode(word)         # to say which character it was
        return ids


def split(words, seed=42):
    """[word] -> (train, dev, test), 80, 10 and 10 per cent of the words, shuffled.

    The same words and seed give the same split in every Python since 3.2.
    """
    shuffled = list(words)
    random.Random(seed).shuffle(shuffled)
    train, dev = int(0.8 * len(shuffled)), int(0.9 * len(shuffled))
    parts = shuffled[:train], shuffled[train:dev], shuffled[dev:]
    if not all(parts):
        raise ValueError(f"{len(shuffled)} words are too few for three parts; ten do")
    return parts


def dataset(words, vocabulary, block_size):
    """[word] -> contexts (N, T) and targets (N), ids as int64, word after word.

    An example for each character of each word, and one for its end. A context is the T
    symbols before the target; where the word has not begun yet, it is filled with 0.
    """
    if block_size < 1:
        raise ValueError(f"a context of {block_size} symbols; it takes at least 1")
    codes = [0]
    for word in words:
        codes += [*vocabulary.encode(word), 0]
    stream = torch.tensor(codes)
    N, T = len(stream) - 1, block_size
    contexts = torch.zeros(N, T, dtype=torch.int64)      # (N, T)
    column = stream[:-1]                                 # (N)  one symbol back
    for back in range(1, T + 1):
        contexts[:, T - back] = column
        earlier = torch.roll(column, 1)                  # (N)  one more symbol back,
        column = torch.where(column == 0, 0, earlier)    # (N)  but in no other word
    return contexts, stream[1:]


def rows(words, vocabulary, block_size, boundaries=1):
    """[word] -> ids (N, T) and targets (N, T), a word to a row; T = block_size.

    ids: the boundary and the letters, filled up with 0. targets: the letters and the
    boundary, filled up with -1, which counts for no loss. A row holds all examples that
    dataset makes of its word. Raises ValueError for a word that does not fit with as
    many boundaries among its ids: one for models that predict what follows, two for
    BERT, which reads a word between both.
    """
    for word in words:
        if len(word) + boundaries > block_size:
            what = "its boundary" if boundaries == 1 else "both boundaries"
            raise ValueError(f"{word!r:.60} has {len(word)} characters; block_size "
                             f"{block_size} holds {block_size - boundaries} and {what}")
    codes = [0]
    for word in words:
        codes += [*vocabulary.encode(word), 0]
    stream = torch.tensor(codes)
    ends = (stream == 0).nonzero()                       # (N + 1, 1)  in the stream
    at = ends[:-1] + torch.arange(block_size)            # (N, T)
    word = at < ends[1:]                                 # (N, T)  or filling?
    at = at.where(word, 0)                               # (N, T)
    ids = stream[at].where(word, 0)                      # (N, T)
    targets = stream[at + 1].where(word, -1)             # (N, T)
    return ids, targets


def crop(ids, targets, boundaries=1, cells=2**18):
    """Rows (N, T) -> pieces (ids, targets) of them, each as wide as its longest word.

    The columns that are left out are filling in every row of the piece. Rows of unlike
    lengths are kept apart if, together, they had more than `cells` numbers in a map of
    attention, rows * width * width; a piece has at least one row.
    """
    widths = (ids != 0).sum(dim=1) + boundaries
    order = widths.argsort()
    while len(order):
        width = int(widths[order[-1]])
        count = max(1, cells // width**2)
        piece = order[-count:].sort().values
        yield ids[piece, :width], targets[piece, :width]
        order = order[:-count]


def batches(x, y, batch=32, generator=None):
    """x, y (N, ...) -> minibatches (x, y) (B, ...) without end, for a model's train.

    batch examples are drawn at random, with replacement, for each minibatch when it is
    asked for. Raises ValueError if there are no examples.
    """
    if len(y) == 0:
        raise ValueError("no examples to train on")
    while True:
        chosen = torch.randint(len(y), (batch,), generator=generator)    # (B)
        yield x[chosen], y[chosen]
