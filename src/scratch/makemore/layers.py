"""The layers of torch.nn, written out: objects that hold tensors and map x to y.

    >>> g = torch.Generator().manual_seed(1)
    >>> net = Sequential(Embedding(27, 10, generator=g), Flatten(),
    ...                  Linear(30, 200, bias=False, generator=g), BatchNorm1d(200),
    ...                  Tanh(), Linear(200, 27, generator=g))
    >>> net(torch.tensor([[0, 0, 5], [0, 5, 13]])).shape    # (B, T) ids -> (B, V)
    torch.Size([2, 27])
    >>> sum(p.numel() for p in net.parameters())
    12097
    >>> list(net.state_dict())[:3]                               # the names of torch.nn
    ['0.weight', '2.weight', '3.weight']

    B  examples   T  positions   C  channels   V  symbols   F  features, the last axis
    m  numbers that one mean is taken over, B or B * T

Each layer computes what its namesake in torch.nn computes, begins with the same random
numbers if the generator is in the state of PyTorch's own, and calls its tensors by the
same names, so that load_state_dict() takes the other's state_dict(), in both
directions. Gradients are autograd's. BatchNorm1d has its features on the last axis, of
(B, F) or (B, T, F); torch.nn.BatchNorm1d wants (B, F, T) for the latter, and calls it
(N, C, L). Ioffe and Szegedy, Batch normalization, ICML 2015; Ba and others, Layer
normalization, 2016; Srivastava and others, Dropout, JMLR 15, 2014.

Left out: hooks, buffers, names for layers, axes to choose. A layer that stands twice in
a Sequential gives its parameters twice, and a step would move them twice.

Chapter: docs/makemore/batchnorm.md.  To copy: this file alone (needs torch).
"""

import torch


class Layer:
    """What all share, under torch.nn.Module's names: tensors, parameters, a mode."""

    training = True

    def parameters(self):
        """The tensors to train: those that require a gradient."""
        return [tensor for tensor in self.state_dict().values() if tensor.requires_grad]

    def state_dict(self):
        """{name: tensor}, the tensors themselves: parameters and running statistics.

        The tensors of a layer inside this one are called "layer.tensor".
        """
        found = {}
        for name, value in vars(self).items():
            if isinstance(value, torch.Tensor):
                found[name] = value
            elif isinstance(value, Layer):
                found.update({f"{name}.{inner}": tensor
                              for inner, tensor in value.state_dict().items()})
        return found

    def load_state_dict(self, state):
        """Copy numbers from {name: tensor}, which may hold more than is needed here.

        Raises ValueError for a tensor that is missing or has another shape.
        """
        mine = self.state_dict()
        for name, tensor in mine.items():
            if name not in state or state[name].shape != tensor.shape:
                found = tuple(state[name].shape) if name in state else "missing"
                raise ValueError(f"{name} is {found}, and {tuple(tensor.shape)} here")
        for name, tensor in mine.items():
            tensor.data.copy_(state[name])

    def __repr__(self):
        tensors = [f"{name} {tuple(t.shape)}" for name, t in self.state_dict().items()]
        return f"{type(self).__name__}({', '.join(tensors)})"

    def train(self, training=True):
        """Use batch statistics and dropout, as training does; eval() ends it."""
        self.training = training
        return self

    def eval(self):
        """Use running statistics and no dropout, so a row's output is its own."""
        return self.train(False)

    def to(self, device):
        """Move all tensors to a device, before an optimizer is made for them."""
        for tensor in self.state_dict().values():
            tensor.data = tensor.data.to(device)
        return self


class Linear(Layer):
    """x (..., inputs) -> y (..., outputs):  y = x Wᵀ + b, each row of W an output.

    W and b begin uniform between ±1/√inputs, W drawn first.
    """

    def __init__(self, inputs, outputs, bias=True, generator=None, **kind):
        bound = inputs ** -0.5
        self.weight = torch.empty(outputs, inputs, **kind)
        self.bias = torch.empty(outputs, **kind) if bias else None
        for tensor in self.state_dict().values():
            tensor.uniform_(-bound, bound, generator=generator).requires_grad_()

    def __call__(self, x):
        y = x @ self.weight.T
        return y if self.bias is None else y + self.bias


class Embedding(Layer):
    """ids (B, T), or any shape -> rows of a table (B, T, C), which begins as randn."""

    def __init__(self, symbols, channels, generator=None, **kind):
        self.weight = torch.randn(symbols, channels, generator=generator, **kind)
        self.weight.requires_grad_()

    def __call__(self, ids):
        try:
            rows = self.weight.index_select(0, ids.flatten())
        except IndexError:
            raise IndexError(f"ids are {ids.min()} to {ids.max()}; the table has rows "
                             f"0..{len(self.weight) - 1}") from None
        return rows.view(*ids.shape, self.weight.shape[1])


class BatchNorm1d(Layer):
    """x (B, F) or (B, T, F) -> y alike:  y = γ (x - μ) / √(σ² + ε) + β, by feature.

    In training, μ and σ² are the mean and variance of the batch, over all axes but the
    last, and the running statistics move toward them by the share momentum. In eval,
    the running statistics take their place. weight is γ and bias is β.

    σ² divides by m - correction: 0 is torch.nn's, 1 the lectures'. running_var divides
    by m - 1 in either case, because it estimates the variance of all data, of which a
    batch is a sample.
    """

    def __init__(self, features, eps=1e-5, momentum=0.1, correction=0, **kind):
        self.eps, self.momentum, self.correction = eps, momentum, correction
        self.weight = torch.ones(features, **kind).requires_grad_()     # (F)
        self.bias = torch.zeros(features, **kind).requires_grad_()      # (F)
        self.running_mean = torch.zeros(features, **kind)               # (F)
        self.running_var = torch.ones(features, **kind)                 # (F)

    def __call__(self, x):
        if x.ndim not in (2, 3) or x.shape[-1] != len(self.weight):
            raise ValueError(f"x is {tuple(x.shape)}, and (B, {len(self.weight)}) or "
                             f"(B, T, {len(self.weight)}) was expected")
        x = x.to(self.weight.dtype)          # under autocast it may come in half
        mean, var = self.running_mean, self.running_var                 # (F), (F)
        if self.training:
            mean, var = self.moments(x)                                 # (F), (F)
        x_hat = (x - mean) / (var + self.eps).sqrt()
        return self.weight * x_hat + self.bias

    def moments(self, x):
        """Mean and variance of each feature in the batch, remembered in passing."""
        axes, m = tuple(range(x.ndim - 1)), x.numel() // x.shape[-1]
        if m < 2:
            raise ValueError(f"x is {tuple(x.shape)}: one number has no variance; "
                             "train on more examples, or eval() first")
        mean = x.mean(axes)                                             # (F)
        var = x.var(axes, correction=self.correction)                   # (F)
        unbiased = var.detach() * (m - self.correction) / (m - 1)       # (F)
        self.running_mean.lerp_(mean.detach(), self.momentum)           # (F)
        self.running_var.lerp_(unbiased, self.momentum)                 # (F)
        return mean, var


class LayerNorm(Layer):
    """x (..., F) -> y alike:  y = γ (x - μ) / √(σ² + ε) + β, row by row.

    weight is γ and bias is β. A row's μ and σ² are those of its own F numbers: there
    are no running statistics, and eval() changes nothing.
    """

    def __init__(self, features, eps=1e-5, **kind):
        self.eps = eps
        self.weight = torch.ones(features, **kind).requires_grad_()     # (F)
        self.bias = torch.zeros(features, **kind).requires_grad_()      # (F)

    def __call__(self, x):
        mean = x.mean(-1, keepdim=True)
        var = x.var(-1, keepdim=True, correction=0)
        x_hat = (x - mean) / (var + self.eps).sqrt()
        return self.weight * x_hat + self.bias


class Dropout(Layer):
    """x -> in training, each number 0 with probability p, else x / (1 - p); in eval, x.

    The division keeps the mean what it is without dropout.
    """

    def __init__(self, p=0.5, generator=None):
        if not 0 <= p <= 1:
            raise ValueError(f"p={p}, but it is a probability, 0 to 1")
        self.p, self.generator = p, generator

    def __call__(self, x):
        if not self.training or self.p == 0:
            return x
        kept = torch.empty_like(x).bernoulli_(1 - self.p, generator=self.generator)
        return x * kept.div_(1 - self.p) if self.p < 1 else x * kept


class Tanh(Layer):
    """x -> tanh x, number by number."""

    def __call__(self, x):
        return x.tanh()


class ReLU(Layer):
    """x -> max(0, x), number by number."""

    def __call__(self, x):
        return x.relu()


class Flatten(Layer):
    """x (B, T, C) -> (B, T * C): each example's numbers in one row."""

    def __call__(self, x):
        return x.flatten(1)


class FlattenConsecutive(Layer):
    """x (B, T, C) -> (B, T / n, n * C): n neighbours side by side; (B, n * C) for one.

    torch.nn has no such layer; it is the WaveNet lecture's.
    """

    def __init__(self, n):
        self.n = n

    def __call__(self, x):
        B, T, C = x.shape
        if T % self.n:
            raise ValueError(f"{T} positions do not make groups of {self.n}")
        x = x.reshape(B, T // self.n, self.n * C)
        return x.squeeze(1) if T == self.n else x


class Sequential(Layer):
    """x -> the last layer's y; each layer takes the output of the one before it.

    Give it a block_size, and it is a model as sample.py and evaluate.py know them.
    """

    def __init__(self, *layers):
        self.layers = list(layers)

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x

    def state_dict(self):
        return {f"{n}.{name}": tensor for n, layer in enumerate(self.layers)
                for name, tensor in layer.state_dict().items()}

    def __repr__(self):
        return "\n".join(f"{n:2} {layer}" for n, layer in enumerate(self.layers))

    def train(self, training=True):
        for layer in self.layers:
            layer.train(training)
        return super().train(training)


@torch.no_grad()
def fold(linear, norm):
    """A Linear that computes what norm.eval() makes of linear's outputs.

    With the statistics fixed, y = γ (x Wᵀ + b - μ) / σ + β is linear in x: a row of W
    is multiplied by γ/σ, and b becomes (b - μ) γ/σ + β.
    """
    outputs, inputs = linear.weight.shape
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()          # (F)
    b = 0 if linear.bias is None else linear.bias
    folded = Linear(inputs, outputs, dtype=scale.dtype, device=scale.device)
    folded.weight.copy_(linear.weight * scale[:, None])
    folded.bias.copy_((b - norm.running_mean) * scale + norm.bias)      # (F)
    return folded
