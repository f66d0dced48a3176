"""Answers on raw ids: with a cache and without, masks that are any id, and what each is worth."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from randomized_models import randomized
from shapes import load_checked

from scratch.makemore import answers, bert, sample
from scratch.makemore.answers import fill, generate, surprise
from scratch.makemore.bert import BERT
from scratch.makemore.data import Vocabulary, rows
from scratch.makemore.gpt import GPT, Cache, Config

torch.set_num_threads(1)    # such small operations: a second thread would only wait

V = 11
WAYS = [{}, {"temperature": 0.7}, {"top_k": 3}, {"top_p": 0.8}, {"greedy": True}]


def model(kind=GPT, **choices):
    config = dict(symbols=V, block_size=9, layers=2, heads=2, channels=16)
    return randomized(kind(Config(**{**config, **choices}))).double()


def test_every_shape_comment_is_true():
    checked = load_checked(answers.__file__, B=1, T=7, V=V, W=1, N=5)
    list(checked.generate(model(), [1, 2, 3, 4, 5, 6, 7], count=1))
    checked.fill(model(BERT), [1, 2, 3, 4, 5, 6, 10], 10, allowed=[3])
    checked.surprise(model(BERT), [1, 2, 3, 4, 5, 6, 7], 10)
    other = load_checked(answers.__file__, B=1, T=6, V=V, N=5)
    other.surprise(model(), [1, 2, 3, 4, 5, 6])
    assert not set(checked.unreached_shapes()) & set(other.unreached_shapes())


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, V - 1), min_size=1, max_size=12), st.integers(0, 2**20),
       st.integers(0, 8), st.sampled_from(WAYS))
def test_the_same_ids_are_drawn_with_a_cache_and_without(prompt, seed, known, how):
    """Oracle: no cache. Begun empty, and with some of the prompt in it; beyond block_size, too."""
    one = model()
    expected = list(generate(one, prompt, count=12, seed=seed, **how))
    assert len(expected) == 12
    assert list(generate(one, prompt, Cache(2), count=12, seed=seed, **how)) == expected
    known = min(known, len(prompt) - 1)
    if 0 < known and len(prompt) <= one.block_size:
        cache = Cache(2)
        one.logits(torch.tensor([prompt[:known]]), cache)
        assert list(generate(one, prompt, cache, count=12, seed=seed, **how)) == expected


def test_ids_are_drawn_by_the_sampling_modules_own_rules():
    """Oracle: sample.distribution and choose, of logits that are computed anew."""
    import random
    one, ids, rng = model(), [4, 0, 7], random.Random(5)
    drawn = list(generate(one, ids, Cache(2), count=6, seed=5, temperature=0.8, top_k=4))
    for id in drawn:
        p = sample.distribution(one.logits(torch.tensor([ids]))[:, -1], 0.8, 4)
        assert sample.choose(p, torch.tensor([rng.random()], dtype=torch.float64)).item() == id
        ids.append(id)


def test_no_id_but_those_of_stop_ends_a_text():
    """Id 0, which ends a word of the book, is an id as any other; oracle: greedy ids, one after the other."""
    one, ids, expected = model(), [0, 3, 0], []
    for _ in range(6):
        expected.append(one.logits(torch.tensor([ids + expected])[:, -9:])[0, -1].argmax().item())
    assert list(generate(one, ids, count=6, greedy=True)) == expected
    end = expected[3]
    before = expected[:expected.index(end)]
    assert list(generate(one, ids, Cache(2), {end, 99}, count=6, greedy=True)) == before


def test_an_answer_goes_on_in_its_cache():
    """What a chat does: the second question is read, and nothing before it."""
    one, cache = model(block_size=30), Cache(2)
    first = list(generate(one, [1, 2, 3], cache, count=5, seed=1))
    talk = [1, 2, 3, *first, 4, 5]
    assert len(cache) == 7                     # the last id that was drawn has not been read
    assert list(generate(one, talk, cache, count=5, seed=2)) == list(generate(one, talk, count=5, seed=2))


def test_each_id_comes_as_soon_as_it_is_drawn():
    one, asked = model(), []
    logits = one.logits
    one.logits = lambda *given, **named: asked.append(1) or logits(*given, **named)
    stream = generate(one, [1, 2], count=5)
    next(stream), next(stream)
    assert len(asked) == 2


@pytest.mark.parametrize("ids, cached, how, says", [
    ([], 0, {}, "0 ids, of which 0 are in the cache"), ([1, 2], 2, {}, "2 ids, of which 2 are in the cache"),
    ([1, V], 0, {}, f"ids are 1 to {V}, and not all of them are in the model's vocabulary"),
    ([1], 0, {"temperature": 0}, "temperature 0"), ([1], 0, {"top_k": 0}, "top_k 0")])
def test_what_cannot_be_continued_is_told(ids, cached, how, says):
    cache, one = Cache(2), model()
    if cached:
        one.logits(torch.tensor([ids[:cached]]), cache)
    with pytest.raises(ValueError, match=says):
        list(generate(one, ids, cache, **how))


def test_filling_gives_the_books_words_under_the_books_rules():
    """Oracle: bert.fill, whose mask is the largest id, and whose letters are all but it and 0."""
    vocabulary = Vocabulary(["abcdefghi"])
    one = model(BERT)
    ids = [10 if c == "?" else vocabulary.ids[c] for c in "a?c?"]
    found = fill(one, [0, *ids, 0], mask=10, allowed=range(1, 10), count=81, width=200)
    expected = bert.fill(one, vocabulary, "a?c?", count=81)
    assert [(vocabulary.decode(ids[1:-1]), pytest.approx(p)) for ids, p in found] == expected


def test_any_id_can_be_the_mask_and_everything_be_allowed():
    """Oracle: all 121 fillings of two masks, multiplied out by the chain rule."""
    one = model(BERT)

    def p_at(ids, t):
        lengths = torch.tensor([len(ids)])
        return one.logits(torch.tensor([ids]), lengths)[0, t].softmax(-1)

    expected = {}
    for a, b in itertools.product(range(V), repeat=2):
        p = p_at([0, 4, 4, 7, 0, 2], 1)[a] * p_at([0, a, 4, 7, 0, 2], 2)[b]
        expected[0, a, b, 7, 0, 2] = p.item()
    found = {tuple(ids): p for ids, p in fill(one, [0, 4, 4, 7, 0, 2], mask=4, count=121, width=121)}
    assert found == pytest.approx(expected, rel=1e-6) and sum(found.values()) == pytest.approx(1)
    best = fill(one, [0, 4, 4, 7, 0, 2], mask=4, count=3)
    assert len(best) == 3 and all(p == pytest.approx(found[tuple(ids)]) for ids, p in best)


def test_filling_without_a_mask_is_told():
    with pytest.raises(ValueError, match="none of the 3 ids is the mask, 4"):
        fill(model(BERT), [1, 2, 3], mask=4)


def test_a_gpts_surprise_is_the_negated_log_probability_of_the_text():
    """Oracle: one id after the other."""
    one, ids = model(), [3, 1, 4, 1, 5]
    nats = surprise(one, ids)
    for t in range(1, 5):
        p = one.logits(torch.tensor([ids[:t]]))[0, -1].softmax(-1).tolist()
        assert nats[t].item() == pytest.approx(-math.log(p[ids[t]]))
    assert nats[0] == 0 and surprise(one, [3]).tolist() == [0]


def test_a_berts_surprise_is_its_pseudo_log_likelihood():
    """Oracle: bert.pseudo_nll under the book's rules; all ids allowed: more of them, more surprise."""
    vocabulary, one = Vocabulary(["abcdefghi"]), model(BERT)
    ids, _ = rows(["abica"], vocabulary, 7, boundaries=2)
    expected = bert.pseudo_nll(one, ids)[0]
    found = surprise(one, ids[0].tolist(), mask=10, allowed=range(1, 10))
    torch.testing.assert_close(found, expected)
    assert (surprise(one, ids[0].tolist(), mask=10)[1:-1] > expected[1:-1]).all()
    assert surprise(one, [0, 0], mask=10).tolist() == [0, 0]


def test_what_was_silently_wrong_is_right():
    """A word sampler puts id 0 before a prompt and ends at an id 0; a published model's 0 is a token."""
    from scratch.makemore import gpt
    one = model()
    chances = torch.full((1, 6), 0.5, dtype=torch.float64)
    word = gpt.generate(one, [0, 5, 6, 7], chances, top_p=0.0)[0].tolist()
    right = list(generate(one, [5, 6, 7], count=6, greedy=True))
    assert word != right and list(generate(one, [0, 5, 6, 7], count=6, greedy=True))[:3] == word[:3]
