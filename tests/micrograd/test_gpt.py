"""The GPT of Values is makemore's GPT: the same weights have the same loss and the same gradients."""

import random

import pytest
import torch
from shapes import load_checked

from scratch.makemore import gpt
from scratch.makemore.transformer import Config
from scratch.micrograd import gpt as module
from scratch.micrograd.engine import Value
from scratch.micrograd.gpt import GPT, flat
from scratch.micrograd.optim import SGD

SIZES = dict(layers=2, heads=2, channels=4)
IDS, TARGETS = [0, 3, 1, 2, 4], [3, 1, 2, -1, 0]


@pytest.fixture(scope="module")
def both():
    """The same weights as Values and, in double precision, as tensors."""
    generator = torch.Generator().manual_seed(1)
    theirs = gpt.GPT(Config(5, 6, **SIZES), generator).double()
    with torch.no_grad():
        for p in theirs.parameters():    # no gain is 1 and no bias 0
            p += torch.randn(p.shape, generator=generator, dtype=torch.float64) / 4
    ours = GPT(5, 6, **SIZES, rng=random.Random(1))
    ours.load_state_dict({name: each.tolist() for name, each in theirs.state_dict().items()})
    return ours, theirs


def test_logits_loss_and_gradients_are_those_of_makemores_gpt(both):
    """Oracle: the same network on PyTorch's tensors, in double precision."""
    ours, theirs = both
    logits = [[each.data for each in row] for row in ours.logits(IDS)]
    assert flat(logits) == pytest.approx(theirs.logits(torch.tensor([IDS])).flatten().tolist(), rel=1e-10)
    loss = ours.loss(IDS, TARGETS)
    expected = theirs(torch.tensor([IDS]), torch.tensor([TARGETS]))
    assert loss.data == pytest.approx(expected.item(), rel=1e-12)
    loss.backward()
    expected.backward()
    gradients = {name: p.grad for name, p in theirs.named_parameters()}
    assert gradients.keys() == ours.weights.keys()
    for name, weight in ours.weights.items():
        found = [value.grad for value in flat(weight)]
        assert found == pytest.approx(gradients[name].flatten().tolist(), rel=1e-9, abs=1e-12), name


def test_it_begins_with_weights_as_spread_as_those_of_makemores_gpt():
    """Oracle: their deviations; that of 48 numbers or more is off by a third at most."""
    theirs = gpt.GPT(Config(12, 6, layers=2, heads=2, channels=8), torch.Generator().manual_seed(1))
    ours = GPT(12, 6, layers=2, heads=2, channels=8, rng=random.Random(2))
    for name, tensor in theirs.named_parameters():
        numbers = torch.tensor([value.data for value in flat(ours.weights[name])])
        assert numbers.mean().item() == pytest.approx(tensor.mean().item(), abs=0.1)
        assert numbers.std().item() == pytest.approx(tensor.std().item(), rel=0.35)


def test_what_comes_later_changes_no_logits_before_it():
    model = GPT(5, 6, **SIZES, rng=random.Random(1))
    one, other = model.logits([0, 3, 1]), model.logits([0, 3, 4])
    assert [[v.data for v in row] for row in one[:2]] == [[v.data for v in row] for row in other[:2]]
    assert one[2][0].data != other[2][0].data


def test_parameters_are_leaves_that_an_optimizer_takes_and_the_tied_ones_are_there_once():
    model = GPT(5, 6, **SIZES)
    parameters = model.parameters()
    assert all(type(p) is Value and not p.operation for p in parameters)
    assert len(parameters) == len(set(map(id, parameters)))
    SGD(parameters, lr=0.1)


@pytest.mark.parametrize("change, message", [
    (lambda state: state.pop("body.last_norm.bias"), "only one of the two has: body.last_norm.bias"),
    (lambda state: state.update(extra=[1.0]), "only one of the two has: extra"),
    (lambda state: state.update({"body.last_norm.bias": [0.0]}), "last_norm.bias has 4 numbers here, and 1"),
])
def test_a_state_that_does_not_fit_is_refused(change, message):
    model = GPT(5, 6, **SIZES)
    state = {name: [[v.data for v in row] if isinstance(row, list) else row.data for row in weight]
             for name, weight in model.weights.items()}
    change(state)
    with pytest.raises(ValueError, match=message):
        model.load_state_dict(state)


def test_sizes_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="5 channels do not divide among 2 heads"):
        GPT(5, 6, heads=2, channels=5)
    with pytest.raises(ValueError, match="7 positions, but block_size is 6"):
        GPT(5, 6, **SIZES).logits([0] * 7)


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, T=5, V=11, C=6, D=3, F=24)
    checked.GPT(11, 5, layers=2, heads=2, channels=6).loss(IDS, TARGETS)
    assert not checked.unreached_shapes()
