"""Two gradients in one line each, and a network that learns by them: the other three exercises.

    B  examples    V  symbols    H  features    d_name  ∂loss/∂name, of the shape of name

net is a Network (embedding, W1, b1, gain, shift, W2, b2; correction, eps), s is what forward made
of it: a namespace of every tensor between the contexts and the loss. Look at forward, in the chapter
before or in src/scratch/makemore/backprop.py; backward, too, is the book's here.

Exercises: cross_entropy_backward, batchnorm_backward, gradients.
Chapter: docs/makemore/short-forms.md.  In place of: scratch.makemore.backprop.
"""

import torch

from scratch.makemore.backprop import Network, embedding_backward, forward

net = Network(3, block_size=2, channels=2, hidden=2, generator=torch.Generator().manual_seed(1),
              correction=1, dtype=torch.float64)
X, Y = torch.tensor([[0, 0], [0, 1], [1, 1], [0, 0]]), torch.tensor([1, 1, 2, 1])
s = forward(net, X, Y)


def rounded(tensor):
    """Its numbers to five decimals, for the examples."""
    return (tensor.double() * 1e5).round().div(1e5).add(0.0).tolist()


def cross_entropy_backward(logits, targets):
    """logits (B, V), targets (B) -> ∂(mean cross-entropy)/∂logits, in one expression or two.

    Can cross-entropy be one line? Probabilities minus one-hot

    >>> rounded(cross_entropy_backward(torch.zeros(2, 2), torch.tensor([0, 1])))
    [[-0.25, 0.25], [0.25, -0.25]]
    >>> logits = torch.tensor([[0.0, 3.0, -2.0, 1.0]])
    >>> rounded(cross_entropy_backward(logits, torch.tensor([3])))
    [[0.04177, 0.83902, 0.00565, -0.88645]]
    >>> rounded(cross_entropy_backward(torch.tensor([[1000.0, 0.0]]), torch.tensor([0])))
    [[0.0, 0.0]]
    >>> logits.tolist()                            # as they were
    [[0.0, 3.0, -2.0, 1.0]]
    """
    raise NotImplementedError("cross_entropy_backward is yours to write")


def batchnorm_backward(d_y, x_hat, inv_std, gain, correction=0):
    """∂loss/∂y (B, H) -> ∂loss/∂x (B, H), for y = gain · x_hat + shift.

    x_hat (B, H) = (x - mean) · inv_std, and the variance divides by B - correction.

    Can batch norm be one line? Three paths in one formula

    >>> x_hat, inv_std = torch.tensor([[-1.0], [1.0], [-1.0], [1.0]]), torch.tensor([2.0])
    >>> gain, pull = torch.tensor([3.0]), torch.tensor([[1.0], [0.0], [0.0], [0.0]])
    >>> rounded(batchnorm_backward(pull, x_hat, inv_std, gain))
    [[3.0], [0.0], [-3.0], [0.0]]
    >>> rounded(batchnorm_backward(pull, x_hat, inv_std, gain, correction=1))
    [[2.5], [0.5], [-3.5], [0.5]]
    >>> rounded(batchnorm_backward(torch.ones(4, 1), x_hat, inv_std, gain))     # the mean takes it
    [[0.0], [0.0], [0.0], [0.0]]
    >>> rounded(batchnorm_backward(x_hat, x_hat, inv_std, gain))                # the variance does
    [[0.0], [0.0], [0.0], [0.0]]
    """
    raise NotImplementedError("batchnorm_backward is yours to write")


def gradients(net, contexts, targets):
    """contexts (B, T), targets (B) -> the loss, and [slope] in the order of net.parameters().

    With cross_entropy_backward, batchnorm_backward and embedding_backward, and without autograd:
    the book's train() takes its steps with what you return.

    Who needs autograd? Training with the short forms

    >>> loss, slopes = gradients(net, X, Y)
    >>> abs(loss.item() - s.loss.item()) < 1e-12
    True
    >>> [slope.shape == p.shape for slope, p in zip(slopes, net.parameters())]
    [True, True, True, True, True, True, True]
    >>> rounded(slopes[2])                         # of b1
    [0.0, 0.0]
    """
    raise NotImplementedError("gradients is yours to write")
