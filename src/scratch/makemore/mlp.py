"""A neural model of the next character: an embedding, a hidden layer, a softmax.

    >>> generator = torch.Generator().manual_seed(2147483647)
    >>> model = MLP(27, block_size=3, channels=10, hidden=200, generator=generator)
    >>> sum(p.numel() for p in model.parameters())
    11897
    >>> contexts = torch.tensor([[0, 0, 0], [0, 0, 5]])       # "..." and "..e"
    >>> targets = torch.tensor([5, 13])                       # "e" and "m"
    >>> losses = list(train(model, repeat((contexts, targets)), [0.1] * 100))
    >>> losses[0] > 10 and losses[-1] < 0.01                  # learnt by heart
    True

    B  examples of a minibatch    T  positions of a context, block_size    V  symbols
    C  channels of an embedding   H  hidden units

The network of Yoshua Bengio and others, A neural probabilistic language model, Journal
of Machine Learning Research 3, 2003: their equation (1), with characters in place of
words and without direct connections from embeddings to logits (W = 0).

Left out: everything that makes the start of the training good. The weights begin as
standard normal numbers, so that tanh saturates (at -1 or 1, where its derivative is 0)
in many units, and the first losses are far above ln V; output_scale mends the second,
not the first.

Chapter: docs/makemore/mlp.md.  To copy: this file and layers.py (needs torch).
"""

from itertools import repeat    # for the example above

import torch
import torch.nn.functional as F

from .layers import Layer


class MLP(Layer):
    """contexts (B, T) ids -> logits (B, V):  W2 tanh(W1 x + b1) + b2, x the embeddings.

    The parameters are drawn from the generator in the order embedding, W1, b1, W2, b2;
    W2 and b2 are then multiplied by output_scale. With a small one the first logits are
    nearly equal, and the first loss is nearly ln V.
    """

    def __init__(self, symbols, block_size=3, channels=10, hidden=200, generator=None,
                 output_scale=1.0):
        def normal(*shape):
            return torch.randn(shape, generator=generator)

        self.block_size = block_size
        self.embedding = normal(symbols, channels)           # (V, C)  a row per symbol
        self.W1 = normal(block_size * channels, hidden)      # (T * C, H)
        self.b1 = normal(hidden)                             # (H)
        self.W2 = normal(hidden, symbols) * output_scale     # (H, V)
        self.b2 = normal(symbols) * output_scale             # (V)
        for parameter in self.state_dict().values():
            parameter.requires_grad_()

    def __call__(self, contexts):
        each = self.embedding[contexts]                      # (B, T, C)
        x = each.flatten(1)                                  # (B, T * C)  side by side
        hidden = torch.addmm(self.b1, x, self.W1).tanh()     # (B, H)  addmm: b + x W
        return torch.addmm(self.b2, hidden, self.W2)         # (B, V)


def train(model, batches, rates):
    """Pairs (contexts, targets), a learning rate for each -> the loss of each step.

    A step takes the next pair (B, T), (B), moves each parameter by -rate times its
    gradient of the mean loss, and yields that loss, in nats, as it was before the move.
    This is a generator: steps are taken as losses are asked for, which list() does for
    all, and in between the model may be looked at, or saved.
    """
    parameters = list(model.parameters())
    for rate, (contexts, targets) in zip(rates, batches):
        loss = F.cross_entropy(model(contexts), targets)     # ()
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients):
                parameter.add_(gradient, alpha=-rate)
        yield loss.item()


def two_rates(steps, rate=0.1):
    """Learning rates for train: rate for half of the steps, then a tenth of it.

    >>> two_rates(4, 0.5)
    [0.5, 0.5, 0.05, 0.05]
    """
    first = (steps + 1) // 2
    return [rate] * first + [rate / 10] * (steps - first)
