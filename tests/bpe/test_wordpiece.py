"""WordPiece scores pairs by the likelihood they gain, and encodes as Hugging Face's model does."""

import math
from collections import Counter

import pytest
from bpe.edge_cases import thorough
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models

from scratch.bpe.wordpiece import (CONTINUES, characters, encode, learn, likelihood_gain, pair_count,
                                   pair_ratio, x_log_x)

few_words = st.dictionaries(st.text("abc", min_size=1, max_size=8), st.integers(1, 9),
                            min_size=1, max_size=12)


def log_likelihood(parts, words):
    """Of a text of independent tokens, each drawn by its share."""
    counts = Counter()
    for word, each in parts.items():
        for token in each:
            counts[token] += words[word]
    total = counts.total()
    return sum(count * math.log(count / total) for count in counts.values())


@thorough
@given(st.integers(1, 50), st.integers(50, 500), st.integers(50, 500), st.integers(1, 9999))
def test_the_gain_is_the_difference_of_two_log_likelihoods(n, left, right, others):
    """Oracle: the sums before and after, token by token."""
    def of(counts):
        return sum(map(x_log_x, counts)) - x_log_x(sum(counts))
    after = of([left - n, right - n, n, others])
    gain = likelihood_gain(n, left, right, left + right + others, same=False)
    assert gain == pytest.approx(after - of([left, right, others]), abs=1e-6)


def test_the_merge_that_is_learnt_first_makes_the_text_most_likely():
    """Oracle: every possible merge tried, in words in which no pair overlaps with itself."""
    words = {"low": 5, "lower": 2, "newest": 6, "widest": 3, "see": 4}
    parts = {word: characters(word) for word in words}
    alphabet = {token for each in parts.values() for token in each}

    def merged(each, a, b):
        text = " ".join(each) + " "
        return text.replace(f"{a} {b} ", f"{a}{b.removeprefix(CONTINUES)} ").split()

    pairs = {pair for each in parts.values() for pair in zip(each, each[1:])}
    tried = {a + b.removeprefix(CONTINUES): log_likelihood(
        {word: merged(each, a, b) for word, each in parts.items()}, words) for a, b in pairs}
    assert learn(words, len(alphabet) + 1)[-1] == max(tried, key=tried.get)


def test_the_ratio_merges_letters_that_occur_once_before_a_common_pair():
    words = {"the": 100, "then": 50, "xq": 1}
    alphabet = len({token for word in words for token in characters(word)})
    first = {score.__name__: learn(words, alphabet + 1, score)[-1]
             for score in (pair_count, pair_ratio, likelihood_gain)}
    assert first == {"pair_count": "th", "pair_ratio": "xq", "likelihood_gain": "th"}


@thorough
@given(few_words)
def test_every_word_of_the_training_text_is_made_of_its_tokens(words):
    tokens = set(learn(words, 30))
    for word in words:
        parts = encode(word, tokens)
        assert "".join(part.removeprefix(CONTINUES) for part in parts) == word
        assert all(part.startswith(CONTINUES) == (n > 0) for n, part in enumerate(parts))


@thorough
@given(few_words, st.text("abcd", min_size=1, max_size=12))
def test_encoding_is_that_of_hugging_faces_model(words, word):
    """Oracle: tokenizers.models.WordPiece, with our tokens."""
    tokens = learn(words, 20)
    numbered = {token: n for n, token in enumerate(["[UNK]", *tokens])}
    theirs = Tokenizer(models.WordPiece(numbered, unk_token="[UNK]"))
    assert encode(word, set(tokens)) == theirs.encode(word).tokens
