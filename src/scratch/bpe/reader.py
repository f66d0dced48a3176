"""The tokenizer of a published model, read from the files that lie beside its weights.

    >>> tokens = "[UNK] [CLS] [SEP] [MASK] the ##re".split()
    >>> reader = of_files({"vocab.txt": "\\n".join(tokens)})
    >>> reader.encode("There, the [MASK]")
    [1, 4, 5, 0, 4, 3, 2]
    >>> reader.mask, reader.decode([4, 5]), reader.unknown("There, the")
    (3, 'there', ',')

    tokenizer.json               byte-level BPE, or BERT's WordPiece
    vocab.json and merges.txt    byte-level BPE, as GPT-2 and RoBERTa had it first
    vocab.txt                    BERT's WordPiece; with tokenizer_config.json, which
                                 says whether capitals are made small

A Reader adds what the model expects around a text (BERT's [CLS] and [SEP], a beginning)
and knows the mask, if there is one. Every field of tokenizer.json is read or refused.

The names of special tokens in a text become them, so that <mask> and <|endoftext|> can
be written: do not let strangers write the text.

Left out: SentencePiece (T5's, and that of the first Llamas) and Llama 3's rule that a
word which is a token is not merged.

Chapter: docs/makemore/published.md.
To copy: this file, bert_tokenizer.py, wordpiece.py, basic.py, exchange.py,
tokenizer.py, split.py, words.py, train.py, arrays.py, encode.py, store.py and
dialects.py (needs regex).
"""

import json
import re
from pathlib import Path

from .bert_tokenizer import BertTokenizer, read_vocabulary
from .exchange import BYTE_CHARACTERS, from_huggingface

MASKS = "[MASK]", "<mask>"
FILES = ("tokenizer.json", "vocab.json", "merges.txt", "vocab.txt",
         "tokenizer_config.json")
DIGITS = {"type": "Digits", "individual_digits": True}    # before GPT-2's pattern:
GPT2_DIGITS = (r"'(?:[sdmt]|ll|ve|re)|\p{N}| ?\p{L}+| ?[^\s\p{L}\p{N}]+"
               r"|\s+(?![^\s\p{N}])|\s+")


class Reader:
    """Text -> the ids that a model is asked with, and ids -> text.

    first and last are the ids around a text, strips the names of special tokens that
    take the blanks before them along, lost the bytes that have no token: some models
    never met U+0004, and it is dropped, as Hugging Face does it.
    """

    def __init__(self, tokenizer, first=(), last=(), strips=(), lost=()):
        self.tokenizer, self.first, self.last = tokenizer, list(first), list(last)
        self.lost = dict(lost)
        self.strips = re.compile("|".join(rf"\s+(?={re.escape(s)})" for s in strips))
        names = tokenizer.special_tokens if self.byte_level else tokenizer.ids
        self.mask_name = next((name for name in MASKS if name in names), None)
        self.mask = names.get(self.mask_name)

    @property
    def byte_level(self):
        return not isinstance(self.tokenizer, BertTokenizer)

    @property
    def largest(self):
        """The largest id: a model's vocabulary has to have it."""
        ids = self.tokenizer.decoder if self.byte_level else self.tokenizer.tokens
        return len(ids) - len(self.lost) - 1

    def __repr__(self):
        return f"Reader({self.tokenizer!r})"

    def encode(self, text, ends=True):
        """text -> ids; with ends, those that the model expects around it, too."""
        if self.byte_level:
            text = self.strips.sub("", text) if self.strips.pattern else text
            ids = self.tokenizer.encode(text, allowed_special="all")
            ids = [id for id in ids if id not in self.lost]
        else:
            ids = self.tokenizer.encode_ordinary(text)
        return [*self.first, *ids, *self.last] if ends else ids

    def decode(self, ids):
        """ids -> text, without special tokens."""
        if not self.byte_level:
            return self.tokenizer.decode(ids)
        special = self.tokenizer.special_tokens.values()
        return self.tokenizer.decode([id for id in ids if id not in special])

    def unknown(self, text):
        """The first word or byte of text that the model cannot be told, or None."""
        if not self.byte_level:
            return self.tokenizer.unknown(text)
        return next((self.lost[id] for id in self.tokenizer.encode(
            text, allowed_special="all") if id in self.lost), None)


def files(folder):
    """{name: contents} of the files in a folder that have to do with its tokenizer.

    Raises FileNotFoundError if there is no tokenizer among them.
    """
    folder = Path(folder)
    found = {name: (folder / name).read_text(encoding="utf-8")
             for name in FILES if (folder / name).exists()}
    if "tokenizer.json" in found:
        return {"tokenizer.json": found["tokenizer.json"]}
    if "vocab.txt" in found or {"vocab.json", "merges.txt"} <= found.keys():
        return found
    raise FileNotFoundError(
        f"{folder} has no tokenizer, without which text does not become ids: "
        "tokenizer.json, or vocab.txt, or vocab.json and merges.txt")


def of_folder(folder):
    """A folder -> the Reader of its tokenizer; ValueError for one of another kind."""
    try:
        return of_files(files(folder))
    except ValueError as error:
        raise ValueError(f"{folder}: its tokenizer cannot be used: {error}") from None


def of_files(found):
    """{name: contents} -> a Reader."""
    if "tokenizer.json" in found:
        return of_json(parsed(found["tokenizer.json"], "tokenizer.json"))
    if "vocab.txt" in found:
        settings = parsed(found.get("tokenizer_config.json", "{}"), "its settings")
        tokens = read_vocabulary(found["vocab.txt"])
        return of_bert(BertTokenizer(tokens, settings.get("do_lower_case", True)))
    vocab = parsed(found["vocab.json"], "vocab.json")
    lines = found["merges.txt"].split("\n")
    merges = [line.split(" ") for line in lines if line and not line.startswith("#v")]
    made = {"".join(pair) for pair in merges}
    names = [name for name in vocab if name not in made and len(name) > 1]
    whole = {"version": "1.0", "model": {"vocab": vocab, "merges": merges},
             "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": False},
             "added_tokens": [{"id": vocab[name], "content": name} for name in names]}
    tokenizer = from_huggingface(json.dumps(whole))
    ends = "<s>", "</s>"
    if not vocab.keys() >= set(ends):
        return Reader(tokenizer)
    first, last = ([vocab[name]] for name in ends)
    return Reader(tokenizer, first, last, [name for name in names if name in MASKS])


def of_json(whole):
    """The contents of a tokenizer.json, parsed -> a Reader."""
    try:
        before, after = ends_of(whole.get("post_processor"))
        kind = whole["model"].get("type", "BPE")
        if kind == "WordPiece":
            return of_wordpiece(whole, before, after)
        plain = {**whole, "post_processor": None}
        plain["added_tokens"], strips = [], []
        for token in whole["added_tokens"]:
            if token.get("lstrip") and not token.get("rstrip"):
                strips.append(token["content"])
                token = {**token, "lstrip": False}
            plain["added_tokens"].append(token)
        step = plain["pre_tokenizer"] or {}
        if step.get("pretokenizers", [0])[0] == DIGITS:
            plain["pre_tokenizer"] = with_digits(step)
        for limit in "truncation", "padding":    # of the program that wrote it
            plain.pop(limit, None)
        model, vocab = plain["model"], dict(plain["model"].get("vocab", {}))
        missing = [byte for byte, char in BYTE_CHARACTERS.items() if char not in vocab]
        new = max(vocab.values(), default=-1) + 1
        lost = dict(enumerate(missing if kind == "BPE" else (), start=new))
        vocab |= {BYTE_CHARACTERS[byte]: id for id, byte in lost.items()}
        plain["model"] = {**model, "vocab": vocab}
        lost = {id: f"the byte 0x{byte:02x}" for id, byte in lost.items()}
        tokenizer = from_huggingface(json.dumps(plain))
        return Reader(tokenizer, before, after, strips, lost)
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"tokenizer.json lacks what is needed: {error!r}") from None


def with_digits(step):
    """Each digit by itself, then GPT-2's pattern: one pattern for both."""
    _, byte_level = step["pretokenizers"]
    if byte_level.get("type") != "ByteLevel" or not byte_level.get("use_regex", True):
        raise ValueError("digits are split, and what follows is not GPT-2's pattern")
    return {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": GPT2_DIGITS}, "behavior": "Isolated",
         "invert": False}, {**byte_level, "use_regex": False}]}


def of_wordpiece(whole, before, after):
    """BERT's tokenizer.json -> a Reader."""
    model, tidy = whole["model"], whole["normalizer"]
    expected = {"unk_token": "[UNK]", "continuing_subword_prefix": "##",
                "max_input_chars_per_word": 100}
    lower, strip = tidy.get("lowercase"), tidy.get("strip_accents")
    usual = (all(model.get(key, value) == value for key, value in expected.items())
             and whole["pre_tokenizer"] == {"type": "BertPreTokenizer"}
             and tidy["type"] == "BertNormalizer" and strip in (None, lower)
             and tidy.get("clean_text") and tidy.get("handle_chinese_chars"))
    if not usual:
        raise ValueError("its word pieces are not made as BERT's are")
    vocab = model["vocab"]
    tokens = sorted(vocab, key=vocab.get)
    if [vocab[token] for token in tokens] != list(range(len(tokens))):
        raise ValueError("the ids of its tokens have gaps")
    names = [token["content"] for token in whole["added_tokens"]]
    if new := [name for name in names if name not in vocab]:
        raise ValueError(f"its added token {new[0]!r} is not in the vocabulary")
    return Reader(BertTokenizer(tokens, lower, names), before, after)


def of_bert(tokenizer):
    ids = tokenizer.ids
    return Reader(tokenizer, [ids[tokenizer.first]], [ids[tokenizer.last]])


def ends_of(step):
    """A post_processor -> the ids before a text, and those behind it."""
    kind = (step or {}).get("type")
    if kind in (None, "ByteLevel"):
        return [], []
    if kind in ("BertProcessing", "RobertaProcessing"):
        return [step["cls"][1]], [step["sep"][1]]
    if kind == "TemplateProcessing":
        ends, place = ([], []), 0
        for part in step["single"]:
            if "Sequence" in part:
                place = 1
            else:
                name = part["SpecialToken"]["id"]
                ends[place].extend(step["special_tokens"][name]["ids"])
        return ends
    if kind == "Sequence":
        both = [ends_of(each) for each in step["processors"]]
        return ([id for before, _ in reversed(both) for id in before],
                [id for _, after in both for id in after])
    raise ValueError(f"its post_processor is of type {kind!r}, which is not supported")


def parsed(text, name):
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name} is damaged, or no JSON: {error}") from None
    if not isinstance(found, dict):
        raise ValueError(f"{name} is no JSON object")
    return found
