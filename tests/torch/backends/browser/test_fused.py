"""What the browser backend has in one kernel is what the numpy backend computes, or composes."""

import numpy as np
import pytest
from torch_browser import KERNELS, both, made_of, same, viewed

from scratch.torch import dtypes, nn
from scratch.torch.optim import rules

assert nn and rules      # which define what kernels are composed of
F32 = dtypes.float32


def drawn(*shape, kind=F32, strides=None):
    numbers = np.random.normal(size=int(np.prod(shape)) + 7)
    return viewed(made_of(numbers, kind), kind, shape, strides)


@pytest.mark.parametrize("kernel", ["softmax", "log_softmax"])
@pytest.mark.parametrize("shape, strides, axis, kind", [
    ((3, 5), None, 1, F32), ((3, 5), None, -1, F32), ((2, 3, 8), None, 2, F32), ((3, 5), None, 0, F32),
    ((5, 3), (1, 5), 1, F32), ((3, 5), None, 1, dtypes.float64)], ids=str)
def test_softmax_along_rows_and_otherwise(kernel, shape, strides, axis, kind):
    """Oracle: NumPy's. Rows of 5, which do not fill vectors; columns; a transposed matrix; float64."""
    same(both(kernel, drawn(*shape, kind=kind, strides=strides), axis), 1e-6, among=["numpy"])


@pytest.mark.parametrize("axes, kind", [((2,), F32), ((1, 2), F32), ((2,), dtypes.float64)], ids=str)
def test_numbers_are_standardized_and_back(axes, kind):
    """Oracle: what is composed on NumPy."""
    x, d = drawn(2, 3, 7, kind=kind), drawn(2, 3, 7, kind=kind)
    n = 7 if axes == (2,) else 21
    found = both("standardize", x, axes, n, 1e-5)
    for part in range(4):
        same({name: each[part] for name, each in found.items()}, 2e-6, among=["numpy"])
    mean, inv_std = ({name: each[part] for name, each in found.items()} for part in (1, 3))
    same(both("standardize_back", d, x, mean, inv_std, axes, n), 5e-6, among=["numpy"])


@pytest.mark.parametrize("shape", [(3, 5), (16,), (2, 9)], ids=str)
def test_gelu_and_its_slope(shape):
    """Oracle: what is composed on NumPy."""
    x, g = drawn(*shape), drawn(*shape)
    found = both("gelu_tanh", x)
    for part in range(2):
        same({name: each[part] for name, each in found.items()}, 2e-6, among=["numpy"])
    t = {name: each[1] for name, each in found.items()}
    same(both("gelu_tanh_back", g, x, t), 2e-6, among=["numpy"])


@pytest.mark.parametrize("largest", [False, True])
def test_a_step_of_adam(largest):
    """Oracle: what is composed on NumPy, and the same with amsgrad, for which there is no kernel."""
    g, room, p, v, s, most = (drawn(3, 3) for _ in range(6))
    s = both("cast", both("abs", s), F32)
    p, v, most = (both("cast", each, F32) for each in (p, v, most))
    for name, kernels in KERNELS.items():
        operands = [each[name] for each in (g, room, p, v, s, *([most] if largest else []))]
        settings = dict(keep=0.99, beta1=0.9, beta2=0.99, root=0.3, eps=1e-8, rate=0.01)
        kernels["adam"](*operands, **settings)
    for each in (p, v, s):
        same(each, 2e-6, among=["numpy"])
