"""The slope of reading by strides: PyTorch's, also where a place is read twice."""

import pytest
import torch

from scratch.torch.strided import repeats
from torch_parity import agree


@pytest.mark.parametrize("shape, strides, offset", [
    ((3, 2), (1, 1), 0), ((2, 2), (2, 1), 1), ((2, 3), (0, 1), 2), ((4,), (3,), 0), ((2, 2, 2), (1, 2, 3), 0),
    ((), (), 5),
    ((3, 3), (1, 3), 0), ((0, 2), (1, 1), 0), ((1, 4), (7, 2), 1)])
def test_as_strided(shape, strides, offset):
    x = torch.arange(12.0, dtype=torch.float64).requires_grad_()
    agree(f"x.as_strided({shape}, {strides}, {offset})", x=x)
    agree(f"(x * 2).view(3, 4).as_strided({shape}, {strides}, {offset})", x=x)


def test_windows():
    for text in ("x.unfold(0, 3, 1)", "x.unfold(0, 3, 2)", "x.view(3, 4).unfold(1, 2, 1)",
                 "x.view(3, 4).unfold(0, 2, 1)",
                 "x.view(3, 4).t().unfold(0, 3, 1)"):
        agree(text, x=torch.arange(12.0, dtype=torch.float64).requires_grad_())


def test_which_strides_read_a_place_twice():
    assert repeats((3, 2), (1, 1)) and repeats((2,), (0,)) and not repeats((3, 2),
        (2, 1)) and not repeats((1, 2), (0, 1))
