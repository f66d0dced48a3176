"""Rarer names have PyTorch's numbers, shapes, slopes and refusals."""

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, both, variants

TEXTS = ["torch.numel(x)", "torch.is_floating_point(x)", "torch.is_complex(x)", "torch.is_signed(x)",
         "torch.get_device(x)", "x.conj()", "torch.real(x)", "x.real", "x.mH", "x.isreal()", "x.isposinf()",
         "torch.isneginf(x)", "torch.atleast_1d(x)", "torch.atleast_2d(x)", "torch.atleast_3d(x)",
         "torch.atleast_2d(x, x)", "torch.atleast_1d([x, x])", "torch.column_stack([x, x])",
         "torch.dstack([x, x])", "torch.isin(x.detach().contiguous(), x.detach().contiguous())",
         "torch.isin(x.detach(), 0.5)",
         "torch.isin(x.detach().contiguous(), x[:1].detach().contiguous(), invert=True)",
         "x.aminmax()", "x.aminmax(dim=0, keepdim=True)",
         "x.kthvalue(1)", "x.kthvalue(2, 0)", "x.kthvalue(1, -1, True)", "x.kthvalue(9)", "x.float_power(2)",
         "torch.float_power(x.abs(), x)", "reversed(x)", "x.logit()", "x.logit(0.1)",
         "torch.fliplr(x)", "torch.rot90(x)", "torch.meshgrid(x, x, indexing='ij')",
         "torch.cartesian_prod(x, x)", "torch.combinations(x)", "x.diff()", "x.norm('nuc')", "x.norm(-1)",
         "~x", "x.unfold(-1, 1, 1)"]
MOVED = ["t_()", "transpose_(0, -1)", "squeeze_()", "squeeze_(0)", "unsqueeze_(-1)", "swapaxes_(0, 1)"]
STATEMENTS = ["y = torch.trapezoid(torch.tensor([1., 3., 2.]))",
              "y = torch.trapz(torch.tensor([[1., 3., 2.], [1., 1., 1.]]), torch.tensor([0., 1., 3.]))",
              "y = torch.trapezoid(torch.ones(2, 3), dx=0.5, dim=0)",
              "y = torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1]))",
              "y = torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1]), return_counts=True)[1]",
              "y = torch.unique_consecutive(torch.tensor([1, 1, 2, 2, 1]), return_inverse=True)[1]",
              "y = torch.ones(2, 2).max(dim=True)[0]", "y = torch.ones(2, 2).softmax(True)",
              "y = torch.Tensor(1.5)", "y = torch.Tensor(True)", "y = torch.LongTensor(1.5)",
              "y = torch.full(2, 1)", "y = torch.tensor(float('nan'), dtype=torch.int64)",
              "y = torch.ones(2).bitwise_and_(1)", "y = torch.tensor([True]).topk(1)",
              "y = torch.ones(2, 2).bool().trace()", "y = +torch.tensor([True])",
              "y = torch.arange(3).addcdiv(torch.arange(3), torch.arange(3))",
              "y = torch.nn.functional.gelu(torch.ones(2), 'tanh')",
              "y = torch.cdist(torch.ones(2), torch.ones(2))",
              "y = torch.nn.functional.prelu(torch.tensor(-1.), torch.tensor([0.5])).expand(1)",
              "y = torch.nn.functional.max_pool2d(torch.ones(1, 2, 2), 2, return_indices=False)"]


@pytest.mark.parametrize("text", TEXTS)
def test_in_every_layout(text):
    for name, x in variants().items():
        if name != "repeated" or "kth" not in text:    # which of equal numbers is named is not said
            agree(text, x=x, close=1e-9, strides=False, second=text != "x.logit()")


@pytest.mark.parametrize("text", MOVED)
def test_views_in_place(text):
    """Shape, strides and numbers; where a gradient is wanted, only PyTorch's refusal of leaves."""
    for name, x in variants(gradients=False).items():
        agree(f"x.{text}", x=x, strides=name != "gaps")
    agree(f"x.{text}", x=torch.ones(2, 3, requires_grad=True))


@pytest.mark.parametrize("text", [
    "torch.matmul(x, x.T, out=y)", "torch.mul(x, x, out=y)", "torch.add(x, 1, out=y)", "torch.exp(x, out=y)",
    "torch.sum(x, 0, out=y[0])", "torch.cat([x[:1], x[1:]], 0, out=y)", "torch.mul(x, 2, out=y.double())",
    "torch.mul(x, 2, out=y.long())", "torch.mul(x.requires_grad_(), 2, out=y)"])
def test_results_are_written_into_a_tensor_that_is_there(text):
    """Numbers and refusals by PyTorch; a tensor of another shape it would resize, and warns."""
    both(f"""x, y = torch.arange(9.0).view(3, 3), torch.zeros(3, 3)
z = {text}
found = [z.double().expand(3, 3).tolist(), y.tolist()]""", "found")
    with pytest.raises(RuntimeError, match="out has the shape"):
        ours.mul(ours.ones(2), 2, out=ours.ones(3))


@pytest.mark.parametrize("text", STATEMENTS)
def test_statements(text):
    both(text, "y")


@pytest.mark.parametrize("text", ["x * 1.1", "x + 0.1", "2.7 / x", "x - 1e-4", "x.mean()", "x.mean(0)",
                                  "x.var()", "x.std(1)", "x ** 1.3", "x > 1.1"])
def test_numbers_beside_float16_are_not_rounded_first(text):
    """By PyTorch, to the bit: it computes such an operation in float32."""
    torch.manual_seed(0)
    x = torch.rand(5, 7).add(0.5).half()
    agree(text, x=x, close=0 if "**" not in text else 1e-3)


@pytest.mark.parametrize("text", ["mse_loss(x, x * 0)", "smooth_l1_loss(x, x * 0)",
                                  "huber_loss(x, x * 0)", "l1_loss(x, x * 0)", "nll_loss(x, torch.tensor(0))",
                                  "binary_cross_entropy(x, x.detach())",
                                  "binary_cross_entropy_with_logits(x, x.detach())"])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_losses_say_who_made_them(text, reduction):
    """By PyTorch: print(loss) shows it."""
    names = []
    for library in (torch, ours):
        x = library.tensor([0.25, 0.5], requires_grad=True)
        call = f"torch.nn.functional.{text[:-1]}, reduction={reduction!r})"
        names.append(eval(call, {"torch": library, "x": x}).grad_fn.name())
    assert names[0] == names[1]


def test_embeddings_say_who_made_them():
    x = ours.ones(2, requires_grad=True)
    rows = ours.nn.functional.embedding(ours.tensor([0]), x.view(2, 1))
    assert rows.grad_fn.name() == "EmbeddingBackward0"
    y = ours.nn.functional.linear(x, ours.ones(3, 2), ours.ones(3))
    assert y.grad_fn.name() == "ViewBackward0"


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_the_squared_error_has_slopes_of_slopes(reduction):
    torch.manual_seed(0)
    x, y = torch.randn(2, 3, 4, dtype=torch.float64)
    for other in (y.requires_grad_(), y.detach(), y.detach()[:1]):
        agree(f"torch.nn.functional.mse_loss(x, y, reduction={reduction!r})", x=x.clone().requires_grad_(),
              y=other.detach().requires_grad_(other.requires_grad), close=1e-9)
