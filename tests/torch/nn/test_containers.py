"""Sequential, ModuleList, ModuleDict and lists of parameters are PyTorch's."""

from collections import OrderedDict

import pytest
import torch
from both import error_of

from scratch import torch as ours


def layers(nn):
    return [nn.Linear(1, 2), nn.Tanh(), nn.Linear(2, 1)]


ACTS = {
    "index": lambda m, nn: [type(m[n]).__name__ for n in (0, 1, 2, -1, -3)],
    "slice": lambda m, nn: [repr(m[cut]) for cut in (slice(1), slice(1, None), slice(None, None, 2),
                                                     slice(5, 9))],
    "outside": lambda m, nn: [error_of(m.__getitem__, n) for n in (3, -4, "0")],
    "set": lambda m, nn: m.__setitem__(-1, nn.ReLU()),
    "set outside": lambda m, nn: error_of(m.__setitem__, 3, nn.ReLU()),
    "delete": lambda m, nn: m.__delitem__(0),
    "delete several": lambda m, nn: m.__delitem__(slice(0, 2)),
    "append": lambda m, nn: m.append(nn.ReLU()) is m,
    "extend": lambda m, nn: m.extend([nn.ReLU(), nn.ReLU()]) is m,
    "insert": lambda m, nn: m.insert(1, nn.ReLU()) and None,
    "insert first": lambda m, nn: m.insert(0, nn.ReLU()) and None,
    "pop": lambda m, nn: repr(m.pop(1)),
    "add": lambda m, nn: repr(m + type(m)(*([layers(nn)] if isinstance(m, nn.ModuleList) else layers(nn)))),
    "iterate": lambda m, nn: [type(each).__name__ for each in m],
    "refuse": lambda m, nn: error_of(m.append, 3),
    "contains": lambda m, nn: m[1] in m,
}


@pytest.mark.parametrize("kind", ["Sequential", "ModuleList"])
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_lists_of_modules_are_lists(act, kind):
    """Oracle: PyTorch's container, after the same act."""
    seen = []
    for nn in (ours.nn, torch.nn):
        m = getattr(nn, kind)(*([layers(nn)] if kind == "ModuleList" else layers(nn)))
        seen.append((act(m, nn), repr(m), list(m.state_dict()), len(m)))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])
def test_a_sequential_hands_on_and_may_have_names(library):
    class Double(library.nn.Module):
        def forward(self, x):
            return x * 2

    class AddOne(library.nn.Module):
        def forward(self, x):
            return x + 1

    assert library.nn.Sequential(Double(), AddOne())(3) == 7 and library.nn.Sequential()(3) == 3
    named = library.nn.Sequential(OrderedDict(first=Double(), second=AddOne()))
    assert named(3) == 7 and named.first(3) == 6
    assert [name for name, _ in named.named_children()] == ["first", "second"]
    assert list(named[:1]._modules) == ["first"]


def test_alike_modules_in_a_list_are_counted_in_its_text():
    def text(nn):
        alike = [nn.Sequential(nn.Linear(1, 1)) for _ in range(3)]
        return [repr(each) for each in (nn.ModuleList([*alike, nn.Tanh(), nn.Tanh(), nn.ReLU()]),
                                        nn.ModuleList(),
                                        nn.ModuleList(alike[:1]))]

    assert text(ours.nn) == text(torch.nn)


DICT_ACTS = {
    "get": lambda d, nn: [repr(d["a"]), "a" in d, "z" in d, len(d), list(d), list(d.keys()),
                          [repr(each) for each in d.values()], [name for name, _ in d.items()]],
    "missing": lambda d, nn: error_of(d.__getitem__, "z"),
    "set": lambda d, nn: d.__setitem__("a", nn.ReLU()),
    "delete": lambda d, nn: d.__delitem__("a"),
    "pop": lambda d, nn: repr(d.pop("b")),
    "clear": lambda d, nn: d.clear(),
    "update": lambda d, nn: d.update({"c": nn.ReLU()}),
    "update pairs": lambda d, nn: d.update([("c", nn.ReLU()), ("a", nn.ReLU())]),
    "refuse": lambda d, nn: [error_of(d.__setitem__, name, nn.ReLU()) for name in ("x.y", 3, "")],
}


@pytest.mark.parametrize("act", DICT_ACTS.values(), ids=DICT_ACTS)
def test_dictionaries_of_modules_are_dictionaries(act):
    """Oracle: PyTorch's ModuleDict, after the same act."""
    seen = []
    for nn in (ours.nn, torch.nn):
        d = nn.ModuleDict({"a": nn.Linear(1, 2), "b": nn.Tanh()})
        seen.append((act(d, nn), repr(d), list(d.state_dict())))
    assert seen[0] == seen[1]


def test_lists_and_dictionaries_of_parameters():
    """Oracle: PyTorch's ParameterList and ParameterDict."""
    seen = []
    for library in (ours, torch):
        nn = library.nn
        several = nn.ParameterList([nn.Parameter(library.ones(2)), library.zeros(3, 1)])
        several.append(library.zeros(())).extend([library.zeros(1)])
        several[1] = nn.Parameter(library.zeros(5))
        named = nn.ParameterDict({"a": library.ones(1)})
        named["b"] = nn.Parameter(library.ones(2))
        named["a"] = nn.Parameter(library.zeros(4))
        del named["b"]
        seen.append((
            [tuple(p.shape) for p in several], len(several), tuple(several[-1].shape), len(several[1:]),
            [type(p).__name__ for p in several], list(several.state_dict()), repr(several),
            sorted(named), [tuple(p.shape) for p in named.values()], "a" in named, len(named),
            list(named.state_dict())))
    assert seen[0] == seen[1]
