"""Words come out as often as the distribution says, and from one seed always the same."""

import math
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from shapes import load_checked

from scratch.makemore import sample as module
from scratch.makemore.bigram import Bigram, count_pairs
from scratch.makemore.data import Vocabulary
from scratch.makemore.mlp import MLP
from scratch.makemore.sample import choose, distribution, sample


class Table:
    """Logits from a table, by the last symbol."""

    block_size = 1

    def __init__(self, p):
        self.logits = torch.as_tensor(p, dtype=torch.float64).log()

    def __call__(self, contexts):
        return self.logits[contexts[:, -1]]


LETTERS = Vocabulary(["abc"])
P = [[0.0, 0.5, 0.3, 0.2],    # how words begin
     [0.4, 0.1, 0.2, 0.3],    # what follows a
     [0.7, 0.3, 0.0, 0.0],
     [0.2, 0.2, 0.2, 0.4]]


def chi_squared(found, expected):
    """Pearson's sum, and the value that chance passes once in a thousand times."""
    degrees = len(expected) - 1
    limit = degrees * (1 - 2 / (9 * degrees) + 3.09 * math.sqrt(2 / (9 * degrees))) ** 3
    return sum((f - e) ** 2 / e for f, e in zip(found, expected)), limit


def test_words_have_the_frequencies_of_the_product_of_their_probabilities():
    """Oracle: Pearson's chi-squared test, and the products by hand; the seed is fixed."""
    words = sample(Table(P), LETTERS, 20_000, seed=5)
    expected = {"a": .5 * .4, "b": .3 * .7, "c": .2 * .2, "ab": .5 * .2 * .7, "ba": .3 * .3 * .4,
                "ac": .5 * .3 * .2, "aa": .5 * .1 * .4, "ca": .2 * .2 * .4, "cc": .2 * .4 * .2}
    found = [words.count(word) for word in expected]
    found.append(len(words) - sum(found))
    numbers = [20_000 * p for p in expected.values()]
    numbers.append(20_000 - sum(numbers))
    value, limit = chi_squared(found, numbers)
    assert value < limit


@pytest.mark.parametrize("settings, expected", [
    (dict(), [0.5, 0.3, 0.2]),
    (dict(temperature=0.5), [25 / 38, 9 / 38, 4 / 38]),
    (dict(temperature=2.0), [x / (.5**.5 + .3**.5 + .2**.5) for x in (.5**.5, .3**.5, .2**.5)]),
    (dict(top_k=2), [5 / 8, 3 / 8, 0]),
    (dict(top_p=0.6), [5 / 8, 3 / 8, 0]),
    (dict(top_p=0.4), [1, 0, 0]),
    (dict(top_k=3, top_p=0.81), [0.5, 0.3, 0.2]),
    (dict(temperature=0.5, top_k=2), [25 / 34, 9 / 34, 0]),
])
def test_first_letters_follow_the_changed_distribution(settings, expected):
    """Oracle: the changes by hand, and a chi-squared test of ten thousand words."""
    p = distribution(torch.tensor([[0.0, 0.5, 0.3, 0.2]]).log(), **settings)
    torch.testing.assert_close(p[0, 1:], torch.tensor(expected, dtype=torch.float64),
                               rtol=1e-6, atol=1e-9)
    words = sample(Table(P), LETTERS, 10_000, seed=3, **settings)
    counts = [sum(word[0] == letter for word in words) for letter in "abc"]
    kept = [(count, 10_000 * p) for count, p in zip(counts, expected) if p]
    assert sum(count for count, _ in kept) == 10_000    # nothing that was cut comes out
    if len(kept) > 1:
        value, limit = chi_squared(*zip(*kept))
        assert value < limit


def test_counted_pairs_make_these_names_from_seed_42(book_names):
    """Goldens: they depend on the counts and on Python's random.random() alone."""
    vocabulary = Vocabulary(book_names)
    model = Bigram(count_pairs(book_names, vocabulary))
    assert sample(model, vocabulary, 10, seed=42) == [
        "m", "hagupiclalyangroe", "arneer", "zeliaderad", "wstan", "fo", "tisicakrottag",
        "whucuey", "janss", "treediongbaiein"]


def test_an_untrained_network_makes_these_names_from_seed_42():
    """Goldens: its weights are torch.randn's, whose stream is the same in all versions."""
    generator = torch.Generator().manual_seed(2147483647)
    model = MLP(27, generator=generator, output_scale=0.1)
    vocabulary = Vocabulary(["abcdefghijklmnopqrstuvwxyz"])
    words = sample(model, vocabulary, 5, seed=42, temperature=0.7, max_length=12)
    assert words == ["k", "", "uhcakkjqhxck", "rrrrvcchffgk", "khfckygnexfv"]


def test_the_choices_are_those_of_pythons_random_numbers():
    """Oracle: the same walk, one number at a time, in plain Python."""
    rng = random.Random(11)
    expected = []
    for _ in range(50):
        chances, last, word = [rng.random() for _ in range(20)], 0, ""
        for chance in chances:
            total, next_ = 0.0, None
            for id, p in enumerate(P[last]):
                total += p
                if next_ is None and total > chance:
                    next_ = id
            if next_ == 0:
                break
            word, last = word + ".abc"[next_], next_
        expected.append(word)
    assert sample(Table(P), LETTERS, 50, seed=11, max_length=20) == expected


def test_fewer_words_are_the_first_of_more_and_batches_do_not_matter():
    model, many = Table(P), sample(Table(P), LETTERS, 300, seed=9)
    assert sample(model, LETTERS, 10, seed=9) == many[:10]
    assert sample(model, LETTERS, 300, seed=9, batch=7) == many
    assert sample(model, LETTERS, 300, seed=9) == many
    assert sample(model, LETTERS, 300, seed=10) != many


def test_a_context_holds_the_last_symbols_and_words_that_are_over_ask_no_more():
    asked = []

    class Spy:
        block_size = 3

        def __call__(self, contexts):
            asked.append(contexts.tolist())
            logits = torch.full((len(contexts), 4), -math.inf)
            going = (contexts[:, 0] == 0).long()          # three letters, then the end
            logits[torch.arange(len(contexts)), going * (1 + len(asked) % 3)] = 0.0
            return logits

    assert sample(Spy(), LETTERS, 2) == ["bca", "bca"]
    assert asked == [[[0, 0, 0]] * 2, [[0, 0, 2]] * 2, [[0, 2, 3]] * 2, [[2, 3, 1]] * 2]


def test_greedy_takes_the_likeliest_and_the_first_of_equals():
    assert sample(Table([[0.1, 0.3, 0.3, 0.3], [1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0]]),
                  LETTERS, 3, greedy=True) == ["a", "a", "a"]


def test_no_word_is_longer_than_max_length():
    endless = Table([[0.0, 1.0, 0.0, 0.0]] * 4)
    assert sample(endless, LETTERS, 2, max_length=6) == ["aaaaaa"] * 2
    assert sample(endless, LETTERS, 0) == []
    assert sample(Table([[1.0, 0, 0, 0]]), LETTERS, 2) == ["", ""]


def test_a_model_without_context_can_be_sampled():
    class Unigram:
        block_size = 0

        def __call__(self, contexts):
            return torch.tensor([0.25, 0.75, 0.0, 0.0]).log().expand(len(contexts), 4)

    words = sample(Unigram(), LETTERS, 4000, seed=1)
    assert sum(map(len, words)) / 4000 == pytest.approx(3.0, abs=0.2)    # mean of 1/¼ - 1


rows = st.lists(st.floats(-30, 30), min_size=2, max_size=12)


@settings(max_examples=200, deadline=None)
@given(rows, st.floats(0.05, 20), st.integers(1, 14), st.floats(0, 1))
def test_any_settings_leave_a_distribution_over_the_likeliest(row, temperature, top_k, top_p):
    logits = torch.tensor([row], dtype=torch.float64)
    [p] = distribution(logits, temperature, top_k, top_p)
    plain = distribution(logits, temperature)[0]
    assert p.sum().item() == pytest.approx(1) and (p >= 0).all()
    kept = p > 0
    assert 1 <= kept.sum() <= top_k
    if (~kept).any():
        assert plain[kept].min() >= plain[~kept].max()
    ratio = p[kept] / plain[kept]
    torch.testing.assert_close(ratio, ratio[0].expand_as(ratio))    # shares are kept


@settings(max_examples=200, deadline=None)
@given(rows, st.floats(0, 1, exclude_max=True))
def test_a_symbol_of_probability_zero_is_never_chosen(row, chance):
    p = torch.tensor([row]).double().softmax(1)
    p = torch.where(p < p.mean(), 0.0, p)
    id = choose(p, torch.tensor([chance], dtype=torch.float64))
    assert p[0, id].item() > 0


def test_the_extremes_of_chance_fall_on_the_first_and_the_last_possible_symbol():
    p = torch.tensor([[0.0, 0.1, 0.2, 0.7, 0.0]], dtype=torch.float64) * 0.9999999
    last = math.nextafter(1.0, 0.0)
    for chance, id in ((0.0, 1), (0.1, 2), (0.0999999, 1), (0.300001, 3), (last, 3)):
        assert choose(p, torch.tensor([chance], dtype=torch.float64)).tolist() == [id]


def test_top_p_of_one_and_top_k_of_everything_change_nothing():
    logits = torch.randn(50, 27, generator=torch.Generator().manual_seed(1)) * 20
    assert torch.equal(distribution(logits, top_p=1.0), distribution(logits))
    torch.testing.assert_close(distribution(logits, top_k=27), distribution(logits))


def test_a_tiny_temperature_is_greedy():
    assert distribution(torch.tensor([[1.0, 3.0, 2.0]]), 1e-300).tolist() == [[0.0, 1.0, 0.0]]


@pytest.mark.parametrize("settings, says", [
    (dict(temperature=0.0), "greedy"), (dict(temperature=-1.0), "greedy"),
    (dict(temperature=math.nan), "nan"), (dict(temperature=math.inf), "inf"),
    (dict(top_k=0), "at least 1"), (dict(top_p=-0.1), "0 to 1"), (dict(top_p=1.5), "0 to 1"),
    (dict(count=-1), "count -1"), (dict(max_length=0), "max_length 0"), (dict(batch=0), "batch 0"),
])
def test_a_setting_out_of_range_is_refused_by_name(settings, says):
    with pytest.raises(ValueError, match=says):
        sample(Table(P), LETTERS, **{"count": 1, **settings})


@pytest.mark.parametrize("row", [[math.nan] * 4, [-math.inf] * 4, [0.0, math.inf, 0, 0]])
def test_a_model_whose_answer_is_no_distribution_is_refused(row):
    class Broken:
        block_size = 1

        def __call__(self, contexts):
            return torch.tensor([row])

    with pytest.raises(ValueError, match="not all numbers"):
        sample(Broken(), LETTERS, 1)


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, B=5, V=7, T=3)
    logits = torch.randn(5, 7, generator=torch.Generator().manual_seed(1))
    p = checked.distribution(logits, 0.5, top_k=4, top_p=0.9)
    checked.choose(p, torch.full((5,), 0.5, dtype=torch.float64))
    assert not checked.unreached_shapes()
