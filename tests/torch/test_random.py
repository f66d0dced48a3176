"""Random tensors are PyTorch's, to the bit, and leave the generator where PyTorch leaves its own."""

import copy
import os
import pickle
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch import torch as ours

SAME = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")    # see test_normal.py
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
T.empty(3, 4).uniform_(-1, 2, generator=g)
T.empty(3, 4).t().uniform_(-1, 2, generator=g)
T.empty(3, 4)[:, 1:3].uniform_(generator=g)
T.empty(5, 6).t()[1:3].normal_(1, 2, generator=g)
T.empty(5, 6).t().normal_(1, 2, generator=g)
T.empty(5, 6, 2).permute(1, 2, 0).normal_(1, 2, generator=g)
T.empty(5, 6).normal_(1, 2, generator=g)
T.empty(40, dtype=T.bfloat16).uniform_(-3, 3, generator=g)
T.empty(4, 4).bernoulli_(0.3, generator=g)
T.empty(4, 4).t().bernoulli_(0.3, generator=g)
T.empty(4, 4, dtype=T.bool).bernoulli_(0.3, generator=g)
T.empty(4, 4, dtype=T.int64).bernoulli_(generator=g)
T.bernoulli(T.rand(5, 5, generator=g), generator=g)
T.bernoulli(T.rand(5, 5, generator=g).t(), generator=g)
T.rand(5, 5, generator=g).bernoulli(0.2, generator=g)
T.bernoulli(T.rand(5, 5, generator=g, dtype=T.float64), generator=g)
T.empty(5, 5, dtype=T.bool).bernoulli_(T.rand(5, generator=g), generator=g)
T.empty(5, 5).t().bernoulli_(T.rand(5, generator=g), generator=g)
T.empty(20).exponential_(generator=g)
T.empty(20).exponential_(2.5, generator=g)
T.empty(20, dtype=T.float64).exponential_(2.5, generator=g)
T.empty(20).geometric_(0.3, generator=g)
T.empty(20, dtype=T.int64).geometric_(0.3, generator=g)
T.empty(20).cauchy_(0.3, 2, generator=g)
T.empty(20).log_normal_(0.3, 2, generator=g)
T.empty(21, dtype=T.float64).log_normal_(0.3, 2, generator=g)
T.empty(20).random_(generator=g)
T.empty(20, dtype=T.float64).random_(generator=g)
T.empty(20, dtype=T.float16).random_(generator=g)
T.empty(20, dtype=T.bfloat16).random_(generator=g)
T.empty(20, dtype=T.int64).random_(generator=g)
T.empty(20, dtype=T.int32).random_(generator=g)
T.empty(20, dtype=T.int16).random_(generator=g)
T.empty(20, dtype=T.int8).random_(generator=g)
T.empty(20, dtype=T.uint8).random_(generator=g)
T.empty(20, dtype=T.bool).random_(generator=g)
T.empty(20, dtype=T.int64).random_(7, generator=g)
T.empty(20, dtype=T.int64).random_(-7, 7, generator=g)
T.empty(20, dtype=T.int64).random_(**{"from": -7, "to": 7}, generator=g)
T.empty(20, dtype=T.int64).random_(to=7, generator=g)
T.empty(20, dtype=T.int64).random_(5, None, generator=g)
T.empty(20, dtype=T.float32).random_(5, None, generator=g)
T.empty(20, dtype=T.int8).random_(5, None, generator=g)
T.empty(20, dtype=T.int64).random_(-2**63, 2**63 - 1, generator=g)
T.empty(20, dtype=T.int64).random_(-2**63, None, generator=g)
T.empty(5, dtype=T.int64).random_(-2**63, None, generator=g)
T.empty(20, dtype=T.float64).random_(-2**63, None, generator=g)
T.empty(20).random_(100, generator=g)
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
T.manual_seed(-5).get_state()
T.get_rng_state()
(T.randn(3, generator=g), g.get_state())[1]
(T.randn(630, generator=g), g.get_state())[1]
(T.randn(312, dtype=T.float64, generator=g), g.get_state())[1]
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
T.empty(1).expand(3).uniform_(generator=g)
T.empty(3, dtype=T.int64).uniform_()
T.empty(3, dtype=T.int64).normal_()
T.empty(3, dtype=T.int64).exponential_()
T.empty(3, dtype=T.int64).log_normal_(0.3, 1)
T.empty(3, dtype=T.int64).cauchy_(0.3, 1)
T.empty(3, dtype=T.int64).random_(5, 5, generator=g)
T.empty(3, dtype=T.int32).random_(2**33)
T.empty(3, dtype=T.int32).random_(-2**63, None)
T.empty(3, dtype=T.float16).random_(-70000, 5)
T.empty(3, dtype=T.int64).random_(2.5)
T.empty(3, dtype=T.int64).random_(None, 5)
T.empty(3).uniform_(2, 1)
T.empty(3).normal_(0, -1)
T.empty(3).exponential_(0)
T.empty(3).geometric_(0)
T.empty(3).cauchy_(0.3, 0)
T.empty(3).log_normal_(0.3, 0)
T.empty(3).bernoulli_(1.3)
T.empty(3).bernoulli_(T.tensor([.1, .2]))
T.bernoulli(T.tensor([1.5]))
T.bernoulli(T.tensor([1]))
T.ones(3, requires_grad=True).uniform_()
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
T.Generator().manual_seed(3.5)
T.manual_seed(2**64)
T.set_rng_state(T.zeros(5056, dtype=T.uint8))
T.set_rng_state(T.zeros(50, dtype=T.uint8))
T.set_rng_state(T.zeros(5056))
T.set_rng_state([1])
""".strip().splitlines()


def drawn(call, library, seed=5):
    """What a call gives in a library, or its error, and a number from each generator afterwards."""
    g = library.Generator().manual_seed(seed)
    library.manual_seed(seed + 1)
    try:
        found = eval(call, {"T": library, "g": g})
    except Exception as error:
        found = error
    return found, library.randint(2**20, (), generator=g).item(), library.randint(2**20, ()).item()


@pytest.mark.parametrize("call", DRAWN)
def test_what_is_drawn_is_pytorchs(call):
    """By PyTorch: numbers, dtype, shape, strides, and the words that were used."""
    (mine, *after), (theirs, *expected) = drawn(call, ours), drawn(call, torch)
    if isinstance(mine, Exception):
        raise mine
    assert after == expected
    assert str(mine.dtype) == str(theirs.dtype)
    assert (mine.shape, mine.stride()) == (tuple(theirs.shape), theirs.stride())
    mine = torch.tensor(mine.tolist(), dtype=theirs.dtype).reshape(theirs.shape)
    if SAME or "norm" not in call and "randn" not in call:
        assert torch.equal(mine, theirs)
    else:
        torch.testing.assert_close(mine, theirs)


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused(call):
    """By PyTorch: an error of the same class."""
    (mine, *_), (theirs, *_) = drawn(call, ours), drawn(call, torch)
    assert isinstance(theirs, Exception) and type(mine) is type(theirs), (mine, theirs)
    assert str(mine) and str(mine) != str(theirs)


@pytest.mark.parametrize("seed", [0, 42, 2147483647, 2**32 + 5, 2**63, 2**64 - 1, -1, -2**63, True])
def test_a_seed_is_what_it_is_for_pytorch(seed):
    """By torch.manual_seed, torch.initial_seed and the first numbers."""
    assert ours.manual_seed(seed) is ours.default_generator
    torch.manual_seed(seed)
    assert ours.initial_seed() == torch.initial_seed()
    assert ours.rand(3).tolist() == torch.rand(3).tolist()


def test_without_a_seed_each_run_is_another_one():
    assert len({ours.seed(), ours.seed(), ours.Generator().seed()}) == 3
    assert ours.Generator().initial_seed() == torch.Generator().initial_seed()
    assert ours.random.initial_seed() == ours.default_generator.initial_seed()


COMMANDS = st.sampled_from(["rand({})", "randn({})", "randint(5, ({},))", "randperm({})",
                            "rand({}, dtype=T.float64)", "randn({}, dtype=T.float64)"])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(COMMANDS, st.integers(0, 40)), max_size=12), st.integers(0, 2**64 - 1))
def test_a_state_is_pytorchs_and_can_be_gone_on_from_in_both(commands, seed):
    """By PyTorch's get_state and set_state, after any calls."""
    ours.manual_seed(seed)
    torch.manual_seed(seed)
    for command, n in commands:
        call = f"T.{command.format(n)}"
        mine, theirs = eval(call, {"T": ours}), eval(call, {"T": torch})
        if SAME or "randn" not in call:
            assert mine.tolist() == theirs.tolist()
    state = ours.get_rng_state()
    there = torch.get_rng_state()
    assert bytes(state.tolist()) == bytes(there.tolist())
    ours.manual_seed(0)
    ours.set_rng_state(ours.tensor(there.tolist(), dtype=ours.uint8))
    assert ours.randn(5).tolist() == torch.randn(5).tolist()
    assert ours.initial_seed() == torch.initial_seed()


def test_generators_are_independent_and_copies_go_on_alike():
    g = ours.Generator().manual_seed(1)
    ours.randn(3, generator=g)
    copies = [g.clone_state(), copy.deepcopy(g), pickle.loads(pickle.dumps(g))]
    expected = ours.randn(20, generator=g).tolist()
    assert [ours.randn(20, generator=each).tolist() for each in copies] == [expected] * 3
    assert ours.randn(20, generator=g).tolist() != expected


def test_fork_rng_leaves_the_default_generator_where_it_was():
    """By torch.random.fork_rng."""
    found = []
    for library in (ours, torch):
        library.manual_seed(3)
        library.randn(1)
        with library.random.fork_rng():
            library.rand(100)
            library.manual_seed(9)
        found.append(library.randn(3).tolist())
    assert found[0] == found[1]


def test_a_tensor_that_is_drawn_can_require_a_gradient():
    assert ours.rand(3, requires_grad=True).requires_grad and ours.randn(2, requires_grad=True).is_leaf
    assert not ours.rand(3).requires_grad


def test_a_fill_is_a_write_which_views_and_versions_see():
    x = ours.zeros(4, 4)
    row, before = x[1], x._version
    row.uniform_(5, 6)
    assert x._version > before and (x[1] >= 5).all() and (x[0] == 0).all()


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
