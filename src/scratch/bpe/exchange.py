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
with the reason.

Neither package has to be installed, except for to_tiktoken and from_tiktoken with an
Encoding, and for to_huggingface.

Chapter: docs/tokenization/tokenizers.md.  To copy: this file, tokenizer.py, split.py,
words.py, train.py, arrays.py, encode.py and store.py (needs regex).
"""

import base64
import importlib
import json
from pathlib import Path

from .encode import merge_short
from .split import GPT2_SPLIT_PATTERN, Splitter
from .tokenizer import RegexTokenizer, from_merges


# tiktoken

def to_tiktoken(tokenizer, name="scratch.bpe"):
    """A RegexTokenizer -> a tiktoken.Encoding that gives the same ids."""
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
    pattern and special tokens; ranks have neither, so pass them along.
    """
    ranks = encoding
    if not isinstance(encoding, dict):
        if isinstance(encoding, str):
            encoding = import_package("tiktoken").get_encoding(encoding)
        ranks, pattern = encoding._mergeable_ranks, original_pattern(encoding._pat_str)
        special_tokens = encoding._special_tokens
    byte_ids = [ranks.get(bytes([byte])) for byte in range(256)]
    if None in byte_ids:
        raise ValueError(f"there is no token for the byte 0x{byte_ids.index(None):02x}")
    merges = {}
    for token, rank in sorted(ranks.items(), key=lambda item: item[1]):
        if len(token) != 1:
            parts = merge_short([byte_ids[byte] for byte in token], merges)
            if len(parts) != 2:
                raise ValueError(f"the token {token!r:.60} is not two tokens of lower "
                                 f"rank, but {len(parts)}")
            merges[tuple(parts)] = rank
    return from_merges(merges, pattern, byte_ids, special_tokens)


def read_tiktoken_ranks(path):
    """A rank file -> {bytes: rank}."""
    ranks = {}
    for number, line in enumerate(Path(path).read_bytes().splitlines(), start=1):
        try:
            token, rank = line.split()
            ranks[base64.b64decode(token, validate=True)] = int(rank)
        except ValueError:
            raise ValueError(f"{path}:{number} is no line of a rank file: a token in "
                             "base64, a space, its rank") from None
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
            {"type": "Split", "pattern": {"Regex": tokenizer.pattern},
             "behavior": "Isolated", "invert": False}, byte_level]},
        "decoder": byte_level,
        "model": {"type": "BPE", "vocab": vocab, "merges": merges},
    }, ensure_ascii=False, indent=1)


def from_huggingface(source):
    """A tokenizers.Tokenizer, or a tokenizer.json's contents -> a RegexTokenizer."""
    text = source if isinstance(source, str) else source.to_str()
    try:
        whole = json.loads(text)
        model, vocab = whole["model"], whole["model"]["vocab"]
        added = {token["content"]: token["id"] for token in whole["added_tokens"]}
        for thing, value in unsupported(whole):
            raise ValueError(f"it has {thing} {value!r:.60}, which is not supported")
        byte_ids = [vocab.get(byte_level_text(bytes([byte]))) for byte in range(256)]
        if None in byte_ids:
            raise ValueError("it has no token for the byte "
                             f"0x{byte_ids.index(None):02x}; train it with all of them")
        merges = {}
        for pair in model["merges"]:
            a, b = pair.split(" ") if isinstance(pair, str) else pair
            merges[vocab[a], vocab[b]] = vocab[a + b]
        tokenizer = from_merges(merges, split_pattern(whole["pre_tokenizer"]), byte_ids,
                                added)
    except json.JSONDecodeError as error:
        raise ValueError(f"this is no tokenizer.json: {error}") from None
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"this is no tokenizer.json of byte-pair encoding: {error!r}"
                         ) from None
    for name, id in vocab.items():
        if id not in tokenizer.vocab and added.get(name) != id:
            raise ValueError(f"no merge makes its token {name!r}")
    return tokenizer


def unsupported(whole):
    """(name, value) of each feature of a tokenizer.json that is not supported here."""
    model = whole["model"]
    if model.get("type", "BPE") != "BPE":
        yield "a model of type", model["type"]
    for key in ("dropout", "unk_token", "continuing_subword_prefix",
                "end_of_word_suffix"):
        if model.get(key):
            yield key, model[key]
    if model.get("byte_fallback"):
        yield "byte_fallback", True
    if whole.get("normalizer"):
        yield "the normalizer", whole["normalizer"]
    for token in whole["added_tokens"]:
        for flag in "single_word", "lstrip", "rstrip":
            if token.get(flag):
                yield f"{flag} for the added token", token["content"]


def split_pattern(pre_tokenizer):
    """The pattern of one of the two usual pre-tokenizers; ValueError for others."""
    steps = pre_tokenizer.get("pretokenizers", [pre_tokenizer])
    split, last = steps[:-1], steps[-1]
    if last.get("type") == "ByteLevel" and not last.get("add_prefix_space", True):
        if not split and last.get("use_regex", True):
            return GPT2_SPLIT_PATTERN
        if (len(split) == 1 and not last.get("use_regex", True)
                and split[0]["type"] == "Split" and "Regex" in split[0]["pattern"]
                and split[0]["behavior"] == "Isolated" and not split[0]["invert"]):
            return original_pattern(split[0]["pattern"]["Regex"])
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


def tiktoken_pattern(pattern):
    """The pattern for tiktoken, which would drop text that a pattern does not cover."""
    if Splitter(pattern).known:
        # no lookahead, which overflows tiktoken's stack in a megabyte of blanks
        return pattern.replace(TRAILING_BLANKS, r"|\s++$" + TRAILING_BLANKS)
    compiled = Splitter(pattern).compiled
    if all(compiled.fullmatch(chr(n)) for n in range(0x3000)):
        return pattern
    return rf"(?:{pattern})|(?:(?!{pattern})[\s\S])+"


def original_pattern(pattern):
    """The pattern from which tiktoken_pattern made this one."""
    was = pattern.replace(r"|\s++$" + TRAILING_BLANKS, TRAILING_BLANKS)
    return was if Splitter(was).known and tiktoken_pattern(was) == pattern else pattern


def import_package(package):
    """The package; if it is missing, an ImportError with the command to install it."""
    try:
        return importlib.import_module(package)
    except ImportError:
        raise ImportError(f"this needs {package}: pip install {package}") from None
