"""Python's signs: what they call, on either side, and what they leave to others."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree

SIGNS = ["x + y", "x - y", "x * y", "x / y", "x // y", "x % y", "x ** y", "x @ y", "x == y", "x != y",
         "x < y", "x <= y", "x > y",
         "x >= y", "-x", "+x", "abs(x)", "2 + x", "2 - x", "2 * x", "2 / x", "2 ** x", "i & j", "i | j",
         "i ^ j", "~i", "i << j", "i >> j",
         "5 // i", "5 % i", "1 & i", "1 | i", "1 ^ i", "i // 2", "i % 2", "i / j", "i ** 2", "True + i",
         "x + True", "i * 1.5", "x == None",
         "x != 'a'", "x + None", "x + 'a'", "'a' * x", "x @ 2", "x < 'a'", "[1, 2] + x", "x is None",
         "not x[0, 0]", "x and 1"]


@pytest.mark.parametrize("text", SIGNS)
def test_signs(text):
    torch.manual_seed(0)
    agree(text, x=torch.rand(2, 2, dtype=torch.float64) + 0.5, y=torch.rand(2, 2, dtype=torch.float64) + 0.5,
          i=torch.tensor([5, 6, 1]),
          j=torch.tensor([1, 2, 3]), close=1e-9)


def test_what_is_neither_number_nor_tensor_is_left_to_the_other_operand():
    class Other:
        def __radd__(self, x):
            return "asked"
    assert ours.ones(2) + Other() == "asked"


def test_arrays_and_their_numbers():
    np = pytest.importorskip("numpy")
    x = ours.tensor([1.0, 2.0])
    assert (x + np.array([1.0, 2.0], np.float32)).tolist() == [2.0, 4.0]
    assert (x * np.int64(3)).dtype is ours.float32
    assert isinstance(np.float32(2) * x, ours.Tensor)
