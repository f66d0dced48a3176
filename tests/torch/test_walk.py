"""backward() and grad(): what they accumulate, refuse, keep and free, as PyTorch does."""

import gc

import pytest
import torch

from scratch import torch as ours
from torch_parity import agree, both, evaluate


START = "w = torch.tensor([1.0, -2.0, 3.0], requires_grad=True); x = torch.tensor([2.0, 0.5, 1.0])\n"


@pytest.mark.parametrize("program", [
    "(w * x).sum().backward(); g = w.grad", "(w * w * w).sum().backward(); g = w.grad",
    "y = (w * x).sum(); y.backward(); y = (w * w).sum(); y.backward(); g = w.grad",              # accumulates
    "(w * x).backward(torch.tensor([1.0, 2.0, 3.0])); g = w.grad",
    "y = w.exp(); y.sum().backward(retain_graph=True); y.sum().backward(); g = w.grad",
    "y = w.exp().sum(); y.backward(); y.backward(); g = w.grad",                                  # freed
    "y = (w + 1).sum(); y.backward(); y.backward(); g = w.grad",
    # nothing saved
    "y = w.exp(); y.backward(); g = w.grad", "x.sum().backward(); g = x",
    "g = torch.autograd.grad(w.exp().sum(), w)[0]",
    "g = torch.autograd.grad(w.sum(), x, allow_unused=True)",
    "g = torch.autograd.grad((w * 2).sum(), [w, w])[1]",
    "v = w * 2; g = torch.autograd.grad(v.exp().sum(), v)[0]", "v = w * 2; torch.autograd.grad(w.sum(), v)",
    "v = w * 2; g = torch.autograd.grad(w.sum(), v, allow_unused=True)[0]; assert g is None; g = w",
    "v = w * 2; g = torch.autograd.grad(w.sum(), v, materialize_grads=True)[0]",
    "v = w * 2; v.retain_grad(); v.exp().sum().backward(); g = v.grad",
    "y = w.sin(); y.sum().backward(inputs=[w]); g = w.grad",
    "v = w * 2; y = v.sin(); y.sum().backward(inputs=[v]); g = v.grad; assert w.grad is None",
    "a, b = w.exp(), w.sin(); torch.autograd.backward([a.sum(), b.sum()]); g = w.grad",
    "g, = torch.autograd.grad((w ** 3).sum(), w, create_graph=True); g.sum().backward(); g = w.grad",
    "g, = torch.autograd.grad((w ** 4).sum(), w, create_graph=True); "
    "g, = torch.autograd.grad(g.sum(), w, create_graph=True); "
    "g, = torch.autograd.grad(g.sum(), w)",
    "(w * x).sum().backward(create_graph=True); (w.grad * w).sum().backward(); g = w.grad",
    "y = w.detach() * w; y.sum().backward(); g = w.grad",
    "y = (w.sum() * 2).expand(4).sum(); y.backward(); g = w.grad",
    "y = w[0] + w[0] * w[1]; y.backward(); g = w.grad",
    "w.grad = torch.ones(3); (w * x).sum().backward(); g = w.grad",
    "w.grad = torch.ones(2)", "w.grad = 1", "w.grad = torch.ones(3).double()",
    "w.sum().backward(torch.ones(2))",
    "torch.autograd.grad(x.sum(), x)", "torch.tensor([1, 2], requires_grad=True)",
    "w.requires_grad_(False); y = w * 2; g = [y.requires_grad]", "y = w * 2; y.requires_grad_(False)",
    "y = w * 2; y.requires_grad = True; g = y",
    "g = [w.is_leaf, (w * 2).is_leaf, x.is_leaf, w.detach().is_leaf, (x * 2).is_leaf]",
    "torch.autograd.backward(w * 2)",
    "y = w * 2; y.sum().backward(); g = [y.grad is None]", "w.numpy()",
    "(w * 2).register_hook(lambda g: g * 10); g = w",
    "y = w * 2; y.register_hook(lambda g: g * 10); y.sum().backward(); g = w.grad",
    "h = w.register_hook(lambda g: g + 1); w.sum().backward(); h.remove(); w.sum().backward(); g = w.grad",
    "w.register_hook(lambda g: g[:1]); w.sum().backward()", "x.register_hook(lambda g: g)",
    "seen = []; w.register_post_accumulate_grad_hook(lambda p: seen.append(p.grad.tolist())); "
    "w.sum().backward(); g = seen",
    "y = w.exp(); seen = []; "
    "y.grad_fn.register_hook(lambda i, o: seen.append([i[0].tolist(), o[0].tolist()])); y.sum().backward(); "
    "g = seen",
    "y = w * 2; h = [y.register_hook(lambda g: None)]; y.sum().backward(); g = w.grad",
    "y = torch.stack([w.sum(), w.exp().sum()]); a, b = y.unbind(); a.backward(); g = w.grad",
    "a, b, c = w.split(1); (a * c).backward(); g = w.grad",
    "a, b = torch.var_mean(w); (a + b).backward(); g = w.grad",
    "v, i = w.sort(); (v * torch.tensor([1.0, 2.0, 4.0])).sum().backward(); g = w.grad",
    "y = w.to(torch.float64).exp().sum(); y.backward(); g = w.grad; d = str(w.grad.dtype)"])
def test_programs(program):
    both(START + program, *["g"] * ("g =" in program or "g, =" in program or "g = " in program))


def test_a_graph_is_freed_by_reference_counting_alone():
    """With the collector off, dropping the result frees every node and every saved tensor, used or not.

    Nothing refers to itself: the tensors alive afterwards are those of before.
    """
    def step(backward):
        w = ours.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        x = (w @ w).exp().softmax(1).log() + w.sum(0, keepdim=True)
        x = ours.cat([x, x.relu()]).view(-1)[1:].tanh().clone()
        x[0] = 2.0
        x.mul_(2).sigmoid_()
        a, b = x.split([3, 4])
        loss = (a * b[:3]).sum() + a.max() + b.std() + x.cumsum(0).norm()
        if backward:
            g, = ours.autograd.grad(loss, w, create_graph=True)
            (loss + g.sum()).backward()

    def alive():
        return sum(isinstance(each, (ours.Tensor, ours.autograd.Node)) for each in gc.get_objects())
    step(True)
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for n in range(6):
            step(n % 2)
        assert alive() == before
    finally:
        gc.enable()


def test_depth_costs_memory_and_no_recursion():
    x = ours.tensor([1.0], requires_grad=True)
    y = x
    for _ in range(5000):
        y = y + 1
    y.backward()
    assert x.grad.tolist() == [1.0]


def test_gradients_of_one_result_are_not_each_others_memory():
    a, b = (ours.tensor([1.0, 2.0], requires_grad=True) for _ in range(2))
    (a + b).sum().backward()
    a.grad.zero_()
    assert b.grad.tolist() == [1.0, 1.0]


def test_names_of_nodes_and_the_way_down_the_graph():
    program = ("w = torch.ones(2, 2, requires_grad=True); y = ((w @ w.T).relu() * 2 + w).mean(); "
               "node, names = y.grad_fn, []\n"
               "while node is not None:\n    names.append(node.name())\n"
               "    node = (node.next_functions or [[None]])[0][0]")
    found = []
    for library in (torch, ours):
        names = {"torch": library}
        exec(program, names)
        found.append(names["names"])
    assert found[0] == found[1] and len(found[0]) == 6


@pytest.mark.parametrize("text",
                         ["(x + 1)", "(x - 1)", "1 - x", "x * 2", "x / 2", "1 / x", "x ** 2", "2 ** x", "-x",
                          "x.exp()", "x.log()", "x.tanh()",
                                  "x.sum()", "x.sum(0)", "x.mean()", "x.mean(0)", "x.max()", "x.max(0)[0]",
                                  "x.var()", "x.std()", "x.norm()",
                                  "x[0]", "x[1:]", "x[None]", "x[[0, 1]]", "x[x > 0]", "x.clone()",
                                  "x.double()", "x.view(-1)", "x.t()", "x.T",
                                  "x.transpose(0, 1)", "x.permute(1, 0)", "x.expand(3, 2, 2)", "x.squeeze()",
                                  "x.unsqueeze(0)", "x.flatten()",
                                  "x.relu()", "x.sigmoid()", "x.softmax(0)", "x.log_softmax(0)", "x.abs()",
                                  "x.clamp(0)", "x.clamp(0, 1)",
                                  "x @ x", "x @ x[0]", "x[0] @ x[0]", "torch.cat([x, x])",
                                  "torch.stack([x, x])", "torch.where(x > 0, x, 0)",
                                  "x.masked_fill(x > 0, 0)", "x.gather(0, torch.tensor([[0, 0]]))",
                                  "x.cumsum(0)", "x.prod()", "x.sqrt()",
                                  "torch.addmm(x, x, x)", "x.chunk(2)[0]", "x.unbind()[1]", "x.select(0, 0)",
                                  "x.diagonal()", "x.logsumexp(0)",
                                  "x.amax(0)", "x.sort()[0]", "x.topk(1)[0]", "x.tril()", "x.repeat(2, 1)",
                                  "x.flip(0)", "x.roll(1)", "x.erf()",
                                  "x.square()", "x.pow(3)", "x.argmax()", "x.detach()",
                                  "x.index_select(0, torch.tensor([0]))"])
def test_grad_fn_has_pytorchs_name(text):
    found = []
    for library in (torch, ours):
        x = library.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        node = evaluate(text, library, {"x": x}).grad_fn
        found.append(None if node is None else node.name())
    assert found[0] == found[1]


def test_a_gradient_of_another_dtype_is_converted():
    agree("(x.double() * y).float()", x=torch.tensor([1.0, 2.0], requires_grad=True),
          y=torch.tensor([3.0, 4.0], dtype=torch.float64, requires_grad=True))


@pytest.mark.parametrize("outputs", ["[x, x]", "[x, x * 2]", "[x * 2, x]", "[x, x.exp(), x * x]", "[x]",
                                     "[y, y]", "[y, y * 2, x]"])
def test_what_is_differentiated_may_be_what_it_is_differentiated_by(outputs):
    """By PyTorch: the parts of all outputs add up, also those of a leaf that is one itself."""
    both(f"""x = torch.tensor([1.0, 2.0], requires_grad=True)
y = x * 3
outputs = {outputs}
ones = [torch.full((2,), n + 1.0) for n in range(len(outputs))]
given = torch.autograd.grad(outputs, [x], ones, retain_graph=True)[0]
torch.autograd.backward(outputs, ones)
found = [given.tolist(), x.grad.tolist()]""", "found")
