"""Encoder-decoder: one Transformer reads a word, another asks it and writes a word.

    >>> words = ["banana", "anna"]
    >>> vocabulary = Vocabulary(words)
    >>> generator = torch.Generator().manual_seed(1)
    >>> config = Config(4, block_size=8, layers=1, heads=2, channels=32)
    >>> model = EncoderDecoder(config, generator)
    >>> pairs = translations(words, [word[::-1] for word in words], vocabulary, 8)
    >>> for loss in train(model, batches(*pairs, 8, generator), [0.01] * 200):
    ...     pass
    >>> model.write("banana", vocabulary), model.write("anna", vocabulary)
    ('ananab', 'anna')

    B  examples    S  positions that are read    T  positions that are written
    V  symbols     C  channels    H  heads    D  channels of a head, C / H    N  words

The encoder is BERT's body: every position sees the whole source. The decoder is GPT's
body with one more attention in each block, cross-attention. Its queries come from what
is being written, its keys and values from what was read. Vaswani and others, Attention
is all you need, NIPS 2017; Raffel and others, Exploring the limits of transfer learning
with a unified text-to-text transformer, JMLR 2020 (T5).

prefix(S, T) is the mask by which one body does the work of both.

Left out: a cache in the decoder, beam search, T5's relative positions and its RMSNorm.

Chapter: docs/makemore/families.md.
To copy: this file, transformer.py, attention.py, bert.py and data.py (needs torch).
"""

import torch
import torch.nn.functional as F
from torch import nn

from .attention import attention, causal, padding
from .bert import ends
from .data import Vocabulary, batches, rows    # Vocabulary and batches for the example
from .transformer import Block, Config, Transformer, init_weights, train


class CrossAttention(nn.Module):
    """x (B, T, C), memory (B, S, C) -> (B, T, C): x asks, and memory answers."""

    def __init__(self, channels, heads):
        super().__init__()
        if channels % heads:
            raise ValueError(f"{channels} channels do not divide among {heads} heads")
        self.heads = heads
        self.q = nn.Linear(channels, channels)         # of what is being written
        self.kv = nn.Linear(channels, 2 * channels)    # of what was read
        self.out = nn.Linear(channels, channels)

    def forward(self, x, memory, mask=None, maps=None):
        q = self.split(self.q(x))                                  # (B, H, T, D)
        k, v = map(self.split, self.kv(memory).chunk(2, dim=-1))   # (B, H, S, D)
        y, weights = attention(q, k, v, mask)
        if maps is not None:
            maps.append(weights.detach())
        return self.out(y.transpose(1, 2).flatten(2))              # (B, T, C)

    def split(self, x):
        """(B, T, C) -> (B, H, T, D): the channels divided, heads before positions."""
        return x.unflatten(-1, (self.heads, -1)).transpose(1, 2)   # (B, H, T, D)


class DecoderBlock(Block):
    """x (B, T, C), memory (B, S, C) -> (B, T, C): a Block that also asks the memory."""

    def __init__(self, config):
        super().__init__(config)
        self.cross = CrossAttention(config.channels, config.heads)
        self.norm3 = nn.LayerNorm(config.channels, config.eps)

    def forward(self, x, memory, mask=None, seen=None, maps=None):
        """mask is for what is written, seen for the memory."""
        x = x + self.attention(self.norm1(x), mask)                # (B, T, C)
        x = x + self.cross(self.norm3(x), memory, seen, maps)      # (B, T, C)
        return x + self.mlp(self.norm2(x))                         # (B, T, C)


class EncoderDecoder(nn.Module):
    """source (B, S), ids (B, T) -> logits (B, T, V), of the symbol after each of ids.

    model(pairs)             pairs (B, 2, T) of translations -> the logits (B, T, V)
    model(pairs, targets)    the mean loss, in nats, over targets that are not -1
    """

    def __init__(self, config, generator=None):
        super().__init__()
        if config.norm != "pre" or config.positions != "learned":
            raise ValueError("pre-norm and learned positions only")
        self.config = config
        self.encoder = Transformer(config)
        self.positions = nn.Embedding(config.block_size, config.channels)
        self.blocks = nn.ModuleList(DecoderBlock(config) for _ in range(config.layers))
        self.last_norm = nn.LayerNorm(config.channels, config.eps)
        self.head = nn.Linear(config.channels, config.symbols, bias=False)
        self.head.weight = self.encoder.symbols.weight    # one alphabet for both
        init_weights(self, config, generator)

    def logits(self, source, ids, maps=None):
        seen = padding(ends(source), source.shape[1])              # (B, 1, 1, S)
        memory = self.encoder(source, seen)                        # (B, S, C)
        T = ids.shape[1]
        x = self.encoder.symbols(ids) + self.positions.weight[:T]  # (B, T, C)
        for block in self.blocks:
            x = block(x, memory, causal(T), seen, maps)            # (B, T, C)
        return self.head(self.last_norm(x))                        # (B, T, V)

    def forward(self, pairs, targets=None):
        logits = self.logits(*pairs.unbind(1))                     # (B, T, V)
        if targets is None:
            return logits
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)

    @torch.no_grad()
    def write(self, word, vocabulary):
        """A word -> what the decoder makes of it, the likeliest symbol at each step."""
        source = torch.tensor([[0, *vocabulary.encode(word), 0]])
        ids = [0]
        while len(ids) < self.config.block_size:
            [*_, last] = self.logits(source, torch.tensor([ids]))[0]
            if (symbol := last.argmax().item()) == 0:
                break
            ids.append(symbol)
        return vocabulary.decode(ids[1:])


def translations(sources, words, vocabulary, block_size):
    """[word], [word] -> pairs (N, 2, T), a source and what is written, targets (N, T).

    Both rows are as wide as block_size, so that batches can draw them as one tensor.
    """
    read, _ = rows(sources, vocabulary, block_size, boundaries=2)  # (N, T)
    ids, targets = rows(words, vocabulary, block_size)             # (N, T), (N, T)
    return torch.stack([read, ids], dim=1), targets


def prefix(S, T):
    """mask (S + T, S + T): S see each other, and T after them see what precedes."""
    at = torch.arange(S + T)
    return (at <= at[:, None]) | (at < S)                  # (S + T, S + T)
