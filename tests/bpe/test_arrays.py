"""The trainer on arrays learns what the trainer on strings learns, merge for merge."""

import random
from collections import Counter
from heapq import heappop

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


@pytest.mark.parametrize("lengths", [[20_000], [3000, 3000], [600] + [5] * 300],
                         ids=["one word", "two words", "one long word among short ones"])
def test_text_without_blanks_takes_few_entries_from_the_queue_per_merge(lengths, monkeypatch):
    """Counted, not timed: the trainer on strings takes out all pairs of a long word for each merge."""
    dice = random.Random(3)
    syllables = ["".join(dice.choices("abcdefghij", k=3)) for _ in range(60)]
    taken = 0

    def counting_pop(queue):
        nonlocal taken
        taken += 1
        return heappop(queue)

    for module in train, arrays:
        monkeypatch.setattr(module, "heappop", counting_pop)
    words = {"".join(dice.choices(syllables, k=length))[:length]: 1 for length in lengths}
    merges = learn_much(words, 256 + 400)
    assert len(merges) > 150 and taken < 20 * len(merges)


def test_a_size_beyond_the_characters_of_unicode_is_no_error():
    assert list(learn_much({"abab": 1}, train.LARGEST + 1)) == [(97, 98), (256, 256)]
