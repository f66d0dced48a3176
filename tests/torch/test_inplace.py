"""Every operation with an underscore writes what the one without computes, where PyTorch lets it."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, both

NAMES = [name[:-1] for name in dir(ours.Tensor)
         if name.endswith("_") and not name.endswith("__") and hasattr(ours.Tensor, name[:-1])
         and hasattr(torch.Tensor, name)]
ARGUMENTS = {**dict.fromkeys("add sub mul div pow eq ne lt le gt ge remainder fmod floor_divide multiply "
                             "divide true_divide subtract".split(),
                             ["y", "2", "0.5"]),
             **dict.fromkeys("clamp clip".split(), ["0.1, 0.6", "min=0.2"]), "clamp_min": ["0.3"],
             "clamp_max": ["0.3"],
             "lerp": ["y, 0.3", "y, y"], "addcmul": ["y, y", "y, y, value=0.5"], "addcdiv": ["y, y + 1"],
             "masked_fill": ["y > 0.5, -1.0"],
             **dict.fromkeys("logical_and logical_or logical_xor".split(), ["y"]), "xlogy": ["y"],
             "fill": ["3.0"], "copy": ["y"],
             "tril": ["", "1"], "triu": [""]}
PLAIN = ("neg exp exp2 expm1 log log2 log10 log1p sqrt rsqrt reciprocal sin cos tan asin acos atan sinh "
         "cosh tanh asinh sigmoid erf erfc "
         "floor ceil trunc sign abs square round relu nan_to_num absolute negative logical_not").split()


@pytest.mark.parametrize("name", [name for name in NAMES if name in ARGUMENTS or name in PLAIN])
def test_the_same_as_without_the_underscore(name):
    """Of a matrix, a turned one, and a part of one, with a gradient and without."""
    torch.manual_seed(0)
    x, y = torch.rand(3, 3, dtype=torch.float64), torch.rand(3, 3, dtype=torch.float64) + 0.1
    for arguments in ARGUMENTS.get(name, [""]):
        for start in ("a = x.clone()", "a = x.clone().t()",
                      "b = x.clone(); a = b[:, 1:].clone()[:, :2]; y = y[:, :2]"):
            # through asinh_ and logical_and_ PyTorch has no gradient, or one that is wrong
            for needs in (False, True)[:1 if name == "asinh" or name.startswith("logical") else 2]:
                agree(f"{start}; r = a.{name}_({arguments}); [a, r, a._version]", x=x.requires_grad_(needs),
                      y=y)


def test_enough_names_are_compared():
    assert len([name for name in NAMES if name in ARGUMENTS or name in PLAIN]) > 50


@pytest.mark.parametrize("program", [
    "x = torch.arange(6.0); x[1:].add_(x[:-1]); g = x",
    "x = torch.arange(6.0); x.view(2, 3).add_(x.view(2, 3).clone()); g = x",
    "x = torch.arange(6.0); x[:3].copy_(x[3:]); g = x", "x = torch.arange(6.0); x.copy_(x); g = x",
    "x = torch.arange(6.0); x.add_(x); g = x",
    "x = torch.arange(4).view(2, 2); x.copy_(x.t()); g = x",
    "x = torch.zeros(2, 2); x.t().copy_(torch.tensor([[1., 2.], [3., 4.]])); g = x",
    "x = torch.zeros(3, dtype=torch.int64); x.copy_(torch.tensor([1.9, -1.9, 300.0])); g = x",
    "x = torch.zeros(2); x.fill_(torch.tensor(2)); g = x",
    "x = torch.zeros(2); x.fill_(torch.ones(2)); g = x",
    "x = torch.zeros(2, dtype=torch.int64); x.fill_(1.7); g = x",
    "x = torch.ones(2).bool(); x.zero_(); g = x",
    "x = torch.ones(3); x.mul_(torch.tensor(2)); g = x",
    "x = torch.ones(3, dtype=torch.int64); x.add_(torch.tensor(1.5)); g = x",
    "x = torch.ones(3); x.sigmoid_().neg_(); g = x", "x = torch.ones(3).half(); x.add_(1e-4); g = x.float()"])
def test_programs(program):
    both(program, "g")
