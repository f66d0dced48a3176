"""The tree is the lecture's, and the convolutions are the tree at every position of a text."""

import pytest
import torch
import torch.nn.functional as F

from scratch.makemore.data import Vocabulary, batches, dataset, split
from scratch.makemore.layers import BatchNorm1d, Linear
from scratch.makemore.mlp import train
from scratch.makemore.wavenet import Dilated, convolve, tree


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def settled(model, symbols):
    """The model in eval, its running statistics away from where they began."""
    ids = torch.randint(symbols, (200, model.block_size), generator=generator())
    for _ in range(10):
        model(ids)
    return model.eval()


@pytest.mark.parametrize("sizes, parameters", [
    (dict(block_size=8, channels=24, hidden=128), 76_579),
    (dict(block_size=8, channels=10, hidden=68), 22_397),
    (dict(block_size=9, channels=2, hidden=5, n=3), 27 * 2 + 6 * 5 + 15 * 5 + 2 * 10 + 5 * 27 + 27),
])
def test_it_has_as_many_parameters_as_were_published(sizes, parameters):
    """Oracle: the fifth lecture's notebook, 76,579 and, for the smaller one, 22,397."""
    assert sum(p.numel() for p in tree(27, **sizes).parameters()) == parameters


@pytest.mark.parametrize("block_size, n", [(2, 2), (8, 2), (16, 2), (9, 3), (16, 4), (5, 5)])
def test_the_convolutions_give_the_trees_logits_for_every_context_of_a_text(block_size, n):
    """Oracle: the tree, given each window of the text by itself; float32, a few roundings."""
    model = settled(tree(11, block_size, channels=3, hidden=7, n=n, generator=generator()), 11)
    text = torch.randint(11, (3, block_size + 6), generator=generator(2))
    windows = text.unfold(1, block_size, 1)
    assert windows.shape == (3, 7, block_size)
    with torch.no_grad():
        expected = model(windows.reshape(-1, block_size)).view(3, 7, 11)
        torch.testing.assert_close(convolve(model)(text), expected, rtol=1e-4, atol=1e-5)


def test_so_are_the_gradients():
    model = settled(tree(11, 8, channels=3, hidden=7, generator=generator()), 11)
    text = torch.randint(11, (3, 14), generator=generator(2))
    one = model(text.unfold(1, 8, 1).reshape(-1, 8)).square().mean()
    other = convolve(model)(text).square().mean()
    for a, b in zip(*(torch.autograd.grad(loss, model.parameters()) for loss in (one, other))):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("n, d", [(2, 1), (2, 4), (3, 2)])
def test_a_dilated_layer_is_pytorchs_dilated_convolution(n, d):
    """Oracle: torch.nn.functional.conv1d, whose weight is (F, C, n) and whose input is (B, C, L)."""
    linear = Linear(n * 5, 7, generator=generator())
    x = torch.randn(3, 13, 5, generator=generator(2))
    weight = linear.weight.view(7, n, 5).transpose(1, 2)
    theirs = F.conv1d(x.transpose(1, 2), weight, linear.bias, dilation=d).transpose(1, 2)
    torch.testing.assert_close(Dilated(linear, n, d)(x), theirs)


def test_what_comes_later_changes_no_earlier_logits():
    model = convolve(settled(tree(11, 8, channels=3, hidden=7, generator=generator()), 11))
    text = torch.randint(11, (1, 20), generator=generator(2))
    other = text.clone()
    other[0, 15] = (other[0, 15] + 1) % 11
    same = (model(text) == model(other)).all(dim=2)[0]
    assert same[:8].all() and not same[8:].any()    # contexts that end at 7, ..., 14; and from 15 on


def test_the_layers_are_shared_and_not_copied():
    model = tree(11, 4, channels=3, hidden=7, generator=generator())
    mine, theirs = model.parameters(), convolve(model).parameters()
    assert len(mine) == len(theirs) and all(a is b for a, b in zip(mine, theirs))


@pytest.mark.parametrize("block_size, n", [(6, 2), (12, 2), (8, 3), (8, 1)])
def test_a_context_that_does_not_end_in_one_group_is_refused(block_size, n):
    with pytest.raises(ValueError, match=f"a context of {block_size} is no power of {n}"):
        tree(27, block_size, n=n)


def test_a_text_that_is_too_short_is_refused():
    model = convolve(tree(27, 8).eval())
    with pytest.raises(ValueError, match="1 positions, and 2 of them 4 apart take 5"):
        model(torch.zeros(2, 4, dtype=torch.int64))


def lectures(g):
    """The notebook's first weights, which it draws from randn, (fan in, fan out) each."""
    model = tree(27, block_size=8, channels=24, hidden=128, correction=1)
    linears = [layer for layer in model.layers if isinstance(layer, Linear)]
    with torch.no_grad():
        model.layers[0].weight.copy_(torch.randn(27, 24, generator=g))
        for linear in linears:
            outputs, inputs = linear.weight.shape
            linear.weight.copy_(torch.randn(inputs, outputs, generator=g).T / inputs**0.5)
        linears[-1].weight.mul_(0.1)
        linears[-1].bias.zero_()
    return model


def test_the_lectures_network_starts_at_its_published_loss_and_learns(lecture_names):
    """Oracle: the fifth lecture's step 0, 3.3167, with its seed, split and first minibatch.

    The 200,000 steps that follow are a row of results/lectures.json.
    """
    vocabulary, parts = Vocabulary(lecture_names), split(lecture_names)
    g = generator(42)
    model = lectures(g)
    examples = dataset(parts[0], vocabulary, 8)
    losses = list(train(model, batches(*examples, 32, g), [0.1] * 300))
    assert losses[0] == pytest.approx(3.3167, abs=5e-5)
    assert sum(losses[-100:]) / 100 < 2.6


def test_batch_norm_counts_other_positions_in_training():
    """In the tree, first-layer pairs do not overlap; along a text they do, so the means differ."""
    model = tree(11, 4, channels=3, hidden=7, generator=generator())
    text = torch.randint(11, (1, 9), generator=generator(2))
    with torch.no_grad():
        one = model.train()(text.unfold(1, 4, 1).reshape(-1, 4))
        other = convolve(model)(text)[0]
    assert any(isinstance(layer, BatchNorm1d) for layer in model.layers)
    assert not torch.allclose(one, other, atol=1e-3)
