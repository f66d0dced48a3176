"""Numbers drawn from words are PyTorch's, to the bit, from lists as from arrays."""

import json
import subprocess
import sys

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from scratch.torch import draws
from scratch.torch.mersenne import MersenneTwister

COUNTS = 1, 7, 300, 20_000    # a list, an array, and more than one piece
TYPES = {"float32": (torch.float32, False), "float64": (torch.float64, True)}
ON_NUMPY = """
import json, sys
if {missing}:
    sys.modules["numpy"] = None
else:
    import numpy
from scratch.torch import draws
from scratch.torch.mersenne import MersenneTwister
words = MersenneTwister(11)
drawn = [{calls}]
print(json.dumps([each if isinstance(each, list) else each.tolist() for each in drawn]))
"""
CALLS = ("draws.uniform(words, 40)", "draws.uniform(words, 40, -0.3, 1.7)",
         "draws.uniform(words, 40, -0.3, 1.7, True)", "draws.whole(words, 40, -3, 9)",
         "draws.whole(words, 40, 0, 2**40)", "draws.permutation(words, 40)",
         "draws.bernoulli(words, 40, 0.3)", "draws.exponential(words, 40, 1.5)",
         "draws.geometric(words, 40, 0.2)", "draws.cauchy(words, 40, 0.1, 2.0)")


def both(seed=7):
    """Our source of words, and PyTorch's with the same seed."""
    return MersenneTwister(seed), torch.Generator().manual_seed(seed)


def assert_same(ours, theirs, words, generator):
    """The same numbers, and the same place in the row of words afterwards."""
    assert torch.equal(torch.tensor(list(ours), dtype=theirs.dtype), theirs)
    assert words.words(1)[0] % 2**20 == torch.randint(2**20, (), generator=generator)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("low, high", [(0, 1), (-0.3172, 0.9213), (0, 0.1), (5, 5), (-1e30, 1e30)])
def test_uniform_numbers_are_pytorchs(n, kind, low, high):
    """By Tensor.uniform_."""
    words, generator = both()
    dtype, wide = TYPES[kind]
    theirs = torch.empty(n, dtype=dtype).uniform_(low, high, generator=generator)
    ours = draws.in_pieces(n, lambda n: draws.uniform(words, n, low, high, wide))
    assert_same(ours, theirs, words, generator)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("low, high", [(0, 2), (-3, 10), (0, 2**28 - 1), (0, 2**28), (5, 2**40),
                                       (-2**62, 2**62), (7, 8)])
def test_whole_numbers_are_pytorchs_from_words_of_32_and_of_64_bits(n, low, high):
    """By torch.randint."""
    words, generator = both()
    theirs = torch.randint(low, high, (n,), generator=generator)
    assert_same(draws.whole(words, n, low, high), theirs, words, generator)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 16, 17, 1000, 30_000])
def test_a_permutation_is_pytorchs(n):
    """By torch.randperm."""
    words, generator = both()
    theirs = torch.randperm(n, generator=generator)
    assert_same(draws.permutation(words, n), theirs, words, generator)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("p", [0, 0.1, 0.5, 1])
def test_truths_are_pytorchs(n, p):
    """By Tensor.bernoulli_, with one p and with a tensor of them in two types."""
    words, generator = both()
    theirs = torch.empty(n, dtype=torch.bool).bernoulli_(p, generator=generator)
    assert_same(draws.bernoulli(words, n, p), theirs, words, generator)
    for dtype, wide in TYPES.values():
        each = torch.linspace(0, 1, n, dtype=dtype)
        theirs = torch.bernoulli(each, generator=generator)
        assert_same(draws.bernoulli(words, n, each.numpy(), wide), theirs, words, generator)


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("draw, arguments", [("exponential", (1.0,)), ("exponential", (1.7,)),
                                             ("geometric", (0.3,)), ("geometric", (0.999,)),
                                             ("cauchy", (0.0, 1.0)), ("cauchy", (0.3, 0.7))])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_other_distributions_are_pytorchs(draw, arguments, dtype, n):
    """By Tensor.exponential_, geometric_ and cauchy_."""
    words, generator = both()
    theirs = getattr(torch.empty(n, dtype=dtype), f"{draw}_")(*arguments, generator=generator)
    assert_same(getattr(draws, draw)(words, n, *arguments), theirs, words, generator)


def test_the_numbers_do_not_depend_on_numpy():
    """The same calls with NumPy and without, in processes of their own."""
    drawn = []
    for missing in (False, True):
        code = ON_NUMPY.format(missing=missing, calls=", ".join(CALLS))
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert run.returncode == 0, run.stderr
        drawn.append(json.loads(run.stdout))
    assert drawn[0] == drawn[1]


@settings(max_examples=200)
@given(*[st.floats(-1e6, 1e6)] * 3)
def test_a_product_and_a_sum_are_rounded_once(a, b, c):
    """By Python's fractions, which do not round."""
    from fractions import Fraction
    exact = Fraction(a) * Fraction(b) + Fraction(c)
    if abs(exact) > 1e-290 or not exact:    # smaller products have no digits left to lose
        assert draws.fma(a, b, c) == float(exact)


def test_single_rounds_as_pytorch_does():
    """By torch.tensor: halves to even, and too large a number to infinity."""
    for x in (0.1, 1 + 2**-24, 1 + 3 * 2**-24, 1e39, 1e-45, 3):
        assert draws.single(x) == torch.tensor(x, dtype=torch.float32).item()
