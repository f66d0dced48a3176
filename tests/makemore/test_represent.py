"""Vectors are compared, mapped and probed as the definitions say."""

import math

import pytest
import torch
import torch.nn.functional as F
from randomized_models import generator, randomized
from shapes import load_checked

from scratch.makemore import represent
from scratch.makemore.bert import BERT
from scratch.makemore.gpt import GPT
from scratch.makemore.represent import (Probe, affinities, anisotropy, cka, control, kl_slope, nearest, pca,
                                        similarity, states, tsne)
from scratch.makemore.transformer import Config

torch.set_num_threads(1)    # such small operations: a second thread would only wait

SMALL = Config(11, 7, layers=2, heads=2, channels=6)
IDS = torch.tensor([[0, 5, 9, 0, 0, 0, 0], [0, 5, 3, 2, 1, 0, 0]])


def normal(*shape, seed=1):
    return torch.randn(*shape, generator=generator(seed), dtype=torch.float64)


def test_every_shape_comment_is_true():
    checked = load_checked(represent.__file__, B=2, T=7, C=6, N=13, Q=5, K=2)
    x = normal(13, 6)
    for measure in ("cosine", "euclid"):
        checked.nearest(normal(5, 6), x, 2, measure)
    checked.anisotropy(x)
    checked.pca(x, 2)
    checked.tsne(x, 3.0, steps=4, generator=generator())
    probe = checked.Probe(x.float(), torch.arange(13) % 2, 2)
    probe(x.float())
    checked.control(torch.arange(13) % 2, torch.arange(13) % 3, generator())
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("model", [GPT, BERT])
def test_states_are_those_that_the_head_reads(model):
    """Oracle: the model itself. From the last state, its norm and head make its logits; the first is the
    sum of both embeddings; and no hook is left behind."""
    one = randomized(model(SMALL))
    found = states(one, IDS)
    assert [x.shape for x in found] == [(2, 7, 6)] * 3
    torch.testing.assert_close(found[0], one.body.symbols(IDS) + one.body.positions.weight)
    torch.testing.assert_close(one.head(one.body.last_norm(found[-1])), one.logits(IDS))
    assert all(not block._forward_hooks and not block._forward_pre_hooks for block in one.body.blocks)


def test_hooks_are_removed_even_if_the_model_refuses():
    one = GPT(SMALL)
    with pytest.raises(ValueError, match="8 positions"):
        states(one, torch.zeros(1, 8, dtype=torch.int64))
    assert not one.body.blocks[0]._forward_hooks


def test_likeness_is_that_of_every_pair():
    """Oracle: torch's functions for a single pair."""
    a, b = normal(4, 3), normal(6, 3, seed=2)
    for measure, one in (("cosine", lambda x, y: F.cosine_similarity(x, y, dim=0)),
                         ("euclid", lambda x, y: -(x - y).norm())):
        expected = torch.stack([torch.stack([one(x, y) for y in b]) for x in a])
        torch.testing.assert_close(similarity(a, b, measure), expected)
        assert torch.equal(nearest(a, b, 2, measure), expected.argsort(1, descending=True)[:, :2])
    with pytest.raises(ValueError, match="known are 'cosine' and 'euclid'"):
        similarity(a, b, "manhattan")
    with pytest.raises(ValueError, match="7 neighbours of 6 vectors"):
        nearest(a, b, 7)


def test_anisotropy_is_the_mean_cosine_of_different_vectors():
    x = normal(9, 4) + 1
    pairs = [F.cosine_similarity(x[n], x[m], dim=0).item() for n in range(9) for m in range(9) if n != m]
    assert anisotropy(x) == pytest.approx(sum(pairs) / len(pairs))


def test_principal_axes_are_the_eigenvectors_of_the_covariance():
    """Oracles: torch.linalg.eigh of torch.cov; and a second call, for the signs."""
    x = normal(50, 5) @ normal(5, 5, seed=2) + 3
    at, axes, shares = pca(x, 3)
    values, vectors = torch.linalg.eigh(torch.cov(x.T))
    torch.testing.assert_close(shares, values.flip(0)[:3] / values.sum())
    torch.testing.assert_close((axes @ vectors.flip(1)[:, :3]).abs(), torch.eye(3, dtype=x.dtype))
    torch.testing.assert_close(at.var(0), values.flip(0)[:3])
    assert (axes.gather(1, axes.abs().argmax(1, keepdim=True)) > 0).all()
    torch.testing.assert_close(pca(-x, 3)[1], axes)      # no matter which way the vectors point


def test_cka_is_the_correlation_of_tables_of_dot_products():
    """Oracle: its definition by N x N tables, which are centred (Kornblith and others, equation 3)."""
    a, b = normal(30, 5), normal(30, 8, seed=2)
    centre = torch.eye(30, dtype=a.dtype) - 1 / 30
    one, other = (centre @ x @ x.T @ centre for x in (a, b))
    expected = (one * other).sum() / (one.norm() * other.norm())
    assert cka(a, b) == pytest.approx(expected.item())
    turn = torch.linalg.qr(normal(5, 5, seed=3))[0]
    assert cka(a, 3 * a @ turn + 7) == pytest.approx(1)


def test_a_probe_is_softmax_regression_at_its_least():
    """Oracle: the slope of the loss, which vanishes at a minimum; its gradient is autograd's."""
    x, y = normal(200, 4).float() * 5 + 2, torch.randint(3, (200,), generator=generator())
    probe = Probe(x, y, 3, penalty=0.01, steps=200)
    loss = F.cross_entropy(probe.logits(x), y) + 0.01 * probe.weight.square().sum()
    slopes = torch.autograd.grad(loss, [probe.weight, probe.bias])
    assert max(slope.abs().max() for slope in slopes) < 1e-4
    line = torch.linspace(-1, 1, 50)[:, None]
    assert torch.equal(Probe(line, (line[:, 0] > 0).long(), 2)(line), (line[:, 0] > 0).long())


def test_a_constant_channel_breaks_no_probe():
    x = torch.cat([torch.linspace(-1, 1, 20)[:, None], torch.ones(20, 1)], 1)
    assert Probe(x, (x[:, 0] > 0).long(), 2).logits(x).isfinite().all()


def test_a_control_task_gives_each_type_one_label_as_often_as_they_are():
    y = torch.tensor([0] * 900 + [1] * 100)
    types = torch.arange(1000) % 500
    labels = control(y, types, generator())
    assert torch.equal(labels[:500], labels[500:])
    assert labels.double().mean() == pytest.approx(0.1, abs=0.04)      # of 500: three standard errors


@pytest.mark.parametrize("perplexity", [2.0, 5.0, 20.0])
def test_every_vector_has_as_many_neighbours_as_the_perplexity_says(perplexity):
    """Oracle: the entropy of each row, before both directions are joined, for which p is undone here."""
    x = normal(40, 3) * 100
    p = affinities(x, perplexity)
    assert p.sum() == pytest.approx(1) and torch.equal(p, p.T) and (p.diagonal() == 0).all()
    squares = torch.cdist(x, x).square().fill_diagonal_(torch.inf)
    low, high = torch.full((40, 1), 1e-12), torch.full((40, 1), 1e3)
    for _ in range(200):                                 # another search, for the width itself
        middle = (low * high).sqrt()
        rows = (-(squares - squares.amin(1, keepdim=True)) * middle).softmax(1)
        wide = -torch.xlogy(rows, rows).sum(1, keepdim=True) > math.log(perplexity)
        low, high = middle.where(wide, low), high.where(wide, middle)
    torch.testing.assert_close(p, (rows + rows.T) / 80, atol=1e-6, rtol=1e-3)


def test_the_slope_of_t_sne_is_autograds():
    p, y = affinities(normal(12, 3), 3.0), normal(12, 2, seed=2).requires_grad_()
    closeness = 1 / (1 + torch.cdist(y, y).square())
    closeness = closeness * (1 - torch.eye(12))
    q = closeness / closeness.sum()
    loss = (torch.xlogy(p, p) - p * (q + torch.eye(12)).log()).sum()
    [slope] = torch.autograd.grad(loss, y)
    torch.testing.assert_close(kl_slope(p, y.detach()), slope)


def test_t_sne_keeps_groups_together_and_a_perplexity_that_is_none_is_refused():
    x = torch.cat([normal(20, 5, seed=n) + 30 * n for n in range(3)])
    y = tsne(x, 8.0, steps=250, generator=generator())
    groups = y.view(3, 20, 2)
    inside = torch.stack([torch.cdist(g, g).max() for g in groups]).max()
    assert torch.cdist(groups.mean(1), groups.mean(1)).topk(2, largest=False).values[:, 1].min() > inside / 2
    assert torch.equal(nearest(y, y, 2, "euclid")[:, 1] // 20, torch.arange(60) // 20)
    for wrong in (0.5, 60.0):
        with pytest.raises(ValueError, match="perplexity of .* among 60 vectors"):
            tsne(x, wrong)


@pytest.mark.parametrize("perplexity", [2.0, 15.0, 40.0])
def test_affinities_are_scikit_learns(perplexity):
    """Oracle: scikit-learn's own search for the widths, in float32, which stops at an entropy 1e-5 off."""
    from sklearn.manifold._t_sne import _joint_probabilities

    x = normal(60, 5) * torch.linspace(1, 30, 60)[:, None]       # some far apart, and some close together
    squares = torch.cdist(x, x).square().numpy()
    theirs = torch.zeros(60, 60, dtype=torch.float64)
    theirs[*torch.triu_indices(60, 60, 1)] = torch.from_numpy(_joint_probabilities(squares, perplexity, 0))
    torch.testing.assert_close(affinities(x, perplexity), theirs + theirs.T, atol=1e-7, rtol=1e-3)


def test_the_divergence_and_the_slope_of_t_sne_are_scikit_learns():
    """Oracle: scikit-learn's objective for a Student's distribution of one degree of freedom."""
    from sklearn.manifold._t_sne import _kl_divergence

    p, y = affinities(normal(20, 3), 5.0), 3 * normal(20, 2, seed=2)
    pairs = torch.triu_indices(20, 20, 1)
    theirs, slope = _kl_divergence(y.flatten().numpy(), p[*pairs].numpy(), 1, 20, 2)
    assert divergence(p, y) == pytest.approx(theirs)
    torch.testing.assert_close(kl_slope(p, y).flatten(), torch.from_numpy(slope))


def divergence(p, y):
    """KL(p || q) of places, written as a sum over all pairs."""
    q = (1 / (1 + torch.cdist(y, y).square())).fill_diagonal_(0)
    return (torch.xlogy(p, p) - torch.xlogy(p, q / q.sum())).sum().item()


@pytest.mark.parametrize("groups, apart, perplexity", [(3, 3, 15.0), (1, 0, 30.0), (6, 10, 5.0)])
def test_t_sne_ends_no_worse_than_scikit_learns(groups, apart, perplexity):
    """Oracle: sklearn.manifold.TSNE with the exact gradient and as many steps. Both stop in minima that
    depend on where they began, so the better of two seeds is compared; it is at most a tenth higher."""
    from sklearn.manifold import TSNE

    x = torch.cat([normal(90 // groups, 6, seed=n) + apart * normal(1, 6, seed=9 + n) for n in range(groups)])
    p = affinities(x, perplexity)
    ours = min(divergence(p, tsne(x, perplexity, 1000, generator(seed))) for seed in (1, 2))
    theirs = min(TSNE(2, perplexity=perplexity, method="exact", init="random", random_state=seed)
                 .fit(x.numpy()).kl_divergence_ for seed in (1, 2))
    assert ours < 1.1 * theirs


def test_pca_is_scikit_learns_with_its_signs():
    """Oracle: sklearn.decomposition.PCA, which also makes the largest number of an axis positive."""
    from sklearn.decomposition import PCA

    x = normal(50, 5) @ normal(5, 5, seed=2) + 3
    theirs = PCA(3, svd_solver="full")
    at = theirs.fit_transform(x.numpy())
    for ours, wanted in zip(pca(x, 3), (at, theirs.components_, theirs.explained_variance_ratio_)):
        torch.testing.assert_close(ours, torch.from_numpy(wanted))


def test_a_probe_is_scikit_learns_logistic_regression():
    """Oracle: LogisticRegression on the same standardised vectors. Its C weighs a sum of losses against half
    the squared weights, so that ours, a mean and whole squares, has C = 1 / (2 N penalty)."""
    from sklearn.linear_model import LogisticRegression

    x, y = normal(150, 4).float() * 5 + 2, torch.randint(3, (150,), generator=generator())
    y = torch.where(x[:, 0] > 4, 0, y)                           # so that there is something to learn
    probe = Probe(x, y, 3, penalty=0.01, steps=200)
    standardised = ((x - x.mean(0)) / x.std(0)).double().numpy()
    theirs = LogisticRegression(C=1 / (2 * 150 * 0.01), tol=1e-10, max_iter=1000).fit(standardised, y.numpy())
    logs = torch.from_numpy(theirs.predict_log_proba(standardised)).float()
    torch.testing.assert_close(probe.logits(x).detach().log_softmax(1), logs, atol=1e-3, rtol=0)
    assert torch.equal(probe(x), torch.from_numpy(theirs.predict(standardised)))
