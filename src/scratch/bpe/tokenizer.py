"""The tokenizer to use: large texts, special tokens, and files.

    >>> tokenizer = RegexTokenizer()
    >>> tokenizer.train("slow slower slowest, low lower lowest", 256 + 5)
    >>> tokenizer.register_special_tokens({"<|end|>": 300})
    >>> ids = tokenizer.encode("lowest<|end|>slow", allowed_special="all")
    >>> ids
    [258, 115, 116, 300, 115, 257]
    >>> [tokenizer.token_bytes(id) for id in ids]
    [b'lowe', b's', b't', b'<|end|>', b's', b'low']
    >>> tokenizer.decode(ids)
    'lowest<|end|>slow'

    id        0 to 255 are the bytes, each merge makes the next, special tokens follow
    merges    (id, id) -> the id that replaces them, in the order of training
    vocab     id -> the bytes it stands for, without the special tokens

Text is split into pieces by split.py and each piece is merged by itself. Merges, ids
and names are those of Karpathy's minbpe; training and encoding are tested against
basic.py.

Left out: Unicode normalisation (é can be one code point or two, and stays as it is),
and sampling among encodings. Allow special tokens only in text of your own: otherwise
the author of a text can put them into it.

Chapter: docs/tokenization/tokenizers.md.  To copy: this file, split.py, words.py,
train.py, arrays.py, encode.py and store.py (needs regex; uses NumPy where it is).
"""

import re
from functools import lru_cache
from itertools import accumulate

from .arrays import learn_much
from .encode import SHORT, Encoder, merge_long, merge_short
from .split import GPT4_SPLIT_PATTERN, Splitter, check_text
from .store import read_model, write_vocab, write_model
from .words import count_words

MAX_IDS = 1 << 22    # decoding uses a list as long as the largest id
MAX_BYTES = 1 << 26  # of all tokens together: merges can double them at each step


class RegexTokenizer:
    """Text <-> ids. pattern: gpt2, cl100k (default), o200k or a regular expression."""

    def __init__(self, pattern=None):
        self.set_model({}, pattern or GPT4_SPLIT_PATTERN)

    def set_model(self, merges, pattern, byte_ids=range(256), special_tokens=()):
        """Set merges, pattern and special tokens; on ValueError nothing is changed."""
        splitter = Splitter(pattern)
        byte_ids = [as_id(id) for id in byte_ids]
        vocab = {id: bytes([byte]) for byte, id in enumerate(byte_ids)}
        if len(vocab) != 256 or len(byte_ids) != 256:
            raise ValueError("the 256 bytes need 256 different ids")
        tokens, newest, size = set(vocab.values()), -1, 256
        for (a, b), new in merges.items():
            what = f"the merge of {a} and {b} into {new}"
            if as_id(a) not in vocab or as_id(b) not in vocab:
                raise ValueError(f"{what} uses an id that does not exist yet")
            if as_id(new) <= newest or new in vocab:
                raise ValueError(f"{what} does not make a new, higher id")
            size += len(vocab[a]) + len(vocab[b])
            if size > MAX_BYTES:
                raise ValueError(f"with {what} the tokens have more than {MAX_BYTES:,} "
                                 "bytes together")
            vocab[new], newest = vocab[a] + vocab[b], new
            if vocab[new] in tokens:
                raise ValueError(f"{what} makes {vocab[new]!r:.60} a second time")
            tokens.add(vocab[new])
        specials = checked_specials(special_tokens, vocab)
        self.pattern, self.merges, self.vocab = splitter.pattern, dict(merges), vocab
        self.byte_ids, self.encoder = byte_ids, Encoder(merges, vocab, splitter)
        self.set_special_tokens(specials)

    def train(self, source, vocab_size, verbose=False, processes=None, report=None):
        """Learn vocab_size - 256 merges, or fewer if no pair is left; replace the old.

        source is a string, the pathlib.Path of a UTF-8 file, or an iterable of both,
        which is read once; a string that is the name of a file is refused. The words of
        a large text are counted by several processes, by default one per processor.
        report(stage, done), if given, is called with "characters" counted and "tokens"
        made. Of equally frequent pairs, the first one in the text is merged.
        """
        for name, id in self.special_tokens.items():
            if id < vocab_size:
                raise ValueError(f"the special token {name!r} has id {id}, which a "
                                 f"vocabulary of {vocab_size} needs; register it later")
        if vocab_size < 256:
            raise ValueError(f"a vocabulary of {vocab_size} has no room for 256 bytes")
        vocab, done = {byte: bytes([byte]) for byte in range(256)}, 0

        def counted(characters):
            nonlocal done
            done += characters
            if report:
                report("characters", done)

        def merged(new, pair, count):
            if verbose:
                vocab[new] = vocab[pair[0]] + vocab[pair[1]]
                print(f"merge {new - 255}/{vocab_size - 256}: {pair} -> {new} "
                      f"({vocab[new]}) had {count} occurrences")
            if report:
                report("tokens", new + 1)

        words = count_words(source, self.encoder.splitter, processes, counted)
        merges = learn_much(words, vocab_size, merged if verbose or report else None)
        self.set_model(merges, self.pattern, special_tokens=self.special_tokens)

    # Special tokens

    def register_special_tokens(self, special_tokens):
        """Register {"<|end|>": id}, or a list for the next ids, in place of the old.

        Ids need not follow each other; n_vocab says how many rows an embedding needs.
        """
        self.set_special_tokens(checked_specials(special_tokens, self.vocab))

    def set_special_tokens(self, specials):
        self.special_tokens = specials
        any_of(specials)                     # compiled now, and not for the first text
        self.inverse_special_tokens = {id: name for name, id in specials.items()}
        decoder = self.vocab | {id: name.encode() for name, id in specials.items()}
        self.decoder = [decoder.get(id) for id in range(max(decoder) + 1)]

    @property
    def vocab_size(self):
        """The number of ids, including special tokens; see n_vocab for embeddings."""
        return len(self.vocab) + len(self.special_tokens)

    @property
    def n_vocab(self):
        """The largest id + 1, as in tiktoken: the number of rows of an embedding.

        It is vocab_size if the ids have no gaps. GPT-4's have: there, 100,261 ids go up
        to 100,276.
        """
        return len(self.decoder)

    # Text to ids

    def encode_ordinary(self, text):
        """text -> ids; the names of special tokens are ordinary text."""
        if not isinstance(text, str):
            what = f"{text!r:.60} is of type {type(text).__name__}"
            raise TypeError(f"text must be a string (encode_bytes takes bytes); {what}")
        check_text(text)
        return self.encoder(text)

    def encode(self, text, allowed_special="none_raise", disallowed_special=None):
        """text -> ids.

        allowed_special says which special tokens become one id each: "all", those in a
        set or list, or "none"; other ones are ordinary text. "none_raise" is none of
        them, and a ValueError if the text has one. disallowed_special, as in tiktoken:
        "all", or a list, of those that are a ValueError unless they are allowed.
        """
        everything = set(self.special_tokens)
        if allowed_special == "all":
            allowed = everything
        elif allowed_special == "none" or allowed_special == "none_raise":
            allowed = set()
        else:
            allowed = self.registered(allowed_special)
        if disallowed_special is None:
            refused = everything if allowed_special == "none_raise" else set()
        elif disallowed_special == "all":
            refused = everything
        else:
            refused = self.registered(disallowed_special)
        if not everything or not isinstance(text, str):
            return self.encode_ordinary(text)
        if found := any_of(refused - allowed).search(text):
            raise ValueError(
                f"the text holds {found[0]!r}, which is a special token; with "
                "allowed_special='all' it becomes one, with 'none' it is ordinary text")
        ids, end = [], 0
        for match in any_of(allowed).finditer(text):
            ids += self.encode_ordinary(text[end:match.start()])
            ids.append(self.special_tokens[match[0]])
            end = match.end()
        ids += self.encode_ordinary(text[end:])
        return ids

    def registered(self, names):
        """Names of special tokens -> a set; ValueError if one is not registered."""
        if isinstance(names, str):
            raise ValueError(f"{names!r} is neither 'all', 'none' nor 'none_raise'; "
                             f"one special token is a list of one: [{names!r}]")
        for name in names:
            if name not in self.special_tokens:
                known = ", ".join(map(repr, self.special_tokens)) or "none at all"
                raise ValueError(f"{name!r} is no special token; there are {known}")
        return set(names)

    def encode_batch(self, texts, **options):
        """[text, ...] -> [ids, ...], with the options of encode."""
        if isinstance(texts, str):
            raise TypeError("encode_batch takes a list of strings; this is one string")
        return [self.encode(text, **options) for text in texts]

    def encode_bytes(self, data):
        """Any bytes -> ids that decode_bytes turns into the same bytes.

        UTF-8 is encoded like its text; bytes that are not count as punctuation, unless
        all of it is one token, as many tokens end in the middle of a character.
        """
        data = bytes(data)
        try:
            return self.encoder(data.decode("utf-8"))
        except UnicodeDecodeError:
            text = data.decode("utf-8", "surrogateescape")
        known = self.encoder.get(text, ())     # its cache begins with all tokens
        return list(known) if len(known) == 1 else self.encoder(text)

    # Ids to text

    def decode_bytes(self, ids):
        """Ids -> the bytes they stand for; ValueError for an unknown id."""
        ids, decoder = ids if isinstance(ids, list) else list(ids), self.decoder
        try:
            if min(ids, default=0) >= 0:     # decoder[-1] would be the last token
                return b"".join([decoder[id] for id in ids])
        except (IndexError, TypeError):
            pass
        raise ValueError(next(filter(None, map(self.id_error, ids))))

    def decode(self, ids, errors="replace"):
        """Ids -> text; errors says what bytes that are not UTF-8 become (U+FFFD)."""
        return self.decode_bytes(ids).decode("utf-8", errors)

    def token_bytes(self, id):
        """The bytes an id stands for, which need not be whole characters."""
        return self.decode_bytes([id])

    def byte_offsets(self, ids):
        """[(start, stop), ...]: where each id's bytes are in decode_bytes(ids)."""
        stops = list(accumulate(len(self.token_bytes(id)) for id in ids))
        return list(zip([0, *stops], stops))

    def id_error(self, id):
        """What is wrong with an id, as a sentence; None if nothing is."""
        try:
            if 0 <= id < len(self.decoder) and self.decoder[id] is not None:
                return None
        except TypeError:
            return f"an id is a whole number; {id!r:.60} is of type {type(id).__name__}"
        shown = id if abs(id) < 10**20 else "of that size"    # str() has a limit
        return f"id {shown} is outside the vocabulary 0..{len(self.decoder) - 1}" if (
            not 0 <= id < len(self.decoder)) else f"no token has the id {id}"

    # Files

    def save(self, prefix):
        """Write prefix.model for load, and prefix.vocab for people to read."""
        model = {"pattern": self.pattern, "special_tokens": self.special_tokens,
                 "byte_ids": self.byte_ids, "merges": self.merges}
        write_model(model, f"{prefix}.model")
        write_vocab(self.vocab, self.merges, self.special_tokens, f"{prefix}.vocab")

    def load(self, model_file):
        """Load what save wrote and return the tokenizer; ValueError for other files."""
        model = read_model(model_file)
        try:
            self.set_model(**model)
        except (ValueError, TypeError) as error:
            raise ValueError(f"{model_file} is no model: {error}") from None
        return self

    def __reduce__(self):
        model = self.merges, self.pattern, self.byte_ids, self.special_tokens
        return from_merges, model            # for pickle and copy

    def __repr__(self):
        names = f", special tokens {', '.join(self.special_tokens)}"
        return (f"RegexTokenizer({len(self.vocab)} tokens"
                f"{names if self.special_tokens else ''})")


def from_merges(merges, pattern=None, byte_ids=range(256), special_tokens=()):
    """A RegexTokenizer with these merges, for instance those of another library."""
    tokenizer = RegexTokenizer()
    tokenizer.set_model(merges, pattern or GPT4_SPLIT_PATTERN, byte_ids, special_tokens)
    for id, token in tokenizer.vocab.items():
        if merged(token, byte_ids, merges) != [id]:
            raise ValueError(f"the token {token!r:.60} does not encode to itself, as "
                             "every trained token does")
    return tokenizer


def merged(token, byte_ids, merges):
    """A token's bytes -> ids, after all merges."""
    ids = [byte_ids[byte] for byte in token]
    return (merge_short if len(ids) <= SHORT else merge_long)(ids, merges)


def checked_specials(special_tokens, vocab):
    """A dictionary or list of special tokens -> a dictionary, or ValueError."""
    if isinstance(special_tokens, (str, bytes)):
        raise ValueError(f"{special_tokens!r:.60} would be a token per letter; one "
                         f"special token is a list of one: [{special_tokens!r:.60}]")
    if isinstance(special_tokens, (set, frozenset)):
        raise ValueError("special tokens in a set have no order, and would get other "
                         "ids in each run; put them in a list")
    if not isinstance(special_tokens, dict):
        names = list(special_tokens)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the special token {twice!r} is there twice")
        special_tokens = {name: max(vocab) + 1 + n for n, name in enumerate(names)}
    taken = {}
    for name, id in special_tokens.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"a special token is a string of at least one character, "
                             f"not {name!r:.60}")
        check_text(name)
        if as_id(id) in vocab:
            raise ValueError(f"{name!r} cannot have id {id}; {vocab[id]!r:.60} has it")
        if id in taken:
            raise ValueError(f"{name!r} and {taken[id]!r} cannot both have id {id}")
        taken[id] = name
    return dict(special_tokens)


def as_id(id):
    if isinstance(id, bool) or not isinstance(id, int) or not 0 <= id < MAX_IDS:
        raise ValueError(f"an id is a number from 0 to {MAX_IDS - 1}, not {id!r:.40}")
    return id


def any_of(names):
    """A regular expression that matches any of the names, and the longest that fits."""
    return compiled(frozenset(names))


@lru_cache
def compiled(names):
    names = sorted(names, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)) or "(?!)")
