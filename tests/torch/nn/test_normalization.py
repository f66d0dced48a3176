"""Normalisations have PyTorch's values, slopes, running statistics and texts."""

import pytest
import torch
import torch.nn.functional as F
from both import assert_like, assert_same_function, error_of, mine, set_alike
from shapes import load_checked

from scratch import torch as ours
from scratch.torch.nn import functional as f


def floats(*shape):
    return torch.randn(*shape, dtype=torch.float64, requires_grad=True)


def positive(*shape):
    return torch.rand(*shape, dtype=torch.float64) + 0.5


@pytest.mark.parametrize("shape", [(5, 3), (4, 3, 2), (2, 3, 2, 2)])
@pytest.mark.parametrize("affine", [True, False])
def test_batch_norm_of_a_batch(shape, affine):
    """Oracle: torch.nn.functional.batch_norm in training, and what it leaves in the running statistics."""
    x, w, b = floats(*shape), *([floats(3), floats(3)] if affine else [None, None])
    mean, var = torch.zeros(3, dtype=torch.float64), torch.ones(3, dtype=torch.float64)
    mean2, var2 = mine(mean), mine(var)
    assert_same_function(lambda x, w, b: f.batch_norm(x, mean2, var2, w, b, training=True, momentum=0.3),
                         lambda x, w, b: F.batch_norm(x, mean, var, w, b, training=True, momentum=0.3),
                         [x, w, b], 1e-8, 1e-9)
    assert_like([mean2, var2], [mean, var], 1e-12)


@pytest.mark.parametrize("shape", [(5, 3), (1, 3), (4, 3, 2)])
def test_batch_norm_with_running_statistics(shape):
    """Oracle: torch.nn.functional.batch_norm in eval."""
    inputs = [floats(*shape), floats(3).detach(), positive(3), floats(3), floats(3)]
    assert_same_function(lambda x, m, v, w, b: f.batch_norm(x, m, v, w, b),
                         lambda x, m, v, w, b: F.batch_norm(x, m, v, w, b), inputs, 1e-9, 1e-9)


@pytest.mark.parametrize("make", [
    lambda nn: nn.BatchNorm1d(3), lambda nn: nn.BatchNorm1d(3, momentum=None),
    lambda nn: nn.BatchNorm1d(3, affine=False),
    lambda nn: nn.BatchNorm1d(3, track_running_stats=False),
    lambda nn: nn.BatchNorm1d(3, eps=0.1, momentum=0.5)])
def test_a_batch_norm_module_over_several_batches(make):
    """Oracle: torch.nn.BatchNorm1d, in training and then in eval."""
    a, b = make(ours.nn), make(torch.nn)
    for n in range(4):
        if n == 3:
            a.eval(), b.eval()
        x = torch.randn(6, 3)
        assert_like(a(mine(x)), b(x), 1e-4, 1e-5)
    assert list(a.state_dict()) == list(b.state_dict()) and repr(a) == repr(b)
    assert_like(list(a.state_dict().values()), list(b.state_dict().values()), 1e-5, 1e-6)
    a.reset_parameters(), b.reset_parameters()
    assert_like(list(a.state_dict().values()), list(b.state_dict().values()), 0, 0)


@pytest.mark.parametrize("make, shape", [
    (lambda nn: nn.LayerNorm(4), (2, 3, 4)), (lambda nn: nn.LayerNorm((3, 4), bias=False), (2, 3, 4)),
    (lambda nn: nn.LayerNorm([4], elementwise_affine=False), (2, 4)),
    (lambda nn: nn.GroupNorm(2, 4), (3, 4, 5)),
    (lambda nn: nn.GroupNorm(4, 4, affine=False), (3, 4, 2, 2)), (lambda nn: nn.GroupNorm(1, 4), (3, 4)),
    (lambda nn: nn.RMSNorm(4), (2, 3, 4)), (lambda nn: nn.RMSNorm((3, 4), eps=0.1, elementwise_affine=False),
                                            (2, 3, 4)),
    (lambda nn: nn.BatchNorm2d(4), (3, 4, 2, 2)), (lambda nn: nn.BatchNorm1d(4), (3, 4, 2))])
def test_modules_compute_and_read_as_pytorchs(make, shape):
    """Oracle: the module of torch.nn with the same numbers in float64, and its slopes."""
    b = make(torch.nn).double()
    for p in b.parameters():
        torch.nn.init.normal_(p)
    a = set_alike(make(ours.nn).double(), b)
    assert_same_function(a, b, [floats(*shape)], 1e-8, 1e-9)
    x = floats(*shape)
    a(mine(x)).sin().sum().backward(), b(x).sin().sum().backward()
    assert_like([p.grad for p in a.parameters()], [p.grad for p in b.parameters()], 1e-8, 1e-9)
    assert repr(a) == repr(b)


@pytest.mark.parametrize("function", [
    lambda f, x, w, b: f.group_norm(x, 2, w, b), lambda f, x, w, b: f.instance_norm(x, None, None, w, b),
    lambda f, x, w, b: f.rms_norm(x.movedim(1, -1), (4,), w), lambda f, x, w,
    b: f.rms_norm(x, (5,), eps=0.01)])
def test_functions(function):
    """Oracle: torch.nn.functional."""
    assert_same_function(lambda *xs: function(f, *xs), lambda *xs: function(F, *xs),
                         [floats(3, 4, 5), floats(4), floats(4)], 1e-8, 1e-9)


@pytest.mark.parametrize("wrong", [
    lambda f, lib: lib.nn.BatchNorm1d(3)(lib.ones(1, 3)), lambda f,
    lib: lib.nn.BatchNorm1d(3)(lib.ones(2, 4)),
    lambda f, lib: lib.nn.BatchNorm1d(3)(lib.ones(3)), lambda f, lib: lib.nn.BatchNorm2d(3)(lib.ones(2, 3)),
    lambda f, lib: lib.nn.GroupNorm(3, 4), lambda f, lib: f.rms_norm(lib.ones(2, 3), (2,)),
    lambda f, lib: f.group_norm(lib.ones(2, 3), 2), lambda f, lib: lib.nn.LayerNorm(3)(lib.ones(2, 4))])
def test_what_is_refused_is_what_pytorch_refuses(wrong):
    """Oracle: the class of PyTorch's error."""
    assert error_of(wrong, f, ours) is error_of(wrong, F, torch) is not None


def test_half_precision_is_computed_in_single():
    """Oracle: PyTorch's layer_norm of float16, which also computes in float32."""
    x = torch.randn(4, 5).half()
    assert_like(f.layer_norm(mine(x), (5,)), F.layer_norm(x, (5,)), 2e-3, 2e-3)


def test_every_shape_comment_is_true():
    B, G, n = 2, 3, 35
    checked = load_checked(ours.nn.normalization.__file__, B=B, G=G, n=n)
    checked.group_norm(ours.randn(B, 5 * G, 7), G)
    assert not checked.unreached_shapes()
