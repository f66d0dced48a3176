"""Each layer is its namesake of torch.nn: numbers, gradients, statistics and beginnings."""

import pytest
import torch
from shapes import load_checked

from scratch.makemore import layers
from scratch.makemore.layers import (
    BatchNorm1d, Dropout, Embedding, Flatten, FlattenConsecutive, Layer, LayerNorm, Linear, ReLU,
    Sequential, Tanh, fold)

SEED = 2147483647
B, T, C, V, F = 5, 4, 3, 11, 7
KINDS = [torch.float32, torch.float64]
TOLERANCE = {    # a few roundings of numbers of size 1
    torch.float32: dict(rtol=1e-5, atol=2e-6), torch.float64: dict(rtol=1e-12, atol=1e-13)}

PAIRS = {    # ours, theirs, an input's shape
    "Linear": (lambda **k: Linear(F, C, **k), lambda **k: torch.nn.Linear(F, C, **k), (B, F)),
    "Linear of positions": (lambda **k: Linear(F, C, **k), lambda **k: torch.nn.Linear(F, C, **k),
                            (B, T, F)),
    "Linear without bias": (lambda **k: Linear(F, C, bias=False, **k),
                            lambda **k: torch.nn.Linear(F, C, bias=False, **k), (B, F)),
    "LayerNorm": (lambda **k: LayerNorm(F, **plain(k)), lambda **k: torch.nn.LayerNorm(F, **k),
                  (B, F)),
    "LayerNorm of positions": (lambda **k: LayerNorm(F, eps=0.1, **plain(k)),
                               lambda **k: torch.nn.LayerNorm(F, eps=0.1, **k), (B, T, F)),
    "BatchNorm1d": (lambda **k: BatchNorm1d(F, **plain(k)), lambda **k: torch.nn.BatchNorm1d(F, **k),
                    (B, F)),
    "BatchNorm1d, other settings": (
        lambda **k: BatchNorm1d(F, eps=0.1, momentum=0.3, **plain(k)),
        lambda **k: torch.nn.BatchNorm1d(F, eps=0.1, momentum=0.3, **k), (B, F)),
    "Tanh": (lambda **k: Tanh(), lambda **k: torch.nn.Tanh(), (B, F)),
    "ReLU": (lambda **k: ReLU(), lambda **k: torch.nn.ReLU(), (B, F)),
    "Flatten": (lambda **k: Flatten(), lambda **k: torch.nn.Flatten(), (B, T, C)),
}


def plain(kind):
    return {key: value for key, value in kind.items() if key != "generator"}


def generator(seed=SEED):
    return torch.Generator().manual_seed(seed)


def like(theirs):
    """The state of a torch.nn module, with other numbers than it began with."""
    g = generator(9)
    return {name: torch.rand(tensor.shape, generator=g, dtype=tensor.dtype) + 0.5
            for name, tensor in theirs.state_dict().items() if tensor.is_floating_point()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PAIRS)
def test_a_layer_computes_what_its_namesake_does(name, kind):
    """Oracle: torch.nn with the same state, and autograd through it with the same upstream slope."""
    make, make_theirs, shape = PAIRS[name]
    ours, theirs = make(dtype=kind), make_theirs(dtype=kind)
    state = like(theirs)
    ours.load_state_dict(state)
    theirs.load_state_dict(state)
    for _ in range(3):    # running statistics move each time
        x = torch.randn(shape, generator=generator(), dtype=kind).requires_grad_()
        x_theirs = x.detach().clone().requires_grad_()
        y, y_theirs = ours(x), theirs(x_theirs)
        torch.testing.assert_close(y, y_theirs, **TOLERANCE[kind])
        upstream = torch.randn(y.shape, generator=generator(1), dtype=kind)
        slopes = torch.autograd.grad(y, [x, *ours.parameters()], upstream)
        expected = torch.autograd.grad(y_theirs, [x_theirs, *theirs.parameters()], upstream)
        torch.testing.assert_close(slopes, expected, **TOLERANCE[kind])
    for name, mine in ours.state_dict().items():
        torch.testing.assert_close(mine.detach(), theirs.state_dict()[name], **TOLERANCE[kind])
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x), **TOLERANCE[kind])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", PAIRS)
def test_a_layer_begins_with_the_numbers_of_its_namesake(name, kind):
    """Oracle: torch.nn after manual_seed; in float64 PyTorch's own bound has one more rounding."""
    make, make_theirs, _ = PAIRS[name]
    torch.manual_seed(SEED)
    theirs = {name: tensor for name, tensor in make_theirs(dtype=kind).state_dict().items()
              if tensor.is_floating_point()}
    ours = make(dtype=kind, generator=generator()).state_dict()
    assert list(ours) == list(theirs)
    for name, tensor in ours.items():
        torch.testing.assert_close(tensor.detach(), theirs[name], rtol=4e-16, atol=0)


@pytest.mark.parametrize("kind", KINDS)
def test_an_embedding_is_its_namesake(kind):
    """Oracle: torch.nn.Embedding; a repeated id collects the slopes of all its places."""
    torch.manual_seed(SEED)
    theirs = torch.nn.Embedding(V, C, dtype=kind)
    ours = Embedding(V, C, generator=generator(), dtype=kind)
    assert torch.equal(ours.weight, theirs.weight)
    ids = torch.randint(V, (B, T), generator=generator())
    upstream = torch.randn(B, T, C, generator=generator(), dtype=kind)
    assert torch.equal(ours(ids), theirs(ids))
    [slope] = torch.autograd.grad(ours(ids), ours.parameters(), upstream)
    [expected] = torch.autograd.grad(theirs(ids), theirs.parameters(), upstream)
    torch.testing.assert_close(slope, expected, **TOLERANCE[kind])
    assert ours(ids[:0]).shape == (0, T, C)


@pytest.mark.parametrize("id", [-1, V])
def test_an_id_outside_the_table_is_refused(id):
    with pytest.raises(IndexError, match=f"ids are {min(id, 0)} to {max(id, 0)}; .* 0..{V - 1}"):
        Embedding(V, C)(torch.tensor([[0, id]]))


@pytest.mark.parametrize("kind", KINDS)
def test_batch_norm_of_positions_is_pytorchs_with_the_axes_exchanged(kind):
    """Oracle: torch.nn.BatchNorm1d on (N, C, L), which is our (B, F, T)."""
    ours, theirs = BatchNorm1d(F, dtype=kind), torch.nn.BatchNorm1d(F, dtype=kind)
    state = like(theirs)
    ours.load_state_dict(state)
    theirs.load_state_dict(state)
    x = torch.randn(B, T, F, generator=generator(), dtype=kind).requires_grad_()
    upstream = torch.randn(B, T, F, generator=generator(1), dtype=kind)
    y, expected = ours(x), theirs(x.transpose(1, 2)).transpose(1, 2)
    torch.testing.assert_close(y, expected, **TOLERANCE[kind])
    slopes = torch.autograd.grad(y, [x, *ours.parameters()], upstream)
    theirs_slopes = torch.autograd.grad(expected, [x, *theirs.parameters()], upstream)
    torch.testing.assert_close(slopes, theirs_slopes, **TOLERANCE[kind])
    for name in ("running_mean", "running_var"):
        torch.testing.assert_close(getattr(ours, name), getattr(theirs, name), **TOLERANCE[kind])


def test_batch_norm_of_positions_takes_one_mean_over_examples_and_positions():
    """The lecture's first version averaged over examples alone, and had T means per feature."""
    x = torch.randn(B, T, F, generator=generator(), dtype=torch.float64)
    norm = BatchNorm1d(F, eps=0.0, dtype=torch.float64)
    flat = norm(x).reshape(-1, F).detach()
    torch.testing.assert_close(flat.mean(0), torch.zeros(F).double(), rtol=0, atol=1e-14)
    torch.testing.assert_close(flat.var(0, correction=0), torch.ones(F).double())
    assert norm(x).mean(0).abs().max() > 0.1


def test_the_lectures_variance_divides_by_one_less():
    """Oracle: Tensor.std, which divides by m - 1; running_var is the same in both conventions."""
    x = torch.randn(B, F, generator=generator(), dtype=torch.float64)
    norms = {c: BatchNorm1d(F, eps=0.0, correction=c, dtype=torch.float64) for c in (0, 1)}
    y = {c: norm(x).detach() for c, norm in norms.items()}
    torch.testing.assert_close(y[1], (x - x.mean(0)) / x.std(0))
    torch.testing.assert_close(y[0], y[1] * (B / (B - 1)) ** 0.5)
    torch.testing.assert_close(norms[0].running_var, norms[1].running_var)


def test_running_statistics_follow_the_data():
    """After many batches they are the data's own mean and variance."""
    norm, g = BatchNorm1d(2, momentum=0.01), generator()
    for _ in range(1500):
        norm(torch.randn(8, 2, generator=g) * torch.tensor([0.5, 3.0]) + torch.tensor([-2.0, 7.0]))
    torch.testing.assert_close(norm.running_mean, torch.tensor([-2.0, 7.0]), rtol=0.05, atol=0)
    torch.testing.assert_close(norm.running_var, torch.tensor([0.25, 9.0]), rtol=0.1, atol=0)


def test_in_eval_an_example_alone_gets_the_answer_it_gets_in_company():
    norm, x = BatchNorm1d(F), torch.randn(B, F, generator=generator())
    norm(x)
    norm.eval()
    before = norm.running_mean.clone()
    torch.testing.assert_close(norm(x)[:1], norm(x[:1]))
    assert torch.equal(norm.running_mean, before)


def test_one_number_has_no_variance():
    """As in PyTorch, which says: Expected more than 1 value per channel when training."""
    with pytest.raises(ValueError, match="one number has no variance"):
        BatchNorm1d(F)(torch.ones(1, F))
    assert BatchNorm1d(F)(torch.ones(1, T, F)).shape == (1, T, F)


@pytest.mark.parametrize("shape", [(F,), (B, F + 1), (B, F, T), (B, 2, T, F)])
def test_batch_norm_refuses_shapes_it_would_misread(shape):
    with pytest.raises(ValueError, match=r"\(B, 7\) or \(B, T, 7\) was expected"):
        BatchNorm1d(F)(torch.ones(shape))


@pytest.mark.parametrize("make", [lambda: BatchNorm1d(F), lambda: LayerNorm(F)])
def test_a_constant_feature_becomes_zero_and_not_nan(make):
    y = make()(torch.full((B, F), 3.0))
    torch.testing.assert_close(y.detach(), torch.zeros(B, F))


def test_statistics_are_taken_in_the_layers_own_precision():
    """Under autocast the layer before hands on bfloat16, and running sums would drown in it."""
    norm = BatchNorm1d(F)
    y = norm(torch.randn(B, F, generator=generator()).bfloat16())
    assert y.dtype == norm.running_mean.dtype == torch.float32


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_dropout_drops_what_its_namesake_drops(p):
    """Oracle: torch.nn.Dropout after manual_seed."""
    x = torch.randn(B, F, generator=generator())
    torch.manual_seed(SEED)
    theirs = torch.nn.Dropout(p)
    ours = Dropout(p, generator())
    assert torch.equal(ours(x), theirs(x))
    assert torch.equal(ours.eval()(x), x)


def test_dropout_keeps_the_mean():
    """100,000 ones: the mean of what is left has a standard deviation of 0.003."""
    y = Dropout(0.5, generator())(torch.ones(100_000))
    assert set(y.tolist()) == {0.0, 2.0}
    assert y.mean().item() == pytest.approx(1.0, abs=0.012)


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_a_chance_outside_0_to_1_is_refused(p):
    with pytest.raises(ValueError, match="probability"):
        Dropout(p)


def test_consecutive_positions_come_side_by_side():
    x = torch.arange(2 * 4 * 3).view(2, 4, 3)
    y = FlattenConsecutive(2)(x)
    assert y.shape == (2, 2, 6)
    assert torch.equal(y[1, 1], torch.cat([x[1, 2], x[1, 3]]))
    assert torch.equal(FlattenConsecutive(4)(x), Flatten()(x))
    with pytest.raises(ValueError, match="4 positions do not make groups of 3"):
        FlattenConsecutive(3)(x)


def pair(kind=torch.float32):
    """The same network twice: of our layers and of torch.nn's."""
    g = generator()
    ours = Sequential(
        Embedding(V, C, generator=g, dtype=kind), Flatten(),
        Linear(T * C, F, bias=False, generator=g, dtype=kind), BatchNorm1d(F, dtype=kind), Tanh(),
        Linear(F, F, generator=g, dtype=kind), LayerNorm(F, dtype=kind), ReLU(),
        Linear(F, V, generator=g, dtype=kind))
    nn = torch.nn
    theirs = nn.Sequential(
        nn.Embedding(V, C), nn.Flatten(), nn.Linear(T * C, F, bias=False), nn.BatchNorm1d(F),
        nn.Tanh(), nn.Linear(F, F), nn.LayerNorm(F), nn.ReLU(), nn.Linear(F, V)).to(kind)
    theirs.load_state_dict(ours.state_dict())
    return ours, theirs


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_of_them_trains_as_one_of_torch_nn_does(kind):
    """Oracle: torch.nn and torch.optim.SGD, ten steps, then eval; its state goes both ways."""
    ours, theirs = pair(kind)
    descent = torch.optim.SGD(theirs.parameters(), lr=0.1)
    g = generator(3)
    for _ in range(10):
        ids = torch.randint(V, (B, T), generator=g)
        targets = torch.randint(V, (B,), generator=g)
        loss = torch.nn.functional.cross_entropy(ours(ids), targets)
        for p, slope in zip(ours.parameters(), torch.autograd.grad(loss, ours.parameters())):
            p.data -= 0.1 * slope
        descent.zero_grad()
        torch.nn.functional.cross_entropy(theirs(ids), targets).backward()
        descent.step()
    tolerance = {key: 30 * value for key, value in TOLERANCE[kind].items()}
    torch.testing.assert_close(ours.eval()(ids), theirs.eval()(ids), **tolerance)
    again, _ = pair(kind)
    again.load_state_dict(theirs.state_dict())
    torch.testing.assert_close(again.eval()(ids), theirs(ids), **TOLERANCE[kind])


def test_parameters_are_what_requires_a_gradient_and_state_is_all():
    ours, theirs = pair()
    names = [name for name, tensor in theirs.named_parameters()]
    assert [name for name, tensor in ours.state_dict().items() if tensor.requires_grad] == names
    assert len(ours.parameters()) == len(names)
    assert set(ours.state_dict()) - set(names) == {"3.running_mean", "3.running_var"}


@pytest.mark.parametrize("state, complaint", [
    ({}, r"weight is missing, and \(3, 7\) here"),
    ({"weight": torch.ones(F, C)}, r"weight is \(7, 3\), and \(3, 7\) here"),
])
def test_a_state_that_does_not_fit_is_refused(state, complaint):
    with pytest.raises(ValueError, match=complaint):
        Linear(F, C).load_state_dict(state)


def test_a_sequential_hands_its_mode_on():
    inner = Dropout()
    net = Sequential(Linear(F, F), Sequential(inner))
    assert not net.eval().layers[1].layers[0].training
    assert net.train().layers[1].layers[0].training and isinstance(net, Layer)


def test_a_network_shows_its_layers_and_their_shapes():
    net = Sequential(Linear(3, 7, bias=False), Tanh(), BatchNorm1d(7))
    assert repr(net) == (" 0 Linear(weight (7, 3))\n 1 Tanh()\n 2 BatchNorm1d(weight (7,), bias (7,), "
                         "running_mean (7,), running_var (7,))")


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_a_folded_batch_norm_changes_no_output(bias, kind):
    """Oracle: the two layers one after the other, in eval, after statistics have moved."""
    g = generator()
    linear, norm = Linear(C, F, bias, g, dtype=kind), BatchNorm1d(F, dtype=kind)
    norm.load_state_dict(like(torch.nn.BatchNorm1d(F, dtype=kind)))
    for _ in range(3):
        norm(linear(torch.randn(B, C, generator=g, dtype=kind)))
    x = torch.randn(B, C, generator=g, dtype=kind)
    folded = fold(linear, norm)
    torch.testing.assert_close(folded(x), norm.eval()(linear(x)), **TOLERANCE[kind])
    assert len(folded.parameters()) == 2


def test_every_shape_comment_is_true():
    module = load_checked(layers.__file__, B=5, F=7)
    linear, norm = module.Linear(3, 7, generator=generator()), module.BatchNorm1d(7)
    norm(linear(torch.randn(5, 3)))
    module.fold(linear, norm)
    module.LayerNorm(7)
    assert not module.unreached_shapes()
