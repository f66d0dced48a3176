"""Running text in the place of words: windows to learn from, and a text that goes on.

    >>> ids = torch.tensor([7, 8, 9, 7, 8, 9])
    >>> contexts, targets = windows(ids, T=3)
    >>> contexts.tolist()
    [[7, 8, 9], [8, 9, 7], [9, 7, 8]]
    >>> targets[0].tolist()
    [8, 9, 7]
    >>> contexts.stride()            # they are views and overlap: no number is copied
    (1, 1)
    >>> Characters("a text").encode("tea")
    [3, 2, 1]
    >>> matches("a new text", "the text, a text")      # "a ", "new" nowhere, " text"
    [2, 1, 0, 1, 0, 5, 4, 3, 2, 1]

    N  windows    T  positions of a window    V  tokens    L  tokens of a text
    B  texts that are written at once

A word begins and ends, and gpt.py gives it a row of its own. A text goes on, so that
every place of it begins a window. A tokenizer is anything with encode(text) -> ids and
decode(ids) -> text; a model is a GPT of gpt.py, with a token for each of its symbols.

Random numbers are those of Python's random.Random(seed), for the reason that sample.py
gives.

Left out: documents with borders between them, which a window should not reach across,
and gpt.py's cache, which would save work until the window is full.

Chapter: docs/stack/writing.md.  To copy: this file and sample.py (needs torch).
"""

import math
import random

import torch

from .sample import check, choose, distribution


class Characters:
    """A tokenizer that merges nothing: its tokens are the characters of a text."""

    def __init__(self, text):
        self.characters = "".join(sorted(set(text)))
        self.ids = {character: id for id, character in enumerate(self.characters)}

    def __len__(self):
        return len(self.characters)

    def encode(self, text):
        """text -> [id]; ValueError for a character that the first text did not have."""
        for place, character in enumerate(text, 1):
            if character not in self.ids:
                raise ValueError(f"{character!r} (U+{ord(character):04X}), character "
                                 f"{place} of {text!r:.60}, is not among the "
                                 f"{len(self)} characters of the text learnt from")
        return [self.ids[character] for character in text]

    def decode(self, ids):
        return "".join(self.characters[id] for id in ids)


def windows(ids, T):
    """ids (L) -> contexts (N, T), targets (N, T): the ids, and those that follow."""
    if len(ids) <= T:
        raise ValueError(f"{len(ids)} ids make no window of {T} with its targets")
    both = ids.unfold(0, T + 1, 1)           # (N, T + 1)
    return both[:, :-1], both[:, 1:]


# Writing

@torch.no_grad()
def draw(model, ids, rng, temperature=1.0, top_k=None, top_p=None):
    """ids (B, L) of texts -> the next id of each (B), chosen by numbers of rng."""
    logits = model.logits(ids[:, -model.block_size:])[:, -1]         # (B, V)
    p = distribution(logits, temperature, top_k, top_p)              # (B, V)
    chances = torch.tensor([rng.random() for _ in ids], dtype=torch.float64)    # (B)
    return choose(p, chances)                                        # (B)


def stream(model, tokenizer, prompt, count, seed=0, temperature=1.0, top_k=None,
           top_p=None):
    """What write adds to the prompt, piece by piece, as soon as it is drawn.

    A token may end within a character, whose other bytes the next ones bring: such a
    piece, which would show as U+FFFD, waits for them.
    """
    check(temperature, top_k, top_p)
    ids = torch.tensor([tokenizer.encode(prompt)])                   # (1, L)
    if not ids.numel():
        raise ValueError("the prompt is empty; the model needs something to go on from")
    rng, waiting = random.Random(seed), []
    for _ in range(count):
        new = draw(model, ids, rng, temperature, top_k, top_p)       # (1)
        ids = torch.cat([ids, new[:, None]], dim=1)                  # one longer
        waiting += new.tolist()
        piece = tokenizer.decode(waiting)
        if not piece.endswith("\ufffd"):
            yield piece
            waiting = []
    if waiting:
        yield tokenizer.decode(waiting)


def write(model, tokenizer, prompt, count, seed=0, temperature=1.0, top_k=None,
          top_p=None):
    """The prompt, and count tokens that the model goes on with, as one text."""
    return prompt + "".join(stream(model, tokenizer, prompt, count, seed, temperature,
                                   top_k, top_p))


# Measuring

@torch.no_grad()
def losses(model, ids, batch=32):
    """ids (L) -> nats of each (L), float64, from T / 2 ids before it or more, if any.

    The windows overlap by half, and of each but the first, the new half counts. The
    first id, which nothing precedes, costs ln V: so the sum is that of a whole text.
    """
    nats = torch.full((len(ids),), math.log(model.config.symbols), dtype=torch.float64)
    T = min(model.block_size, len(ids) - 1)
    if T < 1:
        return nats                                                  # (L)
    contexts, targets = windows(ids, T)
    starts = torch.arange(0, len(contexts), (T + 1) // 2)
    if starts[-1] < len(contexts) - 1:       # the last window ends with the text
        starts = torch.cat([starts, torch.tensor([len(contexts) - 1])])
    done = 0
    for some in starts.split(batch):
        logits = model.logits(contexts[some]).double()
        found = -logits.log_softmax(2).gather(2, targets[some][:, :, None])
        for start, row in zip(some.tolist(), found[:, :, 0]):
            new = start + T - done           # ids that no window has had yet
            nats[done + 1:start + T + 1] = row[T - new:]
            done = start + T
    return nats                                                      # (L)


def nats_per_byte(model, tokenizer, text):
    """The nats of a text's tokens by its bytes, which no tokenizer changes: a float."""
    if not text:
        raise ValueError("a text of no bytes has no loss per byte")
    ids = torch.tensor(tokenizer.encode(text))                       # (L)
    return losses(model, ids).sum().item() / len(text.encode())


def matches(text, corpus):
    """For each place of a text: how long what begins there stands in the corpus.

    One character on, a match is shorter by one at most, so that the whole takes at most
    two searches of the corpus for each character.
    """
    found, length = [], 0
    for start in range(len(text)):
        while start + length < len(text) and text[start:start + length + 1] in corpus:
            length += 1
        found.append(length)
        length = max(0, length - 1)
    return found


def copied(found, length):
    """The share of a text in matches of that length or more, of what matches found."""
    end, inside = 0, 0
    for start, match in enumerate(found):
        if match >= length:
            inside += start + match - max(start, end)
            end = start + match
    return inside / len(found)
