"""A Module finds what is assigned to it, and walks through it as PyTorch's does."""

import copy

import pytest
import torch
from both import error_of

from scratch import torch as ours

BOTH = pytest.mark.parametrize("library", [ours, torch], ids=["ours", "PyTorch"])


def make(library):
    """A module of everything: parameters, a shared one, buffers, children, a child twice, Nones."""
    nn = library.nn

    class Inner(nn.Module):
        def __init__(self, shared):
            super().__init__()
            self.w = nn.Parameter(library.ones(2, 3))
            self.shared = shared
            self.register_buffer("kept", library.zeros(2))
            self.register_buffer("passing", library.zeros(1), persistent=False)

        def forward(self, x):
            return x @ self.w + self.shared

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = 3
            self.shared = nn.Parameter(library.ones(3))
            self.first = Inner(self.shared)
            self.again = self.first
            self.register_parameter("none", None)
            self.register_buffer("nothing", None)
            self.child = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
            self.absent = None
            self.count = library.tensor(1)              # no buffer: it is not registered

        def forward(self, x):
            return self.child(self.first(x))

    return Outer()


@pytest.mark.parametrize("walk", [
    lambda m: [name for name, _ in m.named_parameters()],
    lambda m: [name for name, _ in m.named_parameters(remove_duplicate=False)],
    lambda m: [name for name, _ in m.named_parameters(recurse=False, prefix="p")],
    lambda m: [name for name, _ in m.named_parameters(prefix="p.q")],
    lambda m: [name for name, _ in m.named_buffers()],
    lambda m: [name for name, _ in m.named_buffers(remove_duplicate=False)],
    lambda m: [name for name, _ in m.named_modules()],
    lambda m: [name for name, _ in m.named_modules(remove_duplicate=False, prefix="x")],
    lambda m: [name for name, _ in m.named_children()],
    lambda m: [type(each).__name__ for each in m.children()],
    lambda m: [type(each).__name__ for each in m.modules()],
    lambda m: [tuple(p.shape) for p in m.parameters()],
    lambda m: [tuple(b.shape) for b in m.buffers()],
    lambda m: list(m.state_dict()), lambda m: list(m.state_dict(prefix="net.")),
    lambda m: [type(t).__name__ for t in m.state_dict(keep_vars=True).values()],
    lambda m: [type(t).__name__ for t in m.state_dict().values()],
    lambda m: type(m.get_submodule("child.0")).__name__, lambda m: m.get_submodule("") is m,
    lambda m: tuple(m.get_parameter("child.0.weight").shape),
    lambda m: tuple(m.get_buffer("first.kept").shape),
    lambda m: error_of(m.get_submodule, "child.5"), lambda m: error_of(m.get_parameter, "plain"),
    lambda m: error_of(m.get_buffer, "first.w"),
    lambda m: sorted(set(dir(m)) & {"shared", "first", "none", "plain", "absent", "child"}),
    repr,
])
def test_walks_find_the_same_in_the_same_order(walk):
    """Oracle: the same class on PyTorch."""
    assert walk(make(ours)) == walk(make(torch))


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
def test_modes_reach_all_modules(library):
    m = make(library)
    assert m.eval() is m and not any(each.training for each in m.modules())
    m.first.train()
    assert [each.training for each in m.modules()] == [False, True, False, False, False]
    assert m.train() is m and all(each.training for each in m.modules())


@BOTH
def test_apply_goes_from_the_inside_out(library):
    m, seen = make(library), []
    assert m.apply(lambda each: seen.append(type(each).__name__)) is m
    assert seen == ["Inner", "Linear", "Tanh", "Sequential", "Outer"]


@BOTH
def test_gradients_are_forgotten_or_zeroed_and_switched_off(library):
    m = make(library)
    m(library.ones(1, 2)).sum().backward()
    m.zero_grad(set_to_none=False)
    assert all(not p.grad.any() for p in m.parameters())
    m.zero_grad()
    assert all(p.grad is None for p in m.parameters())
    assert m.requires_grad_(False) is m and not any(p.requires_grad for p in m.parameters())


@BOTH
def test_a_dtype_applies_to_floats_and_keeps_the_parameters_themselves(library):
    m = make(library)
    m.register_buffer("ids", library.tensor([1]))
    m(library.ones(1, 2)).sum().backward()
    before = list(m.parameters())
    assert m.double() is m
    assert all(p is q for p, q in zip(before, m.parameters()))
    assert {p.dtype for p in m.parameters()} == {p.grad.dtype for p in m.parameters()} == {library.float64}
    assert m.ids.dtype == library.int64 and m.first.kept.dtype == library.float64
    m.to(library.zeros(1, dtype=library.float16))
    assert m.shared.dtype == library.float16
    assert m.to("cpu", library.float32).shared.dtype == m.float().shared.dtype == library.float32
    assert m.half().shared.dtype == library.float16 and m.bfloat16().shared.dtype == library.bfloat16


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
    assert error_of(getattr, ours.optim, "LBFGS") is AttributeError
