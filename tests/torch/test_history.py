"""Writing in place: through views, over what was saved, over leaves: PyTorch's gradients and refusals."""

import pytest

from torch_parity import both

START = ("w = torch.tensor([1.0, 2.0, 3.0, 4.0], requires_grad=True); x = w * 2; z = torch.zeros(4)\n")


@pytest.mark.parametrize("program", [
    "x.add_(1); (x * x).sum().backward(); g = w.grad", "x.mul_(w); x.sum().backward(); g = w.grad",
    "x.mul_(x.detach()); x.sum().backward(); g = w.grad",
    "v = x[1:]; v.mul_(3); (x * x).sum().backward(); g = w.grad",
    "v = x.view(2, 2); v[0].exp_(); x.sum().backward(); g = w.grad",
    "v = x.view(2, 2).t(); v[0] = 7; v.mul_(v.detach()); (x + x).sum().backward(); g = w.grad",
    "v = x[1:3]; x.mul_(2); (v * v).sum().backward(); g = w.grad",
    "v = x[:2]; u = x[1:]; v.mul_(3); (u * u).sum().backward(); g = w.grad",
    "z[1:3] = w[:2]; (z * z).sum().backward(); g = w.grad",
    "z.copy_(w); z[0] = 5; z.sum().backward(); g = w.grad",
    "z.view(2, 2)[0].add_(w[0]); z.sum().backward(); g = w.grad",
    "v = z.view(2, 2); z.add_(w); g = [v.requires_grad, v.grad_fn is not None]; v.sum().backward(); "
    "g = w.grad",
    "x.zero_(); x.sum().backward(); g = w.grad", "x.fill_(3.0); y = x * w; y.sum().backward(); g = w.grad",
    "x[0] = x[1] * x[2]; x.sum().backward(); g = w.grad",
    "y = x.exp(); x.add_(1); y.sum().backward(); g = w.grad", "y = x * x; x.add_(1); y.sum().backward()",
    "y = x.exp(); y.add_(1); y.sum().backward()",
    "y = x.log(); x.mul_(2); y.sum().backward()", "y = (x * 3).exp_(); y.mul_(2); y.sum().backward()",
    "y = x.tanh(); y.view(2, 2)[0, 0] = 1; y.sum().backward()",
    "y = x + 1; x.mul_(2); y.sum().backward(); g = w.grad",
    "y = x.exp(); y.detach().zero_(); y.sum().backward()",
    "y = x.exp(); y.data.zero_(); y.sum().backward(); g = w.grad",
    "w.add_(1)", "w[0] = 1", "w.view(2, 2).mul_(2)", "w.zero_()", "w.data.mul_(2); g = w",
    "w.detach().mul_(2); g = w",
    "with torch.no_grad():\n    w.mul_(2); w[0] = 9\ng = w",
    "with torch.no_grad():\n    v = w.view(2, 2)\nv.mul_(2)",
    "with torch.no_grad():\n    v = z.view(2, 2)\nv.mul_(w[0])",
    "a, b = x.split(2); a.mul_(2)", "a, b = (z == 0).split(2); a.copy_(w[:2]); g = a",
    "a, b = x.chunk(2); a[0] = 1", "for row in x.view(2, 2): row.mul_(2)",
    "a, b = z.split(2); a.mul_(2); g = z",
    "a, b = z.split(2); a.mul_(w[0])", "z.expand(2, 4).add_(1)",
    "z.unsqueeze(0).expand(2, 4)[0].add_(1); g = z", "z.add_(torch.ones(2, 4))",
    "z.add_(torch.ones(1)); g = z",
    "torch.tensor([1, 2]).add_(1.5)", "torch.tensor([1, 2]).div_(2)",
    "z.add_(torch.tensor([1, 2, 3, 4])); g = z", "z.copy_(torch.ones(3))", "z.copy_(torch.tensor(5)); g = z",
    "z.copy_(1)", "torch.tensor([True, False]).mul_(2)",
    "t = torch.tensor([1, 2]); t.copy_(torch.tensor([1.9, -1.9])); g = t",
    "z += 1; z *= 3; z -= 0.5; z /= 2; z **= 2; g = z",
    "x += w; x *= 2; x.sum().backward(); g = w.grad",
    "v = x[::2]; v += 1; v *= v.detach(); (x * x).sum().backward(); g = w.grad",
    "m = torch.zeros(2, 3); m[:, 1] = w[:2]; m[0] += w[2]; (m ** 2).sum().backward(); g = w.grad",
    "m = torch.zeros(2, 3); m[m == 0] = 1.0; m.t()[1].mul_(w[0]); (m ** 2).sum().backward(); g = w.grad",
    "g = [x._version]; x.add_(1); x[0] = 2; x.view(2, 2).mul_(2); "
    "g = [x._version, x.detach()._version, x.data._version, x[1:]._version]",
    "x.detach_(); x.add_(1); g = [x.requires_grad]", "v = x[0]; v.detach_()",
    "y = x.clamp_(3, 6); y.sum().backward(); g = w.grad",
    "x.masked_fill_(x > 4, 0); x.sum().backward(); g = w.grad",
    "x.sub_(w, alpha=2).abs_().sqrt_(); x = x + 1; g = [x.requires_grad]",
    "x.lerp_(w, 0.25); (x * x).sum().backward(); g = w.grad",
    "x.addcmul_(w, w, value=0.5); x.sum().backward(); g = w.grad",
    "x.addcdiv_(w, w + 1); x.sum().backward(); g = w.grad", "x.pow_(2); x.sum().backward(); g = w.grad",
    "x.clone().relu_().neg_().sum().backward(); g = w.grad",
    "y = x.view(2, 2); y[0, 0] = w[3]; y[1] = y[0].detach(); (x * x).sum().backward(); g = w.grad",
    "s = torch.ones(3, 2).t(); s[0] = w[:3]; s.mul_(s.detach()); s.sum().backward(); g = w.grad",
    "g1, = torch.autograd.grad((x * x).sum(), w, create_graph=True); g1.add_(1); "
    "(g1 * g1).sum().backward(); g = w.grad",
    "y = x.clone(); y[1:3].mul_(y[0].detach()); "
    "g1, = torch.autograd.grad((y ** 3).sum(), w, create_graph=True); g1.sum().backward(); g = w.grad"])
def test_programs(program):
    both(START + program, *["g"] * ("g =" in program))
