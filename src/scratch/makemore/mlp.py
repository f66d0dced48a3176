"""A neural model of the next character: an embedding, a hidden layer, a softmax.

    >>> generator = torch.Generator().manual_seed(2147483647)
    >>> model = MLP(27, block_size=3, channels=10, hidden=200, generator=generator)
    >>> sum(p.numel() for p in model.parameters())
    11897
    >>> contexts = torch.tensor([[0, 0, 0], [0, 0, 5]])       # "..." and "..e"
    >>> targets = torch.tensor([5, 13])                       # "e" and "m"
    >>> losses = list(train(model, contexts, targets, [0.1] * 100, 2, generator))
    >>> losses[0] > 10 and losses[-1] < 0.01                  # learnt by heart
    True

    B  examples of a minibatch    T  positions of a context, block_size    V  symbols
    C  channels of an embedding   H  hidden units                          N  examples

The network of Yoshua Bengio and others, A neural probabilistic language model, Journal
of Machine Learning Research 3, 2003: their equation (1), with characters in place of
words and without direct connections from embeddings to logits (W = 0).

Left out: everything that makes the start of the training good. The weights begin as
standard normal numbers, so that tanh saturates (-1 or 1, slope 0) for many units and
the first losses are far above ln V; output_scale mends the second, not the first.

Chapter: docs/makemore/mlp.md.  To copy: this file alone (needs torch).
"""

import torch
import torch.nn.functional as F


class MLP:
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
        for parameter in self.parameters():
            parameter.requires_grad_()

    def __call__(self, contexts):
        each = self.embedding[contexts]                      # (B, T, C)
        x = each.flatten(1)                                  # (B, T * C)  side by side
        hidden = torch.addmm(self.b1, x, self.W1).tanh()     # (B, H)  addmm: b + x W
        return torch.addmm(self.b2, hidden, self.W2)         # (B, V)

    def parameters(self):
        """The tensors to train."""
        return [self.embedding, self.W1, self.b1, self.W2, self.b2]


def train(model, contexts, targets, rates, batch=32, generator=None):
    """contexts (N, T), targets (N), a learning rate per step -> the loss of each step.

    A step draws a minibatch of the N examples, with replacement, moves each parameter
    by -rate times its slope of the mean loss, and yields that loss, in nats, as it was
    before the move. This is a generator: steps are taken as losses are asked for, which
    list() does for all, and in between the model may be looked at, or saved.
    """
    parameters = model.parameters()
    if len(targets) == 0:
        raise ValueError("no examples to train on")
    for rate in rates:
        rows = torch.randint(len(targets), (batch,), generator=generator)    # (B)
        loss = F.cross_entropy(model(contexts[rows]), targets[rows])         # ()
        slopes = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for parameter, slope in zip(parameters, slopes):
                parameter.add_(slope, alpha=-rate)
        yield loss.item()


def two_rates(steps, rate=0.1):
    """Learning rates for train: rate for half of the steps, then a tenth of it.

    >>> two_rates(4, 0.5)
    [0.5, 0.5, 0.05, 0.05]
    """
    first = (steps + 1) // 2
    return [rate] * first + [rate / 10] * (steps - first)
