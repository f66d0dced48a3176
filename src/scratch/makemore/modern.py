"""From GPT-2's block to that of today, one setting for each thing that has changed.

    >>> today = Config(27, 16, **LLAMA, kv_heads=2)
    >>> model = Decoder(today, torch.Generator().manual_seed(1))
    >>> sum(p.numel() for p in model.parameters())
    184512
    >>> ids = torch.tensor([[0, 13, 1, 18, 25]])
    >>> cache = Cache(today.layers)
    >>> pieces = [model.logits(piece, cache) for piece in ids.split(2, dim=1)]
    >>> torch.allclose(torch.cat(pieces, dim=1), model.logits(ids), atol=1e-5)
    True
    >>> cache[0].keys.shape                              # two heads of them, not four
    torch.Size([1, 2, 5, 16])

    B  examples    T  positions    S  positions so far    V  symbols    C  channels
    H  heads       G  heads of keys and values    R  queries for each, H / G
    D  channels of a head    F  hidden units    E  experts    K  of them at work
    N  positions that ask an expert, or of all examples

A Config without choices is GPT-2's: such a Decoder computes what gpt.GPT does, from
parameters of the same names. With LLAMA it is Meta's Llama.

norm        "layer", or "rms": no mean is subtracted, nothing is added (Zhang and
            Sennrich, Root mean square layer normalization, NeurIPS 2019)
positions   "learned", or "rotary" (Su and others, RoFormer, 2021)
mlp         "gelu", or "swiglu": a gate for each hidden unit (Shazeer, GLU variants
            improve Transformer, 2020)
kv_heads    G: fewer keys and values than queries (Ainslie and others, GQA, EMNLP 2023)
qk_norm     queries and keys are normalised before they meet (Henry and others, 2020)
biases      "all", "qkv" or "none" of the linear layers have them
window      how many positions one sees, itself included (Beltagy and others, 2020)
experts     so many MLPs, of which each position uses `active` (Shazeer and others,
            Outrageously large neural networks, ICLR 2017)

Left out: dropout; rotary positions stretched for longer texts; experts with a limit
of positions each. Experts are asked one after the other.

Chapter: docs/makemore/modern.md.
To copy: this file, gpt.py, transformer.py, attention.py, sample.py and data.py (needs
torch).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from . import transformer
from .attention import attention
from .gpt import GPT, Cache, Memory
from .transformer import init_weights

LLAMA = dict(norm="rms", positions="rotary", mlp="swiglu", biases="none", tied=False)
CHOICES = {"norm": ("layer", "rms"), "positions": ("learned", "rotary"),
           "mlp": ("gelu", "swiglu"), "biases": ("all", "qkv", "none")}


@dataclass(frozen=True)
class Config:
    """Sizes and choices. Config(27, 16, channels=32, **LLAMA, kv_heads=2)"""

    symbols: int
    block_size: int
    layers: int = 4
    heads: int = 4
    channels: int = 64
    hidden: int | None = None       # 4 C; a third less for swiglu, which has one more
    norm: str = "layer"             # matrix
    positions: str = "learned"
    mlp: str = "gelu"
    kv_heads: int | None = None     # as many as heads
    head: int | None = None         # D: channels / heads
    qk_norm: bool = False
    biases: str = "all"
    window: int | None = None       # all positions
    experts: int = 1
    active: int = 2                 # of several experts
    balance: float = 0.01           # what the loss adds for experts that are uneven
    tied: bool = True
    eps: float = 1e-5
    base: float = 10_000.0          # of the rotary angles

    def __post_init__(self):
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name}={getattr(self, name)!r} is unknown; known "
                                 f"are {', '.join(map(repr, known))}")
        if self.head is None and self.channels % self.heads:
            raise ValueError(f"{self.channels} channels do not divide among "
                             f"{self.heads} heads")
        if self.heads % self.G:
            raise ValueError(f"{self.heads} heads do not divide among {self.G} heads "
                             "of keys and values")
        if self.positions == "rotary" and self.D % 2:
            raise ValueError(f"heads of {self.D} channels, but rotary positions turn "
                             "pairs of channels")
        if self.window is not None and self.window < 1:
            raise ValueError(f"window={self.window}: a position sees at least itself")
        if self.experts > 1 and not 1 <= self.active <= self.experts:
            raise ValueError(f"active={self.active} of {self.experts} experts")

    @property
    def G(self):
        return self.kv_heads or self.heads

    @property
    def D(self):
        return self.head or self.channels // self.heads

    @property
    def F(self):
        swiglu = self.mlp == "swiglu"
        return self.hidden or round((8 / 3 if swiglu else 4) * self.channels)


class RMSNorm(nn.Module):
    """x (..., C) -> x / √(mean of x² + eps) * weight, over the last dimension."""

    def __init__(self, channels, eps=1e-5):
        super().__init__()
        self.weight, self.eps = nn.Parameter(torch.ones(channels)), eps

    def forward(self, x):
        size = (x.square().mean(dim=-1, keepdim=True) + self.eps).sqrt()
        return x / size * self.weight


def norm(config):
    kind = RMSNorm if config.norm == "rms" else nn.LayerNorm
    return kind(config.channels, config.eps)


class Rotary(transformer.Rotary):
    """transformer.Rotary with another base than 10000: a larger one turns less."""

    def __init__(self, positions, D, base, like):
        i = torch.arange(0, D, 2, dtype=torch.float64)               # (D / 2)
        t = torch.tensor(list(positions), dtype=torch.float64)       # (T)
        turn = t[:, None] * base ** (-i / D)                         # (T, D / 2)
        self.cos, self.sin = turn.cos().to(like), turn.sin().to(like)


class Attention(nn.Module):
    """x (B, T, C) -> (B, T, C): R queries share each of G heads of keys and values."""

    def __init__(self, config):
        super().__init__()
        H, G, D, C = config.heads, config.G, config.D, config.channels
        self.sizes, self.D = [H * D, G * D, G * D], D
        self.qkv = nn.Linear(C, sum(self.sizes), bias=config.biases != "none")
        self.out = nn.Linear(H * D, C, bias=config.biases == "all")
        self.q_norm, self.k_norm = (
            RMSNorm(D, config.eps) if config.qk_norm else nn.Identity() for _ in "qk")

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        """The other arguments are those of attention.MultiHeadAttention.forward."""
        q, k, v = self.qkv(x).split(self.sizes, dim=-1)
        q = self.q_norm(self.split(q))                             # (B, H, T, D)
        k = self.k_norm(self.split(k))                             # (B, G, T, D)
        v = self.split(v)                                          # (B, G, T, D)
        if rotate is not None:
            q, k = rotate(q), rotate(k)
        if cache is not None:
            k, v = cache.extend(k, v)                              # (B, G, S, D)
        if mask is not None:
            mask = mask[..., -k.shape[2]:]       # a Recent cache has forgotten some
        q = q.unflatten(1, (k.shape[1], -1))                       # (B, G, R, T, D)
        y, weights = attention(q, k[:, :, None], v[:, :, None], mask)
        if maps is not None:
            maps.append(weights.flatten(1, 2).detach())
        joined = y.flatten(1, 2).transpose(1, 2).flatten(2)        # (B, T, H * D)
        return self.out(joined)                                    # (B, T, C)

    def split(self, x):
        """(B, T, H * D) -> (B, H, T, D): the channels divided among heads."""
        return x.unflatten(-1, (-1, self.D)).transpose(1, 2)


class MLP(nn.Module):
    """x (..., C) -> (..., C), position by position.

    gelu      W2 gelu(W1 x)
    swiglu    W2 (silu(Wg x) * W1 x)      silu(u) = u / (1 + e^-u)
    """

    def __init__(self, config):
        super().__init__()
        C, hidden, bias = config.channels, config.F, config.biases == "all"
        self.gate = nn.Linear(C, hidden, bias) if config.mlp == "swiglu" else None
        self.hidden = nn.Linear(C, hidden, bias)
        self.out = nn.Linear(hidden, C, bias)

    def forward(self, x):
        if self.gate is None:
            return self.out(F.gelu(self.hidden(x), approximate="tanh"))
        return self.out(F.silu(self.gate(x)) * self.hidden(x))


class Experts(nn.Module):
    """x (B, T, C) -> (B, T, C): a router sends each position to K of E MLPs.

    The answer is the mean of theirs, weighted by the router's p. It learns from these
    weights, and from balance(); with K = 1, whose weight is 1, from balance() alone.
    """

    def __init__(self, config):
        super().__init__()
        self.router = nn.Linear(config.channels, config.experts, bias=False)
        self.experts = nn.ModuleList(MLP(config) for _ in range(config.experts))
        self.active = config.active

    def forward(self, x):
        self.p = self.router(x).softmax(dim=-1)                    # (B, T, E)
        weights, self.chosen = self.p.topk(self.active)            # (B, T, K)
        weights = weights / weights.sum(dim=-1, keepdim=True)      # (B, T, K)
        y = torch.zeros_like(x)                                    # (B, T, C)
        for n, expert in enumerate(self.experts):
            b, t, k = (self.chosen == n).nonzero(as_tuple=True)    # (N)
            answer = weights[b, t, k, None] * expert(x[b, t])      # (N, C)
            y = y.index_put((b, t), answer, accumulate=True)       # (B, T, C)
        return y                                                   # (B, T, C)

    def balance(self, counted):
        """Of the last x, where counted (B, T): E times the sum over the experts of
        share of the places times mean p. 1 if all are used alike, E / K at most.

        The shares have no gradient; through p it lowers what is used too often.
        """
        p, chosen = self.p[counted], self.chosen[counted]          # (N, E), (N, K)
        used = F.one_hot(chosen, p.shape[-1]).to(p)                # (N, K, E)
        return p.shape[-1] * (used.mean((0, 1)) * p.mean(0)).sum()


class Block(nn.Module):
    """x (B, T, C) -> x (B, T, C): transformer.Block with this module's parts."""

    def __init__(self, config):
        super().__init__()
        self.attention = Attention(config)
        self.mlp = MLP(config) if config.experts == 1 else Experts(config)
        self.norm1, self.norm2 = norm(config), norm(config)

    def forward(self, x, mask=None, rotate=None, cache=None, maps=None):
        x = x + self.attention(self.norm1(x), mask, rotate, cache, maps)    # (B, T, C)
        return x + self.mlp(self.norm2(x))                                  # (B, T, C)


class Body(nn.Module):
    """ids (B, T), mask (T, S) -> the stream's last state (B, T, C)."""

    def __init__(self, config):
        super().__init__()
        self.config = config
        self.symbols = nn.Embedding(config.symbols, config.channels)
        if config.positions == "learned":
            self.positions = nn.Embedding(config.block_size, config.channels)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.last_norm = norm(config)

    def forward(self, ids, mask, cache=None, maps=None):
        """The arguments are those of transformer.Transformer.forward."""
        config, (T, S) = self.config, mask.shape
        positions, rotate = range(S - T, S), None
        if S > config.block_size and config.positions == "learned":
            raise ValueError(f"{S} positions, but block_size is {config.block_size}")
        x = self.symbols(ids)                                      # (B, T, C)
        if config.positions == "learned":
            x = x + self.positions.weight[S - T:S]                 # (B, T, C)
        else:
            rotate = Rotary(positions, config.D, config.base, x)
        if config.window is not None:
            mask = mask.triu(S - T - config.window + 1)            # (T, S)
        for n, block in enumerate(self.blocks):
            memory = None if cache is None else cache[n]
            x = block(x, mask, rotate, memory, maps)               # (B, T, C)
        return self.last_norm(x)                                   # (B, T, C)


class Decoder(GPT):
    """A gpt.GPT with this module's body: ids (B, T) -> logits (B, T, V)."""

    def __init__(self, config, generator=None):
        nn.Module.__init__(self)         # GPT's own would make the other body
        self.config, self.block_size = config, config.block_size
        self.body = Body(config)
        self.head = nn.Linear(config.channels, config.symbols, bias=False)
        if config.tied:
            self.head.weight = self.body.symbols.weight
        init_weights(self, config, generator)

    def forward(self, ids, targets=None):
        """gpt.GPT.forward; in training, the loss includes that of the experts."""
        loss = super().forward(ids, targets)
        if targets is not None and self.training and self.config.experts > 1:
            balances = [block.mlp.balance(targets >= 0) for block in self.body.blocks]
            loss = loss + self.config.balance * torch.stack(balances).mean()
        return loss

    @classmethod
    def from_huggingface(cls, theirs):
        """A transformers.LlamaForCausalLM -> a Decoder with its weights, in eval mode.

        Raises ValueError for another architecture, or rotary positions of another kind.
        """
        c = theirs.config
        rope = c.rope_parameters
        if c.model_type != "llama":
            raise ValueError(f"a {c.model_type!r}; known is 'llama'")
        if (c.hidden_act, c.attention_bias, rope["rope_type"]) != (
                "silu", c.mlp_bias, "default"):
            raise ValueError(
                f"a Llama with {c.hidden_act!r}, biases {c.attention_bias} and "
                f"{c.mlp_bias}, rotary positions {rope['rope_type']!r}; known are "
                "'silu', biases everywhere or nowhere, and 'default'")
        model = cls(Config(
            c.vocab_size, c.max_position_embeddings, c.num_hidden_layers,
            c.num_attention_heads, c.hidden_size, c.intermediate_size,
            kv_heads=c.num_key_value_heads, head=c.head_dim, eps=c.rms_norm_eps,
            base=rope["rope_theta"],
            **{**LLAMA, "biases": "all" if c.attention_bias else "none",
               "tied": c.tie_word_embeddings}))
        model.load_state_dict(renamed(theirs.state_dict()))
        return model.eval()


NAMES = {    # of LlamaForCausalLM's parts, and here
    "model.embed_tokens": "body.symbols", "model.layers.": "body.blocks.",
    "model.norm": "body.last_norm", "lm_head": "head", ".self_attn.": ".attention.",
    ".o_proj": ".out", ".input_layernorm": ".norm1",
    ".post_attention_layernorm": ".norm2", ".gate_proj": ".gate",
    ".up_proj": ".hidden", ".down_proj": ".out",
}


def renamed(state):
    """{name: tensor} of a LlamaForCausalLM -> of a Decoder: q, k and v as one."""
    found = {}
    for name, tensor in state.items():
        for old, new in NAMES.items():
            name = name.replace(old, new)
        found[name] = tensor
    for name in [name for name in found if ".q_proj." in name]:
        parts = [found.pop(name.replace("q_proj", f"{x}_proj")) for x in "qkv"]
        found[name.replace("q_proj", "qkv")] = torch.cat(parts)
    return found


class Recent(Memory):
    """One layer's last window - 1 keys and values: the next position sees no others."""

    def __init__(self, window):
        self.window, self.seen = window, 0

    def extend(self, k, v):
        self.seen += k.shape[2]
        k, v = super().extend(k, v)
        first = max(0, k.shape[2] - self.window + 1)
        self.keys, self.values = k[:, :, first:], v[:, :, first:]
        return k, v


class RecentCache(Cache):
    """gpt.Cache of a model with a window: as large as the window, however long the
    text. RecentCache(layers, window)
    """

    def __init__(self, layers, window):
        self.layers = [Recent(window) for _ in range(layers)]

    def __len__(self):
        return self.layers[0].seen
