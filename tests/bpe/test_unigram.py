"""Unigram's sums over segmentations are those of trying all, and its encodings Hugging Face's."""

import math
import random
from collections import Counter
from math import inf

import pytest
from bpe.edge_cases import thorough
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from scratch.bpe import unigram
from scratch.bpe.unigram import best, expected_counts, learn, prune, sample, seeds, shares

few_words = st.dictionaries(st.text("abc", min_size=1, max_size=8), st.integers(1, 9),
                            min_size=1, max_size=12)


def segmentations(word, p):
    if not word:
        yield []
    for end in range(1, len(word) + 1):
        if word[:end] in p:
            yield from ([word[:end], *rest] for rest in segmentations(word[end:], p))


def probability(parts, p):
    return math.prod(map(p.get, parts))


@thorough
@given(few_words)
def test_the_best_segmentation_is_the_most_likely_of_all(words):
    """Oracle: all segmentations, tried."""
    p = seeds(words, 20)
    for word in words:
        most = max(probability(parts, p) for parts in segmentations(word, p))
        assert probability(best(word, p), p) == pytest.approx(most)


def test_the_longest_match_is_not_always_the_best_segmentation():
    p = {"a": 0.1, "b": 0.1, "c": 0.1, "ab": 0.1, "bc": 0.6}
    assert best("abc", p) == ["a", "bc"]


def test_there_is_no_segmentation_without_a_token_that_is_needed():
    assert best("ab", {"a": 0.5, "b": 0.5}, without="b") is None
    assert best("", {"a": 1.0}) == []


@thorough
@given(few_words)
def test_expected_counts_are_those_of_all_segmentations(words):
    """Oracle: all segmentations, tried, each with its share of the word's probability."""
    p = seeds(words, 20)
    expected, log_likelihood = Counter(), 0.0
    for word, times in words.items():
        ways = list(segmentations(word, p))
        Z = sum(probability(parts, p) for parts in ways)
        log_likelihood += times * math.log(Z)
        for parts in ways:
            for token in parts:
                expected[token] += times * probability(parts, p) / Z
    counts, found = expected_counts(words, p)
    assert found == pytest.approx(log_likelihood)
    assert counts == pytest.approx({token: expected[token] for token in p})


@thorough
@given(few_words)
def test_a_step_of_em_never_makes_the_text_less_likely(words):
    p, before = seeds(words, 20), -inf
    for _ in range(4):
        counts, log_likelihood = expected_counts(words, p)
        assert log_likelihood >= before - 1e-6
        p, before = shares(counts), log_likelihood


def test_pruning_keeps_characters_and_the_tokens_that_are_missed_most():
    words = {"aaab": 50, "bc": 1}
    p = {"a": 0.2, "b": 0.2, "c": 0.1, "aaa": 0.3, "bc": 0.1, "ab": 0.1}
    assert sorted(prune(words, p, 4)) == ["a", "aaa", "b", "c"]


@thorough
@given(few_words, st.text("abc", min_size=1, max_size=12))
def test_encoding_has_the_likelihood_of_hugging_faces(words, word):
    """Oracle: tokenizers.models.Unigram with our p; of equally likely ways it may take another."""
    p = seeds(words, 20) | {char: 0.01 for char in "abc" if not any(char in each for each in words)}
    logs = [("<unk>", -100.0), *((token, math.log(share)) for token, share in p.items())]
    theirs = Tokenizer(models.Unigram(logs, unk_id=0)).encode(word).tokens
    assert math.log(probability(best(word, p), p)) == pytest.approx(math.log(probability(theirs, p)))


def test_learning_ends_at_the_size_with_shares_that_add_up():
    words = Counter("the cat sat on the mat and the hat of the other cat".split())
    p = learn(words, 14)
    assert len(p) == 14 and sum(p.values()) == pytest.approx(1)
    assert set("".join(words)) <= p.keys()


def test_a_size_that_has_no_room_for_the_characters_keeps_them_all():
    p = learn({"abc": 3}, 1)
    assert set("abc") <= p.keys()


def test_segmentations_are_drawn_as_often_as_they_are_likely():
    """Within four standard errors of their probabilities, over 4,000 draws."""
    p = {"a": 0.2, "b": 0.3, "ab": 0.3, "ba": 0.2}
    dice, draws = random.Random(0), 4000
    ways = {tuple(parts): probability(parts, p) for parts in segmentations("abab", p)}
    drawn = Counter(tuple(sample("abab", p, dice)) for _ in range(draws))
    assert drawn.keys() <= ways.keys()
    for parts, likely in ways.items():
        share = likely / sum(ways.values())
        assert abs(drawn[parts] / draws - share) < 4 * math.sqrt(share * (1 - share) / draws)


def test_no_token_is_longer_than_the_limit():
    p = seeds({"a" * 40: 3}, 100)
    assert max(map(len, p)) == unigram.LONGEST
