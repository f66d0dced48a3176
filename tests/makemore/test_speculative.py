"""Guessing ahead changes how many runs a text takes, and no probability."""

import itertools

import pytest
import torch
from randomized_models import generator, randomized
from scipy.stats import chi2
from shapes import load_checked

from scratch.makemore import speculative as module
from scratch.makemore.gpt import GPT
from scratch.makemore.modern import LLAMA, Config, Decoder
from scratch.makemore.sample import distribution
from scratch.makemore.speculative import speculate, verify

torch.set_num_threads(1)    # such small operations: a second thread would only wait

V = 4


def models(positions="rotary", symbols=V):
    sizes = dict(symbols=symbols, block_size=12, heads=2, positions=positions)
    return (randomized(Decoder(Config(**sizes, layers=2, channels=16))),
            randomized(Decoder(Config(**sizes, layers=1, channels=8)), std=0.2))


def p_value(counts, p):
    """Of the chi-squared test that counts were drawn from p; cells with less than 5 expected are one."""
    expected = p * counts.sum()
    rare = expected < 5
    counts, expected = (torch.cat([x[~rare], x[rare].sum()[None]]) if rare.any() else x
                        for x in (counts.double(), expected))
    statistic = ((counts - expected) ** 2 / expected.clamp(min=1e-9)).sum()
    return chi2.sf(float(statistic), len(counts) - 1)


def distributions(*shape):
    return torch.randn(*shape, V, generator=generator(), dtype=torch.float64).mul(1.5).softmax(-1)


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, B=5, K=3, V=V)
    checked.verify(distributions(5, 4), distributions(5, 3), torch.randint(V, (5, 3), generator=generator()))
    assert not checked.unreached_shapes()


def guesses(B, rule=verify):
    """Two guesses ahead, B times: q depends on the guess before, p on the id before -> counts of pairs, and
    what they are to be."""
    g = generator(3)
    p, q = distributions(2, 1 + V)    # at the first place, and after each id
    first = torch.multinomial(q[:1].expand(B, V), 1, generator=g)[:, 0]
    second = torch.multinomial(q[1 + first], 1, generator=g)[:, 0]
    ids, kept = rule(torch.stack([p[:1].expand(B, V), p[1 + first], p[1 + second]], 1),
                     torch.stack([q[:1].expand(B, V), q[1 + first]], 1), torch.stack([first, second], 1), g)
    again = torch.multinomial(p[1 + ids[:, 0]], 1, generator=g)[:, 0]    # where only the first is settled
    pairs = ids[:, 0] * V + torch.where(kept >= 1, ids[:, 1], again)
    return pairs.bincount(minlength=V * V), (p[0, :, None] * p[1:]).flatten()


def test_pairs_of_ids_have_the_large_models_distribution():
    """Chi-squared test on 200,000 pairs; what the large model itself gives is known exactly."""
    assert p_value(*guesses(200_000)) > 0.01


def test_a_wrong_rule_would_be_found():
    """Control: guesses kept always, or replaced by a draw from p itself, fail the same test."""
    def always(p, q, drafted, g):
        ids, kept = verify(p, q, drafted, g)
        return torch.cat([drafted, ids[:, -1:]], 1), torch.full_like(kept, 2)

    def from_p(p, q, drafted, g):
        _, kept = verify(p, q, drafted, g)
        rows = torch.arange(len(kept))
        drawn = torch.multinomial(p[rows, kept], 1, generator=g)
        return torch.cat([drafted, drawn], 1).scatter(1, kept[:, None], drawn), kept

    assert p_value(*guesses(200_000, always)) < 1e-9 > p_value(*guesses(200_000, from_p))


def test_the_share_that_is_kept_is_the_sum_of_the_smaller_probabilities():
    B, g = 100_000, generator(5)
    p, q = distributions(3).split([2, 1])
    drafted = torch.multinomial(q.expand(B, V), 1, generator=g)
    _, kept = verify(p[None].expand(B, 2, V), q[None].expand(B, 1, V), drafted, g)
    expected = torch.minimum(p[0], q[0]).sum().item()
    assert kept.double().mean().item() == pytest.approx(expected, abs=4 * 0.5 / B**0.5)


def test_texts_have_the_large_models_distribution():
    """Chi-squared test on 300 texts of two ids; with the caches, which forget what was not kept."""
    model, draft = models()
    with torch.no_grad():
        p = [distribution(model.logits(torch.tensor([[0, *ids]]))[:, -1])[0]
             for ids in [(), *((n,) for n in range(V))]]
    exact = (p[0][:, None] * torch.stack(p[1:])).flatten()
    g, counts = generator(7), torch.zeros(V * V, dtype=torch.int64)
    for _ in range(300):
        (a, b), _ = speculate(model, draft, [0], 2, ahead=2, generator=g)
        counts[a * V + b] += 1
    assert p_value(counts, exact) > 0.01


@pytest.mark.parametrize("ahead, positions", [*itertools.product((1, 3, 5), ("learned", "rotary"))])
def test_greedy_texts_are_the_large_models_own(ahead, positions):
    """Oracle: the likeliest id again and again, without a cache; top_k=1 leaves no other."""
    model, draft = models(positions, symbols=11)
    expected = [3, 1]
    with torch.no_grad():
        for _ in range(9):
            expected.append(model.logits(torch.tensor([expected]))[0, -1].argmax().item())
    ids, runs = speculate(model, draft, [3, 1], 9, ahead, generator=generator(), top_k=1)
    assert ids == expected[2:] and len(ids) <= sum(runs) + len(runs) and max(runs) <= ahead


def test_a_model_that_guesses_for_itself_is_always_right():
    model, _ = models()
    ids, runs = speculate(model, model, [0], 10, ahead=4, generator=generator())
    assert len(ids) == 10 and runs == [4, 4]    # and one more each


def test_a_text_ends_behind_stop():
    model, draft = models()
    for seed in range(8):
        ids, _ = speculate(model, draft, [0], 11, 4, stop=2, generator=generator(seed))
        assert 2 not in ids[:-1] and (ids[-1] == 2 or len(ids) == 11)


def test_it_takes_the_books_gpt():
    from scratch.makemore import transformer
    model = GPT(transformer.Config(11, 12, layers=2, heads=2, channels=16))
    draft = Decoder(Config(11, 12, layers=1, heads=2, channels=8, **LLAMA))
    assert len(speculate(model, draft, [0], 11, 3, generator=generator())[0]) == 11


def test_what_cannot_be_done_is_refused():
    for start, ahead in (([], 4), ([0], 0)):
        with pytest.raises(ValueError, match="at least one of each"):
            speculate(*models(), start, 5, ahead)
