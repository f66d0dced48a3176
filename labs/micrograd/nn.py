"""Neural networks made of Values: a neuron, a layer, a multilayer perceptron (MLP).

    w    a neuron's weights, one for each input        b         its bias
    x    the inputs: numbers, or Values                nonlin    relu, tanh or linear

The constructors are the book's: a Neuron has .w, .b and .nonlin, a Layer has .neurons,
an MLP has .layers, and ACTIVATIONS[nonlin] is a function of a Value.

Exercises: Neuron.__call__, Neuron.parameters, Layer.__call__, Layer.parameters, MLP.__call__.
Chapter: docs/micrograd/neurons.md.  In place of: scratch.micrograd.nn.
"""

from scratch.micrograd import nn
from scratch.micrograd.engine import Value
from scratch.micrograd.nn import ACTIVATIONS


class Neuron(nn.Neuron):
    """The book's Neuron, except for the two methods that you write."""

    def __call__(self, x):
        """x (nin numbers) -> nonlin(w · x + b), one Value.

        ValueError, with the number of inputs, if it is not the number of weights.

        What is a neuron? Weights, bias, activation

        >>> neuron = Neuron(2, "linear")
        >>> neuron.w[0].data, neuron.w[1].data, neuron.b.data = 3.0, -0.5, 1.0
        >>> neuron([2.0, 4.0]).data        # 3 · 2 - 0.5 · 4 + 1
        5.0
        >>> neuron.nonlin = "tanh"
        >>> neuron([0.0, 2.0]).data        # tanh 0
        0.0
        >>> neuron([0.0, 2.0]).backward()
        >>> neuron.w[1].grad, neuron.b.grad
        (2.0, 1.0)
        >>> neuron([1.0])
        Traceback (most recent call last):
        ValueError: Neuron(2 -> 1 tanh) was given 1 inputs
        """
        raise NotImplementedError("Neuron.__call__ is yours to write")

    def parameters(self):
        """Every Value that training changes: the weights, then the bias.

        What is a neuron? Weights, bias, activation

        >>> neuron = Neuron(2)
        >>> neuron.parameters() == [*neuron.w, neuron.b]
        True
        """
        raise NotImplementedError("Neuron.parameters is yours to write")


class Layer(nn.Layer):
    """The book's Layer, except for the two methods that you write."""

    def __call__(self, x):
        """x (nin numbers) -> a list of Values, one from each neuron.

        What can two layers do that one neuron cannot? The multilayer perceptron

        >>> layer = Layer(1, 2, "linear")
        >>> for n, neuron in enumerate(layer.neurons):
        ...     neuron.w[0].data, neuron.b.data = 2.0, float(n)
        >>> [y.data for y in layer([5.0])]
        [10.0, 11.0]
        >>> len(Layer(3, 1)([1.0, 2.0, 3.0]))      # a list, even of one
        1
        """
        raise NotImplementedError("Layer.__call__ is yours to write")

    def parameters(self):
        """Every Value that training changes, neuron after neuron.

        How wrong is it? A loss function

        >>> layer = Layer(3, 4)
        >>> len(layer.parameters())                # 4 · (3 + 1)
        16
        >>> layer.parameters()[3] is layer.neurons[0].b
        True
        """
        raise NotImplementedError("Layer.parameters is yours to write")


class MLP(nn.MLP):
    """The book's MLP, except for the method that you write."""

    def __call__(self, x):
        """x (nin numbers) -> the last layer's Values, or the Value itself if it is one.

        What can two layers do that one neuron cannot? The multilayer perceptron

        >>> len(MLP(2, [3, 2])([0.5, -0.5]))
        2
        >>> isinstance(MLP(2, [3, 1])([0.5, -0.5]), Value)
        True
        >>> model = MLP(1, [1, 1])                 # relu(2x), then 3 times that
        >>> for layer, weight in zip(model.layers, (2.0, 3.0)):
        ...     layer.neurons[0].w[0].data = weight
        >>> model([5.0]).data, model([-5.0]).data
        (30.0, 0.0)
        """
        raise NotImplementedError("MLP.__call__ is yours to write")
