"""The Transformer's body, which GPT and BERT share, and the loop that trains either.

    >>> config = Config(symbols=27, block_size=16)
    >>> body = Transformer(config)
    >>> sum(p.numel() for p in body.parameters())
    202816
    >>> body(torch.tensor([[0, 5, 13, 13, 1]])).shape         # each place: a row of C
    torch.Size([1, 5, 64])

    B  examples    T  positions, block_size at most    V  symbols    C  channels
    H  heads       D  channels of a head, C / H        F  hidden units of the MLP

A residual stream of C channels runs through the layers. Attention and MLP read it,
normalised, and add their outputs to it ("pre", as in GPT-2), or they read it as it is
and the sum is normalised ("post", as in the original and in BERT). The parts are
torch.nn's; the chapter on batch norm builds its LayerNorm, Embedding, Linear and
Dropout (layers.py).

Vaswani and others, Attention is all you need, NIPS 2017; Radford and others, Language
models are unsupervised multitask learners, 2019 (GPT-2: pre-norm, and residual weights
divided by √(2 * layers) at the start); Press and Wolf, Using the output embedding to
improve language models, EACL 2017 (tied weights); Su and others, RoFormer, 2021
(rotary positions).

Left out: RMSNorm, gated MLPs, grouped queries, experts, and other later refinements.

Chapter: docs/makemore/gpt.md.  To copy: this file and attention.py (needs torch).
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from .attention import MultiHeadAttention

SIZES = {    # the layers, heads and channels of Config
    "tiny":    dict(layers=2, heads=2, channels=32),
    "default": dict(layers=4, heads=4, channels=64),      # Karpathy's makemore
    "large":   dict(layers=6, heads=8, channels=128),
}
CHOICES = {"norm": ("pre", "post"), "gelu": ("tanh", "none"),
           "positions": ("learned", "sinusoidal", "rotary", "none")}


@dataclass(frozen=True)
class Config:
    """Sizes and choices. Config(27, 16, **SIZES["default"], dropout=0.1)

    gelu is "tanh" for its approximation (GPT-2's) or "none" for the exact one (BERT's).
    tied: the matrix that turns ids into channels turns channels into logits as well.
    """

    symbols: int
    block_size: int
    layers: int = 4
    heads: int = 4
    channels: int = 64
    hidden: int | None = None            # 4 * channels
    dropout: float = 0.0
    norm: str = "pre"
    positions: str = "learned"
    gelu: str = "tanh"
    tied: bool = True
    eps: float = 1e-5

    def __post_init__(self):
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r} is unknown; known "
                                 f"are {', '.join(map(repr, known))}")


class MLP(nn.Module):
    """x (B, T, C) -> (B, T, C), position by position:  W2 gelu(W1 x + b1) + b2.

    gelu(u) = u Φ(u): u times the share of the normal distribution that lies below u.
    """

    def __init__(self, config):
        super().__init__()
        self.hidden = nn.Linear(config.channels, config.hidden or 4 * config.channels)
        self.out = nn.Linear(self.hidden.out_features, config.channels)
        self.gelu = config.gelu

    def forward(self, x):
        hidden = F.gelu(self.hidden(x), approximate=self.gelu)    # (B, T, F)
        return self.out(hidden)                                   # (B, T, C)


class Block(nn.Module):
    """x (B, T, C) -> x (B, T, C): attention between positions, an MLP at each."""

    def __init__(self, config):
        super().__init__()
        self.attention = MultiHeadAttention(
            config.channels, config.heads, config.dropout)
        self.mlp = MLP(config)
        self.norm1 = nn.LayerNorm(config.channels, config.eps)
        self.norm2 = nn.LayerNorm(config.channels, config.eps)
        self.dropout = nn.Dropout(config.dropout)
        self.pre = config.norm == "pre"

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        """The other arguments are those of MultiHeadAttention.forward."""
        asked = self.norm1(x) if self.pre else x                        # (B, T, C)
        y = self.attention(
            asked, mask, rotate=rotate, cache=cache, maps=maps)         # (B, T, C)
        x = x + self.dropout(y)                                         # (B, T, C)
        if self.pre:
            return x + self.dropout(self.mlp(self.norm2(x)))            # (B, T, C)
        x = self.norm1(x)                                               # (B, T, C)
        return self.norm2(x + self.dropout(self.mlp(x)))                # (B, T, C)


class Transformer(nn.Module):
    """ids (B, T), mask -> the stream's last state (B, T, C).

    The mask alone makes it a decoder or an encoder: see attention.py. A cache (gpt.py's
    Cache) holds earlier positions, and ids go on from there. Each layer's attention
    weights (B, H, T, S) are appended to the list maps, if there is one.
    """

    def __init__(self, config):
        super().__init__()
        C = config.channels
        self.config = config
        self.symbols = nn.Embedding(config.symbols, C)
        if config.positions == "learned":
            self.positions = nn.Embedding(config.block_size, C)
        self.first_norm = nn.LayerNorm(C, config.eps) if config.norm == "post" else None
        self.dropout = nn.Dropout(config.dropout)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.last_norm = nn.LayerNorm(C, config.eps) if config.norm == "pre" else None

    def forward(self, ids, mask=None, cache=None, maps=None):
        config, past = self.config, 0 if cache is None else len(cache)
        positions = range(past, past + ids.shape[1])
        if positions.stop > config.block_size and config.positions == "learned":
            raise ValueError(f"{positions.stop} positions, but block_size is "
                             f"{config.block_size}")
        rotate = None
        x = self.symbols(ids)                                 # (B, T, C)
        if config.positions == "learned":
            x = x + self.positions.weight[positions.start:positions.stop]
        elif config.positions == "sinusoidal":
            x = x + sinusoids(positions, config.channels).to(x)   # (B, T, C)
        elif config.positions == "rotary":
            rotate = Rotary(positions, config.channels // config.heads, x)
        if self.first_norm is not None:
            x = self.first_norm(x)                            # (B, T, C)
        x = self.dropout(x)                                   # (B, T, C)
        for n, block in enumerate(self.blocks):
            memory = None if cache is None else cache[n]
            x = block(x, mask, rotate=rotate, cache=memory, maps=maps)    # (B, T, C)
        return x if self.last_norm is None else self.last_norm(x)   # (B, T, C)


def angles(positions, width):
    """(T, width / 2): place * 10000^(-2i / width), growing more slowly for larger i."""
    i = torch.arange(0, width, 2, dtype=torch.float64)
    t = torch.tensor(list(positions), dtype=torch.float64)       # (T)
    return t[:, None] * 10_000.0 ** (-i / width)              # (T, width / 2)


def sinusoids(positions, C):
    """(T, C): sines in the even channels, cosines of the same angles in the odd."""
    turn = angles(positions, C + C % 2)
    both = torch.stack([turn.sin(), turn.cos()], dim=-1)
    return both.flatten(1)[:, :C]                             # (T, C)


class Rotary:
    """x (..., T, D) -> x turned: channel pair i of the query or key at place t, by
    t * 10000^(-2i / D).

    A dot product of two turned vectors depends on the distance of their positions and
    not on where they are. Pair i is channels i and D / 2 + i.
    """

    def __init__(self, positions, D, like):
        if D % 2:
            raise ValueError(f"heads of {D} channels, but rotary positions turn "
                             "pairs of channels")
        turn = angles(positions, D)                              # (T, D / 2)
        self.cos, self.sin = turn.cos().to(like), turn.sin().to(like)

    def __call__(self, x):
        a, b = x.chunk(2, dim=-1)
        return torch.cat([a * self.cos - b * self.sin,
                          a * self.sin + b * self.cos], dim=-1)


def init_weights(model, config, generator=None, std=None):
    """Normal weights with deviation std, in every out std/√(2 layers); biases 0.

    A stream gets 2 * layers additions. Scaled so, together they have about the variance
    that one would have otherwise. std is 0.55/√C unless it is given: 0.02 for the 768
    channels of GPT-2, and more for fewer, whose sums have fewer terms.
    """
    std = 0.55 / math.sqrt(config.channels) if std is None else std
    for name, part in model.named_modules():
        if isinstance(part, (nn.Linear, nn.Embedding)):
            scale = 1 / math.sqrt(2 * config.layers) if name.endswith(".out") else 1.0
            nn.init.normal_(part.weight, std=std * scale, generator=generator)
            if getattr(part, "bias", None) is not None:
                nn.init.zeros_(part.bias)


def train(model, batches, rates, decay=0.01, betas=(0.9, 0.99), optimizer=None):
    """Pairs (ids, targets), a learning rate for each -> the loss of each step.

    A generator, as mlp.train is: a step is taken when its loss is asked for. The
    optimizer is AdamW (Loshchilov and Hutter, Decoupled weight decay regularization,
    ICLR 2019) over all parameters, unless one of torch.optim is given, whose state then
    carries over from one call to the next.
    """
    optimizer = optimizer or torch.optim.AdamW(
        model.parameters(), betas=betas, weight_decay=decay, fused=True)
    for rate, (ids, targets) in zip(rates, batches):
        model.train()
        for group in optimizer.param_groups:
            group["lr"] = rate
        loss = model(ids, targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        model.eval()                 # between steps the model is used without dropout
        yield loss.item()
