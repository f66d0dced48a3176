"""GPT: a Transformer that sees only what came before, and predicts what comes next.

    >>> words = ["banana", "anna"]
    >>> vocabulary = Vocabulary(words)
    >>> generator = torch.Generator().manual_seed(1)
    >>> model = GPT(Config(4, block_size=8, layers=1, heads=2, channels=16), generator)
    >>> names = rows(words, vocabulary, block_size=8)
    >>> for loss in train(model, batches(*names, 8, generator), [0.01] * 200):
    ...     pass
    >>> sorted(set(sample(model, vocabulary, 50, top_p=0.9)))     # learnt by heart
    ['anna', 'banana']

    B  examples    T  positions    V  symbols    N  words    S  positions so far
    H  heads       C  channels     D  channels of a head

A word is a row of data.rows: the boundary (id 0) and its letters are the input, its
letters and the boundary the targets, all predicted at once, since no position sees
ahead. Alec Radford and others, Improving language understanding by generative
pre-training, 2018.

Left out: words longer than block_size in training (they are refused), and beam search.
sample() goes on beyond block_size by dropping the beginning, for which the model has
not been trained.

Chapter: docs/makemore/gpt.md.
To copy: this file, transformer.py, attention.py, sample.py and data.py (needs torch).
"""

import random
from array import array

import torch
import torch.nn.functional as F
from torch import nn

from .attention import causal
from .data import Vocabulary, batches, rows    # for the example above
from .sample import check, choose, distribution
from .transformer import Config, Transformer, init_weights, train


class GPT(nn.Module):
    """ids (B, T) -> logits (B, T, V) of the symbol after each position.

    model.logits(ids)       the logits (B, T, V)
    model(ids, targets)     the mean loss, in nats, over targets that are not -1
    model(contexts)         logits (B, V) after contexts (B, T) that are filled with 0
                            on the left: what sample.py and evaluate.py ask for
    """

    def __init__(self, config, generator=None):
        super().__init__()
        self.config, self.block_size = config, config.block_size
        self.body = Transformer(config)
        self.head = nn.Linear(config.channels, config.symbols, bias=False)
        if config.tied:
            self.head.weight = self.body.symbols.weight
        init_weights(self, config, generator)

    def logits(self, ids, cache=None, maps=None):
        """With a cache, ids (B, T) are the positions after those in it."""
        S = ids.shape[1] + (0 if cache is None else len(cache))
        mask = causal(ids.shape[1], S, ids.device)
        return self.head(self.body(ids, mask, cache, maps))     # (B, T, V)

    def forward(self, ids, targets=None):
        if targets is None:
            return self.after(ids)                              # (B, V)
        logits = self.logits(ids).flatten(0, 1)                 # (B * T, V)
        return F.cross_entropy(logits, targets.flatten(), ignore_index=-1)

    def after(self, contexts):
        """Each word moved to the left, to the positions that it has in training."""
        T = contexts.shape[1]
        at = torch.arange(T, device=contexts.device)            # (T)
        start = ((contexts == 0) * at).amax(1)                  # (B)  the last 0
        moved = (start[:, None] + at).clamp(max=T - 1)          # (B, T)
        logits = self.logits(contexts.gather(1, moved))         # (B, T, V)
        return logits[torch.arange(len(start)), T - 1 - start]  # (B, V)

    @classmethod
    def from_huggingface(cls, theirs):
        """A transformers.GPT2LMHeadModel -> a GPT with its weights, in eval mode."""
        c = theirs.config
        known = {"gelu_new": "tanh", "gelu_pytorch_tanh": "tanh", "gelu": "none"}
        if c.activation_function not in known:
            raise ValueError(f"activation {c.activation_function!r}; known are "
                             f"{', '.join(known)}")
        if (not c.scale_attn_weights or c.scale_attn_by_inverse_layer_idx
                or c.add_cross_attention):
            raise ValueError("its attention is not scaled by √D alone, or is "
                             "cross-attention")
        model = cls(Config(
            c.vocab_size, c.n_positions, c.n_layer, c.n_head, c.n_embd, c.n_inner,
            gelu=known[c.activation_function], eps=c.layer_norm_epsilon,
            tied=c.tie_word_embeddings))
        state = {}
        for name, tensor in theirs.state_dict().items():
            for old, new in NAMES.items():
                name = name.replace(old, new)
            if tensor.ndim == 2 and (".attention." in name or ".mlp." in name):
                tensor = tensor.T        # its Conv1D holds (inputs, outputs)
            state[name] = tensor
        model.load_state_dict(state)
        return model.eval()


NAMES = {    # of GPT2LMHeadModel's parts, and here
    "transformer.wte": "body.symbols", "transformer.wpe": "body.positions",
    "transformer.h.": "body.blocks.", "transformer.ln_f": "body.last_norm",
    ".ln_1": ".norm1", ".ln_2": ".norm2", "lm_head": "head",
    ".attn.c_attn": ".attention.qkv", ".attn.c_proj": ".attention.out",
    ".mlp.c_fc": ".mlp.hidden", ".mlp.c_proj": ".mlp.out",
}


@torch.no_grad()
def loss(model, ids, targets, batch=1024):
    """All rows -> nats per character, a float: evaluate.loss, T times as fast."""
    total = torch.zeros((), dtype=torch.float64)
    for each, target in zip(ids.split(batch), targets.split(batch)):
        hits = -model.logits(each).double().log_softmax(2).gather(
            2, target.clamp(min=0)[:, :, None])[:, :, 0]
        total += hits[target >= 0].sum()
    return (total / (targets >= 0).sum()).item()


class Cache:
    """The keys and values of the positions so far; cache[n] has those of layer n.

    A position's keys and values never change, because it does not see what comes after
    it. So a new position computes its own, and finds those of the others here.
    """

    def __init__(self, layers):
        self.layers = [Memory() for _ in range(layers)]

    def __len__(self):
        """S: how many positions it holds."""
        keys = self.layers[0].keys
        return 0 if keys is None else keys.shape[2]

    def __getitem__(self, n):
        return self.layers[n]

    def keep(self, chosen):
        """Keep these examples of the batch only."""
        for memory in self.layers if len(self) else ():
            memory.keys = memory.keys.index_select(0, chosen)
            memory.values = memory.values.index_select(0, chosen)


class Memory:
    """One layer's keys and values, (B, H, S, D) each."""

    keys = values = None

    def extend(self, k, v):
        """The newest (B, H, T, D) -> all (B, H, S, D)."""
        if self.keys is not None:
            k = torch.cat([self.keys, k], dim=2)    # (B, H, S, D)
            v = torch.cat([self.values, v], dim=2)  # (B, H, S, D)
        self.keys, self.values = k, v
        return k, v


@torch.no_grad()
def sample(model, vocabulary, count, seed=0, temperature=1.0, top_k=None, top_p=None,
           greedy=False, max_length=50, batch=1000, prefix=""):
    """sample.sample with a cache: the same seed gives the same words, sooner.

    Words that are equal so far share one row of the model's input until they differ.
    All words begin with prefix, which does not count among the max_length characters.
    """
    if count < 0 or max_length < 1 or batch < 1:
        raise ValueError(f"count {count} must be 0 or more, max_length {max_length} "
                         f"and batch {batch} at least 1")
    check(temperature, top_k, top_p)
    rng = random.Random(seed)
    start = [0, *vocabulary.encode(prefix)]
    words = []
    while len(words) < count:
        size = min(batch, count - len(words))
        chances = array("d", (rng.random() for _ in range(size * max_length)))
        chances = torch.frombuffer(chances, dtype=torch.float64).view(size, max_length)
        ids = generate(model, start, chances, temperature, top_k,
                       0.0 if greedy else top_p)
        lengths = (ids != 0).sum(dim=1)
        words += [prefix + vocabulary.decode(word[:length])
                  for word, length in zip(ids.tolist(), lengths.tolist())]
    return words


def generate(model, start, chances, temperature=1.0, top_k=None, top_p=None):
    """chances (B, max_length) in [0, 1) -> ids of that shape, 0 after a word's end."""
    V = model.config.symbols
    ids = torch.zeros(chances.shape, dtype=torch.int64)
    words = torch.arange(len(chances))       # those that have not ended
    at = torch.zeros_like(words)             # of each, its row of new and seen
    new = seen = torch.tensor([start])
    cache = Cache(model.config.layers)
    for place in range(chances.shape[1]):
        if seen.shape[1] <= model.block_size:
            logits = model.logits(new, cache)[:, -1]
        else:                                # every position has moved by one
            logits = model(seen[:, -model.block_size:])
        p = distribution(logits, temperature, top_k, top_p)
        drawn = choose(p[at], chances[words, place])
        ids[words, place] = drawn
        words, at, drawn = (x[drawn != 0] for x in (words, at, drawn))
        if len(words) == 0:
            break
        pairs, at = (at * V + drawn).unique(return_inverse=True)
        parents, new = pairs // V, pairs[:, None] % V
        cache.keep(parents)
        seen = torch.cat([seen[parents], new], dim=1)
    return ids
