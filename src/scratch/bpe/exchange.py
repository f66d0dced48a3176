"""Exchange tokenizers with tiktoken and with Hugging Face's tokenizers.

    >>> tokenizer = RegexTokenizer()
    >>> tokenizer.train("low lower lowest", 256 + 3)
    >>> print(tiktoken_ranks(tokenizer).decode().splitlines()[-1])    # base64 and rank
    IGxvdw== 258
    >>> model = json.loads(huggingface_json(tokenizer))["model"]
    >>> model["merges"]                                # Ġ is how they write a space
    [['l', 'o'], ['lo', 'w'], ['Ġ', 'low']]
    >>> from_huggingface(huggingface_json(tokenizer)).merges == tokenizer.merges
    True

tiktoken has no list of merges: it joins the two neighbours whose joined bytes have the
lowest rank. For trained tokens that is the same, and from_tiktoken recovers the merge
behind each token by encoding its bytes with the tokens before it. A vocabulary for
which this fails, or a tokenizer.json with features that this one lacks, is a ValueError
with the reason; every field is read or refused. The three engines read regular
expressions differently: dialects.py translates patterns, or says why it cannot.

Neither package has to be installed, except for to_tiktoken and from_tiktoken with an
Encoding, and for to_huggingface.

Chapter: docs/tokenization/tokenizers.md.  To copy: this file, tokenizer.py, split.py,
words.py, train.py, arrays.py, encode.py, store.py and dialects.py (needs regex).
"""

import base64
import functools
import importlib
import json
import re
from contextlib import suppress
from pathlib import Path

from .dialects import REGEX, TIKTOKEN, TOKENIZERS, free_alternatives, translate
from .split import GPT2_SPLIT_PATTERN, NAME, PATTERNS, SPELLINGS, Splitter
from .store import without_twins
from .tokenizer import RegexTokenizer, as_id, from_merges, merged


# tiktoken

def to_tiktoken(tokenizer, name="scratch.bpe"):
    """A RegexTokenizer -> a tiktoken.Encoding that gives the same ids."""
    refuse_beginnings(tokenizer.special_tokens)
    ranks = {token: id for id, token in tokenizer.vocab.items()}
    return import_package("tiktoken").Encoding(
        name, pat_str=tiktoken_pattern(tokenizer.pattern), mergeable_ranks=ranks,
        special_tokens=tokenizer.special_tokens)


def tiktoken_ranks(tokenizer):
    """The contents of a rank file: per line a token in base64, a space, its rank."""
    return b"".join(base64.b64encode(token) + b" %d\n" % id
                    for id, token in sorted(tokenizer.vocab.items()))


def from_tiktoken(encoding, pattern=None, special_tokens=()):
    """A tiktoken.Encoding, the name of one, or {bytes: rank} -> a RegexTokenizer.

    tiktoken downloads an encoding when its name is first used. An encoding has a
    pattern and special tokens. Ranks have neither, and do not say which pattern they
    were made with, so pass it along: gpt2, cl100k, o200k, or tiktoken's pat_str.
    """
    ranks = encoding
    if not isinstance(encoding, dict):
        if pattern or special_tokens:
            raise ValueError("an encoding has a pattern and special tokens of its own; "
                             "those of other ones go with ranks")
        if isinstance(encoding, str):
            encoding = import_package("tiktoken").get_encoding(encoding)
        ranks, pattern = encoding._mergeable_ranks, encoding._pat_str
        special_tokens = encoding._special_tokens
    byte_ids = [ranks.get(bytes([byte])) for byte in range(256)]
    if None in byte_ids:
        raise ValueError(f"there is no token for the byte 0x{byte_ids.index(None):02x}")
    merges = {}
    for token, rank in sorted(ranks.items(), key=lambda item: as_id(item[1])):
        if not isinstance(token, bytes):
            raise ValueError(f"the token {token!r:.60} is not of type bytes")
        if len(token) != 1:
            parts = merged(token, byte_ids, merges)
            if len(parts) != 2:
                raise ValueError(f"the token {token!r:.60} is not two tokens of lower "
                                 f"rank, but {len(parts)}")
            merges[tuple(parts)] = rank
    tokenizer = from_merges(merges, None, byte_ids, special_tokens)
    if not pattern:
        raise ValueError("ranks do not say by which pattern text is split before it is "
                         "merged; say pattern='gpt2', 'cl100k', 'o200k' or the pat_str")
    refuse_beginnings(tokenizer.special_tokens)
    named = NAME.fullmatch(pattern)
    pattern = Splitter(pattern).pattern if named else pattern_of_tiktoken(pattern)
    return from_merges(merges, pattern, byte_ids, special_tokens)


def refuse_beginnings(special_tokens):
    """ValueError if one name begins with another: tiktoken may take either of them."""
    names = sorted(special_tokens)
    for name, longer in zip(names, names[1:]):
        if longer.startswith(name):
            raise ValueError(f"the special token {name!r} is the beginning of "
                             f"{longer!r}; tiktoken does not say which one it finds")


def read_tiktoken_ranks(path):
    """A rank file -> {bytes: rank}."""
    ranks, seen = {}, set()
    for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
        try:
            token, rank = line.split()
            token, rank = base64.b64decode(token, validate=True), as_id(int(rank))
        except ValueError:
            token = None
        if token is None or b"%s %d" % (base64.b64encode(token), rank) != line:
            raise ValueError(f"{path}:{number} is no line of a rank file: a token in "
                             "base64, a space, its rank")
        if token in ranks or rank in seen:
            raise ValueError(f"{path}:{number} has a token or a rank that was there "
                             "before")
        ranks[token] = rank
        seen.add(rank)
    return ranks


def GPT4Tokenizer():
    """minbpe's name for tiktoken's cl100k_base."""
    return from_tiktoken("cl100k_base")


# Hugging Face

def to_huggingface(tokenizer):
    """A RegexTokenizer -> a tokenizers.Tokenizer; it always allows special tokens."""
    return import_package("tokenizers").Tokenizer.from_str(huggingface_json(tokenizer))


def huggingface_json(tokenizer):
    """A RegexTokenizer -> the contents of a tokenizer.json."""
    vocab = {byte_level_text(token): id
             for id, token in sorted(tokenizer.vocab.items())}
    for name, id in tokenizer.special_tokens.items():
        if name in vocab:
            raise ValueError(f"the special token {name!r} is spelt like the token "
                             f"{vocab[name]}; tokenizer.json has one name for both")
        vocab[name] = id
    spellings = {id: spelling for spelling, id in vocab.items()}
    flags = {"single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": True}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                  "use_regex": False}
    merges = [[spellings[a], spellings[b]] for a, b in tokenizer.merges]
    return json.dumps({
        "version": "1.0",
        "added_tokens": [{"id": id, "content": name, **flags}
                         for name, id in sorted(tokenizer.special_tokens.items(),
                                                key=lambda item: item[1])],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split",
             "pattern": {"Regex": pattern_for_huggingface(tokenizer.pattern)},
             "behavior": "Isolated", "invert": False}, byte_level]},
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": vocab, "merges": merges},
    }, ensure_ascii=False, indent=1)


def from_huggingface(source):
    """A tokenizers.Tokenizer, or a tokenizer.json's contents -> a RegexTokenizer."""
    text = source if isinstance(source, str) else source.to_str()
    try:
        whole = json.loads(text, object_pairs_hook=without_twins)
        model, vocab = whole["model"], whole["model"]["vocab"]
        for thing, value in unsupported(whole):
            raise ValueError(f"it has {thing} {value!r:.60}, which is not supported")
        added = added_tokens(whole["added_tokens"], vocab)
        byte_ids = [vocab.get(byte_level_text(bytes([byte]))) for byte in range(256)]
        if None in byte_ids:
            raise ValueError("it has no token for the byte "
                             f"0x{byte_ids.index(None):02x}; train it with all of them")
        merges = {}
        for pair in model["merges"]:
            parts = pair.split(" ") if isinstance(pair, str) else pair
            if len(parts) != 2:
                raise ValueError(f"its merge {pair!r:.60} is not of two tokens")
            a, b = parts
            if (vocab[a], vocab[b]) in merges:
                raise ValueError(f"it merges {a!r} and {b!r} twice")
            merges[vocab[a], vocab[b]] = vocab[a + b]
        tokenizer = from_merges(merges, split_pattern(whole["pre_tokenizer"]), byte_ids,
                                added)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no tokenizer.json: {error}") from None
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"this is no tokenizer.json of byte-pair encoding: {error!r}"
                         ) from None
    for name, id in vocab.items():
        token = tokenizer.vocab.get(id)
        if added.get(name) != id and (token is None or byte_level_text(token) != name):
            raise ValueError(f"no merge makes its token {name!r}")
    return tokenizer


def unsupported(whole):
    """(name, value) of each feature of a tokenizer.json that is not supported here.

    Whatever is not known to leave ids and text alone counts as one of them.
    """
    model = whole["model"]
    if model.get("type", "BPE") != "BPE":
        yield "a model of type", model["type"]
    for key, value in model.items():
        if value and key not in ("type", "vocab", "merges", "fuse_unk"):
            yield key, value
    for key, value in whole.items():
        plain = isinstance(value, dict) and value.get("type") == "ByteLevel"
        if not (value is None or key in ("model", "added_tokens", "pre_tokenizer")
                or key == "version" and value == "1.0"
                or key in ("decoder", "post_processor") and plain):
            yield f"the {key}", value
    for token in whole["added_tokens"]:
        for flag, value in token.items():
            if value and flag not in ("id", "content", "normalized", "special"):
                yield f"{flag} for the added token", token["content"]
    if len({bool(token.get("normalized")) for token in whole["added_tokens"]}) > 1:
        yield "added tokens that are normalized, beside others:", whole["added_tokens"]


def added_tokens(tokens, vocab):
    """The added tokens of a tokenizer.json -> {name: id}."""
    added = {}
    for token in tokens:
        name, id = token["content"], token["id"]
        if name in added or vocab.get(name, id) != id:
            raise ValueError(f"its added token {name!r} has more than one id")
        added[name] = id
    return added


def split_pattern(pre_tokenizer):
    """The pattern of one of the two usual pre-tokenizers; ValueError for others."""
    steps = [pre_tokenizer]
    if pre_tokenizer["type"] == "Sequence":
        steps = pre_tokenizer["pretokenizers"]
    byte_level = {"type": "ByteLevel", "add_prefix_space": False}
    last = {"use_regex": True, **steps[-1]}
    last.pop("trim_offsets", None)
    if len(steps) == 1 and last == {**byte_level, "use_regex": True}:
        return GPT2_SPLIT_PATTERN
    if len(steps) == 2 and last == {**byte_level, "use_regex": False}:
        text = steps[0]["pattern"].get("Regex") if "pattern" in steps[0] else None
        if text and steps[0] == {"type": "Split", "pattern": {"Regex": text},
                                 "behavior": "Isolated", "invert": False}:
            return text if is_known(text) else translate(text, TOKENIZERS, REGEX)
    raise ValueError("its pre_tokenizer is neither ByteLevel nor a Split by a pattern "
                     f"and ByteLevel after it: {json.dumps(pre_tokenizer):.200}")


def byte_characters():
    """GPT-2's characters for bytes: the byte itself if printable, or U+0100 and on."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in shown]
    return {**{byte: chr(byte) for byte in shown},
            **{byte: chr(0x100 + n) for n, byte in enumerate(hidden)}}


BYTE_CHARACTERS = byte_characters()


def byte_level_text(token):
    """A token as tokenizer.json spells it, with one character per byte."""
    return "".join(map(BYTE_CHARACTERS.__getitem__, token))


# Both

TRAILING_BLANKS = r"|\s+(?!\S)"
COVERED = re.compile(r"\(\?:(.+)\)\|\(\?:\(\?!(.+)\)\[\\s\\S\]\)\+", re.DOTALL)


def tiktoken_pattern(pattern):
    """The pattern for tiktoken, which would drop text that a pattern does not cover."""
    if is_known(pattern):
        # no lookahead, which overflows tiktoken's stack in a megabyte of blanks
        return pattern.replace(TRAILING_BLANKS, r"|\s++$" + TRAILING_BLANKS)
    theirs = translate(pattern, REGEX, TIKTOKEN)
    if covers_every_text(pattern):
        return theirs
    again = translate(pattern, REGEX, TIKTOKEN, Splitter(pattern).compiled.groups)
    return rf"(?:{theirs})|(?:(?!{again})[\s\S])+"


def pattern_of_tiktoken(text):
    """tiktoken's pat_str, which may come from tiktoken_pattern -> the same pattern."""
    was = text.replace(r"|\s++$" + TRAILING_BLANKS, TRAILING_BLANKS)
    if is_known(was) and text in (was, tiktoken_pattern(was)):
        return was
    if match := COVERED.fullmatch(text):
        with suppress(ValueError):
            pattern = translate(match[1], TIKTOKEN, REGEX)
            if match[1] == match[2] or tiktoken_pattern(pattern) == text:
                return pattern
    pattern = translate(text, TIKTOKEN, REGEX)
    if not covers_every_text(pattern):
        raise ValueError(f"tiktoken drops the text that {text!r:.60} does not match, "
                         "and split.py keeps it")
    return pattern


def pattern_for_huggingface(pattern):
    return pattern if is_known(pattern) else translate(pattern, REGEX, TOKENIZERS)


def is_known(pattern):
    """Whether it is one of the usual patterns, which all engines read alike."""
    return SPELLINGS.get(pattern, pattern) in PATTERNS.values()


@functools.lru_cache
def covers_every_text(pattern):
    """Whether something matches at any place in any text, as far as can be seen."""
    free = "|".join(free_alternatives(pattern)) or "(?!)"
    matches = Splitter(f"(?:{free})").compiled.fullmatch
    near = {max(0, min(ord(c) + n, 0x10FFFF)) for c in free for n in (-1, 0, 1)}
    return all(map(matches, characters())) and all(
        matches(chr(n)) for n in near if not 0xD800 <= n < 0xE000)


@functools.cache
def characters():
    """Characters as a text: from 0x34000 on, hardly one is assigned."""
    return "".join(map(chr, [*range(0xD800), *range(0xE000, 0x34000),
                             *range(0xE0000, 0xE0200), 0xF0000, 0x10FFFF]))


def import_package(package):
    """The package; if it is missing, an ImportError with the command to install it."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ImportError(f"this needs {package}: pip install {package}") from None
