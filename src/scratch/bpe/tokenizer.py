"""The tokenizer to use: trains on much text, knows special tokens, is saved and loaded.

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

    id        0 to 255 are the bytes, each merge makes the next, specials come after
    merges    (id, id) -> the id that replaces them, in order of birth
    vocab     id -> the bytes that it stands for, without the special tokens

Text is cut into pieces by split.py and each piece is merged by itself. Merges, ids and
names are those of Karpathy's minbpe, and basic.py is the oracle of both directions.

Left out: normalising text (é can be one code point or two, and stays what it is), and
sampling among encodings. With special tokens allowed, whoever writes the text can write
them: allow them for your own text only.

Chapter: docs/tokenization/tokenizers.md.  To copy: this file, split.py, words.py,
train.py, arrays.py, encode.py and store.py (needs regex; uses NumPy where it is).
"""

import re
from itertools import accumulate

from .arrays import learn_much
from .encode import Encoder, merge_short
from .split import GPT4_SPLIT_PATTERN, Splitter, check_text
from .store import read_model, write_listing, write_model
from .words import count_words

MOST = 1 << 22       # ids; decoding looks them up in a table of all up to the largest


class RegexTokenizer:
    """Text <-> ids. pattern: gpt2, cl100k (the default), o200k, or one of your own."""

    def __init__(self, pattern=None):
        self.become({}, pattern or GPT4_SPLIT_PATTERN)

    def become(self, merges, pattern, byte_ids=range(256), special_tokens=()):
        """Take over known merges, or raise ValueError and stay what it was."""
        splitter = Splitter(pattern)
        byte_ids = [as_id(id) for id in byte_ids]
        vocab = {id: bytes([byte]) for byte, id in enumerate(byte_ids)}
        if len(vocab) != 256 or len(byte_ids) != 256:
            raise ValueError("there have to be 256 different ids for the 256 bytes")
        tokens, newest = set(vocab.values()), -1
        for (a, b), new in merges.items():
            what = f"the merge of {a} and {b} into {new}"
            if a not in vocab or b not in vocab:
                raise ValueError(f"{what} needs ids that do not exist by then")
            if as_id(new) <= newest or new in vocab:
                raise ValueError(f"{what} does not make a new and higher id")
            vocab[new], newest = vocab[a] + vocab[b], new
            if vocab[new] in tokens:
                raise ValueError(f"{what} makes {vocab[new]!r:.60} a second time")
            tokens.add(vocab[new])
        specials = checked_specials(special_tokens, vocab)
        self.pattern, self.merges, self.vocab = splitter.pattern, dict(merges), vocab
        self.byte_ids, self.encoder = byte_ids, Encoder(merges, vocab, splitter)
        self.take_specials(specials)

    def train(self, source, vocab_size, verbose=False, processes=None, report=None):
        """Learn vocab_size - 256 merges (fewer where no pair is left); forget the old.

        source is a string, the pathlib.Path of a UTF-8 file, or an iterable of both,
        which is read once; processes count the words of much text, as many as there are
        processors. report(stage, done), if given, hears of "characters" counted and
        "tokens" made. Of equally frequent pairs, that met first in the text is merged.
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
        self.become(merges, self.pattern, special_tokens=self.special_tokens)

    # Special tokens

    def register_special_tokens(self, special_tokens):
        """{"<|end|>": id}, or a list for the next ids; replaces what was registered."""
        self.take_specials(checked_specials(special_tokens, self.vocab))

    def take_specials(self, specials):
        self.special_tokens = specials
        self.inverse_special_tokens = {id: name for name, id in specials.items()}
        decoder = self.vocab | {id: name.encode() for name, id in specials.items()}
        self.decoder = [decoder.get(id) for id in range(max(decoder) + 1)]

    @property
    def vocab_size(self):
        """How many ids there are, special tokens included."""
        return len(self.vocab) + len(self.special_tokens)

    # Text to ids

    def encode_ordinary(self, text):
        """text -> ids, where nothing in the text is a special token."""
        if not isinstance(text, str):
            what = f"{text!r:.60} is of type {type(text).__name__}"
            raise TypeError(f"text is a string, and encode_bytes takes bytes; {what}")
        check_text(text)
        return self.encoder(text)

    def encode(self, text, allowed_special="none_raise", disallowed_special=None):
        """text -> ids.

        allowed_special: "all" special tokens become one id each, or those in a set or
        list, and what else looks like one is ordinary text; "none" of them; or
        "none_raise", which is none, and a ValueError where the text holds one.
        disallowed_special, as in tiktoken: "all", or a list, of those that are an error
        unless they are allowed.
        """
        everything = self.special_tokens.keys()
        if disallowed_special is None:
            disallowed_special = "all" if allowed_special == "none_raise" else ()
        allowed = () if allowed_special in ("none", "none_raise") else allowed_special
        allowed = everything if allowed == "all" else self.named(allowed)
        refused = disallowed_special
        refused = everything if refused == "all" else self.named(refused)
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

    def named(self, names):
        """Some special tokens' names as a set; ValueError if one is not registered."""
        if isinstance(names, str):
            raise ValueError(f"{names!r} is neither 'all', 'none' nor 'none_raise'; "
                             f"one special token is a list of one: [{names!r}]")
        for name in names:
            if name not in self.special_tokens:
                known = ", ".join(map(repr, self.special_tokens)) or "none at all"
                raise ValueError(f"{name!r} is no special token; there are {known}")
        return set(names)

    def encode_batch(self, texts, **options):
        """[text, ...] -> [ids, ...], each as encode does it, with the same options."""
        if isinstance(texts, str):
            raise TypeError("encode_batch takes a list of strings; this is one string")
        return [self.encode(text, **options) for text in texts]

    def encode_bytes(self, data):
        """Any bytes -> ids that decode_bytes turns into the same bytes.

        What is UTF-8 in them is encoded like that text; other bytes count as signs.
        """
        return self.encoder(bytes(data).decode("utf-8", "surrogateescape"))

    # Ids to text

    def decode_bytes(self, ids):
        """Ids -> the bytes that they stand for; ValueError for an id that is none."""
        ids, decoder = ids if isinstance(ids, list) else list(ids), self.decoder
        try:
            if min(ids, default=0) >= 0:     # decoder[-1] would be the last token
                return b"".join([decoder[id] for id in ids])
        except (IndexError, TypeError):
            pass
        raise ValueError(next(filter(None, map(self.what_is_wrong, ids))))

    def decode(self, ids, errors="replace"):
        """Ids -> text; bytes that are not UTF-8 become U+FFFD, or as errors says."""
        return self.decode_bytes(ids).decode("utf-8", errors)

    def token_bytes(self, id):
        """The bytes that an id stands for, which need not be whole characters."""
        return self.decode_bytes([id])

    def byte_offsets(self, ids):
        """[(start, stop), ...]: where each id's bytes are in decode_bytes(ids)."""
        stops = list(accumulate(len(self.token_bytes(id)) for id in ids))
        return list(zip([0, *stops], stops))

    def what_is_wrong(self, id):
        """A sentence about something that is no id, None about an id."""
        try:
            if 0 <= id < len(self.decoder) and self.decoder[id] is not None:
                return None
        except TypeError:
            return f"an id is a whole number; {id!r:.60} is of type {type(id).__name__}"
        return f"id {id} is outside the vocabulary 0..{len(self.decoder) - 1}" if (
            not 0 <= id < len(self.decoder)) else f"no token has the id {id}"

    # Files

    def save(self, prefix):
        """Write prefix.model, which load reads, and prefix.vocab, which people read."""
        model = {"pattern": self.pattern, "special_tokens": self.special_tokens,
                 "byte_ids": self.byte_ids, "merges": self.merges}
        write_model(model, f"{prefix}.model")
        write_listing(self.vocab, self.merges, self.special_tokens, f"{prefix}.vocab")

    def load(self, model_file):
        """Become what save wrote; returns the tokenizer. ValueError for other files."""
        model = read_model(model_file)
        try:
            self.become(**model)
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
    """A RegexTokenizer of known merges, for instance another library's."""
    tokenizer = RegexTokenizer()
    tokenizer.become(merges, pattern or GPT4_SPLIT_PATTERN, byte_ids, special_tokens)
    for id, token in tokenizer.vocab.items():
        if merge_short([byte_ids[byte] for byte in token], merges) != [id]:
            raise ValueError(f"the token {token!r:.60} does not encode to itself as "
                             "all tokens do that come of training")
    return tokenizer


def checked_specials(special_tokens, vocab):
    """A dictionary or list of special tokens -> a dictionary, all in order."""
    if not isinstance(special_tokens, dict):
        names = list(special_tokens)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"the special token {twice!r} is there twice")
        special_tokens = {name: max(vocab) + 1 + n for n, name in enumerate(names)}
    taken = {}
    for name, id in special_tokens.items():
        if not isinstance(name, str) or not name:
            raise ValueError(f"a special token is a string of a character or more, "
                             f"not {name!r:.60}")
        check_text(name)
        if as_id(id) in vocab:
            raise ValueError(f"{name!r} cannot have id {id}; {vocab[id]!r:.60} has it")
        if id in taken:
            raise ValueError(f"{name!r} and {taken[id]!r} cannot both have id {id}")
        taken[id] = name
    return dict(special_tokens)


def as_id(id):
    if isinstance(id, bool) or not isinstance(id, int) or not 0 <= id < MOST:
        raise ValueError(f"an id is a number from 0 to {MOST - 1}, not {id!r:.40}")
    return id


def any_of(names):
    """A regular expression for any of some strings; of two that fit, the longer one."""
    names = sorted(names, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, names)) or "(?!)")
