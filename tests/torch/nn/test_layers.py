"""Linear, Embedding, Dropout and Flatten begin, compute and read as PyTorch's do."""

import functools

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine, theirs

from scratch import torch as ours
from scratch.torch.nn import functional as f


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


@pytest.mark.parametrize("ids", [[1, 2, 1], [[0, 4], [4, 4]], 3, []])
def test_embedding_adds_up_the_gradients_of_a_row(ids):
    """Oracle: torch.nn.functional.embedding, with and without a padding row."""
    ids, W = torch.tensor(ids, dtype=torch.int64), torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    for padding in (None, 4, -4):
        def look_up(F, W, ids, padding=padding):
            return F.embedding(ids, W, padding_idx=padding)

        assert_same_function(functools.partial(look_up, f), functools.partial(look_up, F), [W, ids], 1e-9)


def test_an_id_outside_the_table_is_named():
    table = ours.nn.Embedding(5, 2)
    for ids in ([5, 0], [-1]):
        assert error_of(table, ours.tensor(ids)) is error_of(torch.nn.Embedding(5, 2),
                                                             torch.tensor(ids)) is IndexError
    with pytest.raises(IndexError, match="ids are 0 to 5; the table has rows 0 to 4"):
        table(ours.tensor([5, 0]))
    assert error_of(lambda nn: nn.Embedding(3, 2, padding_idx=3), ours.nn) is AssertionError
    with pytest.raises(NotImplementedError, match="max_norm"):
        ours.nn.Embedding(3, 2, max_norm=1.0)(ours.tensor([0]))


def test_given_rows_are_kept_still():
    for library in (ours, torch):
        rows = library.ones(2, 3)
        frozen = library.nn.Embedding.from_pretrained(rows)
        assert not frozen.weight.requires_grad and frozen(library.tensor(1)).tolist() == [1.0] * 3
        assert library.nn.Embedding.from_pretrained(rows, freeze=False).weight.requires_grad
        rows[1, 0] = 5.0
        assert frozen.weight[1, 0].item() == 5.0


@pytest.mark.parametrize("ids, classes", [([1, 0, 2], -1), ([[1, 0], [2, 2]], 5), (3, -1), (0, 1)])
def test_one_hot(ids, classes):
    """Oracle: torch.nn.functional.one_hot."""
    assert_like(f.one_hot(ours.tensor(ids), classes), F.one_hot(torch.tensor(ids), classes))


@pytest.mark.parametrize("wrong", [lambda f, lib: f.one_hot(lib.tensor([1.0])), lambda f,
                                   lib: f.one_hot(lib.tensor([-1])),
                                   lambda f, lib: f.one_hot(lib.tensor([3]), 3),
                                   lambda f, lib: f.one_hot(lib.tensor([], dtype=lib.int64)),
                                   lambda f, lib: f.one_hot(lib.tensor([1], dtype=lib.int32)),
                                   lambda f, lib: f.dropout(lib.ones(2), 1.5), lambda f,
                                   lib: lib.nn.Dropout(-0.1)])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, f, ours) is error_of(wrong, F, torch) is not None


@pytest.mark.parametrize("kind, shape", [("Dropout", (5, 7)), ("Dropout", (40,)), ("Dropout1d", (4, 6, 3)),
                                         ("Dropout2d", (4, 6, 3, 2)), ("Dropout1d", (6, 3))])
@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_one_seed_drops_the_same_numbers(kind, shape, p):
    """Oracle: PyTorch's dropout from the same seed, and its gradient."""
    x = torch.randn(shape, requires_grad=True)
    a, b = getattr(ours.nn, kind)(p), getattr(torch.nn, kind)(p)
    copy = mine(x)
    ours.manual_seed(5), torch.manual_seed(5)
    y, z = a(copy), b(x)
    assert_like(y, z) and repr(a) == repr(b)
    y.sum().backward(), z.sum().backward()
    assert_like(copy.grad, x.grad)
    assert a.eval()(copy) is copy


def test_dropout_in_place():
    x = ours.ones(100)
    ours.manual_seed(5), torch.manual_seed(5)
    assert f.dropout(x, 0.5, inplace=True) is x
    assert_like(x, F.dropout(torch.ones(100), 0.5))


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
