"""Running text in the place of words: windows to learn from, and a text that goes on.

    >>> ids = torch.tensor([7, 8, 9, 7, 8, 9])
    >>> contexts, targets = windows(ids, T=3)
    >>> contexts.tolist()
    [[7, 8, 9], [8, 9, 7], [9, 7, 8]]
    >>> targets[0].tolist()
    [8, 9, 7]
    >>> contexts.stride()            # they are views and overlap: no number is copied
    (1, 1)

    N  windows    T  positions of a window    V  tokens

A word begins and ends, and gpt.py gives it a row of its own. A text goes on, so that
every place of it begins a window. A tokenizer is anything with encode(text) -> ids and
decode(ids) -> text; a model is a GPT of gpt.py, with a token for each of its symbols.

Random numbers are those of Python's random.Random(seed), for the reason that sample.py
gives.

Left out: documents with borders between them, which a window should not reach across,
and gpt.py's cache, which would save work until the window is full.

Chapter: docs/stack/whole.md.  To copy: this file and sample.py (needs torch).
"""

import random

import torch

from .sample import check, choose, distribution


def windows(ids, T):
    """ids (L) -> contexts (N, T), targets (N, T): the ids, and those that follow."""
    if len(ids) <= T:
        raise ValueError(f"{len(ids)} ids make no window of {T} with its targets")
    both = ids.unfold(0, T + 1, 1)           # (N, T + 1)
    return both[:, :-1], both[:, 1:]


@torch.no_grad()
def write(model, tokenizer, prompt, count, seed=0, temperature=1.0, top_k=None,
          top_p=None):
    """The prompt, and count tokens that the model goes on with, as one text."""
    check(temperature, top_k, top_p)
    ids = torch.tensor([tokenizer.encode(prompt)])            # (1, T)
    if not ids.numel():
        raise ValueError("the prompt is empty; the model needs something to go on from")
    rng = random.Random(seed)
    for _ in range(count):
        logits = model.logits(ids[:, -model.block_size:])[:, -1]     # (1, V)
        p = distribution(logits, temperature, top_k, top_p)          # (1, V)
        chance = torch.tensor([rng.random()], dtype=torch.float64)   # (1)
        ids = torch.cat([ids, choose(p, chance)[:, None]], dim=1)
    return tokenizer.decode(ids[0].tolist())
