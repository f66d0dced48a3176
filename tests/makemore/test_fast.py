"""The quick way takes the same steps."""

import pytest
import torch
from shapes import load_checked

from scratch.makemore import fast as module
from scratch.makemore import transformer
from scratch.makemore.data import Vocabulary, split
from scratch.makemore.fast import packed_loss, together, train
from scratch.makemore.data import batches, rows
from scratch.makemore.gpt import GPT, Config

torch.set_num_threads(1)    # such small operations: a second thread would only wait


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def names():
    words = ["emma", "olivia", "ava", "isabella", "mia", "bo", "charlotte", "amelia"] * 5
    return rows(words, Vocabulary(words), 12)


def model(tied=True, **more):
    config = dict(symbols=20, block_size=12, layers=2, heads=2, channels=8, tied=tied)
    return GPT(Config(**{**config, **more}), generator())


def test_every_shape_comment_is_true():
    checked = load_checked(module.__file__, B=5, T=7, N=29, C=14, H=2, D=7)
    ids = torch.randint(1, 20, (5, 12), generator=generator())
    lengths = torch.tensor([7, 3, 6, 7, 6])
    targets = ids.where(torch.arange(12) < lengths[:, None], -1)
    checked.packed_loss(model(channels=14), ids, targets)
    assert not checked.unreached_shapes()


@pytest.mark.parametrize("tied", [True, False])
def test_loss_and_slopes_are_those_of_the_clear_model(names, tied):
    """Oracle: model(ids, targets) in float64, every parameter."""
    one = model(tied).double()
    clear = one(*names)
    packed = packed_loss(one, *names)
    torch.testing.assert_close(packed, clear)
    for a, b in zip(torch.autograd.grad(packed, one.parameters()),
                    torch.autograd.grad(clear, one.parameters())):
        torch.testing.assert_close(a, b)


def test_the_loss_curve_is_the_clear_loops_at_makemores_default_size(book_names):
    """Oracle: transformer.train, 60 steps from the same start on the same minibatches, to 1e-5."""
    vocabulary, words = Vocabulary(book_names), split(book_names)[0]
    ids, targets = rows(words, vocabulary, 16)
    curves = []
    for loop in (train, transformer.train):
        one, g = GPT(Config(27, 16, tied=False), generator()), generator()
        curves.append(torch.tensor(list(loop(one, batches(ids, targets, 32, g), [5e-4] * 60))))
    torch.testing.assert_close(*curves, atol=1e-5, rtol=0)
    assert curves[0][-1] < curves[0][0] - 0.5


def test_parameters_stay_those_of_the_model(names):
    one = model()
    before = [p.clone() for p in one.parameters()]
    flat = together(one.parameters())
    assert all(map(torch.equal, before, one.parameters()))
    flat.zero_()
    assert not any(p.any() for p in one.parameters())
    assert one.head.weight is one.body.symbols.weight


def test_dropout_learns_too(names):
    torch.manual_seed(1)
    one, g = model(dropout=0.2), generator()
    losses = list(train(one, batches(*names, 16, g), [0.01] * 60))
    assert losses[-1] < losses[0] - 0.5 and not one.training


@pytest.mark.parametrize("choice", [{"norm": "post"}, {"positions": "rotary"}])
def test_what_it_does_not_cover_is_refused(names, choice):
    with pytest.raises(ValueError, match="transformer.train takes every model"):
        next(train(model(**choice), batches(*names, 4, generator()), [0.01]))
