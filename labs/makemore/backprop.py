"""Becoming a backprop ninja: the slope of every tensor, the first exercise of the lecture.

    d_name    ∂loss/∂name, of the shape of name        n    what the variance divides by

net is a Network (embedding, W1, b1, gain, shift, W2, b2; correction, eps), s is what forward made
of it: a namespace of every tensor between the contexts and the loss. Look at forward, in the chapter
or in src/scratch/makemore/backprop.py, and not at what comes after it.

Exercises: backward.
Chapter: docs/makemore/backprop.md.  In place of: scratch.makemore.backprop.
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


def backward(net, s, contexts, targets):
    """s of forward -> {name: ∂loss/∂name}, from logprobs back to the embedding.

    For all names of s but loss, and those of the parameters: 26. Without autograd.
    embedding_backward(net, d_embedded, contexts), the last step, is the book's.

    Where does the backward pass begin? Cross-entropy

    >>> d = backward(net, s, X, Y)
    >>> rounded(d["logprobs"])
    [[0.0, -0.25, 0.0], [0.0, -0.25, 0.0], [0.0, 0.0, -0.25], [0.0, -0.25, 0.0]]
    >>> torch.equal(d["probs"] * s.probs, d["logprobs"])
    True
    >>> tuple(d["total"].shape), rounded(d["largest"])
    ((4, 1), [[0.0], [0.0], [0.0], [0.0]])
    >>> rounded(d["logits"].sum(1))
    [0.0, 0.0, 0.0, 0.0]

    How does a gradient pass through a matrix? Two products

    >>> [tuple(d[name].shape) for name in ("h", "W2", "b2")]
    [(4, 2), (2, 3), (3,)]
    >>> torch.allclose(d["b2"], d["logits"].sum(0))
    True

    What happens inside batch norm? Three paths

    >>> rounded(d["b1"]), rounded(d["pre"].sum(0))
    ([0.0, 0.0], [0.0, 0.0])
    >>> rounded((d["pre"] * s.x_hat).sum(0).abs() < 1e-4)     # and along x_hat, but for ε
    [1.0, 1.0]
    >>> len(d), {name: tuple(slope.shape) for name, slope in d.items()
    ...          if slope.shape != (getattr(s, name) if hasattr(s, name) else getattr(net, name)).shape}
    (26, {})

    Where do the gradients of the table go? The embedding

    >>> rounded(d["embedding"][2])                 # symbol 2 is in no context
    [0.0, 0.0]
    >>> torch.allclose(d["embedding"].sum(0), d["embedded"].sum((0, 1)))
    True
    """
    raise NotImplementedError("backward is yours to write")
