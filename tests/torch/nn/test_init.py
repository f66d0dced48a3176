"""Beginnings have PyTorch's numbers, from the same generator."""

import math

import pytest
import torch
from both import assert_like, error_of, mine

from scratch import torch as ours
from scratch.torch.nn import init

CALLS = {
    "uniform_": [(), (-2.0, 3.0)], "normal_": [(), (1.0, 0.1)], "constant_": [(3.0,)], "ones_": [()],
    "zeros_": [()],
    "eye_": [()], "xavier_uniform_": [(), (2.0,)], "xavier_normal_": [(), (0.5,)],
    "kaiming_uniform_": [(), (math.sqrt(5),), (0, "fan_out", "relu")],
    "kaiming_normal_": [(), (0.2,), (0, "fan_out", "tanh")],
    "trunc_normal_": [(), (1.0, 0.5, 0.0, 1.5), (0.0, 1.0, 0.0, 9.0)], "orthogonal_": [(), (2.0,)],
    "sparse_": [(0.4,)],
}


@pytest.mark.parametrize("name, several", CALLS.items(), ids=CALLS)
@pytest.mark.parametrize("shape", [(5, 4), (4, 7)])
def test_the_same_generator_gives_the_same_numbers(name, several, shape):
    """Oracle: torch.nn.init; orthogonal_ to what two decompositions in float32 may differ by."""
    for arguments in several:
        given = {} if name in ("constant_", "ones_", "zeros_", "eye_") else {"generator": None}
        made = []
        for library in (ours, torch):
            if given:
                given["generator"] = library.Generator().manual_seed(3)
            library.manual_seed(4)
            x = library.empty(shape)
            assert getattr(library.nn.init, name)(x, *arguments, **given) is x
            made.append(x)
        tolerance = 1e-5 if name == "orthogonal_" else 1e-6
        assert_like(*made, tolerance, tolerance)


@pytest.mark.parametrize("shape, groups", [
    ((4, 3, 5), 1), ((4, 3, 5), 2), ((2, 5, 4, 3), 1), ((6, 2, 3, 2, 1), 3)])
def test_dirac_gives_inputs_on(shape, groups):
    """Oracle: torch.nn.init."""
    made = [library.nn.init.dirac_(library.ones(shape), groups) for library in (ours, torch)]
    assert_like(*made, 0, 0)


def test_fans_count_the_places_of_a_kernel():
    """Oracle: torch.nn.init."""
    for shape in ((4, 3), (4, 3, 5), (4, 3, 5, 2)):
        assert init._calculate_fan_in_and_fan_out(ours.empty(shape)) == \
            torch.nn.init._calculate_fan_in_and_fan_out(torch.empty(shape))


@pytest.mark.parametrize("name", ["linear", "conv1d", "sigmoid", "tanh", "relu", "selu", "leaky_relu"])
def test_gains(name):
    """Oracle: torch.nn.init.calculate_gain."""
    assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


def test_a_parameter_stays_a_leaf():
    p = ours.nn.Parameter(ours.empty(3, 3))
    for name in CALLS:
        getattr(init, name)(p, *CALLS[name][-1])
        assert p.is_leaf and p.requires_grad


@pytest.mark.parametrize("wrong", [
    lambda lib: lib.nn.init.calculate_gain("x"), lambda lib: lib.nn.init.calculate_gain("leaky_relu", "x"),
    lambda lib: lib.nn.init.xavier_uniform_(lib.empty(3)),
    lambda lib: lib.nn.init.kaiming_normal_(lib.empty(3)),
    lambda lib: lib.nn.init.kaiming_normal_(lib.empty(3, 3), mode="x"),
    lambda lib: lib.nn.init.eye_(lib.empty(3)), lambda lib: lib.nn.init.dirac_(lib.empty(3, 3)),
    lambda lib: lib.nn.init.dirac_(lib.empty(3, 3, 3), 2),
    lambda lib: lib.nn.init.orthogonal_(lib.empty(3)), lambda lib: lib.nn.init.sparse_(lib.empty(3), 0.1)])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, ours) is error_of(wrong, torch) is ValueError


def test_a_narrow_part_of_a_normal_distribution():
    x = init.trunc_normal_(ours.empty(1000), 0.0, 1.0, 1.0, 1.5)
    assert 1.0 <= x.min() and x.max() <= 1.5 and 1.2 < x.mean() < 1.25    # 1.221 is its mean


def test_orthogonal_rows_are_at_right_angles():
    Q = init.orthogonal_(ours.empty(3, 6), gain=2.0)
    assert_like(Q @ Q.T, 4 * torch.eye(3), 1e-5, 1e-5)
    assert_like(mine(torch.ones(0, 3)), torch.ones(0, 3)) or init.orthogonal_(ours.empty(0, 3))
