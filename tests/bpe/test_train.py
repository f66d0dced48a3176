"""The quick trainer learns what basic.py learns, merge for merge."""

from collections import Counter

import pytest
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe import basic, train
from scratch.bpe.split import Splitter

# few letters, so that pairs repeat, overlap and tie
crowded = st.lists(st.text("aab ", max_size=12), max_size=25)


def plain(pieces, size):
    return list(basic.learn([list(piece.encode()) for piece in pieces], size).items())


@thorough
@given(crowded, st.integers(256, 320))
def test_merges_are_those_of_the_plain_trainer_ties_and_all(pieces, size):
    """Oracle: basic.learn on the same pieces, which is minbpe's rule."""
    assert list(train.learn(Counter(pieces), size).items()) == plain(pieces, size)


@thorough
@given(texts, st.integers(256, 290))
def test_merges_of_strange_text_are_those_of_the_plain_trainer(text, size):
    pieces = Splitter().split(text)
    assert list(train.learn(Counter(pieces), size).items()) == plain(pieces, size)
    assert list(train.learn(Counter([text]), size).items()) == plain([text], size)


def test_merges_of_the_book_are_those_of_the_plain_trainer(book):
    pieces = Splitter().split(book[:12_000])
    assert list(train.learn(Counter(pieces), 400).items()) == plain(pieces, 400)


def test_words_may_be_bytes_and_count_as_often_as_they_say():
    assert list(train.learn({b"\xff\xfe": 3, b"ab": 2}, 257)) == [(255, 254)]


def test_training_ends_where_nothing_is_left_to_merge():
    assert list(train.learn({"abab": 1}, 1000)) == [(97, 98), (256, 256)]
    assert train.learn({}, 1000) == train.learn({"": 1, "x": 5}, 1000) == {}


@pytest.mark.parametrize("size, complaint", [(255, "no room"), (train.LARGEST + 1, "1,114,112")])
def test_sizes_that_do_not_work_are_refused(size, complaint):
    with pytest.raises(ValueError, match=complaint):
        train.learn({"ab": 1}, size)


def test_report_hears_of_every_merge_in_order():
    heard = []
    train.learn({"aaab": 2, "ab": 1}, 300, lambda *news: heard.append(news))
    assert heard == [(256, (97, 97), 4), (257, (97, 98), 3), (258, (256, 257), 2)]


def test_tokens_with_the_numbers_of_surrogates_are_tokens_like_others():
    """chr(0xD800) stands for token 55,296; a string may hold it though no file may."""
    a, b, new = chr(0xD800), chr(0xDFFF), chr(0xDC80)
    words, counts = [a + b + "x" + a + b, b + a], [3, 1]
    total, where = train.count_pairs(words, counts)
    assert total.pop(a + b) == 6
    born = train.replace(a + b, new, where.pop(a + b), words, counts, total, where)
    assert words == [new + "x" + new, b + a]
    assert born == {new + "x": [3, [0]], "x" + new: [3, [0]]} and total == {b + a: 1}
