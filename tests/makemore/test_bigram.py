"""Counts are those of a loop, probabilities sum to one, and descent finds the counts again."""

import math
import time
from collections import Counter
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import load_checked

from scratch.makemore import bigram
from scratch.makemore.bigram import Bigram, NeuralBigram, count_pairs, draw, fit, smoothed
from scratch.makemore.data import Vocabulary, dataset

WORDS = ["emma", "ava", "mia", "zoé", "x", "emma"]
SEED = 2147483647    # the lecture's


@pytest.fixture(scope="module")
def vocabulary(lecture_names):
    return Vocabulary(lecture_names)


@pytest.fixture(scope="module")
def counts(lecture_names, vocabulary):
    return count_pairs(lecture_names, vocabulary)


def generator(seed=SEED):
    return torch.Generator().manual_seed(seed)


# Counting

@given(st.lists(st.text("abcé", max_size=5), min_size=1, max_size=8))
@settings(deadline=None)
def test_counts_are_those_of_a_loop_over_pairs(words):
    vocabulary = Vocabulary(words)
    pairs = Counter(pair for word in words for pair in zip(f".{word}", f"{word}."))
    expected = [[pairs[a, b] for b in vocabulary.characters] for a in vocabulary.characters]
    assert count_pairs(words, vocabulary).tolist() == expected


def test_counting_a_million_words_takes_little_of_the_processor():
    """A quarter of a second is usual (benchmarks/makemore.py); what grows with the square takes hours."""
    words = ["emma", "olivia", "zoë", "a"] * 250_000
    start = time.process_time()
    counts = count_pairs(words, Vocabulary(words))
    assert time.process_time() - start < 20
    assert counts.sum() == 250_000 * (4 + 6 + 3 + 1 + 4)


# Probabilities

@pytest.mark.parametrize("alpha", [0, 0.01, 1, 1e6])
def test_rows_are_distributions_and_smoothing_adds_alpha_to_each_count(alpha):
    vocabulary = Vocabulary(WORDS)
    counts = count_pairs(WORDS, vocabulary)
    probabilities = smoothed(counts, alpha)
    assert probabilities.dtype == torch.float64
    torch.testing.assert_close(probabilities.sum(1), torch.ones(len(vocabulary)).double())
    for i, row in enumerate(counts.tolist()):
        expected = [(n + alpha) / (sum(row) + alpha * len(row)) for n in row]
        assert probabilities[i].tolist() == pytest.approx(expected, rel=1e-12)


def test_a_row_without_counts_is_uniform():
    counts = torch.tensor([[0, 3], [0, 0]])
    assert smoothed(counts, 0).tolist() == [[0, 1], [0.5, 0.5]]


@pytest.mark.parametrize("alpha", [-1, math.nan, math.inf])
def test_alpha_is_a_finite_number_of_pairs(alpha):
    with pytest.raises(ValueError, match="a number of pairs, 0 or more"):
        Bigram(torch.ones(2, 2), alpha)


def test_the_loss_of_counts_is_that_of_their_examples_one_by_one():
    vocabulary = Vocabulary(WORDS)
    counts = count_pairs(WORDS, vocabulary)
    contexts, targets = dataset(WORDS, vocabulary, 1)
    model = Bigram(counts, alpha=0.3)
    expected = F.cross_entropy(model(contexts), targets).item()
    assert model.loss(counts) == pytest.approx(expected, rel=1e-12)
    assert model.log_likelihood(counts) == pytest.approx(-len(targets) * expected, rel=1e-12)
    assert torch.equal(model(dataset(WORDS, vocabulary, 3)[0]), model(contexts))    # the last counts


def test_a_pair_that_was_never_counted_is_infinitely_surprising_without_smoothing():
    vocabulary = Vocabulary(["ab", "ba"])
    model = Bigram(count_pairs(["ab"], vocabulary), alpha=0)
    assert model.loss(count_pairs(["ba"], vocabulary)) == math.inf
    assert model.loss(count_pairs(["ab"], vocabulary)) == 0


# Drawing words

def test_drawn_symbols_follow_their_row():
    """Chi-squared of the first symbols of 5,000 words: 20.5 is passed once in a thousand."""
    first = torch.tensor([0.4, 0.3, 0.15, 0.1, 0.05, 0.0])
    rows = torch.stack([first, *[torch.eye(6)[0]] * 5])    # after one symbol, the end
    dice = generator(3)
    found = Counter((draw(rows, dice) or [0])[0] for _ in range(5_000))
    assert found[5] == 0 and sum(found.values()) == 5_000
    expected = {id: 5_000 * p for id, p in enumerate(first.tolist()) if p}
    assert sum((found[id] - n) ** 2 / n for id, n in expected.items()) < 20.5


@pytest.mark.parametrize("u, word", [(0.0, [1]), (0.25, [2]), (0.5, [2]), (1 - 2**-53, [2])])
def test_an_end_belongs_to_the_symbol_after_it(monkeypatch, u, word):
    """Symbols of probability 0 at either side are never drawn, whatever u in [0, 1) is."""
    drawn = iter([u, 0.0])
    monkeypatch.setattr(bigram.torch, "rand", lambda *_, **__: torch.tensor(next(drawn), dtype=torch.float64))
    rows = torch.tensor([[0, 0.25, 0.75, 0], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]])
    assert draw(rows, None) == word


def test_the_same_seed_draws_the_same_words_again():
    """These words were drawn with PyTorch 2.13, and other versions have to draw them, too."""
    vocabulary = Vocabulary(WORDS)
    rows = Bigram(count_pairs(WORDS, vocabulary), 0).probabilities
    dice = generator(42)
    drawn = [vocabulary.decode(draw(rows, dice)) for _ in range(6)]
    assert drawn == ["a", "a", "miava", "a", "zoé", "a"]


# Learning

def test_one_layer_gives_the_logits_of_one_hot_vectors_times_its_weights():
    model = NeuralBigram(7, generator())
    contexts = torch.tensor([[3], [0], [3]])
    one_hot = F.one_hot(contexts[:, 0], 7).float()
    torch.testing.assert_close(model(contexts), one_hot @ model.W)
    torch.testing.assert_close(model.probabilities, F.softmax(model.W.detach(), dim=1))
    assert model.parameters() == [model.W] and model.W.requires_grad


@pytest.mark.parametrize("decay", [0.0, 0.01, 3.0])
def test_fit_takes_the_steps_of_autograd_on_all_examples(decay):
    """PyTorch: cross_entropy of every example, backward, a step against the gradient."""
    vocabulary = Vocabulary(WORDS)
    contexts, targets = dataset(WORDS, vocabulary, 1)
    ours, theirs = (NeuralBigram(len(vocabulary), generator()) for _ in range(2))
    losses = fit(ours, count_pairs(WORDS, vocabulary), steps=20, rate=5.0, decay=decay)
    for loss in losses:
        expected = F.cross_entropy(theirs(contexts), targets)
        assert loss == pytest.approx(expected.item(), rel=1e-5)
        [slope] = torch.autograd.grad(expected + decay * (theirs.W**2).mean(), theirs.parameters())
        theirs.W.data -= 5.0 * slope
    torch.testing.assert_close(ours.W, theirs.W, rtol=1e-4, atol=1e-5)
    assert losses[-1] < losses[0]


def test_descent_on_counts_plus_alpha_has_smoothing_as_its_minimum():
    """There the gradient is 0, and the loss is convex: it is the only minimum."""
    counts = count_pairs(WORDS, Vocabulary(WORDS)).double() + 0.5
    model = NeuralBigram(len(counts))
    model.W = smoothed(counts, 0).log().requires_grad_()
    before = model.W.detach().clone()
    fit(model, counts, steps=1, rate=1e6)
    torch.testing.assert_close(model.W.detach(), before, rtol=1e-9, atol=1e-9)


# The lecture's numbers: REFERENCE.md, B1, B2, B3, B7, B8, B9, B11

def test_the_lecture_s_commonest_pairs(counts, vocabulary):
    published = {"n.": 6763, "a.": 6640, "an": 5438, ".a": 4410, "e.": 3983, "ar": 3264,
                 "el": 3248, "ri": 3033, "na": 2977, ".k": 2963}
    top = counts.ravel().topk(10)
    pairs = [vocabulary.decode(divmod(pair, 27)) for pair in top.indices.tolist()]
    assert dict(zip(pairs, top.values.tolist())) == published
    assert (counts > 0).sum() == 627 and (counts == 0).sum() == 102


def test_the_lecture_s_first_row(counts):
    assert counts[0].tolist() == [
        0, 4410, 1306, 1542, 1690, 1531, 417, 669, 874, 591, 2422, 2963, 1572, 2538, 1146,
        394, 515, 92, 1639, 2055, 1308, 78, 376, 307, 134, 535, 929]
    row = smoothed(counts, 0)[0]
    assert [round(p, 4) for p in row[[0, 1, 2, 3, 4, 5, 26]].tolist()] == [
        0.0000, 0.1377, 0.0408, 0.0481, 0.0528, 0.0478, 0.0290]


@pytest.mark.parametrize("alpha, loss", [
    (0, 2.4540144892), (1, 2.4545768201), (10, 2.4621158), (100, 2.5374913)])
def test_the_lecture_s_loss_in_float64(counts, alpha, loss):
    assert Bigram(counts, alpha).loss(counts) == pytest.approx(loss, abs=1e-7 if alpha > 1 else 1e-9)


def test_the_lecture_s_log_likelihood_in_float64(counts):
    assert Bigram(counts, 0).log_likelihood(counts) == pytest.approx(-559873.58964, abs=1e-5)
    assert Bigram(counts, 1).log_likelihood(counts) == pytest.approx(-560001.88320, abs=1e-5)


def test_guessing_costs_the_logarithm_of_27(counts):
    assert Bigram(torch.zeros_like(counts), 1).loss(counts) == pytest.approx(3.2958369, abs=1e-7)


def test_the_lecture_s_untrained_net_on_emma(vocabulary):
    contexts, targets = dataset(["emma"], vocabulary, 1)
    assert (contexts[:, 0].tolist(), targets.tolist()) == ([0, 5, 13, 13, 1], [5, 13, 13, 1, 0])
    losses = F.cross_entropy(NeuralBigram(27, generator())(contexts), targets, reduction="none")
    published = [4.3992743, 4.0145707, 3.6234088, 2.6080668, 4.2012043]
    assert losses.tolist() == pytest.approx(published, abs=1e-6)
    assert losses.mean().item() == pytest.approx(3.7693049907684326, abs=1e-6)


@pytest.mark.parametrize("decay, published", [
    (0.0, {0: 3.7590, 99: 2.4729, 199: 2.4624}), (0.01, {0: 3.7686, 99: 2.4901, 199: 2.4830})])
def test_the_lecture_s_descent_at_rate_50(counts, decay, published):
    """The published loss includes the penalty, and so each step's is measured afresh."""
    for step, loss in published.items():
        model = NeuralBigram(27, generator())
        losses = fit(model, counts, steps=step, rate=50, decay=decay)
        assert len(losses) == step
        penalty = decay * (model.W**2).mean().item()
        assert fit(model, counts, steps=1, rate=0)[0] + penalty == pytest.approx(loss, abs=1e-4)


def test_descent_approaches_the_loss_of_counting_from_above(counts):
    losses = fit(NeuralBigram(27, generator()), counts, steps=5_000, rate=50)
    counted = Bigram(counts, 0).loss(counts)
    assert counted < losses[-1] < counted + 5e-4


def test_every_shape_comment_is_true():
    module = load_checked(Path(bigram.__file__), B=5, V=7)
    words = ["abcdef", "cab"]
    vocabulary = Vocabulary(words)
    contexts = torch.zeros(5, 1, dtype=torch.int64)
    counts = module.count_pairs(words, vocabulary)
    model, net = module.Bigram(counts), module.NeuralBigram(7, generator())
    model(contexts), net(contexts), model.loss(counts)
    module.draw(net.probabilities, generator())
    module.fit(net, counts, steps=2, rate=1, decay=0.1)
    assert not module.unreached_shapes()
