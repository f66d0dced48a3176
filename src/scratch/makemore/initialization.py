"""How large the first weights should be, and what shows whether they were.

    >>> g = torch.Generator().manual_seed(1)
    >>> W = kaiming(torch.empty(200, 300), GAINS["tanh"], generator=g)   # (F, fan in)
    >>> x = torch.randn(1000, 300, generator=g)
    >>> round((x @ W.T).std().item(), 1)     # 5/3: what tanh takes away, in advance
    1.7
    >>> round(saturation((x @ torch.randn(300, 200, generator=g)).tanh()), 2)
    0.9
    >>> layers = [lambda x: x @ W.T, torch.tanh]
    >>> for signal in probe(layers, x, lambda y: y.square().mean(), ["linear", "tanh"]):
    ...     print(signal)
    linear   output: std 1.68   gradient: std 2.4e-06
    tanh     output: std 0.76   gradient: std 7.6e-06

    B  examples   F  features, or units   fan in, fan out  inputs and outputs of a unit

Keep the variance: y = Σ W x over n independent inputs has variance n · var W · var x.
Xavier: Glorot and Bengio, Understanding the difficulty of training deep feedforward
neural networks, AISTATS 2010, their equation (16) with a gain. Kaiming: He and others,
Delving deep into rectifiers, ICCV 2015, their equation (10).

Left out: orthogonal matrices, and weights fitted to data (LSUV). Matplotlib is imported
by the functions that draw, and needed by nothing else.

Chapter: docs/makemore/initialization.md.  To copy: this file alone (needs torch).
"""

import math
from typing import NamedTuple

import torch

GAINS = {    # factors that make up for what the nonlinearity takes away
    "linear": 1.0,
    "tanh": 5 / 3,            # empirical, and PyTorch's; 1 would be right for small x
    "relu": math.sqrt(2),     # half of the numbers become 0, half of E[x²] is lost
}


def kaiming(weight, gain=GAINS["relu"], uniform=False, generator=None):
    """Fill weight (fan out, fan in): outputs have gain times the size of inputs."""
    fan_in, _ = fans(weight)
    return fill(weight, gain / math.sqrt(fan_in), uniform, generator)


def xavier(weight, gain=1.0, uniform=False, generator=None):
    """The same as a compromise between outputs forward and gradients back."""
    return fill(weight, gain * math.sqrt(2 / sum(fans(weight))), uniform, generator)


def fans(weight):
    """weight (fan out, fan in), or (out, in, width) of a convolution -> fan in, out."""
    if weight.ndim < 2:
        raise ValueError(f"a weight of shape {tuple(weight.shape)} has no fan in and "
                         "out; biases begin as zeros")
    width = math.prod(weight.shape[2:])
    return weight.shape[1] * width, weight.shape[0] * width


@torch.no_grad()
def fill(weight, std, uniform, generator):
    """Random numbers of mean 0 and this standard deviation, in place."""
    if uniform:
        bound = math.sqrt(3) * std       # of all in ±bound, the variance is bound² / 3
        return weight.uniform_(-bound, bound, generator=generator)
    return weight.normal_(0, std, generator=generator)


class Signal(NamedTuple):
    """What a layer made, and ∂loss/∂that, of the same shape."""

    name: str
    output: torch.Tensor
    gradient: torch.Tensor

    def __str__(self):
        return (f"{self.name:8} output: std {self.output.std():.2f}   "
                f"gradient: std {self.gradient.std():.1e}")


def probe(layers, x, loss, names=None):
    """Run x through the layers, and gradients of loss(y) back -> a Signal for each.

    A layer is anything that maps a tensor to the next. Raises ValueError for a layer
    whose output no parameter before it could change.
    """
    names = names or [f"{n} {type(layer).__name__}" for n, layer in enumerate(layers)]
    outputs = []
    with torch.enable_grad():
        for layer in layers:
            x = layer(x)
            if not outputs and not x.requires_grad:
                x = x.detach().requires_grad_()      # no parameters yet: begin here
            outputs.append(x)
        gradients = torch.autograd.grad(loss(x), outputs)
    return [Signal(name, output.detach(), gradient)
            for name, output, gradient in zip(names, outputs, gradients, strict=True)]


def saturation(y, limit=0.97):
    """Outputs of tanh -> the share beyond ±limit; at 0.97 the derivative is 0.06."""
    return (y.abs() > limit).float().mean().item()


def dead(y, limit=0.99):
    """y (B, F) of tanh -> (F), true for a unit that is beyond ±limit for every example.

    Of relu, (y == 0).all(dim=0) says the same.
    """
    return (y.abs() > limit).all(dim=0)                               # (F)


def gradient_to_data(parameters, gradients):
    """[p], [∂loss/∂p] -> [std of the gradient / std of p], one for each parameter."""
    return [(gradient.std() / p.detach().std()).item()
            for p, gradient in zip(parameters, gradients, strict=True)]


def update_to_data(parameters, gradients, rate):
    """The same for steps of plain descent, rate · gradient; about 1e-3 is good."""
    return [rate * ratio for ratio in gradient_to_data(parameters, gradients)]


def histogram(values, bins=50, limit=None):
    """Any shape -> centres and densities, numpy (bins), within ±limit, or ±largest."""
    values = values.detach().flatten().double()
    limit = limit or values.abs().max().item() or 1.0
    counts = torch.histc(values, bins, -limit, limit)
    width = 2 * limit / bins
    centres = -limit + width * (torch.arange(bins).double() + 0.5)
    return centres.numpy(), (counts / (len(values) * width)).numpy()


def draw_outputs(signals, bins=50, axes=None):
    """A line for each signal: how its outputs are distributed."""
    return draw_histograms(signals, [s.output for s in signals], "output", bins, axes)


def draw_gradients(signals, bins=50, axes=None):
    """A line for each signal: how the gradients of its outputs are distributed."""
    tensors = [s.gradient for s in signals]
    return draw_histograms(signals, tensors, "gradient", bins, axes)


def draw_histograms(signals, tensors, label, bins, axes):
    axes = axes or new_axes()
    limit = 3 * max(t.std().item() for t in tensors)
    limit = min(limit, max(t.abs().max().item() for t in tensors))
    for signal, tensor in zip(signals, tensors):
        axes.plot(*histogram(tensor, bins, limit), label=signal.name)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(label)
    axes.set_ylabel("density")
    axes.legend()
    return axes


def draw_ratios(history, names, axes=None):
    """[update_to_data of each step] -> a line for each parameter, 1e-3 dashed."""
    axes = axes or new_axes()
    for name, ratios in zip(names, zip(*history), strict=True):
        axes.plot([math.log10(ratio) if ratio else math.nan for ratio in ratios],
                  label=name)
    axes.axhline(-3, color="black", linestyle="--", linewidth=1)
    axes.set_xlabel("step")
    axes.set_ylabel("log₁₀ of update : data")
    axes.legend()
    return axes


def new_axes():
    import matplotlib.pyplot as plt

    return plt.subplots()[1]
