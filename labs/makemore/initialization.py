"""How large the first weights should be, and two numbers that say whether they were.

    fan in, fan out    how many inputs and outputs a unit has        gain    5/3 for tanh

fans(weight) is (fan in, fan out), and fill(weight, std, uniform, generator) writes random numbers
of mean 0 and that standard deviation into weight and returns it; both are the book's.

Exercises: kaiming, xavier, saturation, update_to_data.
Chapter: docs/makemore/initialization.md.  In place of: scratch.makemore.initialization.
"""

import math

import torch

from scratch.makemore.initialization import GAINS, fans, fill


def kaiming(weight, gain=GAINS["relu"], uniform=False, generator=None):
    """Fill weight (fan out, fan in) so that outputs have gain times the inputs' size.

    How large should a weight be? Kaiming's formula

    >>> _ = torch.manual_seed(1)
    >>> weight = kaiming(torch.empty(400, 100), gain=1.0)
    >>> round(weight.std().item(), 2)                          # 1/√100
    0.1
    >>> round(kaiming(torch.empty(400, 100), gain=2.0).std().item(), 2)
    0.2
    >>> round(kaiming(torch.empty(100, 400), gain=2.0).std().item(), 2)
    0.1
    >>> x = torch.randn(1000, 100)
    >>> abs((x @ weight.T).std().item() - 1) < 0.05
    True
    """
    raise NotImplementedError("kaiming is yours to write")


def xavier(weight, gain=1.0, uniform=False, generator=None):
    """The same with the mean of fan in and fan out in place of fan in.

    And on the way back? Fan out, and Xavier's compromise

    >>> for shape in (400, 100), (100, 400), (250, 250):       # √(2/500), all three
    ...     print(round(xavier(torch.empty(shape)).std().item(), 2))
    0.06
    0.06
    0.06
    >>> round(xavier(torch.empty(250, 250), gain=2.0).std().item(), 2)
    0.13
    """
    raise NotImplementedError("xavier is yours to write")


def saturation(y, limit=0.97):
    """Outputs of tanh, a tensor of any shape -> the share of them beyond ±limit, a float.

    What does tanh let through? Saturation

    >>> saturation(torch.tensor([0.98, -0.98, 0.5, -0.5]))
    0.5
    >>> saturation(torch.tensor([[0.6, 0.4]]), limit=0.5)
    0.5
    >>> saturation(torch.tensor([0.97]))                       # at the limit is not beyond it
    0.0
    """
    raise NotImplementedError("saturation is yours to write")


def update_to_data(parameters, gradients, rate):
    """[p], [∂loss/∂p] -> [std of a step rate · gradient / std of p], floats.

    ValueError if there are not as many gradients as parameters; zip has a word for that.

    What is worth watching while it trains? Histograms and ratios

    >>> p = torch.tensor([-1.0, 1.0])
    >>> update_to_data([p, p], [torch.tensor([0.5, -0.5]), torch.tensor([2.0, 2.0])], rate=0.5)
    [0.25, 0.0]
    >>> update_to_data([p], [], rate=0.5)
    Traceback (most recent call last):
    ValueError: zip() argument 2 is shorter than argument 1
    """
    raise NotImplementedError("update_to_data is yours to write")
