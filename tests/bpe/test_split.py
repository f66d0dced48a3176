"""The three patterns cut as the published ones do, by whichever engine."""

import pytest
import regex
import tiktoken
import tiktoken_ext.openai_public
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe import split
from scratch.bpe.split import PATTERNS, SPELLINGS, Splitter, check_text

# As OpenAI published them; in cl100k the last alternatives had this order at first.
PUBLISHED = {
    "gpt2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    "cl100k": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
              r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    "o200k": "|".join([
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"]),
}
names = st.sampled_from(list(PATTERNS))


def tiktoken_pieces(pattern, text):
    """What tiktoken's engine cuts: ids of bytes alone do not tell, so each piece is a token."""
    pieces = regex.findall(pattern, text)
    ranks = {bytes([byte]): byte for byte in range(256)}
    for piece in pieces:
        for end in range(2, len(piece.encode()) + 1):
            ranks.setdefault(piece.encode()[:end], len(ranks))
    encoding = tiktoken.Encoding("pieces", pat_str=pattern, mergeable_ranks=ranks, special_tokens={})
    return [encoding.decode_single_token_bytes(id).decode() for id in encoding.encode_ordinary(text)]


@thorough
@given(names, texts, st.integers(1, 30))
def test_pieces_are_those_of_the_published_pattern(name, text, block):
    """Oracle: the published pattern in the regex module, on the whole text; ours goes by blocks."""
    before, split.BLOCK = split.BLOCK, block
    try:
        assert Splitter(name).split(text) == regex.findall(PUBLISHED[name], text)
    finally:
        split.BLOCK = before


@thorough
@given(names, texts)
def test_pieces_are_those_of_tiktokens_engine(name, text):
    assert tiktoken_pieces(PATTERNS[name], text) == Splitter(name).split(text)


@thorough
@given(st.sampled_from(list(SPELLINGS)), texts)
def test_other_spellings_of_the_patterns_cut_the_same(spelling, text):
    assert Splitter(spelling).known
    assert Splitter(spelling).split(text) == regex.findall(spelling, text)


def test_tiktokens_own_patterns_are_known(monkeypatch):
    """cl100k is not: it cuts blanks at the end of a text differently, and is taken as it is."""
    monkeypatch.setattr(tiktoken_ext.openai_public, "load_tiktoken_bpe", lambda *_, **__: {})
    monkeypatch.setattr(tiktoken_ext.openai_public, "data_gym_to_mergeable_bpe_ranks", lambda *_, **__: {})
    known = {name: Splitter(getattr(tiktoken_ext.openai_public, name)()["pat_str"]).known
             for name in ("gpt2", "r50k_base", "cl100k_base", "o200k_base")}
    assert known == {"gpt2": True, "r50k_base": True, "cl100k_base": False, "o200k_base": True}
    own = Splitter(tiktoken_ext.openai_public.cl100k_base()["pat_str"])
    assert own.split("x\n ") == ["x", "\n "] and Splitter("cl100k").split("x\n ") == ["x", "\n", " "]


@thorough
@given(names, texts)
def test_a_text_may_be_cut_where_last_cut_says(name, text):
    splitter = Splitter(name)
    cut = splitter.last_cut(text)
    assert 0 <= cut <= len(text)
    assert splitter.split(text[:cut]) + splitter.split(text[cut:]) == splitter.split(text)


def test_last_cut_looks_as_far_back_as_it_has_to():
    assert Splitter().last_cut("one two" + "x" * 20_000) == 3
    assert Splitter().last_cut("x" * 20_000) == 0
    assert Splitter("[a-z]+").last_cut("one two three") == 0


@given(st.sampled_from([r"\w+", r"(a)|(b)", r"\p{L}+|\s+(?=\p{L})", r"(?<=a)b+"]), texts)
def test_what_a_pattern_does_not_cover_is_not_lost(pattern, text):
    pieces = Splitter(pattern).split(text)
    assert "".join(pieces) == text and "" not in pieces
    found = [match[0] for match in regex.finditer(pattern, text)]
    assert [piece for piece in pieces if piece in found][:len(found)] == found or not found


def test_every_part_of_a_pattern_has_its_explanation_and_its_use():
    examples = {"gpt2": "it's 12 words!\n\n x\ny", "cl100k": "it'S 12 words!\n \n  x ",
                "o200k": "it's 12 HTTP words!\n \n  x "}
    parts = {"gpt2": split.GPT2_PARTS, "cl100k": split.GPT4_PARTS, "o200k": split.O200K_PARTS}
    for name, text in examples.items():
        assert "|".join(parts[name]) == PATTERNS[name] and all(parts[name].values())
        groups = "|".join(f"({part})" for part in parts[name])
        used = {match.lastindex for match in regex.finditer(groups, text)}
        assert used == set(range(1, len(parts[name]) + 1)), name


@pytest.mark.parametrize("pattern, complaint", [
    ("(", "no regular expression"), ("a*", "empty text"), (5, "no regular expression"),
    (b"a+", "no regular expression"), (["a"], "no regular expression"),
    ("gpt5|", "empty text")])
def test_what_is_no_pattern_is_refused(pattern, complaint):
    with pytest.raises(ValueError, match=complaint):
        Splitter(pattern)


@pytest.mark.parametrize("name", [
    "cl100k_base", "GPT2", "gpt4", "o200k_base", "r50k_base", "Cl100k", "gpt-2", "gpt2 ", "GPT 4", "gpt-3.5",
    "openai/gpt2", "p50k_edit", "words"])
def test_what_looks_like_a_name_is_no_regular_expression(name):
    """It would cut out this one word, and nothing else, without a word."""
    complaint = f"'{name}' is not among gpt2, cl100k, o200k; .*write \\(\\?:{name}\\)"
    with pytest.raises(ValueError, match=complaint):
        Splitter(name)
    assert Splitter(f"(?:{name})").split(f"a {name}!") == ["a ", name, "!"]


@pytest.mark.parametrize("pattern", [" ", ".", r"\w+", "[a-z]", "語|a", "\n", "a+", "a|b"])
def test_short_regular_expressions_are_no_names(pattern):
    assert Splitter(pattern).pattern == pattern


def test_half_a_surrogate_pair_is_no_text_and_the_error_says_where():
    check_text("plain"), check_text("안녕 😉")
    with pytest.raises(ValueError, match=r"character 2 is U\+D83D") as error:
        check_text("ab\ud83d")
    assert "utf-16" in str(error.value)
    assert "\ud83d\ude09".encode("utf-16", "surrogatepass").decode("utf-16", "replace") == "😉"
