"""Answers on raw ids: going on from a prompt, with a cache, and how surprising a text is.

    T  positions    V  symbols    N  ids whose surprise is asked for

The rest is the book's: ask(model, rows, cache) gives logits (B, T, V) of rows of ids,
equally long, and distribution and choose are those of sample.py.

Exercises: generate, surprise.
Chapter: docs/makemore/published.md.  In place of: scratch.makemore.answers.
"""

import random

import torch

from scratch.makemore.answers import among, ask, seen
from scratch.makemore.sample import check, choose, distribution


class Clock:
    """A model for the examples: after n, it is sure of n + 1, and it notes what it is asked."""

    block_size = 6

    def __init__(self):
        self.asked = []

    def logits(self, ids, cache=None, lengths=None):
        self.asked.append(ids.shape[1])
        if cache is not None:
            cache.extend(ids[0].tolist())
        return 50.0 * torch.eye(10)[(ids + 1) % 10]


def generate(model, ids, cache=None, stop=(), count=50, temperature=1.0, top_k=None,
             top_p=None, greedy=False, seed=0):
    """ids [id] -> the ids that follow, each as soon as it is drawn, count at most.

    A generator: yield each id. It ends before an id that is in stop. len(cache) of the
    ids are in the cache, and are not asked for again; without a cache all are, for each
    new id. Beyond the model's block_size ids, the last block_size of them are asked
    with, without the cache. Greedy is a top_p of 0. The chance for each id is
    random.Random(seed).random(). If no id is left to go on from: ValueError ("2 ids, of
    which 2 are in the cache: there has to be one more to go on from").

    How does it go on? Raw ids and a stop

    >>> list(generate(Clock(), [3, 4], count=4))
    [5, 6, 7, 8]
    >>> list(generate(Clock(), [3, 4], stop={7, 99}))
    [5, 6]
    >>> clock = Clock()
    >>> list(generate(clock, [3, 4], [], count=3)), clock.asked       # each id once
    ([5, 6, 7], [2, 1, 1])
    >>> clock = Clock()
    >>> list(generate(clock, [3, 4], [3], count=2)), clock.asked      # the 3 is known
    ([5, 6], [1, 1])
    >>> clock = Clock()
    >>> list(generate(clock, [1, 2, 3, 4], count=5)), clock.asked     # up to block_size
    ([5, 6, 7, 8, 9], [4, 5, 6, 6, 6])
    >>> clock = Clock()
    >>> stream = generate(clock, [3])
    >>> next(stream), next(stream), len(clock.asked)                  # no more than asked
    (4, 5, 2)
    """
    raise NotImplementedError("generate is yours to write")


def surprise(model, ids, mask=None, allowed=None):
    """ids [id] -> nats (T), float64: -ln p of each id, and 0 where none was asked for.

    Without a mask, each id but the first is predicted from those before it, all at
    once (ask). With one, each id but the first and the last is replaced by the mask, one
    at a time, and predicted from all others (seen(model, rows) gives log-probabilities).
    Only ids in allowed share the probability (among(logprobs, allowed)).

    How does it go on? Raw ids and a stop

    >>> [round(nats) for nats in surprise(Clock(), [3, 4, 5, 9]).abs().tolist()]
    [0, 0, 0, 50]
    >>> surprise(Clock(), [3]).tolist()
    [0.0]
    >>> clock = Clock()
    >>> _ = surprise(clock, [3, 4, 5, 6], mask=0)
    >>> clock.asked                                        # twice: 4 is hidden, then 5
    [4, 4]
    """
    raise NotImplementedError("surprise is yours to write")
