"""Counts of any context are those of a dictionary, and both models those of their formula."""

import math
from collections import Counter
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import load_checked

from scratch.makemore import ngram
from scratch.makemore.bigram import Bigram, count_pairs
from scratch.makemore.data import Vocabulary, dataset, split
from scratch.makemore.ngram import Counts, Interpolated, NGram, last

WORDS = ["emma", "ava", "mia", "zoé", "x", "emma", "ama"]
VOCABULARY = Vocabulary(WORDS)
V = len(VOCABULARY)


def by_hand(words, T):
    """Counters of (context, symbol) and of contexts, both as text."""
    pairs, contexts = Counter(), Counter()
    for word in words:
        text = "." * T + word + "."
        for n in range(T, len(text)):
            pairs[text[n - T:n], text[n]] += 1
            contexts[text[n - T:n]] += 1
    return pairs, contexts


def ids(text):
    return [VOCABULARY.ids[character] for character in text]


@given(st.lists(st.text("aemz", max_size=5), min_size=1, max_size=6), st.integers(0, 4))
@settings(deadline=None)
def test_counts_are_those_of_a_dictionary(words, T):
    contexts, targets = dataset(words, VOCABULARY, max(T, 1))
    counts = Counts(last(T, contexts), targets, V)
    pairs, totals = by_hand(words, T)
    asked, _ = dataset([*WORDS, *words], VOCABULARY, max(T, 1))
    asked = last(T, asked)
    rows, total = counts.rows(asked)
    for context, row, n in zip(asked.tolist(), rows.tolist(), total[:, 0].tolist()):
        text = VOCABULARY.decode(context)
        assert n == totals[text] == sum(row)
        assert row == [pairs[text, symbol] for symbol in VOCABULARY.characters]
    came = torch.arange(len(asked)) % V
    count, n = counts.of(asked, came)
    assert count.tolist() == rows[torch.arange(len(asked)), came].tolist()
    assert n.tolist() == total[:, 0].tolist()


@pytest.mark.parametrize("alpha", [0.01, 1, 7])
@pytest.mark.parametrize("T", [1, 2, 5])
def test_alpha_is_added_to_each_count(T, alpha):
    model = NGram(*dataset(WORDS, VOCABULARY, T), V, alpha)
    pairs, totals = by_hand(WORDS, T)
    for text in (".....", "....m", "...em", "...zz"):
        [got] = model(torch.tensor([ids(text)])).exp().tolist()
        text = text[5 - T:]
        expected = [(pairs[text, symbol] + alpha) / (totals[text] + alpha * V)
                    for symbol in VOCABULARY.characters]
        assert got == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("strength", [0.5, [3.0, 0.0, 2.0, 0.25]])
def test_fake_counts_are_shared_out_by_the_shorter_context(strength):
    model = Interpolated(*dataset(WORDS, VOCABULARY, 3), V, strength)
    strengths = strength if isinstance(strength, list) else [strength] * 4

    def probability(text, symbol, T):
        if T < 0:
            return 1 / V
        pairs, totals = by_hand(WORDS, T)
        text = text[len(text) - T:]
        s = strengths[T]
        if totals[text] + s == 0:
            return probability(text, symbol, T - 1)
        return (pairs[text, symbol] + s * probability(text, symbol, T - 1)) / (totals[text] + s)

    for text in ("...", "..e", "emm", "zzz", "aéz"):
        [got] = model(torch.tensor([ids(text)])).exp().tolist()
        expected = [probability(text, symbol, 3) for symbol in VOCABULARY.characters]
        assert got == pytest.approx(expected, rel=1e-12)
        assert sum(got) == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize("model", [NGram, Interpolated])
@pytest.mark.parametrize("T", [1, 3])
def test_the_loss_is_cross_entropy_of_the_rows(model, T):
    train, asked = dataset(WORDS, VOCABULARY, T), dataset(["mazé", "eva"], VOCABULARY, T)
    model = model(*train, V)
    assert model.block_size == T
    for contexts, targets in (train, asked):
        logits = model(contexts)
        assert logits.shape == (len(targets), V) and logits.dtype == torch.float64
        assert model.loss(contexts, targets) == pytest.approx(
            F.cross_entropy(logits, targets).item(), rel=1e-12)


def test_a_context_of_one_symbol_is_the_bigram_model():
    counts = count_pairs(WORDS, VOCABULARY)
    contexts, targets = dataset(WORDS, VOCABULARY, 1)
    model = NGram(contexts, targets, V, alpha=0.5)
    torch.testing.assert_close(model(contexts), Bigram(counts, alpha=0.5)(contexts))


def test_without_fake_counts_the_unseen_is_impossible_and_unseen_contexts_are_even():
    model = NGram(*dataset(["ama"], VOCABULARY, 2), V, alpha=0)
    assert model(torch.tensor([ids("zz")])).exp()[0].tolist() == pytest.approx([1 / V] * V)
    assert model.loss(*dataset(["amaz"], VOCABULARY, 2)) == math.inf
    assert model.loss(*dataset(["ama"], VOCABULARY, 2)) == 0


def test_more_context_than_the_model_reads_is_cut_and_less_is_refused():
    model = NGram(*dataset(WORDS, VOCABULARY, 2), V)
    contexts, _ = dataset(WORDS, VOCABULARY, 5)
    assert torch.equal(model(contexts), model(contexts[:, -2:]))
    with pytest.raises(ValueError, match="contexts of 1 symbols; 2 are needed"):
        model(contexts[:, -1:])


def test_what_cannot_be_counted_is_refused():
    contexts, targets = dataset(WORDS, VOCABULARY, 3)
    for fake in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match="pseudocounts; it takes a finite number, 0 or more"):
            NGram(contexts, targets, V, alpha=fake)
        with pytest.raises(ValueError, match="pseudocounts"):
            Interpolated(contexts, targets, V, strength=[1, 1, 1, fake])
    with pytest.raises(ValueError, match="2 strengths, but there are 4 lengths of context, 0 to 3"):
        Interpolated(contexts, targets, V, strength=[1, 1])
    with pytest.raises(ValueError, match="nothing to count"):
        NGram(contexts[:0], targets[:0], V)
    with pytest.raises(ValueError, match=r"4 symbols out of 100000 have 2\*\*63 values or more"):
        NGram(contexts, targets, 100_000)


# The lecture's names: the table of count models in REFERENCE.md, section 1.2

@pytest.fixture(scope="module")
def parts(lecture_names):
    vocabulary = Vocabulary(lecture_names)
    return {T: [dataset(part, vocabulary, T) for part in split(lecture_names)] for T in (1, 2)}


@pytest.mark.parametrize("T, alpha, published", [
    (1, 1, [2.4548, 2.4533, 2.4584]),
    (2, 0.01, [2.1832, 2.2318, 2.2346]),
    (2, 0.1, [2.1874, 2.2225, 2.2240]),
    (2, 0.2, [2.1914, 2.2223, 2.2235]),
    (2, 1, [2.2156, 2.2365, 2.2373]),
    (2, 5, [2.2920, 2.3031, 2.3046]),
])
def test_the_lecture_s_losses_on_train_dev_and_test(parts, T, alpha, published):
    train, dev, test = parts[T]
    model = NGram(*train, 27, alpha)
    assert [model.loss(*part) for part in (train, dev, test)] == pytest.approx(published, abs=5.1e-5)


def test_the_lecture_s_bigram_is_best_on_dev_near_a_third_of_a_count(parts):
    train, dev, _ = parts[1]
    for alpha in (0.2, 0.35, 0.5):
        assert NGram(*train, 27, alpha).loss(*dev) == pytest.approx(2.4530, abs=1e-4)


def test_the_lecture_s_trigram_on_all_names(lecture_names):
    examples = dataset(lecture_names, Vocabulary(lecture_names), 2)
    assert NGram(*examples, 27, alpha=1).loss(*examples) == pytest.approx(2.2125824, abs=1e-7)


def test_interpolation_beats_the_best_alpha_on_dev(parts):
    train, dev, _ = parts[2]
    best = min(NGram(*train, 27, alpha).loss(*dev) for alpha in (0.05, 0.1, 0.2, 0.3, 0.5))
    assert Interpolated(*train, 27, strength=20).loss(*dev) < best


def test_every_shape_comment_is_true():
    module = load_checked(Path(ngram.__file__), N=11, B=5, T=2, V=7)
    contexts, targets = torch.randint(0, 7, (11, 2)), torch.randint(0, 7, (11,))
    for model in (module.NGram(contexts, targets, 7), module.Interpolated(contexts, targets, 7)):
        model(contexts[:5]), model.loss(contexts[:5], targets[:5])
    assert not module.unreached_shapes()
