"""Layers begin, compute and read as PyTorch's do."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine, theirs

from scratch import torch as ours
from scratch.torch.nn import functional as f

pytestmark = pytest.mark.filterwarnings("ignore:.*enable_nested_tensor:UserWarning")


def seeded(make, seed=3):
    """make(nn) by each library, from one seed of the global generator."""
    made = []
    for library in (ours, torch):
        library.manual_seed(seed)
        made.append(make(library.nn))
    return made


BEGINNINGS = {
    "Linear": lambda nn: nn.Linear(7, 5), "Linear without bias": lambda nn: nn.Linear(7, 5, bias=False),
    "Embedding": lambda nn: nn.Embedding(6, 5), "padding": lambda nn: nn.Embedding(6, 5, padding_idx=-2),
    "Bilinear": lambda nn: nn.Bilinear(3, 4, 5), "Conv1d": lambda nn: nn.Conv1d(4, 6, 3, groups=2),
    "Conv2d": lambda nn: nn.Conv2d(3, 4, (2, 3)), "RNN": lambda nn: nn.RNN(3, 4, 2),
    "LSTM": lambda nn: nn.LSTM(3, 4, bidirectional=True),
    "GRUCell": lambda nn: nn.GRUCell(3, 4), "MultiheadAttention": lambda nn: nn.MultiheadAttention(4, 2),
    "MultiheadAttention, other sizes": lambda nn: nn.MultiheadAttention(4, 2, kdim=3, vdim=5),
    "Transformer": lambda nn: nn.Transformer(4, 2, 1, 1, 8), "PReLU": lambda nn: nn.PReLU(3),
    "float64": lambda nn: nn.Linear(7, 5, dtype=ours.float64 if nn is ours.nn else torch.float64),
}


@pytest.mark.parametrize("make", BEGINNINGS.values(), ids=BEGINNINGS)
def test_one_seed_makes_one_network(make):
    """Oracle: PyTorch's layer after manual_seed; uniform numbers to the bit, normal ones to the last."""
    a, b = seeded(make)
    assert list(a.state_dict()) == list(b.state_dict()) and repr(a) == repr(b)
    exact = 0 if "Embedding" not in repr(a) else 2e-7
    for x, y in zip(a.state_dict().values(), b.state_dict().values()):
        assert_like(x, y, exact, exact)
        assert x.requires_grad == y.requires_grad
    a.reset_parameters() if hasattr(a, "reset_parameters") else None


@pytest.mark.parametrize("shapes", [((4, 3), (5, 3), (5,)), ((2, 4, 3), (5, 3), (5,)), ((3,), (5, 3), (5,)),
                                    ((2, 2, 4, 3), (5, 3), None), ((3,), (5, 3), None),
                                    ((0, 3), (5, 3), (5,)),
                                    ((4, 0), (5, 0), (5,)), ((4, 3), (3,), None)])
def test_linear_and_its_slopes(shapes):
    """Oracle: torch.nn.functional.linear."""
    inputs = [None if shape is None else torch.randn(shape, dtype=torch.float64,
                                                     requires_grad=True) for shape in shapes]
    assert_same_function(f.linear, F.linear, inputs, 1e-9, 1e-9)


def test_linear_of_views():
    """Oracle: torch.nn.functional.linear of a transposed batch and weight."""
    x, W, b = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((3, 4, 2), (3, 5),
                                                                                         (5,)))
    assert_same_function(lambda x, W, b: f.linear(x.transpose(0, 2), W.T, b),
                         lambda x, W, b: F.linear(x.transpose(0, 2), W.T, b), [x, W, b], 1e-9)
    assert error_of(f.linear, ours.ones(2, 3), ours.ones(4, 2)) is RuntimeError


def test_bilinear():
    """Oracle: torch.nn.functional.bilinear."""
    inputs = [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((2, 6, 3), (2, 6, 4),
                                                                                        (5, 3, 4), (5,))]
    assert_same_function(f.bilinear, F.bilinear, inputs, 1e-8)
    a, b = seeded(lambda nn: nn.Bilinear(3, 4, 5, bias=False))
    assert_like(a(mine(inputs[0].float()), mine(inputs[1].float())), b(inputs[0].float(), inputs[1].float()),
                1e-4, 1e-5)


def test_shapes_are_flattened_and_unflattened():
    """Oracle: PyTorch's Flatten, Unflatten and Identity."""
    x = torch.randn(2, 6, 3)
    for make in (lambda nn: nn.Flatten(), lambda nn: nn.Flatten(0, 1), lambda nn: nn.Unflatten(1, (2, 3)),
                 lambda nn: nn.Identity(54, unused=1)):
        a, b = make(ours.nn), make(torch.nn)
        assert_like(a(mine(x)), b(x), 0, 0)
        assert repr(a) == repr(b)


def test_a_whole_network_trains_as_pytorchs():
    """Oracle: the same network, seed, data and optimizer on PyTorch, for 30 steps."""
    losses = []
    for library in (ours, torch):
        library.manual_seed(1)
        nn = library.nn
        net = nn.Sequential(nn.Embedding(9, 4), nn.Flatten(), nn.Linear(12, 16), nn.BatchNorm1d(16),
                            nn.GELU(),
                            nn.Dropout(0.2), nn.Linear(16, 9))
        optimizer = library.optim.AdamW(net.parameters(), lr=0.02)
        found = []
        for _ in range(30):
            ids, target = library.randint(9, (20, 3)), library.randint(9, (20,))
            loss = nn.functional.cross_entropy(net(ids), target)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            found.append(loss.item())
        losses.append(found)
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)    # float32 through 30 steps


def test_theirs_is_the_reverse_of_mine():
    x = torch.randn(2, 0, 3, dtype=torch.float64)
    assert_like(mine(x), theirs(mine(x)))
