"""BERT's tokenizer tidies, cuts and encodes as Hugging Face's does."""

import unicodedata

import pytest
from bpe.edge_cases import thorough
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from scratch.bpe.bert_tokenizer import SPECIAL, BertTokenizer, is_punctuation, read_vocabulary

LETTERS = "abcdefghijklmnopqrstuvwxyzß0123456789.,!?'-_$+~中日本語ж"
TOKENS = [*SPECIAL, *LETTERS, *("##" + c for c in LETTERS), "the", "##er", "play", "##ing", "don", "cafe",
          "A", "É"]


def theirs(lower=True, tokens=TOKENS):
    """Hugging Face's tokenizer of BERT, part for part."""
    numbered = {token: id for id, token in enumerate(tokens)}
    found = Tokenizer(models.WordPiece(numbered, unk_token="[UNK]", max_input_chars_per_word=100))
    found.normalizer = normalizers.BertNormalizer(lowercase=lower)
    found.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    found.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    found.decoder = decoders.WordPiece()
    found.add_special_tokens([AddedToken(name, normalized=False, special=True) for name in SPECIAL])
    return found


OURS, THEIRS = {b: BertTokenizer(TOKENS, b) for b in (True, False)}, {b: theirs(b) for b in (True, False)}

# Characters of Unicode 8, which is what Hugging Face's tables of categories have; Python's are newer.
some = st.characters(exclude_categories=["Cn", "Cs", "Co"]).filter(
    lambda c: c < "\u08a0" or "\u2000" <= c < "\u2070" or "\u3000" <= c < "\ua000"
    or c in "\U00020000\ufb01\ufffd")
texts = st.lists(st.one_of(
    st.sampled_from(["the", "playing", "Café", "don't", " ", "  ", "\n", "[MASK]", "[SEP]", "[UNK]", "[mask]",
                     "中国", "İ", "ΣΑΣ", "ﬁ", "a\u0301", "$5.00", "x" * 101, "x" * 100, "\u200d", "\x00",
                     "\ufffd", "\u00ad", "\u3000", "\x85", "\x1c", "\u2028"]),
    st.text(some, max_size=5)), max_size=12).map("".join)


def in_unicode_8(text):
    return all(unicodedata.ucd_3_2_0.category(c) != "Cn" for c in unicodedata.normalize("NFD", text))


@thorough
@given(texts.filter(in_unicode_8), st.booleans())
def test_ids_are_hugging_faces(text, lower):
    """Oracle: tokenizers, with its BertNormalizer, BertPreTokenizer, WordPiece and BertProcessing."""
    assert OURS[lower].encode(text) == THEIRS[lower].encode(text).ids


@thorough
@given(texts.filter(in_unicode_8), texts.filter(in_unicode_8))
def test_pairs_are_hugging_faces(one, other):
    assert OURS[True].encode(one, other) == THEIRS[True].encode(one, other).ids


@thorough
@given(st.lists(st.integers(0, len(TOKENS) - 1), max_size=20), st.booleans())
def test_decoding_is_hugging_faces(ids, keep):
    """Oracle: its WordPiece decoder, which joins pieces and takes some blanks out."""
    assert OURS[True].decode(ids, keep) == THEIRS[True].decode(ids, skip_special_tokens=not keep)


@pytest.mark.parametrize("text, expected", [
    ("Crème brûlée", ["creme", "brulee"]), ("don't", ["don", "'", "t"]), ("a中b", ["a", "中", "b"]),
    ("A\u00adB", ["ab"]), ("x\u200by", ["xy"]), ("1+1=$2", ["1", "+", "1", "=", "$", "2"]),
    ("tab\there", ["tab", "here"]), ("", []), ("\x00\ufffd", [])])
def test_words_are_cut_as_the_paper_s_program_does(text, expected):
    assert OURS[True].words(text) == expected


def test_a_cased_tokenizer_leaves_capitals_and_accents():
    assert OURS[False].words("É, A") == ["É", ",", "A"]
    assert OURS[False].encode("É") == [2, TOKENS.index("É"), 3]


def test_the_first_unknown_word_is_named():
    assert OURS[True].unknown("the ☃ plays ☂") == "☃" and OURS[True].unknown("the [MASK] plays") is None
    assert OURS[True].unknown("a" * 101) == "a" * 101


@pytest.mark.parametrize("tokens, says", [
    (["[UNK]", "[CLS]"], r"\[SEP\] is not among the 2 tokens"),
    ([*SPECIAL, "a", "b", "a"], "'a' is there twice")])
def test_a_list_that_is_no_vocabulary_is_told(tokens, says):
    with pytest.raises(ValueError, match=says):
        BertTokenizer(tokens)


def test_an_id_outside_is_told():
    with pytest.raises(ValueError, match=f"id {len(TOKENS)} is outside the vocabulary 0..{len(TOKENS) - 1}"):
        OURS[True].decode([len(TOKENS)])


def test_a_file_of_tokens_has_one_a_line_and_empty_ones_count():
    assert read_vocabulary("a\nb\n") == ["a", "b"] == read_vocabulary("a\r\nb")
    assert read_vocabulary("a\n\nb\n") == ["a", "", "b"] and is_punctuation("$") and not is_punctuation("€")
