"""Gradient descent: move every parameter a little against its gradient.

    >>> x = Value(4.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> for step in range(3):
    ...     loss = (x - 1) ** 2
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> x.data                                   # each step halves the distance to 1
    1.375

    p     a parameter      g    ∂loss/∂p      velocity    the sum of past g, fading
    lr    the learning rate, p's movement per unit of slope; assign to .lr to change it

        g         =  p.grad + weight_decay · p
        velocity  =  momentum · velocity + g
        p         =  p - lr · velocity

These are the formulas of torch.optim.SGD, in the same order. With momentum, past
gradients count too, each step by less (Polyak, 1964); weight_decay · p is the slope of
the penalty weight_decay/2 · p².

Left out: Nesterov momentum, dampening, and a rate per parameter (Adam).

Chapter: docs/micrograd/neurons.md.  To copy: this file and engine.py.
"""

from .engine import Value


class SGD:
    """Stochastic gradient descent on a list of Values, such as model.parameters()."""

    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("there are no parameters to optimise")
        for p in self.parameters:
            if not isinstance(p, Value) or p.operation:
                raise TypeError(f"a parameter must be a leaf Value, not {p!r}")
        for name, number in {"lr": lr, "momentum": momentum,
                             "weight_decay": weight_decay}.items():
            if not number >= 0.0:    # not `< 0`, which would let nan through
                raise ValueError(f"{name} must not be negative or nan, as {number} is")
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.velocity = [0.0] * len(self.parameters)

    def zero_grad(self):
        """Set all gradients to 0; otherwise backward() adds to them."""
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        """Move each parameter against the gradient in its .grad."""
        for n, p in enumerate(self.parameters):
            g = p.grad + self.weight_decay * p.data
            self.velocity[n] = self.momentum * self.velocity[n] + g
            p.data -= self.lr * self.velocity[n]
