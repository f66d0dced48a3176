"""Neurons, layers and networks compute what PyTorch's do, begin as micrograd's do, and check their input."""

import functools
import random

import pytest
import torch
from torch import nn

from scratch.micrograd.check import gradient_check
from scratch.micrograd.engine import Value
from scratch.micrograd.nn import MLP, Layer, Module, Neuron
from scratch.micrograd.trace import compile

double = functools.partial(torch.tensor, dtype=torch.float64)
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh, "linear": lambda x: x}


def test_a_seeded_neuron_begins_and_computes_as_the_one_published_with_micrograd():
    """Oracle: micrograd's trace_graph notebook: Neuron(2) after random.seed(1337), at (1, -2)."""
    random.seed(1337)
    neuron = Neuron(2)
    x = [Value(1.0), Value(-2.0)]
    y = neuron(x)
    y.backward()
    assert [w.data for w in neuron.w] == pytest.approx([0.2355, 0.0665], abs=5e-5) and neuron.b.data == 0.0
    assert y.data == pytest.approx(0.1024, abs=5e-5)
    assert [w.grad for w in neuron.w] == [1.0, -2.0] and neuron.b.grad == 1.0
    assert [xi.grad for xi in x] == [w.data for w in neuron.w]


def test_a_generator_gives_the_weights_that_seeding_the_module_random_gives():
    random.seed(7)
    theirs = [p.data for p in MLP(3, [4, 1]).parameters()]
    assert [p.data for p in MLP(3, [4, 1], rng=random.Random(7)).parameters()] == theirs


@pytest.mark.parametrize("last", ACTIVATIONS)
@pytest.mark.parametrize("nonlin", ACTIVATIONS)
def test_a_network_has_pytorchs_outputs_and_gradients(nonlin, last):
    """Oracle: torch.nn.Linear in float64 with the same weights; both sum in their own order."""
    model = MLP(3, [5, 4, 2], nonlin, last, rng=random.Random(3))
    linears = [nn.Linear(*size).double() for size in ((3, 5), (5, 4), (4, 2))]
    x = [0.5, -1.25, 2.0]
    theirs = double(x)
    for linear, layer, bend in zip(linears, model.layers, [nonlin, nonlin, last]):
        with torch.no_grad():
            linear.weight[:] = double([[w.data for w in neuron.w] for neuron in layer.neurons])
            linear.bias[:] = double([neuron.b.data for neuron in layer.neurons])
        theirs = ACTIVATIONS[bend](linear(theirs))
    ours = model(x)
    assert [y.data for y in ours] == pytest.approx(theirs.tolist(), rel=1e-13, abs=1e-15)
    (ours[0] * 2 - ours[1]).backward()
    (theirs[0] * 2 - theirs[1]).backward()
    expected = [number for linear in linears for row, bias in zip(linear.weight.grad, linear.bias.grad)
                for number in [*row.tolist(), bias.item()]]
    assert [p.grad for p in model.parameters()] == pytest.approx(expected, rel=1e-12, abs=1e-14)


def test_a_whole_network_passes_the_gradient_check():
    model = MLP(2, [4, 1], nonlin="tanh", last="tanh", rng=random.Random(0))
    assert gradient_check(lambda *_: model([0.5, -1.0]), *model.parameters()) < 1e-8


@pytest.mark.parametrize("nonlin", ACTIVATIONS)
def test_a_network_compiles_where_it_stands(nonlin):
    """Oracle: the engine, at weights other than those it was compiled with."""
    model, other = (MLP(2, [3, 1], nonlin, rng=random.Random(seed)) for seed in (1, 2))
    program = compile(lambda *_: model([0.5, -1.0]), model.parameters())
    y = other([0.5, -1.0])
    y.backward()
    value, slopes = program([p.data for p in other.parameters()])
    assert value == y.data and slopes == pytest.approx([p.grad for p in other.parameters()], rel=1e-14)


@pytest.mark.parametrize("nin, nouts, count", [(3, [4, 4, 1], 41), (2, [16, 16, 1], 337), (1, [1], 2)])
def test_the_parameters_are_every_weight_and_bias_once(nin, nouts, count):
    """Oracle: the counts that micrograd prints."""
    parameters = MLP(nin, nouts).parameters()
    assert len(set(parameters)) == len(parameters) == count


def test_zero_grad_forgets_every_gradient():
    model = MLP(2, [3, 1], rng=random.Random(1))
    model([1.0, 2.0]).backward()
    assert any(p.grad for p in model.parameters())
    model.zero_grad()
    assert not any(p.grad for p in model.parameters())
    assert Module().parameters() == []


def test_one_last_neuron_gives_a_value_and_several_give_a_list():
    assert isinstance(MLP(2, [3, 1])([1, 2]), Value)
    assert [type(y) for y in MLP(2, [3, 2])([1, 2])] == [Value, Value]
    assert [type(y) for y in Layer(2, 1)([1, 2])] == [Value]


def test_a_layer_of_one_neuron_may_stand_in_the_middle():
    """karpathy/micrograd's layer of one gives a Value, which its next layer cannot take."""
    assert isinstance(MLP(2, [1, 3, 1])([1, 2]), Value)


@pytest.mark.parametrize("nonlin, kind",
                         [(True, "relu"), (False, "linear"), ("tanh", "tanh"), ("linear", "linear")])
def test_nonlin_is_micrograds_switch_or_a_name(nonlin, kind):
    neuron = Neuron(1, nonlin)
    total = neuron.w[0].data * -3.0
    assert neuron([-3.0]).data == pytest.approx(ACTIVATIONS[kind](double(total)).item())
    assert repr(neuron) == f"Neuron(1 -> 1 {kind})"


def test_repr_describes_the_network():
    model = MLP(2, [16, 16, 1])
    assert repr(model) == "MLP(2 -> 16 relu -> 16 relu -> 1 linear, 337 parameters)"
    assert repr(model.layers[0]) == "Layer(2 -> 16 relu)"


@pytest.mark.parametrize("make, says", [
    (lambda: MLP(2, []), "at least one layer"),
    (lambda: MLP(0, [1]), "at least one input, not 0"),
    (lambda: MLP(2, [3, 0, 1]), "at least one neuron, not 0"),
    (lambda: Neuron(2, "sigmoid"), "relu, tanh or linear, not 'sigmoid'"),
    (lambda: MLP(2, [3, 1])([1.0]), r"Neuron\(2 -> 1 relu\) was given 1 inputs"),
    (lambda: Layer(2, 3)([1.0, 2.0, 3.0]), "was given 3 inputs"),
])
def test_a_wrong_size_or_name_is_an_error_that_says_so(make, says):
    with pytest.raises(ValueError, match=says):
        make()


def test_a_wrong_input_is_the_engines_error():
    with pytest.raises(TypeError, match="'1' is of type str"):
        Neuron(1)(["1"])
