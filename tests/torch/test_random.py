"""A generator begins, goes on, and is kept and restored as PyTorch's, to the bit."""

import copy
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch_drawn import SAME, assert_drawn_alike, assert_refused_alike

from scratch import torch as ours

DRAWN = """
T.manual_seed(-5).get_state()
T.get_rng_state()
(T.randn(3, generator=g), g.get_state())[1]
(T.randn(630, generator=g), g.get_state())[1]
(T.randn(312, dtype=T.float64, generator=g), g.get_state())[1]
""".strip().splitlines()
REFUSED = """
T.Generator().manual_seed(3.5)
T.manual_seed(2**64)
T.set_rng_state(T.zeros(5056, dtype=T.uint8))
T.set_rng_state(T.zeros(50, dtype=T.uint8))
T.set_rng_state(T.zeros(5056))
T.set_rng_state([1])
""".strip().splitlines()


@pytest.mark.parametrize("call", DRAWN)
def test_what_is_drawn_is_pytorchs(call):
    """By PyTorch: numbers, dtype, shape, strides, and the words that were used."""
    assert_drawn_alike(call)


@pytest.mark.parametrize("call", REFUSED)
def test_what_pytorch_refuses_is_refused(call):
    """By PyTorch: an error of the same class."""
    assert_refused_alike(call)


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
