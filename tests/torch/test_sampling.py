"""New random tensors are PyTorch's, to the bit, and leave the generator where PyTorch leaves its own."""

import os
import subprocess
import sys

import pytest
from torch_drawn import assert_drawn_alike, assert_refused_alike

from scratch import torch as ours

DRAWN = """
T.rand(3)
T.rand(2, 3, generator=g)
T.rand((2, 3), generator=g, dtype=T.float64)
T.rand([2, 0], generator=g)
T.rand((), generator=g)
T.rand(size=(2, 2), generator=g)
T.rand(40, dtype=T.float16, generator=g)
T.rand(4000, dtype=T.bfloat16, generator=g)
T.rand(3, out=T.empty(3), generator=g)
T.rand(9000, device="cpu")
T.randn(3, 5, generator=g)
T.randn(4, 5, generator=g)
T.randn(size=(4, 5), generator=g)
T.randn(4, 5, generator=g, dtype=T.bfloat16)
T.randn(4, 5, generator=g, dtype=T.float16)
T.randn(40, 5, generator=g, dtype=T.float64)
T.randn(130, 150, generator=g)
T.randint(10, (3, 4), generator=g)
T.randint(-5, 10, (3, 4), generator=g)
T.randint(low=2, high=10, size=(3, 4), generator=g)
T.randint(2, high=10, size=(3, 4), generator=g)
T.randint(10, size=(3,), generator=g, dtype=T.float32)
T.randint(0, 2, (30,), generator=g, dtype=T.bool)
T.randint(0, 200, (30,), generator=g, dtype=T.uint8)
T.randint(2**40, (3,), generator=g)
T.randint(7, (), generator=g)
T.randperm(20, generator=g)
T.randperm(0, generator=g)
T.randperm(20, generator=g, dtype=T.float32)
T.randperm(5, dtype=T.int32)
T.bernoulli(T.rand(5, 5, generator=g), generator=g)
T.bernoulli(T.rand(5, 5, generator=g).t(), generator=g)
T.rand(5, 5, generator=g).bernoulli(0.2, generator=g)
T.bernoulli(T.rand(5, 5, generator=g, dtype=T.float64), generator=g)
T.rand_like(T.ones(2, 3).t())
T.randn_like(T.ones(20, 3).t(), dtype=T.float64)
T.randint_like(T.ones(20, 3), 5)
T.randint_like(T.ones(20, 3), 2, 5)
T.randint_like(T.ones(20, 3), low=2, high=5)
T.normal(0., 1., (2,), generator=g)
T.normal(3., 2., size=(20,), generator=g)
T.normal(T.arange(20.), T.ones(20), generator=g)
T.normal(T.arange(20.), 2., generator=g)
T.normal(0.5, T.ones(20), generator=g)
T.normal(T.ones(3, 1), T.ones(20), generator=g)
T.multinomial(T.rand(9, generator=g), 1, generator=g)
T.multinomial(T.rand(9, generator=g), 1, True, generator=g)
T.multinomial(T.rand(9, generator=g), 5, generator=g)
T.multinomial(T.rand(9, generator=g), 50, True, generator=g)
T.multinomial(T.rand(4, 9, generator=g), 50, True, generator=g)
T.multinomial(T.rand(4, 9, generator=g), 5, generator=g)
T.multinomial(T.rand(9, 4, generator=g).t(), 5, generator=g)
T.multinomial(T.rand(9, 4, generator=g).t(), 5, True, generator=g)
T.multinomial(T.rand(4, 9, generator=g), num_samples=1, generator=g)
T.multinomial(T.rand(300, 900, generator=g), 1, generator=g)
T.multinomial(T.rand(4, 9, generator=g, dtype=T.float64), 5, True, generator=g)
T.multinomial(T.rand(4, 9, generator=g, dtype=T.float64), 5, generator=g)
T.multinomial(T.ones(0, 3), 1)
""".strip().splitlines()
REFUSED = """
T.rand()
T.rand(-1)
T.rand(2.0)
T.rand(2, generator=5)
T.rand(3, wrong=3)
T.rand(3, dtype=T.int64)
T.randn(3, dtype=T.int64)
T.rand_like(T.ones(3, dtype=T.int64))
T.randint(5)
T.randint(0, 5, 3)
T.randint(5, 5, (2,))
T.randint(0, 300, (30,), generator=g, dtype=T.uint8)
T.randint(-1, 3, (30,), generator=g, dtype=T.uint8)
T.randperm(-1)
T.randperm(300, dtype=T.uint8)
T.randperm(5, dtype=T.bool)
T.bernoulli(T.tensor([1.5]))
T.bernoulli(T.tensor([1]))
T.normal(T.ones(3), -T.ones(3))
T.normal(T.ones(3), -1.)
T.multinomial(T.tensor([.1, .2]), 3)
T.multinomial(T.tensor([.1, .2]), 0)
T.multinomial(T.tensor([1, 2]), 1)
T.multinomial(T.tensor([-.1, .2]), 1)
T.multinomial(T.tensor([0., 0.]), 1)
T.multinomial(T.tensor([0., 0.]), 2)
T.multinomial(T.tensor([0., 0.]), 2, True)
T.multinomial(T.tensor([float("nan"), 0.]), 2, True)
T.multinomial(T.tensor([float("nan"), 0.]), 1)
T.multinomial(T.tensor([float("inf"), 0.]), 1)
T.multinomial(T.ones(2, 2, 2), 1)
T.multinomial(T.tensor(1.), 1)
""".strip().splitlines()


@pytest.mark.parametrize("call", DRAWN)
def test_what_is_drawn_is_pytorchs(call):
    """By PyTorch: numbers, dtype, shape, strides, and the words that were used."""
    assert_drawn_alike(call)


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused(call):
    """By PyTorch: an error of the same class."""
    assert_refused_alike(call)


def test_a_tensor_that_is_drawn_can_require_a_gradient():
    assert ours.rand(3, requires_grad=True).requires_grad and ours.randn(2, requires_grad=True).is_leaf
    assert not ours.rand(3).requires_grad


@pytest.mark.parametrize("n, replacement", [(1, False), (1, True), (2, False), (4000, True)])
def test_multinomial_draws_as_often_as_the_weights_say(n, replacement):
    """By the weights: each count within 5 standard errors of what is expected of first draws."""
    g, weights, rows = ours.Generator().manual_seed(0), [1.0, 2.0, 0.0, 5.0], 4000
    if n == 4000:
        first = ours.multinomial(ours.tensor(weights), n, replacement, generator=g).tolist()
    else:
        rowed = ours.tensor([weights] * rows)
        first = [row[0] for row in ours.multinomial(rowed, n, replacement, generator=g).tolist()]
    for number, weight in enumerate(weights):
        p = weight / sum(weights)
        assert abs(first.count(number) - rows * p) <= 5 * (rows * p * (1 - p)) ** 0.5


PYTHON = """
import sys
sys.modules["numpy"] = None
from scratch import torch as T
T.manual_seed(5)
print([eval(call).tolist() for call in {calls}])
"""


def test_the_python_backend_draws_the_same_numbers():
    """By the NumPy backend: the same calls where there is no NumPy, in lists instead of arrays."""
    calls = ["T.rand(40)", "T.randn(2, 20)", "T.randint(9, (40,))", "T.multinomial(T.rand(9), 3)",
             "T.empty(5, 3).t().normal_()", "T.rand(20, dtype=T.bfloat16)", "T.bernoulli(T.rand(20))",
             "T.randperm(30)", "T.empty(20, dtype=T.float64).exponential_()", "T.get_rng_state()"]
    ours.manual_seed(5)
    expected = [eval(call, {"T": ours}).tolist() for call in calls]
    run = subprocess.run([sys.executable, "-c", PYTHON.format(calls=calls)], capture_output=True, text=True,
                         env={**os.environ, "SCRATCH_TORCH_BACKEND": "python"})
    assert run.stdout == f"{expected}\n", run.stderr
