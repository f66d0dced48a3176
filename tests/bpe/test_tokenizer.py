"""The tokenizer to use: published examples, special tokens, files, and every strange input."""

import copy
import json
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st

import scratch.bpe
from scratch.bpe import basic, exchange
from scratch.bpe import tokenizer as module
from scratch.bpe.split import GPT2_SPLIT_PATTERN, Splitter
from scratch.bpe.store import checksum
from scratch.bpe.tokenizer import RegexTokenizer, from_merges

# REFERENCE K5 and K12, and text with what is spelt like special tokens
TEXTS = ["", "?", "hello world!!!? (안녕하세요!) lol123 😉"]
SPECIALS = {"<|endoftext|>": 100257, "<|fim_prefix|>": 100258, "<|fim_middle|>": 100259,
            "<|fim_suffix|>": 100260, "<|endofprompt|>": 100276}    # REFERENCE K6
WITH_SPECIALS = "<|endoftext|>Hello world this is one document\n<|endoftext|>And another\n<|fim_prefix|>" \
                "one<|fim_suffix|> with<|fim_middle|> holes\n<|endofprompt|>"


@pytest.fixture
def special(trained):
    """The trained tokenizer with special tokens; a copy, which a test may change."""
    tokenizer = copy.copy(trained)
    tokenizer.register_special_tokens(SPECIALS)
    return tokenizer


# What minbpe's own tests ask for

def test_the_tokenizers_are_in_the_package_under_their_names():
    assert scratch.bpe.GPT4Tokenizer is exchange.GPT4Tokenizer
    assert scratch.bpe.RegexTokenizer is RegexTokenizer
    assert scratch.bpe.BasicTokenizer is basic.BasicTokenizer


def test_a_package_that_is_missing_is_named():
    """In a process without regex: what needs it says so, and what does not need it works."""
    program = """
import sys
sys.modules["regex"] = None
from scratch.bpe import BasicTokenizer
print(BasicTokenizer().encode("a"))
from scratch.bpe import RegexTokenizer
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == "ModuleNotFoundError: import of regex halted; None in sys.modules"
    assert done.stdout == "[97]\n"


@pytest.mark.parametrize("text", [*TEXTS, Path(__file__).read_text(encoding="utf-8")],
                         ids=[0, 1, 2, "this file"])
@pytest.mark.parametrize("factory", [RegexTokenizer, scratch.bpe.BasicTokenizer])
def test_decoding_gives_back_what_was_encoded(factory, text):
    tokenizer = factory()
    assert tokenizer.decode(tokenizer.encode(text)) == text


@pytest.mark.parametrize("factory", [RegexTokenizer, scratch.bpe.BasicTokenizer])
def test_the_example_of_wikipedia_has_the_published_ids_and_merges(factory):
    """REFERENCE K2, trap 8."""
    tokenizer = factory()
    tokenizer.train("aaabdaaabac", 256 + 3)
    assert tokenizer.encode("aaabdaaabac") == [258, 100, 258, 97, 99]
    assert list(tokenizer.merges) == [(97, 97), (256, 97), (257, 98)]


@pytest.mark.parametrize("special_tokens", [{}, SPECIALS],
                         ids=["without special tokens", "with special tokens"])
def test_what_is_loaded_encodes_as_what_was_saved(tmp_path, special_tokens, book):
    text = book[:20_000]
    tokenizer = RegexTokenizer()
    tokenizer.train(text, 256 + 64)
    tokenizer.register_special_tokens(special_tokens)
    ids = tokenizer.encode(WITH_SPECIALS + text, "all")
    assert tokenizer.decode(ids) == WITH_SPECIALS + text
    tokenizer.save(f"{tmp_path}/saved")
    loaded = RegexTokenizer()
    loaded.load(f"{tmp_path}/saved.model")
    assert loaded.decode(ids) == WITH_SPECIALS + text
    assert loaded.encode(WITH_SPECIALS + text, "all") == ids
    assert sorted(path.name for path in tmp_path.iterdir()) == ["saved.model", "saved.vocab"]


def test_special_tokens_of_gpt4_get_their_ids(special):
    """REFERENCE K4 with our merges: the special token's id, then ordinary text."""
    ids = special.encode("<|endoftext|>hello world", allowed_special="all")
    assert ids == [100257, *special.encode_ordinary("hello world")]


# Training

def test_merges_are_those_of_the_plain_trainer_on_the_same_pieces(book):
    text = book[:8_000]
    for pattern in "gpt2", "cl100k", "o200k", r"[a-z]+|[^a-z]+":
        tokenizer = RegexTokenizer(pattern)
        tokenizer.train(text, 330)
        pieces = [list(piece.encode()) for piece in Splitter(pattern).split(text)]
        assert list(tokenizer.merges.items()) == list(basic.learn(pieces, 330).items())


def test_a_string_a_file_and_an_iterator_of_parts_train_the_same(tmp_path, book):
    lines = book[:20_000].splitlines(keepends=True)
    joined = "".join(lines)
    (tmp_path / "text.txt").write_bytes(joined.encode())
    trained = []
    for source in joined, tmp_path / "text.txt", [tmp_path / "text.txt"], iter([joined]):
        tokenizer = RegexTokenizer("gpt2")
        tokenizer.train(source, 300)
        trained.append(tokenizer.merges)
    assert all(merges == trained[0] for merges in trained)


@pytest.mark.parametrize("wrap", [str, lambda path: [str(path)], lambda path: iter([path, str(path)])],
                         ids=["a string", "a list", "a Path and a string"])
def test_the_name_of_a_file_is_not_taken_for_a_text(tmp_path, wrap):
    """A list of strings is Hugging Face's way to name files."""
    path = tmp_path / "book.txt"
    path.write_text("the cat sat on the mat " * 9)
    tokenizer = RegexTokenizer()
    with pytest.raises(ValueError, match="book.txt' is the name of a file; .* make it a pathlib.Path"):
        tokenizer.train(wrap(path), 300)
    assert tokenizer.merges == {}
    tokenizer.train([path, f"{path}\n", "book.txt", str(tmp_path)], 300)
    assert b" the" in tokenizer.vocab.values()


def test_training_forgets_what_was_learnt_before(trained):
    tokenizer = copy.copy(trained)
    tokenizer.train("abab", 257)
    assert tokenizer.merges == {(97, 98): 256} and tokenizer.encode("ab") == [256]
    tokenizer.train("", 300)
    assert tokenizer.merges == {} and tokenizer.encode("ab") == [97, 98]


def test_training_ends_where_nothing_is_left_to_merge():
    tokenizer = RegexTokenizer()
    tokenizer.train("abab cd", 1000)
    assert [tokenizer.token_bytes(id) for id in range(256, tokenizer.vocab_size)] == [b"ab", b"abab", b" c",
                                                                                      b" cd"]


def test_verbose_and_report_tell_of_each_merge(capsys):
    heard = []
    RegexTokenizer().train("aaabdaaabac", 258, verbose=True, report=lambda *news: heard.append(news))
    assert capsys.readouterr().out.splitlines() == ["merge 1/2: (97, 97) -> 256 (b'aa') had 4 occurrences",
                                                    "merge 2/2: (256, 97) -> 257 (b'aaa') had 2 occurrences"]
    assert heard == [("characters", 11), ("tokens", 257), ("tokens", 258)]


@pytest.mark.parametrize("size", [255, 0, -1])
def test_a_vocabulary_without_room_for_the_bytes_is_refused_before_the_text_is_read(size):
    def source():
        raise AssertionError("read")
        yield
    with pytest.raises(ValueError, match=f"{size} has no room for 256 bytes"):
        RegexTokenizer().train(source(), size)


def test_special_tokens_in_the_way_of_new_tokens_are_named(special):
    with pytest.raises(ValueError, match="'<|endoftext|>' has id 100257, which a vocabulary of 200000"):
        special.train("text", 200_000)
    special.train("abab", 257)
    assert special.encode("<|endoftext|>ab", "all") == [100257, 256]


# Text and bytes

@thorough
@given(texts)
def test_every_text_comes_back(trained, text):
    """Oracle of the ids: basic.py's encoder on each piece."""
    ids = trained.encode(text)
    assert trained.decode(ids, errors="strict") == text
    assert ids == [id for piece in Splitter().split(text) for id in basic.apply(trained.merges,
                                                                                list(piece.encode()))]


@thorough
@given(st.one_of(st.binary(max_size=60), texts.map(str.encode), texts.map(lambda text: text.encode()[1:-1])))
def test_all_bytes_come_back_and_text_among_them_is_encoded_as_text(trained, data):
    ids = trained.encode_bytes(data)
    assert trained.decode_bytes(ids) == data
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    assert ids == trained.encode_ordinary(text)


def test_the_bytes_of_a_token_that_ends_inside_a_character_are_that_token():
    """As in tiktoken's own test: with GPT-4's ranks, b" \\xec\\x8b\\xa4\\xed" is one token."""
    tokenizer = RegexTokenizer()
    tokenizer.train(" 실한 실현 실행 실험 실효 실흔" * 50, 268)
    theirs = exchange.to_tiktoken(tokenizer)
    cut = 0
    for id, token in tokenizer.vocab.items():
        assert tokenizer.encode_bytes(token) == theirs._encode_bytes(token) == [id]
        cut += "\ufffd" in token.decode("utf-8", "replace") and len(token) > 1
    assert cut > 2


def test_bytes_that_are_no_text_follow_errors(trained):
    assert trained.decode([104, 0xFF, 105]) == "h\ufffdi"
    assert trained.decode([104, 0xFF, 105], errors="ignore") == "hi"
    assert trained.decode([104, 0xFF, 105], errors="backslashreplace") == "h\\xffi"
    with pytest.raises(UnicodeDecodeError):
        trained.decode([0xFF], errors="strict")


@pytest.mark.parametrize("call", ["encode", "encode_ordinary"])
def test_half_a_surrogate_pair_is_refused_and_named(special, call):
    for text, place in ("a\ud800", 1), ("\udcff", 0):
        with pytest.raises(ValueError, match=rf"character {place} is U\+D"):
            getattr(special, call)(text)
    assert special.decode(special.encode_bytes(b"\xed\xa0\x80"), errors="surrogatepass") == "\ud800"


@pytest.mark.parametrize("text", [b"bytes", None, 5, ["list"]])
def test_what_is_no_string_is_refused(special, text):
    for tokenizer in special, RegexTokenizer():
        with pytest.raises(TypeError, match="text must be a string"):
            tokenizer.encode(text)


@pytest.mark.parametrize("ids, complaint", [
    ([1500], r"id 1500 is outside the vocabulary 0\.\.1499"), ([97, -1], "id -1 is outside"),
    ([-1500], "id -1500 is"), ([10**30], "is outside"), ([10**5000], "id of that size is outside"),
    (["a"], "'a' is of type str"), ([None], "NoneType"),
    ([1.5], "an id is a whole number")])
def test_what_is_no_id_is_named(trained, ids, complaint):
    for call in (trained.decode, trained.decode_bytes, trained.byte_offsets,
                 lambda ids: trained.token_bytes(ids[-1])):
        with pytest.raises(ValueError, match=complaint):
            call(ids)


def test_ids_between_the_vocabulary_and_the_special_tokens_are_no_tokens(special):
    with pytest.raises(ValueError, match="no token has the id 50000"):
        special.decode([50_000])


def test_ids_may_come_from_an_iterator_or_an_array(trained):
    import numpy as np
    import torch
    ids = trained.encode("hello world")
    for kind in ids, iter(ids), np.array(ids), torch.tensor(ids):
        assert trained.decode(kind) == "hello world"


def test_byte_offsets_say_where_each_token_stands(trained):
    text = "Wörld 😉 tokens"
    ids = trained.encode(text)
    spans = trained.byte_offsets(ids)
    data = text.encode()
    assert [data[start:stop] for start, stop in spans] == [trained.token_bytes(id) for id in ids]
    assert spans[0][0] == 0 and spans[-1][1] == len(data)
    assert all(a[1] == b[0] for a, b in zip(spans, spans[1:])) and trained.byte_offsets([]) == []


def test_a_batch_is_encoded_text_by_text(special):
    batch = ["hello", "", "<|endoftext|>"]
    assert special.encode_batch(batch,
                                allowed_special="all") == [special.encode(text, "all") for text in batch]
    with pytest.raises(TypeError, match="one string"):
        special.encode_batch("hello")
    with pytest.raises(ValueError, match="holds '<|endoftext|>'"):
        special.encode_batch(batch)


# Special tokens

def test_what_looks_like_a_special_token_is_never_one_by_default(special):
    with pytest.raises(ValueError, match="the text holds '<|endoftext|>'"):
        special.encode("a<|endoftext|>b")
    assert special.encode("a<|endoftext|>b", "none") == special.encode_ordinary("a<|endoftext|>b")
    assert 100257 not in special.encode("a<|endoftext|>b", allowed_special="none")
    assert special.encode("no such thing") == special.encode_ordinary("no such thing")


@pytest.mark.parametrize("kind", [set, list, tuple, frozenset])
def test_some_special_tokens_may_be_allowed(special, kind):
    ids = special.encode("<|endoftext|><|fim_prefix|>", allowed_special=kind(["<|fim_prefix|>"]))
    assert ids == [*special.encode_ordinary("<|endoftext|>"), 100258]
    assert special.encode("<|endoftext|>", allowed_special=kind()) == special.encode_ordinary("<|endoftext|>")


def test_disallowed_special_is_that_of_tiktoken(special):
    text = "<|endoftext|><|fim_prefix|>"
    with pytest.raises(ValueError, match="holds '<|fim_prefix|>'"):
        special.encode(text, allowed_special={"<|endoftext|>"}, disallowed_special="all")
    with pytest.raises(ValueError, match="holds '<|fim_prefix|>'"):
        special.encode(text, disallowed_special=["<|fim_prefix|>"])
    assert special.encode(text, disallowed_special=()) == special.encode_ordinary(text)
    assert special.encode(text, allowed_special="all", disallowed_special="all") == [100257, 100258]


def test_names_of_special_tokens_that_do_not_exist_are_refused(special):
    with pytest.raises(ValueError, match="'<|nothing|>' is no special token; there are '<|endoftext|>'"):
        special.encode("text", allowed_special={"<|nothing|>"})
    with pytest.raises(ValueError, match="one special token is a list of one"):
        special.encode("text", allowed_special="<|endoftext|>")
    with pytest.raises(ValueError, match="there are none at all"):
        RegexTokenizer().encode("text", allowed_special=["<|endoftext|>"])


def test_of_special_tokens_that_contain_each_other_the_longest_counts(trained):
    tokenizer = copy.copy(trained)
    tokenizer.register_special_tokens(["<|a|>", "<|a|><|b|>", "<|b|>", "a b", " \n"])
    a, ab, b, words, blanks = tokenizer.special_tokens.values()
    assert tokenizer.encode("<|a|><|b|><|b|><|a|>", "all") == [ab, b, a]
    assert tokenizer.encode("<|a|><|b|>", ["<|a|>", "<|b|>"]) == [a, b]
    assert tokenizer.encode("a b \n", "all") == [words, blanks]
    assert tokenizer.decode([ab, words, blanks]) == "<|a|><|b|>a b \n"


def test_special_tokens_are_text_and_no_patterns(trained):
    tokenizer = copy.copy(trained)
    tokenizer.register_special_tokens([".*", "[x]"])
    assert tokenizer.encode("abc x", "all") == trained.encode("abc x")
    assert tokenizer.encode(".*", "all") == [1500]


def test_a_list_of_special_tokens_gets_the_next_ids_and_replaces_the_last(trained):
    tokenizer = copy.copy(trained)
    tokenizer.register_special_tokens(["<|x|>", "<|y|>"])
    assert tokenizer.special_tokens == {"<|x|>": 1500, "<|y|>": 1501} and tokenizer.vocab_size == 1502
    assert tokenizer.inverse_special_tokens == {1500: "<|x|>", 1501: "<|y|>"}
    tokenizer.register_special_tokens([])
    assert tokenizer.special_tokens == {} and tokenizer.vocab_size == 1500


@pytest.mark.parametrize("names, complaint", [
    (["<|x|>", "<|x|>"], "'<|x|>' is there twice"),
    ({"<|x|>": 2000, "<|y|>": 2000}, "cannot both have id 2000"),
    ({"<|x|>": 97}, "cannot have id 97; b'a' has it"), ({"": 2000}, "at least one character"),
    ([5], "at least one character"),
    ({"<|x|>": -1}, "not -1"), ({"<|x|>": "5"}, "not '5'"), ({"<|x|>": 2.0}, r"not 2\.0"),
    ({"<|x|>": True}, "not True"),
    ({"<|x|>": 10**12}, "from 0 to 4194303"), ({"\ud800": 2000}, "surrogate")])
def test_special_tokens_that_cannot_be_are_refused_and_change_nothing(special, names, complaint):
    with pytest.raises(ValueError, match=complaint):
        special.register_special_tokens(names)
    assert special.special_tokens == SPECIALS


@pytest.mark.parametrize("name", ["<end>", "x", "", b"<end>"])
def test_one_string_is_no_list_of_special_tokens(special, name):
    with pytest.raises(ValueError, match="one special token is a list of one"):
        special.register_special_tokens(name)
    with pytest.raises(ValueError, match="one special token is a list of one"):
        from_merges({}, special_tokens=name)
    assert special.special_tokens == SPECIALS


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_of_special_tokens_has_no_order_and_is_refused(special, kind):
    with pytest.raises(ValueError, match="in a set have no order"):
        special.register_special_tokens(kind(["<|x|>", "<|y|>"]))


def test_an_embedding_needs_a_row_for_every_id_up_to_the_largest(special, trained):
    """Oracle: tiktoken's n_vocab."""
    assert special.vocab_size == 1505 and special.n_vocab == 100_277
    assert special.n_vocab == exchange.to_tiktoken(special).n_vocab == max(SPECIALS.values()) + 1
    assert trained.n_vocab == trained.vocab_size == 1500
    special.register_special_tokens({})
    assert special.n_vocab == 1500


@thorough
@given(st.lists(st.one_of(texts, st.sampled_from(list(SPECIALS))), max_size=6).map("".join))
def test_with_special_tokens_every_text_comes_back(trained, text):
    tokenizer = copy.copy(trained)
    tokenizer.register_special_tokens(SPECIALS)
    for allowed in "all", "none", ["<|endoftext|>"]:
        assert tokenizer.decode(tokenizer.encode(text, allowed), errors="strict") == text


# Models

@pytest.mark.parametrize("pattern", [GPT2_SPLIT_PATTERN, "o200k", r"[^ ]+| +"])
def test_pattern_and_special_tokens_are_saved_too(tmp_path, pattern):
    tokenizer = RegexTokenizer(pattern)
    tokenizer.train("it's 1234 words, it's 1234 words", 270)
    tokenizer.register_special_tokens({"<| with blank |>": 300, "line\nend": 310, "안녕": 311})
    tokenizer.save(tmp_path / "x")
    loaded = RegexTokenizer().load(tmp_path / "x.model")
    for part in "pattern", "merges", "vocab", "special_tokens", "byte_ids":
        assert getattr(loaded, part) == getattr(tokenizer, part)
    text = "it's<| with blank |>1234line\nend안녕"
    assert loaded.encode(text, "all") == tokenizer.encode(text, "all")


def test_a_file_that_is_refused_changes_nothing(tmp_path, special):
    path = tmp_path / "bad.model"
    path.write_text("{}")
    before = special.encode("hello")
    with pytest.raises(ValueError, match="bad.model is no model"):
        special.load(path)
    assert special.encode("hello") == before and special.special_tokens == SPECIALS
    with pytest.raises(FileNotFoundError):
        special.load(tmp_path / "missing.model")


@pytest.mark.parametrize("part, value, complaint", [
    ("pattern", "(", "no regular expression"), ("byte_ids", [0] * 256, "256 different ids"),
    ("byte_ids", list(range(255)), "256 different ids"), ("special_tokens", {"x": 97}, "cannot have id 97"),
    ("merges", {(97, 300): 256}, "an id that does not exist yet"),
    ("merges", {(97, 98): 98}, "new, higher id"),
    ("merges", {(97, 98): 260, (98, 97): 259}, "new, higher id"),
    ("merges", {(97, 98): 256, (98, 99): 257, (256, 99): 258, (97, 257): 259}, "b'abc' a second time")])
def test_models_that_contradict_themselves_are_refused(tmp_path, part, value, complaint):
    model = {"pattern": "gpt2", "special_tokens": {}, "byte_ids": list(range(256)), "merges": {}, part: value}
    module.write_model(model, tmp_path / "x.model")
    with pytest.raises(ValueError, match=complaint):
        RegexTokenizer().load(tmp_path / "x.model")


@pytest.mark.parametrize("part, value, complaint", [
    ("merges", [[-1, 98, 256]], "an id is a number"), ("merges", [[True, 98, 256]], "an id is a number"),
    ("merges", [[97.0, 98, 256]], "an id is a number"), ("merges", [[97, 98, "256"]], "an id is a number"),
    ("byte_ids", [True, *range(2, 257)], "an id is a number"), ("pattern", ["gpt2"], "no regular expression"),
    ("pattern", "gpt5", "not among"), ("special_tokens", {"x": -1}, "an id is a number")])
def test_numbers_that_are_none_are_refused(tmp_path, part, value, complaint):
    model = {"pattern": "gpt2", "special_tokens": {}, "byte_ids": list(range(256)), "merges": [], part: value}
    (tmp_path / "x.model").write_text(json.dumps({"format": "scratch.bpe", "version": 1,
                                                  "sha256": checksum(model), **model}))
    with pytest.raises(ValueError, match=complaint):
        RegexTokenizer().load(tmp_path / "x.model")


def test_a_small_file_cannot_ask_for_all_memory(tmp_path):
    """44 merges that double a token would be 2^44 bytes."""
    merges = {(97 if n == 256 else n - 1,) * 2: n for n in range(256, 300)}
    model = {"pattern": "gpt2", "special_tokens": {}, "byte_ids": list(range(256)), "merges": merges}
    module.write_model(model, tmp_path / "x.model")
    complaint = "the merge of 279 and 279 into 280 the tokens have more than 67,108,864 bytes together"
    with pytest.raises(ValueError, match=f"x.model is no model: with {complaint}"):
        RegexTokenizer().load(tmp_path / "x.model")


def test_bytes_may_have_other_ids_than_their_values():
    byte_ids = [255 - byte for byte in range(256)]
    a, b = byte_ids[ord("a")], byte_ids[ord("b")]
    tokenizer = from_merges({(a, b): 300}, byte_ids=byte_ids)
    assert tokenizer.encode("abc") == [300, byte_ids[ord("c")]] and tokenizer.decode([300]) == "ab"


def test_merges_that_never_came_of_training_are_refused():
    """xy is merged before yz, so that x and yz never stand side by side."""
    with pytest.raises(ValueError, match="b'xyz' does not encode to itself"):
        from_merges({(120, 121): 256, (121, 122): 257, (120, 257): 258})


def test_a_pattern_that_is_none_is_refused():
    with pytest.raises(ValueError, match="no regular expression"):
        RegexTokenizer("(")


def test_copies_and_pickles_encode_the_same(special):
    for other in copy.deepcopy(special), pickle.loads(pickle.dumps(special)):
        assert other.encode(WITH_SPECIALS, "all") == special.encode(WITH_SPECIALS, "all")
        assert other.encoder is not special.encoder


def test_the_tokenizer_shows_its_size_and_special_tokens(special):
    assert repr(RegexTokenizer()) == "RegexTokenizer(256 tokens)"
    assert repr(special).startswith("RegexTokenizer(1500 tokens, special tokens <|endoftext|>, ")


def test_code_points_of_the_lectures_greeting():
    """REFERENCE K11."""
    text = "안녕하세요 👋 (hello in Korean!)"
    assert [ord(c) for c in text][:10] == [50504, 45397, 54616, 49464, 50836, 32, 128075, 32, 40, 104]
    assert RegexTokenizer().encode(text) == list(text.encode())


def test_the_expression_of_special_tokens_is_written_once_and_not_at_each_call(monkeypatch):
    """Counted, not timed: re.escape is called for each name that is written into an expression."""
    tokenizer = RegexTokenizer()
    names = [f"<|written once, {n}|>" for n in range(256)]
    tokenizer.register_special_tokens(names)
    escaped, escape = [], re.escape

    def counting_escape(name):
        escaped.append(name)
        return escape(name)

    monkeypatch.setattr(re, "escape", counting_escape)
    for _ in range(20):
        for how in "all", "none", "none_raise":
            tokenizer.encode("text", how)
    assert not escaped                         # it was compiled when they were registered
    for _ in range(20):
        tokenizer.encode("text", [names[0]], "all")
    assert sorted(escaped) == sorted(names)    # the allowed one, and those that are refused
