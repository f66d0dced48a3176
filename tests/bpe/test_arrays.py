"""The trainer on arrays learns what the trainer on strings learns, merge for merge."""

from collections import Counter

import numpy as np
import pytest
from bpe.edge_cases import texts, thorough
from hypothesis import given
from hypothesis import strategies as st

from scratch.bpe import arrays, basic, train
from scratch.bpe.arrays import Places, non_overlapping, learn_much
from scratch.bpe.split import Splitter


@thorough
@given(st.lists(st.text("aab ", max_size=9), max_size=30), st.integers(256, 320),
       st.sampled_from([1, 3, 1000]),
       st.sampled_from([2, 10]))
def test_merges_are_those_of_the_plain_trainer_ties_and_all(pieces, size, fewer, step):
    """Oracle: basic.learn. The floor starts high and low, and falls in small and large steps."""
    before = arrays.FLOOR_RATIO, arrays.FLOOR_STEP
    arrays.FLOOR_RATIO, arrays.FLOOR_STEP = fewer, step
    try:
        merges = Places(Counter(pieces)).learn(size)
    finally:
        arrays.FLOOR_RATIO, arrays.FLOOR_STEP = before
    assert list(merges.items()) == list(basic.learn([list(piece.encode()) for piece in pieces], size).items())


@thorough
@given(texts, st.integers(256, 290))
def test_merges_of_strange_text_are_those_of_the_other_trainer(text, size):
    words = Counter(Splitter().split(text))
    assert list(Places(words).learn(size).items()) == list(train.learn(words, size).items())


def test_merges_of_the_book_are_those_of_the_other_trainer(book):
    words = Counter(Splitter().split(book))
    assert list(Places(words).learn(3000).items()) == list(train.learn(words, 3000).items())


def test_much_text_goes_to_the_arrays_and_little_to_the_strings(monkeypatch):
    monkeypatch.setattr(arrays, "learn", lambda *_: "strings")
    monkeypatch.setattr(arrays, "MIN_CHARACTERS", 9)
    words = {"abc": 2, "abd": 2, "abe": 2}
    assert learn_much({"ab": 1, "cd": 1}, 300) == "strings"
    assert list(learn_much(words, 257)) == [(97, 98)]
    monkeypatch.setattr(arrays, "np", None)          # without NumPy, strings in any case
    assert learn_much(words, 257) == "strings"


def test_a_size_without_room_for_the_bytes_is_refused(monkeypatch):
    monkeypatch.setattr(arrays, "MIN_CHARACTERS", 0)
    with pytest.raises(ValueError, match="no room for the 256 bytes"):
        learn_much({"ab": 1}, 255)


def test_report_hears_of_every_merge_in_order():
    heard = []
    Places({"aaab": 2, "ab": 1}).learn(300, lambda *news: heard.append(news))
    assert heard == [(256, (97, 97), 4), (257, (97, 98), 3), (258, (256, 257), 2)]


def test_a_merge_in_a_row_takes_every_other_place():
    after = Places({"aaaaa": 1, "aa": 1}).after      # a wall at 0, 6 and 9
    assert non_overlapping(np.array([1, 2, 3, 4, 7]), after).tolist() == [1, 3, 7]
