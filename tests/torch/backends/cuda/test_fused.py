"""Fused kernels compute what the dispatcher composes of single operations, by NumPy."""

import math

import numpy as np
import pytest
from torch_kernels import KERNELS, made_of, same

from scratch.torch import dtypes
from scratch.torch.optim import Adam    # which defines adam, as nn defines gelu

assert Adam


def random(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def pair(name, *operands, **settings):
    def of(which):
        mine = [each[which] if isinstance(each, dict) else each for each in operands]
        return KERNELS[which][name](*mine, **settings)
    return {which: of(which) for which in ("cuda", "numpy")}


@pytest.mark.parametrize("kind, close", [(dtypes.float32, 2e-6), (dtypes.float64, 1e-13)])
def test_gelu_and_slopes(kind, close):
    x, g = made_of(random(3, 5) * 2, kind), made_of(random(3, 5, seed=2), kind)
    for name in ("gelu_tanh", "gelu_none"):
        found = pair(name, x)
        for part in (0, 1):
            same({which: each[part] for which, each in found.items()}, close, among=["numpy"])
        share = {which: each[1] for which, each in found.items()}
        same(pair(f"{name}_back", g, x, share), close, among=["numpy"])
    same(pair("tanh_slope", g, x), close, among=["numpy"])
    same(pair("sigmoid_slope", g, x), close, among=["numpy"])


@pytest.mark.parametrize("amsgrad", [False, True])
def test_adams_step_is_one_kernel(launched, amsgrad):
    state = [made_of(abs(random(7, seed=n)), dtypes.float32) for n in range(6)]
    g, room, p, v, s, largest = state
    numbers = dict(keep=0.99, beta1=0.9, beta2=0.99, root=math.sqrt(1 - 0.99**3), eps=1e-8, rate=0.01)
    pair("adam", g, room, p, v, s, *[largest] * amsgrad, **numbers)
    assert launched == ["rows"]
    for each in (p, v, s, *[largest] * amsgrad):
        same(each, 1e-6, among=["numpy"])
