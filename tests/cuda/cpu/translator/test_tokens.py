"""A source is cut into the words that C has, each where it stands, and put together again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.cuda.cpu.translator.tokens import SourceError, tokenize, untokenize

WORDS = ["a", "x1", "0", "1.5f", "0x1F", ".5", "1e-3f", '"s"', "'c'", "+", "++", "+=", "-", "->", "<<",
         "<<=", "<", "=", "==", "&", "&&", "::", ":", "(", ")", "[", "]", ";", "...", "/", "%"]


def texts(tokens):
    return [token.text for token in tokens]


@given(st.lists(st.tuples(st.sampled_from(WORDS),
                          st.sampled_from([" ", "  ", "\n", "\t", "/* c */", "//c\n"]))))
def test_words_are_found_whatever_separates_them(parts):
    source = ";" + "".join(f"{word} {blank}" for word, blank in parts)
    assert texts(tokenize(source)) == [";", *(word for word, _ in parts)]


@given(st.lists(st.sampled_from(WORDS)))
def test_what_is_written_is_read_back_as_the_same_words(words):
    tokens = [token for word in words for token in tokenize(word)]
    assert texts(tokenize(untokenize([t._replace(line=1) for t in tokens]))) == texts(tokens)


def test_tokens_keep_their_lines_through_comments_and_continued_lines():
    source = "a /* one\ntwo */ b\n// three\nc \\\nd\n#define X 1 \\\n  + 2\ne"
    lines = {token.text[:1]: token.line for token in tokenize(source)}
    assert lines == {"a": 1, "b": 2, "c": 4, "d": 5, "#": 6, "e": 8}
    assert untokenize(tokenize(source.replace("#", "x "))).splitlines()[7].strip() == "e"


def test_a_string_goes_on_behind_a_line_that_is_continued():
    tokens = tokenize('f("one\\\n    two");\ng')
    assert [(t.text, t.line) for t in tokens[2:]] == [
        ('"one    two"', 1), (")", 2), (";", 2), ("g", 3)]


def test_a_directive_is_one_token_and_a_hash_elsewhere_is_not():
    assert [(t.kind, t.text) for t in tokenize("#define A /* b */ 1 // c\n x # y")] == [
        ("directive", "#define A /* b */ 1 "), ("name", "x"), ("operator", "#"), ("name", "y")]


@pytest.mark.parametrize("source, line", [("int a;\n@", 2), ('"open', 1), ("a\n\n$b", 3)])
def test_what_is_no_word_is_an_error_with_its_line(source, line):
    with pytest.raises(SourceError, match=rf"kernel.cu:{line}: .*no word of C"):
        tokenize(source)


def test_text_from_another_file_is_announced():
    tokens = [*tokenize("a;", "b.h"), *tokenize("\n\nc;")]
    assert untokenize(tokens) == '\n#line 1 "b.h"\na;\n#line 3 "kernel.cu"\nc;'
