"""Gradients of rewards and preferences against all texts of a tiny model, one by one."""

import copy
import itertools
import math

import pytest
import torch
import torch.nn.functional as F
from randomized_models import generator, randomized
from scipy.stats import chi2
from shapes import load_checked

from scratch.makemore import preferences
from scratch.makemore.data import Vocabulary, rows
from scratch.makemore.gpt import GPT
from scratch.makemore.preferences import dpo_loss, draw, kl, logprob, others, pairs, reinforce_loss
from scratch.makemore.transformer import Config

torch.set_num_threads(1)    # such small operations: a second thread would only wait

V, T = 3, 3    # all texts: 1 + 2 + 4 that end, 8 that are cut off


def model(std=0.3, symbols=V, block_size=T):
    config = Config(symbols, block_size, layers=1, heads=1, channels=4)
    return randomized(GPT(config, generator()), std).double()


def everything():
    """ids (15, 3) and targets (15, 3) of all texts that a model of V symbols can write."""
    ids, targets = [], []
    for length in range(T + 1):
        for word in itertools.product(range(1, V), repeat=length):
            text = [*word, 0][:T]
            targets.append(text + [-1] * (T - len(text)))
            ids.append([0, *word, 0, 0, 0][:T])
    return torch.tensor(ids), torch.tensor(targets)


IDS, TARGETS = everything()
REWARDS = torch.linspace(-1, 2, len(IDS), dtype=torch.float64).square()


def gradient(loss, one):
    found = torch.autograd.grad(loss, list(one.parameters()), retain_graph=True)
    return torch.cat([each.flatten() for each in found])


def per_text(one):
    """The gradients of log p (15, P) of each text, and p (15)."""
    log_p = logprob(one, IDS, TARGETS)
    return torch.stack([gradient(each, one) for each in log_p]), log_p.detach().exp()


def test_every_shape_comment_is_true():
    checked = load_checked(preferences.__file__, N=41, T=5, V=7, P=37)
    one = model(symbols=7, block_size=5)
    ids, targets = checked.draw(one, 41, generator())
    assert ids.shape == (41, 5)
    rewards = torch.arange(41.0)
    rewards[3:7] = 3.0    # 40 neighbours, of which three are equal
    log_p = checked.logprob(one, ids, targets)
    better, worse = checked.pairs(ids, targets, rewards)
    checked.reinforce_loss(log_p, rewards, checked.others(rewards))
    checked.dpo_loss(log_p, log_p, log_p, log_p, 0.1)
    checked.kl(one, one, 41, generator())
    assert not checked.unreached_shapes()


def test_the_probabilities_of_all_texts_sum_to_one():
    assert logprob(model(), IDS, TARGETS).exp().sum().item() == pytest.approx(1, abs=1e-12)
    assert len(IDS) == 15


def test_the_log_probability_is_the_sum_of_the_targets_cross_entropies():
    """Oracle: F.cross_entropy of PyTorch, word by word."""
    vocabulary = Vocabulary(["anna", "bob"])
    one = model(symbols=len(vocabulary), block_size=6)
    ids, targets = rows(["anna", "bob", "a"], vocabulary, 6)
    losses = [F.cross_entropy(one.logits(ids[[n]])[0], targets[n], ignore_index=-1, reduction="sum")
              for n in range(3)]
    torch.testing.assert_close(logprob(one, ids, targets), -torch.stack(losses))


def test_texts_are_drawn_as_often_as_they_are_probable():
    """Chi-squared test on 20,000 texts, of all fifteen."""
    one, count = model(), 20_000
    ids, targets = draw(one, count, generator())
    assert ids.shape[1] == T
    key = (targets + 1) @ torch.tensor([16, 4, 1])
    drawn = torch.stack([(key == each).sum() for each in (TARGETS + 1) @ torch.tensor([16, 4, 1])]).double()
    assert drawn.sum() == count
    expected = logprob(one, IDS, TARGETS).exp() * count
    assert expected.min() > 5
    statistic = ((drawn - expected) ** 2 / expected).sum().detach()
    assert chi2.sf(float(statistic), 14) > 0.01


def test_drawn_rows_are_those_of_the_words():
    """Oracle: data.rows of what was drawn; and the rows are as wide as the longest, its end included."""
    vocabulary = Vocabulary(["ab"])
    one = model(block_size=9)
    ids, targets = draw(one, 30, generator())
    words = [vocabulary.decode(row[row > 0]) for row in targets]
    wide = max(map(len, words)) + 1
    assert ids.shape[1] == min(wide, 9)
    done = [n for n, word in enumerate(words) if len(word) < 9]
    assert len(done) > 10
    for found, expected in zip((ids, targets), rows([words[n] for n in done], vocabulary, 9)):
        assert torch.equal(found[done], expected[:, :ids.shape[1]])


def test_reinforce_estimates_the_gradient_of_the_expected_reward():
    """Oracle: the sum over all texts of p * reward, differentiated; no baseline, a constant one, any one."""
    one = model()
    expected = gradient((logprob(one, IDS, TARGETS).exp() * REWARDS).sum(), one)
    each, p = per_text(one)
    for baseline in (0.0, 1.5, -7.0):
        mean = torch.zeros_like(expected)
        for n in range(len(IDS)):
            loss = reinforce_loss(logprob(one, IDS[[n]], TARGETS[[n]]), REWARDS[[n]], baseline)
            mean -= p[n] * gradient(loss, one)
        torch.testing.assert_close(mean, expected)
    assert expected.norm() > 1e-3


def of_pairs(one, rewards, baseline):
    """The mean and the summed variance of the estimate from two texts, over all 15 * 15 pairs."""
    each, p = per_text(one)
    both = p[:, None] * p                                      # of two independent draws
    advantages = torch.empty(15, 15, 2, dtype=torch.float64)
    for a, b in itertools.product(range(15), repeat=2):
        advantages[a, b] = rewards[[a, b]] - baseline(rewards[[a, b]])
    first, second = advantages.unbind(2)
    estimates = (first[:, :, None] * each[:, None] + second[:, :, None] * each) / 2
    mean = (both[:, :, None] * estimates).sum((0, 1))
    return mean, (both[:, :, None] * (estimates - mean) ** 2).sum().item()


def test_the_others_mean_leaves_the_expectation_and_lowers_the_variance():
    """Enumerated over all pairs of texts: exact, no draws. The rewards are all well above 0."""
    one, rewards = model(), REWARDS + 5
    expected = gradient((logprob(one, IDS, TARGETS).exp() * rewards).sum(), one)
    plain, spread = of_pairs(one, rewards, torch.zeros_like)
    helped, less = of_pairs(one, rewards, others)
    torch.testing.assert_close(plain, expected)
    torch.testing.assert_close(helped, expected)
    assert less < spread / 5


def test_the_mean_of_all_would_be_a_biased_baseline():
    """Control: with the text's own reward among them, the expectation shrinks by half for two texts."""
    one = model()
    expected = gradient((logprob(one, IDS, TARGETS).exp() * REWARDS).sum(), one)
    biased, _ = of_pairs(one, REWARDS, torch.mean)
    torch.testing.assert_close(biased, expected / 2)


def test_no_gradient_goes_through_rewards_or_baseline():
    """So a penalty on log p - log p_start in the reward leaves the estimate of E[r] - beta KL unbiased."""
    one, start, beta = model(), model(std=0.1), 0.3
    log_p, log_start = logprob(one, IDS, TARGETS), logprob(start, IDS, TARGETS).detach()
    exact = gradient((log_p.exp() * (REWARDS - beta * (log_p - log_start))).sum(), one)
    rewards = REWARDS - beta * (log_p - log_start)             # with its graph
    p = log_p.detach().exp()
    losses = [reinforce_loss(log_p[[n]], rewards[[n]], log_p.mean()) for n in range(15)]
    mean = -sum(p[n] * gradient(loss, one) for n, loss in enumerate(losses))
    torch.testing.assert_close(mean, exact)


def test_others_are_the_rest():
    torch.testing.assert_close(others(torch.tensor([1.0, 2.0, 6.0])), torch.tensor([4.0, 3.5, 1.5]))


def test_dpo_is_its_formula_and_its_gradient_the_closed_form():
    """Oracle: -log sigmoid in Python's math; gradients -beta sigmoid(-beta margin) / N and its negative,
    and finite differences through a model."""
    g = generator()
    numbers = torch.randn(4, 6, generator=g, dtype=torch.float64) * 3
    better, worse, better_start, worse_start = numbers
    better, worse = better.clone().requires_grad_(True), worse.clone().requires_grad_(True)
    loss = dpo_loss(better, worse, better_start, worse_start, 0.7)
    margins = [a - c - (b - d) for a, b, c, d in numbers.T.tolist()]
    assert loss.item() == pytest.approx(sum(math.log(1 + math.exp(-0.7 * m)) for m in margins) / 6)
    expected = torch.tensor([-0.7 / (1 + math.exp(0.7 * m)) / 6 for m in margins], dtype=torch.float64)
    found = torch.autograd.grad(loss, (better, worse))
    torch.testing.assert_close(found[0], expected)
    torch.testing.assert_close(found[1], -expected)


def test_dpos_gradient_through_a_model_is_the_finite_difference():
    one, start = model(), model(std=0.1)
    better, worse = torch.tensor([3, 5, 9]), torch.tensor([1, 12, 4])
    with torch.no_grad():
        begun = logprob(start, IDS, TARGETS)

    def loss():
        log_p = logprob(one, IDS, TARGETS)
        return dpo_loss(log_p[better], log_p[worse], begun[better], begun[worse], 0.5)

    for p in (one.body.symbols.weight, one.body.blocks[0].mlp.out.weight):
        slope, at, h = torch.autograd.grad(loss(), p)[0], (1, 2), 1e-5
        with torch.no_grad():
            p[at] += h
            up = loss()
            p[at] -= 2 * h
            rise = (up - loss()) / (2 * h)
            p[at] += h
        assert slope[at].item() == pytest.approx(rise.item(), rel=1e-6)


def test_with_one_step_dpo_prefers_the_better():
    one, start = model(), model()
    optimizer = torch.optim.SGD(one.parameters(), lr=0.1)
    before = logprob(start, IDS, TARGETS).detach()
    loss = dpo_loss(*(logprob(one, IDS[[n]], TARGETS[[n]]) for n in (2, 7)), before[[2]], before[[7]], 0.5)
    assert loss.item() == pytest.approx(math.log(2))           # no margin at the start
    loss.backward()
    optimizer.step()
    apart = logprob(one, IDS, TARGETS) - before
    assert apart[2] > apart[7]


def test_the_kl_is_that_of_all_texts_within_its_error():
    """Oracle: the sum over all texts of p (log p - log p_start), exact."""
    one, start = model(), model(std=0.1)
    log_p, log_start = logprob(one, IDS, TARGETS), logprob(start, IDS, TARGETS)
    exact = (log_p.exp() * (log_p - log_start)).sum().item()
    found, error = kl(one, start, 20_000, generator())
    spread = (log_p.exp() * (log_p - log_start - exact) ** 2).sum().sqrt().item()
    assert error == pytest.approx(spread / 20_000 ** 0.5, rel=0.1)
    assert abs(found - exact) < 3 * error and exact > 10 * error
    assert kl(one, copy.deepcopy(one), 50, generator()) == (0.0, 0.0)


def test_the_kl_of_the_best_of_n_is_log_n_less_n_minus_one_by_n():
    """Enumerated: texts of unlike reward; without ties and with many texts the bound is nearly reached."""
    log_p = logprob(model(), IDS, TARGETS).detach()
    order = REWARDS.argsort()
    p = log_p.exp()[order]
    below = torch.cat([torch.zeros(1).double(), p.cumsum(0)])
    for n in (2, 4, 16):
        best = below[1:] ** n - below[:-1] ** n
        found = (best * (best / p).log()).sum().item()
        assert 0 < found < math.log(n) - (n - 1) / n


def test_pairs_are_neighbours_of_unlike_reward_the_better_first():
    ids, targets = rows(["a", "b", "ab", "ba", "aa"], Vocabulary(["ab"]), 4)
    better, worse = pairs(ids, targets, torch.tensor([0.0, 1.0, 1.0, 0.5, 2.0]))
    assert better.tolist() == [1, 2, 4] and worse.tolist() == [0, 3, 3]


def test_pairs_with_different_prompts_are_refused():
    from scratch.makemore import tuning
    vocabulary = Vocabulary([tuning.SIGNS])
    same = tuning.rows([("rhyme bob:", "rob"), ("rhyme bob:", "bo")], vocabulary, 16)
    better, worse = pairs(*same, torch.tensor([1.0, 0.0]))
    assert (better.tolist(), worse.tolist()) == ([0], [1])
    unlike = tuning.rows([("rhyme bob:", "rob"), ("rhyme bob:", "bo"), ("rhyme bo:", "o")], vocabulary, 16)
    with pytest.raises(ValueError, match="texts 1 and 2 have different prompts"):
        pairs(*unlike, torch.tensor([1.0, 0.0, 1.0]))


def test_what_cannot_be_learnt_from_is_refused():
    ids, targets = rows(["a", "b", "ab"], Vocabulary(["ab"]), 4)
    x = torch.zeros(3)
    for beta in (0, -0.1, math.nan):
        with pytest.raises(ValueError, match=f"beta {beta} must be above 0"):
            dpo_loss(x, x, x, x, beta)
    with pytest.raises(ValueError, match=r"\(3,\), \(2,\), \(3,\), \(3,\); each of the better"):
        dpo_loss(x, x[:2], x, x, 0.1)
    with pytest.raises(ValueError, match="2 rewards for 3 texts"):
        reinforce_loss(x, x[:2])
    with pytest.raises(ValueError, match="2 rewards for 3 texts"):
        pairs(ids, targets, x[:2])
    with pytest.raises(ValueError, match="all 3 texts are equally good"):
        pairs(ids, targets, x)
    with pytest.raises(ValueError, match="one text has no others"):
        others(x[:1])
