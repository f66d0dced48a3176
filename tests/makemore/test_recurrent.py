"""The cells are torch.nn's, and a network of them reads words, streams and contexts alike."""

import pytest
import torch
import torch.nn.functional as F
from shapes import load_checked

from scratch.makemore import recurrent
from scratch.makemore.data import Vocabulary, dataset, rows, split
from scratch.makemore.evaluate import loss
from scratch.makemore.optimizers import SGD, AdamW
from scratch.makemore.recurrent import (
    GRUCell, LSTMCell, Recurrent, RNNCell, reach, stretches, train)

CELLS = {RNNCell: torch.nn.RNNCell, GRUCell: torch.nn.GRUCell, LSTMCell: torch.nn.LSTMCell}
WORDS = ["anna", "bo", "cyd", "dora", "e", "bobby"]
VOCABULARY = Vocabulary(WORDS)


def generator(seed=1):
    return torch.Generator().manual_seed(seed)


def small(cell, dtype=torch.float64, **sizes):
    return Recurrent(len(VOCABULARY), cell, **{"channels": 3, "hidden": 5, **sizes},
                     generator=generator(), dtype=dtype)


def as_ours(state):
    return state if isinstance(state, tuple) else (state,)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_and_its_gradients_are_pytorchs(cell):
    """Oracle: torch.nn's cell with the same weights, five steps in float64."""
    ours, theirs = cell(3, 5, generator(), dtype=torch.float64), CELLS[cell](3, 5).double()
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(5, 7, 3, generator=generator(2), dtype=torch.float64)
    ends, slopes = [], []
    for one in (ours, theirs):
        inputs = x.clone().requires_grad_()
        state = ours.start(7) if cell is LSTMCell or one is ours else ours.start(7)[0]
        for each in inputs:
            state = one(each, state)
        ends.append(as_ours(state))
        total = sum((part * (n + 1)).sin().sum() for n, part in enumerate(as_ours(state)))
        slopes.append(torch.autograd.grad(total, [inputs, *one.parameters()]))
    for a, b in zip(*ends):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)
    for a, b in zip(*slopes):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", CELLS)
def test_a_cell_begins_with_the_numbers_of_pytorchs(cell):
    """Oracle: torch.nn's cell, made while the global generator is in the same state."""
    torch.manual_seed(3)
    theirs = CELLS[cell](3, 5).state_dict()
    ours = cell(3, 5, generator(3)).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("cell, layer", [
    (RNNCell, torch.nn.RNN), (GRUCell, torch.nn.GRU), (LSTMCell, torch.nn.LSTM)])
def test_a_word_is_read_as_pytorchs_whole_layer_reads_it(cell, layer):
    """Oracle: torch.nn.RNN, GRU and LSTM over all T at once."""
    model = small(cell)
    theirs = layer(3, 5, batch_first=True).double()
    theirs.load_state_dict({f"{name}_l0": tensor for name, tensor in model.cell.state_dict().items()})
    ids = torch.randint(1, len(VOCABULARY), (4, 6), generator=generator(2))
    outputs, _ = theirs(model.embedding(ids))
    torch.testing.assert_close(model.read(ids)[0], model.head(outputs), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("cell, parameters", [
    (RNNCell, 27 * 32 + 1 * 64 * (32 + 64 + 2) + 64 * 27 + 27),
    (GRUCell, 27 * 32 + 3 * 64 * (32 + 64 + 2) + 64 * 27 + 27),
    (LSTMCell, 27 * 32 + 4 * 64 * (32 + 64 + 2) + 64 * 27 + 27)])
def test_it_has_as_many_parameters_as_its_formula(cell, parameters):
    assert sum(p.numel() for p in Recurrent(27, cell).parameters()) == parameters


def test_every_shape_comment_is_true():
    module = load_checked(recurrent.__file__, B=5, T=3, V=11, C=2, H=7, N=2)
    ids = torch.randint(11, (5, 3), generator=generator())
    for cell in (module.RNNCell, module.GRUCell, module.LSTMCell):
        model = module.Recurrent(11, cell, channels=2, hidden=7, generator=generator())
        model(ids), model.forward_all(ids), module.reach(model, ids)
    stream = torch.randint(11, (41,), generator=generator())
    list(module.train(model, module.stretches(stream, 5, 3), [0.1] * 2))
    assert not [each for each in module.unreached_shapes()]


@pytest.mark.parametrize("cell", CELLS)
def test_padding_on_the_left_and_words_before_change_nothing(cell):
    model = small(cell)
    word = torch.tensor([[0, 1, 2, 3]])
    padded = F.pad(word, (5, 0))
    behind = torch.cat([torch.tensor([[4, 2, 5, 1, 1]]), word], dim=1)
    for other in (padded, behind):
        torch.testing.assert_close(model.read(other)[0][:, -4:], model.read(word)[0])
        torch.testing.assert_close(model(other), model(word))


@pytest.mark.parametrize("cell", CELLS)
def test_rows_have_the_losses_of_the_examples(cell):
    """Oracle: evaluate.loss, which shows the model one left-padded context per target."""
    model = small(cell)
    ids, targets = rows(WORDS, VOCABULARY, 6)
    logits = model.forward_all(ids)
    ours = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)
    examples = dataset(WORDS, VOCABULARY, model.block_size)
    assert (targets >= 0).sum() == len(examples[1])
    assert ours.item() == pytest.approx(loss(model, *examples), rel=1e-10)


def test_stretches_go_on_where_the_last_ended():
    stream = torch.arange(100, 125)
    parts = list(stretches(stream, 3, 4))
    assert [ids[1].tolist() for ids, _ in parts] == [[108, 109, 110, 111], [112, 113, 114, 115]]
    for ids, targets in parts:
        assert torch.equal(targets, ids + 1)
    with pytest.raises(ValueError, match="25 ids in 3 parts are 8 each, and do not make stretches of 9"):
        next(stretches(stream, 3, 9))


@pytest.mark.parametrize("cell", CELLS)
def test_reading_in_stretches_gives_what_reading_at_once_gives(cell):
    model = small(cell)
    stream = VOCABULARY.stream(WORDS)[None]
    whole, end = model.read(stream)
    first, state = model.read(stream[:, :7])
    second, last = model.read(stream[:, 7:], state)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    for a, b in zip(end, last):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize("cell", CELLS)
def test_a_truncated_slope_is_the_whole_one_without_what_lies_before_the_cut(cell):
    """Oracle: autograd on the whole text, with the state replaced by a constant at the cut."""
    model = small(cell)
    ids = torch.randint(1, len(VOCABULARY), (2, 8), generator=generator(2))
    _, state = model.read(ids[:, :5])
    cut = tuple(each.detach().requires_grad_() for each in state)
    logits, _ = model.read(ids[:, 5:], cut)
    truncated, *through = torch.autograd.grad(logits.sum(), [model.cell.weight_hh, *cut])
    whole = torch.autograd.grad(model.read(ids)[0][:, 5:].sum(), model.cell.weight_hh)[0]
    before = torch.autograd.grad(state, model.cell.weight_hh, through)[0]
    torch.testing.assert_close(truncated + before, whole, rtol=1e-9, atol=1e-11)
    assert before.norm() > 1e-3 * whole.norm()


def test_training_with_a_stretch_of_one_cannot_learn_what_lies_two_letters_back():
    """Words abc and dbe: what follows b is only in what was read before it.

    With T = 1 the state is a constant of each step, so that W_ih is not told to keep the
    first letter; an untrained reservoir still leaks some of it, hence "less", not "nothing".
    """
    vocabulary = Vocabulary(["abc", "dbe"])
    stream = vocabulary.stream(["abc", "dbe", "dbe", "abc"] * 40)
    found = {}
    for T in (1, 8):
        model = Recurrent(len(vocabulary), RNNCell, channels=4, hidden=3, generator=generator())
        losses = list(train(model, stretches(stream, 4, T), [0.02] * 400,
                            AdamW(model.parameters(), weight_decay=0.0)))
        found[T] = loss(model, *dataset(["abc", "dbe"], vocabulary, 4))
        assert losses[-1] < losses[0]
    assert found[8] < 0.3 < found[1]


def test_clipping_bounds_each_step():
    model = small(RNNCell)
    before = [p.clone() for p in model.parameters()]
    stream = VOCABULARY.stream(WORDS * 10)
    list(train(model, stretches(stream, 2, 8), [1.0], SGD(model.parameters(), lr=0.1), limit=1e-3))
    moved = torch.cat([(p - q).flatten() for p, q in zip(model.parameters(), before)]).norm()
    assert moved.item() == pytest.approx(1e-3, rel=1e-2)


def test_slopes_vanish_in_an_rnn_with_small_weights_and_explode_with_large_ones():
    """Oracle: each step back multiplies by W_hhᵀ diag(1 - h²), so by the size of W_hh at most."""
    ids = torch.randint(1, len(VOCABULARY), (20, 30), generator=generator(2))
    ratios = {}
    for gain in (0.5, 3.0):
        model = small(RNNCell, hidden=50)
        with torch.no_grad():
            torch.nn.init.orthogonal_(model.cell.weight_hh, gain, generator=generator(3))
            model.cell.weight_ih.mul_(0.01)          # h small, so that tanh' is near 1
            model.cell.bias_ih.zero_(), model.cell.bias_hh.zero_()
        slopes = reach(model, ids)
        ratios[gain] = (slopes[0] / slopes[-1]).item()
    assert 1e-10 < ratios[0.5] <= 0.5 ** 29 * 1.5
    assert ratios[3.0] > 10


@pytest.mark.parametrize("cell", CELLS)
def test_it_learns_names(cell, book_names):
    """Oracle: 2.5265, the dev loss of counted pairs on the same split."""
    vocabulary, parts = Vocabulary(book_names), split(book_names)
    model = Recurrent(27, cell, hidden=32, generator=generator())
    text = stretches(vocabulary.stream(parts[0]), batch=64, T=16)
    for _ in train(model, text, [0.01] * 100, limit=1.0):
        pass
    assert loss(model, *dataset(parts[1][:1000], vocabulary, 16)) < 2.5


def test_a_text_that_ends_is_read_again_from_a_state_of_zeros():
    """Oracle: the same steps, taken pass by pass, with an optimizer that goes on."""
    text = list(stretches(VOCABULARY.stream(WORDS * 3), batch=2, T=8))
    one, other = small(GRUCell), small(GRUCell)
    optimizer = AdamW(other.parameters())
    whole = list(train(one, text, [0.01] * (2 * len(text) + 1)))
    passes = [loss for n in (len(text), len(text), 1) for loss in train(other, text, [0.01] * n, optimizer)]
    assert len(text) > 1 and whole == passes
