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
