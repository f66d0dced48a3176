"""What a language model answers, on raw ids: go on, fill in, how surprising it is.

    >>> from types import SimpleNamespace
    >>> def next_id(ids, cache=None, lengths=None):    # after n, n + 1 is sure
    ...     return 50.0 * torch.eye(10)[(ids + 1) % 10]               # (B, T, V)
    >>> clock = SimpleNamespace(logits=next_id, block_size=8)
    >>> list(generate(clock, [3, 4], count=4))
    [5, 6, 7, 8]
    >>> list(generate(clock, [3, 4], stop={7}))        # the stop is not among them
    [5, 6]
    >>> [f"{nats:.0f}" for nats in surprise(clock, [3, 4, 5, 9]).abs()]
    ['0', '0', '0', '50']

    B  examples    T  positions    V  symbols    W  partly filled texts of a beam
    N  ids whose surprise is asked for

gpt.sample, bert.fill and bert.pseudo_nll answer in words, by the book's rule that id 0
begins and ends a word and that the largest id is the mask. A published model has other
ids for all that, so here they are arguments. A model is anything with a block_size and
logits(ids, cache) -> (B, T, V), or, for one that sees both sides, logits(ids, lengths).

The random numbers are those of Python's random.Random(seed), one for each id, which
sample.py turns into ids; so a seed gives the same text in every version of PyTorch.

Left out: several prompts at once, and beam search for continuations.

Chapter: docs/makemore/published.md.  To copy: this file and sample.py (needs torch).
"""

import random

import torch

from .sample import check, choose, distribution


def generate(model, ids, cache=None, stop=(), count=50, temperature=1.0, top_k=None,
             top_p=None, greedy=False, seed=0):
    """ids [id] -> the ids that follow, each as soon as it is drawn, count at most.

    It ends before an id that is in stop. With a cache (an empty gpt.Cache, or one that
    holds the first of ids) each position is computed once; without, all are computed
    for each new id, and the answer is the same. Behind the model's block_size ids, the
    beginning is dropped, and a cache is of no use any more. temperature, top_k and
    top_p are those of sample.distribution; greedy takes the likeliest id. Raises
    ValueError if there is no id to go on from, or one is outside the vocabulary.
    """
    check(temperature, top_k, top_p)
    ids, rng, known = list(ids), random.Random(seed), 0
    if cache is not None:
        known = len(cache)
    if len(ids) <= known:
        raise ValueError(f"{len(ids)} ids, of which {known} are in the cache: there "
                         "has to be one more to go on from")
    for _ in range(count):
        past, new = cache, ids[known:]
        if len(ids) > model.block_size:      # every position has moved by one
            past, new = None, ids[-model.block_size:]
        logits = ask(model, [new], past)[:, -1]                       # (1, V)
        p = distribution(logits, temperature, top_k, 0.0 if greedy else top_p)
        chance = torch.tensor([rng.random()], dtype=torch.float64)    # (1)
        drawn = choose(p, chance).item()
        if drawn in stop:
            return
        known = 0 if past is None else len(ids)
        ids.append(drawn)
        yield drawn


def ask(model, rows, cache=None, **how):
    """Rows of ids, equally long -> logits (B, T, V), without gradients."""
    try:
        with torch.no_grad():
            ids = torch.tensor(rows)                                  # (B, T)
            if cache is not None:
                how["cache"] = cache
            return model.logits(ids, **how)                           # (B, T, V)
    except IndexError:
        raise ValueError(f"ids are {min(map(min, rows))} to {max(map(max, rows))}, and "
                         "not all of them are in the model's vocabulary") from None


def seen(model, rows):
    """Rows of ids, equally long -> log-probabilities (B, T, V): all sides are seen."""
    lengths = torch.full((len(rows),), len(rows[0]))                  # (B)
    parts = [ask(model, rows[n:n + 16], lengths=lengths[n:n + 16])    # not all at once:
             for n in range(0, len(rows), 16)]                        # V may be large
    return torch.cat(parts).double().log_softmax(-1)                  # (B, T, V)


def fill(model, ids, mask, allowed=None, count=5, width=50):
    """ids [id], some of them mask -> [(ids, p)], the count likeliest fillings.

    Masks are filled from the left; of the texts begun, the width likeliest are kept
    (beam search). p is the product of each id's probability, given the text and what
    was filled in before: all that one mask needs, and an order of many for more. Only
    ids of allowed are filled in, if they are given, and share the probability.
    """
    places = [t for t, id in enumerate(ids) if id == mask]
    if not places:
        raise ValueError(f"none of the {len(ids)} ids is the mask, {mask}")
    beam, total = [list(ids)], torch.zeros(1, dtype=torch.float64)
    for t in places:
        logprobs = among(seen(model, beam)[:, t], allowed)            # (W, V)
        V = logprobs.shape[1]
        total, best = (total[:, None] + logprobs).flatten().topk(
            min(width, logprobs.numel()))
        begun = [(beam[n // V], n % V) for n in best.tolist()]
        beam = [[*ids[:t], id, *ids[t + 1:]] for ids, id in begun]
    found = zip(beam, total.exp().tolist())
    return [(ids, p) for ids, p in found if p > 0][:count]


def among(logprobs, allowed):
    """(..., V) -> (..., V): 0 probability outside of allowed, sum 1 inside."""
    if allowed is None:
        return logprobs
    kept = torch.zeros(logprobs.shape[-1], dtype=torch.bool)          # (V)
    kept[torch.tensor(sorted(allowed))] = True
    return logprobs.masked_fill(~kept, -torch.inf).log_softmax(-1)


def surprise(model, ids, mask=None, allowed=None):
    """ids [id] -> nats (T), float64: -ln p of each id, and 0 where none was asked for.

    Without a mask, the model is a GPT: each id but the first is predicted from those
    before it, and the sum is -ln p(text | its first id). With one, the model is a BERT:
    each id but the first and the last, the boundaries, is hidden and predicted from all
    others, and the sum is the negated pseudo-log-likelihood.
    """
    asked = torch.arange(1, len(ids) - (mask is not None))            # (N)
    nats = torch.zeros(len(ids), dtype=torch.float64)                 # (T)
    if len(asked) == 0:
        return nats
    if mask is None:
        logprobs = ask(model, [ids])[0, :-1].double().log_softmax(-1)    # (N, V)
    else:
        hidden = [[*ids[:t], mask, *ids[t + 1:]] for t in asked.tolist()]
        logprobs = torch.cat([seen(model, [row])[0, t][None]
                              for t, row in zip(asked.tolist(), hidden)])    # (N, V)
    right = torch.tensor(ids)[asked]                                  # (N)
    nats[asked] = -among(logprobs, allowed).gather(1, right[:, None])[:, 0]
    return nats
