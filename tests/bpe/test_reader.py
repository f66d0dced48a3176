"""The tokenizers beside published weights read text as Hugging Face's library does."""

import json
import os
from pathlib import Path

import pytest
from bpe.edge_cases import thorough
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import (AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
                        trainers)

from scratch.bpe.bert_tokenizer import SPECIAL
from scratch.bpe.reader import files, of_files, of_folder

TEXT = "the cat sat on the mat, it's 1999 and the 3 dogs don't mind; Café déjà 中 the theme then there " * 3
OF_ROBERTA = ["<s>", "<pad>", "</s>", "<unk>"]


def byte_level(first=(), digits=False, mask=False, post=None):
    """A byte-level BPE as GPT-2's, RoBERTa's or SmolLM's, trained on a few words."""
    found = Tokenizer(models.BPE())
    steps = [pre_tokenizers.ByteLevel(add_prefix_space=False)]
    if digits:
        steps.insert(0, pre_tokenizers.Digits(individual_digits=True))
    found.pre_tokenizer = pre_tokenizers.Sequence(steps) if digits else steps[0]
    found.decoder = decoders.ByteLevel()
    special = [*first, "<|endoftext|>"]
    if mask:
        special.append(AddedToken("<mask>", lstrip=True, normalized=False, special=True))
    found.train_from_iterator([TEXT], trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False))
    if post:
        found.post_processor = post(found)
    return found


def word_pieces(lower=True):
    found = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    found.normalizer = normalizers.BertNormalizer(lowercase=lower)
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    found.train_from_iterator([TEXT], trainers.WordPieceTrainer(
        vocab_size=120, special_tokens=list(SPECIAL), show_progress=False))
    found.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(name, found.token_to_id(name)) for name in ("[CLS]", "[SEP]")])
    found.decoder = decoders.WordPiece()
    return found


def roberta(found):
    return processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)


def beginning(found):
    return processors.Sequence([processors.ByteLevel(trim_offsets=False), processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)])])


KINDS = {
    "gpt2": byte_level(), "roberta": byte_level(OF_ROBERTA, mask=True, post=roberta),
    "digits apart": byte_level(digits=True), "a beginning": byte_level(["<s>"], post=beginning),
    "bert": word_pieces(), "bert cased": word_pieces(lower=False),
}
OURS = {name: of_files({"tokenizer.json": theirs.to_str()}) for name, theirs in KINDS.items()}
texts = st.lists(st.one_of(
    st.sampled_from(["the cat", " don't", "  ", "\n\n", "<mask>", " <mask>", "[MASK]", "<|endoftext|>", "19",
                     " 3", "½²", "the  7", "É", " \t", "<s>"]),
    st.text(max_size=4).filter(lambda s: s.isascii() or s.isprintable())), max_size=8).map("".join)


@thorough
@given(st.sampled_from(list(KINDS)), texts)
def test_ids_are_hugging_faces(name, text):
    """Oracle: tokenizers, from the same tokenizer.json; what it puts around a text included."""
    if "bert" in name.split():
        text = "".join(c for c in text if c < "\u0250" or c in "中")    # their Unicode is an older one
    assert OURS[name].encode(text) == KINDS[name].encode(text).ids


@thorough
@given(st.sampled_from(list(KINDS)), texts)
def test_ids_are_read_back_as_hugging_face_reads_them(name, text):
    ids = KINDS[name].encode("".join(c for c in text if c < "\u0250")).ids
    assert OURS[name].decode(ids) == KINDS[name].decode(ids, skip_special_tokens=True)


def test_the_mask_is_found_under_either_name():
    assert OURS["roberta"].mask == KINDS["roberta"].token_to_id("<mask>")
    assert OURS["bert"].mask == 4 and OURS["gpt2"].mask is None


def test_ends_can_be_left_out():
    assert OURS["bert"].encode("the", ends=False) == OURS["bert"].encode("the")[1:-1]
    assert OURS["roberta"].encode("a")[0] == 0 and OURS["roberta"].encode("a")[-1] == 2


@pytest.mark.parametrize("name, kept", [("gpt2", []), ("roberta", []), ("bert", []), ("bert cased", [])])
def test_the_older_files_are_read_alike(tmp_path, name, kept):
    """Oracle: the tokenizer.json; the files are those that tokenizers itself writes, and BERT's settings."""
    KINDS[name].model.save(str(tmp_path))
    if "bert" in name.split():
        (tmp_path / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": name == "bert"}))
    older = of_folder(tmp_path)
    for text in ("the cat  sat <mask>", "don't [MASK] 19", "", "Déjà 中", "<|endoftext|>there"):
        assert older.encode(text) == OURS[name].encode(text), text
    KINDS[name].save(str(tmp_path / "tokenizer.json"))
    assert list(files(tmp_path)) == ["tokenizer.json"]
    assert of_folder(tmp_path).encode("the cat") == OURS[name].encode("the cat")


def test_the_word_that_is_unknown_is_named():
    assert OURS["bert"].unknown("the ☃ sat") == "☃" and OURS["bert"].unknown("the cat") is None
    assert OURS["gpt2"].unknown("☃") is None


def test_a_byte_without_a_token_is_dropped_as_hugging_face_drops_it():
    """SmolLM2's vocabulary has none for U+0004, for instance; ids of the others stay what they are."""
    whole = json.loads(KINDS["gpt2"].to_str())
    gone = whole["model"]["vocab"].pop("\u0104")
    whole["model"]["vocab"] = {name: id - (id > gone) for name, id in whole["model"]["vocab"].items()}
    whole["added_tokens"], whole["model"]["vocab"] = [], {
        name: id for name, id in whole["model"]["vocab"].items() if name != "<|endoftext|>"}
    theirs, ours = Tokenizer.from_str(json.dumps(whole)), of_files({"tokenizer.json": json.dumps(whole)})
    for text in ("the\x04 cat", "\x04", "the cat"):
        assert ours.encode(text) == theirs.encode(text).ids
    assert ours.unknown("the\x04 cat") == "the byte 0x04" and ours.unknown("the cat") is None


def changed(name, path, value):
    whole = json.loads(KINDS[name].to_str())
    at = whole
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return json.dumps(whole)


REFUSED = {
    "no JSON": ("{", "tokenizer.json is damaged, or no JSON"),
    "a list": ("[]", "tokenizer.json is no JSON object"),
    "Unigram": (changed("gpt2", ["model"], {"type": "Unigram", "vocab": {}}), "a model of type 'Unigram'"),
    "no model": ('{"version": "1.0"}', "lacks what is needed"),
    "a prefix": (changed("gpt2", ["model", "continuing_subword_prefix"], "##"), "continuing_subword_prefix"),
    "ignored merges": (changed("gpt2", ["model", "ignore_merges"], True), "ignore_merges"),
    "another end": (changed("gpt2", ["post_processor"], {"type": "Other"}),
                    "its post_processor is of type 'Other'"),
    "other word pieces": (changed("bert", ["model", "continuing_subword_prefix"], "@@"),
                          "not made as BERT's"),
    "gaps": (changed("bert", ["model", "vocab", "far"], 999), "have gaps"),
    "a new token": (changed("bert", ["added_tokens", 0, "content"], "[NEW]"),
                    r"added token '\[NEW\]' is not in"),
    "other digits": (changed("digits apart", ["pre_tokenizer", "pretokenizers", 1, "use_regex"], False),
                     "not GPT-2's"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_read_is_refused_with_the_reason(what):
    text, says = REFUSED[what]
    with pytest.raises(ValueError, match=says):
        of_files({"tokenizer.json": text})


def test_a_folder_without_a_tokenizer_is_told(tmp_path):
    (tmp_path / "vocab.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="has no tokenizer, without which text does not become ids"):
        of_folder(tmp_path)
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(ValueError, match=f"{tmp_path}: its tokenizer cannot be used: .*no JSON"):
        of_folder(tmp_path)


@pytest.mark.parametrize("name", ["SCRATCH_GPT2", "SCRATCH_BERT", "SCRATCH_LLAMA"])
def test_a_published_tokenizer_is_read_as_tokenizers_reads_it(name):
    """Oracle: tokenizers, on this book's own text; needs the folder of a published model."""
    if name not in os.environ:
        pytest.skip(f"{name} names no folder with a published model")
    folder = Path(os.environ[name])
    theirs, ours = Tokenizer.from_file(str(folder / "tokenizer.json")), of_folder(folder)
    theirs.no_truncation(), theirs.no_padding()
    for path in sorted(Path(__file__).parents[2].glob("docs/*/*.md"))[:12]:
        text = path.read_text(encoding="utf-8")[:20_000]
        assert ours.encode(text) == theirs.encode(text).ids
