"""The Mersenne Twister gives the words that NumPy's and the standard library's give."""

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scratch.torch.mersenne import MersenneTwister, Plan, seeded, temper, twist, untemper

WITHOUT_NUMPY = """
import sys
sys.modules["numpy"] = None
from scratch.torch.mersenne import MersenneTwister
twister = MersenneTwister({seed})
words = [twister.words(n) for n in {counts}]
assert all(type(each) is list for each in words)
print(words)
"""


def oracle(seed, n):
    """The words of NumPy's own twister, seeded as it was seeded in 2002."""
    twister = np.random.MT19937()
    twister._legacy_seeding(seed)
    return twister.random_raw(n).tolist()


@pytest.mark.parametrize("seed", [0, 1, 42, 5489, 2147483647, 2**32 - 1])
def test_the_words_are_those_of_numpys_twister(seed):
    """By NumPy's MT19937: over three twists."""
    assert list(MersenneTwister(seed).words(2000)) == oracle(seed, 2000)


def test_the_word_after_9999_others_is_the_one_that_the_standard_of_cpp_names():
    """ISO C++ [rand.predef]: the 10000th word of a default mt19937 is 4123659995."""
    assert MersenneTwister(5489).words(10000)[-1] == 4123659995


@pytest.mark.parametrize("seed, same", [(2**32 + 7, 7), (-1, 2**32 - 1), (2**64 - 5, 2**32 - 5)])
def test_only_the_last_32_bits_of_a_seed_count(seed, same):
    assert seeded(seed) == seeded(same) != seeded(seed + 1)


@given(st.lists(st.integers(0, 700), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_words_come_in_the_same_order_however_many_are_asked_for_at_a_time(counts, seed):
    """By all of them at once."""
    twister, whole = MersenneTwister(seed), MersenneTwister(seed)
    assert [word for n in counts for word in twister.words(n)] == list(whole.words(sum(counts)))


def test_numpy_twists_as_the_definition_does():
    """By twist(), ten times from one state."""
    ours, fast = seeded(3), seeded(3)
    for _ in range(10):
        twist(ours)
        Plan(np, fast).twist()
        assert fast == ours


def test_without_numpy_the_words_are_the_same():
    counts = [1, 623, 1, 17, 700]
    run = subprocess.run([sys.executable, "-c", WITHOUT_NUMPY.format(seed=9, counts=counts)],
                         capture_output=True, text=True)
    twister = MersenneTwister(9)
    assert run.stdout == f"{[list(map(int, twister.words(n))) for n in counts]}\n", run.stderr


@given(st.integers(0, 2**32 - 1))
def test_the_temper_can_be_undone(word):
    assert untemper(temper(word)) == word


def test_624_words_betray_all_that_follow():
    """By the twister itself, whose state nobody looked into."""
    unknown = MersenneTwister(123456789)
    seen = unknown.words(624)
    copy = MersenneTwister(0)
    copy.state[:] = type(copy.state)("I", map(untemper, map(int, seen)))
    copy.used = 624
    assert list(copy.words(1000)) == list(unknown.words(1000))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda twister: pickle.loads(pickle.dumps(twister))])
def test_a_copy_goes_on_by_itself(copied):
    twister = MersenneTwister(1)
    twister.words(700)
    copy = copied(twister)
    first = twister.words(1400)
    assert list(copy.words(1400)) == list(first)


@pytest.mark.parametrize("n", [1, 40])
def test_of_a_pair_of_words_the_first_is_the_higher_half(n):
    pairs = MersenneTwister(2).words64(n)
    words = list(map(int, MersenneTwister(2).words(2 * n)))
    assert list(map(int, pairs)) == [a * 2**32 + b for a, b in zip(words[::2], words[1::2])]
