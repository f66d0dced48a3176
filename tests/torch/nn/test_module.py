"""A Module finds what is assigned to it, and walks through it as PyTorch's does."""

import copy

import pytest
import torch
from both import error_of, network_of_everything as make

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


def test_what_may_be_assigned_to_what():
    """Oracle: what PyTorch does with every kind of value for every kind of attribute."""
    values = {"parameter": lambda library: library.nn.Parameter(library.ones(1)),
              "tensor": lambda library: library.ones(1),
              "module": lambda library: library.nn.Tanh(), "none": lambda library: None,
              "number": lambda library: 3}
    for name in ("shared", "first", "nothing", "none", "plain", "new", "count"):
        for kind, make_value in values.items():
            seen = []
            for library in (ours, torch):
                m = make(library)
                error = error_of(setattr, m, name, make_value(library))
                seen.append((error, [n for n, _ in m.named_parameters()], list(m._modules), list(m._buffers),
                             list(m._parameters), name in vars(m)))
            assert seen[0] == seen[1], (name, kind)


@pytest.mark.parametrize("act", [
    lambda m, lib: m.register_parameter("a.b", None), lambda m, lib: m.register_parameter("", None),
    lambda m, lib: m.register_parameter(3, None), lambda m, lib: m.register_parameter("plain", None),
    lambda m, lib: m.register_parameter("x", lib.ones(1)),
    lambda m, lib: m.register_parameter("x", 3), lambda m, lib: m.register_buffer("x", 3),
    lambda m, lib: m.register_buffer("plain", lib.ones(1)), lambda m,
    lib: m.register_buffer("a.b", lib.ones(1)),
    lambda m, lib: m.register_buffer(3, lib.ones(1)), lambda m, lib: m.add_module("x", 3),
    lambda m, lib: m.add_module("plain", lib.nn.Tanh()), lambda m, lib: m.add_module("first", lib.nn.Tanh()),
    lambda m, lib: m.add_module("a.b", lib.nn.Tanh()), lambda m, lib: m.unknown, lambda m,
    lib: delattr(m, "unknown"),
    lambda m, lib: delattr(m, "shared"), lambda m, lib: delattr(m, "first"), lambda m,
    lib: delattr(m, "plain"),
    lambda m, lib: lib.nn.Module()(3), lambda m, lib: m.train(3), lambda m, lib: m.to(lib.int64),
    lambda m, lib: m.to(lib.float64), lambda m, lib: m.load_state_dict(3),
])
def test_what_is_refused_is_what_pytorch_refuses(act):
    """Oracle: the class of PyTorch's error, and what is left afterwards."""
    a, b = make(ours), make(torch)
    assert error_of(act, a, ours) is error_of(act, b, torch)
    assert list(a.state_dict()) == list(b.state_dict())


def test_an_attribute_before_init_is_explained():
    class Early(ours.nn.Module):
        def __init__(self, value):
            self.value = value

    assert Early(3).value == 3
    for value in (ours.nn.Tanh(), ours.nn.Parameter(ours.ones(1))):
        with pytest.raises(AttributeError, match=r"Early.__init__ has to call super\(\).__init__\(\) first"):
            Early(value)
    with pytest.raises(AttributeError, match="Early has no attribute 'weight'; __init__ called no super"):
        Early(3).weight    # noqa: B018


def test_a_shared_parameter_is_one():
    m = make(ours)
    assert m.first.shared is m.shared and m.first is m.again
    assert len(list(m.parameters())) == 4
    m(ours.ones(1, 2)).sum().backward()
    assert m.shared.grad is m.first.shared.grad


@BOTH
def test_a_deep_copy_shares_nothing_with_the_module_but_what_it_shared_itself(library):
    m = make(library)
    twin = copy.deepcopy(m)
    assert twin.first is twin.again and twin.first.shared is twin.shared is not m.shared
    with library.no_grad():
        m.shared.fill_(7.0)
    assert twin.shared.tolist() == [1.0, 1.0, 1.0] and repr(twin) == repr(m)


@BOTH
def test_hooks_see_and_change_what_goes_in_and_out(library):
    layer, seen = library.nn.Identity(), []
    handles = [
        layer.register_forward_pre_hook(lambda module, args: seen.append(("in", args))),
        layer.register_forward_pre_hook(lambda module, args: args[0] + 1),
        layer.register_forward_hook(lambda module, args, result: seen.append(("out", args, result))),
        layer.register_forward_hook(lambda module, args, result: result * 10),
        layer.register_forward_hook(lambda module, args, result: seen.append("first"), prepend=True),
    ]
    assert layer(1) == 20
    assert seen == [("in", (1,)), "first", ("out", (2,), 2)]
    for handle in handles:
        handle.remove()
        handle.remove()
    assert layer(1) == 1 and len(seen) == 3


@BOTH
def test_hooks_can_see_arguments_by_name(library):
    class Sum(library.nn.Module):
        def forward(self, a, b=0):
            return a + b

    layer, seen = Sum(), []
    layer.register_forward_pre_hook(lambda module, args, named: (args, {"b": named["b"] * 2}),
                                    with_kwargs=True)
    with layer.register_forward_hook(lambda module, args, named, result: seen.append((args, named, result)),
                                     with_kwargs=True):
        assert layer(1, b=3) == 7
    assert layer(1, b=3) == 7 and seen == [((1,), {"b": 6}, 7)]


def test_texts_are_pytorchs():
    """Oracle: repr of the same modules in PyTorch."""
    def texts(library):
        nn = library.nn

        class Said(nn.Module):
            def __init__(self, says, *children):
                super().__init__()
                self.says = says
                for n, child in enumerate(children):
                    setattr(self, f"child{n}", child)

            def extra_repr(self):
                return self.says

        return [repr(Said(says, *children)) for says in ("", "a=1", "a=1\nb=2")
                for children in ((), (nn.Tanh(),), (nn.Linear(1, 2), Said("x", nn.ReLU())))]

    assert texts(ours) == texts(torch)


def test_a_name_that_torch_has_and_this_has_not_is_refused_by_name():
    with pytest.raises(AttributeError, match="scratch.torch has no torch.nn.Conv3d"):
        ours.nn.Conv3d    # noqa: B018
    with pytest.raises(AttributeError, match="scratch.torch has no torch.nn.functional.ctc_loss"):
        ours.nn.functional.ctc_loss    # noqa: B018
    assert error_of(getattr, ours.optim, "Rprop") is AttributeError
