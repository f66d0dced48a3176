"""Normal numbers are PyTorch's, by either of its two ways, in every type."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from scratch.torch.normal import Spare, log_single, normal, sin_cos_single

TYPES = {torch.float64: 8, torch.float32: 4, torch.float16: 2, torch.bfloat16: 2}
SAME = torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512")    # where its polynomials are ours
WITHOUT_NUMPY = """
import json, sys
sys.modules["numpy"] = None
from scratch.torch.normal import Spare, normal
words = Spare(5)
print(json.dumps([normal(words, n, mean, std, size)
                  for n in (3, 20, 100) for mean, std in ((0, 1), (0.3, 1.7)) for size in (8, 4, 2)]))
"""


def assert_same(ours, theirs, words, generator):
    """The same numbers, and the same place in the row of words afterwards."""
    kind = torch.float64 if theirs.dtype == torch.float64 else torch.float32
    ours = torch.tensor(list(ours), dtype=kind).to(theirs.dtype)
    if SAME:
        assert torch.equal(ours, theirs)
    else:    # there, PyTorch's own functions have their own last digits
        torch.testing.assert_close(ours, theirs, rtol=4 * torch.finfo(theirs.dtype).eps, atol=1e-6)
    assert words.words(1)[0] % 2**20 == torch.randint(2**20, (), generator=generator)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("mean, std", [(0, 1), (0, 0.02), (0.3, 1.7), (2, 0)])
@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 17, 31, 32, 33, 1000, 20_003])
def test_normal_numbers_are_pytorchs(n, mean, std, dtype):
    """By Tensor.normal_."""
    words, generator = Spare(7), torch.Generator().manual_seed(7)
    theirs = torch.empty(n, dtype=dtype).normal_(mean, std, generator=generator)
    assert_same(normal(words, n, mean, std, TYPES[dtype]), theirs, words, generator)


@pytest.mark.parametrize("counts", [(1, 1, 1), (3, 20, 3), (5, 5, 16, 1), (1, 0, 1)])
def test_the_second_of_a_pair_is_kept_for_the_next_call_for_few(counts):
    """By torch.randn, whose numbers for many leave what is kept alone."""
    words, generator = Spare(3), torch.Generator().manual_seed(3)
    for n in counts:
        theirs = torch.randn(n, generator=generator)
        ours = np.float32(normal(words, n, size=4))
        np.testing.assert_array_max_ulp(ours, theirs.numpy(), 0 if SAME else 4)


def test_a_tensor_that_is_not_contiguous_is_filled_number_by_number():
    """By Tensor.normal_ on a column."""
    words, generator = Spare(3), torch.Generator().manual_seed(3)
    theirs = torch.empty(40, 2)[:, 0].normal_(generator=generator)
    assert_same(normal(words, 40, size=4, contiguous=False), theirs, words, generator)


def test_without_numpy_the_numbers_are_the_same():
    run = subprocess.run([sys.executable, "-c", WITHOUT_NUMPY], capture_output=True, text=True)
    words = Spare(5)
    ours = [list(map(float, normal(words, n, mean, std, size)))
            for n in (3, 20, 100) for mean, std in ((0, 1), (0.3, 1.7)) for size in (8, 4, 2)]
    assert json.loads(run.stdout) == ours, run.stderr


def test_the_polynomials_are_right_to_two_units_in_the_last_place():
    """By NumPy in float64, over the range in which they are used."""
    u = (np.arange(2**24, step=997) * 2.0**-24).astype("f4")
    x = 1 - u
    np.testing.assert_allclose(log_single(x), np.log(x.astype("f8")), rtol=2.0**-22, atol=2.0**-24)
    angle = u * np.float32(2 * np.pi)
    sin, cos = sin_cos_single(angle)
    np.testing.assert_allclose(sin, np.sin(angle.astype("f8")), rtol=0, atol=2.0**-23)
    np.testing.assert_allclose(cos, np.cos(angle.astype("f8")), rtol=0, atol=2.0**-23)


def test_normal_numbers_are_normal():
    """By their first four moments: 0, 1, 0 and 3, to 5 standard errors."""
    z = normal(Spare(0), 100_000, size=4).astype("f8")
    errors = np.sqrt(np.array([1, 2, 6, 24]) / z.size)
    moments = np.array([z.mean(), z.var(), (z**3).mean(), (z**4).mean() - 3])
    assert (abs(moments - [0, 1, 0, 0]) < 5 * errors * [1, 1, 1.6, 2]).all()
