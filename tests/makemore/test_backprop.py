"""Every slope written by hand is autograd's, and both are what nudging measures."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from shapes import load_checked

from benchmarks import lectures
from scratch.makemore import backprop
from scratch.makemore.backprop import (
    Network, backward, batchnorm_backward, calibrate, cross_entropy_backward, forward, gradients, train)
from scratch.makemore.data import Vocabulary, batches, dataset, split
from scratch.makemore.evaluate import loss

ROOT = Path(__file__).resolve().parents[2]
SEED = 2147483647
KINDS = {torch.float32: dict(rtol=1e-4, atol=1e-7), torch.float64: dict(rtol=1e-11, atol=1e-15)}
CONVENTIONS = [0, 1]    # PyTorch's 1/B, the lecture's 1/(B - 1)
PARAMETERS = ["embedding", "W1", "b1", "gain", "shift", "W2", "b2"]


def generator(seed=SEED):
    return torch.Generator().manual_seed(seed)


def example(B=32, correction=0, kind=torch.float64, hidden=64):
    """A network and a minibatch for it."""
    g = generator()
    net = Network(27, hidden=hidden, generator=g, correction=correction, dtype=kind)
    return net, torch.randint(27, (B, 3), generator=g), torch.randint(27, (B,), generator=g)


def by_autograd(net, contexts, targets):
    """s of forward, and {name: slope}, found by loss.backward()."""
    for parameter in net.parameters():
        parameter.requires_grad_()
    s = forward(net, contexts, targets)
    between = {name: tensor for name, tensor in vars(s).items() if name != "loss"}
    for tensor in between.values():
        tensor.retain_grad()
    s.loss.backward()
    tensors = {**between, **{name: getattr(net, name) for name in PARAMETERS}}
    return s, {name: tensor.grad for name, tensor in tensors.items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("B", [2, 7, 32])
@pytest.mark.parametrize("correction", CONVENTIONS)
def test_every_tensors_slope_is_autograds(correction, B, kind):
    """Oracle: loss.backward() through the same forward; all but the loss have a slope."""
    net, contexts, targets = example(B, correction, kind)
    s, expected = by_autograd(net, contexts, targets)
    with torch.no_grad():
        slopes = backward(net, s, contexts, targets)
    assert slopes.keys() == expected.keys() and len(slopes) == 26
    for name, slope in slopes.items():
        torch.testing.assert_close(slope, expected[name], **KINDS[kind], msg=name)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("correction", CONVENTIONS)
def test_but_for_how_tanh_is_rounded_all_26_slopes_are_equal_to_the_last_bit(correction, kind):
    """Oracle: lecture 4, exercise 1, whose 26 comparisons print "exact: True".

    Autograd's tanh may compute 1 - h² with a single rounding, depending on the processor, and
    here its own function does that one step.
    """
    source = Path(backprop.__file__).read_text(encoding="utf-8")
    line = "d_y = (1 - s.h**2) * d_h "
    assert source.count(line) == 1
    module = {"__name__": "backprop", "__package__": "scratch.makemore"}
    exec(source.replace(line, "d_y = torch.ops.aten.tanh_backward(d_h, s.h) "), module)
    net, contexts, targets = example(32, correction, kind)
    s, expected = by_autograd(net, contexts, targets)
    with torch.no_grad():
        slopes = module["backward"](net, s, contexts, targets)
    assert {name: torch.equal(slope, expected[name]) for name, slope in slopes.items()} == (
        dict.fromkeys(expected, True))


@pytest.mark.parametrize("correction", CONVENTIONS)
def test_parameters_slopes_are_what_nudging_measures(correction):
    """Oracle: the definition, (loss₊ - loss₋) / 2h in float64, for every number of a small network.

    A relative error of 1e-6 is h² and the rounding of the loss; a forgotten term is above 1e-2.
    """
    g, h = generator(), 1e-5
    net = Network(5, block_size=2, channels=2, hidden=3, generator=g, correction=correction,
                  dtype=torch.float64)
    contexts = torch.randint(5, (6, 2), generator=g)
    targets = torch.randint(5, (6,), generator=g)
    _, slopes = gradients(net, contexts, targets)
    for parameter, slope in zip(net.parameters(), slopes):
        flat, measured = parameter.view(-1), torch.zeros(parameter.numel(), dtype=torch.float64)
        for n in range(len(flat)):
            middle, losses = flat[n].item(), []
            for flat[n] in (middle + h, middle - h):
                losses.append(forward(net, contexts, targets).loss.item())
            flat[n] = middle
            measured[n] = (losses[0] - losses[1]) / (2 * h)
        torch.testing.assert_close(slope.view(-1), measured, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("correction", CONVENTIONS)
def test_the_short_way_gives_the_slopes_of_the_long_one(correction, kind):
    net, contexts, targets = example(32, correction, kind)
    s = forward(net, contexts, targets)
    long = backward(net, s, contexts, targets)
    loss, short = gradients(net, contexts, targets)
    torch.testing.assert_close(loss, s.loss)
    for name, slope in zip(PARAMETERS, short, strict=True):
        torch.testing.assert_close(slope, long[name], rtol=1e-4, atol=2e-7, msg=name)


@pytest.mark.parametrize("kind", KINDS)
def test_cross_entropys_short_form_is_autograds(kind):
    """Oracle: F.cross_entropy; also logits that no exp could hold."""
    logits = torch.randn(32, 27, generator=generator(), dtype=kind)
    logits[3] *= 1000
    targets = torch.randint(27, (32,), generator=generator())
    logits.requires_grad_()
    [expected] = torch.autograd.grad(F.cross_entropy(logits, targets), [logits])
    slopes = cross_entropy_backward(logits.detach(), targets)
    torch.testing.assert_close(slopes, expected, **KINDS[kind])
    torch.testing.assert_close(slopes.sum(1), torch.zeros(32, dtype=kind), rtol=0, atol=1e-8)


def normalised(x, gain, shift, correction, eps=1e-5):
    """Batch norm as autograd sees it, written without var()."""
    centred = x - x.mean(0)
    var = (centred**2).sum(0) / (len(x) - correction)
    inv_std = (var + eps)**-0.5
    return gain * centred * inv_std + shift, centred * inv_std, inv_std


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("correction", CONVENTIONS)
def test_batch_norms_short_form_is_autograds(correction, kind):
    g = generator()
    x, upstream = (torch.randn(8, 5, generator=g, dtype=kind) for _ in "xy")
    gain, shift = torch.randn(5, generator=g, dtype=kind), torch.randn(5, generator=g, dtype=kind)
    x.requires_grad_()
    y, x_hat, inv_std = normalised(x, gain, shift, correction)
    [expected] = torch.autograd.grad(y, [x], upstream, retain_graph=True)
    slope = batchnorm_backward(upstream, x_hat.detach(), inv_std.detach(), gain, correction)
    torch.testing.assert_close(slope, expected, rtol=KINDS[kind]["rtol"],
                               atol=1e-6 if kind == torch.float32 else 1e-14)
    if correction == 0:
        torchs = F.batch_norm(x, None, None, gain, shift, training=True)
        [again] = torch.autograd.grad(torchs, [x], upstream)
        torch.testing.assert_close(slope, again, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("correction", CONVENTIONS)
def test_a_last_sum_without_the_slope_in_it_is_wrong(correction):
    """Oracle: nudging. With Σ x̂ⱼ in place of Σ ∂L/∂yⱼ x̂ⱼ the sum is 0, and the slopes are off by
    far more than a measurement; with the slope in it they agree to nine digits."""
    g, m, h = generator(), 8, 1e-5
    x, weights = (torch.randn(m, 3, generator=g, dtype=torch.float64) for _ in "xw")
    gain, shift = torch.randn(2, 3, generator=g, dtype=torch.float64)
    loss = lambda x: (normalised(x, gain, shift, correction)[0] * weights).sum()    # noqa: E731
    measured = torch.zeros_like(x)
    for n in range(x.numel()):
        nudge = torch.zeros(x.numel(), dtype=torch.float64)
        nudge[n] = h
        measured.view(-1)[n] = (loss(x + nudge.view(m, 3)) - loss(x - nudge.view(m, 3))) / (2 * h)
    _, x_hat, inv_std = normalised(x, gain, shift, correction)
    right = batchnorm_backward(weights, x_hat, inv_std, gain, correction)
    wrong = gain * inv_std / m * (
        m * weights - weights.sum(0) - m / (m - correction) * x_hat * x_hat.sum(0))
    torch.testing.assert_close(right, measured, rtol=1e-8, atol=1e-9)
    assert (wrong - measured).abs().max() > 0.1


def test_the_published_short_form_is_ours_with_1_over_b_minus_1():
    """Oracle: REFERENCE 2.6, dhprebn = bngain·bnvar_inv/n·(n·dy − Σdy − n/(n−1)·bnraw·Σ(dy·bnraw))."""
    net, contexts, targets = example(32, correction=1)
    s = forward(net, contexts, targets)
    d_y, n = backward(net, s, contexts, targets)["y"], 32
    published = net.gain * s.inv_std / n * (
        n * d_y - d_y.sum(0) - n / (n - 1) * s.x_hat * (d_y * s.x_hat).sum(0))
    ours = batchnorm_backward(d_y, s.x_hat, s.inv_std, net.gain, correction=1)
    torch.testing.assert_close(ours, published, **KINDS[torch.float64])


@pytest.mark.parametrize("correction", CONVENTIONS)
def test_a_bias_before_batch_norm_has_no_slope(correction):
    """The mean takes away whatever it adds: zero, but for the rounding of a sum of 32."""
    net, contexts, targets = example(32, correction)
    slopes = backward(net, forward(net, contexts, targets), contexts, targets)
    torch.testing.assert_close(slopes["b1"], torch.zeros(64).double(), rtol=0, atol=1e-15)


@pytest.mark.parametrize("correction", CONVENTIONS)
def test_training_takes_autograds_steps_without_it(correction, monkeypatch):
    """Oracle: the same twenty steps with autograd.grad; then, both ways into autograd are shut."""
    net, contexts, targets = example(200, correction)
    theirs, _, _ = example(200, correction)
    for parameter in theirs.parameters():
        parameter.requires_grad_()
    again = generator(2)
    for _ in range(20):
        rows = torch.randint(200, (32,), generator=again)
        value = forward(theirs, contexts[rows], targets[rows]).loss
        for p, slope in zip(theirs.parameters(), torch.autograd.grad(value, theirs.parameters())):
            p.data -= 0.1 * slope

    def refuse(*arguments, **options):
        raise AssertionError("autograd was called")

    monkeypatch.setattr(torch.autograd, "grad", refuse)
    monkeypatch.setattr(torch.Tensor, "backward", refuse)
    losses = list(train(net, batches(contexts, targets, 32, generator(2)), [0.1] * 20))
    assert losses[-1] == pytest.approx(value.item(), rel=1e-10)
    for ours, expected in zip(net.parameters(), theirs.parameters()):
        assert not ours.requires_grad
        torch.testing.assert_close(ours, expected.detach(), rtol=1e-9, atol=1e-12)


def test_after_calibration_an_example_is_answered_alone_and_as_in_the_whole_batch():
    """Oracle: forward() of all examples, whose variance divides by N - 1."""
    net, contexts, targets = example(50, correction=1)
    calibrate(net, contexts)
    s = forward(net, contexts, targets)
    torch.testing.assert_close(net(contexts), s.logits)
    torch.testing.assert_close(net(contexts[:1]), s.logits[:1])


def test_before_calibration_it_says_what_to_do():
    net, contexts, _ = example()
    with pytest.raises(ValueError, match=r"calibrate\(net, contexts\) first"):
        net(contexts)


@pytest.mark.parametrize("size, correction", [(0, 0), (1, 1), (0, 1)])
def test_a_batch_without_a_variance_is_refused(size, correction):
    net, contexts, targets = example(50, correction)
    with pytest.raises(ValueError, match=f"minibatch of {size}: a variance needs more than {correction} ex"):
        list(train(net, [(contexts[:size], targets[:size])], [0.1]))


@pytest.mark.parametrize("hidden, parameters", [(64, 4_137), (200, 12_297)])
def test_it_has_as_many_parameters_as_were_published(hidden, parameters):
    """Oracle: lecture 4, exercises 1 to 3 and exercise 4."""
    assert sum(p.numel() for p in Network(27, hidden=hidden).parameters()) == parameters


def test_the_lectures_minibatch_comes_out_as_published(lecture_names):
    """Oracle: lecture 4: loss 3.3377, 3.3213 in a copy (gains there have no seed, hence ± 0.05);
    cross-entropy's short form off by at most 2e-8, and batch norm's by 5e-9, in float32."""
    net, g = lectures.by_hand(hidden=64)
    contexts, targets = dataset(split(lecture_names)[0], Vocabulary(lecture_names), 3)
    rows = torch.randint(len(targets), (32,), generator=g)
    s, expected = by_autograd(net, contexts[rows], targets[rows])
    assert s.loss.item() == pytest.approx(3.3377, abs=0.05)
    with torch.no_grad():
        assert abs(F.cross_entropy(s.logits, targets[rows]) - s.loss) <= 1e-6
        d_logits = cross_entropy_backward(s.logits, targets[rows])
        assert (d_logits - expected["logits"]).abs().max() <= 2e-8
        assert d_logits.sum(1).abs().max() <= 1e-8
        d_pre = batchnorm_backward(expected["y"], s.x_hat, s.inv_std, net.gain, correction=1)
        assert (d_pre - expected["pre"]).abs().max() <= 5e-9


def test_a_short_training_by_hand_predicts_names(book_names):
    """Oracle: 2.53, what counted pairs need on the book's names (results/models.json)."""
    vocabulary, parts = Vocabulary(book_names), split(book_names)
    contexts, targets = dataset(parts[0], vocabulary, 3)
    g = generator()
    net = Network(27, generator=g)
    list(train(net, batches(contexts, targets, 32, g), [0.1] * 3000))
    calibrate(net, contexts)
    assert loss(net, *dataset(parts[1], vocabulary, 3)) < 2.45


def test_every_shape_comment_is_true():
    module = load_checked(backprop.__file__, B=5, T=3, V=11, C=2, H=7, N=13)
    net = module.Network(11, block_size=3, channels=2, hidden=7, generator=generator())
    contexts = torch.randint(11, (13, 3), generator=generator())
    targets = contexts[:, 0]
    module.backward(net, module.forward(net, contexts[:5], targets[:5]), contexts[:5], targets[:5])
    list(module.train(net, batches(contexts, targets, 5, generator()), [0.1]))
    module.calibrate(net, contexts[:5])
    net(contexts[:5])
    assert not module.unreached_shapes()
