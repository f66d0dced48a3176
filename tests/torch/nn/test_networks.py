"""Random networks train as PyTorch's do, and leave nothing behind."""

import gc
import weakref

import pytest
import torch
from both import assert_like, set_alike
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours

LAYERS = [    # of 6 channels in, 6 out, on the last axis
    lambda nn: nn.Linear(6, 6), lambda nn: nn.Linear(6, 6, bias=False), lambda nn: nn.LayerNorm(6),
    lambda nn: nn.RMSNorm(6), lambda nn: nn.BatchNorm1d(6), lambda nn: nn.GroupNorm(2, 6),
    lambda nn: nn.Tanh(),
    lambda nn: nn.GELU(), lambda nn: nn.GELU("tanh"), lambda nn: nn.SiLU(), lambda nn: nn.ELU(),
    lambda nn: nn.PReLU(),
    lambda nn: nn.Softmax(-1), lambda nn: nn.Dropout(0.3), lambda nn: nn.Identity(), lambda nn: nn.Softplus(),
    lambda nn: nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, 6)),
    lambda nn: nn.Sequential(nn.Unflatten(1, (2, 3)), nn.Conv1d(2, 2, 3, padding=1), nn.Flatten()),
    lambda nn: nn.Sequential(nn.Unflatten(1, (1, 6)), nn.AvgPool1d(3, 1, 1), nn.Flatten()),
]
# eps keeps a gradient that is 0 but for rounding (of a bias before batch norm) from becoming a step
RULES = [("SGD", {"momentum": 0.9, "nesterov": True}), ("Adam", {"eps": 1e-3}),
         ("AdamW", {"amsgrad": True, "eps": 1e-3}), ("RMSprop", {"eps": 1e-3}),
         ("Adagrad", {"weight_decay": 0.1, "eps": 1e-3})]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(range(len(LAYERS))), min_size=1, max_size=7), st.sampled_from(RULES),
       st.integers(0, 2**20))
def test_random_networks_train_alike(chosen, rule, seed):
    """Oracle: the same layers, numbers, data and optimizer on PyTorch in float64, for four steps."""
    torch.manual_seed(seed)
    b = torch.nn.Sequential(torch.nn.Embedding(5, 2), torch.nn.Flatten(),
                            *[LAYERS[n](torch.nn) for n in chosen],
                            torch.nn.Linear(6, 4)).double()
    a = ours.nn.Sequential(ours.nn.Embedding(5, 2), ours.nn.Flatten(), *[LAYERS[n](ours.nn) for n in chosen],
                           ours.nn.Linear(6, 4)).double()
    assert repr(a) == repr(set_alike(a, b) and b)
    name, more = rule
    for library, net in ((ours, a), (torch, b)):
        library.manual_seed(seed)
        optimizer = getattr(library.optim, name)(net.parameters(), lr=0.01, **more)
        for _ in range(4):
            ids, target = library.randint(5, (8, 3)), library.randint(4, (8,))
            loss = library.nn.functional.cross_entropy(net(ids), target)
            optimizer.zero_grad()
            loss.backward()
            library.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
        if library is ours:
            found = loss
    assert_like(found, loss, 1e-6, 1e-8)
    assert_like(list(a.state_dict().values()), list(b.state_dict().values()), 1e-5, 1e-7)


@pytest.mark.parametrize("make", [
    lambda nn: nn.TransformerEncoderLayer(6, 2, 8, batch_first=True),
    lambda nn: nn.LSTM(6, 6, batch_first=True),
    lambda nn: nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.1), nn.Conv1d(3, 3, 1))])
def test_a_network_its_graph_and_its_optimizer_go_without_the_collector(make):
    """Reference counting alone frees them: there are no cycles, hooks and schedules included."""
    gc.collect()
    gc.disable()
    try:
        net = make(ours.nn)
        net.register_forward_hook(lambda module, args, result: None)
        optimizer = ours.optim.AdamW(net.parameters())
        schedule = ours.optim.lr_scheduler.OneCycleLR(optimizer, 0.1, 10)
        y = net(ours.randn(2, 3, 6))
        (y[0] if isinstance(y, tuple) else y).sum().backward()
        optimizer.step()
        schedule.step()
        left = [weakref.ref(each) for each in (net, optimizer, *net.parameters(), *net.children())]
        del net, optimizer, schedule, y
        assert [each() for each in left] == [None] * len(left)
    finally:
        gc.enable()
