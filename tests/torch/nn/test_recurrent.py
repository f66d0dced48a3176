"""Cells and layers of them have PyTorch's states, slopes and refusals."""

import pytest
import torch
from both import assert_like, assert_same_function, error_of, mine, set_alike
from shapes import load_checked

from scratch import torch as ours

CELLS = {"RNNCell": {}, "RNNCell, relu": {"nonlinearity": "relu"}, "GRUCell": {}, "LSTMCell": {},
         "GRUCell without bias": {"bias": False}}


@pytest.mark.parametrize("name, settings", CELLS.items(), ids=CELLS)
def test_a_cell(name, settings):
    """Oracle: torch.nn's cell in float64: values and slopes toward x, state and parameters."""
    kind = name.split()[0].strip(",")
    b = getattr(torch.nn, kind)(3, 4, **settings).double()
    a = set_alike(getattr(ours.nn, kind)(3, 4, **settings).double(), b)
    assert repr(a) == repr(b)
    for batch in ((), (5,)):
        x, h, c = (torch.randn(*batch, n, dtype=torch.float64, requires_grad=True) for n in (3, 4, 4))
        if kind == "LSTMCell":
            assert_same_function(lambda x, h, c: a(x, (h, c)), lambda x, h, c: b(x, (h, c)), [x, h, c], 1e-9)
        else:
            assert_same_function(a, b, [x, h], 1e-9)
        assert_same_function(a, b, [x], 1e-9)
    sum(each.sum() for each in as_tuple(a(mine(x)))).backward()
    sum(each.sum() for each in as_tuple(b(x))).backward()
    assert_like([p.grad for p in a.parameters()], [p.grad for p in b.parameters()], 1e-9)


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


SETTINGS = [{}, {"num_layers": 2}, {"bidirectional": True},
            {"num_layers": 2, "bidirectional": True, "batch_first": True},
            {"bias": False, "batch_first": True}, {"num_layers": 3, "dropout": 0.4}]


@pytest.mark.parametrize("kind", ["RNN", "GRU", "LSTM"])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_layers_of_cells(kind, settings):
    """Oracle: torch.nn's module with the same numbers: all states, the last ones, and the gradients."""
    b = getattr(torch.nn, kind)(3, 4, **settings)
    a = set_alike(getattr(ours.nn, kind)(3, 4, **settings), b)
    assert repr(a) == repr(b)
    D, L = 1 + settings.get("bidirectional", False), settings.get("num_layers", 1)
    for batch in ((2,), ()):
        x = torch.randn(5, *batch, 3) if not settings.get("batch_first") else torch.randn(*batch, 5, 3)
        state = torch.randn(L * D, *batch, 4)
        state = (state, torch.randn(L * D, *batch, 4)) if kind == "LSTM" else state
        for hx in (None, state):
            ours.manual_seed(3), torch.manual_seed(3)    # for dropout
            y, ends = a(mine(x), mine(hx))
            z, theirs = b(x, hx)
            assert_like(y, z, 1e-4, 1e-6)
            assert_like(as_tuple(ends), as_tuple(theirs), 1e-4, 1e-6)
    a.zero_grad(), b.zero_grad()
    (y.sin().sum() + as_tuple(ends)[0].sum()).backward()
    (z.sin().sum() + as_tuple(theirs)[0].sum()).backward()
    assert_like([p.grad for p in a.parameters()], [p.grad for p in b.parameters()], 1e-4, 1e-5)


def test_an_rnn_of_relu():
    """Oracle: torch.nn.RNN with nonlinearity="relu"."""
    b = torch.nn.RNN(3, 4, nonlinearity="relu")
    a = set_alike(ours.nn.RNN(3, 4, nonlinearity="relu"), b)
    x = torch.randn(5, 2, 3)
    assert_like(a(mine(x))[0], b(x)[0], 1e-5, 1e-6)


@pytest.mark.parametrize("wrong", [
    lambda lib: lib.nn.GRU(3, 4)(lib.ones(5, 2, 4)), lambda lib: lib.nn.GRU(3, 4)(lib.ones(3)),
    lambda lib: lib.nn.GRU(3, 4)(lib.ones(5, 2, 3), lib.ones(2, 2, 4)),
    lambda lib: lib.nn.RNN(3, 4, nonlinearity="x"),
    lambda lib: lib.nn.GRU(3, 0), lambda lib: lib.nn.GRU(3, 4, dropout=2),
    lambda lib: lib.nn.GRUCell(3, 4)(lib.ones(2, 4)),
    lambda lib: lib.nn.GRUCell(3, 4)(lib.ones(2, 3), lib.ones(2, 3)),
    lambda lib: lib.nn.LSTM(3, 4, num_layers=0)])
@pytest.mark.filterwarnings("ignore")
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, ours) is error_of(wrong, torch) is not None


def test_every_shape_comment_is_true():
    B, T, inputs, H = 2, 5, 3, 7
    checked = load_checked(ours.nn.recurrent.__file__, B=B, T=T, I=inputs, H=H)
    for kind in (checked.GRU, checked.LSTM):
        kind(inputs, H, batch_first=True)(ours.randn(B, T, inputs))
    assert not checked.unreached_shapes()
