"""Every activation has PyTorch's values, slopes, slopes of slopes, and text."""

import math

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine

from scratch import torch as ours
from scratch.torch.nn import functional as f

FUNCTIONS = {
    "relu": {}, "relu6": {}, "leaky_relu": {"negative_slope": 0.2}, "elu": {"alpha": 1.5}, "selu": {},
    "celu": {"alpha": 2.0}, "gelu": {}, "silu": {}, "mish": {}, "softplus": {"beta": 2.0, "threshold": 3.0},
    "logsigmoid": {}, "hardtanh": {"min_val": -0.5, "max_val": 2.0}, "hardsigmoid": {}, "hardswish": {},
    "softsign": {}, "tanhshrink": {}, "threshold": {"threshold": 0.3, "value": -1.0}, "tanh": {},
    "sigmoid": {},
    "softmax": {"dim": 0}, "log_softmax": {"dim": -1}, "softmin": {"dim": 1},
}


@pytest.mark.parametrize("name, settings", FUNCTIONS.items(), ids=FUNCTIONS)
@pytest.mark.parametrize("shape", [(4, 6), (0, 2), (2, 3, 5)])
def test_values_and_slopes(name, settings, shape):
    """Oracle: torch.nn.functional, in float64; slopes at a corner are compared below."""
    x = (3 * torch.randn(shape, dtype=torch.float64)).requires_grad_()
    assert_same_function(lambda x: getattr(f, name)(x, **settings), lambda x: getattr(F, name)(x, **settings),
                         [x], 1e-9, 1e-9, second=name != "hardsigmoid")    # which PyTorch has not


@pytest.mark.parametrize("name", sorted(set(FUNCTIONS) - {"softmax", "log_softmax", "softmin"}))
def test_corners_and_what_lies_far_out(name):
    """Oracle: torch.nn.functional in float32 at ±0, at the corners, at ±1000, infinities and NaN."""
    x = torch.tensor([0.0, -0.0, 3.0, -3.0, 6.0, 1e-6, -1e-6, 1000.0, -1000.0, math.inf, -math.inf, math.nan,
                      -0.5, 2.0, 0.3], requires_grad=True)
    if name in ("gelu", "softplus", "hardsigmoid",
                "hardswish"):    # where PyTorch's kernels take their own ways
        x = x.detach()[torch.isfinite(x)].requires_grad_()
    settings = FUNCTIONS[name]
    assert_same_function(lambda x: getattr(f, name)(x, **settings), lambda x: getattr(F, name)(x, **settings),
                         [x], 1e-5, 1e-6, second=False)


@pytest.mark.parametrize("name", ["relu", "relu6", "leaky_relu", "elu", "selu", "celu", "silu", "mish",
                                  "hardtanh",
                                  "hardsigmoid", "hardswish", "threshold"])
def test_in_place_overwrites_and_still_has_slopes(name):
    """Oracle: torch.nn.functional with inplace=True."""
    for function, library in ((getattr(f, name), ours), (getattr(F, name), torch)):
        settings = FUNCTIONS[name] if name == "threshold" else {}
        x = library.tensor([-1.5, 0.5, 7.0], requires_grad=True)
        y = x * 1
        assert function(y, inplace=True, **settings) is y
        assert_like(mine(y) if library is torch else y,
                    getattr(F, name)(torch.tensor([-1.5, 0.5, 7.0]), **settings))
        y.sum().backward()
        if library is ours:
            found = x.grad
        else:
            assert_like(found, x.grad)


def test_prelu_and_glu():
    """Oracle: torch.nn.functional."""
    for shape, weights in (((3, 4), (1,)), ((3, 4, 2), (4,)), ((4,), (1,))):
        assert_same_function(f.prelu, F.prelu, [torch.randn(shape, dtype=torch.float64, requires_grad=True),
                                                torch.rand(weights, dtype=torch.float64, requires_grad=True)],
                                                1e-9)
    for dim in (0, 1, -1):
        assert_same_function(lambda x: f.glu(x, dim), lambda x: F.glu(x, dim),    # noqa: B023
                             [torch.randn(4, 6, dtype=torch.float64, requires_grad=True)], 1e-9)
    assert error_of(f.glu, mine(torch.ones(3))) is error_of(F.glu, torch.ones(3)) is RuntimeError


MODULES = {
    "Tanh": [()], "Sigmoid": [()], "LogSigmoid": [()], "Softsign": [()], "Tanhshrink": [()],
    "ReLU": [(), (True,)],
    "ReLU6": [()], "LeakyReLU": [(), (0.2,), (0.2, True)], "ELU": [(), (2.0,)], "CELU": [(2.0,)],
    "SELU": [()],
    "GELU": [(), ("tanh",)], "SiLU": [(), (True,)], "Mish": [()], "Softplus": [(), (2, 5)],
    "Hardtanh": [(), (-2.0, 3.0)], "Hardsigmoid": [()], "Hardswish": [()], "Softmax": [(0,), (-1,)],
    "LogSoftmax": [(1,)], "Softmin": [(1,)], "GLU": [(), (0,)], "PReLU": [(), (4, 0.5)],
}


@pytest.mark.parametrize("name, several", MODULES.items(), ids=MODULES)
def test_modules_compute_and_read_as_pytorchs(name, several):
    """Oracle: the module of torch.nn with the same settings."""
    for settings in several:
        a, b = getattr(ours.nn, name)(*settings), getattr(torch.nn, name)(*settings)
        assert repr(a) == repr(b)
        x = torch.randn(2, 4)
        assert_like(a(mine(x)), b(x), 1e-5, 1e-6)


def test_settings_that_a_module_has_not_are_refused():
    for wrong in (lambda nn: nn.ReLU(slope=1), lambda nn: nn.Tanh(1), lambda nn: nn.ELU(1.0, alpha=2.0),
                  lambda nn: nn.ELU(1.0, False, 3)):
        assert error_of(wrong, ours.nn) is error_of(wrong, torch.nn) is TypeError
    with pytest.raises(TypeError, match="ELU takes alpha, inplace; it was given beta="):
        ours.nn.ELU(beta=2)


def test_softmax_without_an_axis_warns_and_takes_pytorchs():
    """Oracle: the axis that PyTorch chooses."""
    for shape in ((3,), (3, 4), (2, 3, 4), (2, 3, 4, 5)):
        x = torch.randn(shape)
        for function, other in ((f.softmax, F.softmax), (ours.nn.LogSoftmax(), torch.nn.LogSoftmax())):
            with pytest.warns(UserWarning, match="say which"):
                a = function(mine(x))
            with pytest.warns(UserWarning):
                assert_like(a, other(x))
    assert f.softmax(ours.ones(2), dim=0, dtype=ours.float64).dtype == ours.float64
