"""Speculative decoding: a small model guesses ahead, a large one checks all at once.

    >>> generator = torch.Generator().manual_seed(1)
    >>> large = GPT(Config(27, 32, layers=4), generator)
    >>> small = GPT(Config(27, 32, layers=1, channels=16), generator)
    >>> ids, runs = speculate(large, small, [0], 20, ahead=4, generator=generator)
    >>> len(ids), len(runs)                  # ids, and runs of the large one
    (20, 11)

    B  texts    K  ids guessed ahead    V  symbols
    p  the large model's distributions    q  the small one's

A guess x, drawn from q, is kept with probability min(1, p(x) / q(x)). The first that is
not kept is replaced by a draw from max(0, p - q), divided by its sum, and those after
it are forgotten. So each id has exactly the distribution p:

    q(x) min(1, p(x) / q(x)) + (1 - sum of min(p, q)) max(0, p - q)(x) / its sum
        = min(q, p)(x) + max(0, p - q)(x) = p(x)

Yaniv Leviathan, Matan Kalman and Yossi Matias, Fast inference from Transformers via
speculative decoding, ICML 2023; Charlie Chen and others, Accelerating large language
model decoding with speculative sampling, 2023.

Left out: several texts at once in speculate, which would keep unlike numbers of ids;
trees of guesses.

Chapter: docs/makemore/modern.md.
To copy: this file, gpt.py, transformer.py, attention.py, sample.py and data.py (needs
torch).
"""

import torch

from .gpt import GPT, Cache, Config    # all but Cache for the example above
from .sample import distribution


def verify(p, q, drafted, generator=None):
    """p (B, K + 1, V), q (B, K, V), drafted (B, K) -> ids (B, K + 1), kept (B).

    drafted[:, n] was drawn from q[:, n]; p[:, n] is the large model's distribution at
    its place, and p[:, K] that of the place after all. Of each row of ids the first
    kept + 1 count: the guesses that were kept, and one drawn for the place after them.
    """
    K, rows = drafted.shape[1], torch.arange(len(drafted))
    at = drafted[:, :, None]
    ratio = (p[:, :K].gather(2, at) / q.gather(2, at))[:, :, 0]            # (B, K)
    chances = torch.rand(ratio.shape, generator=generator, dtype=p.dtype)    # (B, K)
    kept = (chances < ratio).long().cumprod(dim=1).sum(dim=1)              # (B)
    rest = torch.cat([(p[:, :K] - q).clamp(min=0), p[:, K:]], dim=1)    # (B, K + 1, V)
    drawn = torch.multinomial(rest[rows, kept], 1, generator=generator)    # (B, 1)
    ids = torch.cat([drafted, drawn], dim=1)                               # (B, K + 1)
    return ids.scatter(1, kept[:, None], drawn), kept


@torch.no_grad()
def speculate(model, draft, start, count, ahead=4, stop=None, generator=None, **how):
    """[id] -> at most count ids that follow, and how many guesses each run kept.

    The ids are distributed as if the model alone had drawn them. It ends early behind
    stop, if that is an id. how is of sample.distribution: temperature, top_k, top_p,
    for both models. Raises ValueError for an empty start or ahead below 1.
    """
    if not start or ahead < 1:
        raise ValueError(f"a start of {len(start)} ids and {ahead} guesses ahead; it "
                         "takes at least one of each")
    text, runs, end = list(start), [], len(start) + count
    checked, guessed = Cache(model.config.layers), Cache(draft.config.layers)
    while len(text) < end:
        K = min(ahead, end - len(text))
        new, q = text[len(guessed):], []
        for _ in range(K):
            q.append(distribution(logits(draft, new, guessed)[-1:], **how))
            new = torch.multinomial(q[-1], 1, generator=generator)[0].tolist()
            text += new
        p = distribution(logits(model, text[len(checked):], checked)[-K - 1:], **how)
        drafted = torch.tensor([text[-K:]])
        ids, kept = verify(p[None], torch.stack(q, dim=1), drafted, generator)
        runs.append(kept.item())
        text = text[:-K] + ids[0, :runs[-1] + 1].tolist()
        if stop in text[len(start):]:
            end = text.index(stop, len(start)) + 1
        for cache in (checked, guessed):
            cut(cache, len(text) - 1)    # what was kept, but for its newest id
    return text[len(start):end], runs


def logits(model, ids, cache):
    """[id] -> the logits (T, V) after each of them, of one text."""
    return model.logits(torch.tensor([ids]), cache)[0]


def cut(cache, S):
    """Forget all positions of the cache but the first S."""
    for memory in cache.layers:
        memory.keys, memory.values = memory.keys[:, :, :S], memory.values[:, :, :S]
