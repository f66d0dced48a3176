"""Backpropagation by hand: every gradient of an MLP with batch norm, and no autograd.

    >>> g = torch.Generator().manual_seed(2147483647)
    >>> net = Network(27, block_size=3, channels=10, hidden=64, generator=g)
    >>> sum(p.numel() for p in net.parameters())
    4137
    >>> contexts = torch.tensor([[0, 0, 0], [0, 0, 5], [0, 5, 13]])
    >>> targets = torch.tensor([5, 13, 13])
    >>> s = forward(net, contexts, targets)            # each tensor on the way to loss
    >>> d = backward(net, s, contexts, targets)        # ∂loss/∂each, by its name
    >>> d["logits"].shape, d["W1"].shape
    (torch.Size([3, 27]), torch.Size([30, 64]))
    >>> losses = list(train(net, repeat((contexts, targets)), [0.1] * 200))
    >>> calibrate(net, contexts)
    >>> net(contexts).argmax(dim=1).tolist()
    [5, 13, 13]

    B  examples of a minibatch    T  positions of a context   V  symbols
    C  channels of an embedding   H  hidden units             N  contexts
    d_name   ∂loss/∂name          n  what a variance divides by

forward and backward have a line for each operation; gradients() does the same with the
short forms cross_entropy_backward and batchnorm_backward, and train() needs no other.
The variance of a batch divides by n = B - correction: 0 is PyTorch's batch norm, 1 the
lecture's. The gradients differ in that n and nowhere else.

Left out: running statistics. A batch norm that has been trained knows only batches;
calibrate() measures mean and variance once, over all training examples.

Chapter: docs/makemore/backprop.md.  To copy: this file and layers.py (needs torch).
"""

from itertools import repeat    # for the example above
from types import SimpleNamespace

import torch

from .layers import Layer


class Network(Layer):
    """contexts (B, T) ids -> logits (B, V):  W2 tanh(batchnorm(W1 x + b1)) + b2.

    Biases, gains and shifts begin as small random numbers, not as zeros and ones, so
    that a mistake in their gradients shows. None of the tensors requires a gradient.
    """

    def __init__(self, symbols, block_size=3, channels=10, hidden=200, generator=None,
                 correction=0, eps=1e-5, **kind):
        def normal(*shape):
            return torch.randn(shape, generator=generator, **kind)

        inputs = block_size * channels
        self.block_size, self.correction, self.eps = block_size, correction, eps
        self.embedding = normal(symbols, channels)                 # (V, C)
        self.W1 = normal(inputs, hidden) * (5 / 3) / inputs**0.5   # (T * C, H)
        self.b1 = normal(hidden) * 0.1                             # (H)
        self.W2 = normal(hidden, symbols) * 0.1                    # (H, V)
        self.b2 = normal(symbols) * 0.1                            # (V)
        self.gain = normal(hidden) * 0.1 + 1                       # (H)
        self.shift = normal(hidden) * 0.1                          # (H)
        self.mean = self.var = None         # calibrate() sets them

    def parameters(self):
        return [self.embedding, self.W1, self.b1, self.gain, self.shift, self.W2,
                self.b2]

    def __call__(self, contexts):
        if self.mean is None:
            raise ValueError("calibrate(net, contexts) first: outside of a batch, "
                             "batch norm needs a mean and a variance")
        centred = self.preactivations(contexts) - self.mean        # (B, H)
        x_hat = centred / (self.var + self.eps).sqrt()             # (B, H)
        h = (self.gain * x_hat + self.shift).tanh()                # (B, H)
        return h @ self.W2 + self.b2                               # (B, V)

    def preactivations(self, contexts):
        x = self.embedding[contexts].flatten(1)                    # (B, T * C)
        return x @ self.W1 + self.b1                               # (B, H)


def forward(net, contexts, targets):
    """contexts (B, T), targets (B) -> a namespace of every tensor, the loss last."""
    B = len(targets)
    n = B - net.correction
    embedded = net.embedding[contexts]                       # (B, T, C)
    x = embedded.flatten(1)                                  # (B, T * C)
    pre = x @ net.W1 + net.b1                                # (B, H)
    mean = pre.sum(dim=0) / B                                # (H)
    centred = pre - mean                                     # (B, H)
    squares = centred**2                                     # (B, H)
    var = squares.sum(dim=0) / n                             # (H)
    inv_std = (var + net.eps)**-0.5                          # (H)
    x_hat = centred * inv_std                                # (B, H)
    y = net.gain * x_hat + net.shift                         # (B, H)
    h = y.tanh()                                             # (B, H)
    logits = h @ net.W2 + net.b2                             # (B, V)
    largest = logits.amax(dim=1, keepdim=True)               # (B, 1)
    shifted = logits - largest                               # (B, V)  0 at most
    counts = shifted.exp()                                   # (B, V)
    total = counts.sum(dim=1, keepdim=True)                  # (B, 1)
    inv_total = total**-1                                    # (B, 1)
    probs = counts * inv_total                               # (B, V)
    logprobs = probs.log()                                   # (B, V)
    loss = -logprobs[range(B), targets].mean()               # ()
    return SimpleNamespace(
        embedded=embedded, x=x, pre=pre, mean=mean, centred=centred, squares=squares,
        var=var, inv_std=inv_std, x_hat=x_hat, y=y, h=h, logits=logits, largest=largest,
        shifted=shifted, counts=counts, total=total, inv_total=inv_total, probs=probs,
        logprobs=logprobs, loss=loss)


def backward(net, s, contexts, targets):
    """s of forward -> {name: ∂loss/∂name}, from logprobs back to the embedding.

    Read it beside forward, from its last line up. What was broadcast on the way there
    is summed on the way back, and what was used twice collects two gradients.
    """
    B = len(targets)
    n = B - net.correction
    d_logprobs = torch.zeros_like(s.logprobs)                # (B, V)
    d_logprobs[range(B), targets] = -1 / B
    d_probs = d_logprobs / s.probs                           # (B, V)
    d_inv_total = (s.counts * d_probs).sum(1, keepdim=True)  # (B, 1)
    d_total = -s.total**-2 * d_inv_total                     # (B, 1)
    d_counts = s.inv_total * d_probs + d_total               # (B, V)  used twice
    d_shifted = s.counts * d_counts                          # (B, V)
    d_largest = -d_shifted.sum(1, keepdim=True)              # (B, 1)
    d_logits = d_shifted.clone()                             # (B, V)
    d_logits[range(B), s.logits.argmax(1)] += d_largest[:, 0]
    d_h = d_logits @ net.W2.T                                # (B, H)
    d_W2 = s.h.T @ d_logits                                  # (H, V)
    d_b2 = d_logits.sum(0)                                   # (V)
    d_y = (1 - s.h**2) * d_h                                 # (B, H)
    d_gain = (s.x_hat * d_y).sum(0)                          # (H)
    d_shift = d_y.sum(0)                                     # (H)
    d_x_hat = net.gain * d_y                                 # (B, H)
    d_inv_std = (s.centred * d_x_hat).sum(0)                 # (H)
    d_var = -0.5 * (s.var + net.eps)**-1.5 * d_inv_std       # (H)
    d_squares = (d_var / n).expand(B, -1)                    # (B, H)  one n for each
    d_centred = s.inv_std * d_x_hat + 2 * s.centred * d_squares    # (B, H)  used twice
    d_mean = -d_centred.sum(0)                               # (H)
    d_pre = d_centred + d_mean / B                           # (B, H)  used twice
    d_x = d_pre @ net.W1.T                                   # (B, T * C)
    d_W1 = s.x.T @ d_pre                                     # (T * C, H)
    d_b1 = d_pre.sum(0)                                      # (H)
    d_embedded = d_x.view(s.embedded.shape)                  # (B, T, C)
    d_embedding = embedding_backward(net, d_embedded, contexts)    # (V, C)
    return dict(
        logprobs=d_logprobs, probs=d_probs, inv_total=d_inv_total, total=d_total,
        counts=d_counts, shifted=d_shifted, largest=d_largest, logits=d_logits, h=d_h,
        W2=d_W2, b2=d_b2, y=d_y, gain=d_gain, shift=d_shift, x_hat=d_x_hat,
        inv_std=d_inv_std, var=d_var, squares=d_squares, centred=d_centred, mean=d_mean,
        pre=d_pre, x=d_x, W1=d_W1, b1=d_b1, embedded=d_embedded, embedding=d_embedding)


def embedding_backward(net, d_embedded, contexts):
    """A row of the table collects the gradients of all the places where its id is."""
    d_embedding = torch.zeros_like(net.embedding)            # (V, C)
    return d_embedding.index_add_(0, contexts.flatten(), d_embedded.flatten(0, 1))


def cross_entropy_backward(logits, targets):
    """logits (B, V), targets (B) -> ∂(cross-entropy)/∂logits:  (p - onehot) / B."""
    d_logits = logits.softmax(dim=1)                         # (B, V)
    d_logits[range(len(targets)), targets] -= 1
    return d_logits / len(targets)                           # (B, V)


def batchnorm_backward(d_y, x_hat, inv_std, gain, correction=0):
    """∂loss/∂y (B, H) -> ∂loss/∂x (B, H), for y = gain · x_hat + shift.

    x_hat = (x - mean) · inv_std, and the variance divides by B - correction. If d_y is
    the same for the whole batch, via_var is a multiple of Σ x_hat = 0.
    """
    d_x_hat = d_y * gain                                     # (B, H)
    via_mean = d_x_hat.mean(dim=0)                           # (H)  each x also moved
    via_var = (d_x_hat * x_hat).sum(dim=0)                   # (H)  the mean and the
    via_var /= len(d_y) - correction                         # (H)  variance
    return inv_std * (d_x_hat - via_mean - x_hat * via_var)  # (B, H)


def gradients(net, contexts, targets):
    """contexts (B, T), targets (B) -> the loss, and a gradient for each parameter."""
    embedded = net.embedding[contexts]                                 # (B, T, C)
    x = embedded.flatten(1)                                            # (B, T * C)
    pre = x @ net.W1 + net.b1                                          # (B, H)
    var, mean = torch.var_mean(pre, dim=0, correction=net.correction)  # (H), (H)
    inv_std = (var + net.eps).rsqrt()                                  # (H)
    x_hat = (pre - mean) * inv_std                                     # (B, H)
    h = (net.gain * x_hat + net.shift).tanh()                          # (B, H)
    logits = h @ net.W2 + net.b2                                       # (B, V)
    loss = torch.nn.functional.cross_entropy(logits, targets)          # ()

    d_logits = cross_entropy_backward(logits, targets)                 # (B, V)
    d_y = (1 - h**2) * (d_logits @ net.W2.T)                           # (B, H)
    d_pre = batchnorm_backward(d_y, x_hat, inv_std, net.gain, net.correction)
    d_embedded = (d_pre @ net.W1.T).view(embedded.shape)               # (B, T, C)
    return loss, [embedding_backward(net, d_embedded, contexts),
                  x.T @ d_pre, d_pre.sum(0),                           # W1, b1
                  (d_y * x_hat).sum(0), d_y.sum(0),                    # gain, shift
                  h.T @ d_logits, d_logits.sum(0)]                     # W2, b2


@torch.no_grad()
def train(net, batches, rates):
    """Pairs (contexts, targets), a learning rate for each -> the loss of each step.

    A generator, as mlp.train is: steps are taken as losses are asked for. These tensors
    do not require gradients; no_grad makes that explicit, and lets train() take
    networks whose tensors do. Raises ValueError for a minibatch without a variance.
    """
    for rate, (contexts, targets) in zip(rates, batches):
        if len(targets) <= net.correction:
            raise ValueError(f"a minibatch of {len(targets)}: a variance needs more "
                             f"than {net.correction} examples")
        loss, found = gradients(net, contexts, targets)
        for parameter, gradient in zip(net.parameters(), found):
            parameter.sub_(gradient, alpha=rate)
        yield loss.item()


@torch.no_grad()
def calibrate(net, contexts):
    """Set net.mean and net.var to those of all contexts (N, T)."""
    net.var, net.mean = torch.var_mean(net.preactivations(contexts), dim=0)  # (H), (H)
