"""Operations of one's own: Function, its context, and gradcheck, as PyTorch's."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import both

CUBE = """
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, n=3):
        ctx.save_for_backward(x); ctx.n = n; ctx.needs = ctx.needs_input_grad
        return x ** n
    @staticmethod
    def backward(ctx, g):
        x, = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1), None
class Pair(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b):
        ctx.save_for_backward(a, b)
        return a * b, a + b
    @staticmethod
    def backward(ctx, g, h):
        a, b = ctx.saved_tensors
        return g * b + h, g * a + h
class Exp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp(); ctx.save_for_backward(y); return y
    @staticmethod
    def backward(ctx, g):
        y, = ctx.saved_tensors
        return g * y
class Split(torch.autograd.Function):
    @staticmethod
    def forward(x): return x * 2
    @staticmethod
    def setup_context(ctx, inputs, output): ctx.factor = 2
    @staticmethod
    def backward(ctx, g): return g * ctx.factor
class Wrong(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a, b): return a + b
    @staticmethod
    def backward(ctx, g): return g
class Shape(torch.autograd.Function):
    @staticmethod
    def forward(ctx, a): return a.sum()
    @staticmethod
    def backward(ctx, g): return torch.ones(5)
w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True)
"""


@pytest.mark.parametrize("program", [
    "y = Cube.apply(w); y.sum().backward(); g = w.grad",
    "y = Cube.apply(w, 4); g = [y.grad_fn.name(), y.requires_grad]",
    "a, b = Pair.apply(w, w * 2); (a * b).sum().backward(); g = w.grad",
    "a, b = Pair.apply(w, w * 2); b.sum().backward(); g = w.grad",
    "y = Cube.apply(w); g, = torch.autograd.grad(y.sum(), w, create_graph=True); g.sum().backward(); "
    "g = w.grad",
    "y = Exp.apply(w); g, = torch.autograd.grad(y.sum(), w, create_graph=True); g.sum().backward(); "
    "g = w.grad",
    "y = Exp.apply(w); y.add_(1); y.sum().backward()", "y = Split.apply(w); y.sum().backward(); g = w.grad",
    "Wrong.apply(w, w).sum().backward()", "Shape.apply(w).backward()",
    "y = Cube.apply(w); y.sum().backward(); y.sum().backward()",
    "y = Cube.apply(w.detach()); g = [y.requires_grad]", "y = Cube.apply(torch.tensor([1, 2])); g = y",
    "with torch.no_grad():\n    y = Cube.apply(w)\ng = [y.requires_grad]"])
def test_programs(program):
    both(CUBE + program, *["g"] * ("g =" in program or "g, =" in program))


def test_gradcheck_finds_a_wrong_slope_and_passes_a_right_one():
    names = {"torch": ours}
    exec(CUBE, names)
    x = ours.randn(3, 2, dtype=ours.float64, requires_grad=True)
    assert ours.autograd.gradcheck(lambda x: (x.sin() * x).sum(1), x)
    assert ours.autograd.gradgradcheck(lambda x: x.sin() * x, x)
    assert ours.autograd.gradcheck(names["Cube"].apply, x)

    class Off(ours.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return g * ctx.saved_tensors[0] * 2.01
    with pytest.raises(RuntimeError, match="steps of"):
        ours.autograd.gradcheck(Off.apply, x)
    assert not ours.autograd.gradcheck(Off.apply, x, raise_exception=False)
    with pytest.raises(ValueError):
        ours.autograd.gradcheck(Off.apply, x.detach())


@pytest.mark.parametrize("text",
                         ["x.cumprod(1)", "x.prod(1)", "x.logsumexp(1)", "x.softmax(1)", "x.log_softmax(0)",
                          "x.std(1)", "x.var()",
                                  "x.norm(3)", "x.max(1)[0]", "x.sort(1)[0]", "x.view(-1).unfold(0, 3, 1)",
                                  "x.tanh() @ x.sigmoid().t()",
                                  "x.abs().pow(x)", "x.erf() / (1 + x.exp())", "x.clamp(-0.5, 0.5).cumsum(0)",
                                  "x.addcdiv(x, x.exp())"])
def test_slopes_and_their_slopes_are_what_small_steps_show(text):
    """Finite differences are the oracle, in float64: of the result, and of its gradient."""
    torch.manual_seed(5)
    x = ours.tensor(torch.randn(2, 3, dtype=torch.float64).tolist(), dtype=ours.float64, requires_grad=True)
    function = eval(f"lambda x: {text}")
    assert ours.autograd.gradcheck(function, x) and ours.autograd.gradgradcheck(function, x, atol=1e-4)
