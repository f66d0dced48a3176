"""Gradient descent: move every parameter a little against its slope.

    >>> x = Value(4.0)
    >>> optimizer = SGD([x], lr=0.25)
    >>> for step in range(3):
    ...     loss = (x - 1) ** 2
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> x.data                                   # each step halves the way to 1
    1.375

    p     a parameter      g    ∂loss/∂p      velocity    what keeps p moving
    lr    the learning rate, p's movement per unit of slope; set it to change it

        g         =  p.grad + weight_decay · p
        velocity  =  momentum · velocity + g
        p         =  p - lr · velocity

These are the formulas of torch.optim.SGD, in its order. With momentum, past slopes count
on, ever less (Polyak, 1964); weight_decay is the slope of weight_decay/2 · p².

Left out: Nesterov's look ahead, dampening, and a rate for each parameter (Adam).

Chapter: docs/micrograd/neurons.md.  To copy: this file and engine.py.
"""

from .engine import Value


class SGD:
    """Stochastic gradient descent on a list of Values, such as model.parameters()."""

    def __init__(self, parameters, lr, momentum=0.0, weight_decay=0.0):
        self.parameters = list(parameters)
        if not self.parameters:
            raise ValueError("there is no parameter to optimise")
        for p in self.parameters:
            if not isinstance(p, Value) or p.operation:
                raise TypeError(f"a parameter is a Value no operation made, not {p!r}")
        for name, number in {"lr": lr, "momentum": momentum,
                             "weight_decay": weight_decay}.items():
            if not number >= 0.0:    # not `< 0`, which would let nan through
                raise ValueError(f"{name} is not negative, and {number} is not that")
        self.lr, self.momentum, self.weight_decay = lr, momentum, weight_decay
        self.velocity = [0.0] * len(self.parameters)

    def zero_grad(self):
        """Forget the gradients, which backward() would otherwise add to."""
        for p in self.parameters:
            p.grad = 0.0

    def step(self):
        """Move each parameter against the slope that is in its .grad."""
        for n, p in enumerate(self.parameters):
            g = p.grad + self.weight_decay * p.data
            self.velocity[n] = self.momentum * self.velocity[n] + g
            p.data -= self.lr * self.velocity[n]
