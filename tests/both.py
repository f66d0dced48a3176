"""PyTorch's tensors and those of scratch.torch, each made into the other and compared."""

import itertools

import numpy as np
import torch

from scratch import torch as ours


def mine(x, requires_grad=None):
    """Tensors of PyTorch's, also in lists -> ones of ours with the same numbers; anything else as it is."""
    if isinstance(x, torch.Tensor):
        made = ours.tensor(x.detach().tolist(), dtype=getattr(ours, str(x.dtype).removeprefix("torch.")))
        made = made.view(tuple(x.shape))
        return made.requires_grad_(x.requires_grad if requires_grad is None else requires_grad)
    if isinstance(x, (list, tuple)):
        return type(x)(mine(each, requires_grad) for each in x)
    if isinstance(x, dict):
        return {name: mine(each, requires_grad) for name, each in x.items()}
    return x


def theirs(x):
    """A tensor of ours -> one of PyTorch's with the same numbers."""
    if isinstance(x, ours.Tensor):
        return torch.tensor(x.tolist(), dtype=getattr(torch, str(x.dtype).removeprefix("torch."))).view(
            tuple(x.shape))
    if isinstance(x, (list, tuple)):
        return type(x)(theirs(each) for each in x)
    if isinstance(x, dict):
        return {name: theirs(each) for name, each in x.items()}
    return x


def assert_like(a, b, rtol=1e-6, atol=1e-7):
    """a of ours has shape, dtype and numbers of PyTorch's b; NaN equals NaN."""
    if isinstance(b, (list, tuple)):
        assert len(a) == len(b)
        for one, other in zip(a, b):
            assert_like(one, other, rtol, atol)
    elif isinstance(b, torch.Tensor):
        assert (tuple(a.shape), str(a.dtype)) == (tuple(b.shape), str(b.dtype))
        np.testing.assert_allclose(np.array(a.detach().tolist(), dtype=float).reshape(b.shape),
                                   b.detach().double().numpy(force=True), rtol, atol)
    else:
        assert a == b


def set_alike(a, b):
    """Give a module of ours the numbers of PyTorch's b."""
    state = {name: mine(tensor) for name, tensor in b.state_dict().items()}
    a.load_state_dict(state)
    return a


def gradients(loss, inputs):
    """∂loss/∂input for each, None where there is none; works for both."""
    grad = (torch if isinstance(loss, torch.Tensor) else ours).autograd.grad
    return grad(loss, inputs, allow_unused=True, retain_graph=True)


def assert_same_function(f, g, inputs, rtol=1e-6, atol=1e-7, second=True):
    """f of ours and g of PyTorch's agree on PyTorch's inputs: values, gradients, gradients of gradients."""
    inputs = [x.detach().clone().requires_grad_(x.requires_grad) if isinstance(x, torch.Tensor) else x
              for x in inputs]
    copies = mine(inputs)
    ys = [as_list(f(*copies)), as_list(g(*inputs))]
    assert_like(*ys, rtol, atol)
    found = []
    for library, y, xs in ((ours, ys[0], copies), (torch, ys[1], inputs)):
        leaves = [x for x in xs if isinstance(x, library.Tensor) and x.requires_grad]
        if not leaves:
            return
        loss = sum((each * weights(each, library)).sum() for each in y if each.requires_grad)
        first = library.autograd.grad(loss, leaves, create_graph=second, allow_unused=True)
        gs = list(first)
        if second:
            again = sum((each * weights(each, library)).sum() for each in first
                        if each is not None and each.requires_grad)
            if not isinstance(again, int):
                gs += library.autograd.grad(again, leaves, allow_unused=True)
        found.append(gs)
    for a, b in itertools.zip_longest(*found):
        if a is None or b is None:      # one library says None, or nothing, where the other has zeros
            assert all(each is None or not each.abs().sum().item() for each in (a, b)), (a, b)
        else:
            assert_like(a, b, rtol * 10, atol * 10)


def as_list(y):
    return list(y) if isinstance(y, (list, tuple)) else [y]


def weights(y, library):
    """Numbers that differ from place to place, so that no gradient is there by symmetry."""
    return library.arange(1.0, 1 + y.numel(), dtype=y.dtype).cos().view(tuple(y.shape))


def error_of(f, *inputs):
    """The class of the error that f raises, or None."""
    try:
        f(*inputs)
    except Exception as error:
        return type(error)
    return None


def network_of_everything(library):
    """A module of everything: parameters, a shared one, buffers, children, a child twice, Nones."""
    nn = library.nn

    class Inner(nn.Module):
        def __init__(self, shared):
            super().__init__()
            self.w = nn.Parameter(library.ones(2, 3))
            self.shared = shared
            self.register_buffer("kept", library.zeros(2))
            self.register_buffer("passing", library.zeros(1), persistent=False)

        def forward(self, x):
            return x @ self.w + self.shared

    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            self.plain = 3
            self.shared = nn.Parameter(library.ones(3))
            self.first = Inner(self.shared)
            self.again = self.first
            self.register_parameter("none", None)
            self.register_buffer("nothing", None)
            self.child = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
            self.absent = None
            self.count = library.tensor(1)              # no buffer: it is not registered

        def forward(self, x):
            return self.child(self.first(x))

    return Outer()
