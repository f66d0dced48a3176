"""Hooks are called with what arrives, in PyTorch's order, and what they return goes on."""

import pytest

from torch_parity import both

START = """
w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
seen = []
def note(name):
    return lambda *gradients: seen.append([name, len(gradients)])
"""


@pytest.mark.parametrize("program", [
    "y = w * 2; y.register_hook(lambda g: g * 10); y.sum().backward(); g = w.grad",
    "h = w.register_hook(lambda g: g + 1); w.sum().backward(); h.remove(); w.sum().backward(); g = w.grad",
    "w.register_hook(lambda g: g[:1]); w.sum().backward()", "torch.ones(2).register_hook(note('a'))",
    "w.register_hook(note('a')); w.register_hook(note('b')); (w * w).sum().backward(); g = seen",
    "w.register_hook(lambda g: g * 2); w.register_hook(lambda g: g + 1); w.sum().backward(); g = w.grad",
    "y = w.exp(); y.register_hook(note('y')); w.register_hook(note('w')); y.sum().backward(); g = seen",
    "w.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist())); w.sum().backward(); "
    "g = seen",
    "(w * 2).register_post_accumulate_grad_hook(note('a'))",
    "y = w.exp(); y.grad_fn.register_hook(lambda i, o: seen.append([i[0].tolist(), o[0].tolist()])); "
    "y.sum().backward(); g = seen",
    "y = w.exp(); y.grad_fn.register_prehook(lambda o: (o[0] * 3,)); y.sum().backward(); g = w.grad",
    "v = w * 2; v.retain_grad(); v.exp().sum().backward(); g = v.grad",
    "v = w * 2; v.retain_grad(); v.exp().sum().backward(); v2 = [v.retains_grad, w.retains_grad]; g = v2",
    "v = w * 2; v.retain_grad(); v.sum().backward(retain_graph=True); v.sum().backward(); g = v.grad",
    "torch.ones(2).retain_grad()", "w.retain_grad(); w.sum().backward(); g = w.grad",
    "with w.register_hook(lambda g: g * 0):\n    w.sum().backward()\nw.sum().backward(); g = w.grad",
    "w.register_hook(lambda g: 5); w.sum().backward()",
    "w.register_hook(lambda g: g * 2); g, = torch.autograd.grad((w * w).sum(), w)"])
def test_programs(program):
    both(START + program, *["g"] * ("g = " in program or "g, = " in program))
