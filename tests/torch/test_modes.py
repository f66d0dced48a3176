"""When operations are recorded: blocks, decorators and generators, as in PyTorch."""

import pytest

from torch_parity import both

START = """
w = torch.tensor([1.0, 2.0], requires_grad=True)
def seen():
    return [(w * 2).requires_grad, torch.is_grad_enabled()]
"""


@pytest.mark.parametrize("program", [
    "with torch.no_grad():\n    g = seen()\ng = g + seen()",
    "with torch.no_grad():\n    with torch.enable_grad():\n        g = seen()",
    "f = torch.no_grad()(seen); g = f() + seen()",
    "@torch.no_grad()\ndef f(): return seen()\ng = f() + seen()",
    "@torch.no_grad\ndef f(): return seen()\ng = f() + seen()",
    "@torch.enable_grad()\ndef f(): return seen()\nwith torch.no_grad():\n    g = f() + seen()",
    "with torch.set_grad_enabled(False):\n    g = seen()\ng = g + seen()",
    "torch.set_grad_enabled(False); g = seen(); torch.set_grad_enabled(True); g = g + seen()",
    "with torch.inference_mode():\n    g = seen()\ng = g + seen()",
    "with torch.inference_mode(False):\n    g = seen()",
    "@torch.inference_mode()\ndef f(): return seen()\ng = f() + seen()",
    "@torch.no_grad()\ndef f():\n    yield seen()\n    yield seen()\ng = []\nfor each in f(): g = g + each "
    "+ seen()",
    "@torch.set_grad_enabled(False)\ndef f(): return seen()\ng = f() + seen()",
    "try:\n    with torch.no_grad():\n        raise KeyError\nexcept KeyError:\n    g = seen()",
    "with torch.no_grad():\n    v = w.view(2)\n    v.add_(1)\ng = w",
    "with torch.no_grad():\n    y = w * 2\n    y.requires_grad_()\n(y * y).sum().backward(); g = y.grad"])
def test_programs(program):
    both(START + program, "g")


MADE = """
with torch.inference_mode():
    y, leaf = torch.ones(3), torch.ones(3, requires_grad=True)
w = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
"""


@pytest.mark.parametrize("program", [
    "y.add_(1.0)", "y.add_(torch.ones(3))", "y[0] = 2.0", "y[y > 0] = 2.0", "y.fill_(1)", "y.zero_()",
    "y.copy_(torch.ones(3))", "with torch.no_grad():\n    y.mul_(2)", "y.view(3, 1).mul_(2)",
    "y.requires_grad_()", "y.requires_grad = True", "y._version", "(y * w).sum().backward()",
    "y.detach().requires_grad_()"])
def test_what_inference_mode_made_is_neither_written_nor_recorded_outside(program):
    both(MADE + program)
    assert isinstance(both(MADE + program + "\ng = 1", "g"), RuntimeError)


@pytest.mark.parametrize("program", [
    "g = [y.is_inference(), (y + 1).is_inference(), y.view(3, 1).is_inference(), y.clone().is_inference(), "
    "y.detach().is_inference(), leaf.is_inference(), leaf.requires_grad, w.is_inference()]",
    "y.data.mul_(2); g = y", "(y.clone() * w).sum().backward(); g = w.grad",
    "(y + w).sum().backward(); g = w.grad",
    "with torch.inference_mode():\n    y += 1; y[0] = 5.0; y[y > 2] = 0.5; y.mul_(w)\ng = y",
    "with torch.inference_mode():\n    w.add_(1.0); v = w.view(3)\n"
    "g = w.tolist() + [v.is_inference(), w._version]",
    "with torch.inference_mode():\n    g = [torch.is_inference_mode_enabled(), torch.is_grad_enabled()]\n"
    "    with torch.inference_mode(False):\n        g += [torch.is_inference_mode_enabled(), "
    "torch.is_grad_enabled(), torch.ones(1).is_inference()]\n"
    "g += [torch.is_inference_mode_enabled(), torch.is_grad_enabled()]",
    "with torch.no_grad():\n    with torch.inference_mode(False):\n        g = torch.is_grad_enabled()",
    "with torch.inference_mode():\n    z = torch.full_like(w, 2.0)\ng = z.is_inference()",
    "g = torch.inference_mode()(lambda: torch.ones(1).is_inference())()"])
def test_what_inference_mode_made_is_read(program):
    both(MADE + program, "g")
