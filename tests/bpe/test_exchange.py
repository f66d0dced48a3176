"""tiktoken and Hugging Face's tokenizers give our ids, and theirs are imported exactly or refused."""

import json
import random
import sys
from collections import Counter

import pytest
import tiktoken
import tokenizers
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st
from tiktoken.load import load_tiktoken_bpe

from scratch.bpe import basic, exchange, train
from scratch.bpe.exchange import (GPT4Tokenizer, from_huggingface, from_tiktoken, huggingface_json,
                                  read_tiktoken_ranks,
                                  tiktoken_ranks, to_huggingface, to_tiktoken)
from scratch.bpe.split import PATTERNS, Splitter
from scratch.bpe.tokenizer import RegexTokenizer, from_merges

SPECIALS = {"<|end|>": 1600, "<|a b|>": 1601, "line\nend": 1605}
PATTERNS_TOO = {**PATTERNS, "with gaps": r"[a-z]+|\d", "looking around": r"(?<=a)b+|\w+(?=\s)|\s"}
named = st.sampled_from(list(PATTERNS_TOO))


@pytest.fixture(scope="module")
def trio(trained):
    """pattern -> our tokenizer, tiktoken's and Hugging Face's of the same merges."""
    made = {}
    for name, pattern in PATTERNS_TOO.items():
        ours = from_merges(trained.merges, pattern, special_tokens=SPECIALS)
        made[name] = ours, to_tiktoken(ours), to_huggingface(ours)
    return made


@thorough
@given(named, texts)
def test_all_three_give_the_same_ids_for_every_text(trio, name, text):
    ours, theirs, face = trio[name]
    ids = ours.encode(text, "all")
    assert ids == theirs.encode(text, allowed_special="all") == face.encode(text).ids
    assert ours.encode(text, "none") == theirs.encode_ordinary(text)
    assert ours.decode(ids) == theirs.decode(ids) == face.decode(ids, skip_special_tokens=False) == text


@thorough
@given(st.binary(min_size=1, max_size=80))
def test_tiktoken_merges_any_bytes_as_we_do(trio, piece):
    ours, theirs, _ = trio["cl100k"]
    assert basic.apply(ours.merges, list(piece)) == theirs._encode_single_piece(piece)


@thorough
@given(st.lists(st.integers(0, 1499), max_size=30))
def test_any_ids_decode_alike(trio, ids):
    """Hugging Face replaces broken characters differently, so only whole ones are compared with it."""
    ours, theirs, face = trio["cl100k"]
    assert ours.decode_bytes(ids) == theirs.decode_bytes(ids)
    assert ours.decode(ids) == theirs.decode(ids)
    if "\ufffd" not in ours.decode(ids):
        assert face.decode(ids) == ours.decode(ids)


@given(texts)
def test_allowed_special_means_what_it_means_in_tiktoken(trio, text):
    ours, theirs, _ = trio["cl100k"]
    text = f"{text}<|end|>{text}"
    for options in {"allowed_special": "all"}, {"disallowed_special": ()}, {"allowed_special": {"<|end|>"},
                                                                          "disallowed_special": ()}:
        assert ours.encode(text, **options) == theirs.encode(text, **options)
    for tokenizer in ours, theirs:
        with pytest.raises(ValueError, match="special token"):
            tokenizer.encode(text)


def test_the_book_has_the_same_ids_in_all_three(trio, book):
    for ours, theirs, face in trio.values():
        ids = ours.encode(book[-60_000:], "none")
        assert ids == theirs.encode_ordinary(book[-60_000:])
        assert ours.encode(book[-60_000:], "all") == face.encode(book[-60_000:]).ids


@pytest.mark.parametrize("pattern", ["gpt2", "cl100k", "o200k"])
def test_a_megabyte_of_blanks_does_not_overflow_tiktokens_stack(trained, pattern):
    ours = from_merges(trained.merges, pattern)
    text = " " * 1_000_000
    assert to_tiktoken(ours).encode_ordinary(text) == ours.encode(text)


def test_a_rank_file_is_read_by_tiktoken_and_by_us(trained, tmp_path):
    path = tmp_path / "book.tiktoken"
    path.write_bytes(tiktoken_ranks(trained))
    ranks = load_tiktoken_bpe(str(path))
    assert ranks == read_tiktoken_ranks(path) == {token: id for id, token in trained.vocab.items()}


@pytest.mark.parametrize("name", PATTERNS_TOO)
def test_what_comes_back_from_either_is_what_went_there(trio, name):
    ours, theirs, face = trio[name]
    for back in from_tiktoken(theirs), from_huggingface(face), from_huggingface(huggingface_json(ours)):
        assert list(back.merges.items()) == list(ours.merges.items())
        assert (back.vocab, back.special_tokens) == (ours.vocab, ours.special_tokens)
    assert from_huggingface(face).pattern == ours.pattern
    if name in PATTERNS:
        assert from_tiktoken(theirs).pattern == ours.pattern


def test_merges_are_found_again_behind_ranks_with_shuffled_bytes(trained):
    """GPT-4's single bytes do not have their values as ranks."""
    order = list(range(256))
    random.Random(0).shuffle(order)
    ranks = {token: order[id] if id < 256 else id + 1000 for id, token in trained.vocab.items()}
    theirs = tiktoken.Encoding("shuffled", pat_str=PATTERNS["cl100k"], mergeable_ranks=ranks,
                               special_tokens={})
    ours = from_tiktoken(theirs)
    text = "hello world!!!? (안녕하세요!) lol123 😉"
    assert ours.encode(text) == theirs.encode(text) and ours.byte_ids == order
    assert from_tiktoken(ranks, "cl100k").encode(text) == theirs.encode(text)
    assert from_huggingface(to_huggingface(ours)).encode(text) == theirs.encode(text)


def test_gpt4s_own_pattern_is_kept(trained):
    """tiktoken takes a last blank line in one piece, which cl100k as published does not."""
    pattern = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+"
               r"| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$"
               r"|\s*[\r\n]|\s+(?!\S)|\s")
    ranks = {token: id for id, token in trained.vocab.items()} | {b"\n ": 1500}
    theirs = tiktoken.Encoding("own", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    ours = from_tiktoken(theirs)
    assert ours.encode("x\n ") == theirs.encode("x\n ") == [120, 1500]
    assert to_tiktoken(ours).encode("x\n ") == [120, 1500]


def test_an_encoding_may_be_given_by_name(monkeypatch, trio):
    ours, theirs, _ = trio["cl100k"]
    monkeypatch.setattr(tiktoken, "get_encoding", {"cl100k_base": theirs}.__getitem__)
    assert GPT4Tokenizer().merges == ours.merges


# Hugging Face's trainer

def face_of(pieces, size):
    """Their trainer's tokenizer for pieces that are words already."""
    face = tokenizers.Tokenizer(tokenizers.models.BPE())
    face.pre_tokenizer = tokenizers.pre_tokenizers.Sequence([
        tokenizers.pre_tokenizers.Split(tokenizers.Regex(PATTERNS["cl100k"]), "isolated"),
        tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    face.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    face.train_from_iterator(pieces, tokenizers.trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=alphabet, show_progress=False))
    return face


def test_without_ties_the_merges_are_those_of_hugging_faces_trainer():
    """Words of two letters of which no two are equally frequent, so that no tie can decide."""
    words = [f" {a}{b}" for a in "abcdefgh" for b in "stuvwxyz"]
    text = "".join(word * (2 ** n % 1_009 + n) for n, word in enumerate(words))
    ours = RegexTokenizer()
    ours.train(text, 256 + 16)
    counts = Counter(Splitter().split(text))
    current = list(counts)
    for (a, b), new in ours.merges.items():
        total, _ = train.count_pairs(current, list(counts.values()))
        best, second = sorted(total.values(), reverse=True)[:2]
        assert best == total[chr(a) + chr(b)] > second
        current = [word.replace(chr(a) + chr(b), chr(new)) for word in current]
    theirs = from_huggingface(face_of([text], 256 + 16))
    tokens, same = ([one.vocab[id] for id in one.merges.values()] for one in (ours, theirs))
    assert tokens == same


def test_with_ties_the_compression_is_that_of_hugging_faces_trainer(book):
    text = book[:400_000]
    ours = RegexTokenizer()
    ours.train(text, 2000)
    theirs = face_of([text], 2000)
    assert len(ours.encode(text, "none")) == pytest.approx(len(theirs.encode(text).ids), rel=0.001)
    assert from_huggingface(theirs).encode(text) == theirs.encode(text).ids


# What is refused

def test_without_the_packages_the_error_says_what_to_install(trained, monkeypatch):
    for name, call in ("tiktoken", to_tiktoken), ("tokenizers", to_huggingface):
        monkeypatch.setitem(sys.modules, name, None)
        with pytest.raises(ImportError, match=f"this needs {name}: pip install {name}"):
            call(trained)
    assert tiktoken_ranks(trained) and huggingface_json(trained)


@pytest.mark.parametrize("ranks, complaint", [
    ({bytes([byte]): byte for byte in range(255)}, "no token for the byte 0xff"),
    ({**{bytes([byte]): byte for byte in range(256)}, b"abc": 300},
     "b'abc' is not two tokens of lower rank, but 3"),
    ({**{bytes([byte]): byte for byte in range(256)}, "x": 300}, "the token 'x' is not of type bytes"),
    ({**{bytes([byte]): byte for byte in range(256)}, b"": 300}, "b'' is not two tokens"),
    ({**{bytes([byte]): byte for byte in range(256)}, b"ab": 300, b"bc": 300}, "new, higher id")])
def test_ranks_that_no_training_gives_are_refused(ranks, complaint):
    with pytest.raises(ValueError, match=complaint):
        from_tiktoken(ranks)


def test_ranks_do_not_say_their_pattern_and_an_encoding_has_its_own(trio):
    """GPT-2's ranks with GPT-4's pattern would be other ids for every number."""
    ours, theirs, _ = trio["gpt2"]
    with pytest.raises(ValueError, match="ranks do not say by which pattern"):
        from_tiktoken({token: id for id, token in ours.vocab.items()})
    for pattern in "gpt2", theirs._pat_str:
        again = from_tiktoken({token: id for id, token in ours.vocab.items()}, pattern)
        assert again.encode("in 12345, it's") == ours.encode("in 12345, it's")
    with pytest.raises(ValueError, match="'r50k_base' is not among gpt2, cl100k, o200k"):
        from_tiktoken({token: id for id, token in ours.vocab.items()}, "r50k_base")
    for more in {"pattern": "cl100k"}, {"special_tokens": ["<|more|>"]}:
        with pytest.raises(ValueError, match="pattern and special tokens of its own"):
            from_tiktoken(theirs, **more)


@pytest.mark.parametrize("rank", [-1, True, 1.0, "5", 10**12])
def test_a_rank_that_is_none_is_refused(rank):
    with pytest.raises(ValueError, match="an id is a number"):
        from_tiktoken({**{bytes([byte]): byte for byte in range(256)}, b"ab": rank}, "gpt2")


def test_a_special_token_that_begins_another_cannot_go_to_tiktoken_or_come_from_there(trained):
    """tiktoken takes whichever of them its table has first; ours and Hugging Face take the longest."""
    names = {"<|a|>": 1600, "<|a|><|b|>": 1601, "<|c|>": 1602}
    ours = from_merges(trained.merges, special_tokens=names)
    with pytest.raises(ValueError, match=r"'<\|a\|>' is the beginning of '<\|a\|><\|b\|>'"):
        to_tiktoken(ours)
    theirs = tiktoken.Encoding("x", pat_str=PATTERNS["gpt2"], special_tokens=names,
                               mergeable_ranks={token: id for id, token in trained.vocab.items()})
    with pytest.raises(ValueError, match="is the beginning of"):
        from_tiktoken(theirs)
    text = "<|a|><|b|><|a|><|c|>"
    assert to_huggingface(ours).encode(text).ids == ours.encode(text, "all") == [1601, 1600, 1602]


def test_a_long_token_takes_no_longer_than_its_bytes_need():
    """A token of 2^18 bytes, which is merged by merge_long; merge_short would take an hour."""
    merges, last = {}, 97
    for new in range(256, 256 + 18):
        merges[last, last], last = new, new
    ours = from_merges(merges)
    assert from_huggingface(huggingface_json(ours)).merges == merges
    assert from_tiktoken({token: id for id, token in ours.vocab.items()}, "cl100k").merges == merges


@pytest.mark.parametrize("line",
                         [b"YWI=", b"YWI= x", b"!!! 5", b"YWI= 5 6", b"", b"YWI= 1_0", b"YWI= -5", b"YWI= +5",
                                  b"YWI= 05", b"YWI= \xd9\xa3", b"YWI=  5", b"YWJ= 5"])
def test_a_damaged_rank_file_is_refused_with_its_line(tmp_path, line):
    (tmp_path / "x.tiktoken").write_bytes(b"YQ== 0\n" + line + b"\nYg== 1\n")
    with pytest.raises(ValueError, match="x.tiktoken:2 is no line of a rank file"):
        read_tiktoken_ranks(tmp_path / "x.tiktoken")


@pytest.mark.parametrize("line", [b"YQ== 7", b"YWI= 0"])
def test_a_token_or_a_rank_that_is_there_twice_is_refused_with_its_line(tmp_path, line):
    (tmp_path / "x.tiktoken").write_bytes(b"YQ== 0\nYg== 1\n" + line + b"\n")
    with pytest.raises(ValueError, match="x.tiktoken:3 has a token or a rank that was there before"):
        read_tiktoken_ranks(tmp_path / "x.tiktoken")


def changed(change):
    """A tokenizer.json of ours with something changed in it."""
    tokenizer = RegexTokenizer()
    tokenizer.train("low lower lowest", 259)
    tokenizer.register_special_tokens(["<|end|>"])
    whole = json.loads(huggingface_json(tokenizer))
    change(whole)
    return json.dumps(whole)


def test_merges_may_be_written_as_strings_as_they_used_to_be():
    def change(whole):
        whole["model"]["merges"] = [" ".join(pair) for pair in whole["model"]["merges"]]
    assert from_huggingface(changed(change)).merges == from_huggingface(changed(lambda whole: None)).merges


def test_a_pre_tokenizer_of_bytes_alone_is_gpt2s():
    def change(whole):
        whole["pre_tokenizer"] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True,
                                  "use_regex": True}
    text = changed(change)
    assert from_huggingface(text).pattern == PATTERNS["gpt2"]
    sample = "It's 12 lowest,\n\n lower"
    assert from_huggingface(text).encode(sample) == tokenizers.Tokenizer.from_str(text).encode(sample).ids


@pytest.mark.parametrize("change, complaint", [
    (lambda whole: whole.update(normalizer={"type": "NFC"}), "the normalizer"),
    (lambda whole: whole["model"].update(type="WordPiece"), "a model of type 'WordPiece'"),
    (lambda whole: whole["model"].update(dropout=0.1), "dropout 0.1"),
    (lambda whole: whole["model"].update(unk_token="?"), "unk_token"),
    (lambda whole: whole["model"].update(byte_fallback=True), "byte_fallback"),
    (lambda whole: whole["model"].update(end_of_word_suffix="</w>"), "end_of_word_suffix"),
    (lambda whole: whole["model"]["vocab"].pop("a"), "no token for the byte 0x61"),
    (lambda whole: whole["model"]["vocab"].update(orphan=900), "no merge makes its token 'orphan'"),
    (lambda whole: whole["model"]["vocab"].pop("low"), "'low'"),
    (lambda whole: whole["model"]["merges"].reverse(), "does not exist yet"),
    (lambda whole: whole["added_tokens"][0].update(lstrip=True), "lstrip for the added token"),
    (lambda whole: whole.update(pre_tokenizer={"type": "Whitespace"}), "neither ByteLevel nor a Split"),
    (lambda whole: whole.update(pre_tokenizer=None), "no tokenizer.json of byte-pair"),
    (lambda whole: whole.pop("model"), "no tokenizer.json of byte-pair"),
    (lambda whole: whole["pre_tokenizer"]["pretokenizers"][0].update(behavior="Removed"),
     "neither ByteLevel nor"),
    (lambda whole: whole["pre_tokenizer"]["pretokenizers"][1].update(add_prefix_space=True),
     "neither ByteLevel nor"),
    (lambda whole: whole["pre_tokenizer"].update(pretokenizers=[]), "no tokenizer.json of byte-pair"),
    (lambda whole: whole["model"]["merges"].append(["l"]), "merge ..l.. is not of two tokens"),
    (lambda whole: whole["model"]["merges"].append("l o w"), "merge 'l o w' is not of two tokens"),
    (lambda whole: whole["pre_tokenizer"]["pretokenizers"][0].update(more=1), "neither ByteLevel nor"),
    (lambda whole: whole["pre_tokenizer"]["pretokenizers"][1].update(use_regex=True),
     "neither ByteLevel nor"),
    (lambda whole: whole.update(post_processor={"type": "TemplateProcessing", "single": []}),
     "the post_processor {'type': 'TemplateProcessing'"),
    (lambda whole: whole.update(truncation={"max_length": 5}), "the truncation"),
    (lambda whole: whole.update(padding={"strategy": {"Fixed": 6}}), "the padding"),
    (lambda whole: whole.update(decoder={"type": "WordPiece"}), "the decoder"),
    (lambda whole: whole.update(decoder={"type": "Sequence", "decoders": [{"type": "ByteLevel"}]}),
     "the decoder"),
    (lambda whole: whole.update(version="2.0"), "the version '2.0'"),
    (lambda whole: whole.update(novelty=True), "the novelty True"),
    (lambda whole: whole["model"].update(ignore_merges=True), "ignore_merges True"),
    (lambda whole: whole["model"].update(novelty=1), "novelty 1"),
    (lambda whole: whole["added_tokens"][0].update(single_word=True), "single_word for the added token"),
    (lambda whole: whole["added_tokens"][0].update(novelty=True), "novelty for the added token"),
    (lambda whole: whole["added_tokens"].append({"content": "x", "id": 400, "normalized": True}),
     "added tokens that are normalized"),
    (lambda whole: whole["added_tokens"].append({"content": "<|end|>", "id": 400}),
     "'<|end|>' has more than one id"),
    (lambda whole: whole["added_tokens"][0].update(id=400), "'<|end|>' has more than one id"),
    (lambda whole: whole["added_tokens"].append({"content": "<|more|>", "id": 259}),
     "cannot both have id 259"),
    (lambda whole: whole["added_tokens"].append({"content": "low", "id": 257}), "cannot have id 257"),
    (lambda whole: whole["added_tokens"].append({"content": "x", "id": -1}),
     "more than one id|an id is a number"),
    (lambda whole: whole["model"]["vocab"].update(twin=257), "no merge makes its token 'twin'"),
    (lambda whole: whole["model"]["vocab"].update(lo=-1), "an id is a number"),
    (lambda whole: whole["model"]["merges"].append(["l", "o"]), "merges 'l' and 'o' twice")])
def test_what_a_tokenizer_json_has_beyond_ours_is_refused(change, complaint):
    with pytest.raises(ValueError, match=complaint):
        from_huggingface(changed(change))


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"model": 5}', "[" * 100_000])
def test_what_is_no_tokenizer_json_is_refused(text):
    with pytest.raises(ValueError, match="this is no tokenizer.json"):
        from_huggingface(text)


def test_a_name_that_is_twice_in_a_tokenizer_json_is_refused():
    text = changed(lambda whole: None)
    with pytest.raises(ValueError, match="the name 'low' is in it twice"):
        from_huggingface(text.replace('"low": 257', '"low": 257, "low": 257'))


@pytest.mark.parametrize("change", [
    lambda whole: whole.update(truncation=None, padding=None, normalizer=None, version="1.0"),
    lambda whole: whole.update(decoder=None),
    lambda whole: whole.update(post_processor={"type": "ByteLevel", "add_prefix_space": True,
                                               "trim_offsets": False, "use_regex": True}),
    lambda whole: whole["model"].update(dropout=None, unk_token=None, fuse_unk=True, ignore_merges=False),
    lambda whole: whole["added_tokens"][0].update(normalized=True, special=False)])
def test_fields_that_leave_the_ids_alone_are_read(change):
    text, sample = changed(change), "low<|end|>lower  lowest 123\n"
    theirs = tokenizers.Tokenizer.from_str(text).encode(sample).ids
    assert from_huggingface(text).encode(sample, "all") == theirs


def test_what_a_tokenizer_of_theirs_does_beyond_ours_is_refused(trio):
    """huggingface/transformers#3788, huggingface/tokenizers#854: BOS and EOS, truncation, padding."""
    def theirs():
        return tokenizers.Tokenizer.from_str(trio["cl100k"][2].to_str())
    template = tokenizers.processors.TemplateProcessing(single="<|end|> $A",
                                                        special_tokens=[("<|end|>", 1600)])
    face = theirs()
    face.post_processor = template
    assert face.encode("a").ids[0] == 1600
    with pytest.raises(ValueError, match="it has the post_processor .*, which is not supported"):
        from_huggingface(face)
    for change, what in (lambda face: face.enable_truncation(1), "truncation"), (
            lambda face: face.enable_padding(length=6), "padding"):
        face = theirs()
        change(face)
        with pytest.raises(ValueError, match=f"it has the {what}"):
            from_huggingface(face)


def test_a_token_that_does_not_encode_to_itself_is_refused():
    """"ab" was made first, so that "abc" out of "a" and "bc" never comes about."""
    def change(whole):
        vocab = whole["model"]["vocab"]
        for token in "xy", "yz", "xyz":
            vocab[token] = 900 + len(vocab)
        whole["model"]["merges"] += [["x", "y"], ["y", "z"], ["x", "yz"]]
    with pytest.raises(ValueError, match="b'xyz' does not encode to itself"):
        from_huggingface(changed(change))


def test_a_special_token_spelt_like_a_token_cannot_go_to_tokenizer_json(trained):
    tokenizer = from_merges(trained.merges, special_tokens={"def": 1600})
    assert exchange.byte_level_text(b"def") == "def" and b"def" in tokenizer.vocab.values()
    with pytest.raises(ValueError, match="'def' is spelt like the token"):
        huggingface_json(tokenizer)
    assert to_tiktoken(tokenizer).encode("def", allowed_special="all") == [1600]


def test_characters_for_bytes_are_those_of_gpt2():
    """Oracle: Hugging Face's alphabet, and its spelling of a space and an end of line."""
    assert set(exchange.BYTE_CHARACTERS.values()) == set(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    assert exchange.byte_level_text(" \né".encode()) == "ĠĊÃ©"
