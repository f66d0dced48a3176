"""LoRA: a large matrix stays as it is, and learns a small correction beside it.

    >>> generator = torch.Generator().manual_seed(1)
    >>> linear = nn.Linear(64, 192)
    >>> layer = LoRA(linear, rank=4, generator=generator)
    >>> sum(p.numel() for p in layer.parameters() if p.requires_grad)    # of 12,480
    1024
    >>> x = torch.randn(5, 64, generator=generator)
    >>> torch.equal(layer(x), linear(x))             # B is 0 at the start
    True

    N  inputs    M  outputs    R  rank, of B A

Instead of W (M, N), two thin matrices learn: A (R, N) makes R numbers of the inputs,
and B (M, R) makes outputs of these. B A has the shape of W, and a rank of R at most.
After training it is added to W, and the network is what it was: as many layers, as much
work. R (M + N) numbers are trained and stored for each thing that is learnt, instead of
M N, and the optimizer keeps its moments for these alone.

Edward Hu and others, LoRA: low-rank adaptation of large language models, ICLR 2022.

Left out: dropout before A, several corrections at once, and embeddings.

Chapter: docs/makemore/tuning.md.  To copy: this file alone (needs torch).
"""

import copy

import torch
from torch import nn


class LoRA(nn.Module):
    """x (..., N) -> W x + b + alpha / R * B A x, (..., M), of which A and B learn.

    alpha is R unless it is given. Raises ValueError for a rank below 1, or above the
    smaller side of W.
    """

    def __init__(self, linear, rank, alpha=None, generator=None):
        super().__init__()
        M, N = linear.weight.shape
        if not 1 <= rank <= min(M, N):
            raise ValueError(f"rank {rank} for a matrix of {M} by {N}: it must be at "
                             f"least 1, and at most {min(M, N)}, the rank of W itself")
        self.linear = linear.requires_grad_(False)
        self.A = nn.Parameter(torch.randn(rank, N, generator=generator) / N ** 0.5)
        self.B = nn.Parameter(torch.zeros(M, rank))     # nothing changes at first
        self.scale = (rank if alpha is None else alpha) / rank

    def forward(self, x):
        return self.linear(x) + self.scale * (x @ self.A.T) @ self.B.T

    @torch.no_grad()
    def merged(self):
        """-> one nn.Linear that computes the same; this one stays as it is."""
        linear = copy.deepcopy(self.linear)
        linear.weight += self.scale * self.B @ self.A                    # (M, N)
        return linear


def add_lora(model, rank, alpha=None, generator=None, within="body.blocks"):
    """Each nn.Linear within that part becomes a LoRA; nothing else learns -> model.

    Raises ValueError if there is no nn.Linear.
    """
    model.requires_grad_(False)
    if not replaced(model.get_submodule(within), nn.Linear,
                    lambda linear: LoRA(linear, rank, alpha, generator)):
        raise ValueError(f"{within!r} has no nn.Linear to be adapted")
    return model


def merge_lora(model):
    """Each LoRA becomes one nn.Linear, and all parameters may learn again -> model."""
    replaced(model, LoRA, LoRA.merged)
    return model.requires_grad_(True)


def replaced(part, kind, other):
    """Put other(module) in the place of each module of that kind -> how many."""
    places = [(parent, name, child) for parent in part.modules()
              for name, child in parent.named_children() if isinstance(child, kind)]
    for parent, name, child in places:
        setattr(parent, name, other(child))
    return len(places)
