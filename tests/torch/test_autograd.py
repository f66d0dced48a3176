"""torch.autograd has the names that PyTorch's has, and they work together."""

import torch

from scratch import torch as ours
from torch_parity import agree


def test_the_names_of_torch_autograd():
    for name in ("Function", "backward", "grad", "gradcheck", "gradgradcheck", "no_grad", "enable_grad",
                 "set_grad_enabled", "inference_mode"):
        assert hasattr(torch.autograd, name) and hasattr(ours.autograd, name), name


def test_a_network_of_two_layers_has_pytorchs_gradients_and_second_gradients():
    torch.manual_seed(0)
    w1, w2, x = (torch.randn(*shape, dtype=torch.float64, requires_grad=True) for shape in ((4, 8), (8, 3),
        (5, 4)))
    for text in ("(x @ w1).tanh() @ w2", "((x @ w1).relu() @ w2).log_softmax(1)[:, 0]",
                 "(x @ w1).sigmoid().mean(0) @ w2",
                 "torch.cat([(x @ w1).exp(), x @ w1], 1).var(1)",
                 "((x @ w1) / (x @ w1).norm(dim=1, keepdim=True)) @ w2"):
        agree(text, x=x, w1=w1, w2=w2, close=1e-8)
