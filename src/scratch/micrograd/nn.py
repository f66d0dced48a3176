"""Neural networks made of Values: a neuron, a layer, a multilayer perceptron (MLP).

    >>> model = MLP(2, [3, 1], nonlin="tanh", rng=random.Random(1))
    >>> model
    MLP(2 -> 3 tanh -> 1 linear, 13 parameters)
    >>> y = model([0.5, -1.0])
    >>> y.backward()
    >>> len(model.parameters()), model.layers[1].neurons[0].b.grad
    (13, 1.0)

    nin    number of inputs      w, b      a weight for each input, and the bias
    nout   number of neurons     nonlin    the activation: "relu" (or True), "tanh",
                                           or "linear" (or False) for none

Weights start uniformly between -1 and 1 and biases at 0, as in karpathy/micrograd,
whose names and arguments these are. Inputs are numbers or Values; outputs are Values.

Left out: weights scaled by the number of inputs. In layers of a hundred neurons the
sums start so large that tanh is flat and learns nothing; small layers need no scaling.

Chapter: docs/micrograd/neurons.md.  To copy: this file and engine.py.
"""

import random

from .engine import Value

ACTIVATIONS = {
    "relu": lambda total: total.relu(),
    "tanh": lambda total: total.tanh(),
    "linear": lambda total: total,
}


class Module:
    """A part of a network, with parameters: the Values that training changes."""

    def parameters(self):
        return []

    def zero_grad(self):
        """Set all gradients to 0; otherwise backward() adds to them."""
        for p in self.parameters():
            p.grad = 0.0


class Neuron(Module):
    """x (nin numbers) -> nonlin(w · x + b), one Value."""

    def __init__(self, nin, nonlin=True, rng=random):
        self.nonlin = {True: "relu", False: "linear"}.get(nonlin, nonlin)
        if self.nonlin not in ACTIVATIONS:
            raise ValueError(f"nonlin must be relu, tanh or linear, not {nonlin!r}")
        if nin < 1:
            raise ValueError(f"a neuron needs at least one input, not {nin}")
        self.w = [Value(rng.uniform(-1, 1)) for _ in range(nin)]
        self.b = Value(0.0)

    def __call__(self, x):
        if len(x) != len(self.w):
            raise ValueError(f"{self} was given {len(x)} inputs")
        total = sum((wi * xi for wi, xi in zip(self.w, x)), self.b)
        return ACTIVATIONS[self.nonlin](total)

    def parameters(self):
        return [*self.w, self.b]

    def __repr__(self):
        return f"Neuron({len(self.w)} -> 1 {self.nonlin})"


class Layer(Module):
    """x (nin numbers) -> a list of nout Values, one from each neuron."""

    def __init__(self, nin, nout, nonlin=True, rng=random):
        if nout < 1:
            raise ValueError(f"a layer needs at least one neuron, not {nout}")
        self.neurons = [Neuron(nin, nonlin, rng) for _ in range(nout)]

    def __call__(self, x):
        return [neuron(x) for neuron in self.neurons]

    def parameters(self):
        return [p for neuron in self.neurons for p in neuron.parameters()]

    def __repr__(self):
        first = self.neurons[0]
        return f"Layer({len(first.w)} -> {len(self.neurons)} {first.nonlin})"


class MLP(Module):
    """x (nin numbers) -> the last layer's Values, or the Value itself if it is one.

    nouts has the number of neurons of each layer; last is the last layer's nonlin.
    """

    def __init__(self, nin, nouts, nonlin=True, last="linear", rng=random):
        if not nouts:
            raise ValueError("an MLP needs at least one layer: MLP(2, [16, 16, 1])")
        nonlins = [*[nonlin] * (len(nouts) - 1), last]
        shapes = zip([nin, *nouts], nouts, nonlins)
        self.layers = [Layer(*shape, rng) for shape in shapes]

    def __call__(self, x):
        for layer in self.layers:
            x = layer(x)
        return x[0] if len(x) == 1 else x

    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters()]

    def __repr__(self):
        firsts = [(len(layer.neurons), layer.neurons[0]) for layer in self.layers]
        outs = [f"{nout} {neuron.nonlin}" for nout, neuron in firsts]
        chain = " -> ".join([str(len(firsts[0][1].w)), *outs])
        return f"MLP({chain}, {len(self.parameters())} parameters)"
