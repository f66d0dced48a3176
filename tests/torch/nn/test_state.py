"""A state_dict has PyTorch's names, goes into PyTorch and back, and says what does not fit."""

import pytest
import torch
from both import assert_like, error_of, mine, theirs

from scratch import torch as ours

pytestmark = pytest.mark.filterwarnings("ignore:.*enable_nested_tensor:UserWarning")

NETS = {
    "mlp": lambda nn: nn.Sequential(nn.Embedding(5, 3), nn.Flatten(), nn.Linear(6, 4), nn.BatchNorm1d(4),
                                    nn.Tanh()),
    "gru": lambda nn: nn.GRU(2, 3, num_layers=2, bidirectional=True),
    "transformer": lambda nn: nn.TransformerDecoderLayer(4, 2, 8),
    "convolutions": lambda nn: nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.GroupNorm(1, 2)),
    "lists": lambda nn: nn.ModuleDict({"a": nn.ModuleList([nn.Linear(1, 1), nn.LayerNorm(2)]),
                                       "b": nn.PReLU()}),
}


@pytest.mark.parametrize("make", NETS.values(), ids=NETS)
def test_numbers_go_to_pytorch_and_back(make):
    """Oracle: PyTorch's load_state_dict, strict."""
    a, b = make(ours.nn), make(torch.nn)
    assert b.load_state_dict(theirs(a.state_dict())) and list(a.state_dict()) == list(b.state_dict())
    assert_like(list(a.state_dict().values()), list(b.state_dict().values()), 0, 0)
    with torch.no_grad():
        for p in b.parameters():
            p.normal_()
    result = a.load_state_dict(mine(b.state_dict()))
    assert repr(result) == str(result) == "<All keys matched successfully>" and tuple(result) == ([], [])
    assert_like(list(a.state_dict().values()), list(b.state_dict().values()), 0, 0)


@pytest.mark.parametrize("change", [
    lambda state: state.pop("2.weight"), lambda state: state.update(extra=state["2.bias"]),
    lambda state: state.update({"2.weight": state["2.bias"]}),
    lambda state: state.update({"2.extra": state["2.bias"]}),
    lambda state: state.update({"2.weight": 3}), lambda state: state.update({"9.weight": state["2.bias"]}),
    lambda state: state.update({"2.weight.more": state["2.bias"]}),
    lambda state: state.pop("3.num_batches_tracked"),
    lambda state: state.clear(), lambda state: None,
])
@pytest.mark.parametrize("strict", [True, False])
def test_what_does_not_fit_is_what_does_not_fit_in_pytorch(change, strict):
    """Oracle: the class of PyTorch's error, or its missing and unexpected names."""
    seen = []
    for library in (ours, torch):
        net = NETS["mlp"](library.nn)
        state = dict(net.state_dict())
        change(state)
        error = error_of(lambda: net.load_state_dict(state, strict=strict))    # noqa: B023
        seen.append(error or tuple(net.load_state_dict(state, strict=strict)))
    assert seen[0] == seen[1]


def test_the_error_names_every_tensor_that_does_not_fit():
    net = ours.nn.Sequential(ours.nn.Linear(2, 3))
    with pytest.raises(RuntimeError) as error:
        net.load_state_dict({"0.weight": ours.zeros(2, 3), "1.weight": ours.zeros(1)})
    assert str(error.value).split("\n") == [
        "the state_dict does not fit Sequential:", "    missing: '0.bias'",
        "    not of this module: '1.weight'",
        "    '0.weight' has the shape (2, 3), and here (3, 2)"]
    assert repr(net.load_state_dict({}, strict=False)) == repr(
        torch.nn.Sequential(torch.nn.Linear(2, 3)).load_state_dict({}, strict=False))


@pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])
def test_a_state_dict_shares_memory_and_loading_copies(library):
    layer, other = library.nn.Linear(2, 2), library.nn.Linear(2, 2)
    state = layer.state_dict()
    with library.no_grad():
        layer.weight.fill_(3.0)
    assert state["weight"].tolist() == [[3.0, 3.0]] * 2 and not state["weight"].requires_grad
    before = other.weight
    other.load_state_dict(state)
    with library.no_grad():
        layer.weight.fill_(4.0)
    assert other.weight is before and other.weight.tolist() == [[3.0, 3.0]] * 2


@pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])
def test_assign_puts_the_tensors_themselves_in_place(library):
    layer = library.nn.Linear(2, 2)
    layer.bias.requires_grad_(False)
    state = {"weight": library.ones(2, 2, dtype=library.float64),
             "bias": library.nn.Parameter(library.ones(2))}
    layer.load_state_dict(state, assign=True)
    assert layer.weight.dtype == library.float64 and isinstance(layer.weight, library.nn.Parameter)
    state["weight"][0, 0] = 9.0
    assert layer.weight[0, 0].item() == 9.0 and layer.bias is state["bias"]
