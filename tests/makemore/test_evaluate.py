"""Losses are means of float64 sums over all characters; words are found where they were."""

import math

import pytest
import torch
import torch.nn.functional as F
from shapes import load_checked

from scratch.makemore import evaluate
from scratch.makemore.data import Vocabulary, dataset
from scratch.makemore.evaluate import (
    Score,
    bits,
    by_word,
    loss,
    losses,
    novelty,
    perplexity,
    report,
    standard_error,
    table,
)


class Fixed:
    """Logits from a table, by the last symbol of the context."""

    block_size = 1

    def __init__(self, logits):
        self.logits = logits

    def __call__(self, contexts):
        return self.logits[contexts[:, -1]]


def examples(count=1000, V=7):
    g = torch.Generator().manual_seed(1)
    return torch.randint(V, (count, 1), generator=g), torch.randint(V, (count,), generator=g)


def logits(V=7):
    return torch.randn(V, V, generator=torch.Generator().manual_seed(2)) * 3


def test_every_shape_comment_is_true():
    module = load_checked(evaluate.__file__, B=5, N=10, T=1, V=7, W=3)
    contexts, targets = examples(10)
    targets = torch.tensor([1, 2, 0, 0, 3, 1, 1, 4, 6, 0])
    module.standard_error(module.losses(Fixed(logits()), contexts, targets, batch=5), targets)
    assert not module.unreached_shapes()


def test_the_loss_is_pytorchs_cross_entropy():
    """Oracle: F.cross_entropy in float64."""
    contexts, targets = examples()
    expected = F.cross_entropy(logits().double()[contexts[:, 0]], targets).item()
    assert loss(Fixed(logits()), contexts, targets) == pytest.approx(expected, rel=1e-12)


def test_each_loss_is_pytorchs_and_their_mean_is_the_loss():
    """Oracle: F.cross_entropy without reduction."""
    contexts, targets = examples()
    each = losses(Fixed(logits()), contexts, targets, batch=300)
    expected = F.cross_entropy(logits().double()[contexts[:, 0]], targets, reduction="none")
    torch.testing.assert_close(each, expected, rtol=1e-12, atol=1e-12)
    assert each.mean().item() == pytest.approx(loss(Fixed(logits()), contexts, targets), rel=1e-12)


def test_the_characters_of_a_word_end_with_its_end():
    nats = torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0, 32.0]).double()
    sums, lengths = by_word(nats, torch.tensor([5, 0, 0, 3, 3, 0]))
    assert sums.tolist() == [3.0, 4.0, 56.0] and lengths.tolist() == [2, 1, 3]


def test_the_standard_error_of_words_of_one_character_is_the_textbooks():
    """Oracle: the standard deviation over the root of the number."""
    nats = torch.rand(400, generator=torch.Generator().manual_seed(3)).double()
    expected = nats.std(correction=0).item() / 20
    assert standard_error(nats, torch.zeros(400, dtype=torch.int64)) == pytest.approx(expected, rel=1e-12)


def test_the_standard_error_is_the_spread_of_redrawn_words():
    """Oracle: the bootstrap over words; the nats of a word are alike, so characters would not do."""
    g = torch.Generator().manual_seed(4)
    lengths = torch.randint(1, 9, (500,), generator=g)
    targets = torch.ones(int(lengths.sum()), dtype=torch.int64)
    targets[lengths.cumsum(0) - 1] = 0
    nats = torch.rand(500, generator=g).double().repeat_interleave(lengths)
    sums, found = by_word(nats, targets)
    assert torch.equal(found, lengths)
    drawn = torch.randint(500, (2000, 500), generator=g)
    spread = (sums[drawn].sum(1) / lengths[drawn].sum(1)).std().item()
    assert standard_error(nats, targets) == pytest.approx(spread, rel=0.08)
    assert standard_error(nats, targets) > 1.5 * (nats.std() / len(nats) ** 0.5).item()


@pytest.mark.parametrize("batch", [1, 7, 999, 1000, 5000])
def test_the_size_of_the_batches_does_not_matter(batch):
    contexts, targets = examples()
    whole = loss(Fixed(logits()), contexts, targets)
    assert loss(Fixed(logits()), contexts, targets, batch) == pytest.approx(whole, rel=1e-12)


def test_logits_and_log_probabilities_have_the_same_loss():
    contexts, targets = examples()
    normalised = loss(Fixed(logits().double().log_softmax(1)), contexts, targets)
    assert normalised == pytest.approx(loss(Fixed(logits()), contexts, targets), rel=1e-12)


def test_a_million_equal_losses_have_exactly_their_mean():
    """A running float32 sum of these is off in the fourth digit."""
    contexts = torch.zeros(1_000_000, 1, dtype=torch.int64)
    expected = math.log(27)
    nats = loss(Fixed(torch.zeros(1, 27)), contexts, contexts[:, 0])
    assert nats == pytest.approx(expected, rel=1e-10)


def test_what_was_impossible_costs_infinity():
    table = torch.tensor([[0.5, 0.5, 0.0]]).log()
    contexts = torch.zeros(1, 1, dtype=torch.int64)
    assert loss(Fixed(table), contexts, torch.tensor([1])) == pytest.approx(math.log(2))
    assert loss(Fixed(table), contexts, torch.tensor([2])) == math.inf
    assert perplexity(math.inf) == perplexity(1e6) == math.inf


@pytest.mark.parametrize("logits, targets, says", [
    (torch.zeros(1, 3), [], "no examples"),
    (torch.zeros(1, 3), [3], r"targets are 3 to 3.*0\.\.2"),
    (torch.zeros(1, 3), [-1], r"targets are -1"),
    (torch.full((1, 3), math.nan), [1], "diverged"),
])
def test_what_has_no_loss_is_an_error_that_says_why(logits, targets, says):
    targets = torch.tensor(targets, dtype=torch.int64)
    with pytest.raises(ValueError, match=says):
        loss(Fixed(logits), torch.zeros(len(targets), 1, dtype=torch.int64), targets)


def test_one_bit_is_a_choice_of_two_and_perplexity_counts_the_choices():
    assert bits(math.log(2)) == 1.0 and bits(math.log(8)) == pytest.approx(3.0)
    assert perplexity(math.log(27)) == pytest.approx(27)
    score = Score(10, math.log(4))
    assert score.bits == pytest.approx(2) and score.perplexity == pytest.approx(4)


def test_no_gradients_are_kept():
    weights = logits().requires_grad_()
    assert isinstance(loss(Fixed(weights), *examples()), float)
    assert weights.grad is None


def test_a_report_has_a_score_for_each_split_and_a_table_a_line():
    contexts, targets = examples()
    scores = report(Fixed(logits()), {"train": (contexts, targets),
                                      "dev": (contexts[:10], targets[:10])})
    assert [score.characters for score in scores.values()] == [1000, 10]
    lines = table(scores).splitlines()
    assert len(lines) == 3 and len(set(map(len, lines))) == 1
    assert f"{scores['dev'].nats:.4f}" in lines[2] and lines[2].startswith("dev")


def test_counted_pairs_have_their_published_loss(lecture_names):
    """Oracle: 2.4540144892 nats without smoothing, over all 228,146 pairs, in float64."""
    vocabulary = Vocabulary(lecture_names)
    contexts, targets = dataset(lecture_names, vocabulary, 1)
    counts = torch.zeros(27, 27, dtype=torch.float64)
    counts.index_put_((contexts[:, 0], targets), torch.ones(len(targets), dtype=torch.float64),
                      accumulate=True)
    model = Fixed((counts / counts.sum(1, keepdim=True)).log())
    assert len(targets) == 228_146
    assert loss(model, contexts, targets) == pytest.approx(2.4540144892, abs=1e-9)


def test_a_word_is_found_in_train_first_then_in_test_else_it_is_new():
    found = novelty(["ava", "emma", "zed", "emma", "mia"], ["emma", "mia"], ["mia", "ava"])
    assert found == (["emma", "emma", "mia"], ["ava"], ["zed"])
    assert found.train == ["emma", "emma", "mia"] and found.new == ["zed"]
    assert novelty([], ["a"], ["b"]) == ([], [], [])
