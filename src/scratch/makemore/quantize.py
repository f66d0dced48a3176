"""Weights in 8 or 4 bits: whole numbers, and a scale for each row or group of a row.

    >>> W = torch.tensor([[0.1, -0.7, 0.3, 0.64]])
    >>> whole, scales = quantize(W, bits=4)
    >>> whole, scales.tolist()
    (tensor([[ 1, -7,  3,  6]], dtype=torch.int8), [[0.0999755859375]])
    >>> dequantize(whole, scales)
    tensor([[ 0.1000, -0.6998,  0.2999,  0.5999]])
    >>> unpack(pack(whole))
    tensor([[ 1, -7,  3,  6]], dtype=torch.int8)
    >>> small = quantized(nn.Sequential(nn.Linear(64, 64)), bits=4, group=32)
    >>> held(small) - 4 * 64          # but for biases: 4 bits, and 16 for each group
    2304

    F  outputs    C  inputs    G  groups of a row    ...  whatever comes before

Whole numbers of b bits, from 1 - 2^(b-1) to 2^(b-1) - 1, times a scale: the largest
weight of a group becomes the largest number, all others are rounded. An outlier makes
the rounding of its whole group coarse, so 4 bits need small groups.

Tim Dettmers and others, LLM.int8(), NeurIPS 2022; Tim Dettmers and Luke Zettlemoyer,
The case for 4-bit precision, ICML 2023 (groups).

Left out: speed, since weights are turned back into floats before they are used;
activations in few bits; rounding that makes up for earlier rounding (Frantar and
others, GPTQ, ICLR 2023). Scales are float16, too coarse for weights far below 0.001.

Chapter: docs/makemore/modern.md.  To copy: this file alone (needs torch).
"""

import copy

import torch
import torch.nn.functional as F
from torch import nn


def quantize(W, bits=8, group=None):
    """W (F, C) -> whole (F, C) int8, scales (F, G) float16; a group is a row if None.

    Raises ValueError if bits are not 2 to 8, or C does not divide into groups.
    """
    group = group or W.shape[1]
    if not 2 <= bits <= 8:
        raise ValueError(f"{bits} bits; whole numbers of 2 to 8 fit into an int8")
    if W.shape[1] % group:
        raise ValueError(f"{W.shape[1]} inputs do not divide into groups of {group}")
    most = 2 ** (bits - 1) - 1
    groups = W.unflatten(1, (-1, group))                               # (F, G, C / G)
    scales = (groups.abs().amax(2) / most).to(torch.float16)           # (F, G)
    steps = groups / scales.to(W)[:, :, None].clamp(min=1e-8)          # (F, G, C / G)
    return steps.round().clamp(-most, most).to(torch.int8).flatten(1), scales


def dequantize(whole, scales):
    """whole (F, C), scales (F, G) -> W (F, C) float32, nearly as it was."""
    groups = whole.unflatten(1, (scales.shape[1], -1))                 # (F, G, C / G)
    return (groups * scales.float()[:, :, None]).flatten(1)            # (F, C)


def pack(whole):
    """whole (F, C) of 4 bits -> (F, C / 2) bytes, two in each; C must be even."""
    if whole.shape[1] % 2:
        raise ValueError(f"{whole.shape[1]} numbers of 4 bits fill no whole bytes")
    low, high = whole[:, ::2] & 15, whole[:, 1::2] & 15                # (F, C / 2)
    return (low | high << 4).to(torch.uint8)                           # (F, C / 2)


def unpack(packed):
    """The other way round: (F, C / 2) bytes -> whole (F, C) int8."""
    both = torch.stack([packed & 15, packed >> 4], dim=2).flatten(1)   # (F, C)
    return (both << 4).view(torch.int8) >> 4      # (F, C)  the shift keeps the sign


class QuantizedLinear(nn.Module):
    """nn.Linear with its weight in few bits: x (..., C) -> (..., F)."""

    def __init__(self, linear, bits=8, group=None):
        super().__init__()
        whole, scales = quantize(linear.weight.detach(), bits, group)
        self.packed = bits <= 4
        self.register_buffer("whole", pack(whole) if self.packed else whole)
        self.register_buffer("scales", scales)
        self.bias = linear.bias

    def forward(self, x):
        whole = unpack(self.whole) if self.packed else self.whole
        return F.linear(x, dequantize(whole, self.scales).to(x), self.bias)


def quantized(model, bits=8, group=None, keep=("head", "router")):
    """A copy of model, each nn.Linear whose last name is not in keep a QuantizedLinear.

    For inference only: whole numbers have no gradient.
    """
    model = copy.deepcopy(model).eval()
    for part in list(model.modules()):
        for last, child in part.named_children():
            if type(child) is nn.Linear and last not in keep:
                setattr(part, last, QuantizedLinear(child, bits, group))
    return model


def held(model):
    """The bytes of all parameters and buffers; what has two names is counted once."""
    return sum(x.nbytes for x in [*model.parameters(), *model.buffers()])
